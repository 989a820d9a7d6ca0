import { shared } from '../../../lambda/process/shared-state';
import { validateEmf } from '../../../local/emulators/cloudwatch/metrics/emf';
import { startCloudWatch } from '../../../local/emulators/cloudwatch/server';
import { METRICS } from '../../../src/contract';
import { emfOf, stdoutOf } from '../../support/stdout';
import { AnalyticsEmitter, type AnalyticsEmitterOptions, type Invocation } from 'cdk-token-analytics/runtime';

/** Time of the recorded invocations: 00:00 UTC today, because CloudWatch accepts only recent metrics. */
const TIME = new Date(Math.floor(Date.now() / 86_400_000) * 86_400_000);
const PRICE = { input: 1, output: 1, asOf: '2026-11-01', source: 'test' };
const NOTHING = { input: 0n, output: 0n, cacheRead: 0n, cacheWrite5m: 0n, cacheWrite1h: 0n };

function invocation(changes: Partial<Invocation> = {}, usd = 0.25): Invocation {
  return {
    requestId: 'r',
    agentId: 'triage',
    model: 'amazon.nova-lite-v1:0',
    modelId: 'amazon.nova-lite-v1:0',
    scope: 'in-region',
    timestamp: TIME,
    usage: {
      uncachedInputTokens: 80,
      cacheReadTokens: 15,
      cacheWrite5mTokens: 3,
      cacheWrite1hTokens: 2,
      outputTokens: 50,
      source: 'usage',
      partial: false,
    },
    cost: { usd, picoUsd: 1n, breakdown: NOTHING, price: PRICE },
    ...changes,
  };
}

async function linesOf(invocations: readonly Invocation[], options: AnalyticsEmitterOptions = {}) {
  const emitter = new AnalyticsEmitter(options);
  const lines = await stdoutOf(() => {
    for (const one of invocations) emitter.emit(one);
    void emitter.flush();
  });
  const documents = emfOf(lines);
  expect(documents).toHaveLength(lines.length);
  for (const document of documents) expect(validateEmf(document)).toEqual([]);
  return documents;
}

const valuesOf = (documents: Awaited<ReturnType<typeof linesOf>>, metric: string, agentId?: string) =>
  documents
    .filter(document => agentId === undefined || document.AgentId === agentId)
    .flatMap(document => [document[metric] ?? []].flat() as number[]);

