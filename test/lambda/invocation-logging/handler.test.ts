import { type Account, OUR_ROLE, OURS, RESPONSE_ORIGIN, startAccount } from './support';
import { LOGGING_ENV } from '../../../src/contract';

const NONE = 'bedrock-model-invocation-logging/none';
const MADE_UP = 'shop-Logging-1ABCDEFGHIJKL';
const THEIRS = {
  ...OURS,
  cloudWatchConfig: { logGroupName: '/theirs', roleArn: 'arn:aws:iam::123456789012:role/theirs' },
};
const { cloudWatchConfig, ...FLAGS } = OURS;
const BUCKET = { ...FLAGS, s3Config: { bucketName: 'archive', keyPrefix: 'logs' } };
const LARGE = { largeDataDeliveryS3Config: { bucketName: 'large', keyPrefix: 'bodies' } };

const success = (id: string) => ({
  Status: 'SUCCESS',
  PhysicalResourceId: id,
  StackId: expect.stringContaining(':stack/shop/') as string,
  RequestId: 'request',
  LogicalResourceId: 'Logging',
});

// The built handler with the real SDK, against emulators over loopback sockets. CloudFormation's response
// host cannot be had: response-host.mjs leads its https origin to a loopback server.
describe("the built handler of the account's logging", () => {
  let account: Account;
  beforeEach(async () => {
    account = await startAccount();
  });
  afterEach(() => account.close());

  const create = async () => String((await account.send('Create')).answer?.PhysicalResourceId);

  test('turns logging on and off, and on again with another log group', async () => {
    const created = await account.send('Create');
    expect(created.answer).toEqual(success(NONE));
    expect(account.logging.present).toEqual(OURS);

    const deleted = await account.send('Delete', { PhysicalResourceId: NONE });
    expect(deleted.answer).toEqual(success(NONE));
    expect(account.logging.present).toBeUndefined();

    const again = await account.send('Create', {}, { [LOGGING_ENV.logGroup]: '/ours-2' });
    expect(again.answer).toEqual(success(NONE));
    expect(account.logging.present).toEqual({
      ...OURS,
      cloudWatchConfig: { logGroupName: '/ours-2', roleArn: OUR_ROLE },
    });
    expect(account.logging.requests).toEqual(['GET', 'PUT', 'GET', 'DELETE', 'GET', 'PUT']);
  });

  test('answers with the path and query of the URL, and without a content type', async () => {
    await account.send('Create');

    expect(account.answers.map(({ url }) => url)).toEqual(['/answer?signature=secret']);
    expect(account.answers[0].headers['content-type'] ?? '').toBe('');
  });

  test('does not undo the setting of others after its own creation has failed', async () => {
    account.logging.present = THEIRS;

    const { answer } = await account.send('Create');
    expect(answer).toEqual({
      ...success('bedrock-model-invocation-logging/failed'),
      Status: 'FAILED',
      Reason: expect.stringContaining(
        'got: log group is /theirs, wanted /ours; role is arn:aws:iam::123456789012:role/theirs, wanted ' +
          `${OUR_ROLE}. Give that log group to TokenUsageIngest`,
      ) as string,
    });
    const rolledBack = await account.send('Delete', { PhysicalResourceId: answer?.PhysicalResourceId });

    expect(rolledBack.answer).toEqual(success('bedrock-model-invocation-logging/failed'));
    expect(account.logging.present).toEqual(THEIRS);
    expect(account.logging.requests).toEqual(['GET', 'GET']);
  });

  test.each([
    [NONE, 'ROLLBACK_IN_PROGRESS', 'restore'],
    [NONE, 'ROLLBACK_IN_PROGRESS', 'leave'],
    [NONE, 'UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS', 'leave'],
    [NONE, undefined, 'leave'],
    [MADE_UP, 'ROLLBACK_IN_PROGRESS', 'leave'],
    [MADE_UP, 'DELETE_IN_PROGRESS', 'leave'],
    ['bedrock-model-invocation-logging/failed', 'DELETE_IN_PROGRESS', 'leave'],
  ])('turns logging off again for %s with the stack in %s and onDelete %s', async (id, status, onDelete) => {
    const environment = { [LOGGING_ENV.onDelete]: onDelete };
    await account.send('Create', {}, environment);
    account.stackStatus = status;

    const { answer } = await account.send('Delete', { PhysicalResourceId: id }, environment);

    expect(answer).toEqual(success(id));
    expect(account.logging.present).toBeUndefined();
  });

  test.each(['DELETE_IN_PROGRESS', 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS'])(
    'leaves logging on with onDelete leave and the stack in %s',
    async status => {
      const environment = { [LOGGING_ENV.onDelete]: 'leave' };
      await account.send('Create', {}, environment);
      account.stackStatus = status;

      const { answer } = await account.send('Delete', { PhysicalResourceId: NONE }, environment);

      expect(answer).toEqual(success(NONE));
      expect(account.logging.present).toEqual(OURS);
    },
  );

  test('logs why the status of the stack is not known', async () => {
    const environment = { [LOGGING_ENV.onDelete]: 'leave' };
    await account.send('Create', {}, environment);

    const { stdout } = await account.send('Delete', { PhysicalResourceId: NONE }, environment);

    expect(stdout).toMatch(/"message":"Stack status is not known".*"reason":"DescribeStacks was refused"/);
  });

  test('adds its log group beside a bucket, and gives the bucket its data back', async () => {
    account.logging.present = BUCKET;
    const id = await create();
    expect(account.logging.present).toEqual({ ...BUCKET, cloudWatchConfig });

    const images = { [LOGGING_ENV.data]: 'text,image' };
    await account.send('Update', { PhysicalResourceId: id }, images);
    expect(account.logging.present).toEqual({
      ...BUCKET,
      cloudWatchConfig,
      imageDataDeliveryEnabled: true,
      embeddingDataDeliveryEnabled: false,
    });
    const { answer } = await account.send('Delete', { PhysicalResourceId: id }, images);

    expect(answer).toEqual(success(id));
    expect(account.logging.present).toEqual(BUCKET);
  });

  test('keeps a bucket and a place for large bodies that were added, and moves its log group', async () => {
    const id = await create();
    account.logging.present = {
      ...OURS,
      cloudWatchConfig: { ...cloudWatchConfig, ...LARGE },
      s3Config: BUCKET.s3Config,
    };

    const { answer } = await account.send(
      'Update',
      { PhysicalResourceId: id },
      { [LOGGING_ENV.logGroup]: '/moved', [LOGGING_ENV.data]: 'text,audio' },
    );

    expect(answer).toEqual(success(id));
    expect(account.logging.present).toEqual({
      ...BUCKET,
      cloudWatchConfig: { logGroupName: '/moved', roleArn: OUR_ROLE, ...LARGE },
      embeddingDataDeliveryEnabled: false,
      audioDataDeliveryEnabled: true,
    });
  });

  test('sets its own place for large bodies', async () => {
    await account.send(
      'Create',
      {},
      { [LOGGING_ENV.largeDataBucket]: 'large', [LOGGING_ENV.largeDataPrefix]: 'bodies' },
    );

    expect(account.logging.present).toEqual({ ...OURS, cloudWatchConfig: { ...cloudWatchConfig, ...LARGE } });
  });

  test('gives the same answer to an event that comes twice', async () => {
    account.logging.present = BUCKET;

    const [first, second] = [await account.send('Create'), await account.send('Create')];

    expect(second.answer).toEqual(first.answer);
    expect(account.logging.requests).toEqual(['GET', 'PUT', 'GET']);
  });

  test('refuses to update the setting of others, and lets the update be rolled back', async () => {
    const id = await create();
    account.logging.present = THEIRS;

    account.stackStatus = 'UPDATE_IN_PROGRESS';
    const updated = await account.send('Update', { PhysicalResourceId: id });
    account.stackStatus = 'UPDATE_ROLLBACK_IN_PROGRESS';
    const rolledBack = await account.send('Update', { PhysicalResourceId: id });

    expect(updated.answer).toEqual(expect.objectContaining({ Status: 'FAILED', PhysicalResourceId: id }));
    expect(rolledBack.answer).toEqual(success(id));
    expect(account.logging.present).toEqual(THEIRS);
  });

  test('does not believe an event that says that the setting of others was its own before', async () => {
    account.logging.present = THEIRS;
    const off = { imageData: 'false', embeddingData: 'false', videoData: 'false', audioData: 'false' };

    const { answer } = await account.send('Update', {
      PhysicalResourceId: NONE,
      ResourceProperties: { ...off, logGroupName: '/elsewhere', roleArn: OUR_ROLE },
      OldResourceProperties: { ...off, ...THEIRS.cloudWatchConfig },
    });

    expect(answer?.Status).toBe('FAILED');
    expect(account.logging.present).toEqual(THEIRS);
  });

  test('takes log group and role from its environment, not from the event', async () => {
    await account.send('Create', {
      ResourceProperties: { ...THEIRS.cloudWatchConfig, imageData: 'true', largeDataBucket: 'theirs' },
    });

    expect(account.logging.present).toEqual(OURS);
  });

  test('takes kinds of data from the id of an event, and no place', async () => {
    account.logging.present = BUCKET;
    await create();
    expect(account.logging.present).toEqual({ ...BUCKET, cloudWatchConfig });

    await account.send('Delete', {
      PhysicalResourceId: 'bedrock-model-invocation-logging/bucket:text+theirs',
    });

    expect(account.logging.present).toEqual({ ...BUCKET, embeddingDataDeliveryEnabled: false });
  });

  test.each([
    ['http:', RESPONSE_ORIGIN.replace('https:', 'http:')],
    ['collector.example', 'https://collector.example'],
    ['useast1.s3.us-east-1.amazonaws.com.example', `${RESPONSE_ORIGIN}.example`],
    ['euwest1.s3.eu-west-1', RESPONSE_ORIGIN.replace('useast1', 'euwest1').replace('us-east-1', 'eu-west-1')],
    ['collector.example', `https://${new URL(RESPONSE_ORIGIN).host}@collector.example`],
    [':8443', `${RESPONSE_ORIGIN}:8443`],
  ])('neither reads nor sets nor answers if the answer would go to %s', async (named, origin) => {
    const { answer, thrown, stdout } = await account.send('Create', {
      ResponseURL: `${origin}/answer?signature=secret`,
    });

    expect(answer).toBeUndefined();
    expect(thrown).toContain('ResponseURL must be an https URL on ');
    expect(thrown?.split('got: ')[1]).toContain(named);
    expect(`${thrown}${stdout}`).not.toContain('secret');
    expect(account.logging.requests).toEqual([]);
  });

  test('refuses a kind of request that it does not know', async () => {
    const { answer } = await account.send('Replace', { PhysicalResourceId: NONE });

    expect(answer).toEqual(
      expect.objectContaining({ Status: 'FAILED', Reason: 'RequestType must be Create, Update or Delete.' }),
    );
    expect(account.logging.requests).toEqual([]);
  });

  test('waits for a role that Bedrock does not know yet', async () => {
    account.unknownRole = 3;

    expect((await account.send('Create')).answer).toEqual(success(NONE));
    expect(account.logging.present).toEqual(OURS);
    expect(account.logging.requests.filter(method => method === 'PUT')).toHaveLength(4);
  });

  test('gives up a role that Bedrock does not know after a minute', async () => {
    account.unknownRole = Infinity;

    const { answer } = await account.send('Create');

    expect(answer).toEqual(
      expect.objectContaining({
        Status: 'FAILED',
        PhysicalResourceId: 'bedrock-model-invocation-logging/failed',
        Reason: expect.stringMatching(/^Failed to validate permissions for log group: \/ours/) as string,
      }),
    );
    expect(account.logging.requests.filter(method => method === 'PUT')).toHaveLength(13);
  });

  test('says what the service said if the setting cannot be read', async () => {
    await account.close();
    account = await startAccount();

    const { answer } = await account.send('Create', {}, { AWS_ENDPOINT_URL_BEDROCK: 'http://127.0.0.1:9' });

    expect(answer).toEqual(
      expect.objectContaining({ Status: 'FAILED', Reason: expect.stringMatching(/./) as string }),
    );
  });

  test('sends an answer again that was not taken, and fails after three', async () => {
    account.lostAnswers = 2;
    expect((await account.send('Create')).thrown).toBeUndefined();
    expect(account.answers).toHaveLength(3);

    account.lostAnswers = 3;
    expect((await account.send('Delete', { PhysicalResourceId: NONE })).thrown).toBe(
      'CloudFormation took no answer: 503',
    );
  });
});
