import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as iam from 'aws-cdk-lib/aws-iam';
import { DEFAULT_NAMESPACE, METRIC_WRITE_ACTIONS, METRICS } from '../contract';
import { ratioMetric, RATIOS } from './ratio';
import { pairMetric, totalMetric } from './token-metric';
import { grantRight } from '../private/grants';
import { requireShape, type Shape, TEXT } from '../private/shape';
import { requireNamespace, type Where } from '../private/validate';

/** Properties of TokenMetrics. */
export interface TokenMetricsProps {
  /**
   * The CloudWatch namespace of the metrics. Use another namespace for each stage, such as
   * `OPX/Analytics/dev`.
   *
   * @default 'OPX/Analytics'
   */
  readonly namespace?: string;
}

const SHAPE: Shape<TokenMetricsProps> = { namespace: TEXT };

/**
 * Options of a metric. The runtime publishes the metric for each (agent, model) pair, and as a total of all
 * invocations.
 *
 * `dimensionsMap` must be omitted, because `agentId` and `model` set the dimensions.
 */
export interface TokenMetricOptions extends cloudwatch.MetricOptions {
  /**
   * The agent of the metric. Set `agentId` and `model` together, because no metric exists for an agent alone.
   *
   * @default - the total of all invocations
   */
  readonly agentId?: string;

  /**
   * The foundation model of the metric, without region prefix. Set `agentId` and `model` together, because no
   * metric exists for a model alone.
   *
   * @default - the total of all invocations
   */
  readonly model?: string;
}

/** Options of a metric that is computed from other metrics. */
export interface TokenExpressionOptions extends cloudwatch.MathExpressionOptions {
  /**
   * The agent of the metric. Set `agentId` and `model` together, because no metric exists for an agent alone.
   *
   * @default - the total of all invocations
   */
  readonly agentId?: string;

  /**
   * The foundation model of the metric, without region prefix. Set `agentId` and `model` together, because no
   * metric exists for a model alone.
   *
   * @default - the total of all invocations
   */
  readonly model?: string;

  /**
   * The minimum number of invocations in a period: a whole number, at least 1. A period with fewer
   * invocations has no data point, so a few invocations cannot trigger an alarm. In the cache hit rate, a
   * cached response counts as an invocation.
   *
   * @default 1
   */
  readonly minimumSamples?: number;
}

/**
 * The metrics of a namespace, for your own alarms and dashboards. This class creates no resources.
 *
 * Each metric has the statistic, unit and dimensions of the runtime, and a default period of 5 minutes. With
 * `agentId` and `model`, a metric contains only the invocations of this pair. Without them, a metric is the
 * total of all invocations.
 *
 * The constructor throws an error if the namespace is invalid. A method throws an error if the period is
 * invalid, if only one of `agentId` and `model` is given, or if another dimension is given.
 */
export class TokenMetrics {
  /** The CloudWatch namespace of the metrics. */
  public readonly namespace: string;

  constructor(props: TokenMetricsProps = {}) {
    requireShape('TokenMetrics', props, SHAPE);
    this.namespace = props.namespace ?? DEFAULT_NAMESPACE;
    requireNamespace('TokenMetrics', this.namespace);
  }

  /**
   * Input tokens, including prompt cache tokens. Unit: count. Statistic: sum.
   */
  public metricInputTokens(options: TokenMetricOptions = {}): cloudwatch.Metric {
    return pairMetric(this.namespace, METRICS.inputTokens, options);
  }

  /**
   * Output tokens. Unit: count. Statistic: sum.
   */
  public metricOutputTokens(options: TokenMetricOptions = {}): cloudwatch.Metric {
    return pairMetric(this.namespace, METRICS.outputTokens, options);
  }

  /**
   * Cost of the invocations, in US dollars. Statistic: sum.
   *
   * Invocations without a known price are not included: see `metricUnpricedInvocations`.
   */
  public metricTotalCost(options: TokenMetricOptions = {}): cloudwatch.Metric {
    return pairMetric(this.namespace, METRICS.totalCost, options);
  }

  /**
   * Output tokens ÷ input tokens of an invocation. Statistic: average over the invocations.
   */
  public metricTokenEfficiency(options: TokenMetricOptions = {}): cloudwatch.Metric {
    return pairMetric(this.namespace, METRICS.tokenEfficiency, options);
  }

  /**
   * Invocations that the model answered. Unit: count. Statistic: sum.
   */
  public metricInvocationCount(options: TokenMetricOptions = {}): cloudwatch.Metric {
    return pairMetric(this.namespace, METRICS.invocationCount, options);
  }

  /**
   * Input and output tokens together. Unit: count. Statistic: sum. Published only at detail level `standard`.
   */
  public metricTotalTokens(options: TokenMetricOptions = {}): cloudwatch.Metric {
    return pairMetric(this.namespace, METRICS.totalTokens, options);
  }

  /**
   * Input tokens read from the prompt cache. Unit: count. Statistic: sum. Published only at detail level
   * `standard`.
   */
  public metricCacheReadTokens(options: TokenMetricOptions = {}): cloudwatch.Metric {
    return pairMetric(this.namespace, METRICS.cacheReadTokens, options);
  }

  /**
   * Input tokens written to the prompt cache. Unit: count. Statistic: sum. Published only at detail level
   * `standard`.
   */
  public metricCacheWriteTokens(options: TokenMetricOptions = {}): cloudwatch.Metric {
    return pairMetric(this.namespace, METRICS.cacheWriteTokens, options);
  }

  /**
   * Time from the request to the end of the answer. Unit: milliseconds. Statistic: average. Published only at
   * detail level `standard`.
   */
  public metricResponseLatency(options: TokenMetricOptions = {}): cloudwatch.Metric {
    return pairMetric(this.namespace, METRICS.responseLatency, options);
  }

