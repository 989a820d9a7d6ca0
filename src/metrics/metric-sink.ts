/** Way to deliver metrics to CloudWatch. */
export enum MetricSink {
  /**
   * Log lines in the embedded metric format. The output of the program must be stored in CloudWatch Logs,
   * which reads the metrics from the lines. The program needs no permission and sends no request.
   */
  EMF = 'emf',

  /** PutMetricData requests. The program needs the permission from `grantPutMetricData`. */
  PUT_METRIC_DATA = 'putMetricData',
}
