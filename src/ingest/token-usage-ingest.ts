import { Annotations, Duration } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as destinations from 'aws-cdk-lib/aws-logs-destinations';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import {
  DEFAULT_NAMESPACE,
  ENV,
  INVOCATION_LOG_SCHEMA,
  LOGGED_OPERATIONS,
  USAGE_EVENT_TYPE,
} from '../contract';
import { handFailuresTo, ingestFunction, ingestQueues } from './functions';
import {
  requireAgentsByRole,
  requireEnvironmentRoom,
  requireOperations,
  requireOtherLogGroup,
  requireRoleName,
  requireSubscribable,
} from './validate';
import { DetailLevel } from '../metrics/detail-level';
import type { TokenPricing } from '../pricing/token-pricing';
import {
  acknowledge,
  FAILURES_FUNCTION_REASONS,
  INGEST_FUNCTION_REASONS,
  SCHEDULE_REASONS,
} from '../private/acknowledged';
import type { HandlerFunction, HandlerFunctionProps } from '../private/handler-function';
import { jsonList } from '../private/json-list';
import { EVENT_BUS, KEY, LOG_GROUP, PRICING, TRACE_TABLE } from '../private/kinds';
import { logGroupKey } from '../private/log-group';
import { refuseAtSynth } from '../private/notice';
import { requireSamePlace, requireStackPlace } from '../private/place';
import {
  DURATION,
  NUMBER,
  OBJECT,
  oneOf,
  requireKind,
  requireShape,
  type Shape,
  TEXT,
  TEXTS,
} from '../private/shape';
import {
  propError,
  requireGiven,
  requireAgents,
  requireNamespace,
  requireWholeNumber,
} from '../private/validate';
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
 * What an ingest reads, and how. One of `logGroup` and `eventBus` is needed, or a later `addLogGroup`.
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
   * How much is published.
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
   * How many of each function run at once, 1 to 1000: it bounds what is written to the table, and how many
   * agents can become dimension values, as each process has its own first 50. What comes faster waits.
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

/** Kinds of the properties. */
const SHAPE: Shape<TokenUsageIngestProps> = {
  traceTable: TRACE_TABLE,
  logGroup: LOG_GROUP,
  eventBus: EVENT_BUS,
  namespace: TEXT,
  detailLevel: oneOf('DetailLevel', DetailLevel),
  agents: TEXTS,
  agentsByRole: OBJECT,
  ignoredRoles: TEXTS,
  countedBy: OBJECT,
  pricing: PRICING,
  reservedConcurrentExecutions: NUMBER,
  retryAttempts: NUMBER,
  maxEventAge: DURATION,
  logRetention: NUMBER,
  encryptionKey: KEY,
};
const COUNTED_BY = oneOf('CountedBy', CountedBy);

const DEFAULT_CONCURRENCY = 5;
const MAX_CONCURRENCY = 1000;
const DEFAULT_RETRIES = 2;
const DEFAULT_AGE = Duration.hours(6);
/** Lambda API reference, PutFunctionEventInvokeConfig. */
const MIN_AGE_SECONDS = 60;
const MAX_AGE_SECONDS = 21_600;

/**
 * A batch of large records needs memory for their text, unpacked
 * and parsed: the largest that is unpacked took 630 MB.
 */
const LOGS_SIZE = { timeout: Duration.minutes(2), memorySize: 1024 };
const EVENTS_SIZE = { timeout: Duration.seconds(30), memorySize: 256 };

/** The operations whose `requestMetadata` older SDKs leave out without a word. */
const UNSTAMPED_BY_OLD_SDKS = ['InvokeModel', 'InvokeModelWithResponseStream'];
const UNSTAMPED_WARNING = 'cdk-token-analytics:unstampedInvokeModel';

/**
 * Counts calls that nobody instrumented: from Bedrock's model invocation log, and from events that any
 * program puts on a bus. Each becomes the metrics and the trace that an instrumented call becomes, and no
 * call is counted twice. Prompts and answers are read over, and neither stored nor logged nor sent on.
 *
 * What cannot be taken in is put on a queue, as ids and counts with the reason.
 */
export class TokenUsageIngest extends Construct {
  /**
   * The queue of records and events that could not be taken in.
   * Each message has the reason and what is known of the call.
   */
  public readonly queue: sqs.Queue;

  /**
   * All queues, for alarms: `queue`, and the one of messages that a consumer of it has failed on five times.
   */
  public readonly queues: sqs.Queue[];

  /**
   * The function that tries a last time what Lambda has given up, and puts the rest on the queue.
   */
  public readonly failuresFunction: lambda.Function;

  /**
   * The function that reads events, where there is a bus.
   */
  public readonly eventsFunction?: lambda.Function;

