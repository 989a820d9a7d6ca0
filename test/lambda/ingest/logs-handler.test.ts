import { gzipSync } from 'node:zlib';
import {
  Backends,
  HAIKU,
  largeRecords,
  logRecord,
  NO_RECORDS,
  SECRET,
  type StoredItem,
  subscriptionEvent,
} from './support';
import { listenOnLoopback, readBody, send } from '../../../local/emulators/http-server';
import { ENV } from '../../../src/contract';

const records = (count: number) =>
  Array.from({ length: count }, (_, index) => logRecord({ requestId: `req-${index}` }));
const requestIds = (items: readonly StoredItem[]) => items.map(({ requestId }) => requestId.S).sort();
const DAY_MS = 86_400_000;
/** Node.js option with the heap limit of a Lambda function with 1024 MB: nine tenths of its memory. */
const HEAP_OF_1024_MB = '--max-old-space-size=921';
const throttled = { status: 400, type: 'ProvisionedThroughputExceededException' };

describe('the built handler of the invocation log', () => {
  let backends: Backends;
  beforeEach(async () => {
    backends = await Backends.start();
  });
  afterEach(async () => {
    // All prompts and answers in the tests contain the word "Lovelace". The handler must not store or send
    // it.
    expect(JSON.stringify(await backends.items('AGENT'))).not.toContain('Lovelace');
    expect(backends.messages.join('\n')).not.toContain('Lovelace');
    await backends.close();
  });

  const logs = async (
    events: readonly unknown[],
    environment: Record<string, string> = {},
    remainingMs?: number,
  ) => {
    const done = await backends.invoke('ingest-logs', events, environment, remainingMs);
    expect(done.output).not.toContain('Lovelace');
    return done;
  };

  test('turns a record into metrics at the time of the invocation, a trace and a day index entry', async () => {
    const record = logRecord();

    const done = await logs([subscriptionEvent([record])]);

    const { emf } = done;
    expect(done.tallies).toEqual([{ ...NO_RECORDS, records: 1, written: 1 }]);
    expect(emf).toHaveLength(1);
    expect(emf[0]).toEqual(
      expect.objectContaining({
        AgentId: 'triage',
        Model: 'amazon.nova-micro-v1:0',
        InputTokens: 1000,
        OutputTokens: 200,
        InvocationCount: 1,
      }),
    );
    expect(emf[0]._aws.Timestamp).toBe(Date.parse(String(record.timestamp)));
    expect(emf[0]._aws.CloudWatchMetrics[0].Dimensions).toEqual([[], ['AgentId', 'Model']]);
    expect(done.sum('totalCost')).toBeCloseTo(1000 * 0.035e-6 + 200 * 0.14e-6, 12);
    const [trace] = await backends.items('AGENT');
    expect(trace).toEqual(
      expect.objectContaining({
        requestId: { S: 'req-1' },
        agentId: { S: 'triage' },
        incidentId: { S: 'INC-7' },
        operation: { S: 'Converse' },
        latencyMs: { N: '321' },
        uncachedInputTokens: { N: '1000' },
        outputTokens: { N: '200' },
        costUsd: { N: '0.000063' },
        stopReason: { S: 'end_turn' },
        source: { S: 'log' },
      }),
    );
    const day = String(record.timestamp).slice(0, 10);
    expect(await backends.items('DAY')).toEqual([
      expect.objectContaining({ pk: { S: `DAY#${day}` }, sk: { S: 'AGENT#triage' } }),
    ]);
    expect([...backends.operations]).toEqual(['DynamoDB.PutItem']);
  });

  test('counts an operation that it does not know as unpriced', async () => {
    const done = await logs([
      subscriptionEvent([logRecord({ operation: 'InvokeModelTomorrow', input: {}, output: {} })]),
    ]);

    expect(done.tallies).toEqual([{ ...NO_RECORDS, records: 1, written: 1 }]);
    expect([done.sum('unpricedInvocations'), done.sum('totalCost')]).toEqual([1, 0]);
    const [trace] = await backends.items('AGENT');
    expect([trace.operation, trace.costUsd]).toEqual([{ S: 'InvokeModelTomorrow' }, undefined]);
  });

  test('counts a payload once if it is delivered again, to the same process or another', async () => {
    const event = subscriptionEvent(records(30));

    const first = await logs([event, event]);
    const second = await logs([event]);

    expect(first.tallies).toEqual([
      { ...NO_RECORDS, records: 30, written: 30 },
      { ...NO_RECORDS, records: 30, duplicates: 30 },
    ]);
    expect(second.tallies).toEqual([{ ...NO_RECORDS, records: 30, duplicates: 30 }]);
    expect([first.sum('invocationCount'), second.sum('invocationCount')]).toEqual([30, 0]);
    expect(await backends.items('AGENT')).toHaveLength(30);
  });

  test('counts a record once that a payload contains twice', async () => {
    const done = await logs([subscriptionEvent([...records(3), ...records(3)])]);

    expect(done.tallies).toEqual([{ ...NO_RECORDS, records: 6, written: 3, duplicates: 3 }]);
    expect(done.sum('invocationCount')).toBe(3);
  });

  test('fails after half of a batch if the table accepts half of it, and writes the other half at the retry', async () => {
    const event = subscriptionEvent([...records(20), 'no JSON']);
    backends.fault = ({ requestId }) =>
      requestId && Number(requestId.S?.slice(4)) % 2 === 1 ? throttled : undefined;
    const failed = await logs([event]);
    const after = requestIds(await backends.items('AGENT'));
    backends.fault = () => undefined;

    const retried = await logs([event]);

    expect(failed.outcomes).toEqual([
      {
        error: 'IngestIncomplete',
        message:
          '10 of 21 records could not be written (ProvisionedThroughputExceededException). A retry ' +
          'writes only these.',
      },
    ]);
    expect(failed.sum('invocationCount')).toBe(10);
    expect(after).toHaveLength(10);
    expect(retried.tallies).toEqual([
      { ...NO_RECORDS, records: 21, written: 10, duplicates: 10, refused: 1 },
    ]);
    expect(retried.sum('invocationCount')).toBe(10);
    expect(await backends.items('AGENT')).toHaveLength(20);
    // Only the second run sends the unreadable line to the queue, because the first run fails before this
    // step.
    expect(backends.letters).toHaveLength(1);
  });

  test('counts an invocation whose write was successful without a response', async () => {
    let lost = 0;
    backends.fault = ({ requestId }) =>
      requestId && (lost += 1) === 1
        ? { status: 500, type: 'InternalServerError', written: true }
        : undefined;

    const done = await logs([subscriptionEvent(records(1))]);

    expect(done.tallies).toEqual([{ ...NO_RECORDS, records: 1, written: 1 }]);
    expect(done.sum('invocationCount')).toBe(1);
    expect(await backends.items('AGENT')).toHaveLength(1);
  });

  test.each([
    ['is not there', { status: 400, type: 'ResourceNotFoundException' }],
    ['may not be written', { status: 400, type: 'AccessDeniedException' }],
  ])('fails without metrics if the table %s, without a request for each record', async (_, fault) => {
    let asked = 0;
    backends.fault = () => {
      asked += 1;
      return fault;
    };

    const done = await logs([subscriptionEvent(records(500))]);

    expect(done.outcomes).toEqual([
      {
        error: 'IngestIncomplete',
        message: expect.stringContaining(`500 of 500 records could not be written (${fault.type})`) as string,
      },
    ]);
    expect(done.emf).toEqual([]);
    expect(asked).toBeLessThan(100);
    expect(backends.messages).toEqual([]);
  });

  test('stops in time and requests a retry', async () => {
    const done = await logs([subscriptionEvent(records(3))], {}, 4000);

    expect(done.outcomes).toEqual([
      {
        error: 'IngestIncomplete',
        message: expect.stringContaining('3 of 3 records could not be written (Deadline)') as string,
      },
    ]);
  });

  test('ingests valid records, and reports invalid ones to queue and log by position and reason, without content', async () => {
    const [good] = records(1);
    const done = await logs([
      subscriptionEvent([
        good,
        `{"prompt":"${SECRET}`,
        '[1,2]',
        JSON.stringify(SECRET),
        logRecord({ requestId: undefined }),
        logRecord({ schemaVersion: '2.0', requestId: 'of-two' }),
        logRecord({ requestId: 'req-9', modelId: '' }),
        { message: SECRET },
        '',
      ]),
    ]);

    expect(done.tallies).toEqual([{ ...NO_RECORDS, records: 9, written: 1, foreign: 1, refused: 7 }]);
    expect(backends.letters.map(({ position, reason }) => [position, reason])).toEqual([
      [1, 'the line is not a JSON object'],
      [2, 'the line is not a JSON object'],
      [3, 'the line is not a JSON object'],
      [4, 'the record has no requestId'],
      [5, 'the record has an unknown schemaVersion'],
      [6, 'the record has no modelId'],
      [8, 'the line is not a JSON object'],
    ]);
    expect(backends.letters[4]).toEqual({
      v: 1,
      source: 'logs',
      position: 5,
      id: 'event-5',
      reason: 'the record has an unknown schemaVersion',
      event: expect.objectContaining({
        requestId: 'of-two',
        agentId: 'triage',
        incidentId: 'INC-7',
        usage: expect.objectContaining({ uncachedInputTokens: 1000, outputTokens: 200 }) as object,
      }) as object,
    });
    expect(done.output).toContain('"message":"Record refused"');
    expect([...backends.operations].sort()).toEqual(['AmazonSQS.SendMessageBatch', 'DynamoDB.PutItem']);
  });

  test('writes all records of a batch, also one with a model id of 10 MB', async () => {
    const [first, last] = records(2);
    const long = (end: string) => `us${'-a'.repeat(5_000_000)}${end}`;

    const done = await logs([
      subscriptionEvent([
        first,
        logRecord({ requestId: 'long-1', modelId: long('.x') }),
        logRecord({ requestId: 'long-2', modelId: long('.y') }),
        last,
      ]),
    ]);

    expect(done.tallies).toEqual([{ ...NO_RECORDS, records: 4, written: 4 }]);
    const items = await backends.items('AGENT');
    expect(requestIds(items)).toEqual(['long-1', 'long-2', 'req-0', 'req-1']);
    const models = items.map(({ model }) => model.S ?? '');
    expect(new Set(models).size).toBe(3);
    expect(Math.max(...models.map(model => model.length))).toBeLessThanOrEqual(64);
  });

  test('puts a payload on the queue if its log group is not a text', async () => {
    const done = await logs([subscriptionEvent(records(1), { logGroup: { toString: 1 } })]);

    expect(done.tallies).toEqual([{ ...NO_RECORDS, records: 1, written: 1 }]);
  });

  test('accepts times of the last 90 days and the next two hours, and puts others on the queue', async () => {
    const ago = (days: number) => new Date(Date.now() - days * DAY_MS).toISOString();
    const kiritimati = ago(-14 / 24).replace('Z', '+14:00');
    const good = [ago(0), ago(13), ago(89.9), ago(-0.08), kiritimati, undefined, Date.now()];
    const bad = [
      ago(-0.1),
      '2035-01-01T00:00:00Z',
      '9999-12-31T23:59:59Z',
      '+275760-09-13T00:00:00.000Z',
      8.64e15,
      '0001-01-01T00:00:00Z',
      '1969-12-31T23:59:59Z',
      Math.floor(Date.now() / 1000),
      ago(90.1),
      '2026-02-31T00:00:00Z',
      '2025-02-29T00:00:00Z',
      '2026-11-20',
      SECRET,
    ];

    const done = await logs([
      subscriptionEvent(
        [...good, ...bad].map((timestamp, index) => logRecord({ requestId: `req-${index}`, timestamp })),
      ),
    ]);

    const ahead = 'the timestamp is more than two hours ahead';
    const early = 'the timestamp is before 2020';
    const none = 'the timestamp of the record is not a date';
    expect(backends.letters.map(({ position, reason }) => [(position ?? 0) - good.length, reason])).toEqual(
      [
        ...[ahead, ahead, ahead, none, ahead, early, early, early],
        ...[
          'the timestamp is more than 90 days ago, when its trace would be deleted',
          none,
          none,
          none,
          none,
        ],
      ].map((reason, index) => [index, reason]),
    );
    expect(done.tallies).toEqual([
      { ...NO_RECORDS, records: good.length + bad.length, written: good.length, refused: bad.length },
    ]);
    const items = [...(await backends.items('AGENT')), ...(await backends.items('DAY'))];
    const ttls = items.map(({ ttl }) => Number(ttl.N) - Date.now() / 1000);
    expect(Math.min(...ttls)).toBeGreaterThan(0);
    expect(Math.max(...ttls)).toBeLessThan(92 * 86_400);
  });

  test('accepts times from 2020 on if traces do not expire', async () => {
    const done = await logs(
      [
        subscriptionEvent(
          ['2020-01-01T00:00:00Z', '2019-12-31T23:59:59Z'].map((timestamp, index) =>
            logRecord({ requestId: `req-${index}`, timestamp }),
          ),
        ),
      ],
      { [ENV.traceTtlDays]: '0' },
    );

    expect(done.tallies).toEqual([{ ...NO_RECORDS, records: 2, written: 1, refused: 1 }]);
    expect((await backends.items('AGENT')).map(({ ttl }) => ttl)).toEqual([undefined]);
  });

  test('puts an item that the table rejects as invalid on the queue, and ingests the others', async () => {
    backends.fault = ({ requestId }) =>
      requestId?.S === 'req-1' ? { status: 400, type: 'ValidationException' } : undefined;

    const done = await logs([subscriptionEvent(records(3))]);

    expect(done.tallies).toEqual([{ ...NO_RECORDS, records: 3, written: 2, refused: 1 }]);
    expect(backends.letters).toEqual([
      expect.objectContaining({
        position: 1,
        reason: 'the trace could not be written (ValidationException)',
      }),
    ]);
  });

  test('fails if the queue cannot be reached, so that nothing is lost', async () => {
    backends.queueIsDown = true;

    const done = await logs([subscriptionEvent([...records(2), 'no JSON'])]);

    expect(done.outcomes).toEqual([
      {
        error: 'IngestIncomplete',
        message: '1 of 1 messages could not be put on the queue. A retry sends them again.',
      },
    ]);
    expect(done.sum('invocationCount')).toBe(2);
  });

  test('ignores a control message and a payload of its own log group', async () => {
    const done = await logs(
      [
        subscriptionEvent(['CWL CONTROL MESSAGE: Checking health of destination'], {
          messageType: 'CONTROL_MESSAGE',
        }),
        subscriptionEvent(records(1), { logGroup: '/aws/lambda/ingest' }),
      ],
      { AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/ingest' },
    );

    expect(done.outcomes).toEqual([{}, {}]);
    expect(done.printed).toBe('');
    expect(await backends.items('AGENT')).toEqual([]);
  });

  test('refuses a payload that is too large or invalid, and handles the next', async () => {
    const bomb = { awslogs: { data: gzipSync(Buffer.alloc(64 * 1024 * 1024, SECRET)).toString('base64') } };

    const done = await logs([
      bomb,
      { awslogs: { data: Buffer.from(SECRET).toString('base64') } },
      { Records: [SECRET] },
      null,
      subscriptionEvent([], { logEvents: SECRET }),
      subscriptionEvent(records(1)),
    ]);

    expect(bomb.awslogs.data.length).toBeLessThan(1024 * 1024);
    expect(done.tallies.map(tally => tally?.refused)).toEqual([1, 1, 1, 1, 1, 0]);
    expect(backends.letters.map(({ reason }) => reason)).toEqual([
      'the payload is larger than 50331648 bytes',
      'the payload cannot be read (Z_DATA_ERROR)',
      'the event is not the payload of a CloudWatch Logs subscription',
      'the event is not the payload of a CloudWatch Logs subscription',
      'the payload has no log events',
    ]);
    expect(await backends.items('AGENT')).toHaveLength(1);
  });

  test.each<[string, { logEvents?: string; more?: string; record?: string }, string]>([
    ['15 million log events', { logEvents: '{},' }, 'the payload has more than 1000000 JSON values'],
    ['lists in place of log events', { logEvents: '[],' }, 'the payload has more than 1000000 JSON values'],
    ['lists in lists', { logEvents: '[' }, 'the payload has more than 1000000 JSON values'],
    ['values beside the log events', { more: '{},' }, 'the payload has more than 1000000 JSON values'],
    ['a record of 15 million values', { record: '{},' }, 'the line has more than 1000000 JSON values'],
    ['a record of lists in lists', { record: '[' }, 'the line has more than 1000000 JSON values'],
  ])(
    'refuses %s that are some KB when gzipped, with one message and within the memory of the function, and continues',
    async (_what, { logEvents = '', more = '', record = '' }, reason) => {
      const times = 45 * 1024 * 1024;
      const filled = (unit: string) => {
        const text = unit.repeat(Math.floor(times / unit.length));
        return unit === '[' ? `${text}0${']'.repeat(3)}` : text.slice(0, -1);
      };
      const line = record && JSON.stringify({ id: 'event-0', message: `[${filled(record)}]` });
      const data = gzipSync(
        `{"messageType":"DATA_MESSAGE","logGroup":"g","more":[${more && filled(more)}],` +
          `"logEvents":[${line || (logEvents && filled(logEvents))}]}`,
      ).toString('base64');

      const done = await logs([{ awslogs: { data } }, subscriptionEvent(records(1))], {
        NODE_OPTIONS: HEAP_OF_1024_MB,
      });

      expect(data.length).toBeLessThan(100_000);
      expect(done.tallies).toEqual([
        { ...NO_RECORDS, records: 1, refused: 1 },
        { ...NO_RECORDS, records: 1, written: 1 },
      ]);
      expect(backends.letters.map(letter => letter.reason)).toEqual([reason]);
      expect(done.rssMb).toBeLessThan(1024);
    },
  );

  test('ingests records of long texts without a warning of Node.js', async () => {
    const event = subscriptionEvent(largeRecords(40));

    const done = await logs([event, event], { NODE_NO_WARNINGS: '' });

    expect(done.tallies).toEqual([
      { ...NO_RECORDS, records: 40, written: 40 },
      { ...NO_RECORDS, records: 40, duplicates: 40 },
    ]);
    expect(done.stderr).not.toContain('MaxListeners');
  });

  test('accepts hostile metadata, and gives at most 50 agents a dimension value', async () => {
    const hostile = [
      { agentId: '__proto__' },
      { agentId: 'constructor' },
      { agentId: 'x'.repeat(5000) },
      { agentId: 'é#%\u0000\u2028' },
      { agentId: { $ne: 1 } },
      { agentId: '' },
      SECRET,
      [SECRET],
      null,
      '{"agentId":"from text"}',
    ].map((requestMetadata, index) =>
      logRecord({
        requestId: `hostile-${index}`,
        requestMetadata,
        identity: [{ arn: 'arn:aws:sts::123456789012:assumed-role/__proto__/x' }],
      }),
    );
    const many = Array.from({ length: 200 }, (_, index) =>
      logRecord({
        requestId: `many-${index}`,
        requestMetadata: { agentId: `agent-${index.toString(26)}-of-many` },
      }),
    );

    const done = await logs([subscriptionEvent([...hostile, ...many])], {
      [ENV.ingestRoles]: '{"Orders":"orders"}',
    });

    expect(done.tallies).toEqual([{ ...NO_RECORDS, records: 210, written: 210 }]);
    expect(done.sum('invocationCount')).toBe(210);
    const values = new Set(done.emf.map(({ AgentId }) => AgentId));
    expect(values.size).toBe(50);
    expect(values).toContain('Other');
    const agents = (await backends.items('AGENT')).map(({ agentId }) => agentId.S ?? '');
    expect(agents).toEqual(
      expect.arrayContaining(['__proto__', 'constructor', 'from text', 'Other', 'agent-0-of-many']),
    );
    expect(Math.max(...agents.map(agent => Buffer.byteLength(agent)))).toBeLessThanOrEqual(64);
  });

  test('prices the invocations of a profile as those of its model, and looks up configured profiles only', async () => {
    const profile = (id: string, region = 'us-east-1') =>
      `arn:aws:bedrock:${region}:123456789012:application-inference-profile/${id}`;
    const asked: string[] = [];
    const bedrock = await listenOnLoopback(async (request, response) => {
      await readBody(request);
      asked.push(decodeURIComponent(request.url ?? ''));
      const modelArn = 'arn:aws:bedrock:us-east-1::foundation-model/openai.gpt-5.4';
      send(response, 200, { 'content-type': 'application/json' }, JSON.stringify({ models: [{ modelArn }] }));
    });
    const counts = {
      operation: 'ConverseStream',
      input: { inputTokenCount: 12_401, cacheReadInputTokenCount: 8_367, cacheWriteInputTokenCount: 4_032 },
      output: { outputTokenCount: 50 },
    };
    const madeUp = Array.from({ length: 600 }, (_, index) =>
      logRecord({ requestId: `made-up-${index}`, modelId: profile(`p${index}`, `xx-made-${index}`) }),
    );

    const done = await logs(
      [
        subscriptionEvent([
          ...madeUp,
          logRecord({ ...counts, modelId: profile('real'), requestId: 'real-1' }),
          logRecord({ ...counts, modelId: profile('real'), requestId: 'real-2' }),
        ]),
      ],
      {
        AWS_ENDPOINT_URL_BEDROCK: bedrock.endpoint,
        [ENV.resolveProfiles]: [profile('real'), profile('unused')].join(','),
      },
    ).finally(() => bedrock.close());

    expect(done.tallies).toEqual([{ ...NO_RECORDS, records: 602, written: 602 }]);
    expect(asked).toEqual([`/inference-profiles/${profile('real')}`]);
    const real = (await backends.items('AGENT')).filter(({ requestId }) => requestId.S?.startsWith('real'));
    expect(
      real.map(({ model, modelId, uncachedInputTokens }) => [model.S, modelId.S, uncachedInputTokens.N]),
    ).toEqual(Array(2).fill(['openai.gpt-5.4', profile('real'), '2']));
  });

  test('counts failed invocations without tokens', async () => {
    const failed = {
      errorCode: 'ThrottlingException',
      input: { inputTokenCount: 12, inputBodyJson: { text: SECRET } },
      output: undefined,
    };

    const done = await logs([
      subscriptionEvent([
        logRecord({ ...failed, modelId: 'amazon.titan-embed-text-v1' }),
        logRecord({ ...failed, requestId: 'req-2', errorCode: SECRET }),
      ]),
    ]);

    expect(done.sum('invocationErrors')).toBe(2);
    expect([done.sum('invocationCount'), done.sum('inputTokens'), done.sum('totalCost')]).toEqual([0, 0, 0]);
    expect(
      (await backends.items('AGENT')).map(({ error, uncachedInputTokens }) => [error.S, uncachedInputTokens]),
    ).toEqual([
      ['ThrottlingException', undefined],
      ['Error', undefined],
    ]);
  });

  test('ignores log records of invocations that are recorded elsewhere, by stamp, operation or role', async () => {
    const done = await logs(
      [
        subscriptionEvent([
          logRecord({ requestMetadata: { tokenAnalytics: 'recorded', agentId: 'triage' } }),
          logRecord({ operation: 'InvokeModel', requestId: 'req-2' }),
          logRecord({
            identity: { arn: 'arn:aws:sts::123456789012:assumed-role/BedrockAgents/x' },
            requestId: 'req-3',
          }),
          logRecord({ requestId: 'req-4', requestMetadata: { tokenAnalytics: 'otherwise' } }),
        ]),
      ],
      {
        [ENV.leftToTracker]: 'InvokeModel, InvokeModelWithResponseStream',
        [ENV.ingestIgnoredRoles]: 'BedrockAgents',
        [ENV.ingestRoles]: '{"Orders":"orders"}',
      },
    );

    expect(done.tallies).toEqual([{ ...NO_RECORDS, records: 4, recorded: 1, leftToTracker: 2, written: 1 }]);
    expect(await backends.items('AGENT')).toEqual([
      expect.objectContaining({ requestId: { S: 'req-4' }, agentId: { S: 'orders' } }),
    ]);
    expect(done.output).toContain('"recorded":1');
  });

  test('uses the prices and the table settings of the environment', async () => {
    const done = await logs([subscriptionEvent([logRecord({ modelId: HAIKU })])], {
      [ENV.prices]: JSON.stringify({ [HAIKU]: { input: 1000, output: 10_000 } }),
      [ENV.writeShards]: '4',
      [ENV.traceTtlDays]: '1',
      [ENV.detailLevel]: 'standard',
      [ENV.namespace]: 'Shop/dev',
      [ENV.sink]: 'putMetricData',
    });

    expect(done.sum('totalCost')).toBe(3);
    expect(done.emf[0]).toEqual(expect.objectContaining({ ResponseLatency: 321, TotalTokens: 1200 }));
    expect(done.emf[0]._aws.CloudWatchMetrics[0].Namespace).toBe('Shop/dev');
    const [trace] = await backends.items('AGENT');
    expect(trace.pk.S).toMatch(/^AGENT#triage#\d{4}-\d{2}-\d{2}#[0-3]$/);
    expect(Number(trace.ttl.N)).toBeLessThan(Date.now() / 1000 + 86_400);
  });
});
