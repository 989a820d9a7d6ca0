import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { readLogs } from '../../../local/preview/recorded-log';

const emf = (value: unknown, time = 1_700_000_000_000) =>
  JSON.stringify({
    _aws: {
      Timestamp: time,
      CloudWatchMetrics: [{ Namespace: 'N', Dimensions: [[]], Metrics: [{ Name: 'M' }] }],
    },
    M: value,
  });

let scratch: string;
beforeAll(() => {
  scratch = mkdtempSync(path.join(tmpdir(), 'token-analytics-log-'));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function writeLog(name: string, lines: readonly string[]): string {
  const file = path.join(scratch, name);
  writeFileSync(file, lines.join('\n'));
  return file;
}

function valuesIn({ store }: Awaited<ReturnType<typeof readLogs>>): number[] {
  return [...store.data()].flatMap(({ values }) => values);
}

describe('readLogs', () => {
  test('reads metrics from bare lines, after a time stamp, and in the message of an event', async () => {
    const first = writeLog('first.log', [
      'START RequestId: 1',
      emf(1),
      `2026-11-21T00:00:00Z\t${emf(2)}`,
      '{"level":"INFO","message":"hello"}',
      '',
    ]);
    const second = writeLog('second.log', [
      JSON.stringify({ timestamp: 1, message: emf(3) }),
      JSON.stringify({ message: `abc ${emf(4)}` }),
      '{"message":"\\"_aws\\" {"}',
    ]);

    const logs = await readLogs([first, second]);

    expect(valuesIn(logs)).toEqual([1, 2, 3, 4]);
    expect([logs.metricLines, logs.refused]).toEqual([4, []]);
  });

  test('reports refused metric lines with the reason', async () => {
    const logs = await readLogs([writeLog('bad.log', [emf('no number'), emf(5)])]);

    expect(valuesIn(logs)).toEqual([5]);
    expect(logs.refused).toEqual([expect.stringContaining('metric M must have a finite number')]);
  });

  test('the error contains the name of a log file that cannot be read', async () => {
    await expect(readLogs([path.join(scratch, 'none.log')])).rejects.toThrow(
      /^--data .*none\.log cannot be read: .*ENOENT/,
    );
  });
});
