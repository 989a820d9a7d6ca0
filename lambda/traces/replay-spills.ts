import type { Replay, ReplayOptions, ReplaySource } from './replay';
import { loadMetricData } from '../metrics/load-metric-data';

/**
 * Writes the traces in `TraceSpill` log lines to the trace table. The same lines can be replayed more than
 * once. Requests in `MetricSpill` lines are sent to CloudWatch only if `metrics` is true. Other lines are
 * skipped.
 *
 * Requires the permissions `dynamodb:BatchWriteItem` and `dynamodb:PutItem`. If `metrics` is true, requires
 * `cloudwatch:PutMetricData` as well.
 *
 * @param source path of a file, a byte stream, or lines such as the messages of FilterLogEvents. A file or
 * stream may be gzipped
 * @returns numbers of traces and metric requests that were written, sent, left or refused
 * @throws if a file or stream cannot be read to its end. The lines before the error are replayed first
 *
 * @example
 * const { written, left } = await replaySpills('function.log', { tableName });
 */
export async function replaySpills(source: ReplaySource, options: ReplayOptions): Promise<Replay> {
  const { replay } = await import('./replay.aws');
  return replay(source, options, loadMetricData);
}
