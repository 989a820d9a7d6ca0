import type { Duration } from 'aws-cdk-lib';
import type { DetailLevel } from '../metrics/detail-level';
import type { MetricSink } from '../metrics/metric-sink';

/**
 * How often a function runs.
 */
export interface FunctionRuns {
  /**
   * What the function is called in the estimate.
   */
  readonly name: string;

  /**
   * Its runs in a month.
   */
  readonly runsPerMonth: number;

  /**
   * Its memory, in megabytes.
   */
  readonly memorySize: number;

  /**
   * How long a run takes.
   */
  readonly duration: Duration;

  /**
   * How many metrics a run asks `GetMetricData` for.
   *
   * @default 0
   */
  readonly metricsRead?: number;
}

/**
 * What is measured in a month.
 */
export interface MonthlyUsage {
  /**
   * How many agents there are.
   */
  readonly agents: number;

  /**
   * How many models they call.
   */
  readonly models: number;

  /**
   * How many (agent, model) pairs make calls.
   *
   * @default - agents × models: each agent calls each model
   */
  readonly pairs?: number;

  /**
   * How much is published of each call.
   *
   * @default DetailLevel.CORE
   */
  readonly detailLevel?: DetailLevel;

  /**
   * Names of metrics that are published only where there is something to tell, such as
   * `InvocationErrors`: each is counted as if there were something all month, in each pair.
   *
   * @default - none
   */
  readonly optionalMetrics?: string[];

  /**
   * Model calls in a month.
   *
   * @default - unknown: what is billed by the call is not in the estimate
   */
  readonly callsPerMonth?: number;

  /**
   * How metrics reach CloudWatch. A line, or a request, is counted for each call.
   *
   * @default MetricSink.EMF
   */
  readonly metricSink?: MetricSink;

  /**
   * Whether each call's trace is written.
   *
   * @default true
   */
  readonly traces?: boolean;

  /**
   * The share of the calls that belong to an incident, 0 to
   * 1: their traces are written to the incident index, too.
   *
   * @default 1
   */
  readonly incidentShare?: number;

  /**
   * How long traces are kept. What is kept for ever (`Duration.days(0)`) is counted as after a year.
   *
   * @default Duration.days(90)
   */
  readonly traceTtl?: Duration;

  /**
   * Whether the table of traces can be restored to a point in time.
   *
   * @default true
   */
  readonly pointInTimeRecovery?: boolean;

  /**
   * How often each trace is read in all; the nightly rollup reads it twice.
   *
   * @default 0
   */
  readonly traceReads?: number;

  /**
   * Sentences on what the numbers assume. The estimate's text ends in them.
   *
   * @default - none
   */
  readonly assumptions?: string[];

  /**
   * Functions of token analytics itself.
   *
   * @default - none
   */
  readonly functions?: FunctionRuns[];
}

/**
 * What is measured in a month, and what shows it.
 */
export interface MonthlyCostEstimateProps extends MonthlyUsage {
  /**
   * Metrics of standard alarms: each alarm has one, one on metric
   * math as many as it names, one on an anomaly band three.
   *
   * @default 0
   */
  readonly alarmMetrics?: number;

  /**
   * Metrics of alarms with a period under a minute.
   *
   * @default 0
   */
  readonly highResolutionAlarmMetrics?: number;

  /**
   * Alarms on a Metrics Insights query, each counted with a metric for each (agent, model) pair.
   *
   * @default 0
   */
  readonly queryAlarms?: number;

  /**
   * Composite alarms.
   *
   * @default 0
   */
  readonly compositeAlarms?: number;

  /**
   * Dashboards.
   *
   * @default 0
   */
  readonly dashboards?: number;
}
