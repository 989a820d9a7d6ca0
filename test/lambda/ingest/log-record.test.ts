import * as fc from 'fast-check';
import { logRecord, NOVA, SECRET } from './support';
import { readEventRecord } from '../../../lambda/ingest/event-record';
import { KnownProfiles } from '../../../lambda/ingest/known-profiles';
import { callerRoles, readRules, readLogLine } from '../../../lambda/ingest/log-record';
import { toCompleteEvent } from '../../../lambda/ingest/usage-event';
import { toInvocation } from '../../../lambda/invocation/record-input';
import { CostCalculator } from '../../../lambda/pricing/cost-calculator';
import { traceItem } from '../../../lambda/traces/trace-item';
import { ENV } from '../../../src/contract';
import { fuzz } from '../../support/fuzz';

const PROFILE = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123';
const RULES = readRules({
  [ENV.ingestRoles]: '{"Orders":"orders","__proto__":"shadow"}',
  [ENV.ingestCallers]: 'session',
});
const read = (changes: Readonly<Record<string, unknown>>) =>
  readLogLine(
    { message: JSON.stringify(logRecord(changes)), timestamp: Date.parse('2026-11-20T10:00:00Z') },
    RULES,
  );

describe('the agent of a record', () => {
  test.each<[unknown, unknown, string]>([
    [{ agentId: 'triage' }, { arn: 'arn:aws:sts::123456789012:assumed-role/Orders/x' }, 'triage'],
    [undefined, { arn: 'arn:aws:sts::123456789012:assumed-role/Orders/session' }, 'orders'],
    [undefined, { arn: 'arn:aws-cn:iam::123456789012:role/service-role/deep/Orders' }, 'orders'],
    [
      undefined,
      [
        { arn: 'arn:aws:iam::123456789012:user/Orders' },
        { arn: 'arn:aws:sts::123456789012:assumed-role/Orders/x' },
      ],
      'orders',
    ],
    [{ team: 'sre' }, { arn: 'arn:aws:sts::123456789012:assumed-role/Unknown/x' }, 'Other'],
    [undefined, { arn: 'arn:aws:sts::123456789012:assumed-role/constructor/x' }, 'Other'],
    [undefined, { arn: 'arn:aws:iam::123456789012:user/Orders' }, 'Other'],
    [undefined, undefined, 'Other'],
    [undefined, 7, 'Other'],
  ])(
    'the agent of a record with the metadata %j and the identity %j is %s',
    (requestMetadata, identity, agentId) => {
      expect(read({ requestMetadata, identity })).toEqual({
        kind: 'call',
        call: expect.objectContaining({ agentId }) as object,
      });
    },
  );

  test('the agent of a record is found by role in each form of an identity', () => {
    expect(
      callerRoles([
        'arn:aws:sts::123456789012:assumed-role/A/x',
        { arn: 'arn:aws:iam::123456789012:role/B' },
        null,
        { arn: 3 },
      ]),
    ).toEqual(['A', 'B']);
  });

  test('the agent of a record is not found for an ARN above the maximum length', () => {
    const arn = (name: string) => `arn:aws:iam::123456789012:role/${'a/'.repeat(5_000_000)}${name}`;

    expect(callerRoles([arn('Orders'), 'arn:aws:iam::123456789012:role/B'])).toEqual(['B']);
  });
});

