import { CountedBy } from './ingest/token-usage-ingest-options';
import { DetailLevel } from './metrics/detail-level';
import { MetricSink } from './metrics/metric-sink';
import type { TokenPricing } from './pricing/token-pricing';
import { PRICING } from './private/kinds';
import { BOOLEAN, OBJECT, oneOf, options, type Shape, TEXT, TEXTS } from './private/shape';
import { TABLE_ATTRIBUTES_SHAPE, type TokenTraceTableAttributes } from './traces/trace-table-attributes';

/**
 * Facts about the ingest of an existing TokenAnalytics. Programs must know them, so that no invocation is
 * counted twice.
 */
export interface TokenUsageIngestAttributes {
  /**
   * True if the ingest reads Bedrock's invocation log.
   *
   * @default false
   */
  readonly readsInvocationLog?: boolean;

  /**
   * True if the ingest reads OpenTelemetry spans.
   *
   * @default false
   */
  readonly readsSpans?: boolean;

  /**
   * Value of `countedBy` of the ingest. Pass it only if the ingest reads the invocation log.
   *
   * @default - CountedBy.STAMP for each operation
   */
  readonly countedBy?: { [operation: string]: CountedBy };
}

/**
 * Attributes of an existing TokenAnalytics. Each must have the value of the original: programs of both then
 * share their metrics and the trace table.
 */
export interface TokenAnalyticsAttributes extends TokenTraceTableAttributes {
  /**
   * CloudWatch namespace of the metrics.
   *
   * @default 'OPX/Analytics'
   */
  readonly namespace?: string;

  /**
   * False if the original writes no traces. It then has no table, so the attributes of the table must be
   * omitted.
   *
   * @default true
   */
  readonly traces?: boolean;

  /**
   * Agents with metrics of their own, at most 50. All other agents are counted as `Other`.
   *
   * @default - all agents whose ids look like names
   */
  readonly agents?: string[];

  /**
   * Ids of the foundation models that dashboards show.
   *
   * @default - not listed
   */
  readonly models?: string[];

  /**
   * Detail level of the metrics that instrumented programs publish.
   *
   * @default DetailLevel.CORE
   */
  readonly detailLevel?: DetailLevel;

  /**
   * Way in which instrumented programs send metrics to CloudWatch.
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
   * True to tag the role of each instrumented function with its agent. `tagRole` tags roles also if this is
   * false.
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
   * Facts about the ingest.
   *
   * @default - no ingest
   */
  readonly ingest?: TokenUsageIngestAttributes;
}

const INGEST_ATTRIBUTES_SHAPE: Shape<TokenUsageIngestAttributes> = {
  readsInvocationLog: BOOLEAN,
  readsSpans: BOOLEAN,
  countedBy: OBJECT,
};

/** Expected type of each attribute. */
export const ANALYTICS_ATTRIBUTES_SHAPE: Shape<TokenAnalyticsAttributes> = {
  ...TABLE_ATTRIBUTES_SHAPE,
  namespace: TEXT,
  traces: BOOLEAN,
  agents: TEXTS,
  models: TEXTS,
  detailLevel: oneOf('DetailLevel', DetailLevel),
  metricSink: oneOf('MetricSink', MetricSink),
  pricing: PRICING,
  tagRoles: BOOLEAN,
  roleTagKey: TEXT,
  ingest: options(INGEST_ATTRIBUTES_SHAPE),
};
