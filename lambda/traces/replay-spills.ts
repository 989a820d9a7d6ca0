import type { Replay, ReplayOptions, ReplaySource } from './replay';
import { loadMetricData } from '../metrics/load-metric-data';

/**
 * Writes the traces of `TraceSpill` log lines to the table. It is safe to replay these lines more than once.
 * Requests of `MetricSpill` lines are counted. They are sent to CloudWatch only if `metrics` is true. Other
 * lines are skipped. Text before the JSON of a line is skipped, too.
 *
 * Requires the permissions `dynamodb:BatchWriteItem` and `dynamodb:PutItem`. The option `metrics` also
 * requires `cloudwatch:PutMetricData`.
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
