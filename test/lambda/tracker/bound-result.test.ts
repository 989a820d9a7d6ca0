import * as path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { runInNewContext } from 'node:vm';
import { type HeldClock, holdClock } from '../../support/held-clock';
import { REPOSITORY, run } from '../../support/run';
import { Bedrock, KeepingTracker, NOVA, read, tokensOf } from '../instrument/support';

let clock: HeldClock;
let bedrock: Bedrock;
let tracker: KeepingTracker;
beforeEach(async () => {
  clock = holdClock();
  bedrock = await Bedrock.start();
  tracker = new KeepingTracker({ agentId: 'default' });
  tracker.instrument(bedrock.client);
});
afterEach(async () => {
  clock.release();
  await bedrock.close();
});

const agents = () => tracker.invocations.map(({ agentId }) => agentId);
const openCalls = () =>
  (tracker as unknown as { delivery: { outside: { open: Set<unknown> } } }).delivery.outside.open.size;
const turn = () => new Promise(resolve => setImmediate(resolve));

/** Imitates an agent of the Strands SDK: a generator that makes model calls between its events. */
async function* agentStream(rounds = 2) {
  for (let round = 0; round < rounds; round += 1) {
    await pause(1);
    await bedrock.converse();
    yield { type: 'modelStreamUpdateEvent', round };
    for await (const event of await bedrock.converseStream()) yield event;
  }
  return { stopReason: 'end_turn' };
}

/**
 * Creates a `ReadableStream` of the events. The stream takes an event from the generator only when a reader
 * needs it.
 */
