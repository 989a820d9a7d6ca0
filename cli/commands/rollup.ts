import type { Command } from 'commander';
import { DEFAULT_TRACE_TTL_DAYS } from '../../src/contract';
import { failureText } from '../failure';
import { newCommand } from '../new-command';
import { wholeNumber } from '../options/common-options';
import { daysToSeal, MAX_SEAL_DAYS } from '../rollup/days-to-roll-up';
import { sealDays } from '../rollup/roll-up-days';
import { sealText } from '../rollup/rollup-text';
import { action, type Context } from '../run';

interface SealFlags {
  readonly days?: number;
  readonly allowFewer?: boolean;
  readonly ttlDays: number;
}

const MAX_TTL_DAYS = 36_500;
/** A throttled table is asked again for about a minute, as by the nightly function. */
const MAX_ATTEMPTS = 10;

/** `seal`: what the nightly function does, by hand. */
export function addSealCommand(program: Command): void {
  const command = newCommand(program, {
    name: 'seal',
    summary: 'seal days by hand, as the nightly function does',
    description:
      'Reads the traces of each UTC day once and writes its sums, which reports read from then on. A day ' +
      'can be sealed any number of times with the same result; ended half way, it is sealed again. Days ' +
      'are UTC days, whatever the time zone of reports, and today is never sealed. Reading takes half a ' +
      'read unit for each 4 KB of traces: about 75 units for 1,000 calls.',
    examples: [
      ['seal', 'yesterday and the day before, as each night'],
      ['seal --days 30', 'the last thirty days'],
      ['seal --since 2026-11-01 --until 2026-11-20 --json | jq .failed', 'a range of days'],
    ],
    ignores: ['timezone', 'agent', 'model'],
  })
    .option('--days <count>', 'the last so many days, without today', wholeNumber(1, MAX_SEAL_DAYS))
    .option(
      '--allow-fewer',
      'seal a day also with fewer traces than it was sealed with: they were taken out on purpose',
    )
    .option(
      '--ttl-days <days>',
      "days until the table's traces expire, 0 for never: asked for days of which nothing is left",
      wholeNumber(0, MAX_TTL_DAYS),
      DEFAULT_TRACE_TTL_DAYS,
    );
  action<SealFlags>(command, seal);
}

async function seal({
  options,
  signal,
  table,
  progress,
  print,
  note,
  endWith,
  atEnd,
}: Context<SealFlags>): Promise<void> {
  const now = new Date();
  const request = daysToSeal(options, now);
  const { tableName, region, endpoint } = await table();
  const { DynamoDBClient } = await import('@aws-sdk/client-dynamodb');
  const client = new DynamoDBClient({ region, endpoint, maxAttempts: MAX_ATTEMPTS });
  atEnd(() => client.destroy());
  const bar = await progress('Sealing days');
  const result = await sealDays(request, {
    client,
    tableName,
    now,
    ttlDays: options.ttlDays,
    signal,
    onProgress: each => bar.update(each),
    explain: error => failureText(error, { tableName, region, endpoint }),
  });
  await print(result, () => sealText(result));
  for (const { day, reason } of result.failed) note(`token-analytics: ${day} was not sealed: ${reason}`);
  if (result.left.length > 0) note(`token-analytics: not begun: ${result.left.join(', ')}`);
  // What was ended by hand ends with the code for it.
  signal.throwIfAborted();
  if (result.failed.length > 0) endWith('failure');
}
