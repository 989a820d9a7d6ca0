/**
 * Loads the module with the CloudWatch client. Only this file may import the module dynamically, because some
 * bundlers add one copy of a module for each file that imports it dynamically.
 */
export const loadMetricData = () => import('./metric-data.aws');

export type LoadMetricData = typeof loadMetricData;
