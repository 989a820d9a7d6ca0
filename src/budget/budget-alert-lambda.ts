import { Duration } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import {
  ALERT_ACTIONS,
  DEFAULT_CRITICAL_PERCENT,
  DEFAULT_NAMESPACE,
  DEFAULT_WARNING_PERCENT,
  ENV,
} from '../contract';
import {
  acknowledge,
  METRIC_READER_REASONS,
  ROLE_REASONS,
  SCHEDULE_REASONS,
  SCHEDULED_FUNCTION_REASONS,
} from '../private/acknowledged-rules';
import { handlerFunction } from '../private/handler-function';
import { KEY, RETENTION, TOPIC, TRACE_TABLE } from '../private/kinds';
import { requireSamePlace } from '../private/region-account';
import { BOOLEAN, DURATION, NUMBER, requireShape, requireValue, type Shape, TEXT } from '../private/shape';
import { numberText } from '../private/token-text';
import { allowRoleToPublish, requireStandardTopic } from '../private/topic';
import {
  MINUTES,
  propError,
  requireDashboardName,
  requireNamespace,
  requireThresholds,
  requireTimeZone,
  requireUnit,
  requireUsd,
  requireWhole,
} from '../private/validate';
import { requireTableInPlace } from '../traces/table-place';
import type { ITokenTraceTable } from '../traces/trace-table-interface';

/**
 * Properties of the budget alert function.
 */
export interface BudgetAlertLambdaProps {
  /**
   * True to create the function. If false, the construct creates no resource.
   *
   * @default false
   */
  readonly enabled?: boolean;

  /**
   * CloudWatch namespace of the metrics that the function reads and publishes.
   *
   * @default 'OPX/Analytics'
   */
  readonly namespace?: string;

  /**
   * Daily budget in US dollars, above 0. The budget blocks no calls.
   *
   * @default - no daily budget. The status shows the daily cost without a percentage
   */
  readonly dailyBudget?: number;

  /**
   * Monthly budget in US dollars, above 0. The budget blocks no calls.
   *
   * @default - no monthly budget. The status shows the monthly cost without a percentage
   */
  readonly monthlyBudget?: number;

  /**
   * Time between two runs of the function: a whole number of minutes, at most one day.
   *
   * @default Duration.hours(1)
   */
  readonly schedule?: Duration;

  /**
   * Name of the IANA time zone in which days and months begin.
   *
   * @default 'UTC'
   */
  readonly timeZone?: string;

  /**
   * Topic for messages about crossed thresholds. The function sends one message a day for each threshold of
   * the daily budget. It sends one message a month for each threshold of the monthly budget. A message
   * contains:
   * - the cost so far;
   * - the most expensive agents, models and incidents of the day;
   * - the cost of the last hour, and the usual cost at this hour;
   * - a link to the dashboard.
   *
   * A topic requires a budget and `traceTable`. The topic must be in the region of the function.
   *
   * The construct allows the function to publish to the topic and to use the customer managed key of the
   * topic. If this app cannot change the topic policy or the key policy, a warning contains the statement to
   * add.
   *
   * @default - no messages. The function only logs the status and publishes the cost metrics
   */
  readonly notificationTopic?: sns.ITopic;

  /**
   * Trace table, in which each item describes one invocation. From the table, the function reads the most
   * expensive agents, models and incidents. It also stores in the table which messages were sent, so that it
   * sends no message twice.
   *
   * `notificationTopic` requires a trace table. Without `notificationTopic`, the table is not used.
   *
   * @default - no trace table
   */
  readonly traceTable?: ITokenTraceTable;

  /**
   * Name of the dashboard to which the messages link, such as `dashboard.dashboardName`. If you create the
   * dashboard after this construct, call `linkDashboard` instead.
   *
   * @default - the messages have no link
   */
  readonly dashboardName?: string;

  /**
   * Percentage of a budget at which a warning message is sent.
   *
   * @default 80
   */
  readonly warningPercent?: number;

  /**
   * Percentage of a budget at which a critical message is sent. Must be above `warningPercent`.
   *
   * @default 95
   */
  readonly criticalPercent?: number;

  /**
   * Retention of the function's log.
   *
   * @default logs.RetentionDays.ONE_MONTH
   */
  readonly logRetention?: logs.RetentionDays;

