import type { Duration } from 'aws-cdk-lib';
import type { DetailLevel } from '../metrics/detail-level';
import type { MetricSink } from '../metrics/metric-sink';

/** Monthly runs of a function. */
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
   * The number of metrics that one run requests with `GetMetricData`.
   *
   * @default 0
   */
  readonly metricsRead?: number;
}

/** Usage of models and of token analytics in one month. */
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
   * The detail level, which determines the metrics that each invocation publishes.
   *
   * @default DetailLevel.CORE
   */
  readonly detailLevel?: DetailLevel;

  /**
   * Names of metrics that only some invocations publish, such as `InvocationErrors`. The estimate assumes
   * that each (agent, model) pair publishes these metrics for the whole month.
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
   * The way to deliver metrics to CloudWatch. With `EMF`, the estimate counts one log line for each
   * invocation. With `PUT_METRIC_DATA`, the estimate counts one request for each invocation.
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
   * The share of the invocations that belong to an incident, from 0 to 1. The estimate counts a second write
   * for each of their traces, because these traces are also in the incident index.
   *
   * @default 1
   */
  readonly incidentShare?: number;

  /**
   * The time for which traces are stored. `Duration.days(0)` means that traces are stored forever. For
   * `Duration.days(0)`, the estimate counts the storage of one year.
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
   * Sentences about the assumptions behind the numbers. They are the last lines of the estimate as text.
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
   * The number of metrics in all standard alarms. An alarm on metric math counts each metric in its
   * expression. An alarm on an anomaly band counts three metrics. Every other alarm counts one metric.
   *
   * @default 0
   */
  readonly alarmMetrics?: number;

  /**
   * The number of metrics that high-resolution alarms read. The period of such an alarm is below one minute.
   *
   * @default 0
   */
  readonly highResolutionAlarmMetrics?: number;

  /**
   * The number of alarms on a Metrics Insights query. The estimate assumes that each of these alarms reads
   * one metric of each (agent, model) pair.
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
