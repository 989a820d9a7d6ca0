import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import { answeredCall, putCallMetrics } from '../../../local/emulators/bedrock/account-metrics';
import { type BedrockEmulator, startBedrock } from '../../../local/emulators/bedrock/server';
import { type CloudWatchEmulator, startCloudWatch } from '../../../local/emulators/cloudwatch/server';
import type { CoveredShare, CoveredShareOptions } from '../../../reports/covered-share/covered-share';
import { UsageReports } from '../../../reports/usage-reports';
import { BEDROCK_METRICS } from '../../../src/contract';
import { stdoutOf } from '../../support/stdout';
import { startTraceEngine, type TracedCall, type TraceEngine } from '../../support/trace-engine';
import { TokenTracker } from 'cdk-token-analytics/runtime';

const DAY = '2026-11-25';
const NOON = new Date(`${DAY}T12:00:00.000Z`);
const NOW = '2026-11-26T08:00:00.000Z';
const NOVA = 'amazon.nova-lite-v1:0';
const HAIKU = 'anthropic.claude-haiku-4-5-20251001-v1:0';
const SONNET = 'anthropic.claude-sonnet-4-5-20250929-v1:0';
const PROFILE = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3d4e5f6';
const NAMESPACE = 'OPX/Analytics/test';

let engine: TraceEngine;
let cloudWatch: CloudWatchEmulator;
let bedrock: BedrockEmulator;
/** Error code that the CloudWatch emulator answers with. Undefined if it answers normally. */
let refusal: string | undefined;
/** Time that the Bedrock emulator uses for its metrics. */
let time: Date;
/** Input tokens that the Bedrock emulator reports for each call. */
let inputTokens: number;
const ends: (() => unknown)[] = [];

