import { setTimeout as pause } from 'node:timers/promises';
import { usageOf } from './support';
import { type HeldClock, holdClock } from '../../support/held-clock';
import { stdoutOf } from '../../support/stdout';
import {
  ANSWER,
  Bedrock,
  KeepingTracker,
  messages,
  NOVA,
  read,
  SECRET,
  tokensOf,
} from '../instrument/support';

const USAGE = usageOf(100, 20);

let clock: HeldClock;
let bedrock: Bedrock;
let tracker: KeepingTracker;
beforeEach(async () => {
  clock = holdClock();
  bedrock = await Bedrock.start();
  tracker = new KeepingTracker({ agentId: 'default' });
});
afterEach(async () => {
  clock.release();
  await bedrock.close();
});

const whose = () =>
  tracker.invocations.map(({ agentId, incidentId, sessionId }) => [agentId, incidentId, sessionId]);

describe('run', () => {
  test('run passes its context to the calls and runs inside, whose own members take precedence', async () => {
    tracker.instrument(bedrock.client, { agentId: 'client', incidentId: 'INC-0' });

    await bedrock.converse();
    await tracker.run({ incidentId: 'INC-1', sessionId: 's1' }, async () => {
      await bedrock.converse();
      await tracker.run({ agentId: 'inner', incidentId: undefined }, () => bedrock.converse());
      tracker.record({ modelId: NOVA, usage: USAGE, incidentId: 'INC-2' });
    });
    tracker.record({ modelId: NOVA, usage: USAGE });

    expect(whose()).toEqual([
      ['client', 'INC-0', undefined],
      ['client', 'INC-1', 's1'],
      ['inner', 'INC-1', 's1'],
      ['default', 'INC-2', 's1'],
      ['default', undefined, undefined],
    ]);
  });

  test('run returns the result of its action, or throws its error', async () => {
    const failure = new Error('mine');

    expect(tracker.run({}, () => 7)).toBe(7);
    await expect(tracker.run({}, () => Promise.reject(failure))).rejects.toBe(failure);
    expect(() =>
      tracker.run({}, () => {
        throw failure;
      }),
    ).toThrow(failure);
  });

  test('run keeps the calls and streams of a hundred concurrent runs apart', async () => {
    tracker.instrument(bedrock.client);
    bedrock.answer = (_request, number) => ({
      ...ANSWER,
      pace: { delayMs: number % 7, betweenMs: number % 2 },
    });

    await clock.pass(() =>
      Promise.all(
        Array.from({ length: 100 }, (_, index) =>
          tracker.run({ agentId: `agent-${index % 9}`, incidentId: `INC-${index}` }, async () => {
            await pause(index % 5);
            if (index % 2) await bedrock.converse();
            else await read(await bedrock.converseStream());
          }),
        ),
      ),
    );

    expect(new Set(tracker.invocations.map(({ incidentId }) => incidentId)).size).toBe(100);
    expect(
      tracker.invocations.filter(
        ({ agentId, incidentId = '' }) => agentId !== `agent-${Number(incidentId.slice(4)) % 9}`,
      ),
    ).toEqual([]);
  });

  test('run sets the items of each call, which determine the tokens per item', async () => {
    tracker.instrument(bedrock.client);

    await tracker.run({ items: 2 }, () => bedrock.converse());

    expect(tracker.invocations[0]).toEqual(expect.objectContaining({ items: 2, tokensPerItem: 5403 / 2 }));
  });

  test('run keeps a stream in the run that started it, wherever it is read', async () => {
    tracker.instrument(bedrock.client);

    const stream = await tracker.run({ incidentId: 'INC-1' }, () => bedrock.converseStream());
    await tracker.run({ incidentId: 'INC-2' }, () => read(stream));

    expect(whose()).toEqual([['default', 'INC-1', undefined]]);
  });
});