describe('AnalyticsEmitter', () => {
  test('prints one line for an invocation, with exactly these members', async () => {
    expect(await linesOf([invocation()])).toEqual([
      {
        _aws: {
          Timestamp: TIME.getTime(),
          CloudWatchMetrics: [
            {
              Namespace: 'OPX/Analytics',
              Dimensions: [[], ['AgentId', 'Model']],
              Metrics: expect.arrayContaining([
                { Name: 'InputTokens', Unit: 'Count' },
                { Name: 'OutputTokens', Unit: 'Count' },
                { Name: 'TotalCost', Unit: 'None' },
                { Name: 'TokenEfficiency', Unit: 'None' },
                { Name: 'InvocationCount', Unit: 'Count' },
              ]) as unknown,
            },
          ],
        },
        AgentId: 'triage',
        Model: 'amazon.nova-lite-v1:0',
        InputTokens: 100,
        OutputTokens: 50,
        TotalCost: 0.25,
        TokenEfficiency: 0.5,
        InvocationCount: 1,
      },
    ]);
  });

  test('prints nothing without an invocation, or if it is disabled', async () => {
    expect(await linesOf([])).toEqual([]);
    expect(await linesOf([invocation()], { enabled: false })).toEqual([]);
  });

  test('prints both dimension sets on every line, also for the 101st value, and loses no value', async () => {
    const documents = await linesOf(Array.from({ length: 250 }, (_, index) => invocation({}, index)));

    expect(documents.length).toBeGreaterThan(2);
    for (const {
      _aws: {
        CloudWatchMetrics: [directive],
      },
    } of documents) {
      expect(directive.Dimensions).toEqual([[], ['AgentId', 'Model']]);
    }
    expect(valuesOf(documents, 'TotalCost')).toEqual(Array.from({ length: 250 }, (_, index) => index));
    expect(valuesOf(documents, 'InvocationCount')).toHaveLength(250);
  });

  test('keeps agents, models and minutes apart', async () => {
    const documents = await linesOf([
      invocation({ agentId: 'a' }, 1),
      invocation({ agentId: 'b' }, 2),
      invocation({ agentId: 'a' }, 4),
      invocation({ agentId: 'a', model: 'm' }, 8),
      invocation({ agentId: 'a', timestamp: new Date(TIME.getTime() - 60_000) }, 16),
    ]);

    expect(documents.map(document => [document.AgentId, document.Model, document.TotalCost])).toEqual([
      ['a', 'amazon.nova-lite-v1:0', [1, 4]],
      ['b', 'amazon.nova-lite-v1:0', 2],
      ['a', 'm', 8],
      ['a', 'amazon.nova-lite-v1:0', 16],
    ]);
  });

  test('prints each of 10,000 values once under its own agent and model, with flushes in between', async () => {
    const emitter = new AnalyticsEmitter();
    const lines = await stdoutOf(() =>
      Promise.all(
        Array.from({ length: 50 }, async (_, worker) => {
          for (let call = 0; call < 200; call += 1) {
            emitter.emit(
              invocation(
                { agentId: `agent-${String.fromCharCode(97 + (call % 4))}`, model: `m${worker % 3}` },
                worker * 200 + call,
              ),
            );
            if (call % 17 === 0) {
              await Promise.resolve();
              void emitter.flush();
            }
          }
          void emitter.flush();
        }),
      ),
    );

    const seen = emfOf(lines).flatMap(document =>
      ([document.TotalCost].flat() as number[]).map(
        value => `${document.AgentId} ${document.Model} ${value}`,
      ),
    );
    const wanted = Array.from(
      { length: 10_000 },
      (_, value) =>
        `agent-${String.fromCharCode(97 + ((value % 200) % 4))} m${Math.floor(value / 200) % 3} ${value}`,
    );
    expect(seen.sort()).toEqual(wanted.sort());
  });

  test.each([
    [
      'a failed call',
      { error: 'ThrottlingException', usage: undefined, cost: undefined },
      { InvocationErrors: 1 },
    ],
    ['a cached answer', { cached: true }, { CachedResponses: 1 }],
    [
      'an unpriced call',
      { cost: undefined },
      {
        InvocationCount: 1,
        UnpricedInvocations: 1,
        InputTokens: 100,
        OutputTokens: 50,
        TokenEfficiency: 0.5,
      },
    ],
    [
      'an answer without usage',
      { cost: undefined, usage: undefined },
      { InvocationCount: 1, UnpricedInvocations: 1 },
    ],
  ])('emits for %s the metrics of the contract', async (_what, changes, expected) => {
    const [{ _aws, AgentId, Model, ...values }] = await linesOf([invocation(changes)]);

    expect({ dimensions: _aws.CloudWatchMetrics[0].Dimensions, AgentId, Model }).toEqual({
      dimensions: [[], ['AgentId', 'Model']],
      AgentId: 'triage',
      Model: 'amazon.nova-lite-v1:0',
    });
    expect(values).toEqual(expected);
  });

  test('emits more metrics at the detail level standard', async () => {
    const [document] = await linesOf([invocation({ latencyMs: 321, items: 3 })], {
      detailLevel: 'standard',
      namespace: 'Mine',
    });

    expect(document).toEqual(
      expect.objectContaining({
        TotalTokens: 150,
        CacheReadTokens: 15,
        CacheWriteTokens: 5,
        ResponseLatency: 321,
        TokensPerItem: 50,
      }),
    );
    expect(document._aws.CloudWatchMetrics[0].Namespace).toBe('Mine');
  });

  test('emits totals without a dimension, and ignores values that are not finite', async () => {
    const emitter = new AnalyticsEmitter();
    const lines = await stdoutOf(() => {
      emitter.emitTotal('tracesSpilled', 3);
      emitter.emitTotal('tracesDropped', NaN);
      emitter.emit(invocation({}, Infinity));
      void emitter.flush();
    });

    const [total, pair] = emfOf(lines);
    expect(total).toEqual({
      _aws: expect.objectContaining({
        CloudWatchMetrics: [
          {
            Namespace: 'OPX/Analytics',
            Dimensions: [[]],
            Metrics: [{ Name: 'TracesSpilled', Unit: 'Count' }],
          },
        ],
      }) as unknown,
      TracesSpilled: 3,
    });
    expect(pair.TotalCost).toBeUndefined();
    expect(lines.join()).not.toContain('null');
  });

  test('uses only metric names and units of the contract', async () => {
    const documents = await linesOf(
      [
        invocation({ latencyMs: 1, items: 1 }),
        invocation({ error: 'X' }),
        invocation({ cached: true }),
        invocation({ cost: undefined }),
      ],
      { detailLevel: 'standard' },
    );

    const contract = Object.values(METRICS).map(({ name, unit }) => `${name} ${unit}`);
    for (const { Name, Unit } of documents.flatMap(document => document._aws.CloudWatchMetrics[0].Metrics)) {
      expect(contract).toContain(`${Name} ${Unit}`);
    }
  });
});

