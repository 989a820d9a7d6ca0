/**
 * Loads the CloudWatch client. No other code may import this module dynamically. Some bundlers copy a module
 * once for each file that imports it dynamically.
 */
export const loadMetricData = () => import('./metric-data.aws');

export type LoadMetricData = typeof loadMetricData;
