// Tests that no metric or trace is lost. When a handler returns, all of them are sent or printed to the log.
import { lateStream, NOVA, usageOf } from './support';
import { type FaultyTable, spilledIn, startFaultyTable } from '../../support/faulty-table';
import { type HeldClock, holdClock, isSettled, settled, turns, until } from '../../support/held-clock';
import { emfOf, stdoutOf } from '../../support/stdout';
import {
  type RecordInput,
  replaySpills,
  TokenTracker,
  type TokenTrackerOptions,
} from 'cdk-token-analytics/runtime';

const USAGE = usageOf(100, 20);
const ANSWER = { usage: { inputTokens: 100, outputTokens: 20, totalTokens: 120 } };

let clock: HeldClock;
let table: FaultyTable;
beforeEach(async () => {
  clock = holdClock();
  table = await startFaultyTable();
});
afterEach(async () => {
  clock.release();
  await table.close();
});

const newTracker = (changes: TokenTrackerOptions = {}) =>
  new TokenTracker({
    sink: 'emf',
    agentId: 'triage',
    tableName: 'Traces',
    endpoint: table.endpoint,
    ...changes,
  });
const call = (requestId?: string, changes: Partial<RecordInput> = {}): RecordInput => ({
  modelId: NOVA,
  usage: USAGE,
  requestId,
  ...changes,
});

function contextWith(remainingMs: number) {
  const end = Date.now() + remainingMs;
  return { getRemainingTimeInMillis: () => Math.max(0, end - Date.now()) };
}

const counted = (lines: readonly string[], metric: string) =>
  emfOf(lines)
    .flatMap(document => [document[metric] ?? []].flat() as number[])
    .reduce((sum, value) => sum + value, 0);

function answer<Value>(): { promise: Promise<Value>; give: (value: Value) => void } {
  let give: (value: Value) => void = () => undefined;
  const promise = new Promise<Value>(resolve => (give = resolve));
  return { promise, give };
}

/** Returns the number of unanswered calls outside of handler runs. */
const openCallsOf = (tracker: TokenTracker) =>
  (tracker as unknown as { delivery: { outside: { open: Set<unknown> } } }).delivery.outside.open.size;

/** Waits until a promise settles, without advancing the clock. */
const ends = (promise: Promise<unknown>) => until(isSettled(promise));

