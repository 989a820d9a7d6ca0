import { SummaryBuilder, type UsageSummary } from './summary';
import type { ObservedCall } from '../instrument/observed-call';
import type { Invocation } from '../invocation/invocation';
import type { AnalyticsEmitter } from '../metrics/analytics-emitter';
import { deadlineIn } from '../process/deadline';
import type { TraceWriter } from '../traces/trace-writer';

/** Invocation that cannot be priced until the look-up of its inference profile has ended. */
export interface Unresolved {
  /** Fulfilled when the look-up has ended. */
  readonly lookedUp: Promise<void>;
  /** The invocation, without the result of the look-up. */
  readonly invocation: Invocation;
  /** Records the invocation with the current result of the look-up. */
  readonly record: () => void;
  /** True if the metrics of its provisional record are counted already. */
  readonly isCounted: boolean;
}

/**
 * Calls of one handler run, with their undelivered metrics and traces. All calls outside of handlers share
 * one.
 */
export class Run {
  /** Calls that are not recorded yet, or only provisionally. */
  readonly open = new Set<ObservedCall>();
  /** Provisional invocations whose metrics are not published yet. */
  readonly provisional = new Set<Invocation>();
  readonly unresolved = new Set<Unresolved>();
  /** Time left: `late` publishes metrics at once, `last` prints everything at once. */
  phase: 'running' | 'late' | 'last' | 'ended' = 'running';
  /** Cancels the actions before the function's timeout. */
  callOff: (() => void) | undefined;
  private readonly sums = new SummaryBuilder();

  /** @param waitsForEnd true if metrics and traces are delivered at the run's end, and not at once */
  constructor(
    readonly waitsForEnd: boolean,
    readonly metrics: AnalyticsEmitter,
    readonly traces: TraceWriter | undefined,
  ) {}

  /** Counts an invocation in the summary. */
  sum(invocation: Invocation): void {
    this.sums.add(invocation);
  }

  /** Counts an invocation in the summary and the metrics. */
  count(invocation: Invocation): void {
    this.sum(invocation);
    this.metrics.emit(invocation);
  }

  /** Sums of the run, including invocations that are not counted yet. */
  get summary(): UsageSummary {
    this.finishReadings();
    return this.sums.build([
      ...this.provisional,
      ...[...this.unresolved].filter(({ isCounted }) => !isCounted).map(({ invocation }) => invocation),
    ]);
  }

  /** Reads answers that have come and were not read. */
  finishReadings(): void {
    for (const call of this.open) call.finishReading();
  }

  /** Records unanswered calls provisionally. @param which selects the calls. Default: all */
  abandon(reason: string, which: (call: ObservedCall) => boolean = () => true): void {
    for (const call of this.open) if (which(call)) call.abandon(reason);
  }

  /** Counts the provisional invocations, because no answer comes in time. */
  countProvisional(): void {
    this.finishReadings();
    for (const invocation of this.provisional) this.count(invocation);
    this.provisional.clear();
  }

  /** Waits for look-ups in flight, and records their invocations. */
  async resolve(deadlineMs: number): Promise<void> {
    const deadline = deadlineIn(deadlineMs);
    const lookedUp = Promise.all([...this.unresolved].map(one => one.lookedUp));
    await Promise.race([lookedUp, deadline.passed]).finally(() => deadline.end());
    this.resolveNow();
  }

  /** Records the invocations of look-ups in flight, without waiting. */
  resolveNow(): void {
    for (const one of this.unresolved) {
      this.unresolved.delete(one);
      one.record();
    }
  }
}
