import type { Duration } from 'aws-cdk-lib';
import type * as events from 'aws-cdk-lib/aws-events';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { DetailLevel } from '../metrics/detail-level';
import type { TokenPricing } from '../pricing/token-pricing';
import type { ITokenTraceTable } from '../traces/token-trace-table';

/**
 * Component that counts an invocation if both an instrumented function and the ingest see the invocation. You
 * can choose a component for each operation.
 */
export enum CountedBy {
  /**
   * Instrumented functions count their invocations and put a stamp in `requestMetadata`. The ingest counts
   * only invocations without a stamp. If a stamp cannot be sent, the invocation is counted twice. This
   * happens if the request already has 16 metadata entries. It also happens with InvokeModel if the SDK
   * version has no `requestMetadata` for InvokeModel.
   */
  STAMP = 'stamp',

  /**
   * The ingest counts all invocations. Instrumented functions count none.
   */
  INGEST = 'ingest',

  /**
   * Instrumented functions count their invocations. The ingest counts none. So invocations that nobody
   * instrumented are not counted.
   */
  TRACKER = 'tracker',
}

/**
 * Sources and rules of an ingest. An ingest needs at least one source: `logGroup`, `eventBus`, or a call of
 * `addLogGroup`.
 */
export interface TokenUsageIngestOptions {
  /**
   * Log group of Bedrock's model invocation log. The log group must be of class STANDARD, and in the account
   * and region of the stack. A log group can have two subscription filters. The ingest uses one of them.
   *
   * @default - no invocation log is read
   */
  readonly logGroup?: logs.ILogGroup;

  /**
   * Event bus with `TokenUsage` events, in the account and region of the stack. Other accounts can send their
   * events to this bus (see `docs/ingest.md`).
   *
   * @default - no events are read
   */
  readonly eventBus?: events.IEventBus;

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
   * Agents that become dimension values, at most 50. All other agents are counted as `Other`. Set this list
   * if other teams can invoke models or put events, because every caller can name any agent.
   *
   * @default - the first 50 agents whose ids look like names
   */
  readonly agents?: string[];

  /**
   * Agent for the invocations of each IAM role. If an invocation has `requestMetadata.agentId`, this agent
   * takes precedence. The keys are role names without a path. The values are agent ids.
   *
   * @default - an invocation without an agent is counted as `Other`
   */
  readonly agentsByRole?: { [role: string]: string };

  /**
   * Names of IAM roles whose invocations the ingest skips. Use this option for invocations that are counted
   * elsewhere. An example is the role of a Bedrock agent, if an instrumented function records the runs of
   * this agent.
   *
   * @default - no role is skipped
   */
  readonly ignoredRoles?: string[];

  /**
   * Component that counts the invocations of each operation. The keys are `Converse`, `ConverseStream`,
   * `InvokeModel` and `InvokeModelWithResponseStream`. `trackerEnvironment` passes the setting to
   * instrumented functions.
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
   * Maximum number of concurrent executions of each function, from 1 to 1000. A lower maximum means fewer
   * concurrent writes to the table. It also means fewer agents that become dimension values, because each
   * process accepts the first 50 agents that it sees. If all executions are busy, further events wait.
   *
   * @default 5
   */
  readonly reservedConcurrentExecutions?: number;

  /**
   * Number of retries for a batch that could not be written, from 0 to 2.
   *
   * @default 2
   */
  readonly retryAttempts?: number;

  /**
   * Maximum age of a batch that waits for a retry, from one minute to six hours.
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
   * Customer managed key for the queues, and for the log groups and environment variables of the functions.
   * The key must be in the region of the stack. A program that reads the queues needs the permission
   * `kms:Decrypt` on the key.
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
   * Trace table. It also prevents double counting: if an invocation is delivered again, its trace is already
   * in the table.
   */
  readonly traceTable: ITokenTraceTable;
}
