import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type {
  BedrockRuntimeClient,
  InvokeModelWithBidirectionalStreamInput,
  InvokeModelWithBidirectionalStreamOutput,
} from '@aws-sdk/client-bedrock-runtime';
import { Bedrock, KeepingTracker, read, SDKS, SECRET, tokensOf } from './support';
import { ObservedCall } from '../../../lambda/instrument/observed-call';
import { findCallOfCommand, type ModelCall } from '../../../lambda/usage/model-calls';
import { StreamUsage } from '../../../lambda/usage/stream-usage';
import type { SpeechInput } from '../../../local/emulators/bedrock/speech-session';
import {
  spokenEvents,
  type SpeechTokens,
  transcriptEvents,
  usageEvent,
} from '../../../local/emulators/bedrock/speech-shapes';
import {
  converseEvents,
  type ModelAnswer,
  type SpeechTurn,
} from '../../../local/emulators/bedrock/wire-shapes';
import { turns as loopTurns } from '../../support/held-clock';
import { setMonotonicTime } from '../../support/monotonic-time';
import type { Invocation } from 'cdk-token-analytics/runtime';

const SONIC = 'amazon.nova-2-sonic-v1:0';
const OPERATION = 'InvokeModelWithBidirectionalStream';
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
setFlagsFromString('--no-expose-gc');

type Body = AsyncIterable<InvokeModelWithBidirectionalStreamInput>;
type Output = AsyncIterable<InvokeModelWithBidirectionalStreamOutput>;

const sumOf = (speechIn: number, textIn: number, speechOut: number, textOut: number): SpeechTokens => ({
  input: { speechTokens: speechIn, textTokens: textIn },
  output: { speechTokens: speechOut, textTokens: textOut },
});
/** Token totals of a speech session after the prompt, after the first answer and after the second answer. */
const [PROMPT, FIRST, SECOND] = [sumOf(0, 290, 0, 0), sumOf(200, 290, 430, 70), sumOf(410, 290, 880, 120)];

const STARTS: SpeechTurn = {
  after: 'promptStart',
  events: [{ completionStart: { completionId: 'c' } }, usageEvent(PROMPT, PROMPT)],
};
const FIRST_ANSWER: SpeechTurn = {
  after: 'audioInput',
  events: [
    ...transcriptEvents(SECRET),
    ...spokenEvents('Good day to you'),
    usageEvent(sumOf(200, 0, 430, 70), FIRST),
  ],
};
const SECOND_ANSWER: SpeechTurn = {
  after: 'audioInput',
  events: [...spokenEvents('And goodbye'), usageEvent(sumOf(210, 0, 450, 50), SECOND)],
};
const ENDS: SpeechTurn = { after: 'sessionEnd', events: [{ completionEnd: { stopReason: 'END_TURN' } }] };
const SESSION: ModelAnswer = { turns: [STARTS, FIRST_ANSWER, SECOND_ANSWER, ENDS] };

/** Names of the events with which the client starts a speech session. */
const BEGINNING = ['sessionStart', 'promptStart', 'contentStart'];
const INPUT = [...BEGINNING, 'audioInput', 'audioInput', 'contentEnd', 'promptEnd', 'sessionEnd'];

const inputOf = (name: string, index: number) => ({
  chunk: { bytes: Buffer.from(JSON.stringify({ event: { [name]: { content: `${SECRET} ${index}` } } })) },
});

async function* speak(names: readonly string[] = INPUT) {
  for (const [index, name] of names.entries()) yield await Promise.resolve(inputOf(name, index));
}

/** Creates an input stream that pauses after the events `first`, until `goOn` is called. */
function speakWithPause(first: readonly string[] = [...BEGINNING, 'audioInput']) {
  let goOn = () => {};
  const paused = new Promise<void>(resolve => (goOn = resolve));
  async function* input() {
    yield* speak(first);
    await paused;
    yield* speak(INPUT.slice(first.length));
  }
  return { input: input(), goOn };
}

const eventOf = ({ chunk }: InvokeModelWithBidirectionalStreamOutput) =>
  (JSON.parse(Buffer.from(chunk?.bytes ?? []).toString()) as { event: Record<string, unknown> }).event;
