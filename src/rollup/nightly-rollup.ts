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
import { DURATION, NUMBER, requireShape, type Shape } from '../private/shape';
import { refuseAtSynth } from '../private/synth-messages';
import {
  MINUTES,
  propError,
  requireGiven,
  requireUnit,
  requireWhole,
  requireWholeNumber,
} from '../private/validate';
import { isSameTable } from '../traces/same-table';
import { requireTableInPlace } from '../traces/table-place';
import type { ITokenTraceTable } from '../traces/trace-table-interface';

/**
 * Properties of the nightly rollup.
 */
export interface NightlyRollupProps {
  /**
   * Trace table. For each finished day, the function sums up the traces and writes the sums, called rollups,
   * to the same table. The table must keep traces for at least 3 days.
   */
  readonly traceTable: ITokenTraceTable;

  /**
   * Hour at which the function runs, from 0 to 23 (UTC). A UTC day ends at hour 0.
   *
   * @default 1
   */
  readonly hour?: number;

  /**
   * Minute of the hour at which the function runs, from 0 to 59.
   *
   * @default 30
   */
  readonly minute?: number;

  /**
   * Memory of the function in MB, from 256 to 10240. More memory also gives more CPU power.
   *
   * @default 512
   */
  readonly memorySize?: number;

  /**
   * Timeout of one run in whole minutes, from 1 to 15.
   *
   * @default Duration.minutes(15)
   */
  readonly timeout?: Duration;

  /**
   * Retention of the function's log.
   *
   * @default logs.RetentionDays.ONE_MONTH
   */
  readonly logRetention?: logs.RetentionDays;

  /**
   * Customer managed key for the log group and the environment variables of the function. The key policy gets
   * the statement that CloudWatch Logs needs. If the key is imported, its policy is not changed, and a
   * warning contains the statement to add.
   *
   * @default - AWS owned keys
   */
  readonly encryptionKey?: kms.IKey;
}

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
/** Maximum memory of a function (Lambda quotas). */
const MAX_MEMORY_MB = 10_240;
/** Maximum timeout of a function (Lambda quotas). */
const MAX_TIMEOUT = Duration.minutes(15);
/**
 * Minimum retention of traces in days. Each day is rolled up twice, and all its traces must exist until the
 * second rollup.
 */
const MIN_TTL_DAYS = 3;
/**
 * Maximum number of times that EventBridge retries a failed delivery to Lambda. More retries are not needed,
 * because the run of the next night includes the same day.
 */
const RETRY_ATTEMPTS = 8;
/** Time after which EventBridge gives up the delivery of an event to the function. */
const MAX_EVENT_AGE = Duration.hours(6);

/**
 * Function that sums up each finished UTC day at night. For each agent and model, the function writes one
 * rollup item with sums for each quarter of an hour. Quarters of an hour allow reports in every time zone.
 * Reports read the few rollup items instead of all traces of the day, even after the traces have expired.
 *
 * Each night, the function rolls up the last two days. Traces that arrive late are included in the second
 * rollup of a day. To roll up other days, invoke the function with `{ "day": "2026-11-20" }` or `{ "from":
 * "2026-11-01", "to": "2026-11-20" }`. Repeating a day is safe, because the result is the same.
 */
export class NightlyRollup extends Construct {
  /**
   * Lambda function.
   */
  public readonly function: lambda.Function;

  /**
   * Log group of the function.
   */
  public readonly logGroup: logs.LogGroup;

  private readonly traceTable: ITokenTraceTable;

  /**
   * @throws if `hour`, `minute`, `memorySize` or `timeout` is out of its range. Also if the table is in
   * another account or region, keeps traces for less than 3 days, or has another nightly rollup in the app
   */
  constructor(scope: Construct, id: string, props: NightlyRollupProps) {
    super(scope, id);
    requireShape(this, props, SHAPE);
    requireGiven(this, 'traceTable', props.traceTable, 'Pass the trace table to roll up.');
    const {
      traceTable,
      hour = DEFAULT_HOUR,
      minute = DEFAULT_MINUTE,
      memorySize = DEFAULT_MEMORY_MB,
      timeout = MAX_TIMEOUT,
    } = props;
    requireTableInPlace(this, props.traceTable);
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
        'Lambda stops functions after 15 minutes. Increase the memory instead, which makes the function faster.',
      );
    }
    const { [ENV.traceTtlDays]: ttlDays } = traceTable.environment;
    const days = Number(ttlDays);
    if (days > 0 && days < MIN_TTL_DAYS) {
      throw propError(
        this,
        'traceTable',
        `a table that keeps traces for ${MIN_TTL_DAYS} days or more`,
        `${ttlDays} days`,
        'Increase its `traceTtl`, so that all traces of a day exist when the day is rolled up.',
      );
    }

    const handler = handlerFunction(this, {
      description: 'Token analytics: sums up each finished day. Enforces nothing.',
      handler: 'roll-up-day',
      reasons: SCHEDULED_FUNCTION_REASONS,
      timeout,
      memorySize,
      logRetention: props.logRetention,
      encryptionKey: props.encryptionKey,
      environment: {
        [ENV.tableName]: traceTable.environment[ENV.tableName],
        ...(ttlDays === undefined ? {} : { [ENV.traceTtlDays]: ttlDays }),
      },
    });
    this.traceTable = traceTable;
    refuseAtSynth(this, () => this.secondRollupError());
    this.function = handler.function;
    this.logGroup = handler.logGroup;
    traceTable.grantWriteTraces(handler.role);
    // The role gets only the read actions of the rollup. `grantReadTraces` would also allow other actions,
    // and access to the index.
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
   * Returns a metric for the number of failed runs in each period of 5 minutes. A run fails if at least one
   * day could not be rolled up. The log contains the day and the reason.
   *
   * @param options further properties of the metric, such as another period
   */
  public metricErrors(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.function.metricErrors(options);
  }

  /** Returns an error if another nightly rollup of the app sums up the same table. */
  private secondRollupError(): Error | undefined {
    const other = this.node.root.node
      .findAll()
      .filter(construct => construct instanceof NightlyRollup)
      .find(rollup => rollup !== this && isSameTable(this.traceTable, rollup.traceTable));
    return (
      other &&
      propError(
        this,
        'traceTable',
        'a table with one nightly rollup',
        `${this.traceTable.node.path}, which ${other.node.path} sums up, too`,
        'Keep one of the two. In the other TokenAnalytics, set `nightlyRollup: false`.',
      )
    );
  }
}
