import type { TokenTrackerOptions } from './settings';
import { SummaryBuilder, type UsageSummary } from './summary';
import type { ObservedCall } from '../instrument/observed-call';
import type { Invocation, RecordState } from '../invocation/invocation';
import { AnalyticsEmitter, type AnalyticsEmitterOptions, SharedMetrics } from '../metrics/analytics-emitter';
import { deadlineIn } from '../process/deadline';
import { isInLambda } from '../process/lambda-environment';
import { monotonicMs } from '../process/monotonic-clock';
import { type Undelivered, deliverAtEnd, delivered } from '../process/process-end';
import { errorName, warnOnce } from '../process/warn-once';
import { SharedTable } from '../traces/shared-table';
import { type TraceCount, TraceWriter, type TraceWriterOptions } from '../traces/trace-writer';

/**
 * Invocation that is recorded after the look-up of its inference profile. The price depends on the profile.
 */
export interface Unresolved {
  /** Promise that is fulfilled when the look-up has ended. */
  readonly lookedUp: Promise<void>;
  /** Invocation as known before the end of the look-up. */
  readonly invocation: Invocation;
  /** Records the invocation. If the look-up has not ended, the price is computed without its result. */
  readonly record: () => void;
  /** True if the metrics already include the provisional invocation of the same call. */
  readonly isCounted: boolean;
}

/**
 * Calls of one run of a Lambda handler, with the metrics and traces that are not delivered yet. All calls
 * outside of handlers belong to one `Run`.
 */
export class Run {
  /** Calls that have not been answered. Some have a provisional record. */
  readonly open = new Set<ObservedCall>();
  /** Provisional invocations that are not in the metrics yet. */
  readonly provisional = new Set<Invocation>();
  readonly unresolved = new Set<Unresolved>();
  /**
   * Phase of the run. `late` and `last` begin shortly before the timeout of the Lambda function. In `late`,
   * metrics are published at once. In `last`, metrics and traces are printed at once.
   */
  phase: 'running' | 'late' | 'last' | 'ended' = 'running';
  /** Cancels the timers that run actions shortly before the timeout of the Lambda function. */
  callOff: (() => void) | undefined;
  private readonly sums = new SummaryBuilder();

  /**
   * @param waitsForEnd true if metrics and traces are sent when the run ends. False if they are sent while
   * the run goes on
   */
  constructor(
    readonly waitsForEnd: boolean,
    readonly metrics: AnalyticsEmitter,
    readonly traces: TraceWriter | undefined,
  ) {}

  /** Counts an invocation in the summary. */
  sum(invocation: Invocation): void {
    this.sums.add(invocation);
  }

  /** Counts a call of AgentCore that is not recorded. */
  countAgentCore(): void {
    this.sums.agentCoreCalls += 1;
  }

  /** Counts an invocation in the summary and in the metrics. */
  count(invocation: Invocation): void {
    this.sum(invocation);
    this.metrics.emit(invocation);
  }

  /** Returns the sums of all invocations of the run, including those that are not in the metrics yet. */
  get summary(): UsageSummary {
    this.finishReadings();
    return this.sums.build([
      ...this.provisional,
      ...[...this.unresolved].filter(({ isCounted }) => !isCounted).map(({ invocation }) => invocation),
    ]);
  }

  /** Reads the usage from responses that have arrived, but were not read yet. */
  finishReadings(): void {
    for (const call of this.open) call.finishReading();
  }

  /**
   * Records a provisional invocation for each unanswered call, with `reason` as its error name.
   *
   * @param which returns true for the calls to record. Default: all unanswered calls
   */
  abandon(reason: string, which: (call: ObservedCall) => boolean = () => true): void {
    for (const call of this.open) if (which(call)) call.abandon(reason);
  }

  /**
   * Counts the provisional invocations in the summary and in the metrics. Called at the end of the run or of
   * the process.
   */
  countProvisional(): void {
    this.finishReadings();
    for (const invocation of this.provisional) this.count(invocation);
    this.provisional.clear();
  }

