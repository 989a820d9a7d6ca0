import type { ReplayResult } from '../../../cli/replay/replay-lines';
import { replayText, rollupHint } from '../../../cli/replay/replay-text';

const RESULT: ReplayResult = {
  lines: 4,
  found: 2,
  written: 2,
  refused: 0,
  left: 0,
  poisoned: 0,
  poisonedKeys: [],
  metricsSent: 0,
  metricsLeft: 0,
  days: ['2026-11-20'],
  failed: [],
  dryRun: false,
};

test('shows the number of lines read, and of traces found and written', () => {
  expect(replayText(RESULT)).toBe(
    '4 lines read, 2 spilled traces found\n2 traces written or already in the table\n',
  );
});

test('uses the singular for one, and commas in thousands', () => {
  expect(replayText({ ...RESULT, lines: 1, found: 1, written: 1 })).toBe(
    '1 line read, 1 spilled trace found\n1 trace written or already in the table\n',
  );
  expect(replayText({ ...RESULT, lines: 1_234_567, found: 12_345, written: 0 })).toBe(
    '1,234,567 lines read, 12,345 spilled traces found\n0 traces written or already in the table\n',
  );
});

test('notes that a dry run wrote nothing', () => {
  expect(replayText({ ...RESULT, written: 0, dryRun: true })).toBe(
    '4 lines read, 2 spilled traces found\nNothing was written, because --dry-run only counts\n',
  );
});

test('shows the number of refused lines, also in a dry run', () => {
  expect(replayText({ ...RESULT, refused: 3 }).split('\n')[2]).toBe(
    '3 lines ignored: truncated, or not written by the runtime',
  );
  expect(replayText({ ...RESULT, refused: 1, dryRun: true }).split('\n')[2]).toBe(
    '1 line ignored: truncated, or not written by the runtime',
  );
});

test.each([
  [
    { left: 25, reason: 'AWS denies access' },
    '25 items not written (AWS denies access): fix the cause, and replay the same lines again',
  ],
  [
    { left: 1 },
    '1 item not written (the run was interrupted): fix the cause, and replay the same lines again',
  ],
])('gives the reason why items were not written, and a fix: %j', (changes, sentence) => {
  expect(replayText({ ...RESULT, refused: 1, ...changes }).split('\n')).toEqual([
    '4 lines read, 2 spilled traces found',
    '2 traces written or already in the table',
    '1 line ignored: truncated, or not written by the runtime',
    sentence,
    '',
  ]);
});

test('names items that the table refuses for their content, without control characters', () => {
  const text = replayText({
    ...RESULT,
    poisoned: 22,
    poisonedKeys: [['AGENT#tri\u001b[2Jage#2026-11-20', '2026-11-20T00:00:00.000Z#\u009bé']],
  });

  expect(text.split('\n').slice(2)).toEqual([
    '22 items rejected by the table because of the content. Another replay does not help',
    '  ["AGENT#tri\\u001b[2Jage#2026-11-20","2026-11-20T00:00:00.000Z#\\u009b\\u00e9"]',
    '  and 21 others',
    '',
  ]);
});

test.each([
  [
    { metricsLeft: 2 },
    '2 metric requests not sent, because CloudWatch may have counted them. --metrics sends them',
  ],
  [
    { metricsLeft: 1, dryRun: true },
    '1 metric request not sent, because CloudWatch may have counted them. Without --dry-run, --metrics sends them',
  ],
  [{ metricsSent: 3 }, '3 metric requests sent to CloudWatch'],
  [
    { metricsLeft: 1, metricsReason: 'older than two weeks' },
    '1 metric request not sent (older than two weeks)',
  ],
])('shows how many metric requests were sent or not: %j', (changes, sentence) => {
  expect(replayText({ ...RESULT, ...changes }).split('\n')[2]).toBe(sentence);
});

test.each([
  [['2026-11-18', '2026-11-20', '2026-11-22'], '--since 2026-11-18 --until 2026-11-20'],
  [['2026-11-21'], '--since 2026-11-21 --until 2026-11-21'],
])('names the days of %j before today to roll up again', (days, range) => {
  expect(rollupHint({ days, written: 1 }, new Date('2026-11-22T00:00:00.000Z'))).toBe(
    `Traces of past days were written. Roll these days up again with token-analytics rollup ${range}`,
  );
});

test.each([
  [['2026-11-22'], 1],
  [[], 1],
  [['2026-11-20'], 0],
])('suggests no rollup for the days %j with %d traces written', (days, written) => {
  expect(rollupHint({ days, written }, new Date('2026-11-22T23:59:59.999Z'))).toBeUndefined();
});
