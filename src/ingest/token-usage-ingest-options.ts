import type { Duration } from 'aws-cdk-lib';
import type * as events from 'aws-cdk-lib/aws-events';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { DetailLevel } from '../metrics/detail-level';
import type { TokenPricing } from '../pricing/token-pricing';
import type { ITokenTraceTable } from '../traces/token-trace-table';

/**
 * Component that counts an invocation if both an instrumented function and the ingest see it. Each operation
 * has its own setting.
 */
export enum CountedBy {
  /**
   * Instrumented functions count their invocations and stamp them in `requestMetadata`. The ingest counts
   * invocations without the stamp. An invocation that cannot be stamped is counted twice. This affects
   * requests that already have 16 metadata entries, and InvokeModel in SDK versions without `requestMetadata`
   * for it.
   */
  STAMP = 'stamp',

  /**
   * The ingest counts all invocations. Instrumented functions do not count them.
   */
  INGEST = 'ingest',

  /**
   * Instrumented functions count their invocations. The ingest counts none, so invocations that nobody
   * instrumented are not counted.
   */
  TRACKER = 'tracker',
}

/**
 * Sources and rules of an ingest. An ingest needs a `logGroup`, an `eventBus`, or a call of `addLogGroup`.
 */
export interface TokenUsageIngestOptions {
  /**
   * Log group of Bedrock's model invocation log. Must be of class STANDARD, and in the account and region of
   * the stack. The ingest uses one of the two subscription filters that a log group can have.
   *
   * @default - no invocation log is read
   */
  readonly logGroup?: logs.ILogGroup;

  /**
   * Event bus with `TokenUsage` events, in the account and region of the stack. Other accounts can send their
   * events to it, see `docs/ingest.md`.
   *
   * @default - no events are read
   */
  readonly eventBus?: events.IEventBus;

  /**
   * CloudWatch namespace of the metrics.
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
   * Agents that become dimension values, at most 50. All other agents are counted under `Other`. List the
   * agents if other teams can invoke models or put events, because every caller can name any agent.
   *
   * @default - the first 50 agents whose ids look like names
   */
  readonly agents?: string[];

  /**
   * Agent of each IAM role, used for invocations without an agent in `requestMetadata.agentId`. The keys are
   * role names without path, and the values are agent ids.
   *
   * @default - such invocations are counted under `Other`
   */
  readonly agentsByRole?: { [role: string]: string };

  /**
   * Names of IAM roles whose invocations the ingest skips, because they are counted elsewhere. An example is
   * the role of a Bedrock agent whose runs an instrumented function records.
   *
   * @default - no role is skipped
   */
  readonly ignoredRoles?: string[];

  /**
   * Component that counts the invocations of each operation. The keys are `Converse`, `ConverseStream`,
   * `InvokeModel` and `InvokeModelWithResponseStream`. Instrumented functions receive the setting through
   * `trackerEnvironment`.
   *
   * @default - CountedBy.STAMP for each operation
   */
  readonly countedBy?: { [operation: string]: CountedBy };

  /**
   * Custom prices, discounts, and the models behind inference profiles.
   *
   * @default - list prices
   */
  readonly pricing?: TokenPricing;

  /**
   * Maximum number of concurrent executions of each function, 1 to 1000. It limits the writes to the table.
   * It also limits the agents that become dimension values, because each process accepts the first 50 agents
   * that it sees. Events that exceed the limit wait.
   *
   * @default 5
   */
  readonly reservedConcurrentExecutions?: number;

  /**
   * Number of retries of a batch that could not be written, 0 to 2.
   *
   * @default 2
   */
  readonly retryAttempts?: number;

  /**
   * Maximum age of a batch that waits for its retry, one minute to six hours.
   *
   * @default Duration.hours(6)
   */
  readonly maxEventAge?: Duration;

  /**
   * Retention of the functions' logs. They contain counts and ids, but no prompts or answers.
   *
   * @default logs.RetentionDays.ONE_MONTH
   */
  readonly logRetention?: logs.RetentionDays;

  /**
   * Customer managed key for the queues, and for the log groups and environments of the functions. It must be
   * in the region of the stack. Programs that read the queues need `kms:Decrypt` on it.
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
   * Trace table. It also prevents double counting: an invocation that is delivered again is found in the
   * table.
   */
  readonly traceTable: ITokenTraceTable;
}