describe('with a table that hangs', () => {
  beforeEach(() => {
    table.fault = () => ({ hangs: true });
  });

  test('leaves no request in flight if the handler returns during the flush before its timeout', async () => {
    const tracker = newTracker({ batchSize: 10 });
    const work = answer<void>();
    const lines = await stdoutOf(async () => {
      const running = tracker.handler(async (_event: unknown, _context: unknown) => {
        for (let index = 0; index < 60; index += 1) tracker.record(call(`r${index}`));
        await work.promise;
      })({}, contextWith(900));
      // The flush starts 500 ms before the timeout of 900 ms. The table does not respond.
      await clock.advance(399);
      await clock.advance(1, { unanswered: 4 });
      await until(() => table.requests === 4);
      await clock.advance(350, { unanswered: 4 });
      work.give();
      await ends(running);
    });

    expect(new Set(spilledIn(lines)).size).toBe(60);
    expect(counted(lines, 'TracesSpilled')).toBe(60);
    expect(counted(lines, 'InvocationCount')).toBe(60);
  });

  test('does not let later runs wait after one run waited, and warns with the reason', async () => {
    const warnings: string[] = [];
    const spy = jest
      .spyOn(process.stderr, 'write')
      .mockImplementation(text => warnings.push(String(text)) > 0);
    const tracker = newTracker();
    const handler = tracker.handler(() => void tracker.record(call()));
    const lines = await stdoutOf(async () => {
      const first = handler();
      await until(() => table.requests === 1);
      await clock.expectEndAfter(1000, first, { unanswered: 1 });
      for (let run = 0; run < 8; run += 1) await ends(handler());
    });
    spy.mockRestore();

    expect([table.requests, spilledIn(lines).length, counted(lines, 'BreakerOpened')]).toEqual([1, 9, 1]);
    expect(warnings.join('')).toContain('the circuit breaker is open, after NoAnswer');
  });

  test('writes the day-index entry again for a trace after a spill', async () => {
    const tracker = newTracker();
    const lines = await stdoutOf(async () => {
      const first = tracker.handler(() => void tracker.record(call('r1')))({}, contextWith(300));
      await until(() => table.requests === 1);
      await clock.advance(100, { unanswered: 1 });
      await ends(first);
    });
    expect(spilledIn(lines)).toHaveLength(1);

    const written: string[] = [];
    table.fault = () => ({ unprocessed: sortKey => written.push(sortKey) < 0 });
    await stdoutOf(() => ends(tracker.handler(() => void tracker.record(call('r2')))()));

    expect(written.map(sortKey => sortKey.split('#')[0])).toEqual(['AGENT', expect.stringMatching(/^20/)]);
  });

  test('does not let a run wait for, or spill because of, a background flush that hangs', async () => {
    const tracker = newTracker({ flushIntervalSeconds: 1 });
    table.fault = request => ({ hangs: request === 1 });
    const lines = await stdoutOf(async () => {
      tracker.record(call('outside'));
      await clock.advance(999);
      await clock.advance(1, { unanswered: 1 });
      await until(() => table.requests === 1);
      for (let run = 0; run < 9; run += 1) {
        await ends(tracker.handler(() => void tracker.record(call(`run ${run}`)))());
      }
    });

    expect([table.traces.size, spilledIn(lines).length]).toEqual([9, 0]);
    // The write request of the background flush times out. Its trace is then printed to the log.
    const later = await stdoutOf(() => clock.advance(10_000, { unanswered: 1 }));
    expect(spilledIn(later)).toHaveLength(1);
  });
});

test('lets only one run wait for its deadline if the table takes no item of any request', async () => {
  table.fault = () => ({ unprocessed: () => true });
  const tracker = newTracker();
  const handler = tracker.handler(() => void tracker.record(call()));
  const lines = await stdoutOf(async () => {
    const first = handler();
    await until(() => table.requests === 1);
    await clock.expectEndAfter(1000, first);
    const { requests } = table;
    for (let run = 0; run < 5; run += 1) await ends(handler());
    expect(table.requests).toBe(requests);
  });

  expect([spilledIn(lines).length, counted(lines, 'BreakerOpened')]).toEqual([6, 1]);
});

test('opens the circuit breaker after five short runs without an answer', async () => {
  table.fault = request => ({ hangs: request <= 5 });
  const tracker = newTracker({ flushTimeoutMs: 100 });
  const handler = tracker.handler(() => void tracker.record(call()));
  await stdoutOf(async () => {
    for (let run = 1; run <= 5; run += 1) {
      const running = handler();
      await until(() => table.requests === run);
      await clock.expectEndAfter(100, running, { unanswered: 1 });
    }
    await ends(handler());
  });

  expect([table.traces.size, table.requests]).toEqual([0, 5]);
});

test('names the failure in the warning, and not only the circuit breaker', async () => {
  const warnings: string[] = [];
  const spy = jest.spyOn(process.stderr, 'write').mockImplementation(text => warnings.push(String(text)) > 0);
  const { AWS_REGION: region } = process.env;
  delete process.env.AWS_REGION;
  const tracker = newTracker();
  await stdoutOf(() => clock.pass(() => tracker.handler(() => void tracker.record(call()))()));
  process.env.AWS_REGION = region;
  spy.mockRestore();

  expect(warnings.join('')).toContain('Traces could not be written to Traces (RegionMissing)');
});

test('does not keep a call that is answered after its run', async () => {
  const tracker = newTracker();
  const model = answer<typeof ANSWER>();
  await stdoutOf(async () => {
    await ends(
      tracker.handler(async () => {
        void tracker.track({ modelId: NOVA }, () => model.promise);
      })(),
    );
    expect(openCallsOf(tracker)).toBe(1);
    model.give(ANSWER);
    await turns();
    await ends(tracker.flush());
  });

  expect([table.traces.size, openCallsOf(tracker)]).toEqual([1, 0]);
});

