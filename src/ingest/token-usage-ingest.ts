import { Duration, Token } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as destinations from 'aws-cdk-lib/aws-logs-destinations';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { INVOCATION_LOG_SCHEMA, SPANS_LOG_GROUP, USAGE_EVENT_TYPE } from '../contract';
import {
  grantReadNotes,
  grantSendWaiting,
  ingestFunction,
  ingestQueues,
  MIN_SPANS_CONCURRENCY,
  readWaiting,
  sendFailuresTo,
  waitingQueue,
} from './functions';
import { SPAN_FILTER } from './span-filter';
import type { TokenUsageIngestProps } from './token-usage-ingest-options';
import { claimVariables, stampedEnvironment } from './tracker-environment';
import {
  DEFAULT_CONCURRENCY,
  DEFAULT_RETRIES,
  INGEST_SHAPE,
  INVOCATION_LOG,
  type LogGroupKind,
  missingSourceError,
  requireEnvironmentRoom,
  requireIngestProps,
  requireOtherLogGroup,
  requireSubscribable,
  SPANS_LOG,
} from './validate';
import {
  type IngestOfTable,
  invocationLogError,
  requireSpansGroupName,
  sharedTableError,
} from './validate-app';
import { leftToLogError } from './validate-spans';
import { ingestVariables, setVariables, spanVariables, type Variables } from './variables';
import {
  acknowledge,
  FAILURES_FUNCTION_REASONS,
  INGEST_FUNCTION_REASONS,
  SCHEDULE_REASONS,
} from '../private/acknowledged-rules';
import type { HandlerFunction, HandlerFunctionProps } from '../private/handler-function';
import { LOG_GROUP } from '../private/kinds';
import { logGroupKey, requireFilterRoom } from '../private/log-group';
import { requireShape, requireValue } from '../private/shape';
import { refuseAtSynth } from '../private/synth-messages';
import { propError, requireGiven } from '../private/validate';
import { requireTableInPlace } from '../traces/table-place';

const DEFAULT_AGE = Duration.hours(6);
/**
 * Timeout and memory (in MB) of the functions that read Bedrock's log or spans. The largest batch of records
 * needed 630 MB in a test.
 */
const LOGS_SIZE = { timeout: Duration.minutes(2), memorySize: 1024 };
const EVENTS_SIZE = { timeout: Duration.seconds(30), memorySize: 256 };

/** Function that records spans, and the queue in which spans wait for the second span of their call. */
interface SpansIngest extends HandlerFunction {
  readonly waiting: sqs.Queue;
}