const bytesOf = (events: readonly InvokeModelWithBidirectionalStreamOutput[]) =>
  events.map(({ chunk }) => Buffer.from(chunk?.bytes ?? []).toString('hex'));
const isUsage = (event: InvokeModelWithBidirectionalStreamOutput) => 'usageEvent' in eventOf(event);

const usageOf = ({ input, output }: SpeechTokens, partial = false) => ({
  uncachedInputTokens: input.speechTokens + input.textTokens,
  cacheReadTokens: 0,
  cacheWrite5mTokens: 0,
  cacheWrite1hTokens: 0,
  outputTokens: output.speechTokens + output.textTokens,
  speechInputTokens: input.speechTokens,
  speechOutputTokens: output.speechTokens,
  source: 'usage',
  partial,
});

describe.each(SDKS)('a speech session of %s', (_version, sdk) => {
  let bedrock: Bedrock;
  let tracker: KeepingTracker;
  beforeEach(async () => {
    bedrock = await Bedrock.start(sdk);
    bedrock.answer = SESSION;
    tracker = new KeepingTracker({ agentId: 'voice' });
    tracker.instrument(bedrock.client);
  });
  afterEach(() => bedrock.close());

  const open = async (body: Body = speak(), client: BedrockRuntimeClient = bedrock.client) => {
    const response = await client.send(
      new sdk.runtime.InvokeModelWithBidirectionalStreamCommand({ modelId: SONIC, body }),
    );
    return response.body as Output;
  };
  /** Reads a stream up to the first event for which `isLast` returns true. */
  const readUntil = async (
    stream: Output,
    isLast: (event: InvokeModelWithBidirectionalStreamOutput) => boolean,
  ) => {
    for await (const event of stream) if (isLast(event)) return;
  };
  const only = (): Invocation => {
    expect(tracker.invocations).toHaveLength(1);
    return tracker.invocations[0];
  };

  test('a speech session is one invocation with the last of its three totals', async () => {
    const events = await read(await open());

    expect(events.filter(isUsage)).toHaveLength(3);
    expect(only()).toEqual(
      expect.objectContaining({
        agentId: 'voice',
        operation: OPERATION,
        model: SONIC,
        modelId: SONIC,
        usage: usageOf(SECOND),
        stopReason: 'END_TURN',
        requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
        error: undefined,
      }),
    );
    expect(tokensOf(only())).toEqual([700, 0, 0, 0, 1000]);
  });

  test('a speech session has the time to the first part of the answer, without the transcript of the user', async () => {
    const { input, goOn } = speakWithPause();
    bedrock.answer = {
      turns: [
        STARTS,
        { after: 'audioInput', events: transcriptEvents(SECRET) },
        { after: 'contentEnd', events: spokenEvents('Good day') },
        ENDS,
      ],
    };
    setMonotonicTime(1000);
    const iterator = (await open(input))[Symbol.asyncIterator]();
    const next = async () => Object.keys(eventOf((await iterator.next()).value as never))[0];
    const nextUntil = async (name: string) => {
      while ((await next()) !== name);
    };

    setMonotonicTime(1100);
    await nextUntil('textOutput');
    setMonotonicTime(1700);
    goOn();
    await nextUntil('textOutput');
    setMonotonicTime(1900);
    while (!(await iterator.next()).done);
    jest.restoreAllMocks();

    expect([only().timeToFirstTokenMs, only().latencyMs]).toEqual([700, undefined]);
  });

  test('a speech session passes input and output unchanged, and only its consumer pulls events', async () => {
    const plain = bedrock.newClient();
    const watched = [plain, bedrock.client].map(client => {
      const pulls = { count: 0, made: [] as unknown[] };
      const watch =
        (next: (args: never) => Promise<{ output: { body: AsyncIterable<unknown> } }>) =>
        async (args: never) => {
          const result = await next(args);
          const inner = result.output.body;
          result.output.body = {
            async *[Symbol.asyncIterator]() {
              const iterator = inner[Symbol.asyncIterator]();
              for (;;) {
                pulls.count += 1;
                const { done, value } = await iterator.next();
                if (done) return;
                pulls.made.push(value);
                yield value;
              }
            },
          };
          return result;
        };
      client.middlewareStack.add(watch as never, { step: 'deserialize', priority: 'high', name: 'watch' });
      return pulls;
    });

    const heard: InvokeModelWithBidirectionalStreamOutput[][] = [];
    for (const [index, client] of [plain, bedrock.client].entries()) {
      const iterator = (await open(speak(), client))[Symbol.asyncIterator]();
      expect(watched[index].count).toBe(0);
      const first = await iterator.next();
      await loopTurns();
      expect(watched[index].count).toBe(1);
      const events = [first.value as InvokeModelWithBidirectionalStreamOutput];
      events.push(...(await read({ [Symbol.asyncIterator]: () => iterator })));
      expect(events.every((event, place) => event === watched[index].made[place])).toBe(true);
      heard.push(events);
    }

    expect(bytesOf(heard[1])).toEqual(bytesOf(heard[0]));
    const [plainInput, input] = bedrock.requests.map(({ body }) =>
      (body as readonly SpeechInput[]).map(({ bytes }) => Buffer.from(bytes).toString('hex')),
    );
    expect(input).toEqual(INPUT.map((name, index) => inputOf(name, index).chunk.bytes.toString('hex')));
    expect(input).toEqual(plainInput);
    expect(only().usage).toEqual(usageOf(SECOND));
  });

  test('a speech session does not read or change its input', async () => {
    const touchedBy = async (client: BedrockRuntimeClient) => {
      const touched: PropertyKey[] = [];
      const body = new Proxy(speak(), {
        get: (target, key) => {
          touched.push(key);
          const value: unknown = Reflect.get(target, key);
          return typeof value === 'function' ? (value.bind(target) as unknown) : value;
        },
      });
      await read(await open(body, client));
      return touched;
    };

    const plain = await touchedBy(bedrock.newClient());

    expect(plain).toContain(Symbol.asyncIterator);
    expect(await touchedBy(bedrock.client)).toEqual(plain);
  });

  test('a speech session has no requestMetadata, so its request stays unchanged', async () => {
    tracker.instrument(bedrock.client, { agentId: 'voice', requestMetadata: true });
    const inputs: unknown[] = [];
    bedrock.client.middlewareStack.add(
      next => args => {
        inputs.push(args.input);
        return next(args);
      },
      { step: 'initialize', priority: 'low' },
    );
    const command = new sdk.runtime.InvokeModelWithBidirectionalStreamCommand({
      modelId: SONIC,
      body: speak(),
    });

    await read((await bedrock.client.send(command)).body as Output);

    expect(inputs).toEqual([command.input]);
    expect(inputs[0]).toBe(command.input);
    expect(Object.keys(command.input)).toEqual(['modelId', 'body']);
  });

  test('a speech session that is cut off has its last total as a lower bound, although its consumer sees an end', async () => {
    const count = STARTS.events.length + FIRST_ANSWER.events.length + 2;
    bedrock.answer = { ...SESSION, pace: { stopAfter: { events: count, how: 'cut' } } };
    const { input } = speakWithPause([...BEGINNING, 'audioInput', 'audioInput']);

    expect(await read(await open(input))).toHaveLength(count);

    expect(only()).toEqual(expect.objectContaining({ usage: usageOf(FIRST, true), error: undefined }));
  });

  test('a speech session that fails has its last total as a lower bound, and the name of the error', async () => {
    const count = STARTS.events.length + FIRST_ANSWER.events.length + 2;
    bedrock.answer = { ...SESSION, pace: { stopAfter: { events: count, how: 'error' } } };
    const { input } = speakWithPause([...BEGINNING, 'audioInput', 'audioInput']);

    await expect(read(await open(input))).rejects.toThrow('The model stopped.');

    expect(only()).toEqual(
      expect.objectContaining({ usage: usageOf(FIRST, true), error: 'ModelStreamErrorException' }),
    );
  });

  test('a refused speech session is one invocation with the error', async () => {
    bedrock.answer = { error: { status: 403, type: 'AccessDeniedException', message: 'refused' } };
    const warn = jest.spyOn(console, 'warn').mockImplementation();

    await expect(open(speakWithPause().input)).rejects.toThrow('refused');

    warn.mockRestore();
    expect(only()).toEqual(
      expect.objectContaining({ operation: OPERATION, error: 'AccessDeniedException', usage: undefined }),
    );
  });

  test('a speech session without a usage event has no usage, no cost and no estimate', async () => {
    const hasNoUsage = (event: object) => !('usageEvent' in event);
    bedrock.answer = {
      turns: [STARTS, FIRST_ANSWER, SECOND_ANSWER, ENDS].map(turn => ({
        ...turn,
        events: turn.events.filter(hasNoUsage),
      })),
    };

    await read(await open());

    expect(only()).toEqual(
      expect.objectContaining({
        operation: OPERATION,
        usage: undefined,
        cost: undefined,
        stopReason: 'END_TURN',
      }),
    );
  });

  test('a speech session whose consumer stops early has its last total as a lower bound', async () => {
    await readUntil(await open(), event => 'audioOutput' in eventOf(event));

    expect(only()).toEqual(expect.objectContaining({ usage: usageOf(PROMPT, true), error: undefined }));
  });

  test('a speech session whose consumer stops after the end of the completion is not partial', async () => {
    await readUntil(await open(), event => 'completionEnd' in eventOf(event));

    expect(only().usage).toEqual(usageOf(SECOND));
  });

  test('two speech sessions at the same time are two invocations', async () => {
    const other: ModelAnswer = { turns: [STARTS, FIRST_ANSWER, ENDS] };
    bedrock.answer = (_request, number) => (number === 1 ? SESSION : other);

    await Promise.all([read(await open()), read(await open())]);

    expect(tracker.invocations.map(({ usage }) => usage?.outputTokens).sort()).toEqual([1000, 500].sort());
  });

  test('a speech session has the agent and the incident of its run', async () => {
    await tracker.run({ agentId: 'desk', incidentId: 'inc-7' }, async () => read(await open()));

    expect(only()).toEqual(
      expect.objectContaining({ agentId: 'desk', incidentId: 'inc-7', usage: usageOf(SECOND) }),
    );
  });

  test('a speech session is recorded at its end, also if there is a flush before', async () => {
    const { input, goOn } = speakWithPause();
    const iterator = (await open(input))[Symbol.asyncIterator]();
    await iterator.next();

    await tracker.flush();
    expect(tracker.invocations).toEqual([]);
    goOn();
    while (!(await iterator.next()).done);
    await tracker.flush();

    expect(only().usage).toEqual(usageOf(SECOND));
  });

  describe('a speech session that outlives its handler', () => {
    /**
     * Runs a handler that opens a speech session and ends after the first usage event. Returns the open
     * session.
     */
    const handled = async (input: Body) => {
      const sessions: AsyncIterator<InvokeModelWithBidirectionalStreamOutput>[] = [];
      await tracker.handler(async () => {
        const iterator = (await open(input))[Symbol.asyncIterator]();
        sessions.push(iterator);
        while (!isUsage((await iterator.next()).value as InvokeModelWithBidirectionalStreamOutput));
      })();
      return sessions[0];
    };

    test('a speech session that outlives its handler is recorded with its total so far, and again at its end', async () => {
      const { input, goOn } = speakWithPause();
      const session = await handled(input);

      expect(tracker.invocations.map(({ usage }) => usage)).toEqual([usageOf(PROMPT, true)]);
      goOn();
      while (!(await session.next()).done);

      const [provisional, whole, ...others] = tracker.invocations;
      expect(whole).toEqual(expect.objectContaining({ usage: usageOf(SECOND), error: undefined }));
      expect([whole.requestId, whole.timestamp]).toEqual([provisional.requestId, provisional.timestamp]);
      expect(others).toEqual([]);
    });

    test('a speech session that outlives its handler is recorded again if its consumer stops after a later total', async () => {
      const { input } = speakWithPause();
      const session = await handled(input);
      while (!isUsage((await session.next()).value as InvokeModelWithBidirectionalStreamOutput));

      await session.return?.();

      const [provisional, later, ...others] = tracker.invocations;
      expect(later.usage).toEqual(usageOf(FIRST, true));
      expect([later.requestId, later.timestamp]).toEqual([provisional.requestId, provisional.timestamp]);
      expect(others).toEqual([]);
    });
  });

  test('a speech session of a client without instrumentation is recognized by its events', async () => {
    const plain = bedrock.newClient();
    const command = new sdk.runtime.InvokeModelWithBidirectionalStreamCommand({
      modelId: SONIC,
      body: speak(),
    });

    const { response, recorded } = await tracker.track({ modelId: SONIC }, () => plain.send(command));
    await read(response.body as Output);

    expect(await recorded).toEqual(
      expect.objectContaining({ operation: OPERATION, usage: usageOf(SECOND), stopReason: 'END_TURN' }),
    );
    expect(tracker.invocations).toHaveLength(1);
  });
});

