import type { Duration } from 'aws-cdk-lib';
import type * as events from 'aws-cdk-lib/aws-events';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { SpanIngestOptions } from './span-ingest-options';
import type { DetailLevel } from '../metrics/detail-level';
import type { TokenPricing } from '../pricing/token-pricing';
import type { ITokenTraceTable } from '../traces/trace-table-interface';

/**
 * Component that counts an invocation: the instrumented function, or the ingest that reads Bedrock's log.
 * Each operation, such as `Converse`, can have its own value.
 */
export enum CountedBy {
  /**
   * Instrumented functions count their invocations, and put a stamp in `requestMetadata`. The ingest ignores
   * invocations with a stamp.
   *
   * An invocation without a stamp is counted twice. The stamp is missing if a request already has 16 metadata
   * entries. It is also missing in InvokeModel requests of an older SDK, which has no `requestMetadata`.
   */
  STAMP = 'stamp',

  /**
   * The ingest counts all invocations. Instrumented functions count none.
   */
  INGEST = 'ingest',

  /**
   * Instrumented functions count their invocations. The ingest counts none, so invocations of other programs
   * are not counted.
   */
  TRACKER = 'tracker',
}

/**
 * Identity of callers that the ingest keeps as the `sessionId` of invocations in the invocation log.
 */
export enum CallerIdentity {
  /**
   * `sessionId` in the `requestMetadata` of the invocation, or else the session name of the caller's role. A
   * text with an e-mail address is replaced with a hash.
   */
  SESSION = 'session',

  /**
   * The same, but with e-mail addresses as they are. They are personal data, and users of IAM Identity Center
   * often have them as their session name.
   */
  SESSION_WITH_EMAILS = 'session-with-emails',
}

/**
 * Options of an ingest. An ingest records invocations of programs that are not instrumented. It needs at
 * least one source: `logGroup`, `eventBus`, `spans`, or a log group that you pass to `addLogGroup` or
 * `addSpansLogGroup`.
 */
export interface TokenUsageIngestOptions {
  /**
   * Log group to which Bedrock writes its invocation log. It must have the class STANDARD, and be in the
   * account and region of the stack. A log group can have two subscription filters, and the ingest uses one
   * of them.
   *
   * @default - no invocation log is read
   */
  readonly logGroup?: logs.ILogGroup;

  /**
   * Event bus with `TokenUsage` events, in the account and region of the stack. To receive events from other
   * accounts, see `docs/ingest.md`.
   *
   * @default - no events are read
   */
  readonly eventBus?: events.IEventBus;

  /**
   * Options for the ingest of OpenTelemetry spans. Pass `{}` to read the spans of the log group `aws/spans`.
   *
   * @default - no spans are read
   */
  readonly spans?: SpanIngestOptions;

  /**
   * Identity of callers that the ingest keeps as the `sessionId` of invocations in the invocation log. The
   * sessions of spans are always kept, and their e-mail addresses are hashed by the same rule.
   *
   * @default - an invocation in the log has no session
   */
  readonly callers?: CallerIdentity;

  /**
   * CloudWatch namespace of the metrics that the ingest publishes.
   *
   * @default 'OPX/Analytics'
   */
  readonly namespace?: string;

  /**
   * Detail level of the metrics that the ingest publishes.
   *
   * @default DetailLevel.CORE
   */
  readonly detailLevel?: DetailLevel;

  /**
   * Ids of the agents with their own metrics, at most 50. All other agents are counted as `Other`. Set this
   * list if other teams can invoke models or send events, because they can send any agent id.
   *
   * @default - the first 50 agents whose ids look like names
   */
  readonly agents?: string[];

  /**
   * Agent id for the invocations of each IAM role. A key is the name of the role, without a path. An agent id
   * in the `requestMetadata` of an invocation takes precedence.
   *
   * @default - an invocation without an agent is counted as `Other`
   */
  readonly agentsByRole?: { [role: string]: string };

  /**
   * Names of IAM roles whose invocations in the invocation log the ingest skips, because something else
   * records them. For example, skip the role of a Bedrock agent if an instrumented function records the runs
   * of the agent.
   *
   * If the ingest also reads spans, it leaves each span without an AWS request id to the log. To count the
   * spans of a service, list its role here and its name in `spans.unloggedServices`.
   *
   * @default - no role is skipped
   */
  readonly ignoredRoles?: string[];

  /**
   * Component that counts the invocations of each operation. The keys are `Converse`, `ConverseStream`,
   * `InvokeModel` and `InvokeModelWithResponseStream`. `trackerEnvironment` passes the values to instrumented
   * functions.
   *
   * @default - CountedBy.STAMP for each operation
   */
  readonly countedBy?: { [operation: string]: CountedBy };

  /**
   * Custom prices and discounts, and the models of inference profiles.
   *
   * @default - list prices
   */
  readonly pricing?: TokenPricing;

  /**
   * Maximum number of concurrent executions of each function, from 1 to 1000. If all executions are busy,
   * further events wait.
   *
   * A lower number limits the concurrent writes to the table. It also limits the number of metrics, because
   * each execution environment gives metrics to the first 50 agents that it sees.
   *
   * The function that records spans has at least 3, because 2 are used for waiting spans. The function that
   * makes the last attempt at failed records always has 1.
   *
   * @default 5
   */
  readonly reservedConcurrentExecutions?: number;

  /**
   * Number of times that Lambda retries a batch that the ingest could not record, from 0 to 2.
   *
   * @default 2
   */
  readonly retryAttempts?: number;

  /**
   * Maximum time for which a batch waits for its next retry, from one minute to six hours.
   *
   * @default Duration.hours(6)
   */
  readonly maxEventAge?: Duration;

  /**
   * Retention of the logs of the functions. The logs contain counts and ids, but no prompts or answers.
   *
   * @default logs.RetentionDays.ONE_MONTH
   */
  readonly logRetention?: logs.RetentionDays;

  /**
   * Customer managed key, in the region of the stack. It encrypts the queues, the log groups, and the
   * environment variables of the functions. Programs that read the queues need the permission `kms:Decrypt`
   * on the key.
   *
   * @default - AWS owned keys
   */
  readonly encryptionKey?: kms.IKey;
}

/**
 * Properties of the ingest.
 */
export interface TokenUsageIngestProps extends TokenUsageIngestOptions {
  /**
   * Trace table, to which the ingest writes one trace for each invocation. If an invocation is delivered
   * twice, its trace is already in the table, so the ingest does not count it again. If spans are read, the
   * table must have only one ingest.
   */
  readonly traceTable: ITokenTraceTable;
}
