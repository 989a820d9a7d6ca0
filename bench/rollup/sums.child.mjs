// Adds up the traffic call by call. The benchmark compares the rollup with these sums.
import { invocationOf } from './traces.mjs';
import { agentsOf } from './traffic.mjs';

const [, , traces, day] = process.argv;
const start = Date.parse(`${day}T00:00:00.000Z`);
const sums = { traces: 0, outputTokens: 0, pico: 0n };
for (const { agentId, count } of agentsOf(Number(traces))) {
  for (let number = 0; number < count; number += 1) {
    const { usage, cost, cached } = invocationOf(agentId, number, count, start);
    sums.traces += 1;
    if (!cached) sums.outputTokens += usage?.outputTokens ?? 0;
    sums.pico += cost?.picoUsd ?? 0n;
  }
}
process.send({ ...sums, pico: String(sums.pico) }, () => process.exit(0));
