import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { startSts, type StsOptions } from './server';
import type { Emulator } from '../../../local/emulators/emulators';

describe('fake of STS with the unmodified client', () => {
  let fake: Emulator;
  let client: STSClient;
  const start = async (options?: StsOptions) => {
    fake = await startSts(options);
    client = new STSClient({ endpoint: fake.endpoint, region: 'us-east-1', maxAttempts: 1 });
  };
  afterEach(async () => {
    client.destroy();
    await fake.close();
  });

  test('returns the identity of the caller', async () => {
    await start({ account: '111122223333' });

    const identity = await client.send(new GetCallerIdentityCommand({}));

    expect(identity).toMatchObject({
      Account: '111122223333',
      Arn: 'arn:aws:sts::111122223333:assumed-role/Operator/session',
      UserId: 'AROAEXAMPLE:session',
    });
  });

  test('refuses credentials as expired if the `refuses` option returns that error', async () => {
    await start({ refuses: () => 'ExpiredToken' });

    await expect(client.send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({
      name: 'ExpiredToken',
    });
  });
});
