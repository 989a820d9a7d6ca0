import { Run, type Unresolved } from './run';
import type { TokenTrackerOptions } from './settings';
import type { ObservedCall } from '../instrument/observed-call';
import type { Invocation } from '../invocation/invocation';
import type { RecordState } from '../invocation/record-state';
import { AnalyticsEmitter, type AnalyticsEmitterOptions, SharedMetrics } from '../metrics/analytics-emitter';
import { deliverAtEnd, delivered, type Undelivered } from '../process/process-end';
import { nameOf, warnOnce } from '../process/warn-once';
import { SharedTable } from '../traces/shared-table';
import { type TraceCount, TraceWriter, type TraceWriterOptions } from '../traces/trace-writer';

const DEFAULT_INTERVAL_SECONDS = 60;
/** Error of calls that the process's end cuts off. */
const PROCESS_END = 'ProcessEnd';
const isInLambda = () => Boolean(process.env.AWS_LAMBDA_FUNCTION_NAME);
/** Calls without an answer that are remembered after their handler run. */
const MAX_LEFT_OPEN = 1000;
/** Invocations of a run that wait for the look-up of their inference profiles. */
const MAX_HELD = 1000;
/** Part of a flush's deadline that may pass with waiting for look-ups. */
const LOOK_UP_SHARE = 0.5;
/** Deadline of a flush that nobody waits for. */
const BACKGROUND_FLUSH_MS = 10_000;

/**
 * Delivers metrics and traces: those of a handler run at its end, and the others together, when there are
 * enough or after a while; metrics that are printed at once. Each run has its own, so that the end of one
 * neither sends nor spills those of another. No method throws or rejects.
 */
export class Delivery implements Undelivered {
  /** Calls outside of any handler run. */
  readonly outside: Run;
  /** Handler runs that are under way. */
  private readonly runs = new Set<Run>();
  private readonly emitterOptions: AnalyticsEmitterOptions;
  private readonly sharedMetrics: SharedMetrics;
  private readonly traceOptions: TraceWriterOptions | undefined;
  private readonly sharedTable: SharedTable | undefined;
  private readonly intervalMs: number;
  private timer: NodeJS.Timeout | undefined;
  private timerIsSoon = false;

  constructor(options: TokenTrackerOptions) {
    const { tableName, traceTtlDays, flushIntervalSeconds = DEFAULT_INTERVAL_SECONDS } = options;
    // A tracker's region is that of the model calls: metrics and traces go where the program itself is.
    this.emitterOptions = {
      ...options,
      region: undefined,
      sink: options.sink ?? (isInLambda() ? 'emf' : 'putMetricData'),
    };
    this.sharedMetrics = new SharedMetrics(this.emitterOptions);
    this.traceOptions =
      tableName === undefined
        ? undefined
        : { ...options, tableName, region: undefined, ttlDays: traceTtlDays };
    this.sharedTable = this.traceOptions && new SharedTable(this.traceOptions);
    this.intervalMs = (flushIntervalSeconds > 0 ? flushIntervalSeconds : DEFAULT_INTERVAL_SECONDS) * 1000;
    this.outside = this.newRun(false);
  }

  /** Begins a handler run. */
  begin({ waitsForEnd }: { readonly waitsForEnd: boolean }): Run {
    // A durable run that was suspended never ends.
    for (const run of this.runs) {
      if (!run.waitsForEnd && !isPending(run) && run.open.size === 0) this.runs.delete(run);
    }
    const run = this.newRun(waitsForEnd);
    this.runs.add(run);
    return run;
  }

  /** Registers a call that will be recorded. */
  observe(call: ObservedCall, run: Run): void {
    this.targetOf(run).open.add(call);
    deliverAtEnd(this);
  }

  /** Forgets a call that is recorded, or that is none. */
  forget(call: ObservedCall, run: Run): void {
    run.open.delete(call);
    // Calls without an answer are left there by their runs.
    this.outside.open.delete(call);
  }

  /** Forgets the provisional record of a call that something else records. */
  withdraw(provisional: Invocation, run: Run): void {
    run.provisional.delete(provisional);
    run.traces?.withdraw(provisional);
  }

  /** Keeps an invocation until the look-up of its inference profile has ended, or until a flush. */
  hold(unresolved: Unresolved, run: Run): void {
    const { unresolved: held } = this.targetOf(run);
    if (held.size >= MAX_HELD) {
      unresolved.record();
      return;
    }
    held.add(unresolved);
    deliverAtEnd(this);
    void unresolved.lookedUp.then(() => held.delete(unresolved) && unresolved.record());
  }

  /** Takes an invocation in. */
  take(invocation: Invocation, from: Run, state: RecordState = {}): void {
    const run = this.targetOf(from);
    if (state.provisional) run.provisional.add(invocation);
    else if (!state.isCounted) run.count(invocation);
    run.traces?.enqueue(invocation, state);
    deliverAtEnd(this);
    if (run.phase === 'last') this.spillRun(run);
    if (run.waitsForEnd && run.phase === 'running') return;
    if (run.metrics.isImmediate) run.metrics.publish();
    // In Lambda nothing runs between two runs of the handler: what is to be sent outside of one is sent now.
    const isDue = run.traces?.hasBatch || (isInLambda() && !run.waitsForEnd);
    if (run !== this.outside) {
      if (isDue) queueMicrotask(() => void this.flushOne(run, BACKGROUND_FLUSH_MS, true));
    } else if (isDue) {
      this.flushIn(0);
    } else if (isPending(run)) {
      this.flushIn(this.intervalMs);
    }
  }

