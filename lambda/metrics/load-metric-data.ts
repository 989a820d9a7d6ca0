/**
 * Loads the module with the CloudWatch client. This is the only dynamic import of the module, because some
 * bundlers copy a module for each dynamic import.
 */
export const loadMetricData = () => import('./metric-data.aws');

export type LoadMetricData = typeof loadMetricData;