describe('the session of a record', () => {
  const sessionOf = (callers: string | undefined, changes: Readonly<Record<string, unknown>>) => {
    const reading = readLogLine(
      { message: JSON.stringify(logRecord(changes)) },
      readRules({ [ENV.ingestCallers]: callers }),
    );
    if (reading.kind !== 'call') throw new Error(`The record is ${reading.kind}`);
    return reading.call.sessionId;
  };
  const of = (arn: string) => ({ identity: { arn } });
  const SSO = 'arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Developers_0123456789abcdef';

  test.each<[string, Readonly<Record<string, unknown>>, string | undefined]>([
    ['an assumed role', of('arn:aws:sts::123456789012:assumed-role/Orders/session-1'), 'session-1'],
    [
      'an assumed role in another partition',
      of('arn:aws-us-gov:sts::123456789012:assumed-role/Orders/i-0abc'),
      'i-0abc',
    ],
    ['a federated user', of('arn:aws:sts::123456789012:federated-user/batch'), 'batch'],
    ['a user of IAM Identity Center', of(`${SSO}/ada`), 'ada'],
    [
      'the second identity of a list',
      { identity: [of('arn:aws:iam::123456789012:user/ada').identity, `${SSO}/grace`] },
      'grace',
    ],
    ['an IAM user', of('arn:aws:iam::123456789012:user/ada'), undefined],
    ['a role without a session', of('arn:aws:iam::123456789012:role/Orders'), undefined],
    ['a role with an empty session', of('arn:aws:sts::123456789012:assumed-role/Orders/'), undefined],
    ['no identity', { identity: undefined }, undefined],
    [
      'an assumed role, with sessionId in the metadata',
      { ...of(`${SSO}/ada`), requestMetadata: { sessionId: 'chat-7' } },
      'chat-7',
    ],
    [
      'an assumed role, with an empty sessionId in the metadata',
      { ...of(`${SSO}/ada`), requestMetadata: { sessionId: '' } },
      'ada',
    ],
  ])('the session of a record with the identity of %s is found', (_, changes, session) => {
    expect(sessionOf('session', changes)).toBe(session);
  });

  test('the session of a record is not kept by default', () => {
    const changes = { ...of(`${SSO}/ada`), requestMetadata: { sessionId: 'chat-7' } };

    expect(sessionOf(undefined, changes)).toBeUndefined();
  });

  test.each([
    ['identity', of(`${SSO}/Ada@Example.com`)],
    ['metadata', { requestMetadata: { sessionId: 'Ada@Example.com' } }],
  ])('an e-mail address in the %s is hashed, unless addresses are kept', (_, changes) => {
    expect(sessionOf('session', changes)).toMatch(/^email-[0-9a-f]{16}$/);
    expect(sessionOf('session-with-emails', changes)).toBe('Ada@Example.com');
  });
});

test('a record without a timestamp has the time at which its line was written', () => {
  expect(read({ timestamp: undefined })).toEqual({
    kind: 'call',
    call: expect.objectContaining({ timestamp: new Date('2026-11-20T10:00:00Z') }) as object,
  });
});

test.each([
  ['missing, in a line without a time', undefined, 'the record has no timestamp'],
  ['invalid, in a line with a time', '2026-02-31T10:00:00Z', 'the timestamp of the record is not a date'],
])('a record is refused if its timestamp is %s', (_what, timestamp, reason) => {
  const message = JSON.stringify(logRecord({ timestamp }));
  const line = timestamp === undefined ? { message } : { message, timestamp: Date.now() };

  expect(readLogLine(line, RULES)).toEqual(expect.objectContaining({ kind: 'refused', reason }));
});

test('a stop reason that is a sentence is ignored', () => {
  expect(read({ output: { outputBodyJson: { stop_reason: SECRET }, outputTokenCount: 3 } })).toEqual({
    kind: 'call',
    call: expect.objectContaining({ stopReason: undefined }) as object,
  });
});

test('invalid rules are refused with the name of their variable', () => {
  expect(() => readRules({ [ENV.ingestRoles]: '{"Orders":7}' })).toThrow(
    `${ENV.ingestRoles} must be a JSON object of agent ids by role`,
  );
  expect(() => readRules({ [ENV.ingestCallers]: 'everyone' })).toThrow(
    `${ENV.ingestCallers} must be one of session, session-with-emails`,
  );
});

test('reading a line or an event never throws', () => {
  fuzz(
    fc.property(
      fc.jsonValue(),
      fc.constantFrom(
        'requestMetadata',
        'identity',
        'input',
        'output',
        'timestamp',
        'errorCode',
        'operation',
        'modelId',
        'requestId',
        'schemaVersion',
      ),
      (value, member) => {
        expect(read({ [member]: value }).kind).toMatch(/^(?:call|refused)$/);
        expect(read({ output: { outputBodyJson: value } }).kind).toBe('call');
        expect(['foreign', 'refused']).toContain(readEventRecord(value).reading.kind);
        expect(readEventRecord({ 'detail-type': 'TokenUsage', 'detail': value }).reading.kind).toBe(
          'refused',
        );
      },
    ),
  );
});

