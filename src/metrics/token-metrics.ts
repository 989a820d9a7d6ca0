import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as iam from 'aws-cdk-lib/aws-iam';
import { DEFAULT_NAMESPACE, METRIC_WRITE_ACTIONS, METRICS } from '../contract';
import { ratioMetric, RATIOS } from './ratio';
import { pairMetric, totalMetric } from './token-metric';
import { grantRight } from '../private/grants';
import { requireShape, type Shape, TEXT } from '../private/shape';
import { requireNamespace, type Where } from '../private/validate';

/** Where the metrics are. */
export interface TokenMetricsProps {
  /**
   * The CloudWatch namespace. Stages are kept apart by namespace, such as `OPX/Analytics/dev`.
   *
   * @default 'OPX/Analytics'
   */
  readonly namespace?: string;
}

/** Kinds of the properties. */
const SHAPE: Shape<TokenMetricsProps> = { namespace: TEXT };

/**
 * Options of a metric that is published per agent and model, and once for all calls.
 *
 * `dimensionsMap` must be left out: there are no dimensions but the agent and the model.
 */
export interface TokenMetricOptions extends cloudwatch.MetricOptions {
  /**
   * The agent whose calls are counted. Goes together with
   * `model`: there is no series of one of the two alone.
   *
   * @default - the total of all calls
   */
  readonly agentId?: string;

  /**
   * The foundation model whose calls are counted, without region prefix. Goes together with `agentId`.
   *
   * @default - the total of all calls
   */
  readonly model?: string;
}

/** Options of a metric that is computed from others. */
export interface TokenExpressionOptions extends cloudwatch.MathExpressionOptions {
  /**
   * The agent whose calls are counted. Goes together with
   * `model`: there is no series of one of the two alone.
   *
   * @default - the total of all calls
   */
  readonly agentId?: string;

  /**
   * The foundation model whose calls are counted, without region prefix. Goes together with `agentId`.
   *
   * @default - the total of all calls
   */
  readonly model?: string;

  /**
   * Below how many samples in a period there is no point, so
   * that a few calls make no alarm: a whole number from 1.
   *
   * @default 1
   */
  readonly minimumSamples?: number;
}

/**
 * The metrics of a namespace, for alarms and dashboards of your own. No resource is created.
 *
 * Each has the statistic and unit that read it rightly, a period of 5 minutes unless given, and the exact
 * dimensions that it is published under. Without `agentId` and `model` it is the total of all calls, which is
 * what alarms watch.
 *
 * A namespace or a period that CloudWatch refuses, one of `agentId` and
 * `model` without the other, and a dimension of any other name are errors.
 */
export class TokenMetrics {
  /** The CloudWatch namespace of the metrics. */
  public readonly namespace: string;

  constructor(props: TokenMetricsProps = {}) {
    requireShape('TokenMetrics', props, SHAPE);
    this.namespace = props.namespace ?? DEFAULT_NAMESPACE;
    requireNamespace('TokenMetrics', this.namespace);
  }

  /** All input tokens, cached ones included. Unit: count. Statistic: sum. */
  public metricInputTokens(options: TokenMetricOptions = {}): cloudwatch.Metric {
    return pairMetric(this.namespace, METRICS.inputTokens, options);
  }

  /** Output tokens. Unit: count. Statistic: sum. */
  public metricOutputTokens(options: TokenMetricOptions = {}): cloudwatch.Metric {
    return pairMetric(this.namespace, METRICS.outputTokens, options);
  }

  /** List price of the calls whose price is known, in US dollars. Statistic: sum. */
  public metricTotalCost(options: TokenMetricOptions = {}): cloudwatch.Metric {
    return pairMetric(this.namespace, METRICS.totalCost, options);
  }

  /** Output tokens ÷ input tokens of a call. Statistic: average over the calls. */
  public metricTokenEfficiency(options: TokenMetricOptions = {}): cloudwatch.Metric {
    return pairMetric(this.namespace, METRICS.tokenEfficiency, options);
  }

  /** Calls that the model answered. Unit: count. Statistic: sum. */
  public metricInvocationCount(options: TokenMetricOptions = {}): cloudwatch.Metric {
    return pairMetric(this.namespace, METRICS.invocationCount, options);
  }

  /** Input and output tokens together; sent at detail level `standard`. Unit: count. Statistic: sum. */
  public metricTotalTokens(options: TokenMetricOptions = {}): cloudwatch.Metric {
    return pairMetric(this.namespace, METRICS.totalTokens, options);
  }

  /**
   * Input tokens read from the prompt cache; sent at detail level `standard`. Unit: count. Statistic: sum.
   */
  public metricCacheReadTokens(options: TokenMetricOptions = {}): cloudwatch.Metric {
    return pairMetric(this.namespace, METRICS.cacheReadTokens, options);
  }

