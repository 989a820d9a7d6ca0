import { usageOf } from './support';
import { holdClock, type HeldClock } from '../../support/held-clock';
import { ANSWER, Bedrock, KeepingTracker, messages, NOVA, read, tokensOf } from '../instrument/support';
import { TokenTracker } from 'cdk-token-analytics/runtime';

/** Returns the value with a type that every parameter accepts, so that a test can pass invalid arguments. */
const wrong = (value: unknown) => value as never;
/** Object that cannot be read: every access to a revoked proxy throws an error. */
const { proxy: revoked, revoke } = Proxy.revocable({}, {});
revoke();
/** Adds a member `name` to an object. Reading this member throws a RangeError. */
const trapped = <Members extends object>(members: Members, name: string) =>
  Object.defineProperty(members, name, {
    enumerable: true,
    get: () => {
      throw new RangeError('trap');
    },
  });
const USAGE = usageOf(100, 20);

let clock: HeldClock;
let bedrock: Bedrock;
let tracker: KeepingTracker;
let warnings: string[];
beforeEach(async () => {
  clock = holdClock();
  bedrock = await Bedrock.start();
  tracker = new KeepingTracker({ agentId: 'default' });
  warnings = [];
  // Removes the list of printed warnings. The package prints each warning only once in a process.
  const shared = (process as unknown as Record<symbol, Map<string, Set<string>>>)[
    Symbol.for('cdk-token-analytics')
  ];
  shared.get('warned')?.clear();
  jest.spyOn(process.stderr, 'write').mockImplementation(line => {
    warnings.push((JSON.parse(String(line)) as { message: string }).message);
    return true;
  });
});
afterEach(async () => {
  jest.restoreAllMocks();
  clock.release();
  await bedrock.close();
});

/** Waits for the next turn of the event loop. Node.js reports unhandled rejections before this turn. */
const turn = () => new Promise(resolve => setImmediate(resolve));

describe('invalid contexts', () => {
  test.each([
    ['undefined', undefined],
    ['null', null],
    ['text', 'triage'],
  ])(
    'an invalid context of %s does not stop run, track and tracked, which use the defaults and warn once',
    async (_what, context) => {
      const action = jest.fn(() => 5);

      expect(tracker.run(wrong(context), action)).toBe(5);
      expect(tracker.run(wrong(context), action)).toBe(5);
      expect(action).toHaveBeenCalledTimes(2);
      expect(warnings).toEqual([
        `run() must be given an object, got: ${context === null ? 'null' : typeof context}. It counts as {}.`,
      ]);

      const { response, recorded } = await tracker.track(wrong(context), action);
      expect([response, (await recorded).agentId]).toEqual([5, 'default']);
      expect(tracker.tracked(wrong(context))(action)()).toBe(5);
      expect(tracker.tracked(() => wrong(context))(action)()).toBe(5);
      expect(action).toHaveBeenCalledTimes(5);
      expect(warnings).toHaveLength(3);
    },
  );

  test('an invalid context with a member that throws does not stop the call, and its other members are used', async () => {
    const context = trapped({ modelId: NOVA, agentId: 'triage' }, 'incidentId');

    expect(tracker.run(context, () => tracker.record({ modelId: NOVA }).agentId)).toBe('triage');
    const { invocation } = await tracker.track(context, () => ({
      usage: { inputTokens: 5, outputTokens: 6 },
    }));
    expect(tokensOf(invocation)).toEqual([5, 0, 0, 0, 6]);
    expect(tracker.tracked(context)(() => 5)()).toBe(5);

    expect(tracker.invocations.map(({ agentId, incidentId }) => [agentId, incidentId])).toEqual(
      Array(3).fill(['triage', undefined]),
    );
    expect(warnings).toEqual(['incidentId could not be read (RangeError) and is omitted.']);
  });

  test('a context with accessors of a class is read', () => {
    class Context {
      get agentId() {
        return 'triage';
      }
    }

    expect(tracker.run(new Context(), () => tracker.record({ modelId: NOVA })).agentId).toBe('triage');
  });

  test.each([
    ['is rejected', () => Promise.reject(new Error('mine'))],
    ['is fulfilled', () => Promise.resolve({ agentId: 'triage' })],
  ])(
    'an invalid context that is a promise that %s does not stop the call, and leaves no unhandled rejection',
    async (_how, context) => {
      expect(tracker.tracked(wrong(context))(() => 5)()).toBe(5);
      await turn();

      expect(warnings).toEqual([
        'The context of a tracked function could not be read (it must not be a promise), and is ignored.',
      ]);
    },
  );
});