/** Returns the trace of guardrails, by the number of text units of their content filters. */
const traced = (units: Readonly<Record<string, number>>) => ({
  guardrail: {
    inputAssessment: Object.fromEntries(
      Object.entries(units).map(([id, contentPolicyUnits]) => [
        id,
        { invocationMetrics: { usage: { contentPolicyUnits } } },
      ]),
    ),
  },
});
const guarded = {
  output: {
    outputBodyJson: { usage: { inputTokens: 1000, outputTokens: 200 }, trace: traced({ own: 2 }) },
    outputTokenCount: 200,
  },
};
const video = {
  operation: 'StartAsyncInvoke',
  modelId: 'amazon.nova-reel-v1:0',
  input: { inputBodyJson: { modelInput: { videoGenerationConfig: { durationSeconds: 6 } } } },
  output: {},
};

/** Returns the units, the cost and the reasons for a lower bound of a record. */
function billOf(changes: Readonly<Record<string, unknown>>) {
  const reading = read(changes);
  if (reading.kind !== 'call') throw new Error(reading.kind);
  const profiles = new KnownProfiles(undefined);
  const tools = { calculator: new CostCalculator({}, profiles), profiles, defaults: {} };
  const { units, cost } = toInvocation(reading.call, tools);
  return [units, cost?.picoUsd, cost?.lowerBound];
}

describe('the billed units of a record', () => {
  const request = (inputBodyJson: object) => ({ inputBodyJson, inputTokenCount: 1000 });
  const inS3 = { outputBodyS3Path: 's3://bucket/data/req-1_output.json.gz', outputTokenCount: 200 };
  const GUARDED = ['guardrailUnits'] as const;

  test.each<[string, Readonly<Record<string, unknown>>, ReturnType<typeof billOf>]>([
    ['a guardrail with its trace', guarded, [{ guardrailContent: 2 }, 363_000_000n, undefined]],
    ['no guardrail, and a response in S3', { output: inS3 }, [undefined, 63_000_000n, undefined]],
    [
      'a guardrail, and a response in S3',
      { input: request({ guardrailConfig: { trace: 'enabled' } }), output: inS3 },
      [undefined, 63_000_000n, GUARDED],
    ],
    [
      'a guardrail for tagged input of InvokeModel, and a response in S3',
      {
        operation: 'InvokeModel',
        input: request({ 'amazon-bedrock-guardrailConfig': { tagSuffix: 'x' } }),
        output: inS3,
      },
      [undefined, 63_000_000n, GUARDED],
    ],
    [
      'a guardrail, and an error after the answer had begun',
      {
        operation: 'ConverseStream',
        input: request({ guardrailConfig: {} }),
        errorCode: 'ModelStreamErrorException',
      },
      [undefined, 63_000_000n, GUARDED],
    ],
    [
      'documents of a rerank model that are in S3',
      {
        operation: 'InvokeModel',
        modelId: 'amazon.rerank-v1:0',
        input: { inputBodyS3Path: 's3://bucket/data/req-1_input.json.gz' },
        output: { outputBodyJson: { results: [{ index: 7, relevance_score: 0.5 }] } },
      },
      [{ searches: 1 }, 1_000_000_000n, ['searchUnits']],
    ],
    ['a video', video, [{ videoSeconds: 6 }, 480_000_000_000n, undefined]],
    [
      '10,000 guardrails',
      {
        output: {
          ...guarded.output,
          outputBodyJson: {
            usage: { inputTokens: 1000, outputTokens: 200 },
            trace: traced(Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`g${index}`, 1]))),
          },
        },
      },
      [{ guardrailContent: 10_000 }, 1_500_063_000_000n, undefined],
    ],
  ])('the billed units of a record are read with %s', (_what, changes, expected) => {
    expect(billOf(changes)).toEqual(expected);
  });

  test('the billed units of a record are not uncounted if the call failed without an answer', () => {
    const failed = { input: request({ guardrailConfig: {} }), output: undefined };
    const reading = read({ ...failed, errorCode: 'ValidationException' });

    expect(reading).toMatchObject({ kind: 'call', call: { error: { name: 'ValidationException' } } });
    expect(reading).not.toHaveProperty('call.uncounted');
    expect(read(failed)).toHaveProperty('call.uncounted', GUARDED);
  });

  test('the billed units of a record are read with names of inherited members', () => {
    const message = JSON.stringify(logRecord(guarded)).replace('"own"', '"__proto__"');
    const reading = readLogLine({ message, timestamp: Date.now() }, RULES);

    expect(message).toContain('{"__proto__":{"invocationMetrics"');
    expect(reading).toMatchObject({ kind: 'call', call: { units: { guardrailContent: 2 } } });
    expect(({} as Record<string, unknown>).invocationMetrics).toBeUndefined();
  });

  test('an operation that is not known is an unpriced invocation with its name', () => {
    const changes = { operation: 'InvokeModelTomorrow', input: {}, output: {} };

    expect(read(changes)).toMatchObject({
      kind: 'call',
      call: { operation: 'InvokeModelTomorrow', modelId: NOVA },
    });
    expect(billOf(changes)).toEqual([undefined, undefined, undefined]);
  });
});

