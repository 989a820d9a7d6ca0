import fc from 'fast-check';
import { Bedrock, KeepingTracker, NOVA, SECRET, tokensOf } from './support';
import { fuzz } from '../../support/fuzz';
import { stdoutOf } from '../../support/stdout';
import type { Invocation, StrandsOptions, TokenTrackerOptions } from 'cdk-token-analytics/runtime';

const SONNET = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
const USAGE = { inputTokens: 210, outputTokens: 150, totalTokens: 360 };
const RESULT = { result: { stopReason: 'endTurn', metadata: { usage: USAGE } } };

/** Wraps an event of a model, as an agent of Strands does. */
const update = (event: object) => ({ type: 'modelStreamUpdateEvent', event });
const START = update({ type: 'modelMessageStartEvent', role: 'assistant' });
const textEvent = (text: string) =>
  update({ type: 'modelContentBlockDeltaEvent', delta: { type: 'textDelta', text } });
const STOP = update({ type: 'modelMessageStopEvent', stopReason: 'endTurn' });
const metadataEvent = (usage: unknown = USAGE, others: object = {}) =>
  update({ type: 'modelMetadataEvent', usage, ...others });
const EVENTS = [START, textEvent('one '), textEvent('two'), STOP, metadataEvent()];

const contextOf = (modelId: unknown = SONNET, config: object = {}, members: object = {}) => ({
  model: { modelId, getConfig: () => config, ...members },
  messages: [{ role: 'user', content: [{ type: 'textBlock', text: SECRET }] }],
  toolSpecs: [],
});

interface Call {
  readonly context?: unknown;
  readonly events?: readonly unknown[];
  readonly error?: unknown;
  /** Called before the first event. */
  readonly before?: () => unknown;
}

/** Calls the middleware as an agent of Strands does, and reads all events and the result. */
async function make(
  tracker: KeepingTracker,
  { options, ...call }: Call & { readonly options?: StrandsOptions } = {},
) {
  const { events = EVENTS, error, before } = call;
  const context = 'context' in call ? call.context : contextOf();
  const seen: unknown[] = [];
  async function* model() {
    await before?.();
    yield* events;
    if (error !== undefined) throw error;
    return RESULT;
  }
  const generator = model();
  const returned = tracker.strands(options)(context, given => {
    expect(given).toBe(context);
    return generator;
  });
  expect(returned).toBe(generator);
  try {
    for (;;) {
      const step = await returned.next();
      if (step.done) return { seen, returned: step.value };
      seen.push(step.value);
    }
  } catch (caught) {
    return { seen, caught };
  }
}

let warnings: string;
beforeEach(() => {
  warnings = '';
  jest.spyOn(process.stderr, 'write').mockImplementation(line => {
    warnings += String(line);
    return true;
  });
});
afterEach(() => jest.restoreAllMocks());

function only(tracker: KeepingTracker): Invocation {
  expect(tracker.invocations).toHaveLength(1);
  return tracker.invocations[0];
}

const newTracker = (options: TokenTrackerOptions = {}) =>
  new KeepingTracker({ agentId: 'triage', ...options });

