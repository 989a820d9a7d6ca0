import type { Duration } from 'aws-cdk-lib';
import type { DetailLevel } from '../metrics/detail-level';
import type { MetricSink } from '../metrics/metric-sink';

/** Runs of a Lambda function in one month. */
export interface FunctionRuns {
  /** The name of the function in the estimate. */
  readonly name: string;

  /** The number of runs in a month. */
  readonly runsPerMonth: number;

  /** The memory of the function, in megabytes. */
  readonly memorySize: number;

  /** The duration of one run. */
  readonly duration: Duration;

  /**
   * The number of metrics that one run reads from CloudWatch with `GetMetricData`.
   *
   * @default 0
   */
  readonly metricsRead?: number;
}

/** Usage in one month, from which the cost of token analytics is estimated. */
export interface MonthlyUsage {
  /** The number of agents. */
  readonly agents: number;

  /** The number of models that the agents invoke. */
  readonly models: number;

  /**
   * The number of (agent, model) pairs with invocations.
   *
   * @default - agents × models: each agent invokes each model
   */
  readonly pairs?: number;

  /**
   * The detail level of the metrics. At `STANDARD`, each invocation publishes more metrics than at `CORE`.
   *
   * @default DetailLevel.CORE
   */
  readonly detailLevel?: DetailLevel;

  /**
   * Names of metrics that only some invocations publish, such as `InvocationErrors`. The estimate assumes
   * that each pair of agent and model has these metrics for the whole month.
   *
   * @default - no optional metrics
   */
  readonly optionalMetrics?: string[];

  /**
   * The number of model invocations in a month.
   *
   * @default - unknown: the estimate omits costs that depend on the number of invocations
   */
  readonly callsPerMonth?: number;

  /**
   * The way to deliver metrics to CloudWatch. The estimate counts one log line for each invocation with
   * `EMF`, and one request for each invocation with `PUT_METRIC_DATA`.
   *
   * @default MetricSink.EMF
   */
  readonly metricSink?: MetricSink;

  /**
   * True if a trace is written for each invocation.
   *
   * @default true
   */
  readonly traces?: boolean;

  /**
   * The share of the invocations that belong to an incident, from 0 to 1. DynamoDB writes the trace of such
   * an invocation twice: to the table and to the incident index.
   *
   * @default 1
   */
  readonly incidentShare?: number;

  /**
   * The retention of traces. With `Duration.days(0)`, traces never expire, and the estimate counts the
   * storage of one year.
   *
   * @default Duration.days(90)
   */
  readonly traceTtl?: Duration;

  /**
   * True if point-in-time recovery of the trace table is enabled.
   *
   * @default true
   */
  readonly pointInTimeRecovery?: boolean;

  /**
   * The number of times that each trace is read. The nightly rollup reads each trace twice.
   *
   * @default 0
   */
  readonly traceReads?: number;

  /**
   * The number of metrics that people and programs read from CloudWatch in a month with `GetMetricData`. For
   * example, `token-analytics daily --covered-share` reads two metrics for each model id. A dashboard in the
   * CloudWatch console costs nothing for each metric.
   *
   * @default 0
   */
  readonly metricsRead?: number;

  /**
   * Sentences that explain the numbers. The text of the estimate ends with these sentences.
   *
   * @default - no sentences
   */
  readonly assumptions?: string[];

  /**
   * The functions that belong to token analytics itself, such as the nightly rollup.
   *
   * @default - no functions
   */
  readonly functions?: FunctionRuns[];
}

/** Usage in one month, and the numbers of alarms and dashboards. */
export interface MonthlyCostEstimateProps extends MonthlyUsage {
  /**
   * The number of metrics that CloudWatch bills for all alarms with a period of at least one minute. An alarm
   * on metric math counts each metric in its expression. An alarm on an anomaly band counts three metrics.
   * Every other alarm counts one metric.
   *
   * @default 0
   */
  readonly alarmMetrics?: number;

  /**
   * The number of metrics that CloudWatch bills for all alarms with a period below one minute.
   *
   * @default 0
   */
  readonly highResolutionAlarmMetrics?: number;

  /**
   * The number of alarms on a Metrics Insights query. The estimate assumes that each query reads one metric
   * of each pair of agent and model.
   *
   * @default 0
   */
  readonly queryAlarms?: number;

  /**
   * The number of composite alarms.
   *
   * @default 0
   */
  readonly compositeAlarms?: number;

  /**
   * The number of dashboards.
   *
   * @default 0
   */
  readonly dashboards?: number;
}
