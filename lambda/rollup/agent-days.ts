import { type AgentDay, agentDay, ROLLUP_TRACE_ATTRIBUTES } from './agent-day';
import { type RollupItem, rollupItem } from './rollup-item';
import { KEY_SEPARATOR } from '../../src/contract';
import { forEachConcurrent } from '../process/promises';
import { unescapeKeyPart } from '../traces/trace-keys';
import type { DayIndexEntry, ReadOptions, TraceReader } from '../traces/trace-reader.aws';

/** Agents whose traces are added up at once, and pages that are on their way for each. */
const AGENTS_AT_ONCE = 4;
const PAGES_AT_ONCE = 4;

/**
 * Adds the traces of a UTC day up, agent by agent: what is
 * in memory are sums, and the pages that are on their way.
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

/** An agent's partitions of a day: one, or one for each shard. */
export function partitionsByAgent(
  directory: readonly Pick<DayIndexEntry, 'partition'>[],
): Map<string, string[]> {
  const agents = new Map<string, string[]>();
  for (const { partition } of directory) {
    const agentId = unescapeKeyPart(partition.split(KEY_SEPARATOR)[1]);
    agents.set(agentId, [...(agents.get(agentId) ?? []), partition]);
  }
  return agents;
}

/** An agent's day as items: one for each model. */
export function itemsOfAgent(agentId: string, sums: AgentDay): RollupItem[] {
  return [...sums.models()].map(([model, parts]) => rollupItem(sums.day, agentId, model, parts));
}
