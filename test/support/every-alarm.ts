import type { TokenAnalyticsAlarmsOptions } from '../../src';

/** Options that enable all optional alarms of TokenAnalytics, with their default thresholds. */
export const EVERY_ALARM = {
  tokensPerHour: {},
  costPerHour: {},
  latencyP90: {},
  latencyP99: {},
  cacheHitRate: {},
  tokensPerItem: {},
  errorRate: {},
  unpricedCalls: {},
  tracesDropped: {},
  costAnomaly: {},
} as const satisfies TokenAnalyticsAlarmsOptions;
