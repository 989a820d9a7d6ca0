import type { Command } from 'commander';
import { DEFAULT_TRACE_TTL_DAYS } from '../../src/contract';
import { failureText } from '../failure';
import { newCommand } from '../new-command';
import { wholeNumber } from '../options/common-options';
import { daysToRollUp, MAX_ROLLUP_DAYS } from '../rollup/days-to-roll-up';
import { rollUpDays } from '../rollup/roll-up-days';
import { rollupText } from '../rollup/rollup-text';
import { action, type Context } from '../run';

interface RollupFlags {
  readonly days?: number;
  readonly allowFewer?: boolean;
  readonly ttlDays: number;
}

const MAX_TTL_DAYS = 36_500;
/** A throttled table is asked again for about a minute, as by the nightly function. */
const MAX_ATTEMPTS = 10;

/** `rollup`: what the nightly function does, by hand. */
export function addRollupCommand(program: Command): void {
  const command = newCommand(program, {
    name: 'rollup',
    summary: 'roll days up by hand, as the nightly function does',
    description:
      'Reads the traces of each UTC day once and writes its sums, which reports read from then on. A day ' +
      'can be rolled up any number of times with the same result; ended half way, it is rolled up again. Days ' +
      'are UTC days, whatever the time zone of reports, and today is never rolled up. Reading takes half a ' +
      'read unit for each 4 KB of traces: about 75 units for 1,000 calls.',
    examples: [
      ['rollup', 'yesterday and the day before, as each night'],
      ['rollup --days 30', 'the last thirty days'],
      ['rollup --since 2026-11-01 --until 2026-11-20 --json | jq .failed', 'a range of days'],
    ],
    ignores: ['timezone', 'agent', 'model'],
  })
    .option('--days <count>', 'the last so many days, without today', wholeNumber(1, MAX_ROLLUP_DAYS))
    .option(
      '--allow-fewer',
      'roll a day up also with fewer traces than it was rolled up with: they were taken out on purpose',
    )
    .option(
      '--ttl-days <days>',
      "days until the table's traces expire, 0 for never: asked for days of which nothing is left",
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
  const request = daysToRollUp(options, now);
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
  if (result.remaining.length > 0) note(`token-analytics: not begun: ${result.remaining.join(', ')}`);
  // What was ended by hand ends with the code for it.
  signal.throwIfAborted();
  if (result.failed.length > 0) endWith('failure');
}
