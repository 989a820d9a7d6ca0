import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as sns from 'aws-cdk-lib/aws-sns';
import type { TokenAnalyticsAlarmsOptions } from './alarms/token-analytics-alarms-options';
import type { BudgetAlertLambdaProps } from './budget/budget-alert-lambda';
import type { TokenAnalyticsDashboardProps } from './dashboard/token-analytics-dashboard-options';
import type { TokenUsageIngestOptions } from './ingest/token-usage-ingest-options';
import type { DetailLevel } from './metrics/detail-level';
import type { MetricSink } from './metrics/metric-sink';
import type { TokenPricing } from './pricing/token-pricing';
import type { TokenTraceTableProps } from './traces/token-trace-table';
import type { ITokenTraceTable } from './traces/trace-table-interface';

/**
 * Properties of TokenAnalytics.
 */
export interface TokenAnalyticsProps {
  /**
   * Daily budget in US dollars, above 0. The budget blocks no calls.
   */
  readonly dailyBudget: number;

  /**
   * Monthly budget in US dollars, above 0. The budget blocks no calls.
   *
   * @default - no monthly budget
   */
  readonly monthlyBudget?: number;

  /**
   * CloudWatch namespace of the metrics. Use a different namespace for each stage, such as
   * `OPX/Analytics/dev`.
   *
   * @default 'OPX/Analytics'
   */
  readonly namespace?: string;

  /**
   * Agents with metrics of their own, at most 50. The dashboard shows these agents. All other agents are
   * counted as `Other`.
   *
   * @default - all agents whose ids look like names. The dashboard finds these agents with a search
   * expression
   */
  readonly agents?: string[];

  /**
   * Ids of the foundation models that the dashboard shows.
   *
   * @default - all models, found with a search expression
   */
  readonly models?: string[];

  /**
   * Detail level of the metrics that instrumented programs publish.
   *
   * @default DetailLevel.CORE
   */
  readonly detailLevel?: DetailLevel;

  /**
   * Way in which instrumented programs send metrics to CloudWatch: as log lines in the embedded metric format
   * (EMF), or by PutMetricData requests.
   *
   * @default - log lines for Lambda functions, PutMetricData for other programs
   */
  readonly metricSink?: MetricSink;

  /**
   * Custom prices, discounts, and the models behind inference profiles.
   *
   * @default - list prices
   */
  readonly pricing?: TokenPricing;

  /**
   * Topic to which the alarms and the budget alert function send notifications.
   *
   * @default - no notifications
   */
  readonly notificationTopic?: sns.ITopic;

  /**
   * True to write a trace for each invocation.
   *
   * @default true
   */
  readonly traces?: boolean;

  /**
   * Existing table for the traces.
   *
   * @default - a new table
   */
  readonly traceTable?: ITokenTraceTable;

  /**
   * Properties of the new trace table.
   *
   * @default - the defaults of TokenTraceTable
   */
  readonly traceTableOptions?: TokenTraceTableProps;

  /**
   * True to create a dashboard.
   *
   * @default true
   */
  readonly dashboard?: boolean;

  /**
   * Properties of the dashboard. If the budgets, agents or models are omitted here, the dashboard uses those
   * of TokenAnalytics.
   *
   * @default - the six core widgets
   */
  readonly dashboardOptions?: TokenAnalyticsDashboardProps;

  /**
   * True to create alarms.
   *
   * @default true
   */
  readonly alarms?: boolean;

  /**
   * Properties of the alarms. If `dailyBudget` or `topic` is omitted here, the alarms use `dailyBudget` or
   * `notificationTopic` of TokenAnalytics.
   *
   * @default - three alarms: a warning at 80 % of the daily budget, a critical alarm at 95 %, and an alarm on
   * cost spikes
   */
  readonly alarmsOptions?: TokenAnalyticsAlarmsOptions;

  /**
   * Properties of the budget alert function, which is created only if `enabled` is true. If the budgets, the
   * topic, the trace table or the key are omitted here, the function uses those of TokenAnalytics.
   *
   * @default - no budget alert function
   */
  readonly budgetAlertOptions?: BudgetAlertLambdaProps;

  /**
   * True to sum up each finished day at night, so that reports do not need to read every trace. Has no effect
   * if `traces` is false.
   *
   * @default true
   */
  readonly nightlyRollup?: boolean;

  /**
   * Properties of an ingest, which records invocations of programs that are not instrumented. If the agents,
   * pricing, detail level or key are omitted here, the ingest uses those of TokenAnalytics. An ingest
   * requires traces.
   *
   * @default - no ingest
   */
  readonly ingest?: TokenUsageIngestOptions;

  /**
   * True to fail synthesis if the app uses dimensions other than agent and model in the namespace.
   *
   * @default true
   */
  readonly dimensionCheck?: boolean;

  /**
   * True to tag the role of each instrumented function with its agent. With this tag, the AWS bill can show
   * the cost of each agent. `tagRole` tags roles also if this is false.
   *
   * @default true
   */
  readonly tagRoles?: boolean;

  /**
   * Key of the tag with the agent of a role: 1 to 128 letters, digits, spaces and `_ . : / = + - @`. It must
   * not start with `aws:`.
   *
   * @default 'cdk-token-analytics:agent'
   */
  readonly roleTagKey?: string;

  /**
   * Number of model invocations in a month, for the cost estimate.
   *
   * @default - unknown. The estimate then contains no costs that are billed for each invocation
   */
  readonly callsPerMonth?: number;

  /**
   * Customer managed key for the trace table, the queues, and the log groups and environment variables of the
   * functions. If the options of a part, such as `budgetAlertOptions`, contain a key, the part uses that key
   * instead. If you pass a key, the region of the stack must be known.
   *
   * The key policy gets the statements that CloudWatch Logs needs. If the key is imported, its policy cannot
   * be changed, and a warning contains the statement to add.
   *
   * @default - AWS owned keys, without charge
   */
  readonly encryptionKey?: kms.IKey;
}

/**
 * Options of `environment`, which returns the environment variables of a program.
 */
export interface InstrumentOptions {
  /**
   * Default agent of the program. It is used if the code sets no agent for an invocation.
   */
  readonly agentId: string;
  /**
   * Further agents of the program, at most 50 together with `agentId`. Only these agents become dimension
   * values. The program counts any other agent under `Other`, and warns once.
   *
   * @default - `agents` of TokenAnalytics; if it is not given either, only `agentId`
   */
  readonly agents?: string[];
}

/**
 * Options of `instrument` for a Lambda function.
 */
export interface InstrumentFunctionOptions extends InstrumentOptions {
  /**
   * Layer with the runtime (see TokenAnalyticsLayer), for a function that does not bundle its code.
   *
   * @default - no layer. The code of the function must contain the runtime
   */
  readonly layer?: lambda.ILayerVersion;
}
