import type { Replay, ReplayOptions, ReplaySource } from './replay';
import { loadMetricData } from '../metrics/load-metric-data';

/**
 * Writes the traces of `TraceSpill` lines to the table. It can be repeated with the same result. Requests of
 * `MetricSpill` lines are counted, and sent if `metrics` is true. Other lines are skipped, and so is text
 * before the JSON of a line.
 *
 * It needs `dynamodb:BatchWriteItem` and `dynamodb:PutItem`, and also `cloudwatch:PutMetricData` for
 * `metrics`.
 *
 * @param source path of a file, stream of bytes (both gzipped or not), or lines, such as those of
 * FilterLogEvents
 * @returns counts of the traces and requests that were written, sent, left and refused
 * @throws if a file or stream cannot be read to its end. The lines before the error are replayed
 *
 * @example
 * const { written, left } = await replaySpills('function.log', { tableName });
 */
export async function replaySpills(source: ReplaySource, options: ReplayOptions): Promise<Replay> {
  const { replay } = await import('./replay.aws');
  return replay(source, options, loadMetricData);
}
