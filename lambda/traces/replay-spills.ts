import type { Replay, ReplayOptions, ReplaySource } from './replay';
import { loadMetricData } from '../metrics/load-metric-data';

/**
 * Writes the traces of `TraceSpill` lines to the table. The result is the same however often it runs.
 * Requests of `MetricSpill` lines are counted, and sent if `metrics` is set. Other lines are skipped, and so
 * is any text before the JSON of a line.
 *
 * It needs `dynamodb:BatchWriteItem` and `dynamodb:PutItem`, and `cloudwatch:PutMetricData` for `metrics`.
 *
 * @param source the path of a file or a stream, gzipped or not, or lines, such as those of FilterLogEvents
 * @throws if a file or stream cannot be read to its end. The lines before the error are replayed
 *
 * @example
 * const { written, left } = await replaySpills('function.log', { tableName });
 */
export async function replaySpills(source: ReplaySource, options: ReplayOptions): Promise<Replay> {
  const { replay } = await import('./replay.aws');
  return replay(source, options, loadMetricData);
}
