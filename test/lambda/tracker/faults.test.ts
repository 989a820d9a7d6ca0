import { usageOf } from './support';
import { type Fault, type FaultyTable, spilledIn, startFaultyTable } from '../../support/faulty-table';
import { type HeldClock, holdClock, settled, until } from '../../support/held-clock';
import { emfOf, stdoutOf } from '../../support/stdout';
import { Bedrock } from '../instrument/support';
import { replaySpills, TokenTracker, type TokenTrackerOptions } from 'cdk-token-analytics/runtime';

const NOWHERE = 'http://127.0.0.1:9';
const CALLS = 60;
const USAGE = usageOf(100, 20);

let clock: HeldClock;
let table: FaultyTable;
let bedrock: Bedrock;
beforeEach(async () => {
  clock = holdClock();
  table = await startFaultyTable();
  bedrock = await Bedrock.start();
});
afterEach(async () => {
  clock.release();
  await bedrock.close();
  await table.close();
});

const options = (changes: TokenTrackerOptions = {}): TokenTrackerOptions => ({
  sink: 'emf',
  agentId: 'triage',
  tableName: 'Traces',
  endpoint: table.endpoint,
  region: 'us-east-1',
  flushTimeoutMs: 30_000,
  ...changes,
});

const counted = (lines: readonly string[], metric: string) =>
  emfOf(lines)
    .flatMap(document => [document[metric] ?? []].flat() as number[])
    .reduce((sum, value) => sum + value, 0);

/**
 * Checks that every trace is either in the table or in the log, and that the metrics show the same counts.
 */
function accountOf(lines: readonly string[], calls = CALLS) {
  const spilled = new Set(spilledIn(lines));
  expect(counted(lines, 'TracesSpilled')).toBe(spilled.size);
  expect(counted(lines, 'TracesDropped')).toBe(0);
  expect(counted(lines, 'InvocationCount')).toBe(calls);
  expect(table.traces.size + spilled.size).toBe(calls);
  expect([...spilled].filter(trace => table.traces.has(trace))).toEqual([]);
  return {
    written: table.traces.size,
    spilled: spilled.size,
    breakerOpened: counted(lines, 'BreakerOpened'),
  };
}

/**
 * Runs a handler that makes `CALLS` model calls with an instrumented client. Checks that the answers equal
 * those of a client without a tracker.
 */
async function begin(changes: TokenTrackerOptions = {}, remainingMs = 40_000) {
  const plain = await bedrock.converse(bedrock.newClient());
  const tracker = new TokenTracker(options(changes));
  const client = tracker.instrument(bedrock.newClient());
  const lines = await stdoutOf(async () => {
    const end = Date.now() + remainingMs;
    await tracker.handler(async (_event: unknown, _context: unknown) => {
      const answers = await Promise.all(Array.from({ length: CALLS }, () => bedrock.converse(client)));
      for (const { $metadata: _metadata, ...answer } of answers) {
        expect(answer).toEqual({ ...plain, $metadata: undefined });
      }
    })({}, { getRemainingTimeInMillis: () => end - Date.now() });
  });
  return { lines, tracker };
}

/** Runs `begin` until it returns. The clock skips waits between retries, but does not reach any timeout. */
const run = (changes?: TokenTrackerOptions) => clock.pass(() => begin(changes));

