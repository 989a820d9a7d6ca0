import { agentDay } from '../../lambda/rollup/agent-day';
import {
  toStoredMarker,
  toStoredRollup,
  type RollupAttribute,
  type RollupAttributes,
  rollupItem,
} from '../../lambda/rollup/rollup-item';
import { addUtcDays, MS_PER_DAY, startOfDay } from '../../lambda/rollup/utc-day';
import type { Trace } from '../../lambda/traces/trace';

/** Size of a generated month. All days of the month have the same calls. */
export interface MonthShape {
  readonly first: string;
  readonly days: number;
  readonly agents: number;
  readonly models: number;
  /** Approximate number of calls in the month. All days, agents and models have the same number of calls. */
  readonly traces: number;
}

/** Rollup items of a month, and the totals of all its calls. */
export interface RolledUpMonth {
  readonly items: readonly RollupAttributes[];
  readonly traces: number;
  readonly calls: number;
  readonly picoUsd: bigint;
}

const PICO_PER_TOKEN = { input: 3_000_000, output: 15_000_000 };
/**
 * Factors that turn the number of a call into its outcome, input tokens and output tokens. The products are
 * taken modulo 100, 9000 and 1500. A factor has no common divisor with its modulus, so that all values occur.
 */
const STEP = { fate: 37, input: 6151, output: 2221 };

/**
 * Creates the rollup items of a month without writing traces. All days have the sums of one generated day.
 */
export function rolledUpMonth({ first, days, agents, models, traces }: MonthShape): RolledUpMonth {
  const each = Math.round(traces / (days * agents * models));
  let [calls, picoUsd, number] = [0, 0n, 0];
  const sums = Array.from({ length: agents }, (_, agent) => {
    const ofAgent = agentDay(first);
    for (let model = 0; model < models; model += 1) {
      for (let index = 0; index < each; index += 1, number += 1) {
        const trace = traceOf(
          number,
          agent,
          model,
          startOfDay(first).getTime() + Math.floor((index / each) * MS_PER_DAY),
        );
        ofAgent.add(trace);
        if (trace.error === undefined && !trace.cached) calls += 1;
        picoUsd += trace.picoUsd ?? 0n;
      }
    }
    return ofAgent.models();
  });
  const items = Array.from({ length: days }, (_, index) => addUtcDays(first, index)).flatMap(day => [
    ...sums.flatMap((ofAgent, agent) =>
      [...ofAgent].map(([model, parts]) => toStoredRollup(rollupItem(day, `agent-${agent}`, model, parts))),
    ),
    toStoredMarker({
      day,
      traces: number,
      items: agents * models,
      rolledUpAt: new Date(`${addUtcDays(day, 1)}T02:00:00.000Z`),
    }),
  ]);
  return { items, traces: number * days, calls: calls * days, picoUsd: picoUsd * BigInt(days) };
}

function traceOf(number: number, agent: number, model: number, time: number): Trace {
  const fate = (number * STEP.fate) % 100;
  const [failed, cached] = [fate === 0, fate > 96];
  const uncachedInputTokens = failed ? 0 : (number * STEP.input) % 9000;
  const outputTokens = failed ? 0 : (number * STEP.output) % 1500;
  const id = `anthropic.model-${model}-20260101-v1:0`;
  return {
    requestId: '',
    agentId: `agent-${agent}`,
    model: id,
    modelId: `us.${id}`,
    scope: 'geo',
    operation: 'Converse',
    timestamp: new Date(time),
    uncachedInputTokens,
    outputTokens,
    cacheReadTokens: 0,
    cacheWrite5mTokens: 0,
    cacheWrite1hTokens: 0,
    picoUsd: failed
      ? undefined
      : cached
        ? 0n
        : BigInt(uncachedInputTokens * PICO_PER_TOKEN.input + outputTokens * PICO_PER_TOKEN.output),
    priceAsOf: failed || cached ? undefined : '2026-10-01',
    latencyMs: (number % 9_000_000) / 1000,
    error: failed ? 'ThrottlingException' : undefined,
    source: failed ? undefined : 'usage',
    partial: false,
    cached,
  };
}

/** Returns the size of an item in bytes by DynamoDB's rules (Developer Guide, "Item sizes and formats"). */
export function bytesOf(item: RollupAttributes): number {
  return Object.entries(item).reduce((sum, [name, value]) => sum + name.length + bytesOfValue(value), 0);
}

function bytesOfValue(value: RollupAttribute): number {
  if ('S' in value) return Buffer.byteLength(value.S);
  if ('N' in value) return Math.ceil(value.N.replace('.', '').length / 2) + 1;
  if ('L' in value) return 3 + value.L.reduce((sum, each) => sum + 1 + bytesOfValue(each), 0);
  if ('M' in value) return 3 + Object.keys(value.M).length + bytesOf(value.M);
  return 1;
}