describe('track', () => {
  test('track records a call of an instrumented client once, with the given context', async () => {
    tracker.instrument(bedrock.client, { agentId: 'client' });

    const { response, invocation, recorded } = await tracker.track(
      { modelId: 'given', agentId: 'triage', incidentId: 'INC-1' },
      () => bedrock.converse(),
    );

    expect(response.output?.message?.role).toBe('assistant');
    expect(tracker.invocations).toEqual([invocation]);
    expect(await recorded).toBe(invocation);
    expect(invocation).toEqual(
      expect.objectContaining({ model: NOVA, agentId: 'triage', incidentId: 'INC-1', operation: 'Converse' }),
    );
  });

  test('track returns tokens and cost of a stream after it is read, with and without an instrumented client', async () => {
    for (const client of [bedrock.newClient(), tracker.instrument(bedrock.client)]) {
      const { response, invocation, recorded } = await tracker.track(
        { modelId: NOVA, incidentId: 'INC-1' },
        () => bedrock.converseStream(client),
      );
      expect(invocation).toEqual(
        expect.objectContaining({ usage: undefined, cost: undefined, incidentId: 'INC-1' }),
      );
      await read('stream' in response ? (response as { stream: AsyncIterable<unknown> }).stream : response);
      expect((await recorded).cost?.picoUsd).toBe(367_710_000n);
    }

    // Both calls have token counts. The first client is not instrumented, but the tracker reads its stream.
    expect(tracker.invocations.map(tokensOf)).toEqual(Array(2).fill([3702, 0, 0, 0, 1701]));
    expect(tracker.invocations.map(({ operation }) => operation)).toEqual(Array(2).fill('ConverseStream'));
  });

  test('track reads the usage of a stream from a client that is not instrumented', async () => {
    const command = new bedrock.sdk.runtime.ConverseStreamCommand({ modelId: NOVA, messages });
    const { response, recorded } = await tracker.track({ modelId: NOVA, agentId: 'triage' }, () =>
      bedrock.client.send(command),
    );
    expect(tracker.invocations).toEqual([]);
    await read(response.stream as AsyncIterable<unknown>);

    const invocation = await recorded;
    expect(tracker.invocations).toEqual([invocation]);
    expect(tokensOf(invocation)).toEqual([3702, 0, 0, 0, 1701]);
    expect(invocation).toEqual(
      expect.objectContaining({
        operation: 'ConverseStream',
        requestId: response.$metadata.requestId,
        agentId: 'triage',
      }),
    );
  });

  test('track records a call inside another track once', async () => {
    const outer = await tracker.track({ modelId: 'outer', agentId: 'triage' }, () =>
      tracker.track({ modelId: NOVA, incidentId: 'INC-1' }, () => bedrock.converse()),
    );

    expect(tracker.invocations).toEqual([outer.invocation]);
    expect(outer.invocation).toEqual(
      expect.objectContaining({ agentId: 'triage', incidentId: 'INC-1', model: NOVA }),
    );
  });

  test('track records each attempt of a fallback, and no error of the caller itself', async () => {
    tracker.instrument(bedrock.client);
    bedrock.answer = (_request, number) =>
      number === 1 ? { error: { status: 429, type: 'ThrottlingException', message: SECRET } } : ANSWER;
    const failure = new Error('cannot parse');

    await expect(
      tracker.track({}, async () => {
        await bedrock.converse().catch(() => bedrock.converse());
        throw failure;
      }),
    ).rejects.toBe(failure);

    expect(tracker.invocations.map(({ error }) => error)).toEqual(['ThrottlingException', undefined]);
  });

  test('track records a call once that its action also records with record()', async () => {
    const { invocation } = await tracker.track({ modelId: NOVA, agentId: 'triage' }, () =>
      tracker.record({ modelId: NOVA, usage: USAGE, requestId: 'mine' }),
    );

    expect(tracker.invocations).toEqual([invocation]);
    expect(invocation).toEqual(expect.objectContaining({ requestId: 'mine', agentId: 'triage' }));
  });
});