  /**
   * Answers from the application's own cache. Unit: count. Statistic: sum.
   */
  public metricCachedResponses(options: TokenMetricOptions = {}): cloudwatch.Metric {
    return pairMetric(this.namespace, METRICS.cachedResponses, options);
  }

  /**
   * Invocations that failed. Unit: count. Statistic: sum.
   */
  public metricInvocationErrors(options: TokenMetricOptions = {}): cloudwatch.Metric {
    return pairMetric(this.namespace, METRICS.invocationErrors, options);
  }

  /**
   * Invocations without a known price. `metricTotalCost` does not include their cost. Unit: count. Statistic:
   * sum.
   */
  public metricUnpricedInvocations(options: TokenMetricOptions = {}): cloudwatch.Metric {
    return pairMetric(this.namespace, METRICS.unpricedInvocations, options);
  }

  /**
   * Tokens per item of a batch, for callers that report the number of items. Unit: count. Statistic: average.
   */
  public metricTokensPerItem(options: TokenMetricOptions = {}): cloudwatch.Metric {
    return pairMetric(this.namespace, METRICS.tokensPerItem, options);
  }

  /**
   * Lost traces. The trace of an invocation is lost if it was written neither to the table nor to the log.
   * Unit: count. Statistic: sum. The metric exists only as a total of all invocations.
   */
  public metricTracesDropped(options: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return totalMetric(this.namespace, METRICS.tracesDropped, options);
  }

  /**
   * Traces of invocations that were written to the log instead of the table. The `replay` command later
   * writes these traces to the table. Unit: count. Statistic: sum. The metric exists only as a total of all
   * invocations.
   */
  public metricTracesSpilled(options: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return totalMetric(this.namespace, METRICS.tracesSpilled, options);
  }

  /**
   * PutMetricData requests with an unknown outcome: CloudWatch may or may not have stored the values.
   *
   * The runtime logs a `MetricSpill` line for each of these requests. The command `replay --metrics` sends
   * these requests again.
   *
   * Unit: count. Statistic: sum. The metric exists only as a total of all invocations.
   */
  public metricMetricsSpilled(options: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return totalMetric(this.namespace, METRICS.metricsSpilled, options);
  }

  /**
   * Metric values that CloudWatch rejects because of their time. These values are older than two weeks, or
   * more than two hours in the future.
   *
   * Unit: count. Statistic: sum. The metric exists only as a total of all invocations.
   */
  public metricMetricsDropped(options: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return totalMetric(this.namespace, METRICS.metricsDropped, options);
  }

  /**
   * Number of times that the circuit breaker of the trace writer opened. Unit: count. Statistic: sum. The
   * metric exists only as a total of all invocations.
   */
  public metricBreakerOpened(options: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return totalMetric(this.namespace, METRICS.breakerOpened, options);
  }

  /**
   * Cost since midnight, in US dollars. Only an enabled `BudgetAlertLambda` publishes this metric, and its
   * time zone defines midnight. Statistic: maximum. The metric exists only as a total of all invocations.
   */
  public metricDayToDateCost(options: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return totalMetric(this.namespace, METRICS.dayToDateCost, options);
  }

  /**
   * Cost since the start of the month, in US dollars. Only an enabled `BudgetAlertLambda` publishes this
   * metric, and its time zone defines the start. Statistic: maximum. The metric exists only as a total of all
   * invocations.
   */
  public metricMonthToDateCost(options: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return totalMetric(this.namespace, METRICS.monthToDateCost, options);
  }

  /**
   * Total cost ÷ answered invocations, in US dollars. A period without answered invocations has no data
   * point.
   *
   * The total cost does not include unpriced invocations: see `metricUnpricedInvocations`.
   */
  public metricCostPerInvocation(options: TokenExpressionOptions = {}): cloudwatch.MathExpression {
    return ratioMetric(this.namespace, RATIOS.costPerInvocation, options);
  }

  /**
   * Answers from the application's own cache ÷ all answers, in per cent. A period without answers has no data
   * point.
   *
   * Bedrock's prompt cache is not included: see `metricCacheReadTokens`.
   */
  public metricCacheHitRate(options: TokenExpressionOptions = {}): cloudwatch.MathExpression {
    return ratioMetric(this.namespace, RATIOS.cacheHitRate, options);
  }

  /**
   * Failed invocations ÷ failed and answered invocations, in per cent. Periods without invocations have no
   * data point.
   */
  public metricErrorRate(options: TokenExpressionOptions = {}): cloudwatch.MathExpression {
    return ratioMetric(this.namespace, RATIOS.errorRate, options);
  }

  /**
   * Allows a grantee to publish metrics in this namespace only. The policy allows `cloudwatch:PutMetricData`
   * with a condition on the namespace.
   *
   * A Lambda function that prints its metrics does not need this grant.
   *
   * @param grantee the principal that publishes metrics
   */
  public grantPutMetricData(grantee: iam.IGrantable): iam.Grant {
    return this._grantPutMetricData('TokenMetrics', grantee);
  }

  /**
   * Grants the same permission as `grantPutMetricData`. If the grant has no effect, adds a warning to the
   * construct `where`.
   *
   * @internal
   */
  public _grantPutMetricData(where: Where, grantee: iam.IGrantable): iam.Grant {
    return grantRight(where, grantee, {
      purpose: `publish metrics of the namespace ${this.namespace}`,
      actions: METRIC_WRITE_ACTIONS,
      resourceArns: ['*'],
      conditions: { StringEquals: { 'cloudwatch:namespace': this.namespace } },
    });
  }
}