describe('a call of a Bedrock model', () => {
  test('a call is recorded with its tokens, its cost and its stop reason', async () => {
    const tracker = newTracker();
    const { seen, returned } = await make(tracker);

    expect(seen).toEqual(EVENTS);
    expect(returned).toBe(RESULT);
    expect(tokensOf(only(tracker))).toEqual([210, 0, 0, 0, 150]);
    expect(only(tracker)).toMatchObject({
      ...{ agentId: 'triage', modelId: SONNET, operation: 'ConverseStream', stopReason: 'end_turn' },
      cost: { usd: expect.any(Number) as number },
      timeToFirstTokenMs: expect.any(Number) as number,
    });
  });

  test('a call has the times that the model reports', async () => {
    const tracker = newTracker();
    const metrics = { latencyMs: 1234, timeToFirstByteMs: 56 };
    await make(tracker, { events: [...EVENTS.slice(0, -1), metadataEvent(USAGE, { metrics })] });

    expect(only(tracker)).toMatchObject({ latencyMs: 1234, timeToFirstTokenMs: 56 });
  });

  test.each([
    ['excludes cached tokens', 560, [210, 150, 50, 0, 150]],
    ['includes cached tokens', 360, [10, 150, 50, 0, 150]],
  ])('a call has no token in two buckets if the input count %s', async (_name, totalTokens, tokens) => {
    const tracker = newTracker();
    const usage = { ...USAGE, totalTokens, cacheReadInputTokens: 150, cacheWriteInputTokens: 50 };
    await make(tracker, { events: [...EVENTS.slice(0, -1), metadataEvent(usage)] });

    expect(tokensOf(only(tracker))).toEqual(tokens);
    expect(only(tracker).cost?.lowerBound).toEqual(['cacheWriteTtl']);
  });

  test('counts unnamed tokens in the total as cache reads if the call has no stream', async () => {
    const tracker = newTracker();
    const events = [...EVENTS.slice(0, -1), metadataEvent({ ...USAGE, totalTokens: 4960 })];
    await make(tracker, { context: contextOf(SONNET, { stream: false }), events });

    expect(tokensOf(only(tracker))).toEqual([210, 4600, 0, 0, 150]);
    expect(only(tracker)).toMatchObject({ operation: 'Converse', usage: { partial: true } });
    expect(only(tracker).timeToFirstTokenMs).toBeUndefined();
    expect(only(tracker).cost?.lowerBound).toEqual(['cacheTokens']);
  });

  test('a call has all reasons for a lower bound if its guardrail is not counted, either', async () => {
    const tracker = newTracker();
    const config = { stream: false, guardrailConfig: { guardrailIdentifier: 'g1' } };
    const events = [...EVENTS.slice(0, -1), metadataEvent({ ...USAGE, totalTokens: 4960 })];
    await make(tracker, { context: contextOf(SONNET, config), events });

    expect(only(tracker).cost?.lowerBound).toEqual(['guardrailUnits', 'cacheTokens']);
  });

  test('a call has the price of the service tier that its model requests', async () => {
    const tracker = newTracker();
    const additionalArgs = { serviceTier: { type: 'flex' } };
    await make(tracker);
    await make(tracker, { context: contextOf(SONNET, { additionalArgs }) });

    const [standard, flex] = tracker.invocations;
    expect(flex.serviceTier).toBe('flex');
    expect(flex.cost?.usd).not.toBe(standard.cost?.usd);
  });

  test('counts the text units of a guardrail', async () => {
    const tracker = newTracker();
    const usage = { contentPolicyUnits: 2, topicPolicyUnits: 1 };
    const trace = { guardrail: { inputAssessment: { g1: { invocationMetrics: { usage } } } } };
    const context = contextOf(SONNET, { guardrailConfig: { guardrailIdentifier: 'g1' } });
    await make(tracker, { context, events: [...EVENTS.slice(0, -1), metadataEvent(USAGE, { trace })] });

    expect(only(tracker).units).toEqual({ guardrailContent: 2, guardrailTopics: 1 });
  });

  test('a call has the agent of `run` before that of `strands`', async () => {
    const tracker = newTracker();
    const options = { agentId: 'helper', incidentId: 'INC-1', region: 'eu-central-1' };
    await make(tracker, { options });
    await tracker.run({ agentId: 'billing' }, () => make(tracker, { options }));

    expect(tracker.invocations).toMatchObject([
      { agentId: 'helper', incidentId: 'INC-1' },
      { agentId: 'billing', incidentId: 'INC-1' },
    ]);
  });

  test.each([
    'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123',
    'us-gov.anthropic.claude-sonnet-4-5-20250929-v1:0',
    'global.amazon.nova-2-lite-v1:0',
    'zai.glm-4.6',
    'us.deepseek.r1-v1:0',
  ])('a call of the model %s is recorded', async modelId => {
    const tracker = newTracker();
    await make(tracker, { context: contextOf(modelId) });

    expect(only(tracker).modelId).toBe(modelId);
  });

  test.each([
    ['throws', () => JSON.parse(SECRET) as never],
    ['is not an object', () => SECRET],
    ['is not a function', 1],
  ])('a call is recorded if the configuration of the model %s', async (_name, getConfig) => {
    const tracker = newTracker();
    await make(tracker, { context: contextOf(SONNET, {}, { getConfig }) });

    expect(tokensOf(only(tracker))).toEqual([210, 0, 0, 0, 150]);
  });
});

