import { joinSpans, type JoinRules, joinWaited } from '../../../../lambda/ingest/spans/join-spans';
import type { SpanCall, SpanReading } from '../../../../lambda/ingest/spans/span-call';
import { NO_CACHE_TOKENS } from '../../../../lambda/usage/token-usage';

const DEFAULTS: JoinRules = { isLeftToLog: false };
const TRACE = 'a'.repeat(32);

type Changes = Partial<Omit<SpanCall, 'call'>> & { readonly call?: Partial<SpanCall['call']> };

function span({ call, ...changes }: Changes): SpanReading {
  return {
    kind: 'span',
    span: {
      traceId: TRACE,
      spanId: 'f1',
      maker: 'framework',
      isNode: false,
      isLambda: false,
      isInLog: true,
      hasCacheCounts: false,
      hasUsage: true,
      ...changes,
      call: {
        modelId: 'us.amazon.nova-lite-v1:0',
        timestamp: new Date('2026-11-29T12:00:00Z'),
        usage: {
          uncachedInputTokens: 100,
          ...NO_CACHE_TOKENS,
          outputTokens: 10,
          source: 'usage',
          partial: false,
        },
        ...call,
      },
    },
  };
}

const framework = (changes: Changes = {}) =>
  span({
    parentSpanId: 'cycle',
    hasCacheCounts: true,
    ...changes,
    call: { agentId: 'orders', sessionId: 'session-1', timeToFirstTokenMs: 640, ...changes.call },
  });
const client = (changes: Changes = {}) =>
  span({
    spanId: 'c1',
    parentSpanId: 'f1',
    maker: 'client',
    requestId: 'request-1',
    ...changes,
    call: { agentId: 'service', region: 'eu-west-1', operation: 'ConverseStream', ...changes.call },
  });

const spanOf = (reading: SpanReading): SpanCall => {
  if (reading.kind !== 'span') throw new Error(reading.kind);
  return reading.span;
};
const join = (readings: readonly SpanReading[], rules: Partial<JoinRules> = {}) =>
  joinSpans(readings, { ...DEFAULTS, ...rules });
const kinds = (readings: readonly SpanReading[], rules: Partial<JoinRules> = {}) =>
  join(readings, rules).map(({ kind }) => kind);

