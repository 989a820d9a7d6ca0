import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ACCESS_CHECKS } from '../../../cli/doctor/access-checks';
import { CheckSkipped, openInspection } from '../../../cli/doctor/context';
import { Failure } from '../../../cli/failure';
import type { FoundTable } from '../../../cli/find-table';
import { type CloudWatchEmulator, startCloudWatch } from '../../../local/emulators/cloudwatch/server';
import type { Emulator } from '../../../local/emulators/emulators';
import { type LambdaFunction, type FakeLambda, startLambda } from '../../fakes/lambda/server';
import { startSts } from '../../fakes/sts/server';
import { startTraceEngine, type TraceEngine } from '../../support/trace-engine';

const NOW = new Date('2026-11-26T12:00:00.000Z');
const NAMESPACE = 'OPX/Analytics/test';
const HOUR_MS = 3_600_000;
const NO_TABLE = 'no trace table was found';
const FUNCTIONS: readonly LambdaFunction[] = [
  { name: 'writer', environment: { TOKEN_ANALYTICS_TABLE: 'Traces', TOKEN_ANALYTICS_SINK: 'emf' } },
  { name: 'other', environment: { TOKEN_ANALYTICS_TABLE: 'OtherTraces' } },
  {
    name: 'shared-writer',
    environment: { TOKEN_ANALYTICS_TABLE: 'arn:aws:dynamodb:eu-central-1:123456789012:table/Traces' },
  },
  {
    name: 'writer-elsewhere',
    environment: { TOKEN_ANALYTICS_TABLE: 'arn:aws:dynamodb:us-east-1:123456789012:table/Traces' },
  },
  { name: 'metrics-only', environment: { TOKEN_ANALYTICS_NAMESPACE: NAMESPACE } },
  { name: 'website', environment: { URL: 'https://example.org' } },
];

let engine: TraceEngine;
let sts: Emulator;
let lambda: FakeLambda;
let cloudWatch: CloudWatchEmulator;
let services: NodeJS.ProcessEnv;

beforeAll(async () => {
  [engine, sts, lambda, cloudWatch] = await Promise.all([
    startTraceEngine(),
    startSts(),
    startLambda({ functions: FUNCTIONS }),
    startCloudWatch(),
  ]);
  services = {
    AWS_REGION: 'eu-west-1',
    AWS_ENDPOINT_URL_STS: sts.endpoint,
    AWS_ENDPOINT_URL_LAMBDA: lambda.endpoint,
    AWS_ENDPOINT_URL_CLOUDWATCH: cloudWatch.endpoint,
  };
});

afterAll(async () => {
  for (const each of [engine, sts, lambda, cloudWatch]) await each.close();
});

const found = (changes: Partial<FoundTable> = {}): FoundTable => ({
  tableName: 'Traces',
  region: 'eu-central-1',
  endpoint: engine.endpoint,
  from: 'from --table',
  ...changes,
});
const findsNone = async (): Promise<FoundTable> => {
  throw new Failure(NO_TABLE);
};
const lastOf = <Item>(items: readonly Item[]): Item => items[items.length - 1];

describe('region and endpoints of the checks', () => {
  test('prefers the region of the command line to that of the environment', async () => {
    const environment = { AWS_REGION: 'eu-west-1' };

    expect(await openInspection({ region: 'us-west-2' }, findsNone, NOW, environment).region()).toBe(
      'us-west-2',
    );
    expect(await openInspection({}, findsNone, NOW, environment).region()).toBe('eu-west-1');
  });

  test('uses the region of the table if command line and environment have none', async () => {
    // The AWS SDK reads the region from these variables. The test restores them at its end.
    const { AWS_REGION, AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE } = process.env;
    delete process.env.AWS_REGION;
    Object.assign(process.env, { AWS_CONFIG_FILE: '/nowhere', AWS_SHARED_CREDENTIALS_FILE: '/nowhere' });
    try {
      expect(await openInspection({}, async () => found(), NOW, {}).region()).toBe('eu-central-1');
      await expect(openInspection({}, findsNone, NOW, {}).region()).rejects.toThrow(
        /^no AWS region: name one/,
      );
    } finally {
      process.env.AWS_REGION = AWS_REGION;
      delete process.env.AWS_CONFIG_FILE;
      delete process.env.AWS_SHARED_CREDENTIALS_FILE;
      if (AWS_CONFIG_FILE !== undefined) process.env.AWS_CONFIG_FILE = AWS_CONFIG_FILE;
      if (AWS_SHARED_CREDENTIALS_FILE !== undefined) {
        process.env.AWS_SHARED_CREDENTIALS_FILE = AWS_SHARED_CREDENTIALS_FILE;
      }
    }
  });

  test.each([
    ['identity', 'AWS_ENDPOINT_URL_STS is not'],
    ['functions', 'AWS_ENDPOINT_URL_LAMBDA is not'],
    ['sums', 'AWS_ENDPOINT_URL_CLOUDWATCH is not'],
  ] as const)(
    'skips the check of %s if only --endpoint is given, without an endpoint for its service',
    async (what, reason) => {
      const looking = openInspection({ endpoint: engine.endpoint }, async () => found(), NOW, {
        AWS_REGION: 'x-1',
      });
      const looked = what === 'sums' ? looking.sums([], 1) : looking[what]();

      await expect(looked).rejects.toThrow(new CheckSkipped(`--endpoint is set, and ${reason}`));
      await expect(looked).rejects.toBeInstanceOf(CheckSkipped);
    },
  );

  test('uses AWS_ENDPOINT_URL for each service without a variable of its own', async () => {
    const environment = { AWS_REGION: 'eu-west-1', AWS_ENDPOINT_URL: sts.endpoint };
    const looking = openInspection({ endpoint: engine.endpoint }, findsNone, NOW, environment);

    expect((await looking.identity()).account).toBe('123456789012');
    // `AWS_ENDPOINT_URL` also applies to Lambda, so the check is not skipped. The request fails, because the
    // endpoint is only a fake of STS.
    await expect(looking.functions()).rejects.not.toBeInstanceOf(CheckSkipped);
    expect(
      (
        await openInspection({}, findsNone, NOW, {
          ...environment,
          ...services,
          AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
        }).identity()
      ).account,
    ).toBe('123456789012');
  });
});