describe('a call that is not recorded', () => {
  test.each([
    ...['gpt-5.4', 'claude-sonnet-4-5', 'gemini-2.5-flash', 'llama3.1:8b', 'hf.co/org/Model-3.2'],
    ...['anthropic/claude-sonnet-4.5', 'someone.model', 'anthropic.models/claude'],
    ...['arn:aws:sagemaker:us-east-1:111122223333:endpoint/llama', '', undefined, null, 7, {}],
  ])('a call with the model id %p of another provider is not recorded', async modelId => {
    const tracker = newTracker();
    const { seen, returned } = await make(tracker, { context: { ...contextOf(), model: { modelId } } });

    expect([seen, returned]).toEqual([EVENTS, RESULT]);
    expect(tracker.invocations).toEqual([]);
  });

  test.each([
    ['an agent without a middleware context', undefined],
    ['a text as context', 'context'],
    ['a context without a model', {}],
    ['a model of null', { model: null }],
    [
      'a model that throws',
      {
        get model() {
          throw new Error(SECRET);
        },
      },
    ],
    [
      'a model id that throws',
      {
        model: {
          get modelId() {
            throw new Error(SECRET);
          },
        },
      },
    ],
  ])('a call with %s is not recorded', async (_name, context) => {
    const tracker = newTracker();

    expect(await make(tracker, { context })).toEqual({ seen: EVENTS, returned: RESULT });
    expect(tracker.invocations).toEqual([]);
    expect(warnings).not.toContain(SECRET);
  });

  test('a call is not recorded if another middleware answers it from a cache', async () => {
    const tracker = newTracker();
    const { recorded } = await tracker.track({ modelId: NOVA, operation: 'Converse' }, async () => {
      await make(tracker, { events: [] });
      return { usage: { inputTokens: 1, outputTokens: 2 } };
    });

    expect((await recorded).modelId).toBe(NOVA);
    expect(only(tracker).modelId).toBe(NOVA);
  });

  test('a call is not recorded if the tracker is disabled', async () => {
    const tracker = newTracker({ enabled: false });
    const { seen } = await make(tracker);

    expect(seen).toEqual(EVENTS);
    expect(tracker.invocations).toEqual([]);
  });

  test('a call is not recorded if its operation is left to the ingest', async () => {
    const tracker = newTracker({ leftToIngest: ['ConverseStream'] });
    await make(tracker);
    await make(tracker, { context: contextOf(SONNET, { stream: false }) });

    expect(only(tracker).operation).toBe('Converse');
  });
});

describe('a call that fails', () => {
  const throttled = Object.assign(new Error(SECRET), {
    ...{ name: 'ThrottlingException', $metadata: { requestId: 'request-1' } },
  });

  test('a failed call is recorded with the name of the error that Strands wraps', async () => {
    const tracker = newTracker();
    const error = Object.assign(new Error(SECRET, { cause: throttled }), { name: 'ModelError' });
    const { caught } = await make(tracker, { events: [], error });

    expect(caught).toBe(error);
    expect(only(tracker)).toMatchObject({ error: 'ThrottlingException', requestId: 'request-1' });
    expect(only(tracker).usage).toBeUndefined();
  });

  test('a call that fails after a part of the answer is recorded as partial, with the error', async () => {
    const tracker = newTracker();
    await make(tracker, { events: EVENTS.slice(0, 3), error: throttled });

    expect(only(tracker)).toMatchObject({
      error: 'ThrottlingException',
      usage: { source: 'estimate', partial: true },
    });
    expect(only(tracker).usage?.uncachedInputTokens).toBeGreaterThan(0);
  });

  test('a call has no error if Strands fails after the usage', async () => {
    const tracker = newTracker();
    const { caught } = await make(tracker, { error: Object.assign(new Error(), { name: 'MaxTokensError' }) });

    expect(caught).toBeInstanceOf(Error);
    expect(only(tracker).error).toBeUndefined();
    expect(tokensOf(only(tracker))).toEqual([210, 0, 0, 0, 150]);
  });

  test.each([
    ['after a part of the answer is partial', EVENTS.slice(0, 3), { usage: { partial: true } }],
    ['before the answer has the error AbortError', [], { error: 'AbortError' }],
  ])('a call that is cancelled %s', async (_name, events, members) => {
    const tracker = newTracker();
    const error = Object.assign(new Error(), { name: 'CancelledError' });
    await make(tracker, { events, error });

    expect({ error: undefined, ...only(tracker) }).toMatchObject({ error: undefined, ...members });
  });

  test('a call is recorded if `next` throws', () => {
    const tracker = newTracker();
    const fail = () => {
      throw throttled;
    };

    expect(() => tracker.strands()(contextOf(), fail)).toThrow(throttled);
    expect(only(tracker).error).toBe('ThrottlingException');
  });
});