  /**
   * Waits for all look-ups of inference profiles, at most `deadlineMs` milliseconds. Then records the
   * invocations in `unresolved`.
   */
  async resolve(deadlineMs: number): Promise<void> {
    const deadline = deadlineIn(deadlineMs);
    const lookedUp = Promise.all([...this.unresolved].map(one => one.lookedUp));
    await Promise.race([lookedUp, deadline.passed]).finally(() => deadline.end());
    this.resolveNow();
  }

  /**
   * Records the invocations that wait for the look-up of an inference profile, even if the look-up has not
   * ended.
   */
  resolveNow(): void {
    for (const one of this.unresolved) {
      this.unresolved.delete(one);
      one.record();
    }
  }
}

const DEFAULT_INTERVAL_SECONDS = 60;
/** Error name of the trace of a call that has no answer when the process ends. */
const PROCESS_END = 'ProcessEnd';
/**
 * Maximum number of unanswered calls that `outside` takes over from ended handler runs. They can still be
 * answered.
 */
const MAX_LEFT_OPEN = 1000;
/**
 * Maximum number of invocations in a run that are held back until the look-up of their inference profile has
 * ended.
 */
const MAX_HELD = 1000;
/** Maximum fraction of a flush's time limit for look-ups of inference profiles. */
const LOOK_UP_SHARE = 0.5;
/** Time limit in milliseconds of a flush that runs on a timer, not at the end of a handler. */
const BACKGROUND_FLUSH_MS = 10_000;

/**
 * Sends metrics to CloudWatch and traces to DynamoDB. Metrics and traces of a handler are sent when the
 * handler ends. For calls outside of handlers, they are sent when a batch is full or after an interval. If
 * `sink` is `emf`, metrics outside of handlers are printed at once. No method throws or rejects.
 */
export class Delivery implements Undelivered {
  /** Run to which all calls outside of handlers belong. */
  readonly outside: Run;
  /** Handler runs that have not ended. */
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
    // The option `region` is the region of the model calls. Metrics and traces use the region of the program,
    // so the option is removed.
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

  begin({ waitsForEnd }: { readonly waitsForEnd: boolean }): Run {
    // A suspended run of a durable function never ends. If it has nothing to deliver, it is removed here.
    for (const run of this.runs) {
      if (!run.waitsForEnd && !isPending(run) && run.open.size === 0) this.runs.delete(run);
    }
    const run = this.newRun(waitsForEnd);
    this.runs.add(run);
    return run;
  }

  /** Adds a call that has begun to the open calls of its run. */
  observe(call: ObservedCall, run: Run): void {
    this.findTarget(run).open.add(call);
    deliverAtEnd(this);
  }

  /** Removes a call from the open calls. The call is recorded, or it is not a model call. */
  forget(call: ObservedCall, run: Run): void {
    run.open.delete(call);
    // If the run has ended, `finish` has moved the call to `outside`.
    this.outside.open.delete(call);
  }

  /**
   * Removes the provisional invocation of a tracked call. The model call inside the tracked call replaces it.
   */
  withdraw(provisional: Invocation, run: Run): void {
    run.provisional.delete(provisional);
    run.traces?.withdraw(provisional);
  }

  /**
   * Delays the record of an invocation until the look-up of its inference profile has ended, or until a
   * flush.
   */
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

