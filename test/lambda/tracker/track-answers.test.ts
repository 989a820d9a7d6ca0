import { readPayloads, type RecordedResponse } from '../../conformance/payloads';
import { HAIKU, KeepingTracker, read, tokensOf } from '../instrument/support';
import { readUsage, type TokenUsage } from 'cdk-token-analytics/runtime';

const CHAT = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  choices: [{ message: { role: 'assistant', content: 'yes' }, finish_reason: 'stop' }],
  usage: {
    prompt_tokens: 100,
    completion_tokens: 7,
    total_tokens: 107,
    prompt_tokens_details: { cached_tokens: 40 },
  },
};
const RESPONSES = {
  object: 'response',
  output: [{ type: 'message', content: [{ type: 'output_text', text: 'yes' }] }],
  usage: {
    input_tokens: 100,
    output_tokens: 7,
    total_tokens: 107,
    input_tokens_details: { cached_tokens: 40 },
  },
};
const GPT = 'openai.gpt-oss-120b-1:0';

const STREAM_MEMBERS = {
  ConverseStream: 'stream',
  InvokeModelWithResponseStream: 'body',
  InvokeAgent: 'completion',
} as const;

async function* streamOf(events: readonly unknown[]): AsyncGenerator<unknown> {
  for (const event of events) yield await Promise.resolve(event);
}

/** Returns the invocations that `track` records for an answer, after reading its streams to their end. */
async function tracked(answer: unknown, modelId: string, operation?: string) {
  const tracker = new KeepingTracker();
  const { response } = await tracker.track({ modelId, operation }, () => answer);
  expect(response).toBe(answer);
  for (const part of [answer, ...Object.values(answer as object)] as unknown[]) {
    if (typeof part === 'object' && part !== null && Symbol.asyncIterator in part) {
      await read(part as AsyncIterable<unknown>);
    }
  }
  return tracker.invocations;
}

const sum = (usages: readonly (TokenUsage | undefined)[]) =>
  usages
    .map(usage => tokensOf({ usage }) ?? [NaN])
    .reduce((all, one) => all.map((count, index) => count + one[index]), [0, 0, 0, 0, 0]);

/** Returns a recorded response in several forms, e.g. as the SDK's response, parsed body or bytes. */
function formsOf({ operation, response }: RecordedResponse): [name: string, answer: () => unknown][] {
  if (operation in STREAM_MEMBERS) {
    const member = STREAM_MEMBERS[operation as keyof typeof STREAM_MEMBERS];
    const events = response as unknown[];
    return [
      ['response of the SDK', () => ({ $metadata: {}, [member]: streamOf(events) })],
      ['bare stream', () => streamOf(events)],
      ['list of events', () => events],
    ];
  }
  if (operation !== 'InvokeModel') return [['response of the SDK', () => response]];
  const text = JSON.stringify(response);
  return [
    [
      'response of the SDK',
      () => ({ $metadata: {}, contentType: 'application/json', body: Buffer.from(text) }),
    ],
    ['response with a parsed body', () => ({ $metadata: {}, body: response })],
    ['parsed body', () => response],
    ['body as bytes', () => Buffer.from(text)],
  ];
}

/**
 * Recorded responses with all token counts. For truncated streams, `track` and `readUsage` return different
 * counts.
 */
const complete = readPayloads().filter(
  ({ operation, modelId, response }) =>
    readUsage({ operation, modelId: modelId ?? '', response })?.usage.partial === false,
);

describe.each([
  ['given', (operation: string) => operation],
  ['detected', () => undefined],
])('track with the operation %s', (_how, operationOf) => {
  test.each(
    complete.flatMap(payload =>
      formsOf(payload).map(([form, answer]) => [form, payload.id, payload, answer] as const),
    ),
  )('track reads the usage of an answer in the form "%s" (%s)', async (_form, _id, payload, answer) => {
    const { operation, modelId, response } = payload;
    const expected = readUsage({ operation, modelId: modelId ?? '', response })?.usage;

    const invocations = await tracked(answer(), modelId ?? '', operationOf(operation));

    expect(sum(invocations.map(({ usage }) => usage))).toEqual(sum([expected]));
    // InvokeAgent is skipped, because `track` records several invocations for one response.
    if (operation !== 'InvokeAgent') {
      expect(invocations.map(({ usage }) => usage?.partial)).toEqual([expected?.partial]);
    }
  });
});

