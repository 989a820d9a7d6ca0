import type { Duration } from 'aws-cdk-lib';
import type * as events from 'aws-cdk-lib/aws-events';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { DetailLevel } from '../metrics/detail-level';
import type { TokenPricing } from '../pricing/token-pricing';
import type { ITokenTraceTable } from '../traces/token-trace-table';

/**
 * Who counts the calls of an operation, where both an instrumented function and the ingest see them.
 */
export enum CountedBy {
  /**
   * Instrumented functions count their calls and stamp them in `requestMetadata`; the ingest counts those
   * without the stamp. A call that cannot be stamped is then counted twice: one with 16 entries of metadata
   * of its own, and InvokeModel through an SDK that has no `requestMetadata` there.
   */
  STAMP = 'stamp',

  /**
   * The ingest counts all of them; instrumented functions leave them to it.
   */
  INGEST = 'ingest',

  /**
   * Instrumented functions count theirs; the ingest takes
   * none, and calls that nobody instrumented are not counted.
   */
  TRACKER = 'tracker',
}

/**
 * Sources and rules of an ingest. It needs a `logGroup`, an `eventBus` or a later `addLogGroup`.
 */
export interface TokenUsageIngestOptions {
  /**
   * The log group of Bedrock's model invocation log, in the account and region of the stack, of
   * class STANDARD. It takes one of the two subscription filters that a log group can have.
   *
   * @default - the log is not read
   */
  readonly logGroup?: logs.ILogGroup;

  /**
   * The bus on which `TokenUsage` events are put, in the account and region of
   * the stack. Other accounts can send their events there, see `docs/ingest.md`.
   *
   * @default - no events are read
   */
  readonly eventBus?: events.IEventBus;

  /**
   * The CloudWatch namespace of the metrics.
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
   * The agents that become dimension values; others are counted under `Other`. Whoever may
   * call a model, or put an event, can name any agent: give them where that is not you alone.
   *
   * @default - each that looks like a name, the first 50 of them
   */
  readonly agents?: string[];

  /**
   * The agent of each role's calls that do not name one in
   * `requestMetadata.agentId`: by the name of the role, without path.
   *
   * @default - they are counted under `Other`
   */
  readonly agentsByRole?: { [role: string]: string };

  /**
   * Names of roles whose calls the ingest does not take, as they are counted elsewhere:
   * such as those of Bedrock agents whose runs an instrumented function records.
   *
   * @default - none
   */
  readonly ignoredRoles?: string[];

  /**
   * Who counts the calls of an operation, by its name: `Converse`, `ConverseStream`, `InvokeModel`,
   * `InvokeModelWithResponseStream`. `trackerEnvironment` tells instrumented functions.
   *
   * @default - CountedBy.STAMP for each
   */
  readonly countedBy?: { [operation: string]: CountedBy };

  /**
   * Your own prices, and the models behind inference profiles.
   *
   * @default - list prices
   */
  readonly pricing?: TokenPricing;

  /**
   * Maximum number of runs of each function at the same time, 1 to 1000. It limits the writes to the table,
   * and the agents that can become dimension values, because each process has its own first 50. Further
   * events wait.
   *
   * @default 5
   */
  readonly reservedConcurrentExecutions?: number;

  /**
   * How often a batch is tried again that could not be written, 0 to 2.
   *
   * @default 2
   */
  readonly retryAttempts?: number;

  /**
   * How long a batch may wait for its retry, one minute to six hours.
   *
   * @default Duration.hours(6)
   */
  readonly maxEventAge?: Duration;

  /**
   * How long the functions' logs are kept. They hold counts and ids, no prompts and no answers.
   *
   * @default logs.RetentionDays.ONE_MONTH
   */
  readonly logRetention?: logs.RetentionDays;

  /**
   * A key of yours, in the region of the stack, for the queues, and for the log groups and the
   * environment of the functions. Programs that read the queues need `kms:Decrypt` on it.
   *
   * @default - keys of AWS
   */
  readonly encryptionKey?: kms.IKey;
}

/**
 * Properties of the ingest.
 */
export interface TokenUsageIngestProps extends TokenUsageIngestOptions {
  /**
   * Where traces are written. It is also what makes each
   * call one: a call that is delivered again is found there.
   */
  readonly traceTable: ITokenTraceTable;
}
