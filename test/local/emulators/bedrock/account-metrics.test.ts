import {
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  InvokeModelCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { type BedrockEmulator, startBedrock } from '../../../../local/emulators/bedrock/server';
import type { ModelAnswer } from '../../../../local/emulators/bedrock/wire-shapes';
import { type CloudWatchEmulator, startCloudWatch } from '../../../../local/emulators/cloudwatch/server';

const NOVA = 'amazon.nova-lite-v1:0';
const NOON = new Date('2026-11-21T12:00:00.000Z');
const messages = [{ role: 'user' as const, content: [{ text: 'a prompt' }] }];

let cloudWatch: CloudWatchEmulator;
let bedrock: BedrockEmulator;
let models: BedrockRuntimeClient;
let metrics: CloudWatchClient;
let answer: ModelAnswer;

beforeEach(async () => {
  answer = {
    text: 'Done.',
    usage: {
      inputTokens: 7,
      outputTokens: 5,
      cacheReadTokens: 30,
      cacheWrite5mTokens: 2,
      cacheWrite1hTokens: 4,
    },
  };
  cloudWatch = await startCloudWatch();
  bedrock = await startBedrock({
    answer: () => answer,
    metrics: { store: cloudWatch.store, timeOf: () => NOON },
  });
  models = new BedrockRuntimeClient({ endpoint: bedrock.endpoint, region: 'us-east-1', maxAttempts: 1 });
  metrics = new CloudWatchClient({ endpoint: cloudWatch.endpoint, region: 'us-east-1', maxAttempts: 1 });
});
afterEach(async () => {
  models.destroy();
  metrics.destroy();
  await bedrock.close();
  await cloudWatch.close();
});

/** Reads a metric of Bedrock by search. Returns the sum of the day by model id. */
async function sumsOf(name: string): Promise<Record<string, number>> {
  const { MetricDataResults = [] } = await metrics.send(
    new GetMetricDataCommand({
      StartTime: new Date('2026-11-21T00:00:00.000Z'),
      EndTime: new Date('2026-11-22T00:00:00.000Z'),
      MetricDataQueries: [
        {
          Id: 'found',
          Expression: `SEARCH('{"AWS/Bedrock",ModelId} MetricName="${name}"', 'Sum', 86400)`,
          Label: "${PROP('Dim.ModelId')}",
          Period: 86_400,
        },
      ],
    }),
  );
  return Object.fromEntries(
    MetricDataResults.filter(({ Values = [] }) => Values.length > 0).map(({ Label = '', Values = [] }) => [
      Label,
      Values.reduce((sum, value) => sum + value, 0),
    ]),
  );
}

test('publishes the calls and tokens of each model id, as a client of CloudWatch reads them', async () => {
  await models.send(new ConverseCommand({ modelId: NOVA, messages }));
  await models.send(new InvokeModelCommand({ modelId: `us.${NOVA}`, body: '{}' }));
  const { stream } = await models.send(new ConverseStreamCommand({ modelId: `us.${NOVA}`, messages }));
  for await (const _ of stream ?? []);

  const both = (one: number) => ({ [NOVA]: one, [`us.${NOVA}`]: 2 * one });
  expect(await sumsOf('Invocations')).toEqual(both(1));
  expect(await sumsOf('InputTokenCount')).toEqual(both(7));
  expect(await sumsOf('OutputTokenCount')).toEqual(both(5));
  expect(await sumsOf('CacheReadInputTokens')).toEqual(both(30));
  expect(await sumsOf('CacheWriteInputTokens')).toEqual(both(6));
});

test('publishes an application inference profile under the last part of its ARN', async () => {
  const modelId = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3d4e5f6';

  await models.send(new ConverseCommand({ modelId, messages }));

  expect(await sumsOf('Invocations')).toEqual({ a1b2c3d4e5f6: 1 });
});

test.each([
  [400, 'ValidationException', 'InvocationClientErrors'],
  [429, 'ThrottlingException', 'InvocationThrottles'],
  [500, 'InternalServerException', 'InvocationServerErrors'],
])(
  'publishes a call with status %d in a metric of its own, not as an invocation',
  async (status, type, name) => {
    answer = { error: { status, type, message: 'refused' } };

    await expect(models.send(new ConverseCommand({ modelId: NOVA, messages }))).rejects.toThrow('refused');

    expect(await sumsOf(name)).toEqual({ [NOVA]: 1 });
    expect(await sumsOf('Invocations')).toEqual({});
  },
);

test('publishes no metric without a destination', async () => {
  const quiet = await startBedrock({ answer: () => answer });
  const client = new BedrockRuntimeClient({ endpoint: quiet.endpoint, region: 'us-east-1', maxAttempts: 1 });
  try {
    await client.send(new ConverseCommand({ modelId: NOVA, messages }));
  } finally {
    client.destroy();
    await quiet.close();
  }

  expect(cloudWatch.store.list()).toEqual([]);
});
