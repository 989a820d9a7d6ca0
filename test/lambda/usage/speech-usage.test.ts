import fc from 'fast-check';
import { operationOfEvent, operationOfResponse } from '../../../lambda/usage/model-calls';
import { fuzz } from '../../support/fuzz';
import { extractUsage, readUsage, totalInputTokens } from 'cdk-token-analytics/runtime';

const OPERATION = 'InvokeModelWithBidirectionalStream';
const SONIC = 'amazon.nova-2-sonic-v1:0';
const usageOf = (...events: readonly unknown[]) =>
  extractUsage({ operation: OPERATION, modelId: SONIC, response: events });
const kinds = (speechTokens: unknown, textTokens: unknown) => ({ speechTokens, textTokens });
type Kinds = ReturnType<typeof kinds>;
const event = (members: unknown) => ({ event: members });
/** Returns an event as the SDK returns it: `bytes` contains the event as JSON. */
const chunk = (members: unknown) => ({
  chunk: { bytes: new TextEncoder().encode(JSON.stringify(event(members))) },
});
/** Returns a usage event with the given totals. `others` replaces members of the event, e.g. `sessionId`. */
const newUsage = (input: unknown, output: unknown, others: object = {}, delta?: unknown) => ({
  usageEvent: {
    completionId: 'c',
    promptName: 'p',
    sessionId: 's',
    ...others,
    details: { delta, total: { input, output } },
  },
});
const buckets = (input: number, speechInput: number, output: number, speechOutput: number) => ({
  uncachedInputTokens: input,
  cacheReadTokens: 0,
  cacheWrite5mTokens: 0,
  cacheWrite1hTokens: 0,
  outputTokens: output,
  speechInputTokens: speechInput,
  speechOutputTokens: speechOutput,
  source: 'usage',
  partial: false,
});
const GOLDEN = newUsage(kinds(410, 290), kinds(880, 120), {
  totalInputTokens: 700,
  totalOutputTokens: 1000,
  totalTokens: 1700,
});
const START = { completionStart: { completionId: 'c', promptName: 'p', sessionId: 's' } };
const END = { completionEnd: { completionId: 'c', promptName: 'p', sessionId: 's', stopReason: 'END_TURN' } };

describe.each<readonly [string, (members: object) => Readonly<Record<string, unknown>>]>([
  ['as JSON', event],
  ["as the SDK's chunks of bytes", chunk],
])('a session %s', (_form, formed) => {
  test('a session has 410 speech tokens among 700 input tokens and 880 among 1,000 output tokens', () => {
    expect(usageOf(...[START, GOLDEN, END].map(formed))).toEqual(buckets(700, 410, 1000, 880));
  });

  test('a session has its last total, without earlier totals and without deltas', () => {
    const events = [
      newUsage(kinds(0, 290), kinds(0, 0), {}, { input: kinds(0, 290), output: kinds(0, 0) }),
      newUsage(kinds(200, 290), kinds(440, 60), {}, { input: kinds(200, 0), output: kinds(440, 60) }),
      newUsage(kinds(410, 290), kinds(880, 120), {}, { input: kinds(210, 0), output: kinds(440, 60) }),
    ];

    expect(usageOf(...events.map(formed))).toEqual(buckets(700, 410, 1000, 880));
  });

  test('a session is recognized by each kind of event', () => {
    const events = [
      GOLDEN,
      START,
      END,
      { contentStart: { role: 'USER', type: 'TEXT' } },
      { contentEnd: { stopReason: 'END_TURN' } },
      { textOutput: { content: 'hello' } },
      { audioOutput: { content: 'AAAA' } },
      { toolUse: { toolName: 'weather' } },
      { userSpeechStart: { inputAudioOffsetMs: 120 } },
      { userSpeechEnd: { inputAudioOffsetMs: 2480 } },
    ];

    for (const one of events) expect(operationOfEvent(formed(one))).toBe(OPERATION);
    for (const one of events) expect(operationOfResponse(formed(one))).toBe(OPERATION);
  });
});

