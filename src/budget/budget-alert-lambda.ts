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
import { requireSamePlace, requireStackPlace } from '../private/region-account';
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
import type { ITokenTraceTable } from '../traces/token-trace-table';

/**
 * Properties of the budget alert function.
 */
export interface BudgetAlertLambdaProps {
  /**
   * Whether there is a function at all. Without it the construct creates no resource.
   *
   * @default false
   */
  readonly enabled?: boolean;

  /**
   * The CloudWatch namespace that the runtime publishes in.
   *
   * @default 'OPX/Analytics'
   */
  readonly namespace?: string;

  /**
   * The daily budget, in US dollars, to be compared with. Nothing is enforced.
   *
   * @default - cost is told without a share
   */
  readonly dailyBudget?: number;

  /**
   * The monthly budget, in US dollars, to be compared with. Nothing is enforced.
   *
   * @default - cost is told without a share
   */
  readonly monthlyBudget?: number;

  /**
   * Time between two runs of the function: a whole number of minutes, at most one day.
   *
   * @default Duration.hours(1)
   */
  readonly schedule?: Duration;

  /**
   * The time zone in which days and months are cut, by its IANA name.
   *
   * @default 'UTC'
   */
  readonly timeZone?: string;

  /**
   * A topic that is told of a crossed threshold: one message for each threshold, and day (of the daily
   * budget) or month (of the monthly one), that says what was spent, which agents, models and incidents of
   * the day are the dearest, what an hour costs now and usually, and where the dashboard is. It needs a
   * budget and `traceTable`. Nothing is enforced.
   *
   * It must be in the region of the function, which may publish to it, and use its customer managed key. If
   * the topic is imported and can be of another account, or its key is imported, a warning has the
   * statement that its policy needs.
   *
   * @default - nobody is told; the status is logged and the gauges are published
   */
  readonly notificationTopic?: sns.ITopic;

  /**
   * The table of traces. The dearest agents, models and incidents are read from it, and it keeps which
   * thresholds were told of, so that each is told of once. Without `notificationTopic` it is not used.
   *
   * @default - none; it must be given with `notificationTopic`
   */
  readonly traceTable?: ITokenTraceTable;

  /**
   * The dashboard that the message links to, by its name, such as `dashboard.dashboardName` of a
   * CloudWatch dashboard. Where the dashboard is made after this construct, use `linkDashboard`.
   *
   * @default - the message has no link
   */
  readonly dashboardName?: string;

  /**
   * At what share of a budget the topic is warned, in per cent.
   *
   * @default 80
   */
  readonly warningPercent?: number;

  /**
   * At what share of a budget the topic is told that it is critical, in per cent; above `warningPercent`.
   *
   * @default 95
   */
  readonly criticalPercent?: number;

  /**
   * How long the function's log is kept.
   *
   * @default logs.RetentionDays.ONE_MONTH
   */
  readonly logRetention?: logs.RetentionDays;

  /**
   * A customer managed key for the function's environment, which holds the budgets, and its log group. It
   * must be in the region of the stack. The log group and the function are let use it; if the key is
   * imported, a warning has the statement.
   *
   * @default - keys of AWS
   */
  readonly encryptionKey?: kms.IKey;
}

/** Kinds of the properties. */
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
/** The gauges are of the day and the month so far: on a day without a run, the day's is missing. */
const MAX_SCHEDULE = Duration.days(1);
const DEFAULT_TIME_ZONE = 'UTC';
/** Reading the status is quick; a message reads a whole day of traces. */
const STATUS_SIZE = { timeout: Duration.minutes(1), memorySize: 256 };
const ALERT_SIZE = { timeout: Duration.minutes(5), memorySize: 512 };

/**
 * A scheduled function that reads what was spent, logs one line of budget status, and publishes day-to-date
 * and month-to-date cost as gauges. With a topic, it also tells of each crossed threshold once, and says what
 * was spent on what. It enforces nothing, and unless it is enabled it creates nothing.
 */
export class BudgetAlertLambda extends Construct {
  /**
   * Whether there is a function.
   */
  public readonly enabled: boolean;

  /**
   * The CloudWatch namespace that it reads and publishes in.
   */
  public readonly namespace: string;

  /**
   * The function, where it is enabled.
   */
  public readonly function?: lambda.Function;

  /**
   * The function's log group, where it is enabled.
   */
  public readonly logGroup?: logs.LogGroup;

  private readonly hasAlert: boolean = false;

  /**
   * @throws if a budget, a share, the namespace, the schedule or the time zone is invalid, or
   * `notificationTopic` is a FIFO topic, of another region, or given without a budget or without
   * `traceTable`; also if it is not enabled
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
      description: 'Token analytics: budget status. Tells, and enforces nothing.',
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
   * Has the message link to a dashboard. Nothing is changed where there is no function or no topic.
   *
   * @param dashboardName the dashboard's name
   */
  public linkDashboard(dashboardName: string): void {
    requireValue(this, 'dashboardName', dashboardName, TEXT);
    requireDashboardName(this, dashboardName);
    if (this.hasAlert) this.function?.addEnvironment(ENV.dashboardName, dashboardName);
  }

  /**
   * Lets the role read metrics, by a policy of its own: the reason for `*` is true of this statement alone,
   * and not of those that others add to the role.
   */
  private grantReadMetrics(role: iam.IRole): void {
    // GetMetricData has no resource level. The gauges go out through the log, so nothing may be put.
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
      'Its gauges are of the day so far, and would have gaps: run it at least once a day.',
    );
  }

  /** What telling a topic takes; undefined without one. */
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
      'The function publishes in its own region: give a topic of it.',
      ['region'],
    );
    if (!traceTable) {
      throw propError(
        this,
        'traceTable',
        'given with `notificationTopic`',
        undefined,
        'Give the table of traces: it keeps which thresholds were told of.',
      );
    }
    if (props.dailyBudget === undefined && props.monthlyBudget === undefined) {
      throw propError(
        this,
        'dailyBudget',
        'given with `notificationTopic`',
        undefined,
        'Give a daily or a monthly budget in US dollars, such as 10: without one no threshold is ' +
          'ever crossed.',
      );
    }
    requireStackPlace(this, 'traceTable', traceTable, 'Make it in a stack of that place.');
    return {
      environment: {
        [ENV.alertTopic]: notificationTopic.topicArn,
        [ENV.tableName]: traceTable.tableName,
        [ENV.warningPercent]: numberText(warningPercent),
        [ENV.criticalPercent]: numberText(criticalPercent),
        ...(props.dashboardName === undefined ? {} : { [ENV.dashboardName]: props.dashboardName }),
      },
      grant: role => {
        allowRoleToPublish(this, notificationTopic, role);
        // It marks what it sent as traces are written, and with the same key.
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

interface Alert {
  readonly environment: { [key: string]: string };
  readonly grant: (role: iam.IRole) => void;
}

function amountVariable(variable: string, value: number | undefined): { [key: string]: string } {
  return value === undefined ? {} : { [variable]: numberText(value) };
}