describe('model answers and traces', () => {
  test('loses no trace if the table works', async () => {
    const { lines } = await run();

    expect(accountOf(lines)).toEqual({ written: CALLS, spilled: 0, breakerOpened: 0 });
  });

  test('loses no trace if connections are refused', async () => {
    const { lines } = await run({ endpoint: NOWHERE });

    expect(accountOf(lines)).toEqual({ written: 0, spilled: CALLS, breakerOpened: 1 });
  });

  test('loses no trace if every request fails', async () => {
    table.fault = () => ({ status: 500 });
    const { lines } = await run();

    expect(accountOf(lines)).toEqual({ written: 0, spilled: CALLS, breakerOpened: 1 });
    expect(table.requests).toBeLessThan(10);
  });

  test('loses no trace if the table hangs: one run waits a second, and later ones do not wait', async () => {
    table.fault = () => ({ hangs: true });
    const running = begin({ batchSize: 10, flushTimeoutMs: undefined });
    await until(() => table.requests === 4);
    const { lines, tracker } = await clock.expectEndAfter(1000, running, { unanswered: 4 });

    const handler = tracker.handler(() =>
      tracker.record({ modelId: 'amazon.nova-micro-v1:0', usage: USAGE }),
    );
    const later = await stdoutOf(async () => {
      // Nothing advances the clock here, so the handler would never end if it waited for the table.
      await handler();
      await handler();
    });

    expect(accountOf([...lines, ...later], CALLS + 2)).toEqual({
      written: 0,
      spilled: CALLS + 2,
      breakerOpened: 1,
    });
    expect(table.requests).toBe(4);
  });

  test('loses no trace if 30 % of the requests are throttled', async () => {
    table.fault = request =>
      request % 10 < 3 ? { status: 400, type: 'ProvisionedThroughputExceededException' } : {};
    const { lines } = await run({ batchSize: 5 });

    expect(accountOf(lines)).toEqual({ written: CALLS, spilled: 0, breakerOpened: 0 });
  });

  test('loses no trace if 30 % of the items are returned unprocessed', async () => {
    let item = 0;
    table.fault = () => ({ unprocessed: () => (item += 1) % 10 < 3 });
    const { lines } = await run();

    expect(accountOf(lines)).toEqual({ written: CALLS, spilled: 0, breakerOpened: 0 });
    expect(table.requests).toBeGreaterThan(3);
  });

  test('loses no trace if the table never takes half of each batch', async () => {
    const halves = new Map<string, boolean>();
    table.fault = () => ({
      unprocessed: sk => {
        if (!halves.has(sk)) halves.set(sk, halves.size % 2 === 1);
        return halves.get(sk) === true;
      },
    });
    const running = begin({ flushTimeoutMs: 1500 });
    // Waits for six write requests: the three batches, and a retry of half of each batch.
    await clock.pass(() => until(() => table.requests >= 6));
    await settled();
    await clock.advance(1500);
    const { lines } = await running;

    const { written, spilled } = accountOf(lines);
    expect(written).toBeGreaterThan(CALLS / 3);
    expect(spilled).toBeGreaterThan(CALLS / 3);
  });

  test('loses no trace if the circuit breaker opens, and closes again after its reset time', async () => {
    table.fault = () => ({ status: 500 });
    const tracker = new TokenTracker(options({ breakerResetSeconds: 60 }));
    const handler = tracker.handler(() =>
      tracker.record({ modelId: 'amazon.nova-micro-v1:0', usage: USAGE }),
    );
    const requests: number[] = [];
    const handle = async () => {
      await clock.pass(handler);
      requests.push(table.requests);
    };

    const lines = await stdoutOf(async () => {
      await handle();
      await handle();
      table.fault = () => ({});
      // Stays below the reset time of 60 s. The clock has advanced by at most 400 ms since the breaker
      // opened.
      await clock.advance(59_000);
      await handle();
      await clock.advance(1000);
      await handle();
      await handle();
    });

    expect(requests).toEqual([5, 5, 5, 6, 7]);
    expect(accountOf(lines, 5)).toEqual({ written: 2, spilled: 3, breakerOpened: 1 });
  });

  test('loses no trace if the circuit breaker opens again because the table is still down', async () => {
    table.fault = () => ({ status: 500 });
    const tracker = new TokenTracker(options({ breakerFailures: 2, breakerResetSeconds: 60 }));
    const handler = tracker.handler(() =>
      tracker.record({ modelId: 'amazon.nova-micro-v1:0', usage: USAGE }),
    );

    const lines = await stdoutOf(async () => {
      await clock.pass(handler);
      await clock.advance(60_000);
      await clock.pass(handler);
    });

    expect(accountOf(lines, 2)).toEqual({ written: 0, spilled: 2, breakerOpened: 2 });
    expect(table.requests).toBe(3);
  });

  test('loses no trace if the function times out during the flush', async () => {
    table.fault = request => (request > 1 ? { hangs: true } : {});
    const running = begin({ batchSize: 10 }, 900);
    // Waits for all five write requests. The first one is answered, and the other four get no response.
    await until(() => table.requests === 5);
    // The flush ends 200 ms before the timeout of 900 ms, so that the function has time to return.
    const { lines } = await clock.expectEndAfter(700, running, { unanswered: 4 });

    const { written, spilled } = accountOf(lines);
    expect(written).toBeGreaterThan(0);
    expect(spilled).toBeGreaterThan(0);
  });

  test('loses no trace if 10,000 calls are recorded at once', async () => {
    const tracker = new TokenTracker(options());
    const lines = await stdoutOf(() =>
      tracker.handler(() => {
        for (let index = 0; index < 10_000; index += 1) {
          tracker.record({ modelId: 'amazon.nova-micro-v1:0', usage: USAGE, requestId: `r${index}` });
        }
      })({}, { getRemainingTimeInMillis: () => 60_000 }),
    );

    const { written, spilled } = accountOf(lines, 10_000);
    expect([written, spilled]).toEqual([1000, 9000]);
  });

  test('counts and writes a call once if it is recorded twice', async () => {
    const tracker = new TokenTracker(options());
    const timestamp = new Date();
    const lines = await stdoutOf(() =>
      tracker.handler(() => {
        for (let index = 0; index < 50; index += 1) {
          tracker.record({
            modelId: 'amazon.nova-micro-v1:0',
            usage: USAGE,
            requestId: `r${index % 5}`,
            timestamp,
          });
        }
      })(),
    );

    expect(counted(lines, 'InvocationCount')).toBe(5);
    expect([table.traces.size, table.requests, spilledIn(lines).length]).toEqual([5, 1, 0]);
  });
});

