/**
 * How metrics reach CloudWatch.
 */
export enum MetricSink {
  /**
   * As lines of the log, in the embedded metric format: no
   * permission, no call. For what CloudWatch Logs reads.
   */
  EMF = 'emf',

  /**
   * By PutMetricData, which needs `grantPutMetricData`.
   */
  PUT_METRIC_DATA = 'putMetricData',
}
