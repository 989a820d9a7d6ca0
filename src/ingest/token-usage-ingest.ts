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
/** Minimum of `maxEventAge` in seconds (Lambda API reference, PutFunctionEventInvokeConfig). */
const MIN_AGE_SECONDS = 60;
/** Maximum of `maxEventAge` in seconds (Lambda API reference, PutFunctionEventInvokeConfig). */
const MAX_AGE_SECONDS = 21_600;

/**
 * Timeout and memory (in MB) of the functions that read Bedrock's log. The largest batch of records needed
 * 630 MB in a test.
 */
const LOGS_SIZE = { timeout: Duration.minutes(2), memorySize: 1024 };
const EVENTS_SIZE = { timeout: Duration.seconds(30), memorySize: 256 };

/** Operations for which older SDKs remove `requestMetadata` from the request, without an error. */
const UNSTAMPED_BY_OLD_SDKS = ['InvokeModel', 'InvokeModelWithResponseStream'];
const UNSTAMPED_WARNING = 'cdk-token-analytics:unstampedInvokeModel';

/**
 * Records invocations of programs that are not instrumented. The sources are Bedrock's invocation log, and
 * events on an event bus. Each invocation is counted once, with the same metrics and traces as an
 * instrumented invocation. Prompts and answers are never stored, logged or sent.
 *
 * If an invocation cannot be recorded, a message with its ids, its counts and the reason is sent to `queue`.
 */
export class TokenUsageIngest extends Construct {
  /**
   * Queue for invocations that the ingest could not record. Each message contains the reason, and the known
   * ids and counts of the invocation.
   */
  public readonly queue: sqs.Queue;

  /**
   * `queue` and its dead-letter queue, for alarms. The dead-letter queue receives a message of `queue` that
   * was received five times without success.
   */
  public readonly queues: sqs.Queue[];

  /**
   * Function that receives events if all retries of another function of the ingest have failed. It tries to
   * record each event one more time. If this attempt fails, it sends the invocation to `queue`.
   */
  public readonly failuresFunction: lambda.Function;

  /**
   * Function that records the events of `eventBus`. Undefined if `eventBus` is not set.
   */
  public readonly eventsFunction?: lambda.Function;

  private readonly failures: HandlerFunction;
  private readonly handlers: HandlerFunction[] = [];
  private readonly subscribed = new Set<string>();
  private logsIngest?: HandlerFunction;
  private hasWarned = false;
  /** True if `trackerEnvironment` was called before the ingest had a log group. */
  private areTrackersConfigured = false;

  /**
   * Creates the queues and functions of the ingest.
   *
   * @throws if a prop is invalid
   * @throws if the event bus or the log group is in another account or region
   * @throws if a function of the ingest writes to the log group
   * @throws if the environment variables exceed 4 KB
   */
  constructor(
    scope: Construct,
    id: string,
    private readonly props: TokenUsageIngestProps,
  ) {
    super(scope, id);
    requireShape(this, props, INGEST_SHAPE);
    requireGiven(this, 'traceTable', props.traceTable, 'Pass the trace table.');
    requireStackPlace(
      this,
      'traceTable',
      props.traceTable,
      'Create it in a stack with the same region and account.',
    );
    this.validate(props);
    const [queue, unhandled] = ingestQueues(this, props.encryptionKey);
    this.queue = queue;
    this.queues = [queue, unhandled];
    requireEnvironmentRoom(this, this.environment);

    this.failures = this.newFunction('Failures', {
      handler: 'ingest-failures',
      reasons: FAILURES_FUNCTION_REASONS,
      description: 'Token analytics: makes a last attempt at records and events that failed.',
      ...LOGS_SIZE,
      reservedConcurrentExecutions: 1,
    });
    this.failuresFunction = this.failures.function;
    refuseAtSynth(this, () => this.missingSourceError());
    if (props.logGroup) this.addLogGroup(props.logGroup);
    if (!props.eventBus) return;
    const ingest = this.newIngest('Events', {
      handler: 'ingest-events',
      description: 'Token analytics: records TokenUsage events.',
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
   * Function that reads Bedrock's invocation log. Undefined if the ingest has no log group.
   */
  public get logsFunction(): lambda.Function | undefined {
    return this.logsIngest?.function;
  }

  /**
   * All functions of the ingest, for alarms. The first one is `failuresFunction`. The function that reads the
   * log exists only after `logGroup` was set or `addLogGroup` was called.
   */
  public get functions(): lambda.Function[] {
    return this.handlers.map(made => made.function);
  }

  /**
   * Adds a log group to which Bedrock writes its invocation log. The ingest then reads this log.
   *
   * @param logGroup log group of class STANDARD in the account and region of the stack
   * @throws if the log group is in another account or region, or is of another class
   * @throws if a function of the ingest writes to the log group
   * @throws if the ingest already reads the log group
   * @throws if a function was instrumented before the ingest had a log group
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
      throw propError(
        this,
        'logGroup',
        'added once',
        logGroup.node.path,
        'It is read already: remove one of the two.',
      );
    }
    this.subscribed.add(key);
    if (this.areTrackersConfigured) {
      throw propError(
        this,
        'logGroup',
        'added before functions are instrumented',
        logGroup.node.path,
        'Functions that were instrumented before do not stamp their invocations, so the ingest would count them ' +
          'again: pass the log group as `logGroup`, or add it first.',
      );
    }
    this.logsIngest ??= this.newIngest('Records', {
      handler: 'ingest-logs',
      description: 'Token analytics: records invocations from the model invocation log.',
      ...LOGS_SIZE,
    });
    new logs.SubscriptionFilter(this, `Subscription${logGroup.node.addr.slice(-8)}`, {
      logGroup,
      destination: new destinations.LambdaDestination(this.logsIngest.function),
      filterPattern: logs.FilterPattern.stringValue('$.schemaType', '=', INVOCATION_LOG_SCHEMA),
    });
  }

  /**
   * Returns the environment variables for an instrumented function. The variables make the function stamp its
   * invocations, and skip the operations of `CountedBy.INGEST`. If the ingest has no log group, the result is
   * empty.
   *
   * Adds a warning if `countedBy` has no value for InvokeModel or InvokeModelWithResponseStream, because
   * older SDKs send no stamp with these operations.
   */
  public trackerEnvironment(): { [key: string]: string } {
    if (!this.logsIngest) {
      this.areTrackersConfigured = true;
      return {};
    }
    const unset = UNSTAMPED_BY_OLD_SDKS.filter(operation => this.props.countedBy?.[operation] === undefined);
    if (unset.length > 0 && !this.hasWarned) {
      this.hasWarned = true;
      Annotations.of(this).addWarningV2(
        UNSTAMPED_WARNING,
        `${unset.join(' and ')}: if the SDK of an instrumented function has no requestMetadata for ` +
          'these operations, the function and the ingest both count its invocations. ' +
          `Set \`countedBy\` for them: ${CountedBy.STAMP} if your SDK has requestMetadata, else ` +
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
        'Lambda keeps events for at most six hours.',
      );
    }
    if (eventBus) {
      requireSamePlace(
        this,
        'eventBus',
        eventBus,
        'Pass a bus in the region and account of the stack, and forward the events to it by a rule on the other ' +
          'bus, see docs/ingest.md.',
      );
    }
    if (encryptionKey) {
      requireSamePlace(
        this,
        'encryptionKey',
        encryptionKey,
        'Queues, log groups and functions need a key of their own region: pass one, such as a replica.',
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
          'Pass a source for the ingest, or remove the ingest.',
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
