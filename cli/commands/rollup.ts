import type { Command } from 'commander';
import { parseRollupRequest, type RollupRequest } from '../../lambda/rollup/rollup-event';
import { addUtcDays } from '../../lambda/rollup/utc-day';
import { dayOf } from '../../lambda/traces/trace-keys';
import { DEFAULT_TRACE_TTL_DAYS } from '../../src/contract';
import { rangeOf } from '../date-range';
import { failureText, UsageError } from '../failure';
import { newCommand, wholeNumber } from '../options';
import { tableText } from '../output/table';
import { rollUpDays, type RollupResult } from '../rollup/roll-up-days';
import { action, type Context } from '../run';

interface RollupFlags {
  /** Number of days to roll up. The last of these days is yesterday. */
  readonly days?: number;
  readonly allowFewer?: boolean;
  readonly ttlDays: number;
}

/** Maximum number of days in one run. The nightly function has the same limit. */
const MAX_ROLLUP_DAYS = 366;
const MAX_TTL_DAYS = 36_500;
/**
 * Maximum number of attempts for each request. All attempts together take about a minute. The nightly
 * function uses the same number.
 */
const MAX_ATTEMPTS = 10;
const UTC = 'UTC';

/**
 * Adds the command `rollup`, which creates the rollups of past days, as the nightly function does. A rollup
 * contains the sums of one day, agent and model.
 */
export function addRollupCommand(program: Command): void {
  const command = newCommand(program, {
    name: 'rollup',
    summary: 'roll up days by hand, as the nightly function does',
    description:
      'It reads the traces of each UTC day once and writes the sums that reports read. A day can be rolled ' +
      'up any number of times with the same result, also after an interrupted run. Days are UTC days in ' +
      'any time zone, and today is never rolled up. Reading takes half a read unit for each 4 KB of ' +
      'traces: about 75 units for 1,000 calls.',
    examples: [
      ['rollup', 'yesterday and the day before, as every night'],
      ['rollup --days 30', 'the last thirty days'],
      ['rollup --since 2026-11-01 --until 2026-11-20 --json | jq .failed', 'a range of days'],
    ],
    ignores: ['timezone', 'agent', 'model'],
  })
    .option('--days <count>', 'number of days before today', wholeNumber(1, MAX_ROLLUP_DAYS))
    .option(
      '--allow-fewer',
      'also roll up a day that has fewer traces than its rollup, because they were deleted on purpose',
    )
    .option(
      '--ttl-days <days>',
      'days until traces expire, 0 for never; used for days without remaining traces',
      wholeNumber(0, MAX_TTL_DAYS),
      DEFAULT_TRACE_TTL_DAYS,
    );
  action<RollupFlags>(command, rollup);
}

async function rollup({
  options,
  signal,
  table,
  progress,
  print,
  note,
  endWith,
  atEnd,
}: Context<RollupFlags>): Promise<void> {
  const now = new Date();
  const request = parseDays(options, now);
  const { tableName, region, endpoint } = await table();
  const { DynamoDBClient } = await import('@aws-sdk/client-dynamodb');
  const client = new DynamoDBClient({ region, endpoint, maxAttempts: MAX_ATTEMPTS });
  atEnd(() => client.destroy());
  const bar = await progress('Rolling up days');
  const result = await rollUpDays(request, {
    client,
    tableName,
    now,
    ttlDays: options.ttlDays,
    signal,
    onProgress: each => bar.update(each),
    explain: error => failureText(error, { tableName, region, endpoint }),
  });
  await print(result, () => rollupText(result));
  for (const { day, reason } of result.failed) note(`token-analytics: ${day} was not rolled up: ${reason}`);
  if (result.remaining.length > 0) note(`token-analytics: not started: ${result.remaining.join(', ')}`);
  // Throws after Ctrl-C. The caller then sets the exit code.
  signal.throwIfAborted();
  if (result.failed.length > 0) endWith('failure');
}

/**
 * Returns the UTC days to roll up. The default is yesterday and the day before yesterday. Today is not
 * allowed, because a rollup needs a complete day.
 *
 * @throws UsageError if `--days` is given with `--since` or `--until`, or if a day cannot be rolled up
 */
export function parseDays(
  {
    since,
    until,
    days,
    allowFewer = false,
  }: Partial<RollupFlags> & { readonly since?: string; readonly until?: string },
  now: Date,
): RollupRequest {
  const today = dayOf(now);
  if (days !== undefined && (since !== undefined || until !== undefined)) {
    throw new UsageError(
      `--days must not be given with --since or --until, got: --days ${days} with ` +
        `${since === undefined ? '--until' : '--since'}. Omit one of them`,
    );
  }
  if (days !== undefined) {
    return parseRollupRequest(
      { from: addUtcDays(today, -days), to: addUtcDays(today, -1), allowFewer },
      today,
    );
  }
  if (since === undefined && until === undefined) return parseRollupRequest({ allowFewer }, today);
  const { from, to } =
    since === undefined
      ? rangeOf({ since: until, until, timezone: UTC }, 1, now)
      : rangeOf({ since, until: until ?? 'yesterday', timezone: UTC }, 1, now);
  if (to >= today) {
    throw new UsageError(
      `--until must be before today (${today} in UTC), because a day is rolled up when it is over, got: ` +
        `${until ?? to}`,
    );
  }
  if (addUtcDays(from, MAX_ROLLUP_DAYS) <= to) {
    throw new UsageError(
      `--since must be at most ${MAX_ROLLUP_DAYS} days before --until, got: ${since}. Roll up a part of ` +
        'the days first',
    );
  }
  return parseRollupRequest({ from, to, allowFewer }, today);
}

/** Returns a table of the rolled-up days. It shows the read and write units for each day and in total. */
function rollupText({ days, tracesRead, itemsWritten, readUnits, writeUnits }: RollupResult): string {
  if (days.length === 0) return 'No day was rolled up.\n';
  const ordered = [...days].sort((one, other) => (one.day < other.day ? -1 : 1));
  const sum = (figure: 'removed' | 'unreadable') =>
    numberText(ordered.reduce((total, day) => total + day[figure], 0));
  return tableText(
    [
      { header: 'Day (UTC)', align: 'left' },
      { header: 'Traces' },
      { header: 'Agent × model' },
      { header: 'Removed', drop: 2 },
      { header: 'Unreadable', drop: 1 },
      { header: 'Read units', drop: 3 },
      { header: 'Write units', drop: 3 },
    ],
    [
      ...ordered.map(each => ({
        cells: [
          each.day,
          numberText(each.traces),
          numberText(each.items),
          numberText(each.removed),
          numberText(each.unreadable),
          numberText(each.readUnits),
          numberText(each.writeUnits),
        ],
      })),
      {
        cells: [
          'Total',
          numberText(tracesRead),
          numberText(itemsWritten),
          sum('removed'),
          sum('unreadable'),
          numberText(readUnits),
          numberText(writeUnits),
        ],
        rule: true,
        tone: 'strong',
      },
    ],
  );
}

function numberText(figure: number): string {
  return figure.toLocaleString('en-US', { maximumFractionDigits: 1 });
}