describe('track', () => {
  test.each([
    ['a chat completion', CHAT],
    ['an answer of the Responses API', RESPONSES],
    [
      'the chunks of a chat completion',
      [{ choices: [{ delta: { content: 'yes' } }] }, { choices: [], usage: CHAT.usage }],
    ],
    [
      'the events of a streamed response',
      [
        { type: 'response.output_text.delta', delta: 'yes' },
        { type: 'response.completed', response: RESPONSES },
      ],
    ],
  ])('track reads the usage of %s', async (_what, answer) => {
    for (const each of Array.isArray(answer) ? [answer, streamOf(answer)] : [answer]) {
      expect((await tracked(each, GPT)).map(tokensOf)).toEqual([[60, 40, 0, 0, 7]]);
    }
  });

  test('prices a chat completion at the tier that it names', async () => {
    const costOf = async (tier?: string) =>
      (
        await tracked(
          { ...CHAT, usage: { ...CHAT.usage, prompt_tokens_details: {} }, service_tier: tier },
          GPT,
        )
      )[0].cost?.picoUsd ?? 0n;
    const standard = await costOf();

    expect(standard).toBeGreaterThan(0n);
    expect(await costOf('default')).toBe(standard);
    expect(await costOf('flex')).toBe(standard / 2n);
  });

  test('prices a line of a batch job at the batch price', async () => {
    const usage = { input_tokens: 100, output_tokens: 10 };
    const [line] = await tracked({ recordId: '1', modelInput: {}, modelOutput: { usage } }, HAIKU);
    const [call] = await tracked({ usage }, HAIKU);

    expect(line.operation).toBe('BatchOutput');
    expect(line.cost?.picoUsd).toBe((call.cost?.picoUsd ?? 0n) / 2n);
  });

  test('records each model call of an agent that returns its events as a list', async () => {
    const payload = complete.find(
      ({ operation, expected }) => operation === 'InvokeAgent' && (expected.breakdown?.length ?? 0) > 1,
    );

    const invocations = await tracked(payload?.response, 'unknown');

    expect(invocations.map(({ modelId }) => modelId)).toEqual(
      payload?.expected.breakdown?.map(({ model }) => model),
    );
  });

  test.each([
    ['a text', 'yes'],
    ['a number', 7],
    ['nothing', undefined],
    ['an empty list', []],
    ['a list of texts', ['yes']],
    ['an object of no known shape', { yes: true }],
  ])('reads no usage from %s', async (_what, answer) => {
    const tracker = new KeepingTracker();

    await tracker.track({ modelId: HAIKU }, () => answer);

    expect(tracker.invocations.map(({ usage, cost }) => [usage, cost])).toEqual([[undefined, undefined]]);
  });

  test('reads no usage from a stream with unknown events', async () => {
    expect((await tracked(streamOf([{ yes: true }, 'no', 7]), HAIKU)).map(({ usage }) => usage)).toEqual([
      undefined,
    ]);
  });

  test('does not read members of the chunks in a byte stream', async () => {
    const chunk = Buffer.alloc(1000);
    const keys = jest.spyOn(Object, 'keys');

    await tracked(streamOf([chunk]), HAIKU);

    expect(keys.mock.calls.filter(([value]) => value === chunk)).toEqual([]);
    keys.mockRestore();
  });

  test('returns an answer unchanged if its members throw', async () => {
    const answer = new Proxy(
      {},
      {
        get: (_target, name) => {
          if (name === 'then') return undefined;
          throw new Error('a member');
        },
      },
    );
    const tracker = new KeepingTracker();

    const { response } = await tracker.track({ modelId: HAIKU }, () => answer);

    expect(response).toBe(answer);
    expect(tracker.invocations.map(({ usage }) => usage)).toEqual([undefined]);
  });
});