describe('the complete event of a logged invocation', () => {
  const stream = {
    operation: 'ConverseStream',
    modelId: PROFILE,
    input: { inputTokenCount: 12_401, cacheReadInputTokenCount: 8_367, cacheWriteInputTokenCount: 4_032 },
    output: { outputTokenCount: 50 },
  };
  const converse = (body: object) => ({ output: { outputBodyJson: body } });

  test.each<[string, Readonly<Record<string, unknown>>, object]>([
    ['a plain call', {}, { cost: { usd: 0.000063 } }],
    [
      'an image without usage',
      { modelId: 'stability.stable-image-core-v1:1', operation: 'InvokeModel', input: {}, output: {} },
      { usage: undefined, error: undefined },
    ],
    ['an error of any text', { errorCode: SECRET, output: undefined }, { error: 'Error', usage: undefined }],
    [
      'the standard tier by its other name',
      converse({ serviceTier: { type: 'standard' }, usage: { inputTokens: 1, outputTokens: 2 } }),
      { serviceTier: 'standard' },
    ],
    [
      'a tier without a price',
      converse({ serviceTier: { type: 'ultrafast' }, usage: { inputTokens: 1, outputTokens: 2 } }),
      { serviceTier: 'ultrafast', cost: undefined },
    ],
    [
      'a tier that is no name',
      converse({ serviceTier: { type: 'no tier!' }, usage: { inputTokens: 1, outputTokens: 2 } }),
      { serviceTier: 'no tier!', cost: undefined },
    ],
    [
      'an operation and a region that are none',
      { operation: 'A-b', region: 'nowhere' },
      { cost: { usd: 0.000063 } },
    ],
    [
      'a profile of a model of OpenAI',
      stream,
      { usage: { uncachedInputTokens: 2 }, reportedInputTokens: 12_401 },
    ],
    ['a guardrail with its trace', guarded, { units: { guardrailContent: 2 }, cost: { usd: 0.000363 } }],
    [
      'a guardrail without its trace',
      { input: { inputBodyJson: { guardrailConfig: {} }, inputTokenCount: 1000 } },
      { units: undefined, cost: { usd: 0.000063, lowerBound: ['guardrailUnits'] } },
    ],
    [
      'text units whose sum is not a safe integer',
      converse({
        usage: { inputTokens: 1000, outputTokens: 200 },
        trace: traced({ a: Number.MAX_SAFE_INTEGER, b: 1 }),
      }),
      { units: { guardrailContent: Number.MAX_SAFE_INTEGER }, cost: { lowerBound: ['guardrailUnits'] } },
    ],
    ['a generated video', video, { units: { videoSeconds: 6 }, usage: undefined, cost: { usd: 0.48 } }],
    [
      'output counts that differ',
      {
        operation: 'InvokeModel',
        output: {
          outputTokenCount: 97,
          outputBodyJson: { usage: { input_tokens: 1000, output_tokens: 133 } },
        },
      },
      { outputDifference: 36 },
    ],
  ])('makes the same trace as the record: %s', (_what, changes, wanted) => {
    const profiles = new KnownProfiles({ [PROFILE]: 'openai.gpt-5.6-sol' });
    const reading = read({ requestId: 'req-7', ...changes });
    if (reading.kind !== 'call') throw new Error(reading.kind);
    const detail = JSON.parse(JSON.stringify(toCompleteEvent(reading.call))) as unknown;
    const again = readEventRecord({ 'detail-type': 'TokenUsage', detail }).reading;
    if (again.kind !== 'call') throw new Error(JSON.stringify(again));
    const tools = { calculator: new CostCalculator({}, profiles), profiles, defaults: {} };
    const options = { writeShards: 1, ttlDays: 90 };

    const direct = toInvocation(reading.call, tools);
    const resent = toInvocation(again.call, tools);

    expect(direct).toMatchObject(wanted);
    const { operation: _, serviceTier: __, ...item } = traceItem(direct, options);
    expect(traceItem(resent, options)).toMatchObject(item);
    expect([resent.cost?.picoUsd, resent.serviceTier !== undefined]).toEqual([
      direct.cost?.picoUsd,
      direct.serviceTier !== undefined,
    ]);
    expect(JSON.stringify(detail)).not.toContain(SECRET);
  });
});

