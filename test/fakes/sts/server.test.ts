import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { startSts, type StsOptions } from './server';
import type { Emulator } from '../../../local/emulators/emulators';

describe('the STS stand-in, through the unmodified client', () => {
  let standIn: Emulator;
  let client: STSClient;
  const start = async (options?: StsOptions) => {
    standIn = await startSts(options);
    client = new STSClient({ endpoint: standIn.endpoint, region: 'us-east-1', maxAttempts: 1 });
  };
  afterEach(async () => {
    client.destroy();
    await standIn.close();
  });

  test('says who calls', async () => {
    await start({ account: '111122223333' });

    const identity = await client.send(new GetCallerIdentityCommand({}));

    expect(identity).toMatchObject({
      Account: '111122223333',
      Arn: 'arn:aws:sts::111122223333:assumed-role/Operator/session',
      UserId: 'AROAEXAMPLE:session',
    });
  });

  test('refuses as it is told to, as with credentials that have expired', async () => {
    await start({ refuses: () => 'ExpiredToken' });

    await expect(client.send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({
      name: 'ExpiredToken',
    });
  });
});
