import { Duration } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { ENV, ROLLUP_READ_ACTIONS } from '../contract';
import { acknowledge, SCHEDULE_REASONS, SCHEDULED_FUNCTION_REASONS } from '../private/acknowledged-rules';
import { handlerFunction } from '../private/handler-function';
import { KEY, RETENTION, TRACE_TABLE } from '../private/kinds';
import { requireStackPlace } from '../private/region-account';
import { DURATION, NUMBER, requireShape, type Shape } from '../private/shape';
import {
  MINUTES,
  propError,
  requireGiven,
  requireUnit,
  requireWhole,
  requireWholeNumber,
} from '../private/validate';
import type { ITokenTraceTable } from '../traces/token-trace-table';

/**
 * Properties of the nightly rollup.
 */
export interface NightlyRollupProps {
  /**
   * The table whose finished days are rolled up; the rolled-up days stand
   * in it, too. It must keep traces for 3 days or more, or for ever.
   */
  readonly traceTable: ITokenTraceTable;

  /**
   * The hour, in UTC, at which the function runs: 0 to 23. A day in UTC is over at 0.
   *
   * @default 1
   */
  readonly hour?: number;

  /**
   * The minute of the hour at which the function runs: 0 to 59.
   *
   * @default 30
   */
  readonly minute?: number;

  /**
   * The function's memory in MB, 256 to 10240. Its share of a processor grows with it.
   *
   * @default 512
   */
  readonly memorySize?: number;

  /**
   * How long one run may take: whole minutes, 1 to 15.
   *
   * @default Duration.minutes(15)
   */
  readonly timeout?: Duration;

  /**
   * How long the function's log is kept.
   *
   * @default logs.RetentionDays.ONE_MONTH
   */
  readonly logRetention?: logs.RetentionDays;

  /**
   * Customer-managed key for the function's log group and environment. The statement that CloudWatch Logs
   * needs is added to its policy.
   *
   * @default - keys that AWS owns
   */
  readonly encryptionKey?: kms.IKey;
}

/** Kinds of the properties. */
const SHAPE: Shape<NightlyRollupProps> = {
  traceTable: TRACE_TABLE,
  hour: NUMBER,
  minute: NUMBER,
  memorySize: NUMBER,
  timeout: DURATION,
  logRetention: RETENTION,
  encryptionKey: KEY,
};

const DEFAULT_HOUR = 1;
const DEFAULT_MINUTE = 30;
const DEFAULT_MEMORY_MB = 512;
const MIN_MEMORY_MB = 256;
/** Lambda quotas: memory and function timeout. */
const MAX_MEMORY_MB = 10_240;
const MAX_TIMEOUT = Duration.minutes(15);
/** The day before yesterday is rolled up once more, and must be whole then. */
const MIN_TTL_DAYS = 3;
/**
 * EventBridge asks Lambda again for so long where it cannot be reached; the next night rolls both up days
 * again.
 */
const RETRY_ATTEMPTS = 8;
const MAX_EVENT_AGE = Duration.hours(6);

/**
 * A function that runs every night and adds each finished UTC day up: one item for each agent and model, with
 * quarter-hours in it, so that reports read a few items instead of all traces, in any time zone, and long
 * after the traces have expired.
 *
 * Each night it rolls up yesterday, and the day before once more for traces that came late. It can be invoked
 * with `{ "day": "2026-11-20" }` or `{ "from": "2026-11-01", "to": "2026-11-20" }` for days of the past;
 * rolling up a day again gives the same.
 */
export class NightlyRollup extends Construct {
  /**
   * The function.
   */
  public readonly function: lambda.Function;

  /**
   * The function's log group.
   */
  public readonly logGroup: logs.LogGroup;

  /**
   * @throws where `hour`, `minute`, `memorySize` or `timeout` is out
   * of its range, or the table keeps traces for less than 3 days
   */
  constructor(scope: Construct, id: string, props: NightlyRollupProps) {
    super(scope, id);
    requireShape(this, props, SHAPE);
    requireGiven(this, 'traceTable', props.traceTable, 'Give the table whose days are added up.');
    const {
      traceTable,
      hour = DEFAULT_HOUR,
      minute = DEFAULT_MINUTE,
      memorySize = DEFAULT_MEMORY_MB,
      timeout = MAX_TIMEOUT,
    } = props;
    requireStackPlace(this, 'traceTable', props.traceTable, 'Make it in a stack of that place.');
    requireWholeNumber(this, 'hour', hour, 0, 23);
    requireWholeNumber(this, 'minute', minute, 0, 59);
    requireWholeNumber(this, 'memorySize', memorySize, MIN_MEMORY_MB, MAX_MEMORY_MB);
    requireUnit(this, 'timeout', timeout, 'seconds');
    requireWhole(this, 'timeout', timeout, MINUTES);
    if (!timeout.isUnresolved() && timeout.toSeconds() > MAX_TIMEOUT.toSeconds()) {
      throw propError(
        this,
        'timeout',
        'at most 15 minutes',
        timeout.toHumanString(),
        'Lambda ends a function then: give more memory, which makes it faster.',
      );
    }
    const { [ENV.tableName]: tableName, [ENV.traceTtlDays]: ttlDays } = traceTable.environment;
    const days = Number(ttlDays);
    if (days > 0 && days < MIN_TTL_DAYS) {
      throw propError(
        this,
        'traceTable',
        `a table that keeps traces for ${MIN_TTL_DAYS} days or more`,
        `${ttlDays} days`,
        'Raise its `traceTtl`: a day must be whole when it is rolled up.',
      );
    }

    const handler = handlerFunction(this, {
      description: 'Token analytics: adds finished days up. Tells, and enforces nothing.',
      handler: 'roll-up-day',
      reasons: SCHEDULED_FUNCTION_REASONS,
      timeout,
      memorySize,
      logRetention: props.logRetention,
      encryptionKey: props.encryptionKey,
      environment: {
        [ENV.tableName]: tableName,
        ...(ttlDays === undefined ? {} : { [ENV.traceTtlDays]: ttlDays }),
      },
    });
    this.function = handler.function;
    this.logGroup = handler.logGroup;
    traceTable.grantWriteTraces(handler.role);
    // Reading traces in general takes more actions, and the index: rolling up does not.
    handler.role.addToPolicy(
      new iam.PolicyStatement({ actions: [...ROLLUP_READ_ACTIONS], resources: [traceTable.tableArn] }),
    );
    const rule = new events.Rule(this, 'Schedule', {
      description: 'Token analytics: nightly rollup',
      schedule: events.Schedule.cron({ hour: String(hour), minute: String(minute) }),
      targets: [
        new targets.LambdaFunction(this.function, {
          retryAttempts: RETRY_ATTEMPTS,
          maxEventAge: MAX_EVENT_AGE,
        }),
      ],
    });
    acknowledge(rule, SCHEDULE_REASONS);
  }

  /**
   * Runs that failed: some day could not be rolled up, and the log says which and why. Sum over 5 minutes.
   *
   * @param options what else the metric is to have
   */
  public metricErrors(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.function.metricErrors(options);
  }
}
