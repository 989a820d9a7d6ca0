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
 * Properties of the whole.
 */
export interface TokenAnalyticsProps {
  /**
   * The daily budget, in US dollars, above 0. Nothing is enforced.
   */
  readonly dailyBudget: number;

  /**
   * The monthly budget, in US dollars, above 0. Nothing is enforced.
   *
   * @default - none is named
   */
  readonly monthlyBudget?: number;

  /**
   * The CloudWatch namespace. Stages are kept apart by namespace, such as `OPX/Analytics/dev`.
   *
   * @default 'OPX/Analytics'
   */
  readonly namespace?: string;

  /**
   * The agents that become dimension values, and that the dashboard shows; others are counted under `Other`.
   *
   * @default - each that looks like a name; the dashboard finds them by search
   */
  readonly agents?: string[];

  /**
   * The models that the dashboard shows, as foundation-model ids.
   *
   * @default - every model, found by search
   */
  readonly models?: string[];

  /**
   * How much instrumented programs publish.
   *
   * @default DetailLevel.CORE
   */
  readonly detailLevel?: DetailLevel;

  /**
   * How metrics of instrumented programs reach CloudWatch.
   *
   * @default - as lines of the log in Lambda, by PutMetricData elsewhere
   */
  readonly metricSink?: MetricSink;

  /**
   * Your own prices, and the models behind inference profiles.
   *
   * @default - list prices
   */
  readonly pricing?: TokenPricing;

  /**
   * A topic that is told of alarms, and of what the budget alert function has to say.
   *
   * @default - none is told
   */
  readonly notificationTopic?: sns.ITopic;

  /**
   * Whether there are traces, one for each call.
   *
   * @default true
   */
  readonly traces?: boolean;

  /**
   * A table for the traces that stands already.
   *
   * @default - a table of its own
   */
  readonly traceTable?: ITokenTraceTable;

  /**
   * Properties of the table of its own.
   *
   * @default - those of TokenTraceTable
   */
  readonly traceTableOptions?: TokenTraceTableProps;

  /**
   * Whether there is a dashboard.
   *
   * @default true
   */
  readonly dashboard?: boolean;

  /**
   * Properties of the dashboard; what they leave out is as it is here.
   *
   * @default - the six widgets
   */
  readonly dashboardOptions?: TokenAnalyticsDashboardProps;

  /**
   * Whether there are alarms.
   *
   * @default true
   */
  readonly alarms?: boolean;

  /**
   * Properties of the alarms.
   *
   * @default - a warning at 80 % and a critical one at 95 % of the daily budget, and one on cost spikes
   */
  readonly alarmsOptions?: TokenAnalyticsAlarmsOptions;

  /**
   * Properties of the budget alert function; what they leave out
   * is as it is here. Unless they say `enabled`, there is none.
   *
   * @default - there is no such function
   */
  readonly budgetAlertOptions?: BudgetAlertLambdaProps;

  /**
   * Whether finished days are added up each night, so that reports need
   * not read all traces. Without traces there is nothing to add up.
   *
   * @default true
   */
  readonly nightlyRollup?: boolean;

  /**
   * How calls that nobody instrumented are taken in; what it leaves out is as it is here.
   * Instrumented functions then stamp their calls, so that none is counted twice. It needs traces.
   *
   * @default - they are not
   */
  readonly ingest?: TokenUsageIngestOptions;

  /**
   * Whether synth fails where something in the app names
   * another dimension than agent and model in the namespace.
   *
   * @default true
   */
  readonly dimensionCheck?: boolean;

  /**
   * Model calls in a month, for the estimate of what all this costs.
   *
   * @default - unknown: what is billed by the call is not in the estimate
   */
  readonly callsPerMonth?: number;

  /**
   * Customer-managed key for the trace table, and for the log groups, queues and environments (which hold
   * negotiated prices) of the functions made here. A part with a key of its own keeps that one.
   *
   * The statements that CloudWatch Logs needs are added to the key's policy. The policy of an imported key
   * cannot be changed from here, and a warning has the statement. With a key, the stack needs a known region.
   *
   * @default - keys that AWS owns, without charge
   */
  readonly encryptionKey?: kms.IKey;
}

/**
 * Whose calls a function or a program makes.
 */
export interface InstrumentOptions {
  /**
   * The agent of calls that name none in code.
   */
  readonly agentId: string;
}

/**
 * How a function is instrumented.
 */
export interface InstrumentFunctionOptions extends InstrumentOptions {
  /**
   * A layer with the runtime, for a function that does not bundle its code: see TokenAnalyticsLayer.
   *
   * @default - none: the function's code has the runtime in it
   */
  readonly layer?: lambda.ILayerVersion;
}
