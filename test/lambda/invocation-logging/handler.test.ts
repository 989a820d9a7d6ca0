import {
  type Account,
  ENVIRONMENT,
  NESTED,
  OUR_ROLE,
  OURS,
  propertiesOf,
  RESPONSE_ORIGIN,
  startAccount,
  startStalling,
} from './support';
import { Refusal } from '../../../local/emulators/emulators';
import { LOGGING_ENV } from '../../../src/contract';

const CREATED = 'bedrock-model-invocation-logging/created';
const FAILED = 'bedrock-model-invocation-logging/failed';
const UNTOUCHED = 'bedrock-model-invocation-logging/untouched';
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

// Runs the built handler with the real SDK against local fakes of Bedrock and CloudFormation.
describe("the built handler of the account's logging", () => {
  let account: Account;
  beforeEach(async () => {
    account = await startAccount();
  });
  afterEach(() => account.close());

  const create = async () => String((await account.send('Create')).answer?.PhysicalResourceId);

  test('turns logging on, off, and on again with another log group', async () => {
    const created = await account.send('Create');
    expect(created.answer).toEqual(success(CREATED));
    expect(account.logging.present).toEqual(OURS);

    const deleted = await account.send('Delete', { PhysicalResourceId: CREATED });
    expect(deleted.answer).toEqual(success(CREATED));
    expect(account.logging.present).toBeUndefined();

    const again = await account.send('Create', {}, { [LOGGING_ENV.logGroup]: '/ours-2' });
    expect(again.answer).toEqual(success(CREATED));
    expect(account.logging.present).toEqual({
      ...OURS,
      cloudWatchConfig: { logGroupName: '/ours-2', roleArn: OUR_ROLE },
    });
    expect(account.logging.requests).toEqual(['GET', 'PUT', 'GET', 'DELETE', 'GET', 'PUT']);
  });

  test('sends the response to the path and query of the URL, without a content type', async () => {
    await account.send('Create');

    expect(account.answers.map(({ url }) => url)).toEqual(['/answer?signature=secret']);
    expect(account.answers[0].headers['content-type'] ?? '').toBe('');
  });

  test('does not undo the setting of others after its own creation has failed', async () => {
    account.logging.present = THEIRS;

    const { answer } = await account.send('Create');
    expect(answer).toEqual({
      ...success(UNTOUCHED),
      Status: 'FAILED',
      Reason: expect.stringContaining(
        'got: log group is /theirs, wanted /ours; role is arn:aws:iam::123456789012:role/theirs, wanted ' +
          `${OUR_ROLE}. Give that log group to TokenUsageIngest`,
      ) as string,
    });
    const rolledBack = await account.send('Delete', { PhysicalResourceId: answer?.PhysicalResourceId });

    expect(rolledBack.answer).toEqual(success(UNTOUCHED));
    expect(account.logging.present).toEqual(THEIRS);
    expect(account.logging.requests).toEqual(['GET']);
  });

  test.each([
    [CREATED, 'ROLLBACK_IN_PROGRESS', 'restore'],
    [CREATED, 'ROLLBACK_IN_PROGRESS', 'leave'],
    [CREATED, 'UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS', 'leave'],
    [CREATED, undefined, 'leave'],
    [MADE_UP, 'ROLLBACK_IN_PROGRESS', 'leave'],
    [MADE_UP, 'DELETE_IN_PROGRESS', 'leave'],
    [FAILED, 'DELETE_IN_PROGRESS', 'leave'],
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

      const { answer } = await account.send('Delete', { PhysicalResourceId: CREATED }, environment);

      expect(answer).toEqual(success(CREATED));
      expect(account.logging.present).toEqual(OURS);
    },
  );

  test('logs the reason if the status of the stack cannot be read', async () => {
    const environment = { [LOGGING_ENV.onDelete]: 'leave' };
    await account.send('Create', {}, environment);

    const { stdout } = await account.send('Delete', { PhysicalResourceId: CREATED }, environment);

    expect(stdout).toMatch(/"message":"Stack status is not known".*"reason":"DescribeStacks was refused"/);
  });

  test('adds its log group beside a bucket, and removes it again', async () => {
    account.logging.present = BUCKET;
    const id = await create();
    expect(account.logging.present).toEqual({ ...BUCKET, cloudWatchConfig });

    const { answer } = await account.send('Delete', { PhysicalResourceId: id });

    expect(answer).toEqual(success(id));
    expect(account.logging.present).toEqual(BUCKET);
  });

  test('does not change the data of a bucket by an update that moves its log group', async () => {
    account.logging.present = BUCKET;
    const id = await create();
    const moved = { [LOGGING_ENV.logGroup]: '/moved' };
    const widened = { ...moved, [LOGGING_ENV.data]: 'text,image' };

    const { answer } = await account.send('Update', { PhysicalResourceId: id }, widened);
    expect(answer).toEqual({
      ...success(id),
      Status: 'FAILED',
      Reason: expect.stringMatching(
        /to the bucket archive\/logs already, .* got: image data is off, wanted on; embedding data is on, wanted off\. Give BedrockInvocationLogging the data of the bucket/,
      ) as string,
    });
    expect(account.logging.present).toEqual({ ...BUCKET, cloudWatchConfig });
    expect((await account.send('Update', { PhysicalResourceId: id }, moved)).answer).toEqual(success(id));
    expect(account.logging.present).toEqual({
      ...BUCKET,
      cloudWatchConfig: { logGroupName: '/moved', roleArn: OUR_ROLE },
    });
  });

  test('rolls back an update beside a bucket that others added, which keeps its data', async () => {
    const id = await create();
    account.logging.present = {
      ...BUCKET,
      imageDataDeliveryEnabled: true,
      cloudWatchConfig: { logGroupName: '/moved', roleArn: OUR_ROLE },
    };
    account.stackStatus = 'UPDATE_ROLLBACK_IN_PROGRESS';

    const { answer } = await account.send('Update', { PhysicalResourceId: id });

    expect(answer).toEqual(success(id));
    expect(account.logging.present).toEqual({ ...BUCKET, imageDataDeliveryEnabled: true, cloudWatchConfig });
  });

  test('keeps a place for large bodies that others added', async () => {
    const id = await create();
    account.logging.present = { ...OURS, cloudWatchConfig: { ...cloudWatchConfig, ...LARGE } };

    const { answer } = await account.send(
      'Update',
      { PhysicalResourceId: id },
      { [LOGGING_ENV.logGroup]: '/moved', [LOGGING_ENV.data]: 'text,audio' },
    );

    expect(answer).toEqual(success(id));
    expect(account.logging.present).toEqual({
      ...OURS,
      cloudWatchConfig: { logGroupName: '/moved', roleArn: OUR_ROLE, ...LARGE },
      embeddingDataDeliveryEnabled: false,
      audioDataDeliveryEnabled: true,
    });
  });

  test.each(['UPDATE_ROLLBACK_IN_PROGRESS', 'UPDATE_IN_PROGRESS'])(
    'removes its place for large bodies when the stack in %s no longer sets it',
    async status => {
      const id = await create();
      const withPlace = {
        [LOGGING_ENV.largeDataBucket]: 'large',
        [LOGGING_ENV.largeDataPrefix]: 'bodies',
      };
      await account.send('Update', { PhysicalResourceId: id }, withPlace);
      expect(account.logging.present).toEqual({
        ...OURS,
        cloudWatchConfig: { ...cloudWatchConfig, ...LARGE },
      });
      account.stackStatus = status;

      const { answer } = await account.send('Update', {
        PhysicalResourceId: id,
        OldResourceProperties: { largeDataBucket: 'large', largeDataPrefix: 'bodies' },
      });

      expect(answer).toEqual(success(id));
      expect(account.logging.present).toEqual(OURS);
    },
  );

  test('keeps a place for large bodies that others set instead of its own', async () => {
    const id = await create();
    account.logging.present = { ...OURS, cloudWatchConfig: { ...cloudWatchConfig, ...LARGE } };

    const { answer } = await account.send('Update', {
      PhysicalResourceId: id,
      OldResourceProperties: { largeDataBucket: 'large', largeDataPrefix: 'elsewhere' },
    });

    expect(answer).toEqual(success(id));
    expect(account.logging.present).toEqual({ ...OURS, cloudWatchConfig: { ...cloudWatchConfig, ...LARGE } });
  });

  test('keeps members that the SDK does not know, nested ones included', async () => {
    const unknown = {
      ...BUCKET,
      s3Config: { ...BUCKET.s3Config, kmsKeyId: 'key', formats: ['a', { b: 1 }] },
      toolDataDeliveryEnabled: true,
    };
    account.logging.present = unknown;
    const id = await create();
    expect(account.logging.present).toEqual({ ...unknown, cloudWatchConfig });

    await account.send('Delete', { PhysicalResourceId: id });

    expect(account.logging.present).toEqual(unknown);
  });

  test('treats a null member as not set', async () => {
    account.logging.present = { ...BUCKET, cloudWatchConfig: null };

    await create();

    expect(account.logging.present).toEqual({ ...BUCKET, cloudWatchConfig });
  });

  test('sets its own place for large bodies', async () => {
    await account.send(
      'Create',
      {},
      { [LOGGING_ENV.largeDataBucket]: 'large', [LOGGING_ENV.largeDataPrefix]: 'bodies' },
    );

    expect(account.logging.present).toEqual({ ...OURS, cloudWatchConfig: { ...cloudWatchConfig, ...LARGE } });
  });

  test('sends the same response to a repeated event', async () => {
    account.logging.present = BUCKET;

    const [first, second] = [await account.send('Create'), await account.send('Create')];

    expect(second.answer).toEqual(first.answer);
    expect(account.logging.requests).toEqual(['GET', 'PUT', 'GET']);
  });

  test('refuses to update the setting of others, and allows the rollback of the update', async () => {
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

  test('does not trust an event with the setting of others as its old properties', async () => {
    account.logging.present = THEIRS;
    const off = { imageData: 'false', embeddingData: 'false', videoData: 'false', audioData: 'false' };

    const { answer } = await account.send('Update', {
      PhysicalResourceId: CREATED,
      ResourceProperties: { ...off, logGroupName: '/elsewhere', roleArn: OUR_ROLE },
      OldResourceProperties: { ...off, ...THEIRS.cloudWatchConfig },
    });

    expect(answer?.Status).toBe('FAILED');
    expect(account.logging.present).toEqual(THEIRS);
  });

  test('sets the values of its environment if the properties of a creation differ', async () => {
    const { answer, stdout } = await account.send('Create', {
      ResourceProperties: { ...propertiesOf(ENVIRONMENT), logGroupName: '/theirs', imageData: 'true' },
    });

    expect(answer).toEqual(success(CREATED));
    expect(stdout).toContain('The properties of the event differ from the environment');
    expect(account.logging.present).toEqual(OURS);
  });

  test.each(['UPDATE_IN_PROGRESS', 'UPDATE_ROLLBACK_IN_PROGRESS', undefined])(
    'only warns of other properties with the stack in %s, and sets the values of its environment',
    async status => {
      account.stackStatus = status;

      const { answer, stdout } = await account.send('Update', {
        PhysicalResourceId: CREATED,
        ResourceProperties: { logGroupName: '/theirs' },
      });

      expect(answer).toEqual(success(CREATED));
      expect(stdout).toContain('The properties of the event differ from the environment');
      expect(account.logging.present).toEqual(OURS);
    },
  );

  test.each(['bucket:text+image+embedding+video+audio', 'bucket:', 'created'])(
    'does not widen or narrow the data of a bucket by the id %s of an event',
    async state => {
      account.logging.present = BUCKET;
      await create();

      await account.send('Delete', { PhysicalResourceId: `bedrock-model-invocation-logging/${state}` });

      expect(account.logging.present).toEqual(BUCKET);
    },
  );

  test.each(['CREATE_COMPLETE', 'UPDATE_COMPLETE', 'UPDATE_ROLLBACK_COMPLETE'])(
    'refuses every event while the stack is in %s',
    async status => {
      await create();
      account.stackStatus = status;
      const requests = account.logging.requests.length;

      for (const type of ['Create', 'Update', 'Delete']) {
        const { answer } = await account.send(type, { PhysicalResourceId: CREATED });
        expect(answer).toEqual(
          expect.objectContaining({
            Status: 'FAILED',
            Reason: `No operation of the stack runs (${status}), so nothing is changed. Only CloudFormation may invoke this function.`,
          }),
        );
      }

      expect(account.logging.present).toEqual(OURS);
      expect(account.logging.requests).toHaveLength(requests);
    },
  );

  test('reads the status of an idle stack again, because it can be out of date', async () => {
    const id = await create();
    account.stackStatus = 'CREATE_COMPLETE';
    account.lateStatus = { after: 2, status: 'DELETE_IN_PROGRESS' };

    const { answer } = await account.send('Delete', { PhysicalResourceId: id });

    expect(answer).toEqual(success(id));
    expect(account.logging.present).toBeUndefined();
  });

  test.each(['ROLLBACK_IN_PROGRESS', 'DELETE_IN_PROGRESS', 'UPDATE_ROLLBACK_IN_PROGRESS'])(
    'does not turn logging on by a creation that comes while the stack is in %s',
    async status => {
      account.stackStatus = status;

      const { answer } = await account.send('Create');

      expect(answer).toEqual({
        ...success(UNTOUCHED),
        Status: 'FAILED',
        Reason: `The request comes too late: the stack is in ${status}.`,
      });
      expect(account.logging.requests).toEqual([]);
    },
  );

  test.each(['ROLLBACK_IN_PROGRESS', 'DELETE_IN_PROGRESS'])(
    'does not turn logging on by an update that comes while the stack is in %s',
    async status => {
      account.stackStatus = status;

      const { answer } = await account.send('Update', { PhysicalResourceId: CREATED });

      expect(answer?.Status).toBe('FAILED');
      expect(account.logging.requests).toEqual([]);
    },
  );

  test.each([
    [undefined, undefined],
    [BUCKET, BUCKET],
  ])(
    'undoes its creation if the stack rolls back meanwhile, with the earlier setting %j',
    async (before, after) => {
      account.logging.present = before;
      account.stackStatus = 'CREATE_IN_PROGRESS';
      account.logging.refusal = method => {
        if (method === 'PUT') account.stackStatus = 'ROLLBACK_IN_PROGRESS';
        return undefined;
      };

      const { answer } = await account.send('Create');

      expect(answer).toEqual({
        ...success(UNTOUCHED),
        Status: 'FAILED',
        Reason: 'The request comes too late: the stack is in ROLLBACK_IN_PROGRESS.',
      });
      expect(account.logging.present).toEqual(after);
    },
  );

  test('allows the rollback of a creation that Bedrock denied, without another request', async () => {
    account.logging.refusal = () => new Refusal('AccessDeniedException', 'explicit deny', 403);
    const { answer } = await account.send('Create');
    expect(answer).toEqual({ ...success(UNTOUCHED), Status: 'FAILED', Reason: 'explicit deny' });
    const requests = account.logging.requests.length;

    const rolledBack = await account.send('Delete', { PhysicalResourceId: answer?.PhysicalResourceId });

    expect(rolledBack.answer).toEqual(success(UNTOUCHED));
    expect(account.logging.requests).toHaveLength(requests);
  });

  test('requests the setting again after a failed write, because it may have been written', async () => {
    account.logging.refusal = method =>
      method === 'PUT' ? new Refusal('ConflictException', 'busy', 409) : undefined;

    const { answer } = await account.send('Create');

    expect(answer).toEqual(expect.objectContaining({ Status: 'FAILED', PhysicalResourceId: FAILED }));
  });

  test.each([
    ['AccessDeniedException', 403],
    ['ThrottlingException', 429],
    ['InternalServerException', 500],
  ])('retries a deletion after %s', async (code, status) => {
    const id = await create();
    let refusals = 7;
    account.logging.refusal = () => {
      refusals -= 1;
      return refusals >= 0 ? new Refusal(code, 'not now', status) : undefined;
    };

    const { answer } = await account.send('Delete', { PhysicalResourceId: id });

    expect(answer).toEqual(success(id));
    expect(account.logging.present).toBeUndefined();
  });

  test('deletes the whole setting with a warning if Bedrock refuses the remaining setting', async () => {
    account.logging.present = BUCKET;
    const id = await create();
    account.logging.refusal = (_, setting) =>
      setting && new Refusal('ValidationException', 'Failed to validate permissions for bucket archive');

    const { answer, stdout } = await account.send('Delete', { PhysicalResourceId: id });

    expect(answer).toEqual(success(id));
    expect(account.logging.present).toBeUndefined();
    expect(stdout).toMatch(
      /Bedrock refuses the remaining setting of others.*Failed to validate permissions for bucket/,
    );
  });

  test('keeps the remaining setting if Bedrock refuses it for some seconds only', async () => {
    account.logging.present = BUCKET;
    const id = await create();
    account.unknownRole = 2;
    account.logging.refusal = (_, setting) => {
      account.unknownRole -= 1;
      return setting && account.unknownRole >= 0 ? new Refusal('ValidationException', 'no') : undefined;
    };

    await account.send('Delete', { PhysicalResourceId: id });

    expect(account.logging.present).toEqual(BUCKET);
  });

  test.each([
    ['ROLLBACK_IN_PROGRESS', 'CREATE_IN_PROGRESS'],
    ['DELETE_IN_PROGRESS', 'ROLLBACK_IN_PROGRESS'],
    ['DELETE_IN_PROGRESS', 'UPDATE_ROLLBACK_IN_PROGRESS'],
  ])('turns logging off for a nested stack in %s with its parent in %s', async (own, parent) => {
    const environment = { ...NESTED, [LOGGING_ENV.onDelete]: 'leave' };
    await account.send('Create', {}, environment);
    [account.stackStatus, account.parentStatus] = [own, parent];

    expect((await account.send('Create', {}, environment)).answer?.Status).toBe('FAILED');
    await account.send('Delete', { PhysicalResourceId: CREATED }, environment);

    expect(account.logging.present).toBeUndefined();
  });

  test.each([
    ['UPDATE_ROLLBACK_IN_PROGRESS', 'UPDATE_IN_PROGRESS'],
    ['UPDATE_IN_PROGRESS', 'UPDATE_ROLLBACK_IN_PROGRESS'],
  ])('allows the rollback of a nested stack in %s with its parent in %s', async (own, parent) => {
    account.logging.present = THEIRS;
    [account.stackStatus, account.parentStatus] = [own, parent];

    const { answer } = await account.send('Update', { PhysicalResourceId: CREATED }, NESTED);

    expect(answer).toEqual(success(CREATED));
    expect(account.logging.present).toEqual(THEIRS);
  });

  test('leaves logging on for a nested stack that an update of its parent removed', async () => {
    const environment = { ...NESTED, [LOGGING_ENV.onDelete]: 'leave' };
    await account.send('Create', {}, environment);
    [account.stackStatus, account.parentStatus] = [
      'DELETE_IN_PROGRESS',
      'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS',
    ];

    await account.send('Delete', { PhysicalResourceId: CREATED }, environment);

    expect(account.logging.present).toEqual(OURS);
  });

  test.each(['Update', 'Delete'])('refuses an %s without a physical id', async type => {
    const { answer } = await account.send(type, { PhysicalResourceId: undefined });

    expect(answer).toEqual({
      ...success(UNTOUCHED),
      Status: 'FAILED',
      Reason: 'An Update or Delete must have a PhysicalResourceId, of at most 1,024 bytes.',
    });
    expect(account.logging.requests).toEqual([]);
  });

  test('sends a response that CloudFormation accepts for any error and event', async () => {
    account.logging.refusal = () => new Refusal('ConflictException', '"\\é'.repeat(3000), 409);

    const { answer } = await account.send('Delete', {
      PhysicalResourceId: 'i'.repeat(1000),
      LogicalResourceId: 'L'.repeat(255),
    });

    expect(answer?.Reason).toMatch(/^"\\\?"/);
    expect(Buffer.byteLength(JSON.stringify(answer))).toBeLessThanOrEqual(4096);
    expect(String(answer?.Reason).length).toBeGreaterThan(1000);
  });

  test('neither responds nor reads the setting if the response would be too large', async () => {
    const { answer, thrown } = await account.send('Create', { LogicalResourceId: 'L'.repeat(100_000) });

    expect(answer).toBeUndefined();
    expect(thrown).toBe(
      'LogicalResourceId must be given, with 1 to 512 bytes each. Only CloudFormation may invoke this function.',
    );
    expect(account.logging.requests).toEqual([]);
  });

  test('shows only the start of an unknown request type', async () => {
    for (const type of ['x'.repeat(100_000), { toString: 'secret' }, null]) {
      const { answer, stdout } = await account.send(type);
      expect(answer?.Status).toBe('FAILED');
      expect(stdout.length).toBeLessThan(1000);
    }
    expect(account.logging.requests).toEqual([]);
  });

  test('aborts a call whose response stalls, and sends its own response in time', async () => {
    const bedrock = await startStalling(Infinity);
    const start = Date.now();

    const { answer, stdout } = await account.send(
      'Create',
      {},
      { AWS_ENDPOINT_URL_BEDROCK: bedrock.endpoint },
    );

    expect(answer).toEqual({
      ...success(UNTOUCHED),
      Status: 'FAILED',
      Reason: 'A service did not respond in time.',
    });
    const [, end] = /"level":"ERROR".*?"timestamp":"([^"]+)"/.exec(stdout) ?? [];
    expect(Date.parse(end) - start).toBeLessThan(150_000);
    await bedrock.close();
  });

  test('continues after a response that stalled', async () => {
    const bedrock = await startStalling(1);

    const { answer } = await account.send(
      'Delete',
      { PhysicalResourceId: CREATED },
      { AWS_ENDPOINT_URL_BEDROCK: bedrock.endpoint },
    );

    expect(answer).toEqual(success(CREATED));
    await bedrock.close();
  });

  test.each([
    ['http:', RESPONSE_ORIGIN.replace('https:', 'http:')],
    ['collector.example', 'https://collector.example'],
    ['useast1.s3.us-east-1.amazonaws.com.example', `${RESPONSE_ORIGIN}.example`],
    ['euwest1.s3.eu-west-1', RESPONSE_ORIGIN.replace('useast1', 'euwest1').replace('us-east-1', 'eu-west-1')],
    ['collector.example', `https://${new URL(RESPONSE_ORIGIN).host}@collector.example`],
    [':8443', `${RESPONSE_ORIGIN}:8443`],
  ])('neither reads nor sets nor responds if the response would go to %s', async (named, origin) => {
    const { answer, thrown, stdout } = await account.send('Create', {
      ResponseURL: `${origin}/answer?signature=secret`,
    });

    expect(answer).toBeUndefined();
    expect(thrown).toContain('ResponseURL must be an https URL on ');
    expect(thrown?.split('got: ')[1]).toContain(named);
    expect(`${thrown}${stdout}`).not.toContain('secret');
    expect(account.logging.requests).toEqual([]);
  });

  test('refuses an unknown request type', async () => {
    const { answer } = await account.send('Replace', { PhysicalResourceId: CREATED });

    expect(answer).toEqual(
      expect.objectContaining({ Status: 'FAILED', Reason: 'RequestType must be Create, Update or Delete.' }),
    );
    expect(account.logging.requests).toEqual([]);
  });

  test('retries while Bedrock does not know the role', async () => {
    account.unknownRole = 3;

    expect((await account.send('Create')).answer).toEqual(success(CREATED));
    expect(account.logging.present).toEqual(OURS);
    expect(account.logging.requests.filter(method => method === 'PUT')).toHaveLength(4);
  });

  test('fails if Bedrock does not know the role after a minute', async () => {
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

  test('responds with the error of the service if the setting cannot be read', async () => {
    await account.close();
    account = await startAccount();

    const { answer } = await account.send('Create', {}, { AWS_ENDPOINT_URL_BEDROCK: 'http://127.0.0.1:9' });

    expect(answer).toEqual(
      expect.objectContaining({ Status: 'FAILED', Reason: expect.stringMatching(/./) as string }),
    );
  });

  test('retries a response that is not accepted, and fails after three attempts', async () => {
    account.lostAnswers = 2;
    expect((await account.send('Create')).thrown).toBeUndefined();
    expect(account.answers).toHaveLength(3);

    account.lostAnswers = 3;
    expect((await account.send('Delete', { PhysicalResourceId: CREATED })).thrown).toBe(
      'CloudFormation did not accept the response: 503',
    );
  });

  test('does not show the URL of a response that could not be sent', async () => {
    const { thrown, stdout } = await account.send('Create', {}, { RESPONSE_SERVER: 'http://127.0.0.1:9' });

    expect(thrown).toMatch(/^CloudFormation did not accept the response: TypeError( E[A-Z]+)?$/);
    expect(`${thrown}${stdout}`).not.toContain('secret');
  });
});
