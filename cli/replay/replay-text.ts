import type { ReplayResult } from './replay-lines';
import { dayOf } from '../../lambda/traces/trace-keys';

/** Describes the result of a replay. Each line is one sentence. */
export function replayText(result: ReplayResult): string {
  const { lines, found, written, refused, left, reason, dryRun } = result;
  return [
    `${count(lines, 'line')} read, ${count(found, 'spilled trace')} found`,
    dryRun
      ? 'Nothing was written, because --dry-run only counts'
      : `${count(written, 'trace')} written or already in the table`,
    ...(refused > 0 ? [`${count(refused, 'line')} ignored: truncated, or not written by the runtime`] : []),
    ...(left > 0
      ? [
          `${count(left, 'item')} not written (${reason ?? 'the run was interrupted'}): fix the cause, and ` +
            'replay the same lines again',
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
  // Keys come from untrusted logs. ASCII JSON escapes their control characters.
  const keys = poisonedKeys.map(key => `  ${escapeNonAscii(JSON.stringify(key))}`);
  const rest = poisoned - poisonedKeys.length;
  return [
    `${count(poisoned, 'item')} rejected by the table because of the content. Another replay does not help`,
    ...keys,
    ...(rest > 0 ? [`  and ${count(rest, 'other')}`] : []),
  ];
}

function metricsText({ metricsSent, metricsLeft, metricsReason, dryRun }: ReplayResult): string[] {
  return [
    ...(metricsSent > 0 ? [`${count(metricsSent, 'metric request')} sent to CloudWatch`] : []),
    ...(metricsLeft > 0
      ? [
          metricsReason === undefined
            ? `${count(metricsLeft, 'metric request')} not sent, because CloudWatch may have counted them. ` +
              `${dryRun ? 'Without --dry-run, --metrics' : '--metrics'} sends them`
            : `${count(metricsLeft, 'metric request')} not sent (${metricsReason})`,
        ]
      : []),
  ];
}

function escapeNonAscii(text: string): string {
  return text.replace(
    /[^\x20-\x7e]/g,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/**
 * Returns a hint to roll up past days again if traces of past days were written. Otherwise returns undefined.
 */
export function rollupHint(
  { days, written }: Pick<ReplayResult, 'days' | 'written'>,
  now: Date,
): string | undefined {
  const past = days.filter(day => day < dayOf(now));
  if (past.length === 0 || written === 0) return undefined;
  return (
    'Traces of past days were written. Roll these days up again with token-analytics rollup --since ' +
    `${past[0]} --until ${past[past.length - 1]}`
  );
}

function count(number: number, one: string): string {
  return `${number.toLocaleString('en-US')} ${one}${number === 1 ? '' : 's'}`;
}
