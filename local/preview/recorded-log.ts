import { open } from 'node:fs/promises';
import { MetricStore } from '../emulators/cloudwatch/metrics/metric-store';

/** Metrics that were read from log files. `store` contains their values. */
export interface RecordedLogs {
  readonly store: MetricStore;
  /** Number of log lines that contained valid metrics. */
  readonly metricLines: number;
  /** Error texts of log lines with invalid metrics. */
  readonly refused: readonly string[];
}

/**
 * Reads metrics in the embedded metric format (EMF) from log files of Lambda functions. A line with metrics
 * has one of these forms, and other lines are ignored:
 * - an EMF document
 * - an EMF document after a prefix, such as a time stamp
 * - a JSON log event with the EMF document in `message`
 *
 * @throws if a file cannot be read
 */
export async function readLogs(files: readonly string[]): Promise<RecordedLogs> {
  const store = new MetricStore();
  let metricLines = 0;
  for (const file of files) {
    try {
      const log = await open(file);
      for await (const line of log.readLines()) {
        if (store.ingestEmf(extractDocument(line)) > 0) metricLines += 1;
      }
    } catch (error) {
      throw new Error(
        `--data ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
  return { store, metricLines, refused: store.emfErrors };
}

function extractDocument(line: string): string {
  const text = line.slice(Math.max(0, line.indexOf('{')));
  if (!text.includes('\\"_aws\\"')) return text;
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    return typeof message === 'string' ? extractDocument(message) : text;
  } catch {
    return text;
  }
}