test('a single event is read like a list of one event', () => {
  expect(readUsage({ operation: OPERATION, modelId: SONIC, response: event(GOLDEN) })?.usage).toEqual(
    buckets(700, 410, 1000, 880),
  );
});

test.each([
  [{ event: 'on_chat_model_stream', data: {} }],
  [{ event: { messageStart: { role: 'assistant' } } }],
  [{ event: [] }],
  [{ usageEvent: {} }],
])('an event of another kind is not read as a session: %j', one => {
  expect(operationOfEvent(one)).not.toBe(OPERATION);
  expect(usageOf(one)).toBeUndefined();
});

/** Tests with usage events of real speech sessions. Only their ids are replaced. */
describe('a recorded session', () => {
  test('a recorded session of Nova Sonic has 23 text tokens and 150 speech tokens', () => {
    // The counts are from a session with amazon.nova-sonic-v1:0, in a log of a public bug report about the
    // AWS SDK for Kotlin (26 November 2025).
    const usage = (delta: [Kinds, Kinds], total: [Kinds, Kinds], sum: number) =>
      newUsage(
        total[0],
        total[1],
        { totalInputTokens: sum, totalOutputTokens: 0, totalTokens: sum },
        { input: delta[0], output: delta[1] },
      );
    const none = kinds(0, 0);

    expect(
      usageOf(
        chunk(usage([kinds(0, 22), none], [kinds(0, 22), none], 22)),
        chunk(usage([kinds(150, 0), none], [kinds(150, 22), none], 172)),
        chunk(usage([kinds(0, 1), none], [kinds(150, 23), none], 173)),
      ),
    ).toEqual(buckets(173, 150, 0, 0));
  });

  test('a recorded session has the split by kind without the sums of its directions', () => {
    // Event of a live call, from pull request 4783 of pipecat-ai/pipecat (June 2026).
    const captured = {
      usageEvent: {
        details: {
          delta: { input: kinds(0, 3), output: kinds(20, 0) },
          total: { input: kinds(288, 3443), output: kinds(694, 203) },
        },
        totalTokens: 4628,
      },
    };

    expect(usageOf(chunk(captured))).toEqual(buckets(3731, 288, 897, 694));
  });

  test('a recorded session has its total without deltas', () => {
    // Event from a test of the Nova Sonic backend in stdapi-ai/stdapi.ai (September 2026).
    const captured = {
      usageEvent: {
        totalTokens: 623,
        details: { total: { input: kinds(197, 348), output: kinds(52, 26) } },
      },
    };

    expect(usageOf(event(captured))).toEqual(buckets(545, 197, 78, 52));
  });
});

describe('several sessions in one stream', () => {
  const session = (sessionId: string, speech: number, text: number) =>
    event(newUsage(kinds(speech, text), kinds(speech, text), { sessionId }));

  test('several sessions in one stream add up their last totals', () => {
    expect(
      usageOf(
        session('a', 1, 1),
        session('b', 10, 10),
        session('a', 2, 3),
        session('__proto__', 100, 0),
        session('b', 20, 30),
      ),
    ).toEqual(buckets(155, 122, 155, 122));
    expect(({} as Record<string, unknown>).total).toBeUndefined();
  });

  test('several sessions in one stream are counted up to one hundred, and are then partial', () => {
    const sessions = Array.from({ length: 101 }, (_, index) => session(`s${index}`, 1, 0));

    expect(usageOf(...sessions.slice(0, 100))).toEqual(buckets(100, 100, 100, 100));
    // The 101st session is not counted. The new total of the first session is counted: 5 instead of 1.
    expect(usageOf(...sessions, session('s0', 5, 0))).toEqual({
      ...buckets(104, 104, 104, 104),
      partial: true,
    });
  });
});