describe('several runs', () => {
  test('concurrent runs neither send nor spill traces of each other, and end independently', async () => {
    const tracker = newTracker();
    const [one, other] = [answer<void>(), answer<void>()];
    const handler = tracker.handler(async (id: string, wait: Promise<void>) => {
      tracker.record(call(`${id}-1`, { agentId: id }));
      await wait;
      tracker.record(call(`${id}-2`, { agentId: id }));
    });
    const running = [handler('one', one.promise), handler('other', other.promise)];
    const first = await stdoutOf(async () => {
      one.give();
      await ends(running[0]);
    });

    expect([...table.traces].map(key => key.split('#')[1]).sort()).toEqual(['one-1', 'one-2']);
    expect(emfOf(first).map(({ AgentId }) => AgentId)).toEqual(['one']);

    table.fault = () => ({ hangs: true });
    const second = await stdoutOf(async () => {
      other.give();
      await until(() => table.requests === 2);
      await clock.expectEndAfter(1000, running[1], { unanswered: 1 });
    });
    expect(
      spilledIn(second)
        .map(key => key.split('#')[1])
        .sort(),
    ).toEqual(['other-1', 'other-2']);
    expect(emfOf(second).flatMap(({ AgentId }) => AgentId ?? [])).toEqual(['other']);
  });
});

describe('calls at the timeout of a function', () => {
  /** Runs a handler whose only model call is answered `leftMs` milliseconds before the handler's timeout. */
  async function answeredLate(leftMs: number) {
    const tracker = newTracker();
    const model = answer<typeof ANSWER>();
    const summaries: unknown[] = [];
    const lines = await stdoutOf(async () => {
      const running = tracker.handler(async (_event: unknown, _context: unknown) => {
        await tracker.track({ modelId: NOVA }, () => model.promise);
        summaries.push(tracker.summary());
      })({}, contextWith(2000));
      await clock.advance(2000 - leftMs);
      model.give(ANSWER);
      await ends(running);
      await settled();
    });
    return { lines, summaries };
  }

  test('a call that is cut off is recorded with its answer if that comes in the last 100 ms', async () => {
    const { lines, summaries } = await answeredLate(50);

    expect(emfOf(lines).filter(line => 'InvocationCount' in line || 'InvocationErrors' in line)).toEqual([
      expect.objectContaining({ InvocationCount: 1, InputTokens: 100, OutputTokens: 20 }),
    ]);
    expect(counted(lines, 'InvocationErrors')).toBe(0);
    expect(summaries).toEqual([expect.objectContaining({ answered: 1, failed: 0, totalTokens: 120 })]);
  });

  test('a call that is cut off is counted once, as cut off, if its answer comes after its metrics', async () => {
    const { lines, summaries } = await answeredLate(10);

    expect([counted(lines, 'InvocationErrors'), counted(lines, 'InvocationCount')]).toEqual([1, 0]);
    expect(summaries).toEqual([expect.objectContaining({ answered: 0, failed: 1 })]);
  });

  test.each([50, 10])(
    'a call that is cut off has one trace, the answer, after a replay of its log (answered %d ms before the end)',
    async left => {
      const { lines } = await answeredLate(left);
      const spilled = lines
        .filter(line => line.includes('"TraceSpill"'))
        .map(
          line => (JSON.parse(line) as { TraceSpill: Record<string, Record<string, unknown>> }).TraceSpill,
        );

      expect(
        spilled.map(({ provisional, error, outputTokens }) => [provisional, error, outputTokens]),
      ).toEqual([
        [{ BOOL: true }, { S: 'FunctionTimeout' }, undefined],
        [undefined, undefined, { N: '20' }],
      ]);
      expect(new Set(spilled.map(({ pk, sk }) => `${String(pk.S)} ${String(sk.S)}`)).size).toBe(1);
    },
  );

  test('a call that is cut off is recorded as cut off if no answer comes and the handler returns', async () => {
    const tracker = newTracker();
    const work = answer<void>();
    const lines = await stdoutOf(async () => {
      const running = tracker.handler(async (_event: unknown, _context: unknown) => {
        void tracker.track({ modelId: NOVA }, () => new Promise(() => undefined));
        await work.promise;
      })({}, contextWith(2000));
      await clock.advance(1950);
      work.give();
      await ends(running);
    });

    expect(counted(lines, 'InvocationErrors')).toBe(1);
    expect(spilledIn(lines)).toHaveLength(1);
  });

  test('a call that is cut off has its answer written after a provisional trace in flight', async () => {
    const tracker = newTracker();
    const [model, work] = [answer<typeof ANSWER>(), answer<void>()];
    const { stream, read } = lateStream(model.promise, ANSWER.usage);
    let reading: Promise<unknown> = Promise.resolve();
    const lines = await stdoutOf(async () => {
      const running = tracker.handler(async () => {
        await tracker.track({ modelId: NOVA, operation: 'ConverseStream' }, () => ({ stream }));
        reading = read();
        await work.promise;
      })();
      await turns();
      work.give();
      await ends(running);
      // The stream is not read yet, so the trace in the table is provisional. The second handler reads the
      // stream.
      expect(table.traces.size).toBe(1);
      await ends(
        tracker.handler(async () => {
          model.give(ANSWER);
          await reading;
        })(),
      );
      await tracker.flush();
    });

    expect([table.traces.size, table.requests, spilledIn(lines).length]).toEqual([1, 2, 0]);
    expect(counted(lines, 'InvocationCount')).toBe(1);
  });
});

