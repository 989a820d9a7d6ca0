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
import type { ITokenTraceTable, TokenTraceTableProps } from './traces/token-trace-table';

/**
 * Properties of TokenAnalytics.
 */
export interface TokenAnalyticsProps {
  /**
   * Daily budget in US dollars, above 0. Nothing is enforced.
   */
  readonly dailyBudget: number;

  /**
   * Monthly budget in US dollars, above 0. Nothing is enforced.
   *
   * @default - no monthly budget
   */
  readonly monthlyBudget?: number;

  /**
   * CloudWatch namespace of the metrics. Use one namespace for each stage, such as `OPX/Analytics/dev`.
   *
   * @default 'OPX/Analytics'
   */
  readonly namespace?: string;

  /**
   * Agents that become dimension values and that the dashboard shows, at most 50. All other agents are
   * counted under `Other`.
   *
   * @default - every agent whose id looks like a name; the dashboard finds agents by search
   */
  readonly agents?: string[];

  /**
   * Models that the dashboard shows, as foundation-model ids.
   *
   * @default - every model, found by search
   */
  readonly models?: string[];

  /**
   * Detail level of the metrics that instrumented programs publish.
   *
   * @default DetailLevel.CORE
   */
  readonly detailLevel?: DetailLevel;

  /**
   * Way in which the metrics of instrumented programs reach CloudWatch.
   *
   * @default - log lines (EMF) in Lambda functions, PutMetricData in other programs
   */
  readonly metricSink?: MetricSink;

  /**
   * Custom prices, discounts, and the models behind inference profiles.
   *
   * @default - list prices
   */
  readonly pricing?: TokenPricing;

  /**
   * Topic for the notifications of the alarms and of the budget alert function.
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
   * Properties of the dashboard. The budgets, agents and models default to those of TokenAnalytics.
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
   * Properties of the alarms. The daily budget and the topic default to those of TokenAnalytics.
   *
   * @default - a warning at 80 % and a critical alarm at 95 % of the daily budget, and one on cost spikes
   */
  readonly alarmsOptions?: TokenAnalyticsAlarmsOptions;

  /**
   * Properties of the budget alert function. The budgets, the topic, the trace table and the key default to
   * those of TokenAnalytics. The function is created only if `enabled` is true.
   *
   * @default - no budget alert function
   */
  readonly budgetAlertOptions?: BudgetAlertLambdaProps;

  /**
   * True to sum up each finished day at night, so that reports do not read every trace. Has no effect without
   * traces.
   *
   * @default true
   */
  readonly nightlyRollup?: boolean;

  /**
   * Properties of an ingest, which records invocations that nobody instrumented. Agents, pricing, detail
   * level and key default to those of TokenAnalytics. Instrumented functions stamp their invocations, so that
   * each is counted once. Requires traces.
   *
   * @default - no ingest
   */
  readonly ingest?: TokenUsageIngestOptions;

  /**
   * True to fail synthesis if anything in the app uses other dimensions than agent and model in the
   * namespace.
   *
   * @default true
   */
  readonly dimensionCheck?: boolean;

  /**
   * Model invocations in a month, for the cost estimate.
   *
   * @default - unknown: the estimate omits everything that is billed per invocation
   */
  readonly callsPerMonth?: number;

  /**
   * Customer managed key for the trace table, and for the log groups, queues and environments (which hold
   * negotiated prices) of the functions of this construct. A part with its own key keeps that key.
   *
   * The statements that CloudWatch Logs needs are added to the key's policy. If the key is imported, its
   * policy cannot be changed from here, and a warning contains the statement to add. With a key, the stack
   * needs a known region.
   *
   * @default - AWS owned keys, without charge
   */
  readonly encryptionKey?: kms.IKey;
}

/**
 * Options for the environment of a function or another program.
 */
export interface InstrumentOptions {
  /** Agent of invocations whose code names no agent. */
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
 * Options for an instrumented function.
 */
export interface InstrumentFunctionOptions extends InstrumentOptions {
  /**
   * Layer with the runtime, for a function that does not bundle its code. See TokenAnalyticsLayer.
   *
   * @default - no layer: the code of the function contains the runtime
   */
  readonly layer?: lambda.ILayerVersion;
}
