import { Backends, NOVA, SECRET, usageEvent } from './support';

const TIMESTAMP = new Date(Date.now() - 3_600_000).toISOString();
const USAGE = { uncachedInputTokens: 1000, outputTokens: 200 };
const DETAIL = { agentId: 'orders', modelId: NOVA, requestId: 'req-1', timestamp: TIMESTAMP, usage: USAGE };

describe('the built handler of TokenUsage events', () => {
  let backends: Backends;
  beforeEach(async () => {
    backends = await Backends.start();
  });
  afterEach(async () => {
    expect(JSON.stringify(await backends.items('AGENT'))).not.toContain('Lovelace');
    expect(backends.messages.join('\n')).not.toContain('Lovelace');
    await backends.close();
  });

  const take = async (events: readonly unknown[]) => {
    const done = await backends.invoke('ingest-events', events);
    expect(done.output).not.toContain('Lovelace');
    return done;
  };

  test('turns an event into metrics at the time of the invocation, a trace and a day index entry', async () => {
    const done = await take([
      usageEvent({
        ...DETAIL,
        incidentId: 'INC-7',
        sessionId: 's-1',
        operation: 'Converse',
        latencyMs: 321.5,
        timeToFirstTokenMs: 40,
        items: 4,
        stopReason: 'end_turn',
        usage: { ...USAGE, cacheReadTokens: 10, cacheWrite5mTokens: 20, cacheWrite1hTokens: 0 },
        modelId: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
      }),
    ]);

    expect(done.tallies).toEqual([expect.objectContaining({ records: 1, written: 1 })]);
    expect(done.emf[0]).toEqual(
      expect.objectContaining({
        AgentId: 'orders',
        Model: 'anthropic.claude-sonnet-4-5-20250929-v1:0',
        InputTokens: 1030,
        OutputTokens: 200,
        TokensPerItem: 307.5,
      }),
    );
    expect(done.emf[0]._aws.Timestamp).toBe(Date.parse(TIMESTAMP));
    expect(await backends.items('AGENT')).toEqual([
      expect.objectContaining({
        requestId: { S: 'req-1' },
        incidentId: { S: 'INC-7' },
        sessionId: { S: 's-1' },
        latencyMs: { N: '321.5' },
        ttftMs: { N: '40' },
        items: { N: '4' },
        source: { S: 'usage' },
        timestamp: { S: TIMESTAMP },
      }),
    ]);
    expect(await backends.items('DAY')).toHaveLength(1);
  });

  test('counts an invocation once if its event is sent or delivered twice', async () => {
    const { requestId: _, timestamp: __, ...anonymous } = DETAIL;

    const done = await take([
      usageEvent(DETAIL),
      usageEvent(DETAIL, { id: 'another-event', time: new Date().toISOString() }),
      usageEvent(anonymous),
      usageEvent(anonymous),
      usageEvent(anonymous, { id: 'another-event' }),
    ]);

    expect(done.tallies.map(tally => tally?.written)).toEqual([1, 0, 1, 0, 1]);
    expect(done.sum('invocationCount')).toBe(3);
  });

  test('prices speech tokens as speech, and refuses counts that contradict each other', async () => {
    const usage = { uncachedInputTokens: 700, outputTokens: 1000, speechOutputTokens: 880 };
    const done = await backends.invoke(
      'ingest-events',
      [
        usageEvent({ ...DETAIL, requestId: 'talk', usage: { ...usage, speechInputTokens: 410 } }),
        usageEvent({ ...DETAIL, requestId: 'wrong', usage: { ...usage, speechInputTokens: 701 } }),
      ],
      {
        TOKEN_ANALYTICS_PRICES: `{"${NOVA}":{"input":0.33,"output":2.75,"speechInput":3,"speechOutput":12}}`,
      },
    );

    expect([done.sum('totalCost'), done.sum('unpricedInvocations')]).toEqual([0.0122157, 0]);
    expect(done.tallies.map(tally => [tally?.written, tally?.refused])).toEqual([
      [1, 0],
      [0, 1],
    ]);
    expect(
      (await backends.items('AGENT')).map(item => [
        item.requestId.S,
        item.costUsd?.N,
        item.uncachedInputTokens?.N,
        item.speechInputTokens?.N,
        item.outputTokens?.N,
        item.speechOutputTokens?.N,
      ]),
    ).toEqual([['talk', '0.0122157', '700', '410', '1000', '880']]);
  });

  test('marks a cost as a lower bound if the time to live of cache writes is not known', async () => {
    await take([
      usageEvent({
        ...DETAIL,
        modelId: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
        usage: { ...USAGE, cacheWrite5mTokens: 1000, cacheWriteTtlUnknown: true },
      }),
    ]);

    expect(await backends.items('AGENT')).toEqual([
      expect.objectContaining({ costUsd: { N: '0.010725' }, costIsLowerBound: { S: 'cacheWriteTtl' } }),
    ]);
  });

  test('adds the cost of billed units to the cost of tokens, and marks uncounted units as a lower bound', async () => {
    const guardrail = { units: { guardrailContent: 3, guardrailTopics: 0 } };
    const done = await take([
      usageEvent({ ...DETAIL, ...guardrail, requestId: 'a' }),
      usageEvent({ ...DETAIL, requestId: 'b', uncounted: ['guardrailUnits'] }),
      usageEvent({ ...DETAIL, ...guardrail, requestId: 'c', modelId: 'bedrock-guardrails', usage: null }),
      usageEvent({ ...DETAIL, units: {}, requestId: 'd' }),
    ]);

    expect(done.tallies.map(tally => tally?.written)).toEqual([1, 1, 1, 1]);
    // Tokens: 1,000 × $0.035 / 1M + 200 × $0.14 / 1M. Guardrail: 3 × $0.00015.
    expect(
      (await backends.items('AGENT')).map(item => [
        item.requestId.S,
        item.units?.M?.guardrailContent?.N,
        item.unitCostUsd?.N,
        item.costUsd?.N,
        item.costIsLowerBound?.S,
      ]),
    ).toEqual([
      ['a', '3', '0.00045', '0.000513', undefined],
      ['b', undefined, undefined, '0.000063', 'guardrailUnits'],
      ['c', '3', '0.00045', '0.00045', undefined],
      ['d', undefined, undefined, '0.000063', undefined],
    ]);
    expect([done.sum('unpricedInvocations'), done.sum('totalCost').toFixed(9)]).toEqual([0, '0.001089000']);
  });

  test('subtracts discounts as a tracker does', async () => {
    const done = await backends.invoke(
      'ingest-events',
      [usageEvent({ ...DETAIL, usage: { uncachedInputTokens: 1_000_000, outputTokens: 1_000_000 } })],
      { TOKEN_ANALYTICS_DISCOUNTS: '{"amazon":0.1}' },
    );

    expect(done.sum('totalCost')).toBe(0.1575);
  });

  test('counts cached responses and failed invocations', async () => {
    const done = await take([
      usageEvent({ ...DETAIL, cached: true }),
      usageEvent({ agentId: 'orders', modelId: NOVA, error: 'ThrottlingException' }),
    ]);

    expect([
      done.sum('cachedResponses'),
      done.sum('invocationErrors'),
      done.sum('invocationCount'),
      done.sum('totalCost'),
    ]).toEqual([1, 1, 0, 0]);
    expect((await backends.items('AGENT')).map(({ costUsd, error }) => [costUsd?.N, error?.S])).toEqual([
      ['0', undefined],
      [undefined, 'ThrottlingException'],
    ]);
  });

  test('puts the valid members of a refused event on the queue', async () => {
    const billed = { units: { guardrailContent: 3 }, uncounted: ['searchUnits'] };
    await take([usageEvent({ ...DETAIL, ...billed, incidentId: 7, prompt: SECRET })]);

    expect(backends.letters[0].event).toEqual({
      ...billed,
      agentId: 'orders',
      modelId: NOVA,
      requestId: 'req-1',
      timestamp: TIMESTAMP,
      usage: expect.objectContaining(USAGE) as object,
    });
  });

  test('refuses an impossible time, and ignores events of another type', async () => {
    const at = (timestamp: string) => usageEvent({ ...DETAIL, timestamp });
    const ago = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
    const { requestId: _, timestamp: __, ...anonymous } = DETAIL;
    const done = await take([
      at(ago(-1)),
      at(ago(91)),
      at('1969-12-31T23:59:59Z'),
      at('2026-02-31T00:00:00Z'),
      usageEvent(anonymous, { time: '2026-02-31T00:00:00Z' }),
      at(ago(80)),
      usageEvent({ prompt: SECRET }, { 'detail-type': 'OrderPlaced' }),
      SECRET,
    ]);

    expect(done.tallies.map(tally => [tally?.written, tally?.refused, tally?.foreign])).toEqual([
      [0, 1, 0],
      [0, 1, 0],
      [0, 1, 0],
      [0, 1, 0],
      [0, 1, 0],
      [1, 0, 0],
      [0, 0, 1],
      [0, 0, 1],
    ]);
    expect(backends.letters.map(({ reason }) => reason)).toEqual([
      'the timestamp is more than two hours ahead',
      'the timestamp is more than 90 days ago, when its trace would be deleted',
      'the timestamp is before 2020',
      'the timestamp of the event is not a date',
      'the time of the event is not a date',
    ]);
    expect(backends.letters[1].event).toEqual(expect.objectContaining({ requestId: 'req-1', modelId: NOVA }));
  });

  test('fails while the table is throttled, and ingests the event at the retry', async () => {
    backends.fault = () => ({ status: 400, type: 'ThrottlingException' });
    const failed = await take([usageEvent(DETAIL)]);
    backends.fault = () => undefined;

    const retried = await take([usageEvent(DETAIL)]);

    expect(failed.outcomes).toEqual([
      {
        error: 'IngestIncomplete',
        message: expect.stringContaining(
          '1 of 1 records could not be written (ThrottlingException)',
        ) as string,
      },
    ]);
    expect(failed.emf).toEqual([]);
    expect(retried.sum('invocationCount')).toBe(1);
  });
});

