import { open } from 'node:fs/promises';
import { MetricStore } from '../emulators/cloudwatch/metrics/metric-store';

/** What logs had in them. */
export interface RecordedLogs {
  readonly store: MetricStore;
  /** How many lines had metrics that were taken. */
  readonly metricLines: number;
  /** Why others were refused. */
  readonly refused: readonly string[];
}

/**
 * Reads the metrics of functions' logs: lines of embedded metric format, bare, behind
 * what a log service puts before them, or as the `message` of a JSON log event.
 *
 * @throws where a file cannot be read
 */
export async function readLogs(files: readonly string[]): Promise<RecordedLogs> {
  const store = new MetricStore();
  let metricLines = 0;
  for (const file of files) {
    try {
      const log = await open(file);
      for await (const line of log.readLines()) if (store.ingestEmf(documentIn(line)) > 0) metricLines += 1;
    } catch (error) {
      throw new Error(
        `--data ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
  return { store, metricLines, refused: store.emfErrors };
}

function documentIn(line: string): string {
  const text = line.slice(Math.max(0, line.indexOf('{')));
  if (!text.includes('\\"_aws\\"')) return text;
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    return typeof message === 'string' ? documentIn(message) : text;
  } catch {
    return text;
  }
}
