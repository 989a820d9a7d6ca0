import type { ReplayResult } from './replay-lines';
import { dayOf } from '../../lambda/traces/trace-keys';

/** What a replay did, a sentence a line. */
export function replayText(result: ReplayResult): string {
  const { lines, found, written, refused, left, reason, dryRun } = result;
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
    ...poisonedText(result),
    ...metricsText(result),
  ]
    .map(sentence => `${sentence}\n`)
    .join('');
}

function poisonedText({ poisoned, poisonedKeys }: ReplayResult): string[] {
  if (poisoned === 0) return [];
  // Anybody may write to a log. As JSON in ASCII, no control character of a key reaches the terminal.
  const keys = poisonedKeys.map(key => `  ${inAscii(JSON.stringify(key))}`);
  const rest = poisoned - poisonedKeys.length;
  return [
    `${count(poisoned, 'item')} refused by the table for the content, each tried by itself: replaying the ` +
      'same lines again does not help',
    ...keys,
    ...(rest > 0 ? [`  and ${count(rest, 'other')}`] : []),
  ];
}

function metricsText({ metricsSent, metricsLeft, metricsReason, dryRun }: ReplayResult): string[] {
  return [
    ...(metricsSent > 0 ? [`${count(metricsSent, 'request')} of metrics sent to CloudWatch`] : []),
    ...(metricsLeft > 0
      ? [
          metricsReason === undefined
            ? `${count(metricsLeft, 'request')} of metrics found and not sent: CloudWatch may have counted ` +
              `them. ${dryRun ? 'Without --dry-run, --metrics' : '--metrics'} sends them`
            : `${count(metricsLeft, 'request')} of metrics not sent (${metricsReason})`,
        ]
      : []),
  ];
}

function inAscii(text: string): string {
  return text.replace(
    /[^\x20-\x7e]/g,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/**
 * How days that may have been rolled up without the traces are rolled up with them; undefined where there are
 * none.
 */
export function rollupHint(
  { days, written }: Pick<ReplayResult, 'days' | 'written'>,
  now: Date,
): string | undefined {
  const past = days.filter(day => day < dayOf(now));
  if (past.length === 0 || written === 0) return undefined;
  return (
    `Traces of days that may be rolled up were written: token-analytics rollup --since ${past[0]} --until ` +
    `${past[past.length - 1]}`
  );
}

function count(number: number, one: string): string {
  return `${number.toLocaleString('en-US')} ${one}${number === 1 ? '' : 's'}`;
}