describe('the built handler of TokenUsage events with invalid events', () => {
  const EVENTS: readonly (readonly [string, unknown, string])[] = [
    ['without an agent', { modelId: NOVA, usage: USAGE }, "detail must have required property 'agentId'"],
    ['without usage', { agentId: 'a', modelId: NOVA }, "detail must have required property 'usage'"],
    ['with a prompt', { ...DETAIL, prompt: SECRET }, 'detail must NOT have additional properties'],
    [
      'with a prompt as the name of a member',
      { ...DETAIL, [SECRET]: 1 },
      'detail must NOT have additional properties',
    ],
    [
      'with a prompt as its error',
      { ...DETAIL, error: SECRET },
      'error must match pattern "^[A-Za-z][A-Za-z0-9_.]{0,63}$"',
    ],
    [
      'with a request id and no time',
      { agentId: 'a', modelId: NOVA, usage: USAGE, requestId: 'r' },
      'detail must have property timestamp when property requestId is present',
    ],
    [
      'with a fraction of a token',
      { ...DETAIL, usage: { uncachedInputTokens: 1.5, outputTokens: 1 } },
      'usage.uncachedInputTokens must be integer',
    ],
    [
      'with a negative count',
      { ...DETAIL, usage: { uncachedInputTokens: 1, outputTokens: -1 } },
      'usage.outputTokens must be >= 0',
    ],
    [
      'with text in place of a count',
      { ...DETAIL, usage: { uncachedInputTokens: SECRET, outputTokens: 1 } },
      'usage.uncachedInputTokens must be integer',
    ],
    [
      'with a unit that does not exist',
      { ...DETAIL, units: { [SECRET]: 1 } },
      'units must NOT have additional properties',
    ],
    [
      'with a unit that has the name of an inherited member',
      { ...DETAIL, units: JSON.parse('{"__proto__":{"guardrailContent":1}}') as unknown },
      'units must NOT have additional properties',
    ],
    [
      'with 10,000 units',
      {
        ...DETAIL,
        units: Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`u${index}`, 1])),
      },
      'units must NOT have additional properties',
    ],
    ['with a list of units', { ...DETAIL, units: [{ guardrailContent: 1 }] }, 'units must be object'],
    [
      'with a negative number of units',
      { ...DETAIL, units: { guardrailContent: -1 } },
      'units.guardrailContent must be >= 0',
    ],
    [
      'with a fraction of a unit',
      { ...DETAIL, units: { guardrailContent: 0.5 } },
      'units.guardrailContent must be integer',
    ],
    [
      'with more units than a safe integer',
      { ...DETAIL, units: { guardrailContent: Number.MAX_SAFE_INTEGER + 1 } },
      'units.guardrailContent must be <= 9007199254740991',
    ],
    [
      'with an uncounted unit that does not exist',
      { ...DETAIL, uncounted: [SECRET] },
      'uncounted.0 must be equal to one of the allowed values',
    ],
    [
      'with 10,000 uncounted units',
      { ...DETAIL, uncounted: Array.from({ length: 10_000 }, () => 'guardrailUnits') },
      'uncounted must NOT have more than 3 items',
    ],
    ['with a time that is none', { ...DETAIL, timestamp: 'yesterday' }, 'timestamp must match pattern'],
    ['that is no object', SECRET, 'detail must be object'],
    ['that is nothing', null, 'detail must be object'],
  ];
  const idOf = (index: number) => `e0000000-0000-4000-8000-${String(index).padStart(12, '0')}`;
  let backends: Backends;
  let tallies: readonly unknown[];
  let items: readonly unknown[];

  // Sends all events to the same handler process, because an event must not change the handling of later
  // events.
  beforeAll(async () => {
    backends = await Backends.start();
    const done = await backends.invoke(
      'ingest-events',
      EVENTS.map(([, detail], index) => usageEvent(detail, { id: idOf(index) })),
    );
    ({ tallies } = done);
    items = await backends.items('AGENT');
    expect(done.output).not.toContain('Lovelace');
    expect(backends.messages.join('\n')).not.toContain('Lovelace');
  });
  afterAll(() => backends.close());

  test.each(EVENTS.map(([name, , reason], index) => ({ name, reason, index })))(
    'refuses an event $name, and sends the reason to the queue without the content of the event',
    ({ reason, index }) => {
      expect(tallies[index]).toEqual(expect.objectContaining({ written: 0, refused: 1 }));
      expect(backends.letters[index]).toEqual(
        expect.objectContaining({ v: 1, source: 'events', id: idOf(index) }),
      );
      expect(backends.letters[index].reason).toContain(`the event does not match its schema: ${reason}`);
      expect(backends.letters).toHaveLength(EVENTS.length);
      expect(items).toEqual([]);
    },
  );
});
