import type { TokenAnalyticsAlarmsOptions } from '../../src';

/** Options that enable all alarms. Each has its default threshold. */
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