test('a record of an inference profile is read as one of its model', () => {
  const record = { operation: 'InvokeModel', modelId: PROFILE, input: { inputTokenCount: 70 }, output: {} };
  const readAs = (model: string) => {
    const reading = readLogLine({ message: JSON.stringify(logRecord(record)) }, RULES, () => model);
    return reading.kind === 'call' ? [reading.call.modelId, reading.call.usage?.uncachedInputTokens] : [];
  };

  expect(readAs('amazon.titan-embed-text-v2:0')).toEqual([PROFILE, 70]);
  expect(readAs(NOVA)).toEqual([PROFILE, undefined]);
});

test('metadata above the maximum length of Bedrock is not parsed', () => {
  const requestMetadata = JSON.stringify({ agentId: 'triage', more: 'x'.repeat(10_000) });

  expect(read({ requestMetadata: '{"agentId":"triage"}' })).toMatchObject({ call: { agentId: 'triage' } });
  expect(read({ requestMetadata })).toMatchObject({ kind: 'call', call: { agentId: 'orders' } });
});

describe('the body of a logged InvokeModel invocation', () => {
  const own = 'arn:aws:bedrock:us-east-1:123456789012:imported-model/abcdefghijkl';
  const body = {
    usage: { inputTokens: 1000, outputTokens: 200, totalTokens: 1200 },
    trace: { promptRouter: { invokedModelId: NOVA } },
    serviceTier: { type: 'flex' },
    performanceConfig: { latency: 'optimized' },
  };

  test.each([
    ['InvokeModel', body],
    ['InvokeModelWithResponseStream', [{ metadata: body, ...body }]],
  ])(
    'the model and tier in the body of a logged %s invocation of a custom model are ignored',
    (operation, outputBodyJson) => {
      const reading = read({ operation, modelId: own, output: { outputBodyJson } });

      expect(reading).toMatchObject({
        kind: 'call',
        call: { modelId: own, billedModelId: undefined, serviceTier: undefined },
      });
      expect(reading.kind === 'call' && reading.call.latencyOptimized).not.toBe(true);
    },
  );

  test.each(['Converse', 'ConverseStream'])(
    'the model and tier in the body of a logged %s invocation are read, because the service sets them',
    operation => {
      expect(read({ operation, output: { outputBodyJson: body } })).toMatchObject({
        call: { billedModelId: NOVA, serviceTier: 'flex', latencyOptimized: true },
      });
    },
  );
});

test('a record has the region of its invocation', () => {
  expect(read({ region: 'eu-central-1' })).toMatchObject({ call: { region: 'eu-central-1' } });
});
