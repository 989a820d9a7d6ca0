import { agentDay } from '../../../lambda/seal/agent-day';
import { itemOfMarker, itemOfSealed, type SealedAttribute, type SealedAttributes, sealedItem } from '../../../lambda/seal/sealed-item';
import { dayPlus, MS_PER_DAY, startOfDay } from '../../../lambda/seal/utc-day';
import type { Trace } from '../../../lambda/traces/trace';

/** A month of calls that is spread evenly. */
export interface MonthShape {
  readonly first: string;
  readonly days: number;
  readonly agents: number;
  readonly models: number;
  /** All calls of the month. */
  readonly traces: number;
}

/** What sealing such a month writes, without its traces, and what they come to. */
export interface SealedMonth {
  readonly items: readonly SealedAttributes[];
  readonly calls: number;
  readonly picoUsd: bigint;
}

const PICO_PER_TOKEN = { input: 3_000_000, output: 15_000_000 };
/** Steps of three that have no common divisor, so that each 100 calls have the same share of everything in another order. */
const STEP = { fate: 37, input: 6151, output: 2221 };

/** Adds the calls up as sealing does: nothing of a trace is kept. */
export function sealedMonth({ first, days, agents, models, traces }: MonthShape): SealedMonth {
  const items: SealedAttributes[] = [];
  const each = traces / (days * agents * models);
  let [calls, picoUsd, number] = [0, 0n, 0];
  for (let index = 0; index < days; index += 1) {
    const day = dayPlus(first, index);
    let [ofDay, entries] = [0, 0];
    for (let agent = 0; agent < agents; agent += 1) {
      const sums = agentDay(day);
      for (let model = 0; model < models; model += 1) {
        // Rounding must lose no call: what is over goes to the cells that come later.
        const until = Math.round(each * ((index * agents + agent) * models + model + 1));
        for (const begin = number; number < until; number += 1) {
          const trace = traceOf(number, agent, model, startOfDay(day).getTime() + Math.floor((number - begin) / (until - begin) * MS_PER_DAY));
          sums.add(trace);
          if (trace.error === undefined && !trace.cached) calls += 1;
          picoUsd += trace.picoUsd ?? 0n;
          ofDay += 1;
        }
      }
      for (const [model, parts] of sums.models()) {
        items.push(itemOfSealed(sealedItem(day, `agent-${agent}`, model, parts)));
        entries += 1;
      }
    }
    items.push(itemOfMarker({ day, traces: ofDay, items: entries, sealedAt: new Date(`${dayPlus(day, 1)}T02:00:00.000Z`) }));
  }
  return { items, calls, picoUsd };
}

function traceOf(number: number, agent: number, model: number, time: number): Trace {
  const fate = number * STEP.fate % 100;
  const [failed, cached] = [fate === 0, fate > 96];
  const uncachedInputTokens = failed ? 0 : number * STEP.input % 9000;
  const outputTokens = failed ? 0 : number * STEP.output % 1500;
  const id = `anthropic.model-${model}-20260101-v1:0`;
  return {
    requestId: '', agentId: `agent-${agent}`, model: id, modelId: `us.${id}`, scope: 'geo', operation: 'Converse', timestamp: new Date(time),
    uncachedInputTokens, outputTokens, cacheReadTokens: 0, cacheWrite5mTokens: 0, cacheWrite1hTokens: 0,
    picoUsd: failed ? undefined : cached ? 0n : BigInt(uncachedInputTokens * PICO_PER_TOKEN.input + outputTokens * PICO_PER_TOKEN.output),
    priceAsOf: failed || cached ? undefined : '2026-10-01', latencyMs: number % 9_000_000 / 1000,
    error: failed ? 'ThrottlingException' : undefined, source: failed ? undefined : 'usage', partial: false, cached,
  };
}

/** DynamoDB's count of an item: names and text in UTF-8, two digits of a number to a byte and one more, 3 bytes and 1 an element for a list or a map. */
export function bytesOf(item: SealedAttributes): number {
  return Object.entries(item).reduce((sum, [name, value]) => sum + name.length + bytesOfValue(value), 0);
}

function bytesOfValue(value: SealedAttribute): number {
  if ('S' in value) return Buffer.byteLength(value.S);
  if ('N' in value) return Math.ceil(value.N.replace('.', '').length / 2) + 1;
  if ('L' in value) return 3 + value.L.reduce((sum, each) => sum + 1 + bytesOfValue(each), 0);
  if ('M' in value) return 3 + Object.keys(value.M).length + bytesOf(value.M);
  return 1;
}
