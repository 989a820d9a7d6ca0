// Runs the built handler once. Measures the time, the CPU time and the memory of the run.

const [, , asset, day] = process.argv;
const { handler } = await import(asset);
const start = performance.now();
await handler({ day }, { getRemainingTimeInMillis: () => 900_000 });
const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
process.send(
  {
    seconds: (performance.now() - start) / 1000,
    cpuSeconds: (userCPUTime + systemCPUTime) / 1e6,
    peakMB: maxRSS / 1024,
  },
  () => process.exit(0),
);