describe('tracked', () => {
  test('tracked wraps a function that calls a model: same arguments, same promise, one record', async () => {
    const promises: unknown[] = [];
    const ask = tracker.tracked((question: string) => ({
      modelId: NOVA,
      agentId: 'triage',
      incidentId: question,
    }))((_question: string) => {
      const answer = bedrock.converse();
      promises.push(answer);
      return answer;
    });

    const answer = ask('INC-1');
    expect(answer).toBe(promises[0]);
    await answer;

    expect(whose()).toEqual([['triage', 'INC-1', undefined]]);
    expect(tokensOf(tracker.invocations[0])).toEqual([3702, 0, 0, 0, 1701]);
  });

  test('tracked passes its context to an instrumented client inside, and keeps a synchronous function synchronous', async () => {
    tracker.instrument(bedrock.client, { agentId: 'client' });
    const twice = tracker.tracked({ incidentId: 'INC-1' })(function double(number: number) {
      return number * 2;
    });
    const ask = tracker.tracked({ incidentId: 'INC-1' })(() => bedrock.converse());

    expect([twice(21), twice.name, twice.length]).toEqual([42, 'double', 1]);
    await ask();

    expect(whose()).toEqual([['client', 'INC-1', undefined]]);
  });

  test('tracked records a failure and throws the same object', async () => {
    const failure = Object.assign(new Error(SECRET), { name: 'ThrottlingException' });
    const late = tracker.tracked({ modelId: NOVA })(() => Promise.reject(failure));
    const now = tracker.tracked({ modelId: NOVA })(() => {
      throw failure;
    });

    await expect(late()).rejects.toBe(failure);
    expect(() => now()).toThrow(failure);

    expect(tracker.invocations.map(({ error }) => error)).toEqual([
      'ThrottlingException',
      'ThrottlingException',
    ]);
  });

  test('tracked calls the function without a context if the options function fails', async () => {
    const spy = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    const ask = tracker.tracked(() => {
      throw new Error('no');
    })(() => 'called');

    expect(ask()).toBe('called');
    spy.mockRestore();
  });

  test('tracked decorates a method of TypeScript and of ECMAScript, and keeps its this', async () => {
    const decorate = tracker.tracked((incidentId: string) => ({
      incidentId,
      modelId: NOVA,
      agentId: 'triage',
    }));
    class Agent {
      constructor(readonly name: string) {}

      async ask(incidentId: string) {
        return [this.name, incidentId, tracker.record({ modelId: NOVA, usage: USAGE }).incidentId];
      }
    }
    const standard = decorate(Agent.prototype.ask, { kind: 'method', name: 'ask' });
    const descriptor = Object.getOwnPropertyDescriptor(Agent.prototype, 'ask') as TypedPropertyDescriptor<
      Agent['ask']
    >;
    Object.defineProperty(Agent.prototype, 'ask', decorate(Agent.prototype, 'ask', descriptor));

    expect(await standard.call(new Agent('a'), 'INC-1')).toEqual(['a', 'INC-1', 'INC-1']);
    expect(await new Agent('b').ask('INC-2')).toEqual(['b', 'INC-2', 'INC-2']);
    expect(whose()).toEqual([
      ['triage', 'INC-1', undefined],
      ['triage', 'INC-2', undefined],
    ]);
  });
});

describe('records of calls made without the tracker', () => {
  test('recordCached estimates the tokens of a text, keeps no text, and has the cost 0', () => {
    const spoken = tracker.recordCached({
      agentId: 'triage',
      modelId: NOVA,
      input: SECRET,
      output: 'Ada',
      latencyMs: 3,
    });
    const counted = tracker.recordCached({
      agentId: 'triage',
      modelId: 'vendor.unknown',
      input: 120,
      output: 30.4,
    });

    expect([tokensOf(spoken), tokensOf(counted)]).toEqual([
      [5, 0, 0, 0, 1],
      [120, 0, 0, 0, 30],
    ]);
    for (const invocation of [spoken, counted]) {
      expect(invocation).toEqual(
        expect.objectContaining({ cached: true, cost: expect.objectContaining({ picoUsd: 0n }) as unknown }),
      );
      expect(invocation.usage?.source).toBe('estimate');
    }
    expect(
      JSON.stringify(tracker.invocations, (_name, value: unknown) =>
        typeof value === 'bigint' ? String(value) : value,
      ),
    ).not.toContain(SECRET);
    expect(tracker.summary()).toEqual(expect.objectContaining({ answered: 0, fromCache: 2, totalTokens: 0 }));
  });

  test('recordBatch computes the tokens per item', () => {
    expect(tracker.recordBatch({ modelId: NOVA, usage: USAGE }, 8)).toEqual(
      expect.objectContaining({ items: 8, tokensPerItem: 15 }),
    );
    expect(tracker.recordBatch({ modelId: NOVA, usage: USAGE }, 0).tokensPerItem).toBeUndefined();
    expect(tracker.recordBatch({ modelId: NOVA }, 8).tokensPerItem).toBeUndefined();
    expect(tracker.summary()).toEqual(expect.objectContaining({ items: 16, averageTokensPerItem: 15 }));
  });
});