describe('a record', () => {
  test.each<[string, (tracker: KeepingTracker) => unknown, string]>([
    [
      'of undefined',
      one => one.record(wrong(undefined)),
      'record() must be given an object, got: undefined. It counts as {}.',
    ],
    [
      'of null from a cache',
      one => one.recordCached(wrong(null)),
      'recordCached() must be given an object, got: null. It counts as {}.',
    ],
    [
      'of a batch of nothing',
      one => one.recordBatch(wrong(null), 5),
      'recordBatch() must be given an object, got: null. It counts as {}.',
    ],
    [
      'of a revoked proxy',
      one => one.record(wrong(revoked)),
      'agentId could not be read (TypeError) and is omitted.',
    ],
    [
      'with a member that throws',
      one => one.record(trapped({ modelId: NOVA }, 'usage')),
      'usage could not be read (RangeError) and is omitted.',
    ],
    [
      'with counts that throw',
      one => one.record({ modelId: NOVA, usage: trapped({ ...USAGE }, 'outputTokens') }),
      'usage could not be read (RangeError) and is omitted.',
    ],
    [
      'with usage that is a revoked proxy',
      one => one.record({ modelId: NOVA, usage: wrong(revoked) }),
      'usage could not be read (TypeError) and is omitted.',
    ],
    [
      'with a time that is a revoked proxy',
      one => one.record({ modelId: NOVA, timestamp: wrong(revoked) }),
      'timestamp could not be read (TypeError) and is omitted.',
    ],
  ])('a record %s is made, with one warning', (_what, record, warning) => {
    expect(() => record(tracker)).not.toThrow();

    expect(tracker.invocations).toHaveLength(1);
    expect(warnings).toEqual([warning]);
  });

  test('records the members of an input that can be read', () => {
    const input = trapped({ modelId: NOVA, usage: USAGE, requestId: 'r-1' }, 'sessionId');

    expect(tracker.record(input)).toEqual(
      expect.objectContaining({ requestId: 'r-1', usage: USAGE, cost: expect.anything() as unknown }),
    );
  });
});

describe('unreadable options', () => {
  test.each<[string, () => TokenTracker]>([
    ['null in fromEnvironment', () => TokenTracker.fromEnvironment({}, wrong(null))],
    ['a revoked proxy in fromEnvironment', () => TokenTracker.fromEnvironment({}, wrong(revoked))],
    ['a member that throws', () => new TokenTracker(trapped({}, 'agentId'))],
  ])('options that cannot be read are replaced by the defaults: %s', (_what, make) => {
    expect(make().run({}, () => 5)).toBe(5);
  });
});

