import fc from 'fast-check';
import { ANSWER, Bedrock, HAIKU, KeepingTracker, NOVA, read, SECRET, tokensOf } from './support';
import { codec } from '../../../local/emulators/bedrock/event-stream';
import { SERVER_SENT_EVENTS, streamedEventsOf } from '../../../local/emulators/bedrock/text-apis';
import {
  type Answered,
  chunkEvent,
  invokeChunks,
  type ModelAnswer,
  type WireEvent,
} from '../../../local/emulators/bedrock/wire-shapes';
import { fuzz } from '../../support/fuzz';
import { until } from '../../support/held-clock';
import { stdoutOf } from '../../support/stdout';
import type { Invocation } from 'cdk-token-analytics/runtime';

const SONNET = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
const GPT = 'openai.gpt-oss-120b-1:0';
const CACHED: ModelAnswer = {
  text: 'an answer of several words',
  usage: {
    inputTokens: 210,
    outputTokens: 150,
    cacheReadTokens: 4000,
    cacheWrite5mTokens: 500,
    cacheWrite1hTokens: 100,
  },
};

let bedrock: Bedrock;
let tracker: KeepingTracker;
beforeEach(async () => {
  bedrock = await Bedrock.start();
  tracker = new KeepingTracker({ agentId: 'triage' });
});
afterEach(() => bedrock.close());

const MESSAGES = [{ role: 'user', content: [{ text: SECRET }] }];
const TEXT_MESSAGES = [{ role: 'user', content: SECRET }];