describe('values of a time that CloudWatch does not accept', () => {
  const [DAY_MS, MINUTE_MS] = [86_400_000, 60_000];
  const fromNow = (ms: number) => new Date(Date.now() + ms);

  test.each([
    ['two weeks old', -14 * DAY_MS],
    ['older than two weeks', -15 * DAY_MS],
    ['more than two hours ahead', 121 * MINUTE_MS],
  ])('counts values that are %s, and does not print them', async (_what, ms) => {
    const documents = await linesOf([invocation({ timestamp: fromNow(ms) }), invocation()]);

    expect(valuesOf(documents, 'InvocationCount')).toEqual([1]);
    expect(valuesOf(documents, 'MetricsDropped')).toEqual([5]);
  });

  test.each([
    ['nearly two weeks old', -14 * DAY_MS + 2 * MINUTE_MS],
    ['nearly two hours ahead', 119 * MINUTE_MS],
  ])('prints values that are %s', async (_what, ms) => {
    const documents = await linesOf([invocation({ timestamp: fromNow(ms) })]);

    expect([valuesOf(documents, 'InvocationCount'), valuesOf(documents, 'MetricsDropped')]).toEqual([
      [1],
      [],
    ]);
  });

  test('omits values of a wrong time from a request, so that the 20 others arrive', async () => {
    const cloudWatch = await startCloudWatch();
    const emitter = new AnalyticsEmitter({
      sink: 'putMetricData',
      region: 'us-east-1',
      cloudWatchEndpoint: cloudWatch.endpoint,
    });
    for (let index = 0; index < 20; index += 1) emitter.emit(invocation());
    emitter.emit(invocation({ timestamp: fromNow(-15 * DAY_MS) }));

    const lines = await stdoutOf(() => emitter.flush({ deadlineMs: 20_000 }));
    const sumOf = (name: string) =>
      cloudWatch.store
        .list()
        .filter(identity => identity.name === name && Object.keys(identity.dimensions).length === 0)
        .flatMap(identity =>
          cloudWatch.store.points(identity, {
            start: fromNow(-20 * DAY_MS),
            end: fromNow(DAY_MS),
            periodSeconds: 60,
            statistic: 'Sum',
          }),
        )
        .reduce((sum, { value }) => sum + value, 0);
    await cloudWatch.close();

    expect([lines, sumOf('InvocationCount'), sumOf('MetricsDropped')]).toEqual([[], 20, 5]);
  });
});