describe('an instrumented client', () => {
  test('accepts null as its options', async () => {
    tracker.instrument(bedrock.client, wrong(null));

    await bedrock.converse();

    expect(tracker.invocations.map(({ agentId }) => agentId)).toEqual(['default']);
    expect(warnings).toEqual(['instrument() must be given an object, got: null. It counts as {}.']);
  });

  /** Returns the middleware that `instrument` adds to a fake client. The middleware calls `next`. */
  function around(next: (args: { readonly input: object }) => unknown) {
    let call: ((args: object) => unknown) | undefined;
    tracker.instrument(
      {
        middlewareStack: {
          add(middleware: (next: unknown, context: object) => (args: object) => unknown) {
            call ??= middleware(next, { commandName: 'ConverseCommand' });
          },
        } as never,
      },
      { agentId: 'triage', requestMetadata: true },
    );
    return call as (args: object) => unknown;
  }

  test.each(['modelId', 'sessionId', 'requestMetadata'])(
    'sends a request whose %s cannot be read, and records it',
    async name => {
      const next = jest.fn(() => Promise.resolve({ output: { usage: { inputTokens: 5, outputTokens: 6 } } }));
      const input = trapped({ modelId: NOVA }, name);

      await around(next)({ input });

      expect(next).toHaveBeenCalledTimes(1);
      expect(tracker.invocations).toEqual([expect.objectContaining({ agentId: 'triage' })]);
      expect(tracker.invocations.map(tokensOf)).toEqual([[5, 0, 0, 0, 6]]);
      expect(warnings).toEqual([
        expect.stringMatching(/^\w+ could not be read \(RangeError\) and is omitted\.$/),
      ]);
    },
  );

  test.each([
    ['undefined', undefined],
    ['null', null],
    ['an object that cannot be read', revoked],
  ])(
    'makes one record and no unhandled rejection if another middleware returns %s',
    async (_what, result) => {
      // `revoked` is wrapped in `output`, because a promise that resolves to a revoked proxy rejects.
      const next = () => (result === revoked ? { output: revoked } : Promise.resolve(result));

      await around(next)({ input: { modelId: NOVA } });
      await turn();

      expect(tracker.invocations).toHaveLength(1);
    },
  );

  test('leaves no unhandled rejection if the step of the headers returns nothing', async () => {
    tracker.instrument(bedrock.client);
    bedrock.client.middlewareStack.add(() => () => Promise.resolve(wrong(undefined)), {
      step: 'deserialize',
      priority: 'low',
    });

    await expect(bedrock.converse()).rejects.toThrow(TypeError);
    await turn();
  });
});

describe('streams', () => {
  test.each<[string, () => unknown]>([
    ['returns steps that are not objects', () => undefined],
    ['returns steps whose done throws', () => trapped({}, 'done')],
  ])('a stream that %s fails only at its reader, and is one record', async (_how, step) => {
    const stream = { [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve(step()) }) };
    const { response } = await tracker.track({ modelId: NOVA }, () => Promise.resolve({ stream }));

    await expect(read(response.stream as AsyncIterable<unknown>)).rejects.toThrow();
    await turn();

    expect(tracker.invocations).toHaveLength(1);
  });

  test('a stream that fails with an unreadable object throws that object, and is one record', async () => {
    const failure = new Proxy(
      {},
      {
        get: () => {
          throw new Error('trap');
        },
        getPrototypeOf: () => {
          throw new Error('trap');
        },
      },
    );
    const stream = { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(failure) }) };
    const { response } = await tracker.track({ modelId: NOVA }, () => Promise.resolve({ stream }));

    const isSame = await read(response.stream as AsyncIterable<unknown>).then(
      () => false,
      (error: unknown) => error === failure,
    );
    expect(isSame).toBe(true);

    expect(tracker.invocations.map(({ error }) => error)).toEqual(['Error']);
  });

  test('a stream of a request that cannot be read again is one record when its reader stops early', async () => {
    tracker.instrument(bedrock.client);
    let isSent = false;
    const input = { modelId: NOVA, messages };
    Object.defineProperty(input, 'system', {
      enumerable: true,
      get: () => {
        if (isSent) throw new Error('trap');
        return undefined;
      },
    });
    bedrock.answer = { ...ANSWER };
    const { stream } = await bedrock.client.send(new bedrock.sdk.runtime.ConverseStreamCommand(input));
    isSent = true;

    for await (const event of stream as AsyncIterable<unknown>) {
      expect(event).toBeDefined();
      break;
    }

    expect(tracker.invocations).toHaveLength(1);
  });
});
