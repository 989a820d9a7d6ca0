import {
  countInvocation,
  type InvocationCounts,
  isInSums,
  type MutableCounts,
  noCounts,
} from '../invocation/invocation-counts';
import type { Trace } from '../traces/trace';

/** Attributes of a trace that are needed for the costs of a day. */
export type CostTrace = Pick<
  Trace,
  | 'agentId'
  | 'incidentId'
  | 'model'
  | 'timestamp'
  | 'picoUsd'
  | 'costIsLowerBound'
  | 'error'
  | 'cached'
  | 'source'
>;
/** Attributes to read from the table for a {@link CostTrace}. */
export const COST_ATTRIBUTES = [
  'agentId',
  'incidentId',
  'model',
  'timestamp',
  'costUsd',
  'costIsLowerBound',
  'error',
  'cached',
  'source',
] as const;

/** Invocations and cost of one agent, model or incident, without cached responses. */
export interface CostShare extends Omit<InvocationCounts, 'fromCache'> {
  readonly name: string;
}

/**
 * Invocations and cost of a day, in total and for each agent, model and incident. Each list is sorted by
 * cost, highest first.
 */
export interface DayCosts extends InvocationCounts {
  readonly agents: readonly CostShare[];
  readonly models: readonly CostShare[];
  readonly incidents: readonly CostShare[];
  /** Number of invocations for each reason why their cost is a lower bound. */
  readonly reasons: ReadonlyMap<string, number>;
  /**
   * True if agents, models or incidents were dropped to limit memory. The listed costs may then be too low.
   */
  readonly pruned: boolean;
}

/**
 * Number of agents, models or incidents to keep. When twice as many exist, the cheapest half is dropped. The
 * limit protects the memory from callers with many incident ids.
 */
export const MAX_NAMES = 10_000;

/** Sums of invocations and costs over the traces of a time window. */
export class DayCostSums {
  private readonly total = noCounts();
  private readonly agents = new Map<string, MutableCounts>();
  private readonly models = new Map<string, MutableCounts>();
  private readonly incidents = new Map<string, MutableCounts>();
  private readonly reasons = new Map<string, number>();
  private pruned = false;

  constructor(
    private readonly from: Date,
    private readonly to: Date,
  ) {}

  add(traces: readonly CostTrace[]): void {
    for (const trace of traces) {
      // If the time is outside the window or invalid, skips the trace. Comparisons with an invalid date are
      // false.
      if (!(trace.timestamp >= this.from && trace.timestamp <= this.to)) continue;
      if (!isInSums(countInvocation(this.total, trace))) continue;
      for (const reason of trace.costIsLowerBound ?? []) {
        this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + 1);
      }
      this.addTo(this.agents, trace.agentId, trace);
      this.addTo(this.models, trace.model, trace);
      if (trace.incidentId !== undefined) this.addTo(this.incidents, trace.incidentId, trace);
    }
  }

  costs(): DayCosts {
    return {
      ...this.total,
      agents: sortByCost(this.agents),
      models: sortByCost(this.models),
      incidents: sortByCost(this.incidents),
      reasons: this.reasons,
      pruned: this.pruned,
    };
  }

  private addTo(sums: Map<string, MutableCounts>, name: string, trace: CostTrace): void {
    const known = sums.get(name);
    if (known) {
      countInvocation(known, trace);
      return;
    }
    if (sums.size >= 2 * MAX_NAMES) {
      this.pruned = true;
      for (const { name: cheap } of sortByCost(sums).slice(MAX_NAMES)) sums.delete(cheap);
    }
    const counts = noCounts();
    countInvocation(counts, trace);
    sums.set(name, counts);
  }
}

/** Sorts by cost and then by number of invocations, highest first, and finally by name. */
function sortByCost(sums: ReadonlyMap<string, MutableCounts>): CostShare[] {
  return [...sums]
    .map(([name, { fromCache: _, ...counts }]) => ({ name, ...counts }))
    .sort(
      (one, other) =>
        compare(other.picoUsd, one.picoUsd) ||
        other.answered + other.failed - (one.answered + one.failed) ||
        (one.name < other.name ? -1 : 1),
    );
}

function compare(one: bigint, other: bigint): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
