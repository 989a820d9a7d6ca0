import { matchesPattern } from './filter-pattern';
import {
  jsonProtocol,
  pageOf,
  Refusal,
  refuseIf,
  type Emulator,
  type EmulatorOptions,
  startEmulator,
} from '../../../local/emulators/emulators';

interface LogEvent {
  /** Time of the event, in milliseconds since the epoch. */
  readonly timestamp: number;
  readonly message: string;
  /**
   * Name of the log stream.
   *
   * @default one
   */
  readonly stream?: string;
}

interface LogGroup {
  readonly name: string;
  readonly events?: readonly LogEvent[];
  readonly retentionInDays?: number;
}

export interface CloudWatchLogsOptions extends EmulatorOptions {
  readonly groups: readonly LogGroup[];
  /**
   * Maximum number of events or groups on a page.
   *
   * @default - the limits of the service: 10,000 events, 50 groups
   */
  readonly pageSize?: number;
  /**
   * Number of empty pages before the first event. CloudWatch Logs returns empty pages while it searches.
   *
   * @default 0
   */
  readonly emptyPages?: number;
}

interface FilterLogEventsInput {
  readonly logGroupName?: string;
  readonly logGroupIdentifier?: string;
  readonly logStreamNames?: readonly string[];
  readonly logStreamNamePrefix?: string;
  /**
   * Start of the search, in milliseconds since the epoch. Events at `startTime` and `endTime` are included.
   */
  readonly startTime?: number;
  readonly endTime?: number;
  readonly filterPattern?: string;
  readonly limit?: number;
  readonly nextToken?: string;
}

interface DescribeLogGroupsInput {
  readonly logGroupNamePrefix?: string;
  readonly logGroupNamePattern?: string;
  readonly limit?: number;
  readonly nextToken?: string;
}

/** Maximum number of events in a response of FilterLogEvents (CloudWatch Logs API Reference). */
const MAX_EVENTS = 10_000;
const MAX_GROUPS = 50;
const DEFAULT_STREAM = 'one';

/** Starts a fake of CloudWatch Logs. Supports FilterLogEvents and DescribeLogGroups. */
export async function startCloudWatchLogs({
  groups,
  pageSize,
  emptyPages = 0,
  ...options
}: CloudWatchLogsOptions): Promise<Emulator> {
  return startEmulator(
    jsonProtocol('Logs_20140328', {
      FilterLogEvents: input => {
        const wanted = input as unknown as FilterLogEventsInput;
        const size = sizeOf(wanted.limit, pageSize, MAX_EVENTS);
        const empty = emptyPageOf(wanted.nextToken, emptyPages);
        if (empty) return { events: [], searchedLogStreams: [], nextToken: empty };
        const token = wanted.nextToken?.startsWith('empty-') ? undefined : wanted.nextToken;
        const { page, next } = pageOf(eventsOf(groups, wanted), token, size, 'InvalidParameterException');
        return {
          events: page.map(({ timestamp, message, stream = DEFAULT_STREAM }, index) => ({
            timestamp,
            message,
            logStreamName: stream,
            ingestionTime: timestamp,
            eventId: `${timestamp}-${index}`,
          })),
          searchedLogStreams: [],
          nextToken: next,
        };
      },
      DescribeLogGroups: input => {
        const { logGroupNamePrefix, logGroupNamePattern, limit, nextToken } =
          input as unknown as DescribeLogGroupsInput;
        refuseIf(
          logGroupNamePrefix !== undefined && logGroupNamePattern !== undefined,
          'InvalidParameterException',
          'LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.',
        );
        const wanted = groups.filter(
          ({ name }) => name.startsWith(logGroupNamePrefix ?? '') && name.includes(logGroupNamePattern ?? ''),
        );
        const { page, next } = pageOf(
          [...wanted].sort((one, other) => (one.name < other.name ? -1 : 1)),
          nextToken,
          sizeOf(limit, pageSize, MAX_GROUPS),
          'InvalidParameterException',
        );
        return {
          logGroups: page.map(({ name, retentionInDays }) => ({
            logGroupName: name,
            arn: `${arnOf(name)}:*`,
            logGroupArn: arnOf(name),
            retentionInDays,
            creationTime: 0,
            storedBytes: 0,
          })),
          nextToken: next,
        };
      },
    }),
    options,
  );
}

function eventsOf(groups: readonly LogGroup[], wanted: FilterLogEventsInput): LogEvent[] {
  const {
    logGroupName,
    logGroupIdentifier,
    startTime = 0,
    endTime = Infinity,
    filterPattern = '',
    logStreamNames,
    logStreamNamePrefix = '',
  } = wanted;
  const group = groups.find(
    ({ name }) => name === logGroupName || name === logGroupIdentifier || arnOf(name) === logGroupIdentifier,
  );
  if (!group) throw new Refusal('ResourceNotFoundException', 'The specified log group does not exist.');
  return [...(group.events ?? [])]
    .filter(({ timestamp }) => timestamp >= startTime && timestamp <= endTime)
    .filter(
      ({ stream = DEFAULT_STREAM }) =>
        logStreamNames?.includes(stream) ?? stream.startsWith(logStreamNamePrefix),
    )
    .filter(({ message }) => matchesPattern(filterPattern, message))
    .sort((one, other) => one.timestamp - other.timestamp);
}

/**
 * Returns the token of the next page if the requested page must be empty. Returns undefined if the requested
 * page has events.
 */
function emptyPageOf(token: string | undefined, emptyPages: number): string | undefined {
  const seen = token === undefined ? 0 : Number(/^empty-(\d+)$/.exec(token)?.[1] ?? emptyPages);
  return seen < emptyPages ? `empty-${seen + 1}` : undefined;
}

function sizeOf(limit: number | undefined, pageSize: number | undefined, most: number): number {
  refuseIf(
    limit !== undefined && (limit < 1 || limit > most),
    'InvalidParameterException',
    `limit must be between 1 and ${most}, got: ${limit}`,
  );
  return Math.min(limit ?? most, pageSize ?? most);
}

function arnOf(name: string): string {
  return `arn:aws:logs:us-east-1:123456789012:log-group:${name}`;
}
