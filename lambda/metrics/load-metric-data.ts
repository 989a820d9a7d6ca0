/**
 * Loads the CloudWatch client. Only this function imports it, because some bundlers copy a module for each
 * file that imports it late.
 */
export const loadMetricData = () => import('./metric-data.aws');

export type LoadMetricData = typeof loadMetricData;