  /**
   * Delivers a handler run, and what waits outside of any; what cannot be sent in time is put on the log. The
   * run is not taken for ended.
   */
  async flushRun(run: Run, deadlineMs: number): Promise<void> {
    const others = run === this.outside ? [] : [this.flushOne(this.outside, deadlineMs, true)];
    await Promise.all([this.flushOne(run, deadlineMs), ...others]);
    this.settle();
  }

  /** Delivers a handler run at its end: each of its metrics and traces is written, or on the log. */
  async finish(run: Run, deadlineMs: number): Promise<void> {
    run.countProvisional();
    await this.flushRun(run, deadlineMs);
    // A record that came meanwhile.
    this.spillRun(run);
    run.phase = 'ended';
    this.runs.delete(run);
    // Calls that the handler did not wait for. One that never ends must not be kept for ever.
    for (const call of run.open) {
      if (call.isUnrecorded && this.outside.open.size < MAX_LEFT_OPEN) this.outside.open.add(call);
    }
    this.settle();
  }

  /** Delivers everything; what cannot be sent in time is put on the log. */
  async flush({ deadlineMs }: { readonly deadlineMs: number }): Promise<void> {
    this.stopTimer();
    await Promise.all([this.outside, ...this.runs].map(run => this.flushOne(run, deadlineMs)));
    this.settle();
  }

  /** Records provisionally the calls that will not come to their end. */
  giveUp(): void {
    for (const run of [this.outside, ...this.runs]) {
      run.abandon(PROCESS_END);
      run.countProvisional();
    }
  }

  /** Puts everything on the log, before it returns. */
  spill(): void {
    for (const run of [this.outside, ...this.runs]) this.spillRun(run);
  }

  /**
   * Puts what a run has on the log, before it returns, but for metrics of calls that may still be answered.
   */
  spillRun(run: Run): void {
    try {
      run.resolveNow();
      run.traces?.spill();
      run.metrics.spill();
    } catch (error) {
      warnOnce('spill', `Metrics could not be printed (${nameOf(error)}).`);
    }
  }

  private newRun(waitsForEnd: boolean): Run {
    const metrics = new AnalyticsEmitter(this.emitterOptions, this.sharedMetrics);
    const onCount = (metric: TraceCount, count: number) => {
      const target = this.targetOf(run);
      target.metrics.emitTotal(metric, count);
      // A count that comes after the run goes out with what is outside of runs.
      if (target !== run) this.settle();
    };
    const traces = this.traceOptions && new TraceWriter({ ...this.traceOptions, onCount }, this.sharedTable);
    const run = new Run(waitsForEnd, metrics, traces);
    return run;
  }

  /** A call can be answered after its run. */
  private targetOf(run: Run): Run {
    return run.phase === 'ended' ? this.outside : run;
  }

  private async flushOne(run: Run, deadlineMs: number, ownOnly = false): Promise<void> {
    const end = performance.now() + deadlineMs;
    const left = () => ({ deadlineMs: Math.max(0, end - performance.now()), ownOnly });
    try {
      run.finishReadings();
      const isHolding = run.unresolved.size > 0;
      // Metrics that are printed are so before any waiting.
      await Promise.all([
        run.metrics.flush(left()),
        run.traces?.flush(left()),
        isHolding ? run.resolve(deadlineMs * LOOK_UP_SHARE) : undefined,
      ]);
      if (isHolding) await Promise.all([run.metrics.flush(left()), run.traces?.flush(left())]);
      // Counts of what could not be written.
      if (run.metrics.isImmediate) run.metrics.publish();
      else if (run.waitsForEnd && run.metrics.isPending) await run.metrics.flush(left());
    } catch (error) {
      warnOnce('flush', `Metrics could not be sent (${nameOf(error)}).`);
    }
  }

  /** Has the process wait for nothing if nothing waits; else, delivers the rest later. */
  private settle(): void {
    const runs = [this.outside, ...this.runs];
    if (runs.every(run => !isPending(run) && run.open.size === 0)) {
      this.stopTimer();
      delivered(this);
    } else if (isPending(this.outside)) {
      this.flushIn(this.intervalMs);
    }
  }

  private stopTimer(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** Has everything outside of handler runs sent after a while, without keeping the process for it. */
  private flushIn(ms: number): void {
    const isSoon = ms === 0;
    if (this.timer && (this.timerIsSoon || !isSoon)) return;
    clearTimeout(this.timer);
    this.timerIsSoon = isSoon;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.flushOne(this.outside, BACKGROUND_FLUSH_MS, true).then(() => this.settle());
    }, ms).unref();
  }
}

function isPending({ metrics, traces, unresolved, provisional }: Run): boolean {
  return metrics.isPending || traces?.isIdle === false || unresolved.size > 0 || provisional.size > 0;
}