describe('request ids', () => {
  test('a request id is counted once in traces, metrics and the summary if it is repeated', async () => {
    const tracker = newTracker();
    const lines = await stdoutOf(async () => {
      await ends(
        tracker.handler(async () => {
          tracker.record(call('same'));
          await clock.advance(400);
          tracker.record(call('same'));
          tracker.record(call('another'));
          expect(tracker.summary().answered).toBe(2);
        })(),
      );
    });

    expect([table.traces.size, counted(lines, 'InvocationCount')]).toEqual([2, 2]);
  });

  test('a request id is remembered among the last 10,000', async () => {
    const tracker = newTracker({ tableName: undefined });
    await stdoutOf(() =>
      tracker.handler(() => {
        for (let index = 0; index <= 10_000; index += 1) tracker.record(call(`r${index}`));
        tracker.record(call('r1'));
        expect(tracker.summary().answered).toBe(10_001);
      })(),
    );
  });
});

test('spills invocations beyond the queue in groups of 500', async () => {
  const tracker = newTracker({ maxQueue: 10 });
  const writes: number[] = [];
  const spy = jest.spyOn(process.stdout, 'write').mockImplementation(text => {
    const spilled = String(text)
      .split('\n')
      .filter(line => line.includes('TraceSpill')).length;
    if (spilled > 0) writes.push(spilled);
    return true;
  });
  await tracker.handler(() => {
    for (let index = 0; index < 2010; index += 1) tracker.record(call(`r${index}`));
  })();
  spy.mockRestore();

  expect(writes).toEqual([500, 500, 500, 500]);
});

test('can replay a spilled trace, whatever ended the run', async () => {
  table.fault = () => ({ hangs: true });
  const tracker = newTracker();
  const lines = await stdoutOf(async () => {
    const running = tracker.handler(() => void tracker.record(call('r1')))({}, contextWith(150));
    await ends(running);
  });
  table.fault = () => ({});

  await expect(
    replaySpills(lines, { tableName: 'Traces', endpoint: table.endpoint, region: 'us-east-1' }),
  ).resolves.toMatchObject({ written: 1, refused: 0, left: 0 });
});

