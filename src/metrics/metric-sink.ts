/** Way to deliver metrics to CloudWatch. */
export enum MetricSink {
  /**
   * Log lines in the embedded metric format. The program needs no permission and sends no request, but its
   * output must be stored in CloudWatch Logs.
   */
  EMF = 'emf',

  /** PutMetricData requests. The program needs the permission from `grantPutMetricData`. */
  PUT_METRIC_DATA = 'putMetricData',
}