/** Sends a request to the emulator. `fetch` is recorded by default. */
function post(path: string, body: object, init: RequestInit = {}, fetch = recorded()) {
  return fetch(`${bedrock.endpoint}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    ...init,
  });
}
const recorded = (base?: typeof fetch, options = {}) =>
  tracker.fetch(base, { endpoints: [bedrock.endpoint], ...options });
const model = (id: string, operation: string) => `/model/${encodeURIComponent(id)}/${operation}`;

async function only(): Promise<Invocation> {
  await until(() => tracker.invocations.length > 0);
  expect(tracker.invocations).toHaveLength(1);
  return tracker.invocations[0];
}

/** Members of an invocation that do not depend on time or on the request id. */
function figuresOf({ usage, units, cost, operation, modelId, model: name, ...rest }: Invocation) {
  const { scope, agentId, stopReason, serviceTier, error } = rest;
  return {
    ...{ usage, units, picoUsd: cost?.picoUsd, operation, modelId, name },
    ...{ scope, agentId, stopReason, serviceTier, error },
  };
}

function encode({ type, body }: WireEvent): Uint8Array {
  const header = (value: string) => ({ type: 'string' as const, value });
  return codec.encode({
    headers: { ':message-type': header('event'), ':event-type': header(type) },
    body: Buffer.from(JSON.stringify(body)),
  });
}

/** Calls of the SDK, and the same calls with `fetch`. */
const SAME_CALLS: readonly (readonly [string, () => Promise<unknown>, () => Promise<unknown>])[] = [
  [
    'Converse',
    () => bedrock.converse(tracker.instrument(bedrock.client), SONNET),
    async () => (await post(model(SONNET, 'converse'), { messages: MESSAGES })).json(),
  ],
  [
    'ConverseStream',
    async () => read(await bedrock.converseStream(tracker.instrument(bedrock.client), SONNET)),
    async () => (await post(model(SONNET, 'converse-stream'), { messages: MESSAGES })).arrayBuffer(),
  ],
  [
    'InvokeModel',
    () => bedrock.invoke(tracker.instrument(bedrock.client), SONNET),
    async () => (await post(model(SONNET, 'invoke'), { messages: TEXT_MESSAGES })).text(),
  ],
  [
    'InvokeModelWithResponseStream',
    async () => read(await bedrock.invokeStream(tracker.instrument(bedrock.client), SONNET)),
    async () =>
      (await post(model(SONNET, 'invoke-with-response-stream'), { messages: TEXT_MESSAGES })).blob(),
  ],
];
const ANSWERS: readonly (readonly [string, ModelAnswer])[] = [
  ['an answer with cache tokens', CACHED],
  ['an answer with the units of a guardrail', { ...CACHED, trace: guardrailTrace() }],
  ['an answer of another service tier', { ...CACHED, serviceTier: 'flex', stopReason: 'max_tokens' }],
];

function guardrailTrace() {
  const usage = { topicPolicyUnits: 2, contentPolicyUnits: 1 };
  return { guardrail: { inputAssessment: { g1: { invocationMetrics: { usage } } } } };
}

describe.each(SAME_CALLS)('%s through fetch', (operation, ofSdk, ofFetch) => {
  test.each(ANSWERS)('a call through fetch has the figures of the SDK for %s', async (_name, answer) => {
    bedrock.answer = answer;
    await ofSdk();
    await until(() => tracker.invocations.length === 1);
    await ofFetch();
    await until(() => tracker.invocations.length === 2);
    const [sdk, fetched] = tracker.invocations;

    expect(figuresOf(fetched)).toEqual(figuresOf(sdk));
    expect(tokensOf(fetched)?.[0]).toBe(210);
    expect(fetched.operation).toBe(operation);
    expect(fetched.cost === undefined).toBe(fetched.serviceTier === 'flex');
    expect(fetched.latencyMs).toBeGreaterThanOrEqual(0);
    expect(fetched.timeToFirstTokenMs !== undefined).toBe(operation.includes('Stream'));
  });

  test('a call through fetch has the error name of the SDK if the service refuses it', async () => {
    const error = { status: 429, type: 'ThrottlingException', message: 'slow down' };
    bedrock.answer = { error };
    await ofSdk().catch(() => undefined);
    await ofFetch();
    await until(() => tracker.invocations.length === 2);
    const [sdk, fetched] = tracker.invocations;

    expect(figuresOf(fetched)).toEqual(figuresOf(sdk));
    expect(fetched.error).toBe('ThrottlingException');
  });
});

/** APIs whose requests have the model in the body. */
const TEXT_APIS: readonly (readonly [string, string, string, object])[] = [
  ['ChatCompletions', '/openai/v1/chat/completions', GPT, { messages: TEXT_MESSAGES }],
  ['ChatCompletions', '/v1/chat/completions', GPT, { messages: TEXT_MESSAGES }],
  ['Responses', '/openai/v1/responses', GPT, { input: SECRET }],
  ['Responses', '/v1/responses', GPT, { input: SECRET }],
  ['Messages', '/anthropic/v1/messages', SONNET, { messages: TEXT_MESSAGES, max_tokens: 10 }],
];

describe.each(TEXT_APIS)('%s at %s', (operation, path, modelId, body) => {
  const streamed = { stream: true, stream_options: { include_usage: true } };
  beforeEach(() => {
    bedrock.answer = CACHED;
  });

  test.each([
    ['JSON', {}],
    ['server-sent events', streamed],
  ])(
    'a call with the model in its body is recorded with the tokens of its answer as %s',
    async (_form, options) => {
      await (await post(path, { model: modelId, ...body, ...options })).text();
      const invocation = await only();

      expect(invocation).toMatchObject({ operation, modelId, agentId: 'triage' });
      expect(invocation.usage).toMatchObject({
        uncachedInputTokens: 210,
        cacheReadTokens: 4000,
        outputTokens: 150,
        partial: false,
      });
    },
  );

  test.each([
    ['JSON', {}],
    ['server-sent events', streamed],
  ])(
    'a call with the model in its body has the cost of the same tokens in Converse as %s',
    async (_form, options) => {
      bedrock.answer = ANSWER;
      await bedrock.converse(tracker.instrument(bedrock.client), modelId);
      await (await post(path, { model: modelId, ...body, ...options })).text();
      await until(() => tracker.invocations.length === 2);
      const [sdk, fetched] = tracker.invocations;

      expect(fetched.cost?.picoUsd).toBe(sdk.cost?.picoUsd);
      expect(fetched.cost?.picoUsd).toBeGreaterThan(0n);
    },
  );

  test('a refused call has the type of the error in the body as its error', async () => {
    bedrock.answer = { error: { status: 429, type: 'rate_limit_error', message: 'slow down' } };
    const response = await post(path, { model: modelId, ...body });

    expect(tracker.invocations).toEqual([]);
    expect(await response.json()).toMatchObject({ error: { message: 'slow down' } });
    expect(await only()).toMatchObject({ operation, modelId, error: 'rate_limit_error', usage: undefined });
  });

  test('a call takes the model from the answer if the body of the request is a stream', async () => {
    const request = new Request(`${bedrock.endpoint}${path}`, {
      method: 'POST',
      body: JSON.stringify({ model: modelId, ...body, ...streamed }),
    });
    await (await recorded()(request)).text();

    expect(await only()).toMatchObject({ operation, modelId, usage: { uncachedInputTokens: 210 } });
  });
});

test('estimates the tokens of a chat stream without usage, and marks them as partial', async () => {
  await (
    await post('/openai/v1/chat/completions', { model: GPT, messages: TEXT_MESSAGES, stream: true })
  ).text();

  expect((await only()).usage).toMatchObject({ source: 'estimate', partial: true });
});

test('an error in a stream has the same name as with the SDK', async () => {
  bedrock.answer = { ...ANSWER, pace: { stopAfter: { events: 3, how: 'error' } } } as ModelAnswer;
  await read(await bedrock.converseStream(tracker.instrument(bedrock.client))).catch(() => undefined);
  await (await post(model(NOVA, 'converse-stream'), { messages: MESSAGES })).arrayBuffer();
  await until(() => tracker.invocations.length === 2);
  const [sdk, fetched] = tracker.invocations.map(figuresOf);

  expect(fetched).toEqual(sdk);
  expect(fetched.error).toBe('ModelStreamErrorException');
});

describe('a stream through fetch', () => {
  const stream = (init: RequestInit = {}, fetch = recorded()) =>
    post(model(NOVA, 'converse-stream'), { messages: MESSAGES }, init, fetch);

  test('a stream is recorded as partial if its consumer stops early', async () => {
    bedrock.answer = { ...ANSWER, pace: { stopAfter: { events: 3, how: 'silence' } } } as ModelAnswer;
    const reader = (await stream()).body?.getReader();
    await reader?.read();
    await reader?.cancel('enough');

    expect(await only()).toMatchObject({ usage: { source: 'estimate', partial: true }, error: undefined });
  });

  test.each([
    ['without a reason', undefined],
    ['with a custom reason', new Error('the user has left')],
  ])(
    'a stream is recorded as partial if the request is aborted %s, and the caller gets the reason',
    async (_name, reason) => {
      bedrock.answer = { ...ANSWER, pace: { stopAfter: { events: 3, how: 'silence' } } } as ModelAnswer;
      const plain = await abortedWith(reason, fetch);
      const instrumented = await abortedWith(reason, recorded());

      expect(instrumented).toBe(plain);
      expect(await only()).toMatchObject({ usage: { source: 'estimate', partial: true }, error: undefined });
    },
  );

  /** Aborts a stream after its first chunk. Returns the error that the reader gets. */
  async function abortedWith(reason: unknown, send: typeof fetch): Promise<string> {
    const controller = new AbortController();
    const reader = (await stream({ signal: controller.signal }, send)).body?.getReader();
    await reader?.read();
    controller.abort(reason);
    for (;;) {
      const error = await reader?.read().then(
        () => undefined,
        (failure: unknown) => failure,
      );
      if (error) return String(error);
    }
  }

  test('a stream is recorded with the error of a broken connection', async () => {
    bedrock.answer = { ...ANSWER, pace: { stopAfter: { events: 3, how: 'cut' } } } as ModelAnswer;
    await expect((await stream()).arrayBuffer()).rejects.toThrow('terminated');

    expect(await only()).toMatchObject({ usage: { partial: true }, error: 'SocketError' });
  });

  test('a stream has a provisional record if the handler ends before it', async () => {
    bedrock.answer = { ...ANSWER, pace: { stopAfter: { events: 3, how: 'silence' } } } as ModelAnswer;
    let body: ReadableStream<Uint8Array> | null = null;
    await handled(async () => {
      ({ body } = await stream());
    });

    expect(await only()).toMatchObject({ operation: 'ConverseStream', usage: { partial: true } });
    await (body as ReadableStream<Uint8Array> | null)?.cancel();
    expect(tracker.invocations).toHaveLength(1);
  });
});

test('a request that is aborted before its answer is recorded with AbortError, as with the SDK', async () => {
  bedrock.answer = { ...ANSWER, pace: { delayMs: 60_000 } } as ModelAnswer;
  const controller = new AbortController();
  const reason = new Error('the user has left');
  const answer = post(model(NOVA, 'converse'), { messages: MESSAGES }, { signal: controller.signal });
  controller.abort(reason);

  expect(await answer.catch((error: unknown) => error)).toBe(reason);
  expect(await only()).toMatchObject({ error: 'AbortError', usage: undefined });
});

describe('chunks with any borders', () => {
  const frames = invokeChunks(SONNET, CACHED as Answered).map(chunk => encode(chunkEvent(chunk)));
  const events = streamedEventsOf({ operation: 'Responses', modelId: GPT, body: {} }, CACHED as Answered).map(
    SERVER_SENT_EVENTS.event,
  );

  test.each([
    ['frames', 'application/vnd.amazon.eventstream', model(SONNET, 'invoke-with-response-stream'), frames],
    ['server-sent events', 'text/event-stream', '/v1/responses', events],
  ])('%s are passed on unchanged, and have the same tokens', async (_name, type, path, parts) => {
    const bytes = Buffer.concat(parts);
    await fuzz(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 1 }), async sizes => {
        const chunks: Buffer[] = [];
        for (let start = 0, index = 0; start < bytes.length; index += 1) {
          const end = start + Math.max(index < 1000 ? 0 : 1, sizes[index % sizes.length]);
          chunks.push(bytes.subarray(start, end));
          start = end;
        }
        const source = new ReadableStream({
          start: controller => {
            for (const chunk of chunks) controller.enqueue(chunk);
            controller.close();
          },
        });
        const base = () => Promise.resolve(new Response(source, { headers: { 'content-type': type } }));
        const before = tracker.invocations.length;
        const { body } = await post(path, { model: GPT }, {}, recorded(base));
        const passed: Uint8Array[] = [];
        for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) passed.push(chunk);

        expect(passed).toEqual(chunks);
        await until(() => tracker.invocations.length > before);
        const { usage } = tracker.invocations[before];
        expect(usage).toMatchObject({ uncachedInputTokens: 210, cacheReadTokens: 4000, outputTokens: 150 });
        expect(usage?.partial).toBe(false);
      }),
    );
  });
});

describe('a JSON answer through fetch', () => {
  const converse = (fetch = recorded()) => post(model(NOVA, 'converse'), { messages: MESSAGES }, {}, fetch);

  test('a JSON answer is recorded without usage if the caller cancels the body', async () => {
    await (await converse()).body?.cancel();

    expect(await only()).toMatchObject({ operation: 'Converse', usage: undefined, error: undefined });
  });

  test('a JSON answer has a provisional record if the handler does not read it', async () => {
    let response: Response | undefined;
    await handled(async () => {
      response = await converse();
    });

    expect(await only()).toMatchObject({ operation: 'Converse', usage: undefined, error: undefined });
    expect(await response?.json()).toMatchObject({ usage: { inputTokens: 3702 } });
    await until(() => tracker.invocations.length === 2);
    expect(tracker.invocations[1]).toMatchObject({
      requestId: tracker.invocations[0].requestId,
      usage: { uncachedInputTokens: 3702 },
    });
  });

  test('a JSON answer is one invocation inside a tracked call', async () => {
    const { recorded: done } = await tracker.track({ modelId: 'outer' }, async () =>
      (await converse()).json(),
    );

    expect(await done).toMatchObject({ modelId: NOVA, usage: { outputTokens: 1701 } });
    expect(await only()).toMatchObject({ modelId: NOVA });
  });

  test('a JSON answer is one invocation if a recording fetch wraps another one, with the last options', async () => {
    await (await converse(recorded(recorded(), { agentId: 'last' }))).json();

    expect(await only()).toMatchObject({ agentId: 'last' });
  });

  test('a call is one invocation if an instrumented client sends its request with a recording fetch', async () => {
    const client = tracker.instrument(bedrock.newClient());
    client.config.requestHandler = {
      handle: async ({ path, body, headers }: { path: string; body: string; headers: HeadersInit }) => {
        const response = await recorded()(bedrock.endpoint + path, { method: 'POST', body, headers });
        const bytes = Buffer.from(await response.arrayBuffer());
        return {
          response: {
            statusCode: response.status,
            headers: Object.fromEntries(response.headers),
            body: bytes,
          },
        };
      },
    } as unknown as typeof client.config.requestHandler;
    await bedrock.converse(client);

    expect(await only()).toMatchObject({ operation: 'Converse', usage: { outputTokens: 1701 } });
  });

  test('a call has the agent, incident and session of its run before those in the options of fetch', async () => {
    const send = recorded(undefined, { agentId: 'default', sessionId: 'session' });
    await tracker.run({ agentId: 'inner', incidentId: 'INC-1' }, async () => (await converse(send)).json());

    expect(await only()).toMatchObject({ agentId: 'inner', incidentId: 'INC-1', sessionId: 'session' });
  });

  test('a call is recorded with its error if no connection is made', async () => {
    await bedrock.close();
    const failure = await converse().catch((error: unknown) => error);

    expect(String(failure)).toBe('TypeError: fetch failed');
    expect(await only()).toMatchObject({ operation: 'Converse', error: 'ECONNREFUSED' });
  });

  test('a refused call has the status as its error if the service names none', async () => {
    const response = new Response('<html>', { status: 503 });
    const send = recorded(() => Promise.resolve(response));

    expect(await (await converse(send)).text()).toBe('<html>');
    expect(await only()).toMatchObject({ error: 'Http503' });
  });

  test('a JSON answer is recorded without usage if it is larger than 16 MB, and is passed on', async () => {
    const body = JSON.stringify({ text: 'x'.repeat(16 * 1024 * 1024), usage: { inputTokens: 1 } });
    const warn = warnings();
    const send = recorded(() => Promise.resolve(new Response(body)));

    expect(await (await converse(send)).text()).toBe(body);
    expect(await only()).toMatchObject({ usage: undefined });
    expect(warn()).toContain('16777216 bytes');
  });

  test('a call is recorded without usage if the base fetch returns a Node.js stream, with one warning', async () => {
    const warn = warnings();
    const body = { pipe: () => undefined };
    const response = { ok: true, status: 200, headers: new Map(), body, json: () => Promise.resolve('mine') };
    const send = recorded((() => Promise.resolve(response)) as unknown as typeof fetch);

    expect(await (await converse(send)).json()).toBe('mine');
    expect(await only()).toMatchObject({ operation: 'Converse', usage: undefined });
    expect(warn()).toContain('without a web stream');
  });
});

/** Runs a tracked handler. Its log line is not printed. */
const handled = (handle: () => Promise<void>) => stdoutOf(tracker.handler(handle));

/** Collects what is written to standard error until the end of the test. */
function warnings(): () => string {
  const write = jest.spyOn(process.stderr, 'write').mockImplementation(() => true);
  return () => write.mock.calls.map(([text]) => String(text)).join('');
}
afterEach(() => jest.restoreAllMocks());

describe('requests that do not call a model', () => {
  test.each([
    ['another host', 'https://api.openai.com/v1/chat/completions', 'POST'],
    ['a host that only looks like Bedrock', 'https://bedrock-runtime.example.com/model/m/converse', 'POST'],
    [
      'another path of Bedrock',
      'https://bedrock-runtime.us-east-1.amazonaws.com/model/m/count-tokens',
      'POST',
    ],
    ['another method', 'https://bedrock-mantle.us-east-1.api.aws/v1/responses', 'GET'],
  ])('a request to %s passes untouched', async (_name, url, method) => {
    const response = new Response('{}');
    const base = jest.fn(() => Promise.resolve(response));
    const init = { method };
    const answer = await tracker.fetch(base as unknown as typeof fetch)(url, init);

    expect(answer).toBe(response);
    expect(Object.getOwnPropertyNames(response)).toEqual([]);
    expect(base.mock.calls).toEqual([[url, init]]);
    expect(tracker.invocations).toEqual([]);
  });

  test('a call that is left to an ingest is not recorded', async () => {
    const leaving = new KeepingTracker({ leftToIngest: ['Converse'] });
    const send = leaving.fetch(undefined, { endpoints: [bedrock.endpoint] });
    const answer = await (await post(model(NOVA, 'converse'), { messages: MESSAGES }, {}, send)).json();
    await (await post(model(HAIKU, 'invoke'), { messages: MESSAGES }, {}, send)).json();
    await until(() => leaving.invocations.length > 0);

    expect(answer).toMatchObject({ usage: { inputTokens: 3702 } });
    expect(leaving.invocations).toMatchObject([{ operation: 'InvokeModel' }]);
  });

  test('a disabled tracker returns the base function', () => {
    const disabled = new KeepingTracker({ enabled: false });

    expect(disabled.fetch()).toBe(globalThis.fetch);
  });

  test('an invalid endpoint is ignored with a warning', async () => {
    const warn = warnings();
    const send = tracker.fetch(undefined, { endpoints: ['no url'] });

    expect((await post(model(NOVA, 'converse'), { messages: MESSAGES }, {}, send)).status).toBe(200);
    expect(tracker.invocations).toEqual([]);
    expect(warn()).toContain('endpoints of fetch() must be a list of URLs');
  });
});

test('neither prompts nor answers are in an invocation', async () => {
  for (const [, , call] of SAME_CALLS) await call();
  await until(() => tracker.invocations.length === SAME_CALLS.length);

  expect(
    JSON.stringify(tracker.invocations, (_, value: unknown) => (typeof value === 'bigint' ? 0 : value)),
  ).not.toContain(SECRET);
});

describe('base URLs in environment variables', () => {
  const VARIABLES = ['AWS_ENDPOINT_URL_BEDROCK_RUNTIME', 'AWS_ENDPOINT_URL', 'ANTHROPIC_BEDROCK_BASE_URL'];
  const send = (fetch: typeof globalThis.fetch) =>
    post(model(SONNET, 'converse'), { messages: MESSAGES }, {}, fetch);
  afterEach(() => VARIABLES.forEach(name => delete process.env[name]));

  test.each(VARIABLES)('a call to the base URL in %s is recorded', async variable => {
    process.env[variable] = `${bedrock.endpoint}/`;
    await (await send(tracker.fetch())).json();

    expect(await only()).toMatchObject({ modelId: SONNET, operation: 'Converse' });
  });

  test('base URLs are read when `fetch` is called', async () => {
    const before = tracker.fetch();
    process.env.AWS_ENDPOINT_URL = bedrock.endpoint;
    const after = tracker.fetch();
    delete process.env.AWS_ENDPOINT_URL;
    await (await send(before)).json();
    await (await send(after)).json();

    await only();
  });

  test('base URLs that are not URLs, or of `endpoints` that are refused, do not affect each other', async () => {
    process.env.AWS_ENDPOINT_URL = 'no url';
    process.env.AWS_ENDPOINT_URL_BEDROCK_RUNTIME = bedrock.endpoint;
    const stderr = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    await (await send(tracker.fetch(undefined, { endpoints: ['no url'] }))).json();
    stderr.mockRestore();

    await only();
  });
});
