import { setLogging } from '../../../lambda/invocation-logging/logging-setting';
import { listenOnLoopback, type LoopbackServer, readBody, send } from '../../../local/emulators/http-server';
import { runHandler } from '../../support/handler-process';

type Members = Readonly<Record<string, unknown>>;

const WANTED = {
  logGroupName: '/ours',
  roleArn: 'arn:aws:iam::123456789012:role/Logs',
  imageData: 'false',
  embeddingData: 'true',
  videoData: 'false',
  audioData: 'false',
};
const OURS = {
  cloudWatchConfig: { logGroupName: '/ours', roleArn: WANTED.roleArn },
  textDataDeliveryEnabled: true,
  imageDataDeliveryEnabled: false,
  embeddingDataDeliveryEnabled: true,
  videoDataDeliveryEnabled: false,
  audioDataDeliveryEnabled: false,
};

describe("the built handler of the account's logging", () => {
  let bedrock: LoopbackServer;
  let cloudFormation: LoopbackServer;
  let present: Members | undefined;
  let refusals: number;
  const requests: string[] = [];
  const answers: { readonly headers: Members; readonly body: Members }[] = [];

  beforeEach(async () => {
    [present, refusals] = [undefined, 0];
    requests.length = 0;
    answers.length = 0;
    bedrock = await listenOnLoopback(async (request, response) => {
      requests.push(`${request.method} ${request.url}`);
      const headers = { 'content-type': 'application/json' };
      if (request.method === 'PUT' && refusals > 0) {
        refusals -= 1;
        send(
          response,
          400,
          { ...headers, 'x-amzn-errortype': 'ValidationException' },
          JSON.stringify({ message: 'Failed to validate permissions for log group' }),
        );
        return;
      }
      if (request.method === 'PUT') {
        present = (JSON.parse((await readBody(request)).toString()) as { loggingConfig: Members })
          .loggingConfig;
      }
      send(
        response,
        200,
        headers,
        JSON.stringify(request.method === 'GET' ? { loggingConfig: present } : {}),
      );
    });
    cloudFormation = await listenOnLoopback(async (request, response) => {
      answers.push({
        headers: request.headers as Members,
        body: JSON.parse((await readBody(request)).toString()) as Members,
      });
      send(response, 200, {}, '');
    });
  });
  afterEach(() => Promise.all([bedrock.close(), cloudFormation.close()]));

  async function ask(RequestType: string, more: Members = {}) {
    const event = {
      RequestType,
      ResponseURL: `${cloudFormation.endpoint}/answer?signature=x`,
      StackId: 'stack',
      RequestId: 'request',
      LogicalResourceId: 'Logging',
      ResourceProperties: { ServiceToken: 'x', ...WANTED },
      ...more,
    };
    const { outcomes } = await runHandler('invocation-logging', [event], {
      env: { AWS_ENDPOINT_URL_BEDROCK: bedrock.endpoint },
    });
    return { outcomes, answer: answers.at(-1)?.body };
  }

  test('sets it where none is set, with text and without what is not wanted', async () => {
    const { outcomes, answer } = await ask('Create');

    expect([outcomes, answer]).toEqual([
      [{}],
      {
        Status: 'SUCCESS',
        PhysicalResourceId: 'bedrock-model-invocation-logging',
        StackId: 'stack',
        RequestId: 'request',
        LogicalResourceId: 'Logging',
      },
    ]);
    expect(present).toEqual(OURS);
    expect(requests).toEqual(['GET /logging/modelinvocations', 'PUT /logging/modelinvocations']);
    expect(answers[0].headers['content-type'] ?? '').toBe('');
  });

  test.each<[string, Members, string]>([
    [
      'another log group',
      { cloudWatchConfig: { logGroupName: '/theirs', roleArn: 'r' } },
      'log group /theirs',
    ],
    ['a bucket', { s3Config: { bucketName: 'theirs' } }, 'bucket theirs'],
  ])('refuses where %s is set, names it and leaves it', async (_, theirs, name) => {
    present = theirs;

    const { answer } = await ask('Create');

    expect(answer).toEqual(
      expect.objectContaining({
        Status: 'FAILED',
        Reason: expect.stringContaining(`to the ${name} already, and the setting is left as it is`) as string,
      }),
    );
    expect(present).toEqual(theirs);
    expect(requests).toEqual(['GET /logging/modelinvocations']);
  });

  test('is done again without harm, and keeps a bucket that was added', async () => {
    present = { ...OURS, s3Config: { bucketName: 'added' } };

    expect((await ask('Create')).answer?.Status).toBe('SUCCESS');
    expect(present).toEqual({ ...OURS, s3Config: { bucketName: 'added' } });
  });

  test('moves to another log group of the stack, and not from one that somebody else has set since', async () => {
    present = { cloudWatchConfig: { logGroupName: '/before', roleArn: 'r' } };
    const moved = await ask('Update', { OldResourceProperties: { ...WANTED, logGroupName: '/before' } });
    expect([moved.answer?.Status, present]).toEqual(['SUCCESS', OURS]);

    present = { cloudWatchConfig: { logGroupName: '/theirs', roleArn: 'r' } };
    const refused = await ask('Update', { OldResourceProperties: { ...WANTED, logGroupName: '/before' } });
    expect(refused.answer?.Status).toBe('FAILED');
  });

  test('leaves it on delete, and asks nothing', async () => {
    present = OURS;

    expect(
      (await ask('Delete', { PhysicalResourceId: 'bedrock-model-invocation-logging' })).answer?.Status,
    ).toBe('SUCCESS');
    expect([present, requests]).toEqual([OURS, []]);
  });

  test('waits for a role that Bedrock does not know yet', async () => {
    refusals = 3;

    const { answer } = await ask('Create');

    expect(answer?.Status).toBe('SUCCESS');
    expect(present).toEqual(OURS);
    expect(requests.filter(request => request.startsWith('PUT'))).toHaveLength(4);
  });

  test('gives a role up that Bedrock does not know after a minute, and says what the service said', async () => {
    refusals = Infinity;

    const { answer } = await ask('Create');

    expect(answer).toEqual(
      expect.objectContaining({
        Status: 'FAILED',
        Reason: 'Failed to validate permissions for log group',
      }),
    );
    expect(requests.filter(request => request.startsWith('PUT'))).toHaveLength(12);
  });

  test('says what the service said where it cannot be set', async () => {
    await bedrock.close();

    expect((await ask('Create')).answer).toEqual(
      expect.objectContaining({ Status: 'FAILED', Reason: expect.stringMatching(/./) as string }),
    );
  });
});

describe('a role that is new', () => {
  const refusing = (refusals: number) => {
    let written = 0;
    return {
      setting: {
        read: () => Promise.resolve(undefined),
        write: () => {
          written += 1;
          return written <= refusals
            ? Promise.reject(Object.assign(new Error('not yet'), { name: 'ValidationException' }))
            : Promise.resolve();
        },
      },
      tries: () => written,
    };
  };

  test('is waited for', async () => {
    const { setting, tries } = refusing(3);

    await setLogging(setting, WANTED, undefined, 0);

    expect(tries()).toBe(4);
  });

  test('is not waited for without end', async () => {
    const { setting, tries } = refusing(1000);

    await expect(setLogging(setting, WANTED, undefined, 0)).rejects.toThrow('not yet');
    expect(tries()).toBe(12);
  });
});
