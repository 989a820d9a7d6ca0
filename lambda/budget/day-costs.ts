import type { Trace } from '../traces/trace';

/** What of a trace is added up. */
export type CostTrace = Pick<
  Trace,
  'agentId' | 'incidentId' | 'model' | 'timestamp' | 'picoUsd' | 'error' | 'cached' | 'source'
>;
/** The attributes of a trace that {@link CostTrace} is read from. */
export const COST_ATTRIBUTES = [
  'agentId',
  'incidentId',
  'model',
  'timestamp',
  'costUsd',
  'error',
  'cached',
  'source',
] as const;

/** What an agent, a model or an incident cost. */
export interface CostShare {
  readonly name: string;
  readonly picoUsd: bigint;
  readonly calls: number;
  /** Calls of no known price: the cost is at least what is said. */
  readonly unpriced: number;
}

/** What a day cost, in parts, the dearest first. */
export interface DayCosts extends Omit<CostShare, 'name'> {
  readonly agents: readonly CostShare[];
  readonly models: readonly CostShare[];
  readonly incidents: readonly CostShare[];
  /** There were more names than are kept: the sums of those that are shown are at least what is said. */
  readonly pruned: boolean;
}

/**
 * Names that are kept of each kind, some MB in all: a caller can send
 * any number of incidents. Beyond twice as many, the cheaper half goes.
 */
export const MAX_NAMES = 10_000;

interface Sum {
  picoUsd: bigint;
  calls: number;
  unpriced: number;
}

/** Adds up traces of a window, in parts. Memory does not grow with their number. */
export class DayCostSums {
  private readonly total = newSum();
  private readonly agents = new Map<string, Sum>();
  private readonly models = new Map<string, Sum>();
  private readonly incidents = new Map<string, Sum>();
  private pruned = false;

  constructor(
    private readonly from: Date,
    private readonly to: Date,
  ) {}

  add(traces: readonly CostTrace[]): void {
    for (const trace of traces) {
      // Answers from the application's own cache cost nothing.
      if (trace.cached || !(trace.timestamp >= this.from && trace.timestamp <= this.to)) continue;
      take(this.total, trace);
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
      pruned: this.pruned,
    };
  }

  private addTo(sums: Map<string, Sum>, name: string, trace: CostTrace): void {
    const known = sums.get(name);
    if (known) {
      take(known, trace);
      return;
    }
    if (sums.size >= 2 * MAX_NAMES) {
      this.pruned = true;
      for (const { name: cheap } of sortByCost(sums).slice(MAX_NAMES)) sums.delete(cheap);
    }
    const sum = newSum();
    take(sum, trace);
    sums.set(name, sum);
  }
}

function newSum(): Sum {
  return { picoUsd: 0n, calls: 0, unpriced: 0 };
}

function take(sum: Sum, { picoUsd, error, source }: CostTrace): void {
  sum.calls += 1;
  if (picoUsd !== undefined) sum.picoUsd += picoUsd;
  // A call that failed before the model answered has neither tokens nor a price.
  else if (error === undefined || source !== undefined) sum.unpriced += 1;
}

function sortByCost(sums: ReadonlyMap<string, Sum>): CostShare[] {
  return [...sums]
    .map(([name, sum]) => ({ name, ...sum }))
    .sort(
      (one, other) =>
        compare(other.picoUsd, one.picoUsd) || other.calls - one.calls || (one.name < other.name ? -1 : 1),
    );
}

function compare(one: bigint, other: bigint): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