describe('provisional records', () => {
  test('an answer that replaces a provisional record is counted instead of it if the body of InvokeModel is read late', async () => {
    const tracker = newTracker();
    const model = answer<{ readonly body: Uint8Array }>();
    const context = { modelId: 'anthropic.claude-3-haiku-20240307-v1:0', operation: 'InvokeModel' };
    const lines = await stdoutOf(async () => {
      const running = tracker.handler(async (_event: unknown, _context: unknown) => {
        await tracker.tracked(context)(() => model.promise)();
      })({}, contextWith(900));
      await clock.advance(850);
      model.give({ body: Buffer.from(JSON.stringify({ usage: { input_tokens: 10, output_tokens: 5 } })) });
      await ends(running);
    });

    expect([counted(lines, 'InvocationErrors'), counted(lines, 'InvocationCount')]).toEqual([0, 1]);
    expect(counted(lines, 'OutputTokens')).toBe(5);
  });

  test('an answer that replaces a provisional record goes to the log if the request with the provisional trace had no answer', async () => {
    table.fault = request => ({ hangs: request === 1 });
    const tracker = newTracker({ flushTimeoutMs: 300 });
    const model = answer<void>();
    const { stream, read } = lateStream(model.promise, ANSWER.usage);
    let reading: Promise<unknown> = Promise.resolve();
    const lines = await stdoutOf(async () => {
      const running = tracker.handler(async () => {
        await tracker.track({ modelId: NOVA, operation: 'ConverseStream' }, () => ({ stream }));
        reading = read();
      })();
      await until(() => table.requests === 1);
      await clock.expectEndAfter(300, running, { unanswered: 1 });
      model.give();
      await ends(reading);
      await ends(tracker.flush());
    });

    const spilled = lines.filter(line => line.includes('"TraceSpill"'));
    expect(spilled.map(line => line.includes('"provisional"'))).toEqual([true, false]);
    expect(table.traces.size).toBe(0);
  });
});

test('counts traces beyond the queue as spilled before the handler returns', async () => {
  const tracker = newTracker({ maxQueue: 0 });
  const lines = await stdoutOf(() =>
    ends(
      tracker.handler(() => {
        for (let index = 0; index < 5; index += 1) tracker.record(call(`r${index}`));
      })(),
    ),
  );

  expect([spilledIn(lines).length, counted(lines, 'TracesSpilled')]).toEqual([5, 5]);
});

test('spills the day-index entry of written traces if the process ends before it is written', async () => {
  table.fault = () => ({ unprocessed: key => !key.endsWith('#last') });
  const tracker = newTracker();
  const lines = await stdoutOf(async () => {
    void tracker.handler(async (_event: unknown, _context: unknown) => {
      for (let index = 0; index < 23; index += 1) tracker.record(call(`r${index}`, { agentId: 'one' }));
      tracker.record(call('last', { agentId: 'two' }));
      await new Promise(() => undefined);
    })({}, contextWith(1000));
    await clock.advance(500);
    await until(() => table.traces.size === 1);
    await clock.advance(400);
  });

  expect(spilledIn(lines)).toHaveLength(23);
  expect(lines.filter(line => line.includes('TraceSpillEntry') && line.includes('two'))).toHaveLength(1);
});

test('counts an invocation that waits for a look-up with its values at the time of the record', async () => {
  const profile = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/otnfa2ysixqd';
  process.env.AWS_ENDPOINT_URL_BEDROCK = table.endpoint;
  table.fault = () => ({ status: 400 });
  const tracker = newTracker({ tableName: undefined, resolveProfiles: true });
  const usage = { ...USAGE };
  const lines = await stdoutOf(() =>
    clock.pass(() =>
      tracker.handler(() => {
        for (let tokens = 1; tokens <= 3; tokens += 1) {
          Object.assign(usage, { outputTokens: tokens });
          tracker.record({ modelId: profile, usage });
        }
      })(),
    ),
  );
  delete process.env.AWS_ENDPOINT_URL_BEDROCK;

  expect(emfOf(lines).map(({ OutputTokens }) => OutputTokens)).toEqual([[1, 2, 3]]);
});
