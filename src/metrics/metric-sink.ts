/** Way to deliver metrics to CloudWatch. */
export enum MetricSink {
  /**
   * Log lines in the embedded metric format. They need no permission and no request. The output of the
   * program must be stored in CloudWatch Logs.
   */
  EMF = 'emf',

  /** PutMetricData requests. They need the permission from `grantPutMetricData`. */
  PUT_METRIC_DATA = 'putMetricData',
}
