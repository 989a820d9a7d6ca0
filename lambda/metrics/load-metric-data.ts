/**
 * Loads the CloudWatch client. Only this function imports it, because some bundlers copy a module for each
 * file with a dynamic import of it.
 */
export const loadMetricData = () => import('./metric-data.aws');

export type LoadMetricData = typeof loadMetricData;
