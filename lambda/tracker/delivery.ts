import type { TokenTrackerOptions } from './settings';
import { SummaryBuilder, type UsageSummary } from './summary';
import type { ObservedCall } from '../instrument/observed-call';
import type { Invocation, RecordState } from '../invocation/invocation';
import { AnalyticsEmitter, type AnalyticsEmitterOptions, SharedMetrics } from '../metrics/analytics-emitter';
import { deadlineIn } from '../process/deadline';
import { type Undelivered, deliverAtEnd, delivered } from '../process/process-end';
import { errorName, warnOnce } from '../process/warn-once';
import { SharedTable } from '../traces/shared-table';
import { type TraceCount, TraceWriter, type TraceWriterOptions } from '../traces/trace-writer';

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
  /** Cancels the actions that run before the function's timeout. */
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

const DEFAULT_INTERVAL_SECONDS = 60;
/** Error of calls that are open when the process ends. */
const PROCESS_END = 'ProcessEnd';
const isInLambda = () => Boolean(process.env.AWS_LAMBDA_FUNCTION_NAME);
/** Maximum unanswered calls that are remembered after their handler run. */
const MAX_LEFT_OPEN = 1000;
/** Maximum invocations of a run that wait for the look-up of an inference profile. */
const MAX_HELD = 1000;
/** Part of a flush's time limit that may be spent on look-ups. */
const LOOK_UP_SHARE = 0.5;
/** Deadline of a flush that runs in the background, in milliseconds. */
const BACKGROUND_FLUSH_MS = 10_000;

/**
 * Delivers metrics and traces. Those of a handler run are delivered at its end. Those outside of runs are
 * delivered together when a batch is full or after an interval; printed metrics are printed at once. Each run
 * has its own queues, so that the end of one run does not affect another. No method throws or rejects.
 */