describe("Powertools' variables", () => {
  let warnings: string;
  beforeEach(() => {
    warnings = '';
    shared('warned', () => new Set<string>()).clear();
    jest.spyOn(process.stderr, 'write').mockImplementation(chunk => {
      warnings += String(chunk);
      return true;
    });
  });
  afterEach(() => {
    delete process.env.POWERTOOLS_DEV;
    delete process.env.POWERTOOLS_METRICS_DISABLED;
    jest.restoreAllMocks();
  });

  test.each(['emf', 'putMetricData'] as const)(
    'warns once about POWERTOOLS_DEV with the sink %s',
    async sink => {
      process.env.POWERTOOLS_DEV = 'true';

      expect(await linesOf([invocation()], { sink })).toEqual([]);
      expect(await linesOf([invocation()], { sink })).toEqual([]);

      expect(warnings.match(/POWERTOOLS_DEV is on: no metric is published/g)).toHaveLength(1);
    },
  );

  test('does not warn about variables of Powertools whose name mentions metrics', async () => {
    process.env.POWERTOOLS_METRICS_DISABLED = 'true';
    expect(await linesOf([invocation()])).toEqual([]);

    process.env.POWERTOOLS_DEV = 'true';
    process.env.POWERTOOLS_METRICS_DISABLED = 'false';
    const log = jest.spyOn(console, 'log').mockImplementation();
    await linesOf([invocation()]);

    // Because POWERTOOLS_DEV is set, Powertools printed the metrics with `console.log`.
    expect(log).toHaveBeenCalledTimes(1);
    expect(warnings).toBe('');
  });
});

describe('the cardinality rule', () => {
  const published = async (
    agentId: string,
    changes: Partial<Invocation> = {},
    options: AnalyticsEmitterOptions = {},
  ) => (await linesOf([invocation({ agentId, ...changes })], options))[0].AgentId;

  test.each(['triage', 'signal-intelligence', 'Root Cause', 'agent_7', 'team/agent.v2', 'claude-4-5'])(
    'uses the name %s as a dimension value',
    async agentId => {
      expect(await published(agentId)).toBe(agentId);
    },
  );

  test.each([
    'be6c28c0-1b91-4cdd-8f24-230318811c4d',
    'be6c28c01b914cdd8f24230318811c4d',
    '2026-11-22T10:00:00Z',
    'run-2026-11-22',
    'agent-1795219202510',
    'user 123456',
    'INC-2041',
    'session-9921',
    'a'.repeat(65),
    'café',
    'a\nb',
    'x\u0000',
    ' triage',
    '',
    '01ARZ3NDEKTSV4RRFFQ69G5FAV',
    'jane@example.com',
    'arn:aws:iam::123:role/x',
    '{"a":1}\n',
  ])('counts %j under Other', async agentId => {
    expect(await published(agentId)).toBe('Other');
  });

  test('counts an agent id under Other if it is the id of the incident, session or request', async () => {
    expect(await published('alpha', { incidentId: 'alpha' })).toBe('Other');
    expect(await published('alpha', { sessionId: 'alpha' })).toBe('Other');
    expect(await published('alpha', { requestId: 'alpha' })).toBe('Other');
  });

  test('uses only the configured agents as dimension values', async () => {
    expect(await published('triage', {}, { agents: ['triage'] })).toBe('triage');
    expect(await published('report', {}, { agents: ['triage'] })).toBe('Other');
  });

  test('uses only the first 50 agents and 25 models as dimension values', async () => {
    const names = Array.from(
      { length: 80 },
      (_, index) =>
        `agent${String.fromCharCode(97 + Math.floor(index / 26))}${String.fromCharCode(97 + (index % 26))}`,
    );
    const documents = await linesOf(
      names.map((agentId, index) => invocation({ agentId, model: `model${index % 40}` })),
    );

    expect(new Set(documents.map(document => document.AgentId)).size).toBe(51);
    expect(new Set(documents.map(document => document.Model)).size).toBe(26);
    expect(valuesOf(documents, 'InvocationCount')).toHaveLength(80);
  });

  test.each(['__proto__', 'constructor', '_aws'])(
    'handles the agent %s as any other name, without prototype pollution',
    async agentId => {
      expect(await published(agentId)).toBe(agentId);
      expect(({} as Record<string, unknown>).InputTokens).toBeUndefined();
    },
  );
});