describe('data that the checks read', () => {
  test('reads the caller identity once, in the region of the checks', async () => {
    const before = sts.requests.length;
    const looking = openInspection({ region: 'us-west-2' }, findsNone, NOW, services);
    const [first, second] = await Promise.all([looking.identity(), looking.identity()]);

    expect(first).toBe(second);
    expect(first.arn).toBe('arn:aws:sts::123456789012:assumed-role/Operator/session');
    expect(sts.requests.slice(before)).toEqual([
      expect.objectContaining({ operation: 'GetCallerIdentity', region: 'us-west-2' }),
    ]);
  });

  test('finds the table once for all checks', async () => {
    const findTable = jest.fn(async () => found());
    const looking = openInspection({}, findTable, NOW, services);
    await Promise.all([looking.table(), looking.namespace(), looking.description(), looking.functions()]);
    looking.close();

    expect(findTable).toHaveBeenCalledTimes(1);
  });

  test('searches for a missing table only once', async () => {
    const findTable = jest.fn(findsNone);
    const looking = openInspection({}, findTable, NOW, services);

    await expect(looking.table()).rejects.toThrow(NO_TABLE);
    await expect(looking.description()).rejects.toThrow(NO_TABLE);
    await expect(looking.recent()).rejects.toThrow(NO_TABLE);
    expect(findTable).toHaveBeenCalledTimes(1);
  });

  test('lists functions that use the table or no table, in the region of the table', async () => {
    const { functions, unreadable } = await openInspection(
      {},
      async () => found(),
      NOW,
      services,
    ).functions();

    expect(functions.map(({ name }) => name)).toEqual(['metrics-only', 'shared-writer', 'writer']);
    expect(functions[2]).toEqual(
      expect.objectContaining({ logGroup: '/aws/lambda/writer', tableName: 'Traces', sink: 'emf' }),
    );
    expect(unreadable).toBe(0);
    expect(lastOf(lambda.requests).region).toBe('eu-central-1');
  });

  test('lists all instrumented functions in the region of the environment without a table', async () => {
    const { functions } = await openInspection({}, findsNone, NOW, services).functions();

    expect(functions.map(({ name }) => name)).toEqual([
      'metrics-only',
      'other',
      'shared-writer',
      'writer',
      'writer-elsewhere',
    ]);
    expect(lastOf(lambda.requests).region).toBe('eu-west-1');
  });

  test('sums metrics over the last hours, in the order of the request', async () => {
    const put = (name: string, hoursAgo: number, value: number, dimensions = {}) =>
      cloudWatch.store.putDatum({
        namespace: NAMESPACE,
        name,
        dimensions,
        timestamp: new Date(NOW.getTime() - hoursAgo * HOUR_MS),
        values: [value],
      });
    put('Calls', 1, 10);
    put('Calls', 23, 5);
    put('Calls', 25, 100);
    put('Spills', 2, 3);
    put('Spills', 2, 50, { AgentId: 'triage' });
    const asked = ['Spills', 'Nothing', 'Calls'].map(name => ({ namespace: NAMESPACE, name }));

    expect(await openInspection({}, async () => found(), NOW, services).sums(asked, 24)).toEqual([3, 0, 15]);
    expect(
      await openInspection({}, findsNone, NOW, services).sums(
        [{ namespace: NAMESPACE, name: 'Spills', dimensions: { AgentId: 'triage' } }],
        24,
      ),
    ).toEqual([50]);
  });

  test('describes the table in the region where it was found', async () => {
    const looking = openInspection({}, async () => found(), NOW, services);
    const before = engine.operations.length;

    expect((await looking.description()).TableName).toBe('Traces');
    expect((await looking.description()).TableName).toBe('Traces');
    looking.close();

    expect(engine.operations.slice(before)).toEqual(['DescribeTable']);
  });

  test('reads the last traces of today and yesterday in UTC', async () => {
    await engine.put([
      { at: '2026-11-26T00:00:00.000Z', agentId: 'today' },
      { at: '2026-11-25T00:00:00.000Z', agentId: 'yesterday', model: 'amazon.nova-lite-v1:0' },
      { at: '2026-11-24T23:59:59.999Z', agentId: 'before' },
    ]);
    const looking = openInspection({}, async () => found(), NOW, services);
    const traces = await looking.recent();
    looking.close();

    expect(traces.map(({ timestamp, model }) => [timestamp.toISOString(), model])).toEqual([
      ['2026-11-26T00:00:00.000Z', 'amazon.nova-micro-v1:0'],
      ['2026-11-25T00:00:00.000Z', 'amazon.nova-lite-v1:0'],
    ]);
  });
});