describe('events that are not those of Strands', () => {
  /** Event whose members throw, except `then`, which generators read. */
  const throwingEvent = new Proxy(
    {},
    {
      get: (_event, name) => {
        if (name !== 'then') throw new Error(SECRET);
      },
    },
  );
  const throwing = (member: string) =>
    Object.defineProperty({ type: 'modelMetadataEvent' }, member, {
      enumerable: true,
      get: () => {
        throw new Error(SECRET);
      },
    });

  test.each([
    ['an event that cannot be read', throwingEvent],
    ['an event of null', null],
    ['an event without a model event', update(null as never)],
    ['an unknown model event', update({ type: 'modelThoughtEvent', text: SECRET })],
    ['usage that throws', update(throwing('usage'))],
    ['metrics that throw', update(throwing('metrics'))],
    ['usage that is a text', metadataEvent(SECRET)],
    ['counts that are texts', metadataEvent({ inputTokens: SECRET, outputTokens: SECRET })],
    ['counts that throw', metadataEvent(throwing('inputTokens'))],
  ])('events that are not those of Strands pass through unchanged: %s', async (_name, event) => {
    const tracker = newTracker();
    const events = [...EVENTS.slice(0, -1), event, metadataEvent()];
    const { seen } = await make(tracker, { events });

    expect(seen.map((item, index) => item === events[index])).toEqual(events.map(() => true));
    expect(tokensOf(only(tracker))).toEqual([210, 0, 0, 0, 150]);
    expect(warnings).not.toContain(SECRET);
  });

  test('events of any values pass through unchanged', async () => {
    await fuzz(
      fc.asyncProperty(fc.array(fc.anything()), fc.anything(), async (values, error) => {
        const tracker = newTracker();
        const events = [...values, ...values.map(value => update(value as object))];
        const { seen } = await make(tracker, { events, error });

        expect(seen.map((item, index) => Object.is(item, events[index]))).toEqual(events.map(() => true));
        expect(tracker.invocations.length).toBe(error === undefined ? 0 : 1);
      }),
    );
  });

  test('a generator that cannot be observed passes through', async () => {
    const tracker = newTracker();
    async function* model() {
      yield* EVENTS;
      return RESULT;
    }
    const generator = Object.freeze(model());
    const seen: unknown[] = [];
    for await (const event of tracker.strands()(contextOf(), () => generator)) seen.push(event);

    expect(seen).toEqual(EVENTS);
  });
});

describe('a call inside another recorded call', () => {
  let bedrock: Bedrock;
  beforeEach(async () => {
    bedrock = await Bedrock.start();
  });
  afterEach(() => bedrock.close());

  test('a call is recorded once if its client is instrumented, with the agent of `strands`', async () => {
    const tracker = newTracker();
    const client = tracker.instrument(bedrock.newClient());
    await make(tracker, { options: { agentId: 'helper' }, before: () => bedrock.converse(client, NOVA) });

    expect(tokensOf(only(tracker))).toEqual([3702, 0, 0, 0, 1701]);
    expect(only(tracker)).toMatchObject({ operation: 'Converse', agentId: 'helper' });
  });

  test('a call replaces the call of `track` around it', async () => {
    const tracker = newTracker();
    const { recorded } = await tracker.track({ modelId: NOVA }, async () => {
      await make(tracker);
      return { usage: { inputTokens: 1, outputTokens: 2 } };
    });

    expect((await recorded).modelId).toBe(SONNET);
    expect(only(tracker).modelId).toBe(SONNET);
  });

  test('a call does not replace an invocation between two of its events', async () => {
    const tracker = newTracker();
    const client = tracker.instrument(bedrock.newClient());
    async function* model() {
      yield* EVENTS;
      return RESULT;
    }
    for await (const event of tracker.strands()(contextOf(), model)) {
      if (event === STOP) await bedrock.converse(client, NOVA);
    }

    expect(tracker.invocations.map(({ modelId }) => modelId)).toEqual([NOVA, SONNET]);
  });
});

test('a call that lasts longer than its handler has a provisional record, which the final one replaces', async () => {
  const tracker = newTracker();
  async function* model() {
    yield* EVENTS;
    return RESULT;
  }
  const handler = tracker.handler(async () => {
    const generator = tracker.strands()(contextOf(), model);
    await generator.next();
    return { generator };
  });
  let generator: AsyncGenerator | undefined;
  await stdoutOf(async () => ({ generator } = await handler()));
  expect(only(tracker)).toMatchObject({ modelId: SONNET, usage: { partial: true } });
  while ((await generator?.next())?.done !== true);

  const [provisional, final] = tracker.invocations;
  expect(tokensOf(final)).toEqual([210, 0, 0, 0, 150]);
  expect(final.requestId).toBe(provisional.requestId);
});
