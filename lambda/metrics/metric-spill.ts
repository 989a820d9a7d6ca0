/** Marks a log line that holds a PutMetricData request that CloudWatch may or may not have taken. */
export const METRIC_SPILL_MARK = 'MetricSpill';