  /**
   * Customer managed key for the log group and the environment variables of the function. The key must be in
   * the region of the stack. The construct allows CloudWatch Logs and the function to use the key. If the key
   * is imported, a warning contains the statement to add to the key policy.
   *
   * @default - AWS owned keys
   */
  readonly encryptionKey?: kms.IKey;
}

const SHAPE: Shape<BudgetAlertLambdaProps> = {
  enabled: BOOLEAN,
  namespace: TEXT,
  dailyBudget: NUMBER,
  monthlyBudget: NUMBER,
  schedule: DURATION,
  timeZone: TEXT,
  notificationTopic: TOPIC,
  traceTable: TRACE_TABLE,
  dashboardName: TEXT,
  warningPercent: NUMBER,
  criticalPercent: NUMBER,
  logRetention: RETENTION,
  encryptionKey: KEY,
};

const DEFAULT_SCHEDULE = Duration.hours(1);
/** Maximum time between two runs: one day, so that the cost metrics have a value on each day. */
const MAX_SCHEDULE = Duration.days(1);
const DEFAULT_TIME_ZONE = 'UTC';
/**
 * Timeout and memory of a function without a topic. Such a function only reads metrics, which takes a few
 * seconds.
 */
const STATUS_SIZE = { timeout: Duration.minutes(1), memorySize: 256 };
/**
 * Timeout and memory of a function with a topic. For a message, such a function reads all traces of the
 * current day.
 */
const ALERT_SIZE = { timeout: Duration.minutes(5), memorySize: 512 };

/**
 * Scheduled Lambda function that reports the budget status. Each run reads the cost metrics and logs one
 * status line. Each run publishes two metrics: the cost of the day so far, and the cost of the month so far.
 * With `notificationTopic`, the function sends one message for each crossed threshold.
 *
 * The function blocks no calls. No resource is created unless `enabled` is true.
 */
export class BudgetAlertLambda extends Construct {
  /**
   * True if the function is created.
   */
  public readonly enabled: boolean;

  /**
   * CloudWatch namespace of the metrics that the function reads and publishes.
   */
  public readonly namespace: string;

  /**
   * Lambda function. Undefined if `enabled` is false.
   */
  public readonly function?: lambda.Function;

  /**
   * Log group of the function. Undefined if `enabled` is false.
   */
  public readonly logGroup?: logs.LogGroup;

  private readonly hasAlert: boolean = false;

  /**
   * Creates the function if `enabled` is true. Validates the props in both cases.
   *
   * @throws if a budget, a percentage, the namespace, the schedule, the time zone or the dashboard name is
   * invalid
   * @throws if `notificationTopic` is a FIFO topic or is in another region
   * @throws if `notificationTopic` is given without a budget or without `traceTable`
   */
  constructor(scope: Construct, id: string, props: BudgetAlertLambdaProps = {}) {
    super(scope, id);
    requireShape(this, props, SHAPE);
    const {
      namespace = DEFAULT_NAMESPACE,
      schedule = DEFAULT_SCHEDULE,
      timeZone = DEFAULT_TIME_ZONE,
    } = props;
    requireNamespace(this, namespace);
    requireUsd(this, 'dailyBudget', props.dailyBudget);
    requireUsd(this, 'monthlyBudget', props.monthlyBudget);
    this.requireSchedule(schedule);
    requireTimeZone(this, 'timeZone', timeZone);
    if (props.dashboardName !== undefined) requireDashboardName(this, props.dashboardName);
    const alert = this.newAlert(props);
    this.namespace = namespace;
    this.enabled = props.enabled ?? false;
    if (!this.enabled) return;

    const handler = handlerFunction(this, {
      description: 'Token analytics: reports the budget status. Enforces nothing.',
      handler: 'budget-alert',
      reasons: SCHEDULED_FUNCTION_REASONS,
      ...(alert ? ALERT_SIZE : STATUS_SIZE),
      logRetention: props.logRetention,
      encryptionKey: props.encryptionKey,
      environment: {
        [ENV.namespace]: namespace,
        [ENV.timeZone]: timeZone,
        ...amountVariable(ENV.dailyBudget, props.dailyBudget),
        ...amountVariable(ENV.monthlyBudget, props.monthlyBudget),
        ...alert?.environment,
      },
    });
    this.function = handler.function;
    this.hasAlert = alert !== undefined;
    alert?.grant(handler.role);
    this.logGroup = handler.logGroup;
    this.grantReadMetrics(handler.role);
    const rule = new events.Rule(this, 'Schedule', {
      description: 'Token analytics: budget status',
      schedule: events.Schedule.rate(schedule),
      targets: [new targets.LambdaFunction(this.function, { retryAttempts: 2 })],
    });
    acknowledge(rule, SCHEDULE_REASONS);
  }