describe('spans of one call in one batch', () => {
  test.each([
    ['the framework first', [framework(), client()], ['call', 'joined']],
    ['the client first', [client(), framework()], ['joined', 'call']],
  ])('counts the call of a framework and its client once, %s', (_, spans, expected) => {
    expect(kinds(spans)).toEqual(expected);
  });

  test('takes the counts and the session from the framework, and the request from the client', () => {
    expect(join([client(), framework()])[1]).toMatchObject({
      call: {
        requestId: 'request-1',
        region: 'eu-west-1',
        operation: 'ConverseStream',
        agentId: 'orders',
        sessionId: 'session-1',
        timeToFirstTokenMs: 640,
      },
    });
  });

  test('takes the counts from the client if only the client reports cached tokens', () => {
    const spans = [framework({ hasCacheCounts: false }), client({ hasCacheCounts: true })];

    expect(kinds(spans)).toEqual(['joined', 'call']);
    expect(join(spans)[1]).toMatchObject({ call: { agentId: 'orders', sessionId: 'session-1' } });
  });

  test('takes the counts from the client if the framework reports none', () => {
    expect(kinds([framework({ hasUsage: false }), client()])).toEqual(['joined', 'call']);
  });

  test.each([
    [
      'framework',
      [framework({ hasCacheCounts: false }), client({ hasCacheCounts: true })],
      ['call', 'joined'],
    ],
    ['client', [framework(), client()], ['joined', 'call']],
  ] as const)('takes the counts from the preferred %s', (prefer, spans, expected) => {
    expect(kinds(spans, { prefer })).toEqual(expected);
  });

  test('counts three spans of one call once', () => {
    const middle = framework({ spanId: 'f2', parentSpanId: 'f1' });

    expect(kinds([client({ parentSpanId: 'f2' }), middle, framework()])).toEqual([
      'joined',
      'joined',
      'call',
    ]);
  });

  test('counts each call of a client that a framework without counts repeats', () => {
    const failed = client({
      spanId: 'c0',
      hasUsage: false,
      call: { error: { name: 'ThrottlingException' } },
    });

    expect(kinds([failed, client(), framework({ hasUsage: false })])).toEqual(['call', 'call', 'joined']);
  });

  test('counts a failed call once, with the error of the client', () => {
    const error = (name: string) => ({ hasUsage: false, call: { usage: undefined, error: { name } } });
    const readings = join([framework(error('Error')), client(error('ThrottlingException'))]);

    expect(readings.map(({ kind }) => kind)).toEqual(['joined', 'call']);
    expect(readings[1]).toMatchObject({ call: { error: { name: 'ThrottlingException' } } });
  });

  test('counts a call that succeeded after a failed attempt as a success', () => {
    const failed = client({ hasUsage: false, call: { error: { name: 'ThrottlingException' } } });

    expect(join([failed, framework()])[1]).toMatchObject({ kind: 'call', call: { error: undefined } });
  });

  test('skips the span of a framework with neither counts nor an error', () => {
    expect(kinds([framework({ hasUsage: false })])).toEqual(['foreign']);
  });

  test('counts two calls of one agent as two calls', () => {
    const spans = [
      framework(),
      framework({ spanId: 'f2' }),
      client(),
      client({ spanId: 'c2', parentSpanId: 'f2' }),
    ];

    expect(kinds(spans)).toEqual(['call', 'call', 'joined', 'joined']);
  });

  test('does not join spans of different traces', () => {
    expect(kinds([framework(), client({ traceId: 'b'.repeat(32) })])).toEqual(['waiting', 'waiting']);
  });

  test('counts a span that is in the batch twice once', () => {
    expect(kinds([framework(), framework()])).toEqual(['joined', 'waiting']);
  });

  test('reads spans that are parents of each other', () => {
    const readings = kinds([
      framework({ parentSpanId: 'f2' }),
      framework({ spanId: 'f2', parentSpanId: 'f1' }),
    ]);

    expect(readings).toHaveLength(2);
  });

  test('reads a chain of 25,000 spans', () => {
    const chain = Array.from({ length: 25_000 }, (_, index) =>
      framework({ spanId: String(index), parentSpanId: String(index + 1) }),
    );

    expect(join(chain)).toHaveLength(25_000);
  });
});

describe('token counts of a framework and its client', () => {
  const usage = (uncachedInputTokens: number, cacheReadTokens: number, cacheWrite5mTokens = 0) => ({
    usage: {
      ...NO_CACHE_TOKENS,
      uncachedInputTokens,
      cacheReadTokens,
      cacheWrite5mTokens,
      outputTokens: 10,
      source: 'usage' as const,
      partial: false,
    },
  });
  const counts = (ofFramework: Changes, ofClient: Changes) => {
    const [reading] = join([framework(ofFramework), client(ofClient)]);
    return reading.kind === 'call' || reading.kind === 'waiting' ? reading.call : undefined;
  };

  test('keeps the counts of a framework if those of its client agree', () => {
    expect(counts({ call: usage(320, 4000, 600) }, { call: usage(320, 0) })?.usage).toEqual(
      usage(320, 4000, 600).usage,
    );
  });

  test('finds the cache writes that the framework counts as input', () => {
    const call = counts(
      { call: { ...usage(920, 4000), uncounted: ['cacheTokens'] } },
      { call: usage(320, 0) },
    );

    expect(call).toMatchObject(usage(320, 4000, 600));
    expect(call?.usage?.cacheWriteTtlUnknown).toBe(true);
    expect(call?.uncounted).toEqual([]);
  });

  test('keeps the counts of a framework that adds up two calls, if one of them is in another batch', () => {
    expect(counts({ call: usage(3000, 0) }, { call: usage(1000, 0) })).toMatchObject(usage(3000, 0));
  });

  test('finds the input from which the framework has subtracted the cached tokens', () => {
    expect(counts({ call: usage(400, 4600) }, { call: usage(5000, 0) })).toMatchObject(usage(5000, 4600));
  });

  test.each([
    ['estimates them', { call: { usage: { ...usage(320, 0).usage, source: 'estimate' as const } } }],
    ['has only a part of them', { call: { usage: { ...usage(320, 0).usage, partial: true } } }],
    ['is not that of an AWS SDK', { requestId: undefined, call: usage(320, 0) }],
  ])('keeps the counts of a framework if the client %s', (_, ofClient) => {
    expect(counts({ call: usage(920, 4000) }, ofClient)).toMatchObject(usage(920, 4000));
  });

  test('marks the counts as incomplete if neither span reports cached tokens', () => {
    const call: Changes['call'] = { ...usage(320, 0), uncounted: ['cacheTokens'] };

    expect(counts({ hasCacheCounts: false, call }, { call })?.uncounted).toEqual(['cacheTokens']);
  });

  test('omits the time to first token if the call has no stream', () => {
    const call = { operation: 'Converse' };

    expect(join([framework(), client({ call })])[0]).toMatchObject({
      call: { timeToFirstTokenMs: undefined },
    });
  });
});