describe('a session that breaks', () => {
  test.each([
    ['a completion has not ended', [START, GOLDEN].map(event), true],
    ['a second completion has not ended', [START, END, GOLDEN, START].map(event), true],
    ['its completion has ended', [START, GOLDEN, END].map(event), false],
    ['usage follows the end of its completion', [START, END, GOLDEN].map(event), false],
    ['no completion has begun', [event(GOLDEN)], false],
    ['an error is the last event', [event(GOLDEN), { modelStreamErrorException: { message: 'x' } }], true],
    [
      'an error follows the end of the completion',
      [...[START, GOLDEN, END].map(event), { validationException: { message: 'idle' } }],
      false,
    ],
    [
      'an error follows new speech of the user',
      [...[START, GOLDEN, END, { userSpeechStart: {} }].map(event), { throttlingException: {} }],
      true,
    ],
  ])('a session has its last total, which is partial if more can be billed: %s', (_when, events, partial) => {
    expect(usageOf(...events)).toEqual({ ...buckets(700, 410, 1000, 880), partial });
  });

  test('a session keeps the total before an invalid one as a lower bound', () => {
    const unreadable = newUsage(kinds(-1, 'x'), kinds(880, 120));

    expect(usageOf(event(GOLDEN), event(unreadable))).toEqual({
      ...buckets(700, 410, 1000, 880),
      partial: true,
    });
    expect(usageOf(event(unreadable), event(GOLDEN))).toEqual(buckets(700, 410, 1000, 880));
  });

  test('a session without a usage event has no usage', () => {
    expect(usageOf()).toBeUndefined();
    expect(usageOf(...[START, { textOutput: { content: 'hello' } }, END].map(event))).toBeUndefined();
  });
});

describe('missing or contradictory counts of a session', () => {
  const sums = (input: unknown, output: unknown) => ({ totalInputTokens: input, totalOutputTokens: output });
  const OUTPUT = kinds(880, 120);

  test.each<readonly [string, unknown, object]>([
    ['text is missing', { speechTokens: 410 }, sums(700, 1000)],
    ['speech is missing', { textTokens: 290 }, sums(700, 1000)],
    ['speech is a text', kinds('410', 290), sums(700, 1000)],
    ['speech is negative', kinds(-410, 290), sums(700, 1000)],
    ['the sum is missing', kinds(410, 290), sums(undefined, undefined)],
    ['the sums are not numbers', kinds(410, 290), sums('1', null)],
    ['the sum is less than the split', kinds(410, 290), sums(699, 0)],
  ])('a missing count of a session follows from the others: %s', (_what, input, others) => {
    expect(usageOf(event(newUsage(input, OUTPUT, others)))).toEqual(buckets(700, 410, 1000, 880));
  });

  test('the counts of a session are a lower bound if the sum is larger', () => {
    expect(usageOf(event(newUsage(kinds(410, 290), OUTPUT, sums(701, 1000))))).toEqual({
      ...buckets(700, 410, 1000, 880),
      partial: true,
    });
  });

  test('the counts of a session are 0 if their sum is 0', () => {
    expect(usageOf(event(newUsage(kinds(410, 290), undefined, sums(700, 0))))).toEqual(
      buckets(700, 410, 0, 0),
    );
  });

  test.each<readonly [string, object]>([
    ['the split is missing', { usageEvent: { ...sums(700, 1000), totalTokens: 1700 } }],
    ['only the delta is there', { usageEvent: { details: { delta: { input: OUTPUT, output: OUTPUT } } } }],
    ['one direction has no split', newUsage({}, OUTPUT, sums(700, 1000))],
    ['one direction is missing', newUsage(undefined, OUTPUT, {})],
    ['one kind is more than the sum', newUsage({ speechTokens: 701 }, OUTPUT, sums(700, 1000))],
    ['one kind and the sum are missing', newUsage({ speechTokens: 410 }, OUTPUT)],
    ['the sum is too large', newUsage(kinds(Number.MAX_SAFE_INTEGER, 1), OUTPUT)],
    ['the event is empty', { usageEvent: {} }],
    ['the event is a text', { usageEvent: 'x' }],
  ])(
    'the usage is unknown without the kind of all tokens, because the price depends on it: %s',
    (_what, members) => {
      expect(usageOf(event(members))).toBeUndefined();
      expect(usageOf(chunk(members))).toBeUndefined();
    },
  );

  test('the usage is unknown if the bytes are not JSON', () => {
    expect(usageOf({ chunk: { bytes: Buffer.from('{"event":') } })).toBeUndefined();
  });
});

