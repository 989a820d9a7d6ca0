/**
 * Loads what speaks to CloudWatch. It is loaded in this one place: a bundler writes a module twice that
 * several files load late.
 */
export const loadMetricData = () => import('./metric-data.aws');

export type LoadMetricData = typeof loadMetricData;