describe('a span without the second span of its call', () => {
  test('a single span waits two minutes if it can have a parent or a child in another batch', () => {
    const readings = join([framework(), client()].slice(0, 1)).concat(join([client()]));

    expect(readings).toMatchObject([
      { kind: 'waiting', wait: { seconds: 120, span: { traceId: TRACE, spanId: 'f1' } } },
      { kind: 'waiting', wait: { seconds: 120, span: { traceId: TRACE, spanId: 'c1' } } },
    ]);
  });

  test('a single span of a framework waits if it has no token counts, although its maker is preferred', () => {
    const failed = framework({ hasUsage: false, call: { usage: undefined, error: { name: 'Error' } } });

    expect(kinds([failed], { prefer: 'framework' })).toEqual(['waiting']);
  });

  test('a single span is counted if it is the span of a client without a parent', () => {
    expect(kinds([client({ parentSpanId: undefined })])).toEqual(['call']);
  });

  test('a single span is counted if its parent is in the batch and is not a model call', () => {
    const parent: SpanReading = { kind: 'foreign', ids: { traceId: TRACE, spanId: 'f1' } };

    expect(kinds([parent, client()])).toEqual(['foreign', 'call']);
  });

  test('a single span waits if the other maker is preferred', () => {
    expect(kinds([client()], { prefer: 'framework' })).toEqual(['waiting']);
    expect(kinds([framework()], { prefer: 'client' })).toEqual(['waiting']);
  });

  test('a single span is counted if its maker is preferred', () => {
    expect(kinds([client()], { prefer: 'client' })).toEqual(['call']);
    expect(kinds([framework()], { prefer: 'framework' })).toEqual(['call']);
  });
});

test.each([
  ['two minutes', false, 120],
  ['15 minutes in a Lambda function', true, 900],
])('a call of a Node.js program waits %s for the claim of a tracker', (_, isLambda, seconds) => {
  const spans = [framework({ isNode: true, isLambda }), client({ isNode: true, isLambda })];

  expect(join(spans)).toMatchObject([{ kind: 'waiting', wait: { seconds } }, { kind: 'joined' }]);
});

describe('with the invocation log', () => {
  const rules = { isLeftToLog: true };

  test('a call waits 15 minutes for the record in the invocation log', () => {
    expect(join([framework(), client()], rules)).toMatchObject([
      { kind: 'waiting', wait: { seconds: 900 } },
      { kind: 'joined' },
    ]);
  });

  test('after the wait, counts a call with a request id, and leaves other calls to the log', () => {
    const spans = [framework(), client(), framework({ spanId: 'f2' })].map(spanOf);

    expect(joinWaited(spans, spans, { isLeftToLog: true })).toMatchObject([
      { kind: 'call', call: { requestId: 'request-1' } },
      { kind: 'leftToLog' },
    ]);
  });

  test('counts a call at once that the invocation log does not have', () => {
    const spans = [framework({ isInLog: false }), client({ isInLog: false })];

    expect(kinds(spans, rules)).toEqual(['call', 'joined']);
  });
});

