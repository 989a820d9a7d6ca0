import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { failureText } from '../../cli/failure';
import { findTable, findRegion } from '../../cli/find-table';
import { type Stack, startCloudFormation } from '../fakes/cloudformation/server';

// The tests in this file call `findTable` directly. The tests in find-table.test.ts check the output of the
// command.
const DEV: Stack = {
  name: 'Dev',
  outputs: {
    TokenAnalyticsTraceTableDevAnalytics1A2B3C4D: 'DevTraces',
    TokenAnalyticsNamespaceDevAnalytics1A2B3C4D: 'OPX/Analytics/dev',
  },
};
const PROD: Stack = {
  name: 'Prod',
  outputs: { TokenAnalyticsTraceTable: 'ProdTraces', TokenAnalyticsNamespace: 'OPX/Analytics' },
};
const UNNAMED: Stack = { name: 'Alone', outputs: { TokenAnalyticsTraceTable: 'AloneTraces' } };
const OTHER: Stack = { name: 'Website', outputs: { Url: 'https://example.org' } };
const ARN = 'arn:aws:dynamodb:eu-central-1:123456789012:table/Traces';
const REGION = { AWS_REGION: 'eu-west-1' };

const environment = { ...process.env };
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'token-analytics-profiles-'));
  writeFileSync(path.join(folder, 'config'), '[profile work]\nregion = eu-north-1\n[profile bare]\n');
});

beforeEach(() => {
  // Path of the AWS config file, from which the SDK reads the region of a profile.
  process.env.AWS_CONFIG_FILE = path.join(folder, 'config');
  process.env.AWS_SHARED_CREDENTIALS_FILE = path.join(folder, 'credentials');
  delete process.env.AWS_REGION;
});

