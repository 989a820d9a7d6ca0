/** Marks a log line as a request of PutMetricData of which it is not known whether CloudWatch took it. */
export const METRIC_SPILL_MARK = 'MetricSpill';