beforeEach(async () => {
  refusal = undefined;
  time = NOON;
  inputTokens = 100;
  engine = await startTraceEngine();
  cloudWatch = await startCloudWatch({
    refuses: operation => (operation === 'GetMetricData' ? refusal : 'AccessDenied'),
  });
  bedrock = await startBedrock({
    answer: ({ body }) =>
      JSON.stringify(body).includes('fail')
        ? { error: { status: 400, type: 'ValidationException', message: 'refused' } }
        : { text: 'Done.', usage: { inputTokens, outputTokens: 5, cacheReadTokens: 1000 } },
    metrics: { store: cloudWatch.store, timeOf: () => time },
  });
  ends.push(...[engine, cloudWatch, bedrock].map(server => () => server.close()));
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function client(): BedrockRuntimeClient {
  const made = new BedrockRuntimeClient({ endpoint: bedrock.endpoint, region: 'us-east-1', maxAttempts: 1 });
  ends.push(() => made.destroy());
  return made;
}

/** Makes `count` calls that nobody records. */
async function callUnrecorded(modelId: string, count: number, made = client()): Promise<void> {
  for (let call = 0; call < count; call += 1) await made.send(converse(modelId));
}

/** Makes `count` calls with an instrumented client, which writes their traces to the table. */
async function callRecorded(
  modelId: string,
  count: number,
  options: ConstructorParameters<typeof TokenTracker>[0] = {},
): Promise<void> {
  const tracker = new TokenTracker({
    tableName: engine.tableName,
    endpoint: engine.endpoint,
    agentId: 'triage',
    region: 'us-east-1',
    sink: 'emf',
    flushTimeoutMs: 5000,
    ...options,
  });
  const instrumented = tracker.instrument(client());
  // Hides the metric lines that the tracker prints.
  await stdoutOf(async () => {
    await tracker.run({ timestamp: time }, () => callUnrecorded(modelId, count, instrumented));
    await tracker.flush();
  });
}

const converse = (modelId: string, text = 'a prompt') =>
  new ConverseCommand({ modelId, messages: [{ role: 'user', content: [{ text }] }] });

async function compare(options: CoveredShareOptions = {}, now = NOW): Promise<CoveredShare> {
  const reports = new UsageReports({
    tableName: engine.tableName,
    endpoint: engine.endpoint,
    region: 'us-east-1',
    now: () => new Date(now),
  });
  try {
    return await reports.coveredShare({ endpoint: cloudWatch.endpoint, ...options });
  } finally {
    reports.close();
  }
}

const rowsOf = ({ models }: CoveredShare) =>
  models.map(({ model, account, recorded, missing, reason }) => [
    model,
    account.invocations,
    recorded.invocations,
    missing.inputTokens,
    reason,
  ]);

test('compares a day with a model that was never recorded, a model recorded in part, and a model recorded under another id', async () => {
  await callRecorded(NOVA, 4);
  await callUnrecorded(SONNET, 3);
  await callRecorded(`us.${HAIKU}`, 5);
  await callUnrecorded(HAIKU, 2);
  await callRecorded(PROFILE, 6, { inferenceProfiles: { a1b2c3d4e5f6: NOVA } });
  await callUnrecorded(PROFILE, 1);

  const share = await compare();

  expect(rowsOf(share)).toEqual([
    [SONNET, 3, 0, 300, 'never-recorded'],
    [HAIKU, 7, 5, 200, 'partly-recorded'],
    [NOVA, 11, 10, 100, 'partly-recorded'],
  ]);
  expect(share.models.map(({ modelIds }) => modelIds)).toEqual([
    [SONNET],
    [HAIKU, `us.${HAIKU}`],
    ['a1b2c3d4e5f6', NOVA],
  ]);
  expect(share.total).toEqual({
    account: { invocations: 21, inputTokens: 2100 },
    recorded: { invocations: 15, inputTokens: 1500 },
    covered: { invocations: 15, inputTokens: 1500 },
    missing: { invocations: 6, inputTokens: 600 },
    excess: { invocations: 0, inputTokens: 0 },
    share: { invocations: 15 / 21, inputTokens: 1500 / 2100 },
  });
  expect(share).toMatchObject({
    day: DAY,
    region: 'us-east-1',
    status: 'compared',
    complete: true,
    notes: [],
  });
  expect(share.summary).toBe(
    `71.4 % of the account's input tokens and 71.4 % of its calls of ${DAY} are recorded; missing: ` +
      `${SONNET}, 3 calls (no client that calls it is instrumented); ${HAIKU}, 2 calls (one of several ` +
      `programs is not instrumented, or a function may not write traces); ${NOVA}, 1 call (one of several ` +
      'programs is not instrumented, or a function may not write traces).',
  );
  // Two metrics for each of the five model ids.
  expect([share.metricsRead, share.metricsCostUsd]).toEqual([10, '0.0001']);
});

test('does not count failed calls, cached responses, batch jobs and calls of other days as recorded', async () => {
  const nova = (changes: Partial<TracedCall>): TracedCall => ({
    at: NOON,
    model: NOVA,
    modelId: NOVA,
    usd: 0.1,
    ...changes,
  });
  await callUnrecorded(NOVA, 5);
  await client()
    .send(converse(NOVA, 'fail'))
    .catch(() => undefined);
  await engine.put([
    nova({}),
    nova({ error: 'ValidationException' }),
    nova({ cached: true }),
    nova({ operation: 'BatchOutput' }),
    nova({ at: '2026-11-24T23:59:59.999Z' }),
    nova({ at: '2026-11-26T00:00:00.000Z' }),
  ]);

  const { total, models } = await compare();

  expect(models.map(({ failed }) => failed)).toEqual([1]);
  expect(total?.account).toEqual({ invocations: 5, inputTokens: 500 });
  expect(total?.recorded).toEqual({ invocations: 1, inputTokens: 1 });
});

test('lists an application inference profile by its id if no trace has this id', async () => {
  await callUnrecorded(PROFILE, 2);
  await callRecorded(NOVA, 1);

  expect(rowsOf(await compare())).toEqual([
    ['a1b2c3d4e5f6', 2, 0, 200, 'never-recorded'],
    [NOVA, 1, 1, 0, undefined],
  ]);
});

test('compares an application inference profile by its id if its traces have several models', async () => {
  await callRecorded(PROFILE, 2);
  await callRecorded(PROFILE, 3, { inferenceProfiles: { a1b2c3d4e5f6: NOVA } });
  await callRecorded(NOVA, 1);

  const share = await compare();

  expect(rowsOf(share)).toEqual([
    ['a1b2c3d4e5f6', 5, 5, 0, undefined],
    [NOVA, 1, 1, 0, undefined],
  ]);
  expect(share.summary).toBe(
    `100 % of the account's input tokens and 100 % of its calls of ${DAY} are recorded.`,
  );
});

test('reports calls beyond those of the account in a note, and no share above 100 %', async () => {
  await callRecorded(NOVA, 2);
  await callUnrecorded(SONNET, 2);
  await engine.put([
    ...[1, 2, 3].map(() => ({ at: NOON, model: NOVA, modelId: NOVA, usd: 0.1 })),
    { at: NOON, model: HAIKU, modelId: HAIKU, usd: 0.1 },
  ]);

  const share = await compare();

  expect(rowsOf(share)).toEqual([
    [SONNET, 2, 0, 200, 'never-recorded'],
    [NOVA, 2, 5, 0, 'more-recorded'],
    [HAIKU, 0, 1, 0, 'only-recorded'],
  ]);
  expect(share.total?.share).toEqual({ invocations: 0.5, inputTokens: 0.5 });
  expect(share.total?.excess).toEqual({ invocations: 4, inputTokens: 4 });
  expect(share.notes).toEqual([
    `More recorded than the account's metrics in us-east-1 contain: ${NOVA}, 3 calls (the table also has ` +
      `calls of another region or account, or calls were recorded twice); ${HAIKU}, 1 call (its calls were ` +
      "made in another region or account, or not through the endpoint bedrock-runtime, so the account's " +
      'metrics do not contain it). These calls do not raise the share.',
  ]);
});

test('explains missing tokens of recorded calls by responses without token counts', async () => {
  await callRecorded(NOVA, 1);
  await callUnrecorded(NOVA, 1);
  await engine.put([{ at: NOON, model: NOVA, modelId: NOVA, usage: undefined }]);

  expect(rowsOf(await compare())).toEqual([[NOVA, 2, 2, 100, 'tokens-unknown']]);
});

test('compares no calls of services without a model, because the metrics do not count them', async () => {
  await callRecorded(NOVA, 1);
  await engine.put(
    ['bedrock-guardrails', 'bedrock-flows', 'bedrock-knowledge-bases', 'agentcore'].map(service => ({
      at: NOON,
      model: service,
      modelId: service,
      usage: undefined,
    })),
  );
  await engine.put([
    {
      at: NOON,
      model: 'bedrock-guardrails',
      modelId: 'bedrock-guardrails',
      usage: undefined,
      units: { guardrailTopics: 4 },
      usd: 1,
    },
    { at: NOON, model: 'agentcore', modelId: 'agentcore', usd: 1 },
  ]);

  const share = await compare();

  expect(rowsOf(share)).toEqual([[NOVA, 1, 1, 0, undefined]]);
  expect(share.notes).toEqual([]);
  expect(share.total?.recorded).toEqual({ invocations: 1, inputTokens: 100 });
});

test('gives no reason for calls of Rerank, StartAsyncInvoke and RetrieveAndGenerate, which have no token counts', async () => {
  const [rerank, reel] = ['amazon.rerank-v1:0', 'amazon.nova-reel-v1:0'];
  await callRecorded(NOVA, 2);
  await callRecorded(HAIKU, 1);
  await callUnrecorded(HAIKU, 1);
  await engine.put([
    { at: NOON, model: rerank, modelId: rerank, usage: undefined, units: { searches: 1 }, usd: 0.001 },
    { at: NOON, model: reel, modelId: reel, usage: undefined, units: { videoSeconds: 6 }, usd: 0.48 },
    { at: NOON, model: reel, modelId: reel, usage: undefined, units: { videoSeconds: 6 } },
    // RetrieveAndGenerate: it has a model and no units.
    { at: NOON, model: NOVA, modelId: NOVA, usage: undefined },
    { at: NOON, model: 'cohere.command-r-v1:0', modelId: 'cohere.command-r-v1:0', usage: undefined },
  ]);

  const share = await compare();

  expect(rowsOf(share)).toEqual([
    [HAIKU, 2, 1, 100, 'partly-recorded'],
    [NOVA, 2, 2, 0, undefined],
  ]);
  expect(share.notes).toEqual([]);
});

test('counts images that a model generated as recorded, although they have no tokens', async () => {
  const canvas = 'amazon.nova-canvas-v1:0';
  putCallMetrics(cloudWatch.store, canvas, NOON, answeredCall({ inputTokens: 0, outputTokens: 0 }));
  await engine.put([
    { at: NOON, model: canvas, modelId: canvas, usage: undefined, units: { images: 1 }, usd: 0.04 },
  ]);

  expect(rowsOf(await compare())).toEqual([[canvas, 1, 1, 0, undefined]]);
});

test.each(['AccessDenied', 'AccessDeniedException'])(
  'names the missing permission if CloudWatch answers %s, and reads nothing from the table',
  async code => {
    await callRecorded(NOVA, 1);
    refusal = code;
    const before = engine.operations.length;

    const share = await compare();

    expect(share).toMatchObject({
      status: 'access-denied',
      missingPermission: 'cloudwatch:GetMetricData',
      models: [],
      metricsRead: 0,
      metricsCostUsd: '0',
    });
    expect(share.total).toBeUndefined();
    expect(share.summary).toContain('cloudwatch:GetMetricData is not allowed');
    expect(engine.operations.length).toBe(before);
  },
);

test('throws errors of CloudWatch that are not about a permission', async () => {
  refusal = 'InvalidParameterValueException';

  await expect(compare()).rejects.toThrow('GetMetricData was refused');
});

test('says that Bedrock has no metrics of a day, and lists the recorded calls', async () => {
  await engine.put([{ at: NOON, model: NOVA, modelId: NOVA, usd: 0.1 }]);

  const share = await compare();

  expect([share.status, share.metricsRead, share.total?.share]).toEqual(['no-metrics', 0, {}]);
  expect(rowsOf(share)).toEqual([[NOVA, 0, 1, 0, 'only-recorded']]);
  expect(share.summary).toBe(
    `The recorded share of ${DAY} is unknown, because Amazon Bedrock has no metrics in us-east-1.`,
  );
});

test('compares the calls of today so far, and notes that metrics are late', async () => {
  time = new Date('2026-11-26T07:00:00.000Z');
  await callRecorded(NOVA, 3);
  await callUnrecorded(NOVA, 1);

  const share = await compare({ day: '2026-11-26' });

  expect([share.complete, share.total?.share.inputTokens]).toEqual([false, 0.75]);
  expect(share.summary).toMatch(/^75 % of the account's input tokens .* of 2026-11-26 so far are recorded/);
  expect(share.notes).toEqual([
    'The metrics of Amazon Bedrock arrive some minutes late, so the share of this day is not final.',
  ]);
});

test.each([
  ['2026-11-26T00:14:59.999Z', false],
  ['2026-11-26T00:15:00.000Z', true],
])('treats the metrics of a day as complete 15 minutes after its end (at %s: %s)', async (now, complete) => {
  expect((await compare({ day: DAY }, now)).complete).toBe(complete);
});

test('notes that a search finds only models with calls in the last 14 days', async () => {
  const noteAt = async (now: string) => (await compare({ day: DAY }, now)).notes.join();

  expect(await noteAt('2026-12-09T12:00:00.000Z')).toBe('');
  expect(await noteAt('2026-12-10T12:00:00.000Z')).toContain('Models without calls since 2026-11-26');
});

test('reads spilled and dropped traces of the day if a namespace is given', async () => {
  await callUnrecorded(NOVA, 1);
  for (const [name, value, timestamp] of [
    ['TracesSpilled', 7, NOON],
    ['TracesDropped', 2, NOON],
    ['TracesSpilled', 50, new Date(NOW)],
  ] as const) {
    cloudWatch.store.putDatum({ namespace: NAMESPACE, name, dimensions: {}, timestamp, values: [value] });
  }

  const [without, share] = [await compare(), await compare({ namespace: NAMESPACE })];

  expect([without.lostTraces, without.metricsRead]).toEqual([undefined, 2]);
  expect([share.lostTraces, share.metricsRead]).toEqual([{ spilled: 7, dropped: 2 }, 4]);
  expect(share.notes).toEqual([
    'Functions wrote 7 traces of this day to their logs instead of the table (TracesSpilled). ' +
      '`token-analytics replay` writes them to the table.',
    '2 traces of this day are lost (TracesDropped).',
  ]);
});

test('compares only invocations if the account used only models without tokens', async () => {
  for (const [name, value] of [
    [BEDROCK_METRICS.invocations, 4],
    ['OutputImageCount', 4],
  ] as const) {
    cloudWatch.store.putDatum({
      namespace: BEDROCK_METRICS.namespace,
      name,
      dimensions: { ModelId: 'amazon.nova-canvas-v1:0' },
      timestamp: NOON,
      values: [value],
    });
  }

  const share = await compare();

  expect(share.total?.share).toEqual({ invocations: 0 });
  expect(share.summary).toContain("0 % of the account's calls of 2026-11-25 are recorded; missing: ");
});

test('rejects a day that is not in the calendar', async () => {
  await expect(compare({ day: '2026-02-30' })).rejects.toThrow('day must be a day such as 2026-11-20');
});