afterEach(() => {
  process.env = { ...environment };
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/**
 * Calls `findTable` in an account with the given stacks. In the result, `asked` contains the regions that
 * received requests.
 */
async function findIn(
  stacks: readonly Stack[],
  options: Parameters<typeof findTable>[0] = {},
  env: NodeJS.ProcessEnv = {},
  refuses?: () => string,
) {
  const cloudFormation = await startCloudFormation({ stacks, pageSize: 1, refuses });
  const endpoint = cloudFormation.endpoint;
  try {
    const found = await findTable(options, { ...REGION, AWS_ENDPOINT_URL_CLOUDFORMATION: endpoint, ...env });
    return { ...found, asked: [...new Set(cloudFormation.requests.map(({ region }) => region))] };
  } finally {
    await cloudFormation.close();
  }
}

async function failureOf(finding: Promise<unknown>): Promise<[string, string]> {
  return finding.then(
    found => {
      throw new Error(`none was expected, found: ${JSON.stringify(found)}`);
    },
    (error: unknown) => [(error as Error).constructor.name, failureText(error)],
  );
}

describe('a table named by the user', () => {
  test('prefers the table of --table to that of the environment', async () => {
    expect(await findTable({ table: 'Traces' }, { ...REGION, TOKEN_ANALYTICS_TABLE: 'Others' })).toEqual({
      tableName: 'Traces',
      region: 'eu-west-1',
      from: 'from --table',
    });
  });

  test('uses table and namespace of the environment, and the endpoint of the command line', async () => {
    const env = { ...REGION, TOKEN_ANALYTICS_TABLE: 'Traces', TOKEN_ANALYTICS_NAMESPACE: 'OPX/Analytics' };

    expect(await findTable({ endpoint: 'http://127.0.0.1:1' }, env)).toEqual({
      tableName: 'Traces',
      region: 'eu-west-1',
      endpoint: 'http://127.0.0.1:1',
      namespace: 'OPX/Analytics',
      from: 'from TOKEN_ANALYTICS_TABLE',
    });
    expect(await findTable({ namespace: 'OPX/Other' }, env)).toEqual(
      expect.objectContaining({ namespace: 'OPX/Other' }),
    );
  });

  test.each([
    [ARN, 'eu-central-1'],
    ['arn:aws-cn:dynamodb:cn-north-1:123456789012:table/Traces', 'cn-north-1'],
    ['arn:aws-us-gov:dynamodb:us-gov-west-1:123456789012:table/Traces', 'us-gov-west-1'],
  ])('takes the region of the table from the ARN %s', async (table, region) => {
    expect(await findTable({ table }, REGION)).toEqual({ tableName: 'Traces', region, from: 'from --table' });
    expect(await findTable({}, { TOKEN_ANALYTICS_TABLE: table })).toEqual({
      tableName: 'Traces',
      region,
      from: 'from TOKEN_ANALYTICS_TABLE',
    });
  });

  test('refuses a --region that is not the region of the ARN', async () => {
    expect(await findTable({ table: ARN, region: 'eu-central-1' }, {})).toEqual(
      expect.objectContaining({ region: 'eu-central-1' }),
    );
    expect(await failureOf(findTable({ table: ARN, region: 'us-east-1' }, {}))).toEqual([
      'UsageError',
      "--region must be the region of the table's ARN, eu-central-1, got: us-east-1. Omit --region",
    ]);
  });

  test.each(['ab', 'my table', '', 'x'.repeat(256), `${ARN}/index/IncidentIndex`, 'arn:aws:s3:::bucket'])(
    'refuses %j, which is neither a name nor an ARN of a table',
    async table => {
      expect(await failureOf(findTable({ table }, REGION))).toEqual([
        'UsageError',
        `the table from --table must be the name or the ARN of a DynamoDB table, got: ${table}`,
      ]);
    },
  );

  test('names the environment variable that contains an invalid table name', async () => {
    expect(await failureOf(findTable({}, { ...REGION, TOKEN_ANALYTICS_TABLE: 'a b' }))).toEqual([
      'UsageError',
      'the table from TOKEN_ANALYTICS_TABLE must be the name or the ARN of a DynamoDB table, got: a b',
    ]);
  });
});

describe('a table in the outputs of stacks', () => {
  test('finds the only stack with a table on any page, in the region of the command line', async () => {
    expect(await findIn([OTHER, { name: 'Empty' }, PROD], { region: 'ap-south-1' })).toEqual({
      tableName: 'ProdTraces',
      region: 'ap-south-1',
      namespace: 'OPX/Analytics',
      from: 'from the outputs of the stack Prod',
      asked: ['ap-south-1'],
    });
  });

  test('uses the namespace of the environment if the stack has none', async () => {
    const env = { TOKEN_ANALYTICS_NAMESPACE: 'OPX/Mine' };

    expect(await findIn([UNNAMED], {}, env)).toEqual(expect.objectContaining({ namespace: 'OPX/Mine' }));
    expect(await findIn([PROD], {}, env)).toEqual(expect.objectContaining({ namespace: 'OPX/Analytics' }));
  });

  test('reads stacks at --endpoint if the environment has no endpoint for CloudFormation', async () => {
    const cloudFormation = await startCloudFormation({ stacks: [PROD] });
    const { endpoint } = cloudFormation;
    const found = await findTable({ endpoint }, REGION).finally(async () => cloudFormation.close());

    expect(found).toEqual(expect.objectContaining({ tableName: 'ProdTraces', endpoint }));
  });

  test('chooses a table by --namespace or --stack, which take precedence over the environment', async () => {
    const found = await Promise.all([
      findIn([DEV, PROD], { namespace: 'OPX/Analytics/dev' }),
      findIn([DEV, PROD], { stack: 'Prod' }, { TOKEN_ANALYTICS_TABLE: 'Others' }),
    ]);

    expect(found.map(({ tableName }) => tableName)).toEqual(['DevTraces', 'ProdTraces']);
  });

  test('ignores the table of a deleted stack', async () => {
    const deleted = { ...PROD, status: 'DELETE_COMPLETE' };

    expect(await findIn([deleted, DEV])).toEqual(expect.objectContaining({ tableName: 'DevTraces' }));
    expect(await failureOf(findIn([deleted], { stack: 'Prod' }))).toEqual([
      'Failure',
      'the stack Prod in eu-west-1 has no trace table in its outputs: name the table with --table',
    ]);
  });

  test('reports the searched region and a fix if there is no table', async () => {
    expect(await failureOf(findIn([OTHER]))).toEqual([
      'Failure',
      'no stack in eu-west-1 has a trace table in its outputs: name the table with --table, set ' +
        'TOKEN_ANALYTICS_TABLE, or check --region and --profile',
    ]);
    expect(await failureOf(findIn([OTHER, PROD], { stack: 'Website' }))).toEqual([
      'Failure',
      'the stack Website in eu-west-1 has no trace table in its outputs: name the table with --table',
    ]);
  });

  test('lists several tables in order, with namespace and stack, without control characters', async () => {
    const odd = { name: 'Zed', outputs: { TokenAnalyticsTraceTable: 'Zed\u202eTraces' } };

    expect(await failureOf(findIn([odd, UNNAMED, PROD]))).toEqual([
      'UsageError',
      'eu-west-1 has several trace tables. Choose one with --table, --stack or --namespace: ' +
        'AloneTraces (no namespace, stack Alone), ProdTraces (OPX/Analytics, stack Prod), ' +
        'Zed?Traces (no namespace, stack Zed)',
    ]);
  });

  test('lists tables without control characters in the message itself', async () => {
    const odd = (name: string) => ({ name, outputs: { TokenAnalyticsTraceTable: `${name}\u001b[31m` } });

    await expect(findIn([odd('A1'), odd('B1')])).rejects.toThrow(
      /: A1\?\[31m \(no namespace, stack A1\), B1\?\[31m \(no namespace, stack B1\)$/,
    );
  });

  test('lists only the tables of --namespace if several have it, and all tables if none has it', async () => {
    const twin = { ...PROD, name: 'Twin' };

    expect(await failureOf(findIn([DEV, PROD, twin], { namespace: 'OPX/Analytics' }))).toEqual([
      'UsageError',
      'eu-west-1 has several trace tables. Choose one with --table, --stack or --namespace: ' +
        'ProdTraces (OPX/Analytics, stack Prod), ProdTraces (OPX/Analytics, stack Twin)',
    ]);
    expect(await failureOf(findIn([DEV, PROD], { namespace: 'OPX/Nowhere' }))).toEqual([
      'UsageError',
      '--namespace must be the namespace of a trace table, got: OPX/Nowhere. The tables are ' +
        'DevTraces (OPX/Analytics/dev, stack Dev), ProdTraces (OPX/Analytics, stack Prod)',
    ]);
  });

  test('reports that AWS denies reading stacks', async () => {
    expect(await failureOf(findIn([PROD], {}, {}, () => 'AccessDenied'))).toEqual([
      expect.any(String),
      'AWS denies access (DescribeStacks was refused): allow the action for this identity, or name ' +
        'another --profile',
    ]);
  });
});

describe('the region of the command', () => {
  test.each([
    [{ region: 'us-west-2', profile: 'work' }, { AWS_REGION: 'eu-west-1' }, 'us-west-2'],
    [{ profile: 'work' }, { AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-2' }, 'eu-west-1'],
    [{ profile: 'work' }, { AWS_REGION: '', AWS_DEFAULT_REGION: 'eu-west-2' }, 'eu-west-2'],
    [{ profile: 'work' }, {}, 'eu-north-1'],
    [{ profile: 'work', endpoint: 'http://127.0.0.1:1' }, {}, 'eu-north-1'],
    [{ profile: 'bare', endpoint: 'http://127.0.0.1:1' }, {}, 'us-east-1'],
    [{ endpoint: 'http://127.0.0.1:1' }, { AWS_REGION: '' }, 'us-east-1'],
  ])('with the options %j and the environment %j, uses the region %s', async (options, env, region) => {
    expect(await findRegion(options, env)).toBe(region);
  });

  test('asks for a region if none is known', async () => {
    const sentence =
      'no AWS region: name one with --region, set AWS_REGION, or name a --profile that has one';

    expect(await failureOf(findRegion({}, {}))).toEqual(['UsageError', sentence]);
    expect(await failureOf(findRegion({ profile: 'bare' }, {}))).toEqual(['UsageError', sentence]);
    expect(await failureOf(findTable({ table: 'Traces' }, {}))).toEqual(['UsageError', sentence]);
    expect(await failureOf(findTable({}, {}))).toEqual(['UsageError', sentence]);
  });
});

test.each([{ TOKEN_ANALYTICS_NAMESPACE: '' }, {}])(
  'treats an empty namespace in the environment as no namespace: %j',
  async env => {
    const found = await findTable({ table: 'Traces' }, { ...REGION, ...env });

    expect(found.namespace).toBeUndefined();
  },
);

test('a stack output with the ARN of a table names the table and its region', async () => {
  const shared: Stack = { name: 'Shared', outputs: { TokenAnalyticsTraceTable: ARN } };

  expect(await findIn([shared])).toMatchObject({
    tableName: 'Traces',
    region: 'eu-central-1',
    asked: ['eu-west-1'],
  });
});
