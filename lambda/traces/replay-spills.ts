import type { Replay, ReplayOptions, ReplaySource } from './replay';
import { loadMetricData } from '../metrics/load-metric-data';

/**
 * Writes the traces of `TraceSpill` lines to the table, any number of times with the same result. The
 * requests of `MetricSpill` lines are counted, and sent if `metrics` is set. Other lines of a log are passed
 * over, and so is what is in front of the JSON in a line.
 *
 * It needs `dynamodb:BatchWriteItem` and `dynamodb:PutItem`, and `cloudwatch:PutMetricData` for `metrics`.
 *
 * @param source the path of a file or a stream, gzipped or not, or lines, such as of FilterLogEvents
 * @throws if a file or stream cannot be read to its end; what came before is replayed
 *
 * @example
 * const { written, left } = await replaySpills('function.log', { tableName });
 */
export async function replaySpills(source: ReplaySource, options: ReplayOptions): Promise<Replay> {
  const { replay } = await import('./replay.aws');
  return replay(source, options, loadMetricData);
}
