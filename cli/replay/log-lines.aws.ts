import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { METRIC_SPILL_MARK } from '../../lambda/metrics/metric-batch';
import { ENTRY_MARK, SPILL_MARK } from '../../lambda/traces/trace-item';

/** Region and time range of the log lines to read. */
export interface LogLinesOptions {
  readonly region?: string;
  readonly from: Date;
  /** End of the time range, exclusive. */
  readonly to: Date;
  readonly signal?: AbortSignal;
  /** Called after each page of log events with the progress, from 0 to 1. */
  readonly onProgress?: (part: number) => void;
}

/**
 * Filter pattern for log lines with spilled traces or metrics. A line matches if it contains one of the three
 * marks. Source: CloudWatch Logs User Guide, "Filter pattern syntax".
 */
const SPILLS = `?${SPILL_MARK} ?${ENTRY_MARK} ?${METRIC_SPILL_MARK}`;
/**
 * Maximum number of attempts for each request. Many attempts may be needed, because an account can send only
 * five FilterLogEvents requests a second. Ten attempts take about a minute.
 */
const MAX_ATTEMPTS = 10;
/** Maximum number of events in one page. */
const PAGE_EVENTS = 10_000;

/**
 * Reads log lines that may contain spilled traces or metrics. The lines of one log group are sorted by time.
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
          ...logGroupParameter(logGroup),
          filterPattern: SPILLS,
          startTime: from.getTime(),
          // `endTime` is inclusive, but `to` is exclusive.
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

/** Returns the request parameter for a log group. `logGroup` is a name or an ARN. */
function logGroupParameter(
  logGroup: string,
): { readonly logGroupName: string } | { readonly logGroupIdentifier: string } {
  return logGroup.startsWith('arn:')
    ? { logGroupIdentifier: logGroup.replace(/:\*$/, '') }
    : { logGroupName: logGroup };
}