describe('handler', () => {
  test('a tracked handler passes every argument to a streaming handler, and keeps members that are set on it', async () => {
    const streaming = Symbol.for('aws.lambda.runtime.handler.streaming');
    const handle = Object.assign(
      (event: string, stream: string[], context: object) => {
        stream.push(event);
        return Promise.resolve(context);
      },
      { [streaming]: 'response' },
    );
    const handler = tracker.handler(handle);
    const [stream, context]: [string[], object] = [[], {}];

    expect(await handler('event', stream, context)).toBe(context);
    expect(stream).toEqual(['event']);
    expect((handler as unknown as Record<symbol, unknown>)[streaming]).toBe('response');
  });

  /** Records a call, so that a handler prints metrics. Returns `answer`. */
  const counted = (answer: string) => {
    tracker.record({ modelId: NOVA, usage: USAGE });
    return answer;
  };
  const isSummary = (line: string) => line.includes('token usage');

  /** Creates a handler like those of the middy framework: its method `use` returns the handler itself. */
  function chainable() {
    const used: string[] = [];
    const handle = Object.assign((event: string) => Promise.resolve(counted(`${event} ${used.join()}`)), {
      use: (name: string) => {
        used.push(name);
        return handle;
      },
      itself(this: unknown) {
        return this;
      },
      names: () => used,
    });
    return handle;
  }

  test('a tracked handler is returned by chained methods of the wrapped handler', async () => {
    const handle = chainable();
    const handler = tracker.handler(handle);

    expect(handler.use('one').use('two')).toBe(handler);
    expect(handler.itself()).toBe(handler);
    expect(handler.use).toBe(handler.use);
    expect(handler.names()).toEqual(['one', 'two']);
    const lines = await stdoutOf(async () =>
      expect(await handler.use('three')('event')).toBe('event one,two,three'),
    );
    expect(lines.filter(isSummary)).toHaveLength(1);
    await expect(handle('event')).resolves.toBe('event one,two,three');
  });

  test('a tracked handler has the name, the number of parameters and the members of the wrapped handler, also later ones', () => {
    class Failure extends Error {}
    const handle = Object.assign(
      function named(this: unknown, event: string, context: object) {
        return [event, context];
      },
      { Failure, frozen: undefined as (() => unknown) | undefined },
    );
    Object.defineProperty(handle, 'frozen', { value: () => handle, writable: false, configurable: false });
    const handler = tracker.handler(handle);

    expect([handler.name, handler.length]).toEqual(['named', 2]);
    expect(new handler.Failure()).toBeInstanceOf(Failure);
    // `frozen` is neither writable nor configurable, so its result is not replaced by the tracked handler.
    expect(handler.frozen?.()).toBe(handle);
    Object.assign(handle, { added: 1 });
    expect(handler).toHaveProperty('added', 1);
  });

  test.each([
    ['call', (handler: (event: string) => Promise<string>) => handler.call(undefined, 'event')],
    ['apply', (handler: (event: string) => Promise<string>) => handler.apply(undefined, ['event'])],
    ['bind', (handler: (event: string) => Promise<string>) => handler.bind(undefined)('event')],
  ])('a tracked handler can be called by %s', async (_how, call) => {
    const handler = tracker.handler((event: string) => Promise.resolve(counted(event)));
    const lines = await stdoutOf(async () => expect(await call(handler)).toBe('event'));

    expect(lines.filter(isSummary)).toHaveLength(1);
  });

  test('keeps the members of tracked functions, whose chained methods return the tracked function', async () => {
    const handle = chainable();
    const tracked = tracker.tracked({ agentId: 'triage', modelId: NOVA })(handle);

    expect(tracked.use('one')).toBe(tracked);
    await expect(tracked('event')).resolves.toBe('event one');
    expect(tracker.invocations).toHaveLength(1);
  });

  test('logs each call at DEBUG, without its content', async () => {
    process.env.POWERTOOLS_LOG_LEVEL = 'DEBUG';
    tracker = new KeepingTracker();
    delete process.env.POWERTOOLS_LOG_LEVEL;
    tracker.instrument(bedrock.client, { agentId: 'triage' });
    bedrock.answer = (_request, number) =>
      number === 2 ? { error: { status: 400, type: 'ValidationException', message: SECRET } } : ANSWER;

    const lines = await stdoutOf(() =>
      tracker.handler(async () => {
        await bedrock.converse();
        await bedrock.converse().catch(() => undefined);
        await tracker.track({ modelId: 'vendor.unknown', incidentId: 'INC-1"\n' }, () => ({
          usage: { inputTokens: 7, outputTokens: 1, totalTokens: 8 },
        }));
      })(),
    );

    expect(
      lines
        .map(line => JSON.parse(line) as { level: string; message: string })
        .map(({ level, message }) => `${level} ${message.replace(/ Duration: \d+ ms,/, '')}`),
    ).toEqual([
      'DEBUG Bedrock API token usage: Input tokens: 3702, Output tokens: 1701, Total tokens: 5403, ' +
        'Cost: $0.0003677',
      'DEBUG Bedrock API token usage: Input tokens: unknown, Output tokens: unknown, ' +
        'Total tokens: unknown, Cost: unknown, Error: ValidationException',
      'DEBUG Bedrock API token usage: Input tokens: 7, Output tokens: 1, Total tokens: 8, Cost: unknown',
      'INFO Bedrock API token usage: Input tokens: 3709, Output tokens: 1702, Total tokens: 5411, ' +
        'Calls: 2, Cost: ≥ $0.0003677',
    ]);
    expect(lines.join()).not.toContain(SECRET);
  });
});
