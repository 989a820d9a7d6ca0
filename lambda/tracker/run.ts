import { SummaryBuilder, type UsageSummary } from './summary';
import type { ObservedCall } from '../instrument/observed-call';
import type { Invocation } from '../invocation/invocation';
import type { AnalyticsEmitter } from '../metrics/analytics-emitter';
import { deadlineIn } from '../process/deadline';
import type { TraceWriter } from '../traces/trace-writer';

/** Invocation that cannot be priced yet, because its inference profile is being looked up. */
export interface Unresolved {
  /** Fulfilled when the look-up has ended. */
  readonly lookedUp: Promise<void>;
  /** The invocation as far as it is known. */
  readonly invocation: Invocation;
  /** Records the invocation as it is known then. */
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
  /** Calls off what is done before the function's time is over. */
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

  /** Sums of the run, with invocations that are not counted yet as they are known. */
  get summary(): UsageSummary {
    this.finishReadings();
    return this.sums.build([
      ...this.provisional,
      ...[...this.unresolved].filter(({ isCounted }) => !isCounted).map(({ invocation }) => invocation),
    ]);
  }

  /** Reads answers that came and are not read yet. */
  finishReadings(): void {
    for (const call of this.open) call.finishReading();
  }

  /** Records provisionally what has no answer yet. @param which the calls that will not end in time */
  abandon(reason: string, which: (call: ObservedCall) => boolean = () => true): void {
    for (const call of this.open) if (which(call)) call.abandon(reason);
  }

  /** Counts the provisional invocations: no answer will come in time. */
  countProvisional(): void {
    this.finishReadings();
    for (const invocation of this.provisional) this.count(invocation);
    this.provisional.clear();
  }

  /** Waits for look-ups that are under way, and records their invocations. */
  async resolve(deadlineMs: number): Promise<void> {
    const deadline = deadlineIn(deadlineMs);
    const lookedUp = Promise.all([...this.unresolved].map(one => one.lookedUp));
    await Promise.race([lookedUp, deadline.passed]).finally(() => deadline.end());
    this.resolveNow();
  }

  /** Records the invocations of look-ups that are under way, as they are known now. */
  resolveNow(): void {
    for (const one of this.unresolved) {
      this.unresolved.delete(one);
      one.record();
    }
  }
}
