/** Way to deliver metrics to CloudWatch. */
export enum MetricSink {
  /**
   * Log lines in the embedded metric format. They need no permission and no request, but a log that
   * CloudWatch Logs stores.
   */
  EMF = 'emf',

  /** PutMetricData requests. They need `grantPutMetricData`. */
  PUT_METRIC_DATA = 'putMetricData',
}
