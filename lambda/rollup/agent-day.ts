import { type RollupItem, rollupItem } from './rollup-item';
import {
  idOfPart,
  mergePriceDates,
  type PartKey,
  partKeyOf,
  type PriceDates,
  type RollupPart,
} from './usage-part';
import { addTrace, type MutableSums, noSums } from './usage-sums';
import { MS_PER_QUARTER, QUARTERS, startOfDay } from './utc-day';
import { KEY_SEPARATOR } from '../../src/contract';
import { forEachConcurrent } from '../process/promises';
import type { Trace } from '../traces/trace';
import { unescapeKeyPart } from '../traces/trace-keys';
import type { DayIndexEntry, ReadOptions, TraceReader } from '../traces/trace-reader.aws';

/** Names of the trace attributes that the rollup reads from the table. */
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
  'costIsLowerBound',
  'units',
  'unitCostUsd',
  'priceAsOf',
  'latencyMs',
  'serviceTier',
  'items',
  'error',
  'source',
  'partial',
  'cached',
] as const satisfies readonly (keyof Trace | 'costUsd' | 'unitCostUsd')[];

/** Number of agents whose traces are read at the same time. */
const AGENTS_AT_ONCE = 4;
/** Number of pages that are read at the same time for each agent. */
const PAGES_AT_ONCE = 4;

/** Unfinished part of a rollup, which still receives traces. `models()` returns it as a `RollupPart`. */
interface GrowingPart {
  readonly key: PartKey;
  readonly quarters: Map<number, MutableSums>;
  priceAsOf?: PriceDates;
}

/**
 * Sums of the usage of one agent on one UTC day. `add` adds a trace. The memory that the sums need does not
 * depend on the number of traces.
 */
export interface AgentDay {
  readonly day: string;
  /** Number of traces that `add` has added to the sums. */
  readonly traces: number;
  /** Number of traces that `add` has not added, because their timestamp is invalid or on another day. */
  readonly unreadable: number;
  add(trace: Trace): void;
  /** Returns the sums as {@link RollupPart}s, grouped by model id. */
  models(): ReadonlyMap<string, readonly RollupPart[]>;
}

/** Returns empty sums for one agent on one UTC day. */
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
      // This condition is also true for an invalid date, because `quarter` is then NaN, and each comparison
      // is false.
      if (!(quarter >= 0 && quarter < QUARTERS)) {
        unreadable += 1;
        return;
      }
      traces += 1;
      const part = findOrAddPart(models, trace);
      addTrace(findOrAddSums(part.quarters, quarter), trace);
      if (trace.priceAsOf !== undefined) {
        part.priceAsOf = mergePriceDates(part.priceAsOf, { first: trace.priceAsOf, last: trace.priceAsOf });
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

/**
 * Reads the traces of a UTC day and adds them up for each agent. Calls `onAgent` once for each agent, with
 * its sums. Memory holds only the sums and the pages of traces that are being read.
 */
export async function addUpAgents(
  agents: ReadonlyMap<string, readonly string[]>,
  day: string,
  traces: TraceReader,
  options: Pick<ReadOptions, 'signal' | 'onReadUnits'>,
  onAgent: (agentId: string, sums: AgentDay) => Promise<void> | void,
): Promise<void> {
  await forEachConcurrent(agents, AGENTS_AT_ONCE, async ([agentId, partitions]) => {
    const sums = agentDay(day);
    await traces.read(
      partitions,
      page => {
        for (const trace of page) sums.add(trace);
      },
      { ...options, attributes: ROLLUP_TRACE_ATTRIBUTES, concurrency: PAGES_AT_ONCE, byHours: true },
    );
    await onAgent(agentId, sums);
  });
}

/**
 * Returns the trace partitions in a day index, grouped by agent id. An agent has several partitions if
 * `writeShards` is more than 1.
 */
export function partitionsByAgent(
  dayIndex: readonly Pick<DayIndexEntry, 'partition'>[],
): Map<string, string[]> {
  const agents = new Map<string, string[]>();
  for (const { partition } of dayIndex) {
    const agentId = unescapeKeyPart(partition.split(KEY_SEPARATOR)[1]);
    agents.set(agentId, [...(agents.get(agentId) ?? []), partition]);
  }
  return agents;
}

/** Returns the rollup items of an agent's day, one for each model. */
export function itemsOfAgent(agentId: string, sums: AgentDay): RollupItem[] {
  return [...sums.models()].map(([model, parts]) => rollupItem(sums.day, agentId, model, parts));
}

function findOrAddPart(models: Map<string, Map<string, GrowingPart>>, trace: Trace): GrowingPart {
  let parts = models.get(trace.model);
  if (!parts) models.set(trace.model, (parts = new Map<string, GrowingPart>()));
  const key = partKeyOf(trace);
  const id = idOfPart(key);
  let part = parts.get(id);
  if (!part) parts.set(id, (part = { key, quarters: new Map() }));
  return part;
}

function findOrAddSums(quarters: Map<number, MutableSums>, quarter: number): MutableSums {
  let sums = quarters.get(quarter);
  if (!sums) quarters.set(quarter, (sums = noSums()));
  return sums;
}
