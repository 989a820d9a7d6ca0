import type { ReplayResult } from './replay-lines';
import { dayOf } from '../../lambda/traces/trace-keys';

/** What a replay did, a sentence a line. */
export function replayText({ lines, found, written, refused, left, reason, dryRun }: ReplayResult): string {
  return [
    `${count(lines, 'line')} read, ${count(found, 'spilled trace')} found`,
    dryRun
      ? 'Nothing was written: --dry-run counts alone'
      : `${count(written, 'trace')} written, or there before`,
    ...(refused > 0 ? [`${count(refused, 'line')} refused: cut off, or not written by the runtime`] : []),
    ...(left > 0
      ? [
          `${count(left, 'item')} could not be written (${reason ?? 'the run was ended'}): mend ` +
            'that, and replay the same lines again',
        ]
      : []),
  ]
    .map(sentence => `${sentence}\n`)
    .join('');
}

/**
 * How days that may have been sealed without the traces are sealed with them; undefined where there are none.
 */
export function resealHint(
  { days, written }: Pick<ReplayResult, 'days' | 'written'>,
  now: Date,
): string | undefined {
  const past = days.filter(day => day < dayOf(now));
  if (past.length === 0 || written === 0) return undefined;
  return (
    `Traces of days that may be sealed were written: token-analytics seal --since ${past[0]} --until ` +
    `${past[past.length - 1]}`
  );
}

function count(number: number, one: string): string {
  return `${number.toLocaleString('en-US')} ${one}${number === 1 ? '' : 's'}`;
}
