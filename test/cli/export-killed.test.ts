import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { runInTurn, type RunningCommand, startCommand } from './command-process';
import { type Front, startFront } from './front';
import { startTraceEngine, type TracedCall, type TraceEngine } from '../support/trace-engine';

const DAYS = ['2026-11-20', '2026-11-21', '2026-11-22'];
const AGENTS = ['triage', 'billing', 'search', 'a#b'];
const CALLS_OF_A_DAY = 200;
const STEP_MS = 300_000;
/**
 * Number of queries that the table answers before it hangs. One query reads the day index, and eight queries
 * read calls. At this point, the export has written some calls, but has read at most half of all calls.
 */
const LAST_ANSWERED = 9;
const TIMEOUT_MS = 120_000;

let engine: TraceEngine;
let front: Front;
let folder: string;

beforeAll(async () => {
  engine = await startTraceEngine();
  await engine.put(
    DAYS.flatMap(day =>
      AGENTS.flatMap(agentId =>
        Array.from({ length: CALLS_OF_A_DAY }, (_, index): TracedCall => ({
          at: new Date(Date.parse(`${day}T00:00:00.000Z`) + index * STEP_MS),
          agentId,
          usd: index / 100,
          latencyMs: index,
        })),
      ),
    ),
  );
}, TIMEOUT_MS);

afterAll(() => engine.close());

beforeEach(async () => {
  front = await startFront(engine.endpoint);
  folder = await mkdtemp(path.join(tmpdir(), 'export-killed-'));
});

afterEach(async () => {
  await front.close();
  await rm(folder, { recursive: true });
});

const inFolder = (name: string) => path.join(folder, name);
const exportTo = (name: string) => [
  'export',
  '--since',
  DAYS[0],
  '--until',
  DAYS[2],
  '--table',
  engine.tableName,
  '--endpoint',
  front.endpoint,
  '--output',
  inFolder(name),
];

async function exported(name: string): Promise<Buffer> {
  const { code, stderr } = await runInTurn(exportTo(name));
  expect([code, stderr]).toEqual([0, expect.stringContaining(engine.tableName)]);
  return readFile(inFolder(name));
}

/**
 * Starts an export, and makes the table hang during the export. Returns when the table hangs and the
 * unfinished file has at least `bytes` bytes.
 */
async function stalledExport(
  name: string,
  bytes = 1,
): Promise<{ readonly running: RunningCommand; readonly partial: string }> {
  let stalls = false;
  front.see = ({ number }) => {
    if (number <= LAST_ANSWERED) return undefined;
    stalls = true;
    return 'hangs';
  };
  const running = startCommand(exportTo(name));
  for (;;) {
    const partial = (await readdir(folder)).find(each => each.endsWith('.partial'));
    if (stalls && partial !== undefined && (await stat(inFolder(partial))).size >= bytes) {
      return { running, partial };
    }
    if (running.child.exitCode !== null) {
      throw new Error(`it ended before it could be killed: ${(await running.over).stderr}`);
    }
    await pause(20);
  }
}

// Format, and minimum size of the unfinished file in bytes. A Parquet file stays empty until its first row
// group is complete.
test.each([
  ['csv', 1],
  ['parquet', 0],
])(
  'leaves no %s file after a killed export, and writes the complete file when run again',
  async (format, bytes) => {
    const whole = await exported(`whole.${format}`);
    const { running, partial } = await stalledExport(`calls.${format}`, bytes);

    running.child.kill('SIGKILL');
    expect(await running.over).toMatchObject({ signal: 'SIGKILL' });
    const left = await readdir(folder);
    const { size } = await stat(inFolder(partial));
    front.see = () => undefined;
    const again = await exported(`calls.${format}`);

    expect(left.sort()).toEqual([partial, `whole.${format}`]);
    expect(partial).toContain(`calls.${format}`);
    expect(size).toBeLessThan(whole.length);
    expect(again.equals(whole)).toBe(true);
    // The second export has deleted the partial file of the killed export.
    expect((await readdir(folder)).sort()).toEqual([`calls.${format}`, `whole.${format}`]);
  },
  TIMEOUT_MS,
);

test('removes unfinished files of ended runs, but not those of running ones', async () => {
  const ofOthers = `.calls.csv.${process.pid}.partial`;
  for (const name of [
    ofOthers,
    '.calls.csv.notes.partial',
    '.other.csv.999999999.partial',
    '.calls.csv.999999999.partial',
  ]) {
    await writeFile(inFolder(name), 'x');
  }

  await exported('calls.csv');

  expect((await readdir(folder)).sort()).toEqual(
    [ofOthers, '.calls.csv.notes.partial', '.other.csv.999999999.partial', 'calls.csv'].sort(),
  );
});

test(
  'keeps the previous file until the new one is complete',
  async () => {
    await writeFile(inFolder('calls.csv'), 'of before');
    const { running } = await stalledExport('calls.csv');

    running.child.kill('SIGKILL');
    await running.over;
    const kept = await readFile(inFolder('calls.csv'), 'utf8');
    front.see = () => undefined;
    const again = await exported('calls.csv');

    expect(kept).toBe('of before');
    expect(again.toString().trimEnd().split('\n')).toHaveLength(
      1 + DAYS.length * AGENTS.length * CALLS_OF_A_DAY,
    );
  },
  TIMEOUT_MS,
);

test(
  'removes the unfinished file of an interrupted export',
  async () => {
    const { running } = await stalledExport('calls.csv');

    running.child.kill('SIGINT');
    const { code, stdout } = await running.over;

    expect([code, stdout]).toEqual([130, '']);
    expect(await readdir(folder)).toEqual([]);
  },
  TIMEOUT_MS,
);
