/**
 * Loads the module that contains the CloudWatch client. Other files call this function and do not import the
 * module dynamically themselves, because some bundlers would then add a second copy of the module.
 */
export const loadMetricData = () => import('./metric-data.aws');

export type LoadMetricData = typeof loadMetricData;
