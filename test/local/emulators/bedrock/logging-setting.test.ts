import {
  BedrockClient,
  DeleteModelInvocationLoggingConfigurationCommand,
  GetModelInvocationLoggingConfigurationCommand,
  type LoggingConfig,
  PutModelInvocationLoggingConfigurationCommand,
} from '@aws-sdk/client-bedrock';
import { LoggingSetting } from '../../../../local/emulators/bedrock/logging-setting';
import { type BedrockEmulator, startBedrock } from '../../../../local/emulators/bedrock/server';

const roleArn = 'arn:aws:iam::123456789012:role/Logs';

describe("the Bedrock stand-in's logging setting, through the unmodified client", () => {
  let standIn: BedrockEmulator;
  let client: BedrockClient;
  let knowsRole: boolean;
  beforeEach(async () => {
    knowsRole = true;
    standIn = await startBedrock({
      answer: () => {
        throw new Error('no model is called here');
      },
      logging: new LoggingSetting(role => role !== roleArn || knowsRole),
    });
    client = new BedrockClient({ endpoint: standIn.endpoint, region: 'us-east-1', maxAttempts: 1 });
  });
  afterEach(async () => {
    client.destroy();
    await standIn.close();
  });

  const put = (loggingConfig: LoggingConfig) =>
    client.send(new PutModelInvocationLoggingConfigurationCommand({ loggingConfig }));
  const get = async () =>
    (await client.send(new GetModelInvocationLoggingConfigurationCommand({}))).loggingConfig;

  test('is none at first, and again after it was deleted', async () => {
    expect(await get()).toBeUndefined();
    await put({ s3Config: { bucketName: 'archive' } });
    await client.send(new DeleteModelInvocationLoggingConfigurationCommand({}));

    expect(await get()).toBeUndefined();
    expect(standIn.logging.requests).toEqual(['GET', 'PUT', 'DELETE', 'GET']);
  });

  test('is replaced whole by each Put', async () => {
    await put({ s3Config: { bucketName: 'archive' }, imageDataDeliveryEnabled: true });
    const second = {
      cloudWatchConfig: {
        logGroupName: '/log',
        roleArn,
        largeDataDeliveryS3Config: { bucketName: 'large', keyPrefix: 'bodies' },
      },
      textDataDeliveryEnabled: true,
    };
    await put(second);

    expect(await get()).toEqual(second);
  });

  test.each<[string, LoggingConfig]>([
    ['a log group without a role', { cloudWatchConfig: { logGroupName: '/log', roleArn: undefined } }],
    ['a role without a log group', { cloudWatchConfig: { logGroupName: undefined, roleArn } }],
    ['a bucket without a name', { s3Config: { bucketName: undefined } }],
    [
      'a place for large data without a bucket',
      {
        cloudWatchConfig: {
          logGroupName: '/log',
          roleArn,
          largeDataDeliveryS3Config: { bucketName: undefined },
        },
      },
    ],
  ])('refuses %s, and stays as it is', async (_, wrong) => {
    await put({ s3Config: { bucketName: 'archive' } });

    await expect(put(wrong)).rejects.toMatchObject({ name: 'ValidationException' });
    expect(await get()).toEqual({ s3Config: { bucketName: 'archive' } });
  });

  test('refuses a role that is not known yet', async () => {
    knowsRole = false;

    await expect(put({ cloudWatchConfig: { logGroupName: '/log', roleArn } })).rejects.toThrow(
      'Failed to validate permissions for log group: /log',
    );
    expect(await get()).toBeUndefined();
  });

  test('has no other methods', async () => {
    const { status } = await fetch(`${standIn.endpoint}/logging/modelinvocations`, { method: 'PATCH' });

    expect(status).toBe(404);
  });
});
