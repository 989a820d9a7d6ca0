import { Duration } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { DEFAULT_NAMESPACE, ENV } from './contract';
import { handlerFunction } from './private/handler-function';
import { numberText } from './private/number-text';
import { MINUTES, requireNamespace, requireTimeZone, requireUsd, requireWhole } from './private/validate';

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
   * How often the function runs: a whole number of minutes.
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
   * How long the function's log is kept.
   *
   * @default logs.RetentionDays.ONE_MONTH
   */
  readonly logRetention?: logs.RetentionDays;
}

const DEFAULT_SCHEDULE = Duration.hours(1);
const DEFAULT_TIME_ZONE = 'UTC';

/**
 * A scheduled function that reads what was spent, logs one line of budget status, and publishes day-to-date and
 * month-to-date cost as gauges. It enforces nothing, and unless it is enabled it creates nothing.
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

  /**
   * @throws where a budget, the namespace, the schedule or the time zone is none; also where it is not enabled
   */
  constructor(scope: Construct, id: string, props: BudgetAlertLambdaProps = {}) {
    super(scope, id);
    const { namespace = DEFAULT_NAMESPACE, schedule = DEFAULT_SCHEDULE, timeZone = DEFAULT_TIME_ZONE } = props;
    requireNamespace(this, namespace);
    requireUsd(this, 'dailyBudget', props.dailyBudget);
    requireUsd(this, 'monthlyBudget', props.monthlyBudget);
    requireWhole(this, 'schedule', schedule, MINUTES);
    requireTimeZone(this, 'timeZone', timeZone);
    this.namespace = namespace;
    this.enabled = props.enabled ?? false;
    if (!this.enabled) return;

    const handler = handlerFunction(this, {
      description: 'Token analytics: budget status. Tells, and enforces nothing.',
      asset: 'budget-alert',
      timeout: Duration.minutes(1),
      memorySize: 256,
      logRetention: props.logRetention,
      environment: {
        [ENV.namespace]: namespace,
        [ENV.timeZone]: timeZone,
        ...amount(ENV.dailyBudget, props.dailyBudget),
        ...amount(ENV.monthlyBudget, props.monthlyBudget),
      },
    });
    this.function = handler.function;
    this.logGroup = handler.logGroup;
    // GetMetricData has no resource level. The gauges go out through the log, so nothing may be put.
    handler.role.addToPolicy(new iam.PolicyStatement({ actions: ['cloudwatch:GetMetricData'], resources: ['*'] }));
    new events.Rule(this, 'Schedule', {
      description: 'Token analytics: budget status',
      schedule: events.Schedule.rate(schedule),
      targets: [new targets.LambdaFunction(this.function, { retryAttempts: 2 })],
    });
  }
}

function amount(variable: string, value: number | undefined): { [key: string]: string } {
  return value === undefined ? {} : { [variable]: numberText(value) };
}
