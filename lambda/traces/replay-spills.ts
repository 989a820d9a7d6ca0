import type { Replay, ReplayOptions } from './replay';

/**
 * Writes the traces of `TraceSpill` lines to the table, any number of times with the same result.
 * Other lines of a log are passed over, and so is what is in front of the JSON in a line.
 *
 * @param lines of a function's log, as they come from a file, from `aws logs tail` or from FilterLogEvents
 *
 * @example
 * const lines = createInterface({ input: createReadStream('function.log') });
 * const { written, left } = await replaySpills(lines, { tableName });
 */
export async function replaySpills(
  lines: Iterable<string> | AsyncIterable<string>,
  options: ReplayOptions,
): Promise<Replay> {
  const { replay } = await import('./replay.aws');
  return replay(lines, options);
}
