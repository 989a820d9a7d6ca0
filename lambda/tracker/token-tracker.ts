import { AsyncLocalStorage } from 'node:async_hooks';
import { Logger } from '@aws-lambda-powertools/logger';
import type { Invocation } from '../invocation';
import { AnalyticsEmitter } from '../metrics/analytics-emitter';
import { CostCalculator } from '../pricing/cost-calculator';
import { ProfileResolver } from '../pricing/inference-profiles';
import { profileLookup } from '../pricing/profile-lookup';
import { TraceWriter } from '../traces/trace-writer';
import { nameOf, warnOnce } from '../warn-once';
import { type CallContext, invocationOf, type RecordInput } from './record-input';
import { readResponse } from './response-usage';
import { readSettings, type TrackerSettings } from './settings';
import { SummaryBuilder, type UsageSummary } from './summary';

export interface TokenTrackerOptions extends TrackerSettings {
  /** Where DynamoDB is. Default: the SDK's own. */
  readonly endpoint?: string;
}

/** What the flush at a handler's end may take, so that a table that hangs does not hold the answer up. */
const HANDLER_FLUSH_MS = 1000;
/** What is left of the function's time for its own end. */
const RESERVED_MS = 200;

/** What is read of Lambda's context. */
interface RunContext {
  getRemainingTimeInMillis?(): number;
}

/**
 * Tracks model calls: their tokens, cost and latency go to CloudWatch as metrics and to DynamoDB as traces. A failure of
 * its own never reaches the caller.
 *
 * @example
 * const tracker = TokenTracker.fromEnvironment();
 * export const handler = tracker.handler(async ({ incidentId }) => {
 *   const { response } = await tracker.track({ agentId: 'triage', incidentId, modelId }, () => bedrock.send(command));
 *   return response.output;
 * });
 */
export class TokenTracker {
  /** A tracker as the function's environment says, set by the constructs; what is given here goes before it. */
  static fromEnvironment(env: Readonly<Record<string, string | undefined>> = process.env, options: TokenTrackerOptions = {}): TokenTracker {
    const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
    return new TokenTracker({ ...readSettings(env), ...given });
  }

  private readonly profiles: ProfileResolver;
  private readonly calculator: CostCalculator;
  private readonly emitter: AnalyticsEmitter;
  private readonly traces: TraceWriter | undefined;
  private readonly logger = new Logger({ serviceName: 'token-analytics' });
  private readonly runs = new AsyncLocalStorage<SummaryBuilder>();
  private readonly outside = new SummaryBuilder();

  /** @throws RangeError for a custom price that is negative, not finite, or lacks input or output */
  constructor(private readonly options: TokenTrackerOptions = {}) {
    this.profiles = new ProfileResolver(options.inferenceProfiles, options.resolveProfiles ? profileLookup() : undefined);
    this.calculator = new CostCalculator(options, this.profiles);
    this.emitter = new AnalyticsEmitter(options);
    this.traces = options.tableName === undefined ? undefined : new TraceWriter({
      tableName: options.tableName,
      endpoint: options.endpoint,
      writeShards: options.writeShards,
      ttlDays: options.traceTtlDays,
      onCount: (metric, count) => this.emitter.emitTotal(metric, count),
    });
  }

  /**
   * Makes a call and records it. The response is handed on as it came, with what it cost beside it; an error is recorded
   * and thrown again, the same object.
   */
  async track<Response>(context: CallContext, call: () => Promise<Response> | Response): Promise<{ response: Response; invocation: Invocation }> {
    const start = performance.now();
    let response: Response;
    try {
      const answer = call();
      this.profiles.prefetch(context.modelId);
      response = await answer;
    } catch (error) {
      // What was thrown may be nothing at all; it is a failure all the same.
      this.record({ ...context, error: error ?? new Error(), latencyMs: performance.now() - start });
      throw error;
    }
    const latencyMs = performance.now() - start;
    const facts = readResponse(context.modelId, context.operation, response);
    return { response, invocation: this.record({ ...context, ...facts, latencyMs }) };
  }

  /** Records a call that was made by other means. */
  record(input: RecordInput): Invocation {
    const invocation = invocationOf(input, { calculator: this.calculator, profiles: this.profiles, agentId: this.options.agentId });
    if (this.options.enabled === false) return invocation;
    this.profiles.prefetch(invocation.modelId);
    try {
      (this.runs.getStore() ?? this.outside).add(invocation);
      this.emitter.emit(invocation);
      this.traces?.enqueue(invocation);
    } catch (error) {
      warnOnce('record', `A call could not be recorded (${nameOf(error)}).`);
    }
    return invocation;
  }

  /** What the calls of this handler run came to; outside a handler, those of the process. */
  summary(): UsageSummary {
    return (this.runs.getStore() ?? this.outside).build();
  }

  /**
   * Sends metrics and traces. It never throws.
   *
   * @param deadlineMs how long writing traces may take; what is left then goes to the log (default: 1000)
   */
  async flush({ deadlineMs = HANDLER_FLUSH_MS }: { readonly deadlineMs?: number } = {}): Promise<void> {
    this.flushMetrics();
    await this.traces?.flush({ deadlineMs });
    // Counts of what could not be written.
    this.flushMetrics();
  }

  /** Wraps a Lambda handler: its calls are summed up and logged in one line, and everything is sent before it returns. */
  handler<Event, Context, Result>(handle: (event: Event, context: Context) => Promise<Result> | Result): (event: Event, context: Context) => Promise<Result> {
    return (event, context) => this.runs.run(new SummaryBuilder(), async () => {
      try {
        return await handle(event, context);
      } finally {
        this.logSummary();
        await this.flush({ deadlineMs: flushTime(context) });
      }
    });
  }

  private flushMetrics(): void {
    try {
      this.emitter.flush();
    } catch (error) {
      warnOnce('flush', `Metrics could not be sent (${nameOf(error)}).`);
    }
  }

  private logSummary(): void {
    if (this.options.enabled === false) return;
    const { calls, errors, cached, unpriced, items, inputTokens, outputTokens, totalTokens, averageTokensPerItem, usd } = this.summary();
    if (calls + errors + cached === 0) return;
    try {
      this.logger.info('Bedrock API token usage', {
        usage: { calls, errors, cached, unpriced, items, inputTokens, outputTokens, totalTokens, averageTokensPerItem, usd },
      });
    } catch {
      // A log that cannot be written must not reach the caller.
    }
  }
}

function flushTime(context: unknown): number {
  try {
    const remaining = (context as RunContext | undefined)?.getRemainingTimeInMillis?.();
    return typeof remaining === 'number' ? Math.min(HANDLER_FLUSH_MS, Math.max(0, remaining - RESERVED_MS)) : HANDLER_FLUSH_MS;
  } catch {
    return HANDLER_FLUSH_MS;
  }
}