describe('tracked events of a speech session', () => {
  const EVENTS = [STARTS, FIRST_ANSWER, SECOND_ANSWER, ENDS].flatMap(({ events }) =>
    events.map(event => ({ event })),
  );

  test.each<readonly [string, () => unknown]>([
    ['in a list', () => EVENTS],
    ['in a list in a response', () => ({ body: EVENTS })],
    [
      'in a generator',
      async function* () {
        for (const event of EVENTS) yield await Promise.resolve(event);
      },
    ],
  ])('tracked events of a speech session are one invocation: %s', async (_form, answer) => {
    const tracker = new KeepingTracker();
    const { response } = await tracker.track({ modelId: SONIC }, answer);
    if (Symbol.asyncIterator in (response as object)) await read(response as AsyncIterable<unknown>);

    expect(tracker.invocations).toEqual([
      expect.objectContaining({ operation: OPERATION, usage: usageOf(SECOND) }),
    ]);
  });

  test.each([
    ['more speech than input', { speechInputTokens: 701 }],
    ['more speech than output', { speechOutputTokens: 1001 }],
    ['negative speech tokens', { speechInputTokens: -1 }],
  ])('a recorded speech session has no usage if the program passes %s', (_what, counts) => {
    const tracker = new KeepingTracker();
    const usage = { ...usageOf(SECOND), source: 'usage' as const };

    tracker.record({ modelId: SONIC, usage });
    tracker.record({ modelId: SONIC, usage: { ...usage, ...counts } });

    expect(tracker.invocations.map(invocation => invocation.usage)).toEqual([usage, undefined]);
  });

  test('events of a speech session do not change a stream with another operation', async () => {
    const tracker = new KeepingTracker();
    const events = converseEvents({ text: 'yes', usage: { inputTokens: 3, outputTokens: 2 } }).map(
      ({ type, body }) => ({ [type]: body }),
    );
    await tracker.track({ modelId: SONIC }, () => events);

    expect(tracker.invocations).toEqual([expect.objectContaining({ usage: expect.anything() as unknown })]);
    expect(tokensOf(tracker.invocations[0])).toEqual([3, 0, 0, 0, 2]);
  });
});

