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

describe('logging setting of the Bedrock emulator with the unmodified client', () => {
  let emulator: BedrockEmulator;
  let client: BedrockClient;
  let knowsRole: boolean;
  beforeEach(async () => {
    knowsRole = true;
    emulator = await startBedrock({
      answer: () => {
        throw new Error('the test must not call a model');
      },
      logging: new LoggingSetting(role => role !== roleArn || knowsRole),
    });
    client = new BedrockClient({ endpoint: emulator.endpoint, region: 'us-east-1', maxAttempts: 1 });
  });
  afterEach(async () => {
    client.destroy();
    await emulator.close();
  });

  const put = (loggingConfig: LoggingConfig) =>
    client.send(new PutModelInvocationLoggingConfigurationCommand({ loggingConfig }));
  const get = async () =>
    (await client.send(new GetModelInvocationLoggingConfigurationCommand({}))).loggingConfig;

  test('logging is off at first and after a DELETE', async () => {
    expect(await get()).toBeUndefined();
    await put({ s3Config: { bucketName: 'archive' } });
    await client.send(new DeleteModelInvocationLoggingConfigurationCommand({}));

    expect(await get()).toBeUndefined();
    expect(emulator.logging.requests).toEqual(['GET', 'PUT', 'DELETE', 'GET']);
  });

  test('each PUT replaces the entire logging setting', async () => {
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
      'a large data configuration without a bucket',
      {
        cloudWatchConfig: {
          logGroupName: '/log',
          roleArn,
          largeDataDeliveryS3Config: { bucketName: undefined },
        },
      },
    ],
  ])('refuses a logging setting with %s and keeps the previous setting', async (_name, wrong) => {
    await put({ s3Config: { bucketName: 'archive' } });

    await expect(put(wrong)).rejects.toMatchObject({ name: 'ValidationException' });
    expect(await get()).toEqual({ s3Config: { bucketName: 'archive' } });
  });

  test('refuses a logging role that Bedrock cannot assume yet', async () => {
    knowsRole = false;

    await expect(put({ cloudWatchConfig: { logGroupName: '/log', roleArn } })).rejects.toThrow(
      'Failed to validate permissions for log group: /log',
    );
    expect(await get()).toBeUndefined();
  });

  test('answers 404 to other methods on the logging setting', async () => {
    const { status } = await fetch(`${emulator.endpoint}/logging/modelinvocations`, { method: 'PATCH' });

    expect(status).toBe(404);
  });
});