export class Delivery implements Undelivered {
  /** Calls outside of any handler run. */
  readonly outside: Run;
  /** Handler runs in progress. */
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
    // The region of a tracker is that of the model calls. Metrics and traces go to the region of the program.
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
    this.findTarget(run).open.add(call);
    deliverAtEnd(this);
  }

  /** Removes a call that is recorded, or that turned out not to be a model call. */
  forget(call: ObservedCall, run: Run): void {
    run.open.delete(call);
    // Ended runs move their unanswered calls there.
    this.outside.open.delete(call);
  }

  /** Removes a provisional record, because an instrumented call inside is recorded in its place. */
  withdraw(provisional: Invocation, run: Run): void {
    run.provisional.delete(provisional);
    run.traces?.withdraw(provisional);
  }

  /** Holds an invocation until the look-up of its inference profile has ended, or until a flush. */
  hold(unresolved: Unresolved, run: Run): void {
    const { unresolved: held } = this.findTarget(run);
    if (held.size >= MAX_HELD) {
      unresolved.record();
      return;
    }
    held.add(unresolved);
    deliverAtEnd(this);
    void unresolved.lookedUp.then(() => held.delete(unresolved) && unresolved.record());
  }

  /** Queues the metrics and the trace of an invocation. */
  take(invocation: Invocation, from: Run, state: RecordState = {}): void {
    const run = this.findTarget(from);
    if (state.provisional) run.provisional.add(invocation);
    else if (!state.isCounted) run.count(invocation);
    run.traces?.enqueue(invocation, state);
    deliverAtEnd(this);
    if (run.phase === 'last') this.spillRun(run);
    if (run.waitsForEnd && run.phase === 'running') return;
    if (run.metrics.isImmediate) run.metrics.publish();
    // In Lambda, no code runs between two handler runs. Metrics and traces that do not wait for the end of a
    // run are therefore sent now.
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
   * Delivers metrics and traces of a handler run and of calls outside of runs. Those that cannot be sent in
   * time are written to the log. The run continues.
   */
  async flushRun(run: Run, deadlineMs: number): Promise<void> {
    const others = run === this.outside ? [] : [this.flushOne(this.outside, deadlineMs, true)];
    await Promise.all([this.flushOne(run, deadlineMs), ...others]);
    this.settle();
  }

  /** Ends a handler run. Afterwards, each of its metrics and traces is written, or in the log. */
  async finish(run: Run, deadlineMs: number): Promise<void> {
    run.countProvisional();
    await this.flushRun(run, deadlineMs);
    // Spills invocations that were recorded during the flush.
    this.spillRun(run);
    run.phase = 'ended';
    this.runs.delete(run);
    // Keeps calls that the handler did not wait for, up to a limit, because some never end.
    for (const call of run.open) {
      if (call.isUnrecorded && this.outside.open.size < MAX_LEFT_OPEN) this.outside.open.add(call);
    }
    this.settle();
  }

  /** Delivers everything. What cannot be sent in time is written to the log. */
  async flush({ deadlineMs }: { readonly deadlineMs: number }): Promise<void> {
    this.stopTimer();
    await Promise.all([this.outside, ...this.runs].map(run => this.flushOne(run, deadlineMs)));
    this.settle();
  }

  /** Records open calls provisionally, because the process ends. */
  giveUp(): void {
    for (const run of [this.outside, ...this.runs]) {
      run.abandon(PROCESS_END);
      run.countProvisional();
    }
  }

  /** Writes everything to the log, before it returns. */
  spill(): void {
    for (const run of [this.outside, ...this.runs]) this.spillRun(run);
  }

  /**
   * Writes the metrics and traces of a run to the log, before it returns. Metrics of calls that may still be
   * answered are omitted.
   */
  spillRun(run: Run): void {
    try {
      run.resolveNow();
      run.traces?.spill();
      run.metrics.spill();
    } catch (error) {
      warnOnce('spill', `Metrics could not be printed (${errorName(error)}).`);
    }
  }

  private newRun(waitsForEnd: boolean): Run {
    const metrics = new AnalyticsEmitter(this.emitterOptions, this.sharedMetrics);
    const onCount = (metric: TraceCount, count: number) => {
      const target = this.findTarget(run);
      target.metrics.emitTotal(metric, count);
      // Counts that come after the end of the run are delivered with those of calls outside of runs.
      if (target !== run) this.settle();
    };
    const traces = this.traceOptions && new TraceWriter({ ...this.traceOptions, onCount }, this.sharedTable);
    const run = new Run(waitsForEnd, metrics, traces);
    return run;
  }

  /** Returns the run that takes an invocation. A call can be answered after the end of its own run. */
  private findTarget(run: Run): Run {
    return run.phase === 'ended' ? this.outside : run;
  }

  private async flushOne(run: Run, deadlineMs: number, ownOnly = false): Promise<void> {
    const end = performance.now() + deadlineMs;
    const left = () => ({ deadlineMs: Math.max(0, end - performance.now()), ownOnly });
    try {
      run.finishReadings();
      const isHolding = run.unresolved.size > 0;
      // Printed metrics are printed before anything is awaited.
      await Promise.all([
        run.metrics.flush(left()),
        run.traces?.flush(left()),
        isHolding ? run.resolve(deadlineMs * LOOK_UP_SHARE) : undefined,
      ]);
      if (isHolding) await Promise.all([run.metrics.flush(left()), run.traces?.flush(left())]);
      // Delivers the counts of spills.
      if (run.metrics.isImmediate) run.metrics.publish();
      else if (run.waitsForEnd && run.metrics.isPending) await run.metrics.flush(left());
    } catch (error) {
      warnOnce('flush', `Metrics could not be sent (${errorName(error)}).`);
    }
  }

  /**
   * Stops the timer and the delivery at the end of the process if nothing is left. Otherwise sets the timer.
   */
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

  /** Sends everything outside of handler runs later. The timer does not keep the process alive. */
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