describe('a long speech session', () => {
  const listener = { record: jest.fn(), withdrawn: jest.fn(), ended: jest.fn() };

  /**
   * Starts a call. `body` is a weak reference to the request body, so that tests can detect its garbage
   * collection.
   */
  const begin = (operation: string) => {
    const input = { modelId: SONIC, body: speak(), messages: [] };
    const call = findCallOfCommand(`${operation}Command`) as ModelCall;
    const observed = new ObservedCall({ modelId: SONIC }, listener, { call, input });
    return { observed, body: new WeakRef(input.body) };
  };

  test.each([
    [OPERATION, 'not kept', true],
    // The runtime keeps the request of ConverseStream, because an estimate of input tokens may need the
    // request.
    ['ConverseStream', 'kept', false],
  ])('during a call of %s, its request is %s', async (operation, _kept, isCollected) => {
    const { observed, body } = begin(operation);

    await loopTurns();
    collectGarbage();

    expect(body.deref() === undefined).toBe(isCollected);
    expect(observed.isUnrecorded).toBe(true);
  });

  test('a long speech session keeps none of its events', async () => {
    const stream = new StreamUsage(OPERATION, SONIC);
    const add = (event: Record<string, unknown>) => {
      const bytes = Buffer.from(JSON.stringify({ event }));
      stream.add({ chunk: { bytes } });
      return new WeakRef(bytes);
    };
    const added = [STARTS, FIRST_ANSWER, SECOND_ANSWER, ENDS].flatMap(({ events }) => events.map(add));

    await loopTurns();
    collectGarbage();

    expect(added.filter(event => event.deref() !== undefined)).toEqual([]);
    expect(stream.read({ whole: true, request: () => undefined })).toEqual({
      usage: usageOf(SECOND),
      stopReason: 'END_TURN',
    });
  });
});
