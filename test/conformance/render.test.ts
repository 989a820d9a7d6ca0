import { type Fixture, readPayloads } from './payloads';
import { ENCODED, PLACEHOLDER, PROTOCOL, rendered } from './render';
import { proseIn, proseOf, textsOf } from './texts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const fixture = (parts: Partial<Fixture>): Fixture => ({
  id: 'one',
  source: 'owner/repository:file (commit)',
  license: 'MIT',
  operation: 'Converse',
  modelId: 'amazon.nova-lite-v1:0',
  responseHeaders: {},
  response: {},
  expected: {
    inputTokens: 1,
    outputTokens: 2,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    cacheWrite1hTokens: null,
    source: 'usage',
  },
  ...parts,
});
const responseOf = (response: unknown) => rendered(fixture({ response })).response;

describe('rendered', () => {
  test('keeps members, numbers, booleans, nulls and empty texts, and replaces each text', () => {
    expect(
      responseOf({ text: 'The capital', price: 1.5, valid: true, none: null, empty: '', list: ['a', 'b'] }),
    ).toEqual({ text: 'alder', price: 1.5, valid: true, none: null, empty: '', list: ['ash', 'aspen'] });
  });

  test('keeps values of the protocol', () => {
    const response = {
      role: 'assistant',
      stopReason: 'end_turn',
      foundationModel: 'amazon.nova-lite-v1:0',
      eventTime: '2025-05-21T09:49:01.981822147Z',
    };

    expect(responseOf(response)).toEqual(response);
  });

  test('replaces equal texts by equal placeholders, and different texts by different ones', () => {
    const texts = Array.from({ length: 50 }, (_, index) => `text ${index % 25}`);

    const placeholders = responseOf(texts) as string[];

    expect(placeholders.slice(25)).toEqual(placeholders.slice(0, 25));
    expect(new Set(placeholders).size).toBe(25);
  });

  test('replaces an id by the same placeholder in headers, in the response and in the expected calls', () => {
    const { responseHeaders, response, expected } = rendered(
      fixture({
        responseHeaders: { 'x-amzn-requestid': 'abc', 'x-amzn-bedrock-input-token-count': '17' },
        response: [{ trace: { traceId: 'abc', agentId: 'def', agentAliasArn: 'arn:aws:bedrock:x:1:y' } }],
        expected: {
          ...fixture({}).expected,
          breakdown: [
            { trace: 'orchestrationTrace', traceId: 'abc', model: 'm', inputTokens: 1, outputTokens: 2 },
          ],
        },
      }),
    );

    expect(responseHeaders).toEqual({
      'x-amzn-requestid': 'id-1',
      'x-amzn-bedrock-input-token-count': '17',
    });
    expect(response).toEqual([
      {
        trace: {
          traceId: 'id-1',
          agentId: 'id-2',
          agentAliasArn: 'arn:aws:bedrock:us-east-1:123456789012:agent-alias/id-3',
        },
      },
    ]);
    expect(expected.breakdown).toEqual([
      { trace: 'orchestrationTrace', traceId: 'id-1', model: 'm', inputTokens: 1, outputTokens: 2 },
    ]);
  });

  test('keeps the name of an error and removes the address of its namespace', () => {
    const headers = { 'x-amzn-errortype': 'ValidationException:http://internal.example.com/' };

    expect(rendered(fixture({ responseHeaders: headers })).responseHeaders).toEqual({
      'x-amzn-errortype': 'ValidationException',
    });
  });

  test('renders JSON inside a text, and text and JSON inside base64', () => {
    const inner = JSON.stringify({ role: 'assistant', text: 'The capital of France', count: 3 });
    const innerRendered = JSON.stringify({ role: 'assistant', text: 'alder', count: 3 });

    expect(
      responseOf([{ content: inner }, { bytes: base64(inner) }, { bytes: base64('Paris is large') }]),
    ).toEqual([{ content: innerRendered }, { bytes: base64(innerRendered) }, { bytes: base64('ash') }]);
  });

  test('adds the source, its licence and a note about changes of the recording', () => {
    const note = 'long texts trimmed; 6 middle chunks of 18 dropped; DERIVED: cut short';

    expect(rendered(fixture({ note, statusCode: 400 }))).toMatchObject({
      source: 'owner/repository:file (commit)',
      licence: 'MIT',
      statusCode: 400,
      note: 'Cut off after a few events, as a broken stream is. 6 of 18 chunks are omitted.',
    });
    expect(rendered(fixture({ note: 'long texts trimmed' }))).not.toHaveProperty('note');
  });
});

describe('the search for prose of a recording', () => {
  const SENTENCE = 'The capital of France is Paris.';

  test.each<[place: string, value: unknown]>([
    ['a text', { text: `Well: ${SENTENCE}` }],
    ['a text of other case and signs', { text: 'the CAPITAL — of "France"' }],
    ['JSON inside a text', { content: JSON.stringify({ text: SENTENCE }) }],
    ['base64', { bytes: base64(SENTENCE) }],
    ['JSON inside base64', { bytes: base64(JSON.stringify({ text: SENTENCE })) }],
    ['pieces of a stream', ['The', ' capi', 'tal of', ' France'].map(text => ({ text, index: 0 }))],
    ['texts that follow each other', ['The', 'capital', 'of', 'France']],
  ])('finds words of a recording in %s', (_place, value) => {
    expect(proseIn(value, proseOf({ text: SENTENCE }))).not.toEqual([]);
  });

  test('splits a sentence of a recording into runs of words, even across stream events', () => {
    expect([...proseOf([{ text: 'The cap' }, { text: 'ital of' }, { text: ' France is' }])]).toEqual([
      'the capital of france',
      'capital of france is',
    ]);
  });

  test('finds no words of a recording in texts with only 3 words in common', () => {
    expect(proseIn({ text: 'The capital of Italy is Rome.' }, proseOf({ text: SENTENCE }))).toEqual([]);
  });
});

const named = readPayloads().map(payload => [payload.id, payload] as const);

describe('payloads', () => {
  test.each(named)(
    'the payload contains only placeholders and values of the protocol: %s',
    (_id, payload) => {
      for (const { member, text } of textsOf([payload.responseHeaders, payload.response])) {
        const inner = ENCODED.has(member) ? Buffer.from(text, 'base64').toString('utf8') : text;
        if ([text, inner].some(each => each === '' || PLACEHOLDER.test(each))) continue;

        expect([...PROTOCOL, 'x-amzn-errortype']).toContain(member);
        expect(text).not.toMatch(/\s/);
      }
    },
  );

  test.each(named)('the payload contains its source and the licence: %s', (_id, { source, licence }) => {
    expect(source).toMatch(/^(?:[\w.-]+\/[\w.-]+:\S+ \([0-9a-f]{12}\)|AWS documentation: .+)$/);
    expect(licence).toMatch(/^(?:MIT|Apache-2\.0|Apache-2\.0 OR BSD-3-Clause|documentation example)$/);
  });
});
