import {
  ANSWER,
  Bedrock,
  HAIKU,
  KeepingTracker,
  messages,
  NOVA,
  read,
  SDKS,
  SECRET,
  tokensOf,
} from './support';
import { type HeldClock, holdClock, until } from '../../support/held-clock';
import { TokenTracker } from 'cdk-token-analytics/runtime';

/** Request member that turns recording off for one call, because the caller records the call itself. */
const RECORDED = { tokenAnalytics: 'recorded' };

let clock: HeldClock;
beforeEach(() => {
  clock = holdClock();
});
afterEach(() => clock.release());

describe.each(SDKS)('an instrumented client of %s', (_version, sdk) => {
  let bedrock: Bedrock;
  let tracker: KeepingTracker;
  beforeEach(async () => {
    bedrock = await Bedrock.start(sdk);
    tracker = new KeepingTracker({ agentId: 'default' });
  });
  afterEach(() => bedrock.close());

  const only = () => {
    expect(tracker.invocations).toHaveLength(1);
    return tracker.invocations[0];
  };

  test('instrument returns the same client', () => {
    expect(tracker.instrument(bedrock.client, { agentId: 'triage' })).toBe(bedrock.client);
  });

  test('Converse is recorded before the caller continues', async () => {
    tracker.instrument(bedrock.client, { agentId: 'triage', incidentId: 'INC-7' });
    bedrock.answer = { ...ANSWER, pace: { delayMs: 321 } };

    const answering = bedrock.converse();
    await until(() => bedrock.requests.length === 1);
    await clock.advance(321);
    const response = await answering;

    expect(response.output?.message?.content).toEqual([{ text: `${SECRET} Ada Lovelace` }]);
    expect(only()).toEqual(
      expect.objectContaining({
        agentId: 'triage',
        incidentId: 'INC-7',
        modelId: NOVA,
        model: NOVA,
        operation: 'Converse',
        requestId: response.$metadata.requestId,
        stopReason: 'end_turn',
        error: undefined,
      }),
    );
    expect(tokensOf(only())).toEqual([3702, 0, 0, 0, 1701]);
    expect(only().cost?.picoUsd).toBe(367_710_000n);
    expect(only().latencyMs).toBe(321);
    expect(tracker.summary()).toEqual(
      expect.objectContaining({ answered: 1, inputTokens: 3702, outputTokens: 1701 }),
    );
  });

  test('InvokeModel is recorded by its headers if the body has no counts', async () => {
    bedrock.answer = {
      response: { content: [{ type: 'text', text: SECRET }], stop_reason: 'max_tokens' },
      headers: {
        'x-amzn-bedrock-input-token-count': '24',
        'x-amzn-bedrock-output-token-count': '12',
        'x-amzn-bedrock-cache-read-input-token-count': '3',
      },
    };
    tracker.instrument(bedrock.client);

    const response = await bedrock.invoke();

    expect(response.body.transformToString()).toContain(SECRET);
    expect(tokensOf(only())).toEqual([24, 3, 0, 0, 12]);
    expect(only()).toEqual(
      expect.objectContaining({ agentId: 'default', operation: 'InvokeModel', stopReason: 'max_tokens' }),
    );
    expect(only().usage?.source).toBe('headers');
  });

  test('a very large response with counts in its headers is not parsed', async () => {
    bedrock.answer = {
      response: {
        embeddings: {
          float: Array.from({ length: 96 }, () => Array.from({ length: 1024 }, (_, index) => index / 7)),
        },
      },
      headers: { 'x-amzn-bedrock-input-token-count': '9000' },
    };
    tracker.instrument(bedrock.client);

    await bedrock.invoke(bedrock.client, 'cohere.embed-v4:0');

    expect(tokensOf(only())).toEqual([9000, 0, 0, 0, 0]);
  });

  test('ConverseStream is recorded after it was read', async () => {
    tracker.instrument(bedrock.client, { agentId: 'triage' });
    bedrock.answer = { ...ANSWER, pace: { betweenMs: 10 } };

    const stream = await bedrock.converseStream();
    expect(tracker.invocations).toEqual([]);
    let events = 0;
    const reading = (async () => {
      for await (const _ of stream) events += 1;
    })();
    for (let sent = 1; sent <= 10; sent += 1) {
      await until(() => events === sent);
      await clock.advance(10);
    }
    await reading;

    expect(events).toBe(10);
    expect(only()).toEqual(
      expect.objectContaining({ operation: 'ConverseStream', stopReason: 'end_turn', agentId: 'triage' }),
    );
    expect(tokensOf(only())).toEqual([3702, 0, 0, 0, 1701]);
    expect(only().usage).toEqual(expect.objectContaining({ source: 'usage', partial: false }));
    expect(only().requestId).toMatch(/^[0-9a-f-]{36}$/);
    // The events are 10 ms apart, and the second one contains the first text of the answer.
    expect([only().timeToFirstTokenMs, only().latencyMs]).toEqual([10, 100]);
  });

  test.each([HAIKU, NOVA])(
    'InvokeModelWithResponseStream of %s is recorded after it was read',
    async modelId => {
      bedrock.answer = {
        ...ANSWER,
        usage: { inputTokens: 3, outputTokens: 52, cacheReadTokens: 1712, cacheWrite5mTokens: 236 },
      };
      tracker.instrument(bedrock.client);

      await read(await bedrock.invokeStream(bedrock.client, modelId));

      expect(only()).toEqual(
        expect.objectContaining({
          operation: 'InvokeModelWithResponseStream',
          modelId,
          stopReason: 'end_turn',
        }),
      );
      expect(tokensOf(only())).toEqual([3, 1712, 236, 0, 52]);
      expect(only().usage).toEqual(expect.objectContaining({ source: 'streamMetrics', partial: false }));
    },
  );

  test('each model call of an agent is recorded with its own model and id', async () => {
    tracker.instrument(bedrock.agentClient, { agentId: 'planner' });

    await read(await bedrock.invokeAgent());

    expect(only()).toEqual(
      expect.objectContaining({
        agentId: 'planner',
        operation: 'InvokeAgent',
        modelId: HAIKU,
        requestId: 'agent-call-1',
        sessionId: 'session-7',
        latencyMs: 500,
      }),
    );
    expect(tokensOf(only())).toEqual([3702, 0, 0, 0, 1701]);
  });

  test('an agent without a trace is recorded without usage', async () => {
    bedrock.answer = { response: [{ chunk: { bytes: Buffer.from(SECRET).toString('base64') } }] };
    tracker.instrument(bedrock.agentClient);

    await read(await bedrock.invokeAgent());

    expect(only()).toEqual(
      expect.objectContaining({
        model: 'unknown',
        usage: undefined,
        cost: undefined,
        operation: 'InvokeAgent',
      }),
    );
    expect(tracker.summary()).toEqual(expect.objectContaining({ answered: 1, unpriced: 1 }));
  });

  test('an inline agent is recorded', async () => {
    bedrock.answer = { response: [{ chunk: { bytes: Buffer.from(SECRET).toString('base64') } }] };
    tracker.instrument(bedrock.agentClient);

    await read(await bedrock.invokeInlineAgent());

    expect(only()).toEqual(
      expect.objectContaining({
        model: HAIKU,
        sessionId: 'session-8',
        operation: 'InvokeInlineAgent',
        usage: undefined,
      }),
    );
  });

  test('calls of operations without a model are not recorded', async () => {
    tracker.instrument(bedrock.client);

    await bedrock.client.send(new sdk.runtime.ListAsyncInvokesCommand({})).catch(() => undefined);

    expect(tracker.invocations).toEqual([]);
  });

  test('a call with three attempts is recorded once', async () => {
    await bedrock.close();
    bedrock = await Bedrock.start(sdk, { maxAttempts: 3 });
    bedrock.answer = (_request, number) =>
      number < 3 ? { error: { status: 503, type: 'ServiceUnavailableException', message: SECRET } } : ANSWER;
    tracker.instrument(bedrock.client);

    const { $metadata } = await clock.pass(() => bedrock.converse());

    expect([$metadata.attempts, bedrock.requests.length]).toEqual([3, 3]);
    expect(tokensOf(only())).toEqual([3702, 0, 0, 0, 1701]);
  });

  test.each([
    [429, 'ThrottlingException'],
    [400, 'ValidationException'],
    [408, 'ModelTimeoutException'],
    [403, 'AccessDeniedException'],
  ])('an error with status %d is recorded by its name and thrown unchanged: %s', async (status, type) => {
    const made: unknown[] = [];
    const noteErrors = (next: (args: never) => Promise<unknown>) => (args: never) =>
      next(args).catch((error: unknown) => {
        made.push(error);
        throw error;
      });
    bedrock.client.middlewareStack.add(noteErrors as never, {
      step: 'initialize',
      priority: 'low',
      name: 'noteErrors',
    });
    bedrock.answer = { error: { status, type, message: SECRET } };
    tracker.instrument(bedrock.client, { agentId: 'triage' });

    const thrown: unknown = await bedrock.converse().catch((error: unknown) => error);

    expect(thrown).toBe(made[0]);
    expect(only()).toEqual(
      expect.objectContaining({
        error: type,
        agentId: 'triage',
        model: NOVA,
        operation: 'Converse',
        usage: undefined,
        cost: undefined,
      }),
    );
    expect(only().requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(JSON.stringify(tracker.invocations)).not.toContain(SECRET);
    expect(tracker.summary()).toEqual(expect.objectContaining({ answered: 0, failed: 1, unpriced: 0 }));
  });

  test('a call that its caller aborts before the response is recorded', async () => {
    bedrock.answer = { ...ANSWER, pace: { delayMs: 500 } };
    tracker.instrument(bedrock.client);

    const sending = bedrock.client.send(new sdk.runtime.ConverseCommand({ modelId: NOVA, messages }), {
      abortSignal: AbortSignal.timeout(50),
    });
    await Promise.all([
      expect(sending).rejects.toThrow(),
      until(() => bedrock.requests.length === 1).then(() => clock.advance(50)),
    ]);

    expect(only().error).toBe('AbortError');
  });

  test('a client that is instrumented twice is recorded once, with the options of the last time', async () => {
    tracker.instrument(bedrock.client, { agentId: 'first' });
    tracker.instrument(bedrock.client, { agentId: 'second' });

    await bedrock.converse();

    expect(only().agentId).toBe('second');
  });

  describe('instrumented again', () => {
    let warnings: string[];
    beforeEach(() => {
      warnings = [];
      // Clears the list of printed warnings, because the package prints each warning only once in a process.
      const shared = process as unknown as Record<symbol, Map<string, Set<string>>>;
      shared[Symbol.for('cdk-token-analytics')].get('warned')?.clear();
      jest.spyOn(process.stderr, 'write').mockImplementation(line => {
        warnings.push((JSON.parse(String(line)) as { message: string }).message);
        return true;
      });
    });
    afterEach(() => jest.restoreAllMocks());

    const AGAIN =
      'A client is instrumented again, with another agentId or by another tracker. The last one replaces ' +
      'the others. For agents that share a client, use run({ agentId }, …).';

    test('one warning is logged if a client is instrumented for another agent', async () => {
      for (const agentId of ['first', 'second', 'third']) tracker.instrument(bedrock.client, { agentId });

      await bedrock.converse();

      expect(warnings).toEqual([AGAIN]);
      expect(only().agentId).toBe('third');
    });

    test('a warning is logged if another tracker instruments a client', async () => {
      const other = new KeepingTracker();
      other.instrument(bedrock.client, { agentId: 'triage' });
      tracker.instrument(bedrock.client, { agentId: 'triage' });

      await bedrock.converse();

      expect(warnings).toEqual([AGAIN]);
      expect([other.invocations.length, only().agentId]).toEqual([0, 'triage']);
    });

    test('a warning is logged if another copy of the package instruments a client', async () => {
      await jest.isolateModulesAsync(async () => {
        const copy = (await import('cdk-token-analytics/runtime')) as { TokenTracker: typeof TokenTracker };
        expect(copy.TokenTracker).not.toBe(TokenTracker);
        new copy.TokenTracker({ sink: 'emf' }).instrument(bedrock.client, { agentId: 'triage' });
      });
      tracker.instrument(bedrock.client, { agentId: 'triage' });

      await bedrock.converse();

      expect(warnings).toEqual([AGAIN]);
      expect(only().agentId).toBe('triage');
    });

    test('a warning is logged if an older copy of the package, which shares nothing, instruments a client', () => {
      const pass = (next: unknown) => next as never;
      bedrock.client.middlewareStack.add(pass, {
        name: 'tokenAnalytics',
        step: 'initialize',
        priority: 'high',
      });

      tracker.instrument(bedrock.client);

      expect(warnings).toEqual([AGAIN]);
    });

    test('no warning is logged for the same agent, or for one client per agent', () => {
      for (const client of [bedrock.client, bedrock.newClient()]) {
        tracker.instrument(client, { agentId: 'triage', incidentId: 'INC-1' });
        tracker.instrument(client, { agentId: 'triage', incidentId: 'INC-2' });
      }
      tracker.instrument(bedrock.newClient(), { agentId: 'report' });
      tracker.instrument(bedrock.agentClient);

      expect(warnings).toEqual([]);
    });
  });

  test('a used client that keeps its handlers is recorded from its instrumentation on', async () => {
    await bedrock.close();
    bedrock = await Bedrock.start(sdk, { cacheMiddleware: true });
    await bedrock.converse();
    await bedrock.invoke();
    tracker.instrument(bedrock.client, { agentId: 'first' });

    await bedrock.converse();
    await bedrock.invoke();
    tracker.instrument(bedrock.client, { agentId: 'second' });
    await bedrock.converse();

    expect(tracker.invocations.map(({ agentId, operation }) => [agentId, operation])).toEqual([
      ['first', 'Converse'],
      ['first', 'InvokeModel'],
      ['second', 'Converse'],
    ]);
  });

  test('two clients are recorded with their own options', async () => {
    const other = bedrock.newClient();
    const third = bedrock.newClient();
    tracker.instrument(bedrock.client, { agentId: 'first' });
    tracker.instrument(other, { agentId: 'second' });

    await bedrock.converse(other);
    await bedrock.converse(third);
    await bedrock.converse();

    expect(tracker.invocations.map(({ agentId }) => agentId)).toEqual(['second', 'first']);
  });

  test('each response has its own headers, also if the client keeps its handlers', async () => {
    await bedrock.close();
    bedrock = await Bedrock.start(sdk, { cacheMiddleware: true });
    bedrock.answer = (_request, number) => ({
      response: {},
      pace: { delayMs: 40 - 10 * number },
      headers: {
        'x-amzn-bedrock-input-token-count': String(number),
        'x-amzn-bedrock-output-token-count': String(10 * number),
      },
    });
    tracker.instrument(bedrock.client);

    const answers = Promise.all([bedrock.invoke(), bedrock.invoke(), bedrock.invoke()]);
    await until(() => bedrock.requests.length === 3);
    for (let answered = 1; answered <= 3; answered += 1) {
      await clock.advance(10);
      await until(() => tracker.invocations.length === answered);
    }
    await answers;

    expect(tracker.invocations.map(tokensOf)).toEqual([
      [3, 0, 0, 0, 30],
      [2, 0, 0, 0, 20],
      [1, 0, 0, 0, 10],
    ]);
  });

  test('calls are not recorded if the tracker is switched off', async () => {
    const off = new KeepingTracker({ enabled: false });
    off.instrument(bedrock.client, { requestMetadata: true, agentId: 'triage' });

    await bedrock.converse();
    await read(await bedrock.converseStream());

    expect(off.invocations).toEqual([]);
    expect(bedrock.requests[0].requestMetadata).toBeUndefined();
  });

  describe('with requestMetadata', () => {
    beforeEach(() => tracker.instrument(bedrock.client, { agentId: 'triage', requestMetadata: true }));

    const send = (requestMetadata?: Record<string, string>) =>
      tracker.run({ incidentId: 'INC-7' }, () =>
        bedrock.client.send(new sdk.runtime.ConverseCommand({ modelId: NOVA, messages, requestMetadata })),
      );

    test('requestMetadata marks requests with agent and incident', async () => {
      await send();

      expect(bedrock.requests[0].requestMetadata).toEqual({
        ...RECORDED,
        agentId: 'triage',
        incidentId: 'INC-7',
      });
    });

    test("requestMetadata keeps the caller's entries and does not change the caller's object", async () => {
      const own = { agentId: 'mine', team: 'sre' };
      await send(own);

      expect(bedrock.requests[0].requestMetadata).toEqual({
        ...RECORDED,
        agentId: 'mine',
        team: 'sre',
        incidentId: 'INC-7',
      });
      expect(own).toEqual({ agentId: 'mine', team: 'sre' });
    });

    test.each([
      [15, RECORDED],
      [16, {}],
    ])(
      'requestMetadata with %i of 16 entries gets only the marks that there is room for',
      async (length, added) => {
        const own = Object.fromEntries(Array.from({ length }, (_, index) => [`key${index}`, 'value']));
        await send(own);

        expect(bedrock.requests[0].requestMetadata).toEqual({ ...own, ...added });
      },
    );

    test('requestMetadata gets no values that Bedrock rejects', async () => {
      await tracker.run({ agentId: 'né', incidentId: 'x'.repeat(257) }, () => bedrock.converse());
      await tracker.run({ agentId: 'triage/eu', incidentId: 'a{b}' }, () => bedrock.converse());

      expect(bedrock.requests.map(({ requestMetadata }) => requestMetadata)).toEqual([
        RECORDED,
        { ...RECORDED, agentId: 'triage/eu' },
      ]);
    });
  });
});

test("InvokeModel is marked in its header, in JSON with the caller's entries", async () => {
  const [[, sdk]] = SDKS;
  const bedrock = await Bedrock.start();
  const tracker = new KeepingTracker();
  tracker.instrument(bedrock.client, { agentId: 'triage', requestMetadata: true });

  await bedrock.invoke();
  await bedrock.client.send(
    new sdk.runtime.InvokeModelCommand({ modelId: HAIKU, body: '{}', requestMetadata: '{"team":"sre"}' }),
  );
  await read(await bedrock.invokeStream());
  await bedrock.close();

  expect(bedrock.requests.map(({ requestMetadata }) => requestMetadata)).toEqual([
    { ...RECORDED, agentId: 'triage' },
    { ...RECORDED, agentId: 'triage', team: 'sre' },
    { ...RECORDED, agentId: 'triage' },
  ]);
});

test('a value that is not a client is returned with a warning', () => {
  const warnings: string[] = [];
  const spy = jest.spyOn(process.stderr, 'write').mockImplementation(chunk => {
    warnings.push(String(chunk));
    return true;
  });
  const thing = {};

  expect(new KeepingTracker().instrument(thing as never)).toBe(thing);
  spy.mockRestore();

  expect(warnings.join()).toContain('instrument() must be given a client');
});
