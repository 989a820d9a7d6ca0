import { Run } from './call-scope';
import type { TokenTrackerOptions } from './settings';
import type { ObservedCall } from '../instrument/observed-call';
import type { Invocation } from '../invocation/invocation';
import { AnalyticsEmitter } from '../metrics/analytics-emitter';
import { deliverAtEnd, delivered, type Undelivered } from '../process/process-end';
import { nameOf, warnOnce } from '../process/warn-once';
import { TraceWriter } from '../traces/trace-writer';

const DEFAULT_INTERVAL_SECONDS = 60;
/** The error of calls that the process's end cut off. */
const PROCESS_END = 'ProcessEnd';
const isInLambda = () => Boolean(process.env.AWS_LAMBDA_FUNCTION_NAME);
/** A flush that nobody waits for may take its time. */
const BACKGROUND_FLUSH_MS = 10_000;

/**
 * Takes invocations in, and sends their metrics and traces: at a handler's end, or outside of one metrics
 * that are printed at once and everything else together, when there is enough or after a while. None of its
 * methods throws or rejects.
 */
export class Delivery implements Undelivered {
  /** The calls that are made outside of any handler run. */
  readonly outside = new Run(false);
  private readonly emitter: AnalyticsEmitter;
  private readonly traces: TraceWriter | undefined;
  private readonly intervalMs: number;
  private timer: NodeJS.Timeout | undefined;
  private timerIsSoon = false;

  constructor(options: TokenTrackerOptions) {
    const {
      tableName,
      endpoint,
      writeShards,
      traceTtlDays,
      batchSize,
      maxQueue,
      breakerFailures,
      breakerResetSeconds,
      flushIntervalSeconds = DEFAULT_INTERVAL_SECONDS,
    } = options;
    // A tracker's region is that of the model calls: metrics and traces go where the program itself is.
    this.emitter = new AnalyticsEmitter({
      ...options,
      region: undefined,
      sink: options.sink ?? (isInLambda() ? 'emf' : 'putMetricData'),
    });
    this.intervalMs = (flushIntervalSeconds > 0 ? flushIntervalSeconds : DEFAULT_INTERVAL_SECONDS) * 1000;
    this.traces =
      tableName === undefined
        ? undefined
        : new TraceWriter({
            tableName,
            endpoint,
            writeShards,
            ttlDays: traceTtlDays,
            batchSize,
            maxQueue,
            breakerFailures,
            breakerResetSeconds,
            onCount: (metric, count) => this.emitter.emitTotal(metric, count),
          });
  }

  /** A call begins, of which there is to be a record. */
  begin(call: ObservedCall, run: Run): void {
    run.open.add(call);
    deliverAtEnd(this);
  }

  /** A call is recorded. */
  take(invocation: Invocation, { inHandler, phase }: Run): void {
    this.emitter.emit(invocation);
    this.traces?.enqueue(invocation);
    deliverAtEnd(this);
    if (phase === 'last') this.spill();
    if (inHandler && phase === 'running') return;
    if (this.emitter.isImmediate) this.emitter.publish();
    // In Lambda nothing runs between two runs of the handler: what is to be sent outside of one is sent now.
    if (this.traces?.hasBatch || (isInLambda() && !inHandler)) this.flushIn(0);
    else if (this.isPending) this.flushIn(this.intervalMs);
  }

  /** Sends everything; what cannot be sent in time is put on the log. */
  async flush({ deadlineMs }: { readonly deadlineMs: number }): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    try {
      // Metrics that are printed are so before any waiting.
      await Promise.all([this.emitter.flush({ deadlineMs }), this.traces?.flush({ deadlineMs })]);
      // Counts of what could not be written.
      if (this.emitter.isImmediate) this.emitter.publish();
      else if (this.emitter.isPending) this.flushIn(this.intervalMs);
    } catch (error) {
      warnOnce('flush', `Metrics could not be sent (${nameOf(error)}).`);
    }
    if (!this.isPending && this.outside.open.size === 0) delivered(this);
  }

  /** Records what is known of calls that will not come to their end. */
  giveUp(): void {
    for (const call of this.outside.open) call.abandon(PROCESS_END);
  }

  /** Puts everything on the log, before it returns. */
  spill(): void {
    try {
      this.traces?.spill();
      this.emitter.spill();
    } catch (error) {
      warnOnce('spill', `Metrics could not be printed (${nameOf(error)}).`);
    }
  }

  private get isPending(): boolean {
    return this.emitter.isPending || this.traces?.isIdle === false;
  }

  /** Has everything sent after a while, without keeping the process for it. */
  private flushIn(ms: number): void {
    const isSoon = ms === 0;
    if (this.timer && (this.timerIsSoon || !isSoon)) return;
    clearTimeout(this.timer);
    this.timerIsSoon = isSoon;
    this.timer = setTimeout(() => void this.flush({ deadlineMs: BACKGROUND_FLUSH_MS }), ms).unref();
  }
}