describe('outside of a handler', () => {
  test('sends full batches of traces at once, and the rest after the interval', async () => {
    const tracker = new TokenTracker(options({ flushIntervalSeconds: 20 }));
    const lines = await stdoutOf(async () => {
      for (let index = 0; index < 30; index += 1) {
        tracker.record({ modelId: 'amazon.nova-micro-v1:0', usage: USAGE, requestId: `r${index}` });
      }
      await clock.pass(() => until(() => table.traces.size === 30));
      await settled();
      tracker.record({ modelId: 'amazon.nova-micro-v1:0', usage: USAGE, requestId: 'last' });
      await clock.advance(19_999);
      expect(table.traces.size).toBe(30);
      await clock.advance(1);
      await until(() => table.traces.size === 31);
      await settled();
    });

    expect(accountOf(lines, 31)).toEqual({ written: 31, spilled: 0, breakerOpened: 0 });
  });
});

describe('replaySpills', () => {
  const replayed = (lines: Parameters<typeof replaySpills>[0]) =>
    clock.pass(async () => {
      const { written, refused, left, reason } = await replaySpills(lines, {
        tableName: 'Traces',
        endpoint: table.endpoint,
        region: 'us-east-1',
      });
      return { written, refused, left, reason };
    });
  const faults: readonly (readonly [string, (request: number) => Fault])[] = [
    ['a table that works', () => ({})],
    ['a table that throttles', request => (request % 2 ? { status: 400, type: 'ThrottlingException' } : {})],
  ];

  test.each(faults)(
    'writes traces that were spilled by %s, twice with the same result',
    async (_what, fault) => {
      const { lines } = await run({ endpoint: NOWHERE });
      expect(spilledIn(lines)).toHaveLength(CALLS);
      table.fault = fault;
      const log = lines.map((line, index) =>
        index % 3 === 0
          ? `2026-11-21T00:00:00Z stream ${line}`
          : index % 3 === 1
            ? JSON.stringify({ timestamp: 1, message: line })
            : line,
      );

      const first = await replayed(['', 'START RequestId: x', '{"not":"ours"}', ...log]);
      const [count, requests] = [table.traces.size, table.requests];
      const second = await replayed(log);

      expect([first, second]).toEqual([
        { written: CALLS, refused: 0, left: 0 },
        { written: CALLS, refused: 0, left: 0 },
      ]);
      expect([count, table.traces.size]).toEqual([CALLS, CALLS]);
      expect(requests).toBeGreaterThanOrEqual(3);
    },
  );

  test('writes a day-index entry that did not arrive although its traces did', async () => {
    const entry = 'AGENT#triage';
    table.fault = () => ({ unprocessed: sortKey => sortKey === entry });
    const running = begin();
    await clock.pass(() => until(() => table.traces.size === CALLS && table.requests > 5));
    await settled();
    await clock.advance(30_000);
    const { lines } = await running;
    expect(accountOf(lines)).toEqual({ written: CALLS, spilled: 0, breakerOpened: 0 });
    const left: string[] = [];
    table.fault = () => ({
      unprocessed: sortKey => {
        left.push(sortKey);
        return false;
      },
    });

    const replay = await replayed(lines);

    expect(replay).toEqual({ written: 0, refused: 0, left: 0 });
    expect(left).toEqual([entry]);
  });

  test('reports the number of items that could not be written, and the reason', async () => {
    const { lines } = await run({ endpoint: NOWHERE });
    table.fault = () => ({ status: 400, type: 'AccessDeniedException' });

    const replay = await replayed(lines);

    expect(replay).toEqual({ written: 0, refused: 0, left: CALLS + 1, reason: 'AccessDeniedException' });
  });

  test('refuses lines that only look like a spill', async () => {
    const { lines } = await run({ endpoint: NOWHERE });
    const [line] = lines.filter(one => one.includes('"TraceSpill"'));
    const { TraceSpill: item } = JSON.parse(line) as { TraceSpill: Record<string, { S: string }> };
    const forged = (changes: object) => JSON.stringify({ TraceSpill: { ...item, ...changes } });

    const replay = await replayed([
      forged({ pk: { S: 'AGENT#other#2026-11-21' } }),
      forged({ sk: { S: '2026-11-21T00:00:00.000Z#x' } }),
      forged({ prompt: { S: 'secret' } }),
      forged({ costUsd: { N: '-1' } }),
      forged({ costUsd: { N: '1e400' } }),
      forged({ model: { S: 'x'.repeat(5000) } }),
      forged({ cached: { BOOL: 'yes' } }),
      forged({ model: { S: 'x', N: '1' } }),
      forged({ __proto__: null, model: { M: {} } }),
      '{"TraceSpill":{"pk":{"S":"ROLLUP#2026-11"},"sk":{"S":"x"}}}',
      '{"TraceSpill":null}',
      '{"TraceSpill":',
      line.slice(0, -40),
    ]);

    expect(replay).toEqual({ written: 0, refused: 13, left: 0 });
    expect(table.requests).toBe(0);
  });
});