describe('spans that have waited', () => {
  const [outer, middle, inner] = [
    framework(),
    client({ spanId: 'c1', parentSpanId: 'f1', requestId: undefined, hasCacheCounts: true }),
    client({ spanId: 'c2', parentSpanId: 'c1' }),
  ].map(spanOf);

  test.each([
    ['outermost', outer],
    ['middle', middle],
    ['innermost', inner],
  ])('become the same call if the %s span has waited long enough', (_, awake) => {
    const calls = joinWaited([inner, outer, middle], [awake], DEFAULTS);

    expect(calls).toMatchObject([
      { kind: 'call', call: { requestId: 'request-1', agentId: 'orders', usage: outer.call.usage } },
    ]);
    expect(calls).toEqual(joinWaited([outer, middle, inner], [outer, middle, inner], DEFAULTS));
  });

  test('are not counted if none of the spans of their call has waited long enough', () => {
    const other = spanOf(framework({ spanId: 'f2' }));

    expect(joinWaited([outer, inner, other], [other], DEFAULTS)).toHaveLength(1);
  });

  test('become a success if the span of the framework failed, and that of its client has token counts', () => {
    const failed = {
      ...outer,
      hasUsage: false,
      call: { ...outer.call, usage: undefined, error: { name: 'Error' } },
    };
    const answered = { ...inner, parentSpanId: 'f1' };

    expect(joinWaited([failed, answered], [failed], DEFAULTS)).toMatchObject([
      { call: { usage: inner.call.usage, error: undefined } },
    ]);
  });
});

test('does not join spans of two models', () => {
  const embedding = client({ parentSpanId: 'f1', call: { modelId: 'amazon.titan-embed-text-v2:0' } });

  expect(join([framework(), embedding], { prefer: 'framework' })).toMatchObject([
    { kind: 'call', claims: [{ id: `${TRACE}/cycle` }, { id: `${TRACE}/f1` }] },
    { kind: 'call', claims: [{ id: 'request-1' }] },
  ]);
});

test.each([
  ['a short name', 'nova-lite-v1:0'],
  ['a profile', 'arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abc123'],
])(
  'joins the spans if the framework names the model by %s, and takes the name of the client',
  (_, modelId) => {
    expect(join([framework({ call: { modelId } }), client()])).toMatchObject([
      { kind: 'call', call: { modelId: 'us.amazon.nova-lite-v1:0' } },
      { kind: 'joined' },
    ]);
  },
);

describe('claims', () => {
  const claims = (readings: readonly SpanReading[], index = 0) => join(readings)[index];

  test('claims the request id, the span of the framework and its parent', () => {
    expect(claims([framework(), client()])).toMatchObject({
      claims: [
        { kind: 'span', id: `${TRACE}/cycle`, isShared: true },
        { kind: 'span', id: `${TRACE}/f1` },
        { kind: 'request', id: 'request-1' },
      ],
    });
  });

  test('claims the parent of a client, so that the parent is not counted later', () => {
    expect(joinWaited([spanOf(client())], [spanOf(client())], DEFAULTS)).toMatchObject([
      {
        claims: [
          { kind: 'span', id: `${TRACE}/f1`, isShared: true },
          { kind: 'request', id: 'request-1' },
        ],
      },
    ]);
  });

  test('lets each call of a client within one span of a framework count', () => {
    const spans = [
      client({ spanId: 'c0', requestId: 'request-0' }),
      client(),
      framework({ hasUsage: false }),
    ];

    expect(join(spans).slice(0, 2)).toMatchObject([
      { claims: [{ id: `${TRACE}/cycle` }, { id: `${TRACE}/f1`, isShared: true }, { id: 'request-0' }] },
      { claims: [{ id: `${TRACE}/cycle` }, { id: `${TRACE}/f1`, isShared: true }, { id: 'request-1' }] },
    ]);
  });

  test('counts a call once that two instrumentations of one client describe', () => {
    const outer = client({ requestId: undefined, hasCacheCounts: true });
    const inner = client({ spanId: 'c2', parentSpanId: 'c1' });

    expect(join([inner, outer])).toMatchObject([
      { kind: 'joined' },
      {
        kind: 'waiting',
        call: { requestId: 'request-1' },
        wait: { notes: [{ spanId: 'c1' }, { spanId: 'c2' }] },
      },
    ]);
  });

  test('uses the ids of the span as the request id of a call without one', () => {
    expect(claims([framework()])).toMatchObject({ call: { requestId: `${TRACE}f1` } });
  });
});
