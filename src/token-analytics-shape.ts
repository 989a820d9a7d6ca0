import { DetailLevel } from './metrics/detail-level';
import { MetricSink } from './metrics/metric-sink';
import { KEY, LAYER, PRICING, TOPIC, TRACE_TABLE } from './private/kinds';
import { BOOLEAN, NUMBER, OBJECT, oneOf, type Shape, TEXT, TEXTS } from './private/shape';
import type { InstrumentFunctionOptions, TokenAnalyticsProps } from './token-analytics-options';

/**
 * Expected type of each prop. Nested options, such as `dashboardOptions`, are checked by other constructs.
 */
export const TOKEN_ANALYTICS_SHAPE: Shape<TokenAnalyticsProps> = {
  dailyBudget: NUMBER,
  monthlyBudget: NUMBER,
  namespace: TEXT,
  agents: TEXTS,
  models: TEXTS,
  detailLevel: oneOf('DetailLevel', DetailLevel),
  metricSink: oneOf('MetricSink', MetricSink),
  pricing: PRICING,
  notificationTopic: TOPIC,
  traces: BOOLEAN,
  traceTable: TRACE_TABLE,
  traceTableOptions: OBJECT,
  dashboard: BOOLEAN,
  dashboardOptions: OBJECT,
  alarms: BOOLEAN,
  alarmsOptions: OBJECT,
  budgetAlertOptions: OBJECT,
  nightlyRollup: BOOLEAN,
  ingest: OBJECT,
  dimensionCheck: BOOLEAN,
  tagRoles: BOOLEAN,
  roleTagKey: TEXT,
  callsPerMonth: NUMBER,
  encryptionKey: KEY,
};

/** Expected type of each option of `instrument`. */
export const INSTRUMENT_SHAPE: Shape<InstrumentFunctionOptions> = {
  agentId: TEXT,
  agents: TEXTS,
  layer: LAYER,
};
