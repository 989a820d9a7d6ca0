/**
 * Loads the CloudWatch client. No other code may import this module dynamically, because some bundlers would
 * copy the module once for each file that does.
 */
export const loadMetricData = () => import('./metric-data.aws');

export type LoadMetricData = typeof loadMetricData;
