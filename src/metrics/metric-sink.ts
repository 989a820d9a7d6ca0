/** Way to deliver metrics to CloudWatch. */
export enum MetricSink {
  /**
   * Log lines in the embedded metric format. The program must send its output to CloudWatch Logs, which
   * extracts the metrics. The program needs no permission and sends no request.
   */
  EMF = 'emf',

  /** PutMetricData requests. The program needs the permission from `grantPutMetricData`. */
  PUT_METRIC_DATA = 'putMetricData',
}