  /** Adds an invocation to the metrics, and queues its trace. */
  take(invocation: Invocation, from: Run, state: RecordState = {}): void {
    const run = this.findTarget(from);
    if (state.provisional) run.provisional.add(invocation);
    else if (!state.isCounted) run.count(invocation);
    run.traces?.enqueue(invocation, state);
    deliverAtEnd(this);
    if (run.phase === 'last') this.spillRun(run);
    if (run.waitsForEnd && run.phase === 'running') return;
    if (run.metrics.isImmediate) run.metrics.publish();
    // In Lambda, timers may not run, because the process is frozen between two handler runs. If a run does
    // not wait for its end, its metrics and traces are sent now.
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
   * Sends the metrics and traces of a handler run, and of all calls outside of handlers. Metrics and traces
   * that are not sent within `deadlineMs` milliseconds go to the log. The run continues.
   */
  async flushRun(run: Run, deadlineMs: number): Promise<void> {
    const others = run === this.outside ? [] : [this.flushOne(this.outside, deadlineMs, true)];
    await Promise.all([this.flushOne(run, deadlineMs), ...others]);
    this.settle();
  }

  /** Ends a handler run. Afterwards, all its metrics and traces have been sent or are in the log. */
  async finish(run: Run, deadlineMs: number): Promise<void> {
    run.countProvisional();
    await this.flushRun(run, deadlineMs);
    // Invocations that were recorded during the flush go to the log.
    this.spillRun(run);
    run.phase = 'ended';
    this.runs.delete(run);
    // Unanswered calls move to `outside`, where they can still be recorded. `MAX_LEFT_OPEN` limits their
    // number, because some calls never end.
    for (const call of run.open) {
      if (call.isUnrecorded && this.outside.open.size < MAX_LEFT_OPEN) this.outside.open.add(call);
    }
    this.settle();
  }

  /**
   * Sends the metrics and traces of all runs. Those that are not sent within `deadlineMs` milliseconds go to
   * the log.
   */
  async flush({ deadlineMs }: { readonly deadlineMs: number }): Promise<void> {
    this.stopTimer();
    await Promise.all([this.outside, ...this.runs].map(run => this.flushOne(run, deadlineMs)));
    this.settle();
  }

  /** Records all unanswered calls as provisional and counts them in the metrics, because the process ends. */
  giveUp(): void {
    for (const run of [this.outside, ...this.runs]) {
      run.abandon(PROCESS_END);
      run.countProvisional();
    }
  }

  /** Writes all undelivered metrics and traces to the log, synchronously. */
  spill(): void {
    for (const run of [this.outside, ...this.runs]) this.spillRun(run);
  }

  /**
   * Writes the unsent metrics and traces of a run to the log, synchronously. The metrics do not include
   * provisional invocations, because their calls may still be answered.
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
      // If the run has ended, `target` is `outside`. `settle` starts the timer that sends the metrics of
      // `outside`.
      if (target !== run) this.settle();
    };
    const traces = this.traceOptions && new TraceWriter({ ...this.traceOptions, onCount }, this.sharedTable);
    const run = new Run(waitsForEnd, metrics, traces);
    return run;
  }

  /**
   * Returns `run`, or `outside` if `run` has ended. `outside` never ends, so it can still deliver metrics and
   * traces.
   */
  private findTarget(run: Run): Run {
    return run.phase === 'ended' ? this.outside : run;
  }

  private async flushOne(run: Run, deadlineMs: number, ownOnly = false): Promise<void> {
    const end = monotonicMs() + deadlineMs;
    const left = () => ({ deadlineMs: Math.max(0, end - monotonicMs()), ownOnly });
    try {
      run.finishReadings();
      const isHolding = run.unresolved.size > 0;
      // All three functions start before `await`, so that metrics for the log are printed at once.
      await Promise.all([
        run.metrics.flush(left()),
        run.traces?.flush(left()),
        isHolding ? run.resolve(deadlineMs * LOOK_UP_SHARE) : undefined,
      ]);
      if (isHolding) await Promise.all([run.metrics.flush(left()), run.traces?.flush(left())]);
      // The flush may have written traces to the log and counted them. This count is a metric that is sent
      // here.
      if (run.metrics.isImmediate) run.metrics.publish();
      else if (run.waitsForEnd && run.metrics.isPending) await run.metrics.flush(left());
    } catch (error) {
      warnOnce('flush', `Metrics could not be sent (${errorName(error)}).`);
    }
  }

  /**
   * Starts the timer for the metrics and traces of `outside`. If all runs are delivered, stops the timer, and
   * cancels the delivery at the end of the process.
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

  /**
   * Sets a timer that sends the metrics and traces of calls outside of handlers after `ms` milliseconds. The
   * timer does not keep the process alive.
   */
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
