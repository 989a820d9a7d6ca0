import { replayLines } from '../../../cli/replay/replay-lines';
import { rollupHint } from '../../../cli/replay/replay-text';
import type { LineSource } from '../../../cli/replay/sources';
import { traceItem } from '../../../lambda/traces/trace-item';
import { listenOnLoopback, type LoopbackServer } from '../../../local/emulators/http-server';
import { call } from '../../lambda/rollup/support';
import { type HeldClock, holdClock, until } from '../../support/held-clock';

const SPILLS = Array.from({ length: 300 }, (_, index) =>
  JSON.stringify({
    TraceSpill: traceItem(call({ requestId: `r${index}` }), { ttlDays: 90, writeShards: 1 }),
  }),
);
const SOURCE: LineSource = {
  name: 'lines',
  lines: async function* () {
    yield* SPILLS;
  },
};

let clock: HeldClock;
let end: AbortController;
let table: LoopbackServer;
let requests = 0;

beforeAll(async () => {
  table = await listenOnLoopback(async () => {
    requests += 1;
    await Promise.resolve();
  });
});

beforeEach(() => {
  clock = holdClock();
  end = new AbortController();
});

afterEach(() => {
  end.abort();
  clock.release();
});

afterAll(async () => {
  await table.close();
});

test('gives up after three batches if the table does not answer, and counts the items not written', async () => {
  const replaying = replayLines([SOURCE], {
    table: { tableName: 'Traces', region: 'us-east-1', endpoint: table.endpoint, deadlineMs: 200 },
    explain: String,
    signal: end.signal,
  });
  for (let batch = 1; batch < 3; batch += 1) {
    await until(() => requests === batch);
    await clock.advance(199, { unanswered: 1 });
    expect(requests).toBe(batch);
    await clock.advance(1, { unanswered: 1 });
  }
  await until(() => requests === 3);
  const result = await clock.expectEndAfter(200, replaying, { unanswered: 1 });

  // `left` is 301: 300 traces and one day index item.
  expect(result).toEqual(
    expect.objectContaining({
      lines: 300,
      found: 300,
      written: 0,
      left: 301,
      reason: 'deadline',
      days: ['1970-01-01'],
    }),
  );
  expect(requests).toBe(3);
});

test('reads nothing if the signal is aborted before the start', async () => {
  const result = await replayLines([SOURCE], { explain: String, signal: AbortSignal.abort() });

  expect(result).toEqual(expect.objectContaining({ lines: 0, found: 0, dryRun: true }));
});

test('reports progress only if the size of every source is known', async () => {
  const reported: number[] = [];
  const source = (bytes?: number): LineSource => ({
    name: 'x',
    bytes,
    lines: async function* (onBytes) {
      onBytes?.(10);
      yield 'x';
    },
  });

  await replayLines([source(10), source(30)], {
    explain: String,
    onProgress: ({ done, total }) => reported.push(done, total),
  });
  await replayLines([source(10), source()], {
    explain: String,
    onProgress: ({ done, total }) => reported.push(done, total),
  });

  expect(reported).toEqual([10, 40, 20, 40]);
});

test.each([
  [['2026-11-20', '2026-11-21', '2026-11-22'], 3, '--since 2026-11-20 --until 2026-11-21'],
  [['2026-11-22'], 3, undefined],
  [['2026-11-20'], 0, undefined],
])('suggests a rollup of the past days among %j after %d written traces: %s', (days, written, named) => {
  const hint = rollupHint({ days, written }, new Date('2026-11-22T10:00:00.000Z'));

  expect(hint?.includes(named ?? '')).toBe(named === undefined ? undefined : true);
});