/**
 * Records invocations of programs that are not instrumented. The sources are Bedrock's invocation log, events
 * on an event bus, and OpenTelemetry spans. Each invocation is counted once, with the same metrics and traces
 * as an instrumented invocation. Prompts and answers are never stored, logged or sent.
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
   * `queue` and its dead-letter queue, for alarms. The dead-letter queue receives a message of `queue` or of
   * `waitingQueue` that was received five times without success.
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
  private readonly unhandled: sqs.Queue;
  private readonly handlers: HandlerFunction[] = [];
  private readonly subscribed = new Set<string>();
  private logsIngest?: HandlerFunction;
  private spans?: SpansIngest;
  /** True if `trackerEnvironment` was called before the ingest had a log group of the invocation log. */
  private areTrackersConfigured = false;
  /** True if `trackerEnvironment` was called before the ingest had a log group of spans. */
  private areTrackersWithoutClaims = false;

  /**
   * Creates the queues and functions of the ingest.
   *
   * @throws if a prop is invalid
   * @throws if the event bus or a log group is in another account or region
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
    requireTableInPlace(this, props.traceTable);
    requireIngestProps(this, props);
    const [queue, unhandled] = ingestQueues(this, props.encryptionKey);
    this.queue = queue;
    this.queues = [queue, unhandled];
    this.unhandled = unhandled;
    requireEnvironmentRoom(this, props, this.environment);

    this.failures = this.newFunction('Failures', {
      handler: 'ingest-failures',
      reasons: FAILURES_FUNCTION_REASONS,
      description: 'Token analytics: makes a last attempt at records and events that failed.',
      ...LOGS_SIZE,
      reservedConcurrentExecutions: 1,
    });
    this.failuresFunction = this.failures.function;
    refuseAtSynth(this, () => missingSourceError(this, props, this));
    refuseAtSynth(this, () => (this.logsIngest && this.spans ? leftToLogError(this, props) : undefined));
    refuseAtSynth(this, () => sharedTableError(this.ofTable, this.otherIngests()));
    if (props.logGroup) this.addLogGroup(props.logGroup);
    if (props.spans) {
      const { logGroups = [logs.LogGroup.fromLogGroupName(this, 'SpansLog', SPANS_LOG_GROUP)] } = props.spans;
      logGroups.forEach((logGroup, index) => this.readSpans(`spans.logGroups[${index}]`, logGroup));
    }
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
   * Function that records OpenTelemetry spans. Undefined if the ingest has no log group of spans.
   */
  public get spansFunction(): lambda.Function | undefined {
    return this.spans?.function;
  }

  /**
   * Queue in which spans wait for the second span of their call, or for another source that can also record
   * the call. They wait 2 or 15 minutes. Undefined if the ingest has no log group of spans.
   *
   * Its messages contain ids and counts, but no prompts or answers. It is not in `queues`, because it has
   * messages in normal operation.
   */
  public get waitingQueue(): sqs.Queue | undefined {
    return this.spans?.waiting;
  }

  /**
   * All functions of the ingest, for alarms. The first one is `failuresFunction`. A function that reads log
   * groups exists only after its first log group was given or added.
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
   * @throws if the environment variables exceed 4 KB
   */
  public addLogGroup(logGroup: logs.ILogGroup): void {
    this.requireNewSource('logGroup', logGroup, INVOCATION_LOG);
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
    this.subscribe(
      this.logsIngest,
      logGroup,
      logs.FilterPattern.stringValue('$.schemaType', '=', INVOCATION_LOG_SCHEMA),
    );
    // If spans are read too, the function must know that the log contains the same calls.
    this.updateSpanReaders();
  }

  /**
   * Adds a log group that contains OpenTelemetry spans. The ingest then records the spans of model calls. The
   * options in `spans` apply.
   *
   * @param logGroup log group of class STANDARD in the account and region of the stack
   * @throws if the log group is in another account or region, or is of another class
   * @throws if a function of the ingest writes to the log group
   * @throws if the ingest already reads the log group
   * @throws if a function was instrumented before the ingest had a log group of spans
   * @throws if the environment variables exceed 4 KB
   */
  public addSpansLogGroup(logGroup: logs.ILogGroup): void {
    this.readSpans('logGroup', logGroup);
  }

  /**
   * Returns the environment variables for an instrumented function. If the ingest reads an invocation log,
   * the variables make the function stamp its invocations, and skip the operations of `CountedBy.INGEST`. If
   * the ingest reads spans, the variables make the function write a claim for each invocation to the trace
   * table. If the ingest reads neither, the result is empty.
   *
   * Adds a warning if `countedBy` has no value for InvokeModel or InvokeModelWithResponseStream, because
   * older SDKs send no stamp with these operations.
   */
  public trackerEnvironment(): { [key: string]: string } {
    const claims = this.claimEnvironment;
    if (!this.spans) this.areTrackersWithoutClaims = true;
    if (!this.logsIngest) {
      this.areTrackersConfigured = true;
      return claims;
    }
    return { ...stampedEnvironment(this, this.props.countedBy), ...claims };
  }

  private get ofTable(): IngestOfTable {
    return { where: this, traceTable: this.props.traceTable, readsSpans: this.spans !== undefined };
  }

  /** Returns all other ingests of the app. */
  private otherIngests(): readonly IngestOfTable[] {
    return this.node.root.node
      .findAll()
      .filter(construct => construct instanceof TokenUsageIngest)
      .filter(ingest => ingest !== this)
      .map(ingest => ingest.ofTable);
  }

  private readSpans(prop: string, logGroup: logs.ILogGroup): void {
    this.requireNewSource(prop, logGroup, SPANS_LOG);
    requireSpansGroupName(this, prop, logGroup);
    refuseAtSynth(this, () => invocationLogError(this, prop, logGroup));
    if (!this.spans && this.areTrackersWithoutClaims) {
      throw propError(
        this,
        prop,
        'added before functions are instrumented',
        logGroup.node.path,
        'Functions that were instrumented before write no claims, so the ingest would count the spans of their ' +
          'invocations again: pass `spans`, or add the log group first.',
      );
    }
    this.subscribe(this.spans ?? this.newSpansIngest(), logGroup, SPAN_FILTER);
  }

  private newSpansIngest(): SpansIngest {
    const { encryptionKey } = this.props;
    const waiting = waitingQueue(this, {
      deadLetterQueue: this.unhandled,
      encryptionKey,
      timeout: LOGS_SIZE.timeout,
    });
    const made = this.newIngest('Spans', {
      handler: 'ingest-spans',
      description: 'Token analytics: records OpenTelemetry spans of model calls.',
      ...LOGS_SIZE,
      minConcurrency: MIN_SPANS_CONCURRENCY,
    });
    readWaiting(made, waiting);
    grantReadNotes(made, this.props.traceTable);
    this.spans = { ...made, waiting };
    for (const reader of [made, this.failures]) grantSendWaiting(reader, waiting);
    for (const handler of this.handlers) setVariables(handler, this.claimEnvironment);
    this.updateSpanReaders();
    return this.spans;
  }

  /** Sets the environment variables of the functions that record spans. Does nothing without spans. */
  private updateSpanReaders(): void {
    if (!this.spans) return;
    const environment = spanVariables(this.props, {
      waitingQueueUrl: this.spans.waiting.queueUrl,
      readsLog: this.logsIngest !== undefined,
    });
    requireEnvironmentRoom(this, this.props, { ...this.environment, ...environment });
    for (const reader of [this.spans, this.failures]) setVariables(reader, environment);
  }

  /** Throws an error if the ingest cannot read the log group, or already reads it. */
  private requireNewSource(prop: string, logGroup: logs.ILogGroup, kind: LogGroupKind): void {
    requireValue(this, prop, logGroup, LOG_GROUP);
    requireSubscribable(this, prop, logGroup, kind);
    requireOtherLogGroup(this, prop, logGroup, { own: this.handlers.map(made => made.logGroup), kind });
    const key = logGroupKey(this, logGroup);
    if (this.subscribed.has(key)) {
      throw propError(
        this,
        prop,
        'added once',
        logGroup.node.path,
        'It is read already: remove one of the two.',
      );
    }
    this.subscribed.add(key);
    requireFilterRoom(this, prop, logGroup);
  }

  private subscribe(
    { function: fn }: HandlerFunction,
    logGroup: logs.ILogGroup,
    filterPattern: logs.IFilterPattern,
  ): void {
    new logs.SubscriptionFilter(this, `Subscription${logGroup.node.addr.slice(-8)}`, {
      logGroup,
      destination: new destinations.LambdaDestination(fn),
      filterPattern,
    });
  }

  private newIngest(
    id: string,
    {
      minConcurrency = 1,
      ...props
    }: Pick<HandlerFunctionProps, 'handler' | 'description' | 'timeout' | 'memorySize'> & {
      readonly minConcurrency?: number;
    },
  ): HandlerFunction {
    const {
      reservedConcurrentExecutions = DEFAULT_CONCURRENCY,
      retryAttempts = DEFAULT_RETRIES,
      maxEventAge = DEFAULT_AGE,
    } = this.props;
    const made = this.newFunction(id, {
      ...props,
      reservedConcurrentExecutions: Token.isUnresolved(reservedConcurrentExecutions)
        ? reservedConcurrentExecutions
        : Math.max(minConcurrency, reservedConcurrentExecutions),
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

  private get environment(): Variables {
    return { ...ingestVariables(this.props, this.queue.queueUrl), ...this.claimEnvironment };
  }

  /** Variable for all functions that record calls. They write claims only if spans are read. */
  private get claimEnvironment(): Variables {
    return this.spans ? claimVariables() : {};
  }
}