  private readonly failures: HandlerFunction;
  private readonly made: HandlerFunction[] = [];
  private readonly subscribed = new Set<string>();
  private logsIngest?: HandlerFunction;
  private warned = false;

  /**
   * @throws if a prop is not as it must be, the bus or log group is of another account or region, the
   * log group is one of the ingest's own functions, or the environment is longer than 4 KB
   */
  constructor(
    scope: Construct,
    id: string,
    private readonly props: TokenUsageIngestProps,
  ) {
    super(scope, id);
    requireShape(this, props, SHAPE);
    requireGiven(this, 'traceTable', props.traceTable, 'Give the table that traces are written to.');
    requireStackPlace(this, 'traceTable', props.traceTable, 'Make it in a stack of that place.');
    this.validate(props);
    const [queue, unhandled] = ingestQueues(this, props.encryptionKey);
    this.queue = queue;
    this.queues = [queue, unhandled];
    requireEnvironmentRoom(this, this.environment);

    this.failures = this.newFunction('Failures', {
      handler: 'ingest-failures',
      reasons: FAILURES_FUNCTION_REASONS,
      description: 'Token analytics: a last try of what could not be taken in.',
      ...LOGS_SIZE,
      reservedConcurrentExecutions: 1,
    });
    this.failuresFunction = this.failures.function;
    refuseAtSynth(this, () => this.withoutSource());
    if (props.logGroup) this.addLogGroup(props.logGroup);
    if (!props.eventBus) return;
    const ingest = this.newIngest('Events', {
      handler: 'ingest-events',
      description: 'Token analytics: takes in TokenUsage events.',
      ...EVENTS_SIZE,
    });
    this.eventsFunction = ingest.function;
    const rule = new events.Rule(this, 'Rule', {
      description: 'Token analytics: TokenUsage events',
      eventBus: props.eventBus,
      eventPattern: { detailType: [USAGE_EVENT_TYPE] },
      targets: [new targets.LambdaFunction(ingest.function)],
    });
    acknowledge(rule, SCHEDULE_REASONS);
  }

  /**
   * The function that reads the invocation log, where there is a log group.
   */
  public get logsFunction(): lambda.Function | undefined {
    return this.logsIngest?.function;
  }

  /**
   * All functions, for alarms: `failuresFunction` first, and then those that read.
   * There is one more after the first `addLogGroup`, unless `logGroup` was given.
   */
  public get functions(): lambda.Function[] {
    return this.made.map(made => made.function);
  }

  /**
   * Reads one more log group of the invocation log.
   *
   * @param logGroup in the account and region of the stack, of class STANDARD
   * @throws if the log group is of another account, region or class, is that of a function of
   * the ingest itself, or is read already, also if it is another import of the same log group
   */
  public addLogGroup(logGroup: logs.ILogGroup): void {
    requireSubscribable(this, logGroup);
    requireOtherLogGroup(
      this,
      logGroup,
      this.made.map(made => made.logGroup),
    );
    const key = logGroupKey(this, logGroup);
    if (this.subscribed.has(key)) {
      throw propError(this, 'logGroup', 'read once', logGroup.node.path, 'It is read already: leave it out.');
    }
    this.subscribed.add(key);
    this.logsIngest ??= this.newIngest('Records', {
      handler: 'ingest-logs',
      description: 'Token analytics: takes in the model invocation log.',
      ...LOGS_SIZE,
    });
    new logs.SubscriptionFilter(this, `Subscription${logGroup.node.addr.slice(-8)}`, {
      logGroup,
      destination: new destinations.LambdaDestination(this.logsIngest.function),
      filterPattern: logs.FilterPattern.stringValue('$.schemaType', '=', INVOCATION_LOG_SCHEMA),
    });
  }

  /**
   * Environment variables for functions whose calls a tracker records: they stamp their
   * calls, and leave to the ingest what is its own. Empty where no invocation log is read.
   *
   * Warns where InvokeModel is counted by the stamp and
   * `countedBy` does not say so: an older SDK sends none there.
   */
  public trackerEnvironment(): { [key: string]: string } {
    if (!this.logsIngest) return {};
    const unsaid = UNSTAMPED_BY_OLD_SDKS.filter(operation => this.props.countedBy?.[operation] === undefined);
    if (unsaid.length > 0 && !this.warned) {
      this.warned = true;
      Annotations.of(this).addWarningV2(
        UNSTAMPED_WARNING,
        `${unsaid.join(' and ')}: calls of instrumented functions whose SDK has no requestMetadata ` +
          'there are counted by both, the function and the ingest. ' +
          `Say in \`countedBy\` who counts them: ${CountedBy.STAMP} where your SDK has it, else ` +
          `${CountedBy.INGEST} or ${CountedBy.TRACKER}.`,
      );
    }
    return {
      [ENV.requestMetadata]: 'true',
      ...listed(ENV.leftToIngest, this.operationsOf(CountedBy.INGEST)),
    };
  }

