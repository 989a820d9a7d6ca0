import { traceItem } from '../../../lambda/traces/trace-item';
import { listenOnLoopback, type LoopbackServer, readBody, send } from '../../../local/emulators/http-server';
import { type HeldClock, holdClock, isSettled, turns, until } from '../../support/held-clock';
import { emfOf, stdoutOf } from '../../support/stdout';
import {
  AnalyticsEmitter,
  type CallContext,
  type Invocation,
  type RecordInput,
  TokenTracker,
  TraceWriter,
} from 'cdk-token-analytics/runtime';

const NOVA = 'amazon.nova-micro-v1:0';
/** Time of the test invocations: now, because CloudWatch refuses old metrics. */
const TIME = new Date();
const USAGE = {
  uncachedInputTokens: 1,
  cacheReadTokens: 2,
  cacheWrite5mTokens: 3,
  cacheWrite1hTokens: 4,
  outputTokens: 5,
  source: 'usage',
  partial: false,
} as const;
const COUNTED = { ...USAGE, cacheWrite5mTokens: 0, cacheWrite1hTokens: 0 };

type Put = {
  readonly PutRequest: {
    readonly Item: Readonly<Record<string, { readonly S?: string; readonly N?: string }>>;
  };
};

function invocation(changes: Partial<Invocation> = {}): Invocation {
  return {
    requestId: 'r',
    agentId: 'triage',
    model: NOVA,
    modelId: NOVA,
    scope: 'in-region',
    timestamp: TIME,
    usage: USAGE,
    ...changes,
  };
}

/** Returns the value with a type that every parameter accepts, so that a test can pass invalid arguments. */
const wrong = (value: unknown) => value as never;

let clock: HeldClock;
let server: LoopbackServer | undefined;
beforeEach(() => {
  clock = holdClock();
});
afterEach(async () => {
  clock.release();
  await server?.close();
});

/**
 * Runs an action with a TraceWriter and a fake table. Returns the items that the table received, and the
 * printed lines. If `answers` is false, the table never responds.
 */
async function writing(
  options: Partial<ConstructorParameters<typeof TraceWriter>[0]>,
  action: (writer: TraceWriter, requests: () => number) => unknown,
  answers = true,
) {
  const batches: Put[][] = [];
  let requests = 0;
  server = await listenOnLoopback(async (request, response) => {
    const { RequestItems } = JSON.parse((await readBody(request)).toString()) as {
      RequestItems: Record<string, Put[]>;
    };
    requests += 1;
    if (!answers) return;
    batches.push(RequestItems.T);
    send(response, 200, { 'content-type': 'application/x-amz-json-1.0' }, '{}');
  });
  const counts = { tracesSpilled: 0, tracesDropped: 0, breakerOpened: 0 };
  const writer = new TraceWriter({
    tableName: 'T',
    endpoint: server.endpoint,
    region: 'us-east-1',
    onCount: (metric, count) => (counts[metric] += count),
    ...options,
  });
  const lines = await stdoutOf(() => action(writer, () => requests));
  await server.close();
  return { batches, items: batches.flat().map(({ PutRequest }) => PutRequest.Item), lines, ...counts };
}

describe('callers without type checks', () => {
  // Reading any member of this object throws an error, except for `then`. It can therefore be awaited.
  const hostile = new Proxy(
    {},
    {
      get: (_target, name) => {
        if (name === 'then') return undefined;
        throw new Error('no');
      },
    },
  );

  test.each<[string, Partial<Record<keyof RecordInput, unknown>>]>([
    ['no model id', { modelId: undefined }],
    ['a number as model id', { modelId: 7 }],
    ['an object as agent id', { agentId: {} }],
    ['a number as incident id', { incidentId: 2041 }],
    ['text as time', { timestamp: '2026-11-21T10:20:30Z' }],
    ['an invalid time', { timestamp: new Date(NaN) }],
    ['text as usage', { usage: 'many' }],
    ['an error that cannot be read', { error: hostile }],
    ['a symbol as tier', { serviceTier: Symbol('x') }],
  ])('a caller without type checks gets an invocation for %s', async (_what, changes) => {
    const { items, tracesDropped, tracesSpilled } = await writing({}, async writer => {
      const tracker = new TokenTracker({ sink: 'emf' });
      writer.enqueue(
        tracker.record({ modelId: NOVA, agentId: 'triage', usage: COUNTED, ...changes } as RecordInput),
      );
      await tracker.flush();
      await writer.flush({ deadlineMs: 5000 });
    });

    expect([items.length, tracesDropped, tracesSpilled]).toEqual([2, 0, 0]);
  });

  test.each([
    ['NaN', NaN],
    ['a negative number', -5],
    ['a fraction', 1.5],
    ['Infinity', Infinity],
    ['text', '5'],
    ['nothing', undefined],
  ])(
    'a caller without type checks gets no metric and no sum from a token count that is %s',
    async (_what, count) => {
      const tracker = new TokenTracker({ sink: 'emf' });

      const lines = await stdoutOf(async () => {
        tracker.record({
          modelId: NOVA,
          agentId: 'triage',
          usage: { ...COUNTED, outputTokens: wrong(count) },
        });
        await tracker.flush();
      });

      expect(tracker.summary()).toEqual(
        expect.objectContaining({ answered: 1, unpriced: 1, totalTokens: 0 }),
      );
      expect(emfOf(lines)).toEqual([
        expect.not.objectContaining({ OutputTokens: expect.anything() as unknown }),
      ]);
    },
  );

  test.each([
    ['a response', hostile],
    ['a part of a response', { usage: hostile, serviceTier: hostile, $metadata: hostile }],
  ])(
    'a caller without type checks gets the unchanged response if it is %s that cannot be read',
    async (_what, answer) => {
      const { response, invocation: recorded } = await new TokenTracker({ sink: 'emf' }).track(
        { agentId: 'triage', modelId: NOVA },
        () => answer,
      );

      expect(response).toBe(answer);
      expect(recorded.usage).toBeUndefined();
    },
  );

  test('a caller without type checks gets its own error for any context', async () => {
    await expect(
      new TokenTracker({ sink: 'emf' }).track(
        { modelId: wrong(null), timestamp: wrong('now') } as CallContext,
        () => Promise.reject(hostile as Error),
      ),
    ).rejects.toBe(hostile);
  });

  test('a caller without type checks gets the result of its handler for any context', async () => {
    const context = {
      getRemainingTimeInMillis: () => {
        throw new Error('no');
      },
    };

    await expect(new TokenTracker({ sink: 'emf' }).handler(() => 'result')({}, context)).resolves.toBe(
      'result',
    );
  });
});

