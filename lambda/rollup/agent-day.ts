import { idOfPart, type PartKey, partKeyOf, type PriceDates, type RollupPart } from './usage-part';
import { addTrace, type MutableSums, noSums } from './usage-sums';
import { MS_PER_QUARTER, QUARTERS, startOfDay } from './utc-day';
import type { Trace } from '../traces/trace';

/** The attributes of a trace that are read to roll it up. */
export const ROLLUP_TRACE_ATTRIBUTES = [
  'model',
  'modelId',
  'scope',
  'operation',
  'timestamp',
  'uncachedInputTokens',
  'cacheReadTokens',
  'cacheWrite5mTokens',
  'cacheWrite1hTokens',
  'outputTokens',
  'speechInputTokens',
  'speechOutputTokens',
  'costUsd',
  'priceAsOf',
  'latencyMs',
  'serviceTier',
  'items',
  'error',
  'source',
  'partial',
  'cached',
] as const satisfies readonly (keyof Trace | 'costUsd')[];

interface GrowingPart {
  readonly key: PartKey;
  readonly quarters: Map<number, MutableSums>;
  priceAsOf?: PriceDates;
}

/**
 * The sums of one agent's UTC day, while its traces go by: its
 * size is that of the sums, however many traces there are.
 */
export interface AgentDay {
  readonly day: string;
  /** Traces that were added. */
  readonly traces: number;
  /** Items that are no traces of the day: they are in no sum. */
  readonly unreadable: number;
  /** Takes a trace. */
  add(trace: Trace): void;
  /** The parts by model. */
  models(): ReadonlyMap<string, readonly RollupPart[]>;
}

/** Begins an agent's day. */
export function agentDay(day: string): AgentDay {
  const models = new Map<string, Map<string, GrowingPart>>();
  const start = startOfDay(day).getTime();
  let [traces, unreadable] = [0, 0];
  return {
    day,
    get traces() {
      return traces;
    },
    get unreadable() {
      return unreadable;
    },
    add: trace => {
      const quarter = Math.floor((trace.timestamp.getTime() - start) / MS_PER_QUARTER);
      // Of a time that is none, the comparison is false as well.
      if (!(quarter >= 0 && quarter < QUARTERS)) {
        unreadable += 1;
        return;
      }
      traces += 1;
      const part = partIn(models, trace);
      addTrace(sumsIn(part.quarters, quarter), trace);
      if (trace.priceAsOf !== undefined) {
        part.priceAsOf = widened(part.priceAsOf, { first: trace.priceAsOf, last: trace.priceAsOf });
      }
    },
    models: () =>
      new Map(
        [...models].map(([model, parts]) => [
          model,
          [...parts.values()].map(({ key, quarters, priceAsOf }) => ({ ...key, priceAsOf, quarters })),
        ]),
      ),
  };
}

/** Dates that have both in them. */
export function widened(
  dates: PriceDates | undefined,
  others: PriceDates | undefined,
): PriceDates | undefined {
  if (!dates || !others) return dates ?? others;
  if (others.first >= dates.first && others.last <= dates.last) return dates;
  return {
    first: others.first < dates.first ? others.first : dates.first,
    last: others.last > dates.last ? others.last : dates.last,
  };
}

function partIn(models: Map<string, Map<string, GrowingPart>>, trace: Trace): GrowingPart {
  let parts = models.get(trace.model);
  if (!parts) models.set(trace.model, (parts = new Map<string, GrowingPart>()));
  const key = partKeyOf(trace);
  const id = idOfPart(key);
  let part = parts.get(id);
  if (!part) parts.set(id, (part = { key, quarters: new Map() }));
  return part;
}

function sumsIn(quarters: Map<number, MutableSums>, quarter: number): MutableSums {
  let sums = quarters.get(quarter);
  if (!sums) quarters.set(quarter, (sums = noSums()));
  return sums;
}