  /**
   * Adds a link to a dashboard to all messages. Has no effect if `enabled` is false, or if
   * `notificationTopic` is omitted.
   *
   * @param dashboardName name of the dashboard
   * @throws if the name is not a valid dashboard name
   */
  public linkDashboard(dashboardName: string): void {
    requireValue(this, 'dashboardName', dashboardName, TEXT);
    requireDashboardName(this, dashboardName);
    if (this.hasAlert) this.function?.addEnvironment(ENV.dashboardName, dashboardName);
  }

  /**
   * Allows the role to read metrics. The permission has its own policy, because it contains the wildcard `*`.
   * Rule packs such as cdk-nag report wildcards. Only this policy acknowledges such findings.
   */
  private grantReadMetrics(role: iam.IRole): void {
    // `resources` is `*`, because GetMetricData has no resource-level permissions. PutMetricData is not
    // needed, because the function publishes its metrics as log lines (embedded metric format).
    const policy = new iam.Policy(this, 'ReadMetrics', {
      roles: [role],
      statements: [new iam.PolicyStatement({ actions: ['cloudwatch:GetMetricData'], resources: ['*'] })],
    });
    acknowledge(policy, { ...ROLE_REASONS, ...METRIC_READER_REASONS });
  }

  private requireSchedule(schedule: Duration): void {
    requireUnit(this, 'schedule', schedule, 'minutes', 'hours', 'days');
    requireWhole(this, 'schedule', schedule, MINUTES);
    if (schedule.isUnresolved() || schedule.toSeconds() <= MAX_SCHEDULE.toSeconds()) return;
    throw propError(
      this,
      'schedule',
      'at most one day',
      schedule.toHumanString(),
      'With fewer runs, the gauges of some days would be missing: pass Duration.days(1) or less.',
    );
  }

  /**
   * Returns the environment variables and permissions for budget messages. Returns undefined if the props
   * contain no topic.
   */
  private newAlert(props: BudgetAlertLambdaProps): Alert | undefined {
    const {
      notificationTopic,
      traceTable,
      warningPercent = DEFAULT_WARNING_PERCENT,
      criticalPercent = DEFAULT_CRITICAL_PERCENT,
    } = props;
    requireThresholds(this, warningPercent, criticalPercent);
    if (!notificationTopic) return undefined;
    requireStandardTopic(this, 'notificationTopic', notificationTopic);
    requireSamePlace(
      this,
      'notificationTopic',
      notificationTopic,
      'The function publishes in its own region: pass a topic of that region.',
      ['region'],
    );
    if (!traceTable) {
      throw propError(
        this,
        'traceTable',
        'given with `notificationTopic`',
        undefined,
        'Pass the trace table, which stores the messages that were sent.',
      );
    }
    if (props.dailyBudget === undefined && props.monthlyBudget === undefined) {
      throw propError(
        this,
        'dailyBudget',
        'given with `notificationTopic`',
        undefined,
        'Pass a daily or a monthly budget in US dollars, such as 10. Without a budget, no threshold can ' +
          'be crossed.',
      );
    }
    requireTableInPlace(this, traceTable);
    return {
      environment: {
        [ENV.alertTopic]: notificationTopic.topicArn,
        [ENV.tableName]: traceTable.environment[ENV.tableName],
        [ENV.warningPercent]: numberText(warningPercent),
        [ENV.criticalPercent]: numberText(criticalPercent),
        ...(props.dashboardName === undefined ? {} : { [ENV.dashboardName]: props.dashboardName }),
      },
      grant: role => {
        allowRoleToPublish(this, notificationTopic, role);
        // The function stores in the trace table which messages were sent. It needs the permission to write
        // traces.
        traceTable.grantWriteTraces(role);
        iam.Grant.addToPrincipal({
          grantee: role,
          actions: [...ALERT_ACTIONS],
          resourceArns: [traceTable.tableArn],
        });
      },
    };
  }
}

/** Environment variables and permissions that the function needs for budget messages. */
interface Alert {
  readonly environment: { [key: string]: string };
  readonly grant: (role: iam.IRole) => void;
}

function amountVariable(variable: string, value: number | undefined): { [key: string]: string } {
  return value === undefined ? {} : { [variable]: numberText(value) };
}
