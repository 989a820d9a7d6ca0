import { BedrockRuntimeClient, ConverseCommand, InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime';
import { NOVA, usageOf } from './support';
import { type BedrockEmulator, startBedrock } from '../../../local/emulators/bedrock/server';
import type { ModelAnswer } from '../../../local/emulators/bedrock/wire-shapes';
import { type HeldClock, holdClock, until } from '../../support/held-clock';
import { emfOf, stdoutOf } from '../../support/stdout';
import { TokenTracker } from 'cdk-token-analytics/runtime';

const HAIKU = 'anthropic.claude-3-haiku-20240307-v1:0';
const SECRET = 'the patient is called';
const USAGE = usageOf(3702, 1701);

let clock: HeldClock;
beforeEach(() => {
  clock = holdClock();
});
afterEach(() => clock.release());

describe('TokenTracker', () => {
  let bedrock: BedrockEmulator;
  let client: BedrockRuntimeClient;
  let answer: ModelAnswer;
  beforeEach(async () => {
    answer = { text: SECRET, usage: { inputTokens: 3702, outputTokens: 1701 }, serviceTier: 'default' };
    bedrock = await startBedrock({ answer: () => answer });
    client = new BedrockRuntimeClient({ endpoint: bedrock.endpoint, region: 'us-east-1', maxAttempts: 1 });
  });
  afterEach(async () => {
    client.destroy();
    await bedrock.close();
  });

  const converse = () =>
    client.send(
      new ConverseCommand({ modelId: NOVA, messages: [{ role: 'user', content: [{ text: SECRET }] }] }),
    );

  test('returns the same response of a tracked Converse call, with its cost', async () => {
    const tracker = new TokenTracker({ sink: 'emf', agentId: 'triage' });

    answer = { ...answer, pace: { delayMs: 321 } };

    const tracking = tracker.track({ modelId: NOVA, incidentId: 'INC-1' }, converse);
    await until(() => bedrock.requests() === 1);
    await clock.advance(321);
    const { response, invocation } = await tracking;

    expect(response.output?.message?.content).toEqual([{ text: SECRET }]);
    expect(invocation).toEqual(
      expect.objectContaining({
        agentId: 'triage',
        incidentId: 'INC-1',
        model: NOVA,
        operation: 'Converse',
        requestId: response.$metadata.requestId,
        serviceTier: 'default',
        stopReason: 'end_turn',
        usage: USAGE,
      }),
    );
    expect(invocation.cost?.picoUsd).toBe(367_710_000n);
    expect(invocation.latencyMs).toBe(321);
  });

  test('reads the usage of an InvokeModel call from its body, which the caller can still read', async () => {
    const tracker = new TokenTracker({ sink: 'emf', agentId: 'triage' });

    const { response, invocation } = await tracker.track({ modelId: HAIKU }, () =>
      client.send(new InvokeModelCommand({ modelId: HAIKU, body: '{}' })),
    );

    expect(response.body.transformToString()).toContain(SECRET);
    expect(invocation).toEqual(
      expect.objectContaining({ operation: 'InvokeModel', usage: { ...USAGE, source: 'body' } }),
    );
  });

  test('records only the name of an error, and throws the same object', async () => {
    const tracker = new TokenTracker({ sink: 'emf' });
    answer = { error: { status: 400, type: 'ValidationException', message: SECRET } };
    const failure = await converse().catch((error: unknown) => error);

    let seen: unknown;
    const lines = await stdoutOf(async () => {
      seen = await tracker
        .track({ agentId: 'triage', modelId: NOVA }, () => Promise.reject(failure))
        .catch((error: unknown) => error);
      await tracker.flush();
    });

    expect(seen).toBe(failure);
    expect(emfOf(lines)).toEqual([expect.objectContaining({ InvocationErrors: 1, AgentId: 'triage' })]);
    expect(lines.join()).not.toContain(SECRET);
    expect(tracker.summary()).toEqual(expect.objectContaining({ answered: 0, failed: 1 }));
  });

  test.each([undefined, null, 0, 'text'])(
    'records %j being thrown as a failure, and throws it',
    async thrown => {
      const tracker = new TokenTracker({ sink: 'emf' });

      await expect(
        tracker.track({ agentId: 'triage', modelId: NOVA }, () => Promise.reject(thrown)),
      ).rejects.toBe(thrown);

      expect(tracker.summary().failed).toBe(1);
    },
  );

  test('logs the sums of a handler run in one line without content, and sends its metrics before it returns', async () => {
    const tracker = new TokenTracker({ sink: 'emf' });
    const handler = tracker.handler(async (event: { agents: string[] }) => {
      for (const agentId of event.agents) await tracker.track({ agentId, modelId: NOVA, items: 2 }, converse);
      tracker.record({ agentId: 'odd', modelId: 'vendor.unknown-v1', usage: USAGE });
      return tracker.summary();
    });

    let summary: Awaited<ReturnType<typeof handler>> | undefined;
    const lines = await stdoutOf(async () => {
      summary = await handler({ agents: ['triage', 'report', 'triage'] }, undefined);
    });

    expect(summary).toEqual(
      expect.objectContaining({
        answered: 4,
        failed: 0,
        unpriced: 1,
        items: 6,
        inputTokens: 4 * 3702,
        outputTokens: 4 * 1701,
        averageTokensPerItem: (3 * 5403) / 6,
        picoUsd: 3n * 367_710_000n,
        usd: 0.00110313,
      }),
    );
    expect(summary?.agents.map(({ agentId, answered }) => [agentId, answered])).toEqual([
      ['triage', 2],
      ['report', 1],
      ['odd', 1],
    ]);
    expect(summary?.models.map(({ model, answered }) => [model, answered])).toEqual([
      [NOVA, 3],
      ['vendor.unknown-v1', 1],
    ]);
    expect(
      emfOf(lines).map(({ AgentId, InvocationCount, UnpricedInvocations }) => [
        AgentId,
        InvocationCount,
        UnpricedInvocations,
      ]),
    ).toEqual([
      ['triage', [1, 1], undefined],
      ['report', 1, undefined],
      ['odd', 1, 1],
    ]);
    const logged = lines
      .filter(line => !line.includes('_aws'))
      .map(line => JSON.parse(line) as Record<string, unknown>);
    expect(logged).toEqual([
      expect.objectContaining({
        level: 'INFO',
        message:
          'Bedrock API token usage: Input tokens: 14808, Output tokens: 6804, Total tokens: 21612, ' +
          'Items: 6, Average tokens per item: 2701.5, Calls: 4, Cost: ≥ $0.001103',
        usage: expect.objectContaining({ answered: 4, usd: 0.00110313 }) as unknown,
      }),
    ]);
    expect(lines.join()).not.toContain(SECRET);
  });

  test('keeps overlapping handler runs apart, and starts each with empty sums', async () => {
    const tracker = new TokenTracker({ sink: 'emf' });
    const handler = tracker.handler(async (calls: number) => {
      for (let call = 0; call < calls; call += 1) {
        await Promise.resolve();
        tracker.record({ agentId: 'triage', modelId: NOVA, usage: USAGE });
      }
      return tracker.summary().answered;
    });

    let counts: number[] = [];
    await stdoutOf(async () => {
      counts = [
        ...(await Promise.all([3, 5, 7].map(calls => handler(calls, undefined)))),
        await handler(1, undefined),
      ];
    });

    expect(counts).toEqual([3, 5, 7, 1]);
  });

  test('sends metrics if the handler throws, and throws the same error', async () => {
    const tracker = new TokenTracker({ sink: 'emf' });
    const failure = new Error('mine');
    const handler = tracker.handler(() => {
      tracker.record({ agentId: 'triage', modelId: NOVA, usage: USAGE });
      throw failure;
    });

    const lines = await stdoutOf(() => expect(handler({}, {})).rejects.toBe(failure));

    expect(emfOf(lines)).toHaveLength(1);
  });

  test.each([
    [null, 'result'],
    [new Error('mine'), undefined],
  ])('passes the callback arguments of the handler on, after sending: %s', async (...wanted) => {
    const tracker = new TokenTracker({ sink: 'emf' });
    const handler = tracker.handler(
      (_event: unknown, _context: unknown, callback: (error: Error | null, result?: string) => void) => {
        setImmediate(() => {
          tracker.record({ agentId: 'triage', modelId: NOVA, usage: USAGE });
          callback(...(wanted as [Error | null, string?]));
        });
      },
    );
    let given: unknown[] | undefined;

    const lines = await stdoutOf(async () => {
      await new Promise<void>(resolve => {
        expect(
          handler({}, {}, (...called) => {
            given = called;
            resolve();
          }),
        ).toBeUndefined();
      });
    });

    expect(handler).toHaveLength(3);
    expect(given).toEqual(wanted);
    expect(given?.[0]).toBe(wanted[0]);
    expect(emfOf(lines)).toHaveLength(1);
  });

  test('throws the error of a handler that fails before its callback', async () => {
    const failure = new Error('mine');
    const handler = new TokenTracker({ sink: 'emf' }).handler(
      (_event: unknown, _context: unknown, _callback: unknown) => {
        throw failure;
      },
    );

    await expect(handler({}, {}, () => undefined)).rejects.toBe(failure);
  });

  test('writes nothing if it is disabled, and still returns prices', async () => {
    const tracker = TokenTracker.fromEnvironment({
      TOKEN_ANALYTICS_ENABLED: 'false',
      TOKEN_ANALYTICS_TABLE: 'Traces',
    });

    const lines = await stdoutOf(async () => {
      expect(tracker.record({ agentId: 'triage', modelId: NOVA, usage: USAGE }).cost?.usd).toBe(0.00036771);
      await tracker.flush();
    });

    expect(lines).toEqual([]);
  });

  test('counts a cached response with the cost 0, and not as answered', () => {
    const tracker = new TokenTracker({ sink: 'emf' });

    const invocation = tracker.record({
      agentId: 'triage',
      modelId: NOVA,
      usage: { ...USAGE, source: 'estimate' },
      cached: true,
    });

    expect(invocation.cost?.picoUsd).toBe(0n);
    expect(tracker.summary()).toEqual(expect.objectContaining({ answered: 0, fromCache: 1, picoUsd: 0n }));
  });

  test('warns once for each invalid variable by its name, and uses the default', async () => {
    const warnings: string[] = [];
    const spy = jest.spyOn(process.stderr, 'write').mockImplementation(chunk => {
      warnings.push(String(chunk));
      return true;
    });
    const env = {
      TOKEN_ANALYTICS_NAMESPACE: 'AWS/Mine',
      TOKEN_ANALYTICS_DETAIL_LEVEL: 'all',
      TOKEN_ANALYTICS_WRITE_SHARDS: '0',
      TOKEN_ANALYTICS_TTL_DAYS: 'x',
      TOKEN_ANALYTICS_ENABLED: 'perhaps',
    };
    const trackers = [
      TokenTracker.fromEnvironment({ ...env, TOKEN_ANALYTICS_SINK: 'emf' }),
      TokenTracker.fromEnvironment({ ...env, TOKEN_ANALYTICS_SINK: 'emf' }),
    ];
    spy.mockRestore();

    const lines = await stdoutOf(async () => {
      trackers[0].record({ agentId: 'triage', modelId: NOVA, usage: USAGE });
      await trackers[0].flush();
    });

    expect(warnings).toHaveLength(5);
    for (const variable of Object.keys(env)) {
      expect(warnings.filter(warning => warning.includes(variable))).toHaveLength(1);
    }
    expect(emfOf(lines)[0]._aws.CloudWatchMetrics[0].Namespace).toBe('OPX/Analytics');
  });
});
