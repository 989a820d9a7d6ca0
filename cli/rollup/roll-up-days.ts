import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { isPermanentError } from '../../lambda/process/aws-errors';
import type { DayRollup, RollupProblem } from '../../lambda/rollup/roll-up-day';
import type { RollupRequest } from '../../lambda/rollup/rollup-event';

/** Day without a new rollup, because an error occurred. */
export interface FailedDay {
  readonly day: string;
  readonly reason: string;
}

/** Result of the command `rollup`. */
export interface RollupResult {
  readonly days: readonly DayRollup[];
  /** Days that could not be rolled up. An earlier rollup of such a day is kept. */
  readonly failed: readonly FailedDay[];
  /** Days that were not started, because the run was interrupted or stopped by a permanent error. */
  readonly remaining: readonly string[];
  readonly tracesRead: number;
  readonly itemsWritten: number;
  readonly readUnits: number;
  readonly writeUnits: number;
}

export interface RollUpDaysTools {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  readonly now: Date;
  /**
   * Number of days until traces expire. It is the default for days without this number in their day index.
   */
  readonly ttlDays: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
  /** Returns one sentence that explains an error. */
  readonly explain: (error: unknown) => string;
}

/**
 * Creates the rollups of `days`, one day after the other. A failed day does not stop the run, unless its
 * error is permanent, e.g. a missing permission.
 */
export async function rollUpDays(
  { days, allowFewer }: RollupRequest,
  tools: RollUpDaysTools,
): Promise<RollupResult> {
  const { client, tableName, now, ttlDays, signal, onProgress, explain } = tools;
  const [{ RollupTable }, { TraceReader }, { rollUpDay, RollupError }] = await Promise.all([
    import('../../lambda/rollup/rollup-table.aws'),
    import('../../lambda/traces/trace-reader.aws'),
    import('../../lambda/rollup/roll-up-day'),
  ]);
  const table = { traces: new TraceReader(client, tableName), rollups: new RollupTable(client, tableName) };
  const done: DayRollup[] = [];
  const failed: FailedDay[] = [];
  for (const [index, day] of days.entries()) {
    if (signal?.aborted) break;
    onProgress?.({ done: index, total: days.length });
    try {
      done.push(await rollUpDay(day, table, { now, ttlDays, allowFewer, signal }));
    } catch (error) {
      failed.push({
        day,
        reason: signal?.aborted
          ? 'it was ended half way: roll it up again'
          : error instanceof RollupError
            ? problemText(error.problem)
            : explain(error),
      });
      if (isPermanentError(error)) break;
    }
  }
  onProgress?.({ done: days.length, total: days.length });
  const sum = (figure: 'traces' | 'items' | 'readUnits' | 'writeUnits') =>
    done.reduce((total, day) => total + day[figure], 0);
  return {
    days: done,
    failed,
    remaining: days.slice(done.length + failed.length),
    tracesRead: sum('traces'),
    itemsWritten: sum('items'),
    readUnits: sum('readUnits'),
    writeUnits: sum('writeUnits'),
  };
}

/** Describes a rollup problem for users of the command. The output prints this text after the failed day. */
function problemText(problem: RollupProblem): string {
  if (problem.code === 'TRACES_EXPIRED') {
    return `its first traces expired at ${problem.expiredAt.toISOString()}, and some may be deleted`;
  }
  const { agentId, traces, earlierTraces } = problem;
  return (
    `agent ${agentId} has ${traces} traces, and had ${earlierTraces} in its earlier rollup. If traces were ` +
    'deleted on purpose, roll it up with --allow-fewer'
  );
}