test.each([
  [{ namespace: 'Of/Line' }, 'Of/Table', 'Of/Environment', 'Of/Line'],
  [{}, 'Of/Table', 'Of/Environment', 'Of/Table'],
  [{}, undefined, 'Of/Environment', 'Of/Environment'],
  [{}, undefined, '', 'OPX/Analytics'],
  [{}, undefined, undefined, 'OPX/Analytics'],
])(
  'with %j, a table of %s and an environment of %s, uses the namespace %s',
  async (place, ofTable, ofEnvironment, namespace) => {
    const environment = { TOKEN_ANALYTICS_NAMESPACE: ofEnvironment };

    expect(
      await openInspection(place, async () => found({ namespace: ofTable }), NOW, environment).namespace(),
    ).toBe(namespace);
  },
);

test('uses the namespace of the environment if there is no table', async () => {
  const environment = { TOKEN_ANALYTICS_NAMESPACE: 'Of/Environment' };

  expect(await openInspection({}, findsNone, NOW, environment).namespace()).toBe('Of/Environment');
});

describe('texts of errors', () => {
  test('names the table and its region in the text of an error', async () => {
    const looking = openInspection({}, async () => found({ tableName: 'Missing' }), NOW, services);
    const error: unknown = await looking.description().catch((thrown: unknown) => thrown);
    looking.close();

    expect(looking.explain(error)).toMatch(
      /^the table Missing in eu-central-1, or an index of it, does not exist \(.+\): check --table/,
    );
  });

  test('explains a denied request, and still reads the rest', async () => {
    engine.refuses = operation => operation === 'DescribeTable';
    const looking = openInspection({}, async () => found(), NOW, services);
    const error: unknown = await looking.description().catch((thrown: unknown) => thrown);
    engine.refuses = () => false;

    expect(looking.explain(error)).toBe(
      'AWS denies access (refused): allow the action for this identity, or name another --profile',
    );
    await expect(looking.recent()).resolves.toEqual(expect.any(Array));
    looking.close();
  });

  test('shows the message of a failure and of an unknown error unchanged', () => {
    const looking = openInspection({}, findsNone, NOW, services);

    expect(looking.explain(new Failure(NO_TABLE))).toBe(NO_TABLE);
    expect(looking.explain(new Error('it broke'))).toBe('it broke');
  });
});

test('closes the client of the table if one was opened', async () => {
  const destroyed = jest.spyOn(DynamoDBClient.prototype, 'destroy');
  const looking = openInspection({}, async () => found(), NOW, services);
  looking.close();
  expect(destroyed).toHaveBeenCalledTimes(0);

  await looking.description();
  looking.close();
  expect(destroyed).toHaveBeenCalledTimes(1);
  destroyed.mockRestore();
});

test('names a fix in the region check if no region is known', async () => {
  const inspection = {
    ...openInspection({}, findsNone, NOW, {}),
    region: async (): Promise<string> => {
      throw new Failure('no AWS region');
    },
  };

  const finding = await ACCESS_CHECKS.find(({ id }) => id === 'region')?.inspect(inspection);

  expect(finding).toEqual({
    status: 'fail',
    detail: 'no AWS region',
    fix: 'Name a region with --region, or set AWS_REGION.',
  });
});
