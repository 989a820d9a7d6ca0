// Generates the traffic of `bench/reports.mjs`: 30 days with 2,000 incidents. The agents and models are those
// of `bench/rollup`.
import { CostCalculator } from '../../lambda/pricing/cost-calculator';
import { agentsOf, callOf } from '../rollup/traffic.mjs';
import { DAYS_OF_MONTH, START } from './month.mjs';

const INCIDENTS = 2000;
const FREE = { picoUsd: 0n, price: { asOf: '' } };

const calculator = new CostCalculator({ region: 'us-east-1' });

/**
 * Generates all invocations with the fields that `TokenTracker` records. The agents follow one after another,
 * each with its invocations in order of time.
 */
export function* calls(traces) {
  for (const { agentId, count } of agentsOf(traces)) {
    for (let number = 0; number < count; number += 1) {
      const call = callOf(agentId, number, count, START, {
        days: DAYS_OF_MONTH.length,
        incidents: INCIDENTS,
      });
      yield {
        ...call,
        cost: call.cached
          ? FREE
          : call.usage && calculator.calculate(call.usage, { modelId: call.modelId, at: call.timestamp }),
      };
    }
  }
}

/** Returns an object that adds up invocations one by one. The benchmark compares reports with these sums. */
export function generatorSums() {
  const total = figures();
  const days = new Map();
  const agents = new Map();
  const models = new Map();
  const incidents = new Map();
  return {
    add(call) {
      const day = call.timestamp.toISOString().slice(0, 10);
      for (const [sums, name] of [
        [days, day],
        [agents, call.agentId],
        [models, call.model],
      ])
        addTo(sums, name, call);
      if (call.incidentId) addTo(incidents, call.incidentId, call);
      addCall(total, call);
    },
    /** Returns the sums as JSON data for another process. Costs become text, because JSON has no BigInt. */
    toJson: () => ({
      total: toJson(total),
      days: allToJson(days),
      agents: allToJson(agents),
      models: allToJson(models),
      incidents: allToJson(incidents),
    }),
  };
}

const figures = () => ({ traces: 0, outputTokens: 0, pico: 0n });

function addTo(sums, name, call) {
  if (!sums.has(name)) sums.set(name, figures());
  addCall(sums.get(name), call);
}

/** Adds an invocation to sums. Tokens of cached responses do not count. */
function addCall(sums, { usage, cost, cached }) {
  sums.traces += 1;
  if (!cached) sums.outputTokens += usage?.outputTokens ?? 0;
  sums.pico += cost?.picoUsd ?? 0n;
}

const toJson = sums => ({ ...sums, pico: String(sums.pico) });
const allToJson = sums => Object.fromEntries([...sums].map(([name, each]) => [name, toJson(each)]));
