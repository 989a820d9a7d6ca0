import type { TokenAnalyticsAlarmsOptions } from '../../src';

/** Every alarm that is switched on by its defaults. */
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
