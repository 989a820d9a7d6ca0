import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Context } from 'aws-lambda';
import { type DayRollup, rollUpDay, RollupError, type RollupProblem } from './roll-up-day';
import { parseRollupRequest } from './rollup-event';
import { RollupTable } from './rollup-table.aws';
import { DEFAULT_TRACE_TTL_DAYS, ENV } from '../../src/contract';
import { deadlineIn } from '../process/deadline';
import { Logger } from '../process/logger';
import { parseTableArn } from '../traces/table-region';
import { dayOf } from '../traces/trace-keys';
import { TraceReader } from '../traces/trace-reader.aws';

/**
 * Time between the end of the rollup and the Lambda timeout, in milliseconds. In this time, the function
 * writes its log line.
 */
const MARGIN_MS = 5000;
/** Time limit in milliseconds if there is no Lambda context, for example in a shell. */
const MAX_RUN_MS = 900_000;
/**
 * Maximum number of attempts of the SDK for one request. Ten attempts take about a minute. The SDK's default
 * of three attempts takes only a second.
 */
const MAX_ATTEMPTS = 10;
const CONNECTION_TIMEOUT_MS = 3000;
const SOCKET_TIMEOUT_MS = 20_000;
const MEGABYTE = 2 ** 20;

const tableName = process.env[ENV.tableName];
const ttlDays = ttlDaysFrom(process.env[ENV.traceTtlDays]);
const logger = new Logger('token-analytics-roll-up-day');
const client = new DynamoDBClient({
  region: parseTableArn(tableName ?? '')?.region,
  maxAttempts: MAX_ATTEMPTS,
  requestHandler: { connectionTimeout: CONNECTION_TIMEOUT_MS, socketTimeout: SOCKET_TIMEOUT_MS },
});

/** Result of one run of the rollup function. The function returns it and logs it. */
export interface RollupReport {
  readonly days: readonly DayRollup[];
  readonly tracesRead: number;
  readonly itemsWritten: number;
  readonly readUnits: number;
  readonly writeUnits: number;
  readonly seconds: number;
  readonly memoryMB: number;
  /** Error texts, one for each day that could not be rolled up. */
  readonly failed: readonly string[];
}

/**
 * Rolls up the days in the event. If the event has no days, rolls up yesterday and the day before yesterday.
 * If a day fails, still rolls up the other days. Logs one line.
 *
 * @throws if the event is invalid or a day could not be rolled up. The `Errors` metric of the function then
 * counts the failed run
 */
export async function handler(
  event?: unknown,
  context?: Pick<Context, 'getRemainingTimeInMillis'>,
): Promise<RollupReport> {
  if (!tableName) throw new Error(`${ENV.tableName} must name the table of traces`);
  const begin = performance.now();
  const now = new Date();
  const { days, allowFewer } = parseRollupRequest(event, dayOf(now));
  const tools = { traces: new TraceReader(client, tableName), rollups: new RollupTable(client, tableName) };
  const deadline = deadlineIn((context?.getRemainingTimeInMillis() ?? MAX_RUN_MS) - MARGIN_MS);
  const done: DayRollup[] = [];
  const failed: string[] = [];
  for (const day of days) {
    try {
      done.push(await rollUpDay(day, tools, { now, ttlDays, allowFewer, signal: deadline.signal }));
    } catch (error) {
      failed.push(
        deadline.signal.aborted
          ? `${day} was not rolled up in time. Roll it up again, with more memory if needed.`
          : failureText(error),
      );
      if (deadline.signal.aborted) break;
    }
  }
  deadline.end();
  const report = reportOf(done, failed, (performance.now() - begin) / 1000);
  logger[failed.length > 0 ? 'error' : 'info']('Days rolled up', { ...report });
  if (failed.length > 0) throw new Error(failed.join(' | '));
  return report;
}

function failureText(error: unknown): string {
  return error instanceof RollupError ? problemText(error.problem) : String((error as Error).message);
}

function problemText(problem: RollupProblem): string {
  const { day } = problem;
  if (problem.code === 'TRACES_EXPIRED') {
    return (
      `${day} is not rolled up: its first traces expired at ${problem.expiredAt.toISOString()}, and some may ` +
      'be deleted.'
    );
  }
  const { agentId, traces, earlierTraces } = problem;
  return (
    `${day} is not rolled up again: agent ${agentId} has ${traces} traces, and had ${earlierTraces} in its ` +
    'earlier rollup. If traces were deleted on purpose, set allowFewer in the event.'
  );
}

function reportOf(days: readonly DayRollup[], failed: readonly string[], seconds: number): RollupReport {
  const sum = (figure: 'traces' | 'items' | 'readUnits' | 'writeUnits') =>
    days.reduce((total, day) => total + day[figure], 0);
  return {
    days,
    tracesRead: sum('traces'),
    itemsWritten: sum('items'),
    readUnits: sum('readUnits'),
    writeUnits: sum('writeUnits'),
    seconds: Math.round(seconds * 100) / 100,
    memoryMB: Math.round(process.memoryUsage.rss() / MEGABYTE),
    failed,
  };
}

function ttlDaysFrom(text: string | undefined): number {
  if (!text) return DEFAULT_TRACE_TTL_DAYS;
  const days = Number(text);
  if (!Number.isInteger(days) || days < 0) {
    throw new Error(`${ENV.traceTtlDays} must be a whole number of days, 0 or more, got: ${text}`);
  }
  return days;
}
