import { Backends, logRecord, NOVA, SECRET, subscriptionEvent, usageEvent } from './support';

/**
 * Returns the record that Lambda sends to an on-failure destination for a failed event (Developer Guide,
 * "Retaining records of asynchronous invocations"). `requestPayload` is the event.
 */
const givenUp = (requestPayload: unknown) => ({
  version: '1.0',
  timestamp: new Date().toISOString(),
  requestContext: {
    requestId: 'r',
    functionArn: 'arn:aws:lambda:us-east-1:123456789012:function:ingest:$LATEST',
    condition: 'RetriesExhausted',
    approximateInvokeCount: 3,
  },
  requestPayload,
  responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
  responsePayload: { errorType: 'IngestIncomplete', errorMessage: 'as told' },
});

describe('the built handler of failed events', () => {
  let backends: Backends;
  beforeEach(async () => {
    backends = await Backends.start();
  });
  afterEach(async () => {
    expect(JSON.stringify(await backends.items('AGENT'))).not.toContain('Lovelace');
    expect(backends.messages.join('\n')).not.toContain('Lovelace');
    await backends.close();
  });

  test('tries a last time to write records, and puts records that it cannot write on the queue as events', async () => {
    backends.fault = ({ requestId }) =>
      requestId?.S === 'req-2' ? { status: 400, type: 'ThrottlingException' } : undefined;
    const payload = subscriptionEvent([
      logRecord(),
      logRecord({ requestId: 'req-2' }),
      `{"prompt":"${SECRET}`,
    ]);

    const done = await backends.invoke('ingest-failures', [givenUp(payload)]);

    expect(done.tallies).toEqual([
      expect.objectContaining({ records: 3, written: 1, refused: 2, failed: 0 }),
    ]);
    expect(backends.letters.map(({ position, reason }) => [position, reason])).toEqual([
      [2, 'the line is not a JSON object'],
      [1, 'the trace could not be written (ThrottlingException)'],
    ]);
    expect(done.output).not.toContain('Lovelace');

    // Sends the message from the queue as an event, and the original log event a second time. The two traces
    // must be equal.
    backends.fault = () => undefined;
    const events = await backends.invoke('ingest-events', [usageEvent(backends.letters[1].event)]);
    const logs = await backends.invoke('ingest-logs', [payload]);
    expect(events.tallies).toEqual([expect.objectContaining({ written: 1 })]);
    expect(logs.tallies).toEqual([expect.objectContaining({ duplicates: 2 })]);
    const [first, second] = await backends.items('AGENT');
    expect({ ...second, requestId: 0, sk: 0, writer: 0 }).toEqual({
      ...first,
      requestId: 0,
      sk: 0,
      writer: 0,
    });
  });

  test('keeps billed units and a lower bound in a record on the queue, so that its event costs the same', async () => {
    backends.fault = ({ requestId }) =>
      requestId?.S?.startsWith('late') ? { status: 400, type: 'ThrottlingException' } : undefined;
    const guarded = (guardrailConfig: object, trace?: object) => ({
      input: { inputBodyJson: { guardrailConfig }, inputTokenCount: 1000 },
      output: {
        outputBodyJson: { usage: { inputTokens: 1000, outputTokens: 200, totalTokens: 1200 }, trace },
        outputTokenCount: 200,
      },
    });
    const usage = { contentPolicyUnits: 2, topicPolicyUnits: 1, automatedReasoningPolicyUnits: 3 };
    const inputAssessment = { own: { invocationMetrics: { usage } } };
    const records = [guarded({ trace: 'enabled' }, { guardrail: { inputAssessment } }), guarded({})];
    const payload = subscriptionEvent(
      ['now', 'late'].flatMap(when =>
        records.map((record, index) => logRecord({ ...record, requestId: `${when}-${index}` })),
      ),
    );

    await backends.invoke('ingest-failures', [givenUp(payload)]);
    backends.fault = () => undefined;
    await backends.invoke(
      'ingest-events',
      backends.letters.map(({ event }) => usageEvent(event)),
    );

    expect(
      new Map(backends.letters.map(({ event }) => [event.requestId, [event.units, event.uncounted]])),
    ).toEqual(
      new Map([
        ['late-0', [{ guardrailContent: 2, guardrailTopics: 1, guardrailReasoning: 3 }, undefined]],
        ['late-1', [undefined, ['guardrailUnits']]],
      ]),
    );
    // Tokens: $0.000063. Guardrail: 2 × $0.00015 + 1 × $0.00015 + 3 × $0.00017.
    const units = {
      guardrailContent: { N: '2' },
      guardrailTopics: { N: '1' },
      guardrailReasoning: { N: '3' },
    };
    const counted = ['0.001023', '0.00096', units, undefined];
    const uncounted = ['0.000063', undefined, undefined, 'guardrailUnits'];
    const bills = (await backends.items('AGENT')).map(
      item =>
        [
          item.requestId.S,
          [item.costUsd?.N, item.unitCostUsd?.N, item.units?.M, item.costIsLowerBound?.S],
        ] as const,
    );
    expect(new Map(bills)).toEqual(
      new Map([
        ['late-0', counted],
        ['late-1', uncounted],
        ['now-0', counted],
        ['now-1', uncounted],
      ]),
    );
  });

  test('puts an event that it cannot write on the queue, and refuses other payloads', async () => {
    backends.fault = () => ({ status: 400, type: 'ResourceNotFoundException' });

    const done = await backends.invoke('ingest-failures', [
      givenUp(
        usageEvent({ agentId: 'orders', modelId: NOVA, usage: { uncachedInputTokens: 1, outputTokens: 2 } }),
      ),
      givenUp(usageEvent({ prompt: SECRET })),
      givenUp(null),
      SECRET,
      givenUp({ awslogs: { data: SECRET } }),
    ]);

    expect(done.outcomes.map(({ error }) => error)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(backends.letters.map(({ reason }) => reason)).toEqual([
      'the trace could not be written (ResourceNotFoundException)',
      expect.stringContaining('the event does not match its schema'),
      expect.stringContaining('the payload cannot be read'),
    ]);
  });

  test('fails if the queue cannot be reached, either', async () => {
    backends.fault = () => ({ status: 400, type: 'ResourceNotFoundException' });
    backends.queueIsDown = true;

    const done = await backends.invoke('ingest-failures', [givenUp(subscriptionEvent([logRecord()]))]);

    expect(done.outcomes).toEqual([
      {
        error: 'IngestIncomplete',
        message: '1 of 1 messages could not be put on the queue. A retry sends them again.',
      },
    ]);
  });
});