  private validate({
    agents,
    agentsByRole = {},
    ignoredRoles = [],
    countedBy = {},
    namespace,
    maxEventAge,
    eventBus,
    encryptionKey,
    ...props
  }: TokenUsageIngestProps): void {
    requireNamespace(this, namespace ?? DEFAULT_NAMESPACE);
    requireAgents(this, 'agents', agents);
    requireAgentsByRole(this, agentsByRole, agents);
    for (const role of ignoredRoles) requireRoleName(this, 'ignoredRoles', role);
    requireOperations(this, 'countedBy', Object.keys(countedBy));
    for (const [operation, counter] of Object.entries(countedBy)) {
      requireKind(this, `countedBy['${operation}']`, counter, COUNTED_BY);
    }
    requireWholeNumber(
      this,
      'reservedConcurrentExecutions',
      props.reservedConcurrentExecutions ?? DEFAULT_CONCURRENCY,
      1,
      MAX_CONCURRENCY,
    );
    requireWholeNumber(this, 'retryAttempts', props.retryAttempts ?? DEFAULT_RETRIES, 0, 2);
    const seconds = maxEventAge?.isUnresolved() ? undefined : maxEventAge?.toSeconds();
    if (seconds !== undefined && (seconds < MIN_AGE_SECONDS || seconds > MAX_AGE_SECONDS)) {
      throw propError(
        this,
        'maxEventAge',
        'from one minute to six hours',
        maxEventAge?.toHumanString(),
        'Lambda keeps events for no longer.',
      );
    }
    if (eventBus) {
      requireSamePlace(
        this,
        'eventBus',
        eventBus,
        'Give a bus of the stack, and have a rule beside the other bus send the events there, see docs/ingest.md.',
      );
    }
    if (encryptionKey) {
      requireSamePlace(
        this,
        'encryptionKey',
        encryptionKey,
        'Queues, log groups and functions take a key of their own region: give one, such as a replica.',
        ['region'],
      );
    }
  }

  private withoutSource(): Error | undefined {
    return this.logsIngest || this.eventsFunction
      ? undefined
      : propError(
          this,
          'logGroup',
          'given, or `eventBus`, or a log group by `addLogGroup`',
          'none of them',
          'Give what the ingest is to read, or leave the ingest out.',
        );
  }

  private newIngest(
    id: string,
    props: Pick<HandlerFunctionProps, 'handler' | 'description' | 'timeout' | 'memorySize'>,
  ): HandlerFunction {
    const {
      reservedConcurrentExecutions = DEFAULT_CONCURRENCY,
      retryAttempts = DEFAULT_RETRIES,
      maxEventAge = DEFAULT_AGE,
    } = this.props;
    const made = this.newFunction(id, {
      ...props,
      reservedConcurrentExecutions,
      reasons: INGEST_FUNCTION_REASONS,
    });
    handFailuresTo(made, this.failures, { retryAttempts, maxEventAge });
    return made;
  }

  private newFunction(
    id: string,
    props: Omit<HandlerFunctionProps, 'environment' | 'logRetention'>,
  ): HandlerFunction {
    const { traceTable, pricing, logRetention, encryptionKey } = this.props;
    const made = ingestFunction(this, id, {
      ...props,
      traceTable,
      pricing,
      logRetention,
      encryptionKey,
      queue: this.queue,
      environment: this.environment,
    });
    this.made.push(made);
    return made;
  }

  private get environment(): { [key: string]: string } {
    const {
      traceTable,
      pricing,
      namespace = DEFAULT_NAMESPACE,
      detailLevel,
      agents,
      agentsByRole,
      ignoredRoles,
    } = this.props;
    return {
      ...traceTable.environment,
      ...pricing?.environment,
      [ENV.namespace]: namespace,
      [ENV.ingestQueue]: this.queue.queueUrl,
      ...(agents ? { [ENV.agents]: jsonList(agents) } : {}),
      ...(detailLevel === undefined ? {} : { [ENV.detailLevel]: detailLevel }),
      ...(agentsByRole === undefined ? {} : { [ENV.ingestRoles]: JSON.stringify(agentsByRole) }),
      ...listed(ENV.ingestIgnoredRoles, ignoredRoles),
      ...listed(ENV.leftToTracker, this.operationsOf(CountedBy.TRACKER)),
    };
  }

  private operationsOf(counter: CountedBy): string[] {
    return LOGGED_OPERATIONS.filter(operation => this.props.countedBy?.[operation] === counter);
  }
}

function listed(variable: string, values: readonly string[] = []): { [key: string]: string } {
  return values.length === 0 ? {} : { [variable]: values.join(',') };
}
