import type { Duration } from 'aws-cdk-lib';
import type * as events from 'aws-cdk-lib/aws-events';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { DetailLevel } from '../metrics/detail-level';
import type { TokenPricing } from '../pricing/token-pricing';
import type { ITokenTraceTable } from '../traces/token-trace-table';

/**
 * Component that counts an invocation if both an instrumented function and the ingest see the invocation.
 * Each operation, such as `Converse`, can have its own setting.
 */
export enum CountedBy {
  /**
   * Instrumented functions count their invocations, and put a stamp in `requestMetadata`. The ingest ignores
   * invocations with a stamp. If no stamp can be sent, the invocation is counted twice. This happens if a
   * request already has 16 metadata entries. It also happens if the version of the SDK has no
   * `requestMetadata` for InvokeModel.
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
   * Log group of Bedrock's model invocation log, of class STANDARD, in the account and region of the stack. A
   * log group can have two subscription filters, and the ingest uses one of them.
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
   * Agents with metrics of their own, at most 50. All other agents are counted as `Other`. Set `agents` if
   * other teams can invoke models or put events, because their calls can contain any agent id.
   *
   * @default - the first 50 agents whose ids look like names
   */
  readonly agents?: string[];

  /**
   * Agent ids for the invocations of IAM roles. Each key is the name of a role without a path. Used only for
   * invocations without `requestMetadata.agentId`.
   *
   * @default - an invocation without an agent is counted as `Other`
   */
  readonly agentsByRole?: { [role: string]: string };

  /**
   * Names of IAM roles whose invocations the ingest skips, because they are counted elsewhere. An example is
   * the role of a Bedrock agent whose runs are recorded by an instrumented function.
   *
   * @default - no role is skipped
   */
  readonly ignoredRoles?: string[];

  /**
   * Component that counts the invocations of each operation. The keys are `Converse`, `ConverseStream`,
   * `InvokeModel` and `InvokeModelWithResponseStream`. `trackerEnvironment` passes this setting to
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
   * Maximum number of concurrent executions of each function, from 1 to 1000. If all executions are busy,
   * further events wait. A lower maximum limits the concurrent writes to the table. It also limits the number
   * of agents with metrics, because each process accepts the first 50 agents that it sees.
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
   * Customer managed key, in the region of the stack. The key encrypts the queues, and the log groups and
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
   * Trace table. It also prevents double counting: if an invocation is delivered again, its trace is already
   * in the table.
   */
  readonly traceTable: ITokenTraceTable;
}