/** Generates unusual values for the members of an event. */
const oddity = fc.oneof(
  fc.constantFrom<unknown>(
    ...[-1, -0, 0.5, 1e308, 2 ** 53, 2 ** 53 - 1, NaN, Infinity, -Infinity, 10n, null, undefined, true, ''],
    ...['5', 'NaN', [], {}, [[]], () => 1, Symbol('x'), new Date(0), new Uint8Array(3)],
  ),
  fc.nat(),
  fc.object({
    key: fc.constantFrom('__proto__', 'constructor', 'speechTokens', 'textTokens', 'length', 'total'),
    maxDepth: 2,
  }),
);
const oddKinds = fc.oneof(
  { weight: 3, arbitrary: fc.record({ speechTokens: fc.nat(), textTokens: fc.nat() }) },
  {
    weight: 2,
    arbitrary: fc.record({ speechTokens: oddity, textTokens: oddity }, { requiredKeys: [] }),
  },
  { weight: 1, arbitrary: oddity },
);
const oddUsage = fc
  .record({
    input: oddKinds,
    output: oddKinds,
    delta: oddity,
    others: fc.record(
      {
        sessionId: fc.oneof(fc.constantFrom<unknown>('s', 't', '__proto__', 'constructor'), oddity),
        totalInputTokens: fc.oneof(fc.nat(), oddity),
        totalOutputTokens: fc.oneof(fc.nat(), oddity),
        details: oddity,
      },
      { requiredKeys: [] },
    ),
    isWhole: fc.integer({ min: 0, max: 4 }).map(chance => chance > 0),
  })
  .map(({ input, output, delta, others: { details, ...others }, isWhole }) => {
    const members = newUsage(input, output, others, delta);
    return event(isWhole ? members : { usageEvent: { ...members.usageEvent, details } });
  });
const oddEvent = fc.oneof(
  { weight: 4, arbitrary: oddUsage },
  {
    weight: 1,
    arbitrary: fc.constantFrom<unknown>(event(START), event(END), { internalServerException: {} }),
  },
  { weight: 1, arbitrary: oddity.map(value => event(value)) },
  { weight: 1, arbitrary: oddity.map(value => ({ chunk: value })) },
  { weight: 1, arbitrary: oddity.map(value => ({ chunk: { bytes: value } })) },
  { weight: 1, arbitrary: oddity },
);

test('any events have valid usage that includes their speech tokens, or none', () => {
  let read = 0;

  fuzz(
    fc.property(fc.array(oddEvent, { maxLength: 6 }), events => {
      for (const one of events) operationOfEvent(one);
      const usage = usageOf(...events);
      if (!usage) return;
      read += 1;
      const { speechInputTokens, speechOutputTokens, outputTokens } = usage;
      for (const [part, sum] of [
        [speechInputTokens, totalInputTokens(usage)],
        [speechOutputTokens, outputTokens],
      ]) {
        // Throws instead of calling `expect`, which takes a third of the time of the test.
        const isSound = Number.isSafeInteger(part) && Number.isSafeInteger(sum);
        if (!isSound || Number(part) < 0 || Number(part) > Number(sum)) {
          throw new Error(`speech of ${part} tokens must be part of ${sum} tokens`);
        }
      }
    }),
    { numRuns: 5000, seed: 20_261_129 },
  );

  // Fails if too few of the generated event lists contain usage.
  expect(read).toBeGreaterThan(500);
  expect(({} as Record<string, unknown>).speechTokens).toBeUndefined();
});

test('the usage is unknown if reading the events throws', () => {
  const hostile = new Proxy(
    {},
    {
      get: () => {
        throw new Error('no');
      },
    },
  );

  expect(usageOf(event(GOLDEN), hostile)).toBeUndefined();
  expect(readUsage({ operation: OPERATION, modelId: SONIC, response: hostile })).toBeUndefined();
});