  /**
   * Input tokens written to the prompt cache; sent at detail level `standard`. Unit: count. Statistic: sum.
   */
  public metricCacheWriteTokens(options: TokenMetricOptions = {}): cloudwatch.Metric {
    return pairMetric(this.namespace, METRICS.cacheWriteTokens, options);
  }

  /**
   * Time from request to the end of the answer; sent at detail
   * level `standard`. Unit: milliseconds. Statistic: average.
   */
  public metricResponseLatency(options: TokenMetricOptions = {}): cloudwatch.Metric {
    return pairMetric(this.namespace, METRICS.responseLatency, options);
  }

  /** Answers from the application's own cache. Unit: count. Statistic: sum. */
  public metricCachedResponses(options: TokenMetricOptions = {}): cloudwatch.Metric {
    return pairMetric(this.namespace, METRICS.cachedResponses, options);
  }

  /** Calls that failed. Unit: count. Statistic: sum. */
  public metricInvocationErrors(options: TokenMetricOptions = {}): cloudwatch.Metric {
    return pairMetric(this.namespace, METRICS.invocationErrors, options);
  }

  /** Calls whose price is not known: their cost is in no sum. Unit: count. Statistic: sum. */
  public metricUnpricedInvocations(options: TokenMetricOptions = {}): cloudwatch.Metric {
    return pairMetric(this.namespace, METRICS.unpricedInvocations, options);
  }

  /**
   * Tokens for each item of a batch, where the caller says
   * how many there were. Unit: count. Statistic: average.
   */
  public metricTokensPerItem(options: TokenMetricOptions = {}): cloudwatch.Metric {
    return pairMetric(this.namespace, METRICS.tokensPerItem, options);
  }

  /** Traces that reached neither the table nor the log. Unit: count. Statistic: sum. Of all calls only. */
  public metricTracesDropped(options: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return totalMetric(this.namespace, METRICS.tracesDropped, options);
  }

  /**
   * Traces that went to the log instead of the table and can be
   * replayed. Unit: count. Statistic: sum. Of all calls only.
   */
  public metricTracesSpilled(options: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return totalMetric(this.namespace, METRICS.tracesSpilled, options);
  }

  /**
   * PutMetricData requests that CloudWatch may or may not have taken.
   *
   * Each is a `MetricSpill` line in the log that can be replayed. Unit: count. Statistic: sum. Only for all
   * calls together.
   */
  public metricMetricsSpilled(options: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return totalMetric(this.namespace, METRICS.metricsSpilled, options);
  }

  /**
   * Metric values that CloudWatch does not accept: older than two weeks or more than two hours ahead.
   *
   * Unit: count. Statistic: sum. Only for all calls together.
   */
  public metricMetricsDropped(options: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return totalMetric(this.namespace, METRICS.metricsDropped, options);
  }

  /**
   * How often the circuit breaker of the trace writer opened. Unit: count. Statistic: sum. Of all calls only.
   */
  public metricBreakerOpened(options: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return totalMetric(this.namespace, METRICS.breakerOpened, options);
  }

  /**
   * US dollars since local midnight, published by an enabled
   * `BudgetAlertLambda`. Statistic: maximum. Of all calls only.
   */
  public metricDayToDateCost(options: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return totalMetric(this.namespace, METRICS.dayToDateCost, options);
  }

  /**
   * US dollars since the first of the local month, published by an
   * enabled `BudgetAlertLambda`. Statistic: maximum. Of all calls only.
   */
  public metricMonthToDateCost(options: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return totalMetric(this.namespace, METRICS.monthToDateCost, options);
  }

  /**
   * Total cost ÷ answered calls, in US dollars; no point where no call was answered.
   *
   * The cost of unpriced calls is not in it: see `metricUnpricedInvocations`.
   */
  public metricCostPerInvocation(options: TokenExpressionOptions = {}): cloudwatch.MathExpression {
    return ratioMetric(this.namespace, RATIOS.costPerInvocation, options);
  }

  /**
   * Answers from the application's own cache ÷ all answers, in per cent; no point where
   * there was none. Bedrock's prompt cache is not in it: see `metricCacheReadTokens`.
   */
  public metricCacheHitRate(options: TokenExpressionOptions = {}): cloudwatch.MathExpression {
    return ratioMetric(this.namespace, RATIOS.cacheHitRate, options);
  }

  /** Failed calls ÷ all calls of a model, in per cent; no point where there was none. */
  public metricErrorRate(options: TokenExpressionOptions = {}): cloudwatch.MathExpression {
    return ratioMetric(this.namespace, RATIOS.errorRate, options);
  }

  /**
   * Lets a grantee publish metrics of this namespace, and of no other: `cloudwatch:PutMetricData`,
   * which has no resource level. A Lambda function that prints its metrics needs no such right.
   *
   * @param grantee who publishes
   */
  public grantPutMetricData(grantee: iam.IGrantable): iam.Grant {
    return this._grantPutMetricData('TokenMetrics', grantee);
  }

  /**
   * Does the same for a construct, which shows the warning of a grant that goes nowhere.
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