describe('AnalyticsEmitter', () => {
  test('loses no value if its buffer fills within an invocation', async () => {
    const emitter = new AnalyticsEmitter({ detailLevel: 'standard' });
    const calls = 20_000;

    const lines = await stdoutOf(() => {
      for (let call = 0; call < calls; call += 1) {
        emitter.emit(invocation({ latencyMs: call % 3 ? 1 : undefined }));
      }
      void emitter.flush();
    });

    const documents = emfOf(lines);
    for (const metric of [
      'InvocationCount',
      'UnpricedInvocations',
      'InputTokens',
      'OutputTokens',
      'TotalTokens',
      'CacheReadTokens',
      'CacheWriteTokens',
      'TokenEfficiency',
    ]) {
      expect([metric, documents.flatMap(document => document[metric]).length]).toEqual([metric, calls]);
    }
  });

  test.each([
    ['POWERTOOLS_SERVICE_NAME', 'mine', 1],
    ['POWERTOOLS_METRICS_NAMESPACE', 'Mine', 1],
    ['POWERTOOLS_METRICS_DISABLED', 'true', 0],
    ['POWERTOOLS_DEV', 'true', 0],
  ])('follows the variable %s if it is a switch, and adds no dimension', async (variable, value, wanted) => {
    process.env[variable] = value;
    try {
      const emitter = new AnalyticsEmitter();
      const documents = emfOf(
        await stdoutOf(() => {
          emitter.emit(invocation());
          void emitter.flush();
        }),
      );

      expect(
        documents.map(({ _aws, service }) => [
          _aws.CloudWatchMetrics[0].Namespace,
          _aws.CloudWatchMetrics[0].Dimensions,
          service,
        ]),
      ).toEqual(
        Array.from({ length: wanted }, () => ['OPX/Analytics', [[], ['AgentId', 'Model']], undefined]),
      );
    } finally {
      delete process.env[variable];
    }
  });
});