function webStream(events: AsyncGenerator<unknown>): ReadableStream<unknown> {
  return new ReadableStream(
    {
      pull: async controller => {
        const { done, value } = await events.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
    },
    { highWaterMark: 0 },
  );
}

/** Functions that return a generator, or an object with a generator, e.g. a promise. */
const GIVEN = [
  ['a generator', () => agentStream()],
  ['a promise of a generator', () => Promise.resolve(agentStream())],
  ['an async iterable', () => ({ [Symbol.asyncIterator]: () => agentStream() })],
  ['a response with a stream', () => Promise.resolve({ stream: agentStream() })],
  ['a web stream', () => webStream(agentStream())],
  ['a thenable of a generator', () => lazy(agentStream()).thenable],
] as const;

function lazy<Value>(value: Value | (() => Value | Promise<Value>)) {
  const counts = { begun: 0 };
  const thenable = {
    then(resolve?: (value: Value) => unknown, reject?: (error: unknown) => unknown) {
      counts.begun += 1;
      const make = async () => (typeof value === 'function' ? await (value as () => Value)() : value);
      return make().then(resolve, reject);
    },
  };
  return { counts, thenable };
}

async function streamOf(given: unknown): Promise<AsyncIterable<unknown>> {
  const result = (await given) as { stream?: AsyncIterable<unknown> };
  return result.stream ?? (result as AsyncIterable<unknown>);
}

describe('contexts', () => {
  describe.each(GIVEN)('of %s', (_what, make) => {
    test.each([
      ['run', (context: object) => tracker.run(context, make as () => unknown)],
      ['tracked', (context: object) => tracker.tracked(context)(make as () => unknown)()],
    ])('the context holds for the result of %s, wherever it is read', async (_how, call) => {
      const [one, other] = [call({ agentId: 'one' }), call({ agentId: 'other' })];

      await clock.pass(() =>
        Promise.all([
          tracker.run({ agentId: 'reader' }, async () => read(await streamOf(one))),
          streamOf(other).then(read),
        ]),
      );

      expect(agents().sort()).toEqual([...Array<string>(4).fill('one'), ...Array<string>(4).fill('other')]);
    });
  });

  test('the context of a reader does not change between the steps', async () => {
    const stream = tracker.run({ agentId: 'inner' }, () => agentStream(1));

    await clock.pass(() =>
      tracker.run({ agentId: 'reader' }, async () => {
        for await (const _event of stream) tracker.record({ modelId: NOVA });
      }),
    );

    const counts = agents().reduce<Record<string, number>>(
      (all, agent) => ({ ...all, [agent]: (all[agent] ?? 0) + 1 }),
      {},
    );
    expect(counts.inner).toBe(2);
    expect(Object.keys(counts).sort()).toEqual(['inner', 'reader']);
  });

  test('the context holds for next, return and throw of a synchronous generator', () => {
    const record = () => tracker.record({ modelId: NOVA });
    function* steps(): Generator<number, string, unknown> {
      try {
        record();
        yield 1;
        record();
        yield 2;
      } catch {
        record();
        yield 3;
      } finally {
        record();
      }
      return 'done';
    }
    const left = tracker.run({ agentId: 'left' }, steps);
    const broken = tracker.run({ agentId: 'broken' }, steps);

    expect([left.next(), left.return('mine')]).toEqual([
      { done: false, value: 1 },
      { done: true, value: 'mine' },
    ]);
    expect([broken.next(), broken.throw(new Error('mine')), broken.next()]).toEqual([
      { done: false, value: 1 },
      { done: false, value: 3 },
      { done: true, value: 'done' },
    ]);

    expect(agents()).toEqual(['left', 'left', 'broken', 'broken', 'broken']);
  });

  test('the context of a lazy thenable holds for its work, and not for the callbacks of its caller', async () => {
    const { thenable } = lazy(() => bedrock.converse());
    const query = tracker.run({ agentId: 'query' }, () => thenable);
    expect(query).toBe(thenable);

    await query.then(() => bedrock.converse());

    expect(agents()).toEqual(['query', 'default']);
  });
});

describe('run', () => {
  test('run keeps an unhandled rejection unhandled', async () => {
    const { code, stdout } = await run(process.execPath, [
      '-e',
      `const { TokenTracker } = require(${JSON.stringify(path.join(REPOSITORY, 'lib', 'runtime'))});
      const tracker = new TokenTracker();
      process.on('unhandledRejection', error => console.log('unhandled', error));
      tracker.run({}, () => Promise.reject('handled')).catch(() => undefined);
      tracker.run({}, () => Promise.reject('alone'));
      tracker.tracked({})(() => Promise.reject('tracked'))();`,
    ]);

    expect([code, stdout]).toEqual([0, 'unhandled alone\nunhandled tracked\n']);
  });

  test('run returns a frozen result unchanged', async () => {
    const frozen = Object.freeze({ [Symbol.asyncIterator]: () => agentStream(0) });
    const thenable = Object.freeze(lazy(5).thenable);

    expect(tracker.run({}, () => frozen)).toBe(frozen);
    expect(tracker.run({}, () => thenable)).toBe(thenable);
    expect(await thenable).toBe(5);
    expect(await read(frozen)).toEqual([]);
  });
});

describe('tracked generators', () => {
  const context = { modelId: 'given', agentId: 'triage' };

  test.each(GIVEN)(
    'a tracked generator with a model id is not counted itself if calls inside are recorded: %s',
    async (_what, make) => {
      const { response, recorded } = await tracker.track(context, make as () => unknown);
      await clock.pass(async () => read(await streamOf(response)));

      expect(agents().filter(agent => agent !== 'triage')).toEqual([]);
      expect(tracker.invocations.filter(({ model }) => model === NOVA)).toHaveLength(4);
      expect(tracker.invocations).toHaveLength(4);
      expect(tracker.invocations).toContain(await recorded);
      expect(openCalls()).toBe(0);
    },
  );

  test.each([
    ['tracked', (make: () => unknown) => tracker.tracked({ modelId: NOVA })(make)()],
    [
      'tracked, inside another',
      (make: () => unknown) =>
        tracker.tracked({ modelId: 'outer' })(() => tracker.tracked({ modelId: NOVA })(make)())(),
    ],
  ])(
    'a tracked generator with a model id is one record at its end, with the usage of its events: %s',
    async (_how, call) => {
      const uninstrumented = bedrock.newClient();
      const stream = call(async function* ask() {
        await pause(5);
        yield* await bedrock.converseStream(uninstrumented);
      }) as AsyncIterable<unknown>;
      expect([tracker.invocations.length, openCalls()]).toEqual([0, 0]);

      await clock.pass(() => read(stream));

      expect(tracker.invocations.map(tokensOf)).toEqual([[3702, 0, 0, 0, 1701]]);
      expect(tracker.invocations[0]).toEqual(expect.objectContaining({ model: NOVA }));
      expect(openCalls()).toBe(0);
    },
  );

  test('a tracked generator with a model id has the usage of the response that the generator returns', () => {
    const steps = tracker.tracked(context)(function* ask() {
      yield 'Hel';
      yield 'lo';
      return { usage: { inputTokens: 5, outputTokens: 6 } };
    })();

    expect([...steps]).toEqual(['Hel', 'lo']);

    expect(tracker.invocations.map(tokensOf)).toEqual([[5, 0, 0, 0, 6]]);
  });

  test('a tracked generator with a model id fails with the same error as the generator', async () => {
    const failure = Object.assign(new Error('mine'), { name: 'ThrottlingException' });
    const late = tracker.tracked(context)(async function* ask() {
      yield await Promise.resolve(1);
      throw failure;
    })();
    const now = tracker.tracked(context)(function* ask() {
      yield 1;
      throw failure;
    })();

    await expect(read(late)).rejects.toBe(failure);
    expect(() => [...now]).toThrow(failure);

    expect(tracker.invocations.map(({ error }) => error)).toEqual(Array(2).fill('ThrottlingException'));
  });

  test.each<[string, () => AsyncIterable<unknown>]>([
    ['a generator', () => agentStream()],
    ['an async iterable', () => ({ [Symbol.asyncIterator]: () => agentStream() })],
  ])(
    'a tracked generator with a model id is one record without an error if its handler ends first: %s',
    async (_what, make) => {
      const handler = tracker.handler(async () => {
        const { response } = await tracker.track(context, make);
        void response[Symbol.asyncIterator]().next();
        return tracker.invocations.length;
      });

      expect(await handler()).toBe(0);

      expect(tracker.invocations.map(({ agentId, error }) => [agentId, error])).toEqual([
        ['triage', undefined],
      ]);
    },
  );

  test('a tracked generator with a model id is one record if its reader stops early, and no record if it never starts', async () => {
    const make = tracker.tracked(context)(async function* ask() {
      yield await Promise.resolve(1);
      yield 2;
    });
    const [left, unread, ended] = [make(), make(), make()];

    for await (const one of left) {
      expect([one, openCalls()]).toEqual([1, 1]);
      break;
    }
    await ended.return(undefined);

    expect(unread).toBeDefined();
    expect([tracker.invocations.length, openCalls()]).toEqual([1, 0]);
  });
});

describe('lazy thenables', () => {
  const usage = { usage: { inputTokens: 5, outputTokens: 6 } };
  const context = { modelId: NOVA, agentId: 'triage' };

  test('a lazy thenable is started once by track', async () => {
    const { thenable, counts } = lazy(usage);

    const { response } = await tracker.track(context, () => thenable as never);

    expect([response, counts.begun]).toEqual([usage, 1]);
    expect(tracker.invocations.map(tokensOf)).toEqual([[5, 0, 0, 0, 6]]);
  });

  test('a lazy thenable is started only by the caller of tracked, and is one record', async () => {
    const { thenable, counts } = lazy(usage);
    const answer = tracker.tracked(context)(() => thenable)();
    await turn();
    expect(answer).toBe(thenable);
    expect([counts.begun, tracker.invocations.length, openCalls()]).toEqual([0, 0, 0]);

    expect(await answer).toBe(usage);
    expect(counts.begun).toBe(1);
    // Awaits the same thenable a second time. The tracker must not record a second call.
    expect(await answer).toBe(usage);

    expect(tracker.invocations.map(tokensOf)).toEqual([[5, 0, 0, 0, 6]]);
    expect(openCalls()).toBe(0);
  });

  test('a lazy thenable is not counted itself if calls inside are recorded', async () => {
    const { thenable } = lazy(() => bedrock.converse());

    await tracker.track(context, () => thenable as never);
    await tracker.tracked(context)(() => lazy(() => bedrock.converse()).thenable)();

    expect(agents()).toEqual(['triage', 'triage']);
  });

  test('a lazy thenable passes an error on, with and without a callback for it', async () => {
    const failure = Object.assign(new Error('mine'), { name: 'ThrottlingException' });
    const fail = tracker.tracked(context)(() => lazy(() => Promise.reject(failure)).thenable);

    await expect(fail()).rejects.toBe(failure);
    await expect(fail().then(() => 'no')).rejects.toBe(failure);
    expect(await fail().then(undefined, (error: unknown) => error)).toBe(failure);

    expect(tracker.invocations.map(({ error }) => error)).toEqual(Array(3).fill('ThrottlingException'));
  });

  test('a lazy thenable keeps its methods and is parsed once if it is a subclass of Promise, as in the OpenAI client', async () => {
    let parsed = 0;
    class ApiPromise<Value> extends Promise<Value> {
      constructor(private readonly parse: () => Value) {
        super(resolve => (resolve as (value: undefined) => void)(undefined));
      }

      static get [Symbol.species]() {
        return Promise;
      }

      override then<One = Value, Two = never>(
        go?: ((value: Value) => One | PromiseLike<One>) | null,
        stop?: ((error: unknown) => Two | PromiseLike<Two>) | null,
      ): Promise<One | Two> {
        parsed += 1;
        return Promise.resolve(this.parse()).then(go, stop);
      }

      asResponse() {
        return 'raw';
      }
    }
    const ask = tracker.tracked(context)(() => new ApiPromise(() => usage));

    expect(ask().asResponse()).toBe('raw');
    expect(await ask()).toBe(usage);

    expect(parsed).toBe(1);
    expect(tracker.invocations.map(tokensOf)).toEqual([[5, 0, 0, 0, 6]]);
  });

  test('a lazy thenable differs from a promise of another realm, which is recorded although nobody awaits it', async () => {
    const foreign = runInNewContext(
      'Promise.resolve({ usage: { inputTokens: 5, outputTokens: 6 } })',
    ) as unknown;

    expect(tracker.tracked(context)(() => foreign)()).toBe(foreign);
    await turn();

    expect(tracker.invocations.map(tokensOf)).toEqual([[5, 0, 0, 0, 6]]);
  });

  test('a lazy thenable is returned unchanged if its then cannot be read', () => {
    const broken = {
      get then() {
        throw new Error('trap');
      },
    };

    expect(tracker.tracked(context)(() => broken)()).toBe(broken);
    expect(tracker.run({}, () => broken)).toBe(broken);
  });
});
