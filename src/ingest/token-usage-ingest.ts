import { Annotations, Duration } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
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
import { sendFailuresTo, ingestFunction, ingestQueues } from './functions';
import { CountedBy, type TokenUsageIngestProps } from './token-usage-ingest-options';
import {
  COUNTED_BY,
  INGEST_SHAPE,
  requireAgentsByRole,
  requireEnvironmentRoom,
  requireOperations,
  requireOtherLogGroup,
  requireRoleName,
  requireSubscribable,
} from './validate';
import {
  acknowledge,
  FAILURES_FUNCTION_REASONS,
  INGEST_FUNCTION_REASONS,
  SCHEDULE_REASONS,
} from '../private/acknowledged-rules';
import type { HandlerFunction, HandlerFunctionProps } from '../private/handler-function';
import { LOG_GROUP } from '../private/kinds';
import { logGroupKey } from '../private/log-group';
import { requireSamePlace, requireStackPlace } from '../private/region-account';
import { requireKind, requireShape, requireValue } from '../private/shape';
import { refuseAtSynth } from '../private/synth-messages';
import { jsonList } from '../private/token-text';
import {
  propError,
  requireGiven,
  requireAgents,
  requireNamespace,
  requireUnit,
  requireWholeNumber,
} from '../private/validate';

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
  private readonly handlers: HandlerFunction[] = [];
  private readonly subscribed = new Set<string>();
  private logsIngest?: HandlerFunction;
  private hasWarned = false;
  /** True if functions were told that no invocation log is read. */
  private areTrackersConfigured = false;

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
    requireShape(this, props, INGEST_SHAPE);
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
    refuseAtSynth(this, () => this.missingSourceError());
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
    return this.handlers.map(made => made.function);
  }

  /**
   * Reads one more log group of the invocation log.
   *
   * @param logGroup in the account and region of the stack, of class STANDARD
   * @throws if the log group is of another account, region or class, is that of a function of
   * the ingest itself, or is read already, also if it is another import of the same log group
   */
  public addLogGroup(logGroup: logs.ILogGroup): void {
    requireValue(this, 'logGroup', logGroup, LOG_GROUP);
    requireSubscribable(this, logGroup);
    requireOtherLogGroup(
      this,
      logGroup,
      this.handlers.map(made => made.logGroup),
    );
    const key = logGroupKey(this, logGroup);
    if (this.subscribed.has(key)) {
      throw propError(this, 'logGroup', 'read once', logGroup.node.path, 'It is read already: leave it out.');
    }
    this.subscribed.add(key);
    if (this.areTrackersConfigured) {
      throw propError(
        this,
        'logGroup',
        'added before functions are instrumented',
        logGroup.node.path,
        'Functions that do not know of it would not stamp their invocations, and both would count them: give the ' +
          'log group as `logGroup`, or add it first.',
      );
    }
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
    if (!this.logsIngest) {
      this.areTrackersConfigured = true;
      return {};
    }
    const unsaid = UNSTAMPED_BY_OLD_SDKS.filter(operation => this.props.countedBy?.[operation] === undefined);
    if (unsaid.length > 0 && !this.hasWarned) {
      this.hasWarned = true;
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
      ...listVariable(ENV.leftToIngest, this.operationsCountedBy(CountedBy.INGEST)),
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
    if (maxEventAge) requireUnit(this, 'maxEventAge', maxEventAge, 'seconds');
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

  private missingSourceError(): Error | undefined {
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
    sendFailuresTo(made, this.failures, { retryAttempts, maxEventAge });
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
    this.handlers.push(made);
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
      ...listVariable(ENV.ingestIgnoredRoles, ignoredRoles),
      ...listVariable(ENV.leftToTracker, this.operationsCountedBy(CountedBy.TRACKER)),
    };
  }

  private operationsCountedBy(counter: CountedBy): string[] {
    return LOGGED_OPERATIONS.filter(operation => this.props.countedBy?.[operation] === counter);
  }
}

function listVariable(variable: string, values: readonly string[] = []): { [key: string]: string } {
  return values.length === 0 ? {} : { [variable]: values.join(',') };
}