describe('TraceWriter', () => {
  test.each([0, -1, NaN, 2.5, 100])(
    'writes all traces with a batch size of %d, at most 25 in one request',
    async batchSize => {
      const { batches, items } = await writing({ batchSize }, async writer => {
        for (let index = 0; index < 60; index += 1) writer.enqueue(invocation({ requestId: `r${index}` }));
        await writer.flush({ deadlineMs: 10_000 });
      });

      expect(items).toHaveLength(61);
      expect(Math.max(...batches.map(batch => batch.length))).toBeLessThanOrEqual(25);
    },
  );

  test('holds no more than its queue for any number of agents', async () => {
    const { lines, tracesSpilled } = await writing({ maxQueue: 10 }, async writer => {
      for (let index = 0; index < 500; index += 1) {
        writer.enqueue(invocation({ requestId: `r${index}`, agentId: `agent ${index}` }));
      }
      expect(writer.pending).toBe(10);
      await turns();
    });

    const spilled = lines.map(
      line => (JSON.parse(line) as { TraceSpill: { pk: { S: string } } }).TraceSpill.pk.S,
    );
    expect(tracesSpilled).toBe(490);
    expect(spilled.filter(pk => pk.startsWith('AGENT#'))).toHaveLength(490);
    expect(spilled).toHaveLength(490);
  });

  test('sends only numbers and text that the table accepts', async () => {
    const {
      items: [, item],
    } = await writing({ batchSize: 25 }, async writer => {
      writer.enqueue(
        invocation({ latencyMs: 1e300, timeToFirstTokenMs: 1e-200, items: -1e200, incidentId: 'a\ud800' }),
      );
      await writer.flush({ deadlineMs: 5000 });
    });

    expect(item.incidentId.S).toBe('a\ufffd');
    for (const { N } of Object.values(item)) {
      if (N !== undefined) expect(Math.abs(Number(N))).toBeLessThanOrEqual(Number.MAX_SAFE_INTEGER);
    }
    expect(item.ttftMs?.N).toBe('0');
  });

  test('counts an invocation that cannot be converted to a trace as dropped, without throwing', async () => {
    const { items, tracesDropped } = await writing({}, async writer => {
      writer.enqueue(invocation({ timestamp: new Date(NaN) }));
      writer.enqueue(wrong(undefined));
      writer.enqueue(invocation());
      await writer.flush({ deadlineMs: 5000 });
    });

    expect([items.length, tracesDropped]).toEqual([2, 2]);
  });

  test('spills requests at the deadline if the server does not answer', async () => {
    const { tracesSpilled, tracesDropped } = await writing(
      {},
      async (writer, requests) => {
        for (let index = 0; index < 30; index += 1) writer.enqueue(invocation({ requestId: `r${index}` }));
        const flush = writer.flush({ deadlineMs: 200 });
        await until(() => requests() === 2);
        await clock.expectEndAfter(200, flush, { unanswered: 2 });
      },
      false,
    );

    expect([tracesSpilled, tracesDropped]).toEqual([30, 0]);
  });

  test('does not let a flush wait for another beyond its own deadline', async () => {
    const { tracesSpilled } = await writing(
      {},
      async (writer, requests) => {
        writer.enqueue(invocation({ requestId: 'first' }));
        const first = writer.flush({ deadlineMs: 2000 });
        const isFirstOver = isSettled(first);
        await until(() => requests() === 1);
        writer.enqueue(invocation({ requestId: 'second' }));
        await clock.expectEndAfter(100, writer.flush({ deadlineMs: 100 }), { unanswered: 2 });
        expect(isFirstOver()).toBe(false);
        await clock.expectEndAfter(1900, first, { unanswered: 1 });
      },
      false,
    );

    expect(tracesSpilled).toBe(2);
  });

  test('waits until its deadline, also for ever, and leaves no listener', async () => {
    // Uses real timers, because they print a warning if a wait is longer than 2^31 - 1 ms.
    clock.release();
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => warnings.push(warning);
    process.on('warning', onWarning);
    const { items, tracesSpilled } = await writing({}, async writer => {
      for (let index = 0; index < 1000; index += 1) writer.enqueue(invocation({ requestId: `r${index}` }));
      await writer.flush({ deadlineMs: Infinity });
      await new Promise(resolve => setImmediate(resolve));
    });
    process.off('warning', onWarning);

    expect([items.length, tracesSpilled]).toEqual([1001, 0]);
    expect(warnings.filter(({ name }) => name !== 'Warning').map(({ name }) => name)).toEqual([]);
  });

  test('makes a day-index entry that expires after all of its traces', async () => {
    const entryOf = async (timestamp: Date) =>
      (
        await writing({}, async writer => {
          writer.enqueue(invocation({ timestamp }));
          await writer.flush({ deadlineMs: 5000 });
        })
      ).items.find(({ pk }) => pk.S?.startsWith('DAY#'));

    const early = await entryOf(new Date('2026-11-21T00:00:00Z'));
    const late = await entryOf(new Date('2026-11-21T23:59:59Z'));

    expect(early).toEqual(late);
    expect(Number(early?.ttl.N)).toBe(Date.parse('2026-11-22T00:00:00Z') / 1000 + 90 * 86_400);
  });
});

describe('traceItem', () => {
  test('a trace fits in 1 KB if each character of its keys is escaped', () => {
    const long = '#'.repeat(5000);
    const item = traceItem(
      invocation({
        agentId: long,
        requestId: long,
        incidentId: long,
        sessionId: long,
        model: long,
        modelId: long,
        operation: long,
        serviceTier: long,
        stopReason: long,
        usage: {
          ...USAGE,
          uncachedInputTokens: 9e15,
          cacheReadTokens: 9e15,
          outputTokens: 9e15,
          partial: true,
        },
        latencyMs: 123456.789012345,
        timeToFirstTokenMs: 1 / 3,
        items: 7,
        error: long,
        cached: true,
      }),
      { writeShards: 100, ttlDays: 90 },
    );

    const bytes = Object.entries(item).reduce(
      (sum, [name, value]) =>
        sum +
        Buffer.byteLength(name) +
        ('S' in value ? Buffer.byteLength(value.S) : 'N' in value ? Math.ceil(value.N.length / 2) + 1 : 1),
      0,
    );
    expect(bytes).toBeLessThanOrEqual(1024);
  });
});
