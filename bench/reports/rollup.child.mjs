// Rolls up days with the built handler, one day after the other.

const [, , asset, ...days] = process.argv;
const { handler } = await import(asset);
const start = performance.now();
let traces = 0;
for (const day of days)
  traces += (await handler({ day }, { getRemainingTimeInMillis: () => 900_000 })).tracesRead;
process.send({ traces, seconds: (performance.now() - start) / 1000 }, () => process.exit(0));
