import { ANSWER, Bedrock, HAIKU, KeepingTracker, read, SDKS, SECRET, tokensOf } from './support';
import { type HeldClock, holdClock, turns, until } from '../../support/held-clock';
import { picoToUsdNumber } from 'cdk-token-analytics/runtime';

/** Events of a stream as text, and the reason why reading ended: `done`, `left` or an error. */
interface Seen {
  readonly events: unknown[];
  readonly end: string;
}

type Reader = (stream: AsyncIterable<unknown>) => Promise<Seen>;

const bytesOf = (event: unknown) =>
  JSON.stringify(event, (_name, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value,
  );

const whole = async (
  stream: AsyncIterable<unknown>,
  onEvent = (_count: number): unknown => undefined,
): Promise<Seen> => {
  const events: unknown[] = [];
  try {
    for await (const event of stream) {
      events.push(bytesOf(event));
      onEvent(events.length);
    }
    return { events, end: 'done' };
  } catch (error) {
    return { events, end: String(error) };
  }
};

const untilThird: Reader = async stream => {
  const events: unknown[] = [];
  for await (const event of stream) {
    events.push(bytesOf(event));
    if (events.length === 3) break;
  }
  return { events, end: 'left' };
};

/**
 * Adds a middleware that collects the events of response streams in `made`. The middleware gets each event
 * before the tracker.
 */
function watchSdk(bedrock: Bedrock, client = bedrock.client) {
  const made: unknown[] = [];
  const pulls = { count: 0 };
  const watch =
    (next: (args: never) => Promise<{ output: Record<string, unknown> }>) => async (args: never) => {
      const result = await next(args);
      const member = ['stream', 'body', 'completion'].find(
        name => Symbol.asyncIterator in ((result.output[name] as object) ?? {}),
      );
      if (member) {
        const inner = result.output[member] as AsyncIterable<unknown>;
        result.output[member] = {
          async *[Symbol.asyncIterator]() {
            const iterator = inner[Symbol.asyncIterator]();
            for (;;) {
              pulls.count += 1;
              const { done, value } = await iterator.next();
              if (done) return;
              made.push(value);
              yield value as unknown;
            }
          },
        };
      }
      return result;
    };
  client.middlewareStack.add(watch as never, { step: 'deserialize', priority: 'high', name: 'watch' });
  return { made, pulls };
}

describe.each(SDKS)('a stream of %s', (_version, sdk) => {
  let clock: HeldClock;
  let bedrock: Bedrock;
  let tracker: KeepingTracker;
  beforeEach(async () => {
    clock = holdClock();
    bedrock = await Bedrock.start(sdk);
    tracker = new KeepingTracker({ agentId: 'triage' });
  });
  afterEach(async () => {
    clock.release();
    await bedrock.close();
  });

  const only = () => {
    expect(tracker.invocations).toHaveLength(1);
    return tracker.invocations[0];
  };

  describe('passes byte for byte, with and without instrumentation', () => {
    const STREAMS: readonly (readonly [string, (plain: boolean) => Promise<AsyncIterable<unknown>>])[] = [
      [
        'ConverseStream',
        plain => bedrock.converseStream(plain ? bedrock.newClient() : tracker.instrument(bedrock.client)),
      ],
      [
        'InvokeModelWithResponseStream',
        plain => bedrock.invokeStream(plain ? bedrock.newClient() : tracker.instrument(bedrock.client)),
      ],
    ];

    describe.each(STREAMS)('%s', (_operation, open) => {
      test('a stream passes unchanged to its end', async () => {
        const plain = await whole(await open(true));
        const instrumented = await whole(await open(false));

        expect(instrumented).toEqual(plain);
        expect(plain.events.length).toBeGreaterThan(6);
        expect(only().usage?.partial).toBe(false);
      });

      test('a stream passes unchanged until its consumer stops early', async () => {
        const plain = await untilThird(await open(true));
        const instrumented = await untilThird(await open(false));

        expect(instrumented).toEqual(plain);
        expect(plain.events).toHaveLength(3);
        expect(only()).toEqual(
          expect.objectContaining({
            error: undefined,
            usage: expect.objectContaining({ partial: true }) as unknown,
          }),
        );
      });

      test('a stream passes unchanged until an error', async () => {
        bedrock.answer = { ...ANSWER, pace: { stopAfter: { events: 4, how: 'error' } } };
        const plain = await whole(await open(true));
        const instrumented = await whole(await open(false));

        expect(instrumented).toEqual(plain);
        expect(plain.end).toContain('The model stopped.');
        expect(plain.events).toHaveLength(4);
        expect(only()).toEqual(
          expect.objectContaining({
            error: 'ModelStreamErrorException',
            usage: expect.objectContaining({ partial: true }) as unknown,
          }),
        );
      });

      test('a stream passes unchanged until the connection breaks', async () => {
        bedrock.answer = { ...ANSWER, pace: { stopAfter: { events: 4, how: 'cut' } } };
        // Reads four events, and then advances the clock, so that the emulator closes the connection.
        const wholeAndCut = async (stream: AsyncIterable<unknown>) => {
          let arrived = 0;
          const reading = whole(stream, count => (arrived = count));
          await until(() => arrived === 4);
          await clock.advance(20);
          return reading;
        };
        const plain = await wholeAndCut(await open(true));
        const instrumented = await wholeAndCut(await open(false));

        expect(instrumented).toEqual(plain);
        expect(only().usage).toEqual(expect.objectContaining({ partial: true }));
      });

      test('two streams at the same time pass unchanged', async () => {
        bedrock.answer = { ...ANSWER, pace: { betweenMs: 1 } };
        const both = (isPlain: boolean) =>
          clock.pass(async () => Promise.all([whole(await open(isPlain)), untilThird(await open(isPlain))]));
        const plain = await both(true);
        const instrumented = await both(false);

        expect(instrumented).toEqual(plain);
        expect(tracker.invocations.map(({ usage }) => usage?.partial).sort()).toEqual([false, true]);
      });
    });
  });

  test('the consumer of a stream gets the objects of the SDK, and only it pulls events', async () => {
    const { made, pulls } = watchSdk(bedrock);
    tracker.instrument(bedrock.client);

    const stream = await bedrock.converseStream();
    const iterator = stream[Symbol.asyncIterator]();
    expect(pulls.count).toBe(0);
    const first = await iterator.next();
    const second = await iterator.next();
    await turns();

    expect(pulls.count).toBe(2);
    expect(first.value).toBe(made[0]);
    expect(second.value).toBe(made[1]);
    const rest: unknown[] = [];
    for (let step = await iterator.next(); !step.done; step = await iterator.next()) rest.push(step.value);
    expect(rest.every((event, index) => event === made[index + 2])).toBe(true);
    expect(only().usage?.partial).toBe(false);
  });

  test('a stream keeps its class and its members', async () => {
    const plain = await bedrock.converseStream(bedrock.newClient());
    const instrumented = await bedrock.converseStream(tracker.instrument(bedrock.client));

    expect(Object.getPrototypeOf(instrumented)).toBe(Object.getPrototypeOf(plain));
    expect(Object.keys(instrumented)).toEqual(Object.keys(plain));
    await Promise.all([read(plain), read(instrumented)]);
  });

  test('a stream that its consumer leaves early has estimates of its input and of the output so far', async () => {
    tracker.instrument(bedrock.client);

    await untilThird(await bedrock.converseStream());

    const { usage, cost, stopReason } = only();
    expect(usage).toEqual({
      uncachedInputTokens: 5,
      cacheReadTokens: 0,
      cacheWrite5mTokens: 0,
      cacheWrite1hTokens: 0,
      outputTokens: 3,
      source: 'estimate',
      partial: true,
    });
    expect(cost?.usd).toBe(picoToUsdNumber(5n * 35_000n + 3n * 140_000n));
    expect(stopReason).toBeUndefined();
  });

  test("a stream of Anthropic's chunks that its consumer leaves early has the input of its first chunk", async () => {
    bedrock.answer = {
      ...ANSWER,
      usage: { inputTokens: 3, outputTokens: 52, cacheReadTokens: 1712, cacheWrite5mTokens: 236 },
    };
    tracker.instrument(bedrock.client);

    const events: unknown[] = [];
    for await (const event of await bedrock.invokeStream(bedrock.client, HAIKU)) {
      events.push(event);
      if (events.length === 5) break;
    }

    expect(tokensOf(only())).toEqual([3, 1712, 236, 0, 3]);
    expect(only().usage).toEqual(expect.objectContaining({ source: 'estimate', partial: true }));
  });

  test('a stream that its consumer leaves after its usage is not partial', async () => {
    tracker.instrument(bedrock.client);

    for await (const event of await bedrock.converseStream()) if (event.metadata) break;

    expect(tokensOf(only())).toEqual([3702, 0, 0, 0, 1701]);
    expect(only().usage?.partial).toBe(false);
  });

  test('a stream that its consumer aborts is partial and has no error', async () => {
    bedrock.answer = { ...ANSWER, pace: { stopAfter: { events: 3, how: 'silence' } } };
    tracker.instrument(bedrock.client);
    const abort = new AbortController();

    const { stream } = await bedrock.client.send(
      new sdk.runtime.ConverseStreamCommand({
        modelId: HAIKU,
        messages: [{ role: 'user', content: [{ text: SECRET }] }],
      }),
      { abortSignal: abort.signal },
    );
    const { events } = await whole(
      stream as AsyncIterable<unknown>,
      count => count === 3 && setImmediate(() => abort.abort()),
    );

    expect(events).toHaveLength(3);
    expect(only()).toEqual(
      expect.objectContaining({
        error: undefined,
        usage: expect.objectContaining({ partial: true }) as unknown,
      }),
    );
  });

  test('a stream that a handler never reads is recorded once, when the handler ends', async () => {
    tracker.instrument(bedrock.client);
    const kept: AsyncIterable<unknown>[] = [];
    const handler = tracker.handler(async () => {
      kept.push(await bedrock.converseStream());
      const begun = await bedrock.converseStream();
      await begun[Symbol.asyncIterator]().next();
      return tracker.summary().answered;
    });

    expect(await handler()).toBe(0);
    expect(
      tracker.invocations.map(({ usage, error }) => [usage?.partial, usage?.outputTokens, error]),
    ).toEqual([
      [true, 0, undefined],
      [true, 0, undefined],
    ]);
    // Reads the first stream after its handler has ended. The tracker records the call a second time, with
    // the same request id and the final counts.
    await read(kept[0]);
    const [provisional, , answer, ...others] = tracker.invocations;
    expect(answer.usage).toEqual(expect.objectContaining({ partial: false, outputTokens: 1701 }));
    expect([answer.requestId, answer.timestamp]).toEqual([provisional.requestId, provisional.timestamp]);
    expect(others).toEqual([]);
  });

  test('the stream of an agent that its consumer leaves early has its model calls, also the one that did not end', async () => {
    bedrock.answer = {
      response: [
        {
          trace: {
            trace: {
              orchestrationTrace: {
                modelInvocationInput: { traceId: 'a', foundationModel: HAIKU, text: 'twelve letters' },
              },
            },
          },
        },
        {
          trace: {
            trace: {
              orchestrationTrace: {
                modelInvocationOutput: {
                  traceId: 'a',
                  metadata: { usage: { inputTokens: 70, outputTokens: 9 }, clientRequestId: 'call-a' },
                },
              },
            },
          },
        },
        {
          trace: {
            trace: {
              orchestrationTrace: {
                modelInvocationInput: { traceId: 'b', foundationModel: HAIKU, text: 'twelve letters' },
              },
            },
          },
        },
        { chunk: { bytes: Buffer.from(SECRET).toString('base64') } },
      ],
    };
    tracker.instrument(bedrock.agentClient);

    await untilThird(await bedrock.invokeAgent());

    expect(
      tracker.invocations.map(({ model, usage }) => [
        model,
        usage?.uncachedInputTokens,
        usage?.outputTokens,
        usage?.partial,
      ]),
    ).toEqual([
      [HAIKU, 70, 9, false],
      [HAIKU, 3, 0, true],
    ]);
  });
});
