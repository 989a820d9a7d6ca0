import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { METRIC_SPILL_MARK } from '../../lambda/metrics/metric-batch';
import { ENTRY_MARK, SPILL_MARK } from '../../lambda/traces/trace-item';

/** Where CloudWatch Logs is, and which of a group's lines are read. */
export interface LogLinesOptions {
  readonly region?: string;
  readonly from: Date;
  /** Not included. */
  readonly to: Date;
  /** Aborts it. */
  readonly signal?: AbortSignal;
  /** Told after each page how far the reading is, as a part of 1. */
  readonly onProgress?: (part: number) => void;
}

/**
 * Any of these terms (CloudWatch Logs User Guide, "Filter pattern
 * syntax"). A term matches whole words only.
 */
const SPILLS = `?${SPILL_MARK} ?${ENTRY_MARK} ?${METRIC_SPILL_MARK}`;
/**
 * Five requests a second are taken from an account (quota of
 * FilterLogEvents): a refused one is tried again for about a minute.
 */
const MAX_ATTEMPTS = 10;
/**
 * Log events are filtered at the service, which may answer many empty pages, each with a token for the next.
 */
const PAGE_EVENTS = 10_000;

/**
 * Reads the lines of log groups that claim to be spilled
 * traces or metrics, group by group, page by page, in the order of time.
 */
export class SpillLog {
  private readonly client: CloudWatchLogsClient;

  constructor(private readonly options: LogLinesOptions) {
    this.client = new CloudWatchLogsClient({ region: options.region, maxAttempts: MAX_ATTEMPTS });
  }

  async *lines(logGroup: string): AsyncGenerator<string> {
    const { from, to, signal, onProgress } = this.options;
    let nextToken: string | undefined;
    do {
      const { events = [], nextToken: next } = await this.client.send(
        new FilterLogEventsCommand({
          ...nameOf(logGroup),
          filterPattern: SPILLS,
          startTime: from.getTime(),
          // The service includes the last millisecond.
          endTime: to.getTime() - 1,
          limit: PAGE_EVENTS,
          nextToken,
        }),
        { abortSignal: signal },
      );
      for (const { message = '' } of events) yield* message.split('\n');
      const last = events.at(-1)?.timestamp;
      if (last !== undefined) onProgress?.((last - from.getTime()) / (to.getTime() - from.getTime()));
      nextToken = next;
    } while (nextToken !== undefined);
  }

  close(): void {
    this.client.destroy();
  }
}

/** A group of another account is named by its ARN. */
function nameOf(
  logGroup: string,
): { readonly logGroupName: string } | { readonly logGroupIdentifier: string } {
  return logGroup.startsWith('arn:')
    ? { logGroupIdentifier: logGroup.replace(/:\*$/, '') }
    : { logGroupName: logGroup };
}
