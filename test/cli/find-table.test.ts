import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { NOW, runAt, startCommandTable, TABLE, type CommandTable } from './support';
import { startCloudFormation } from '../fakes/cloudformation/server';
import { TokenAnalytics } from 'cdk-token-analytics';

const DEV = {
  name: 'Dev',
  outputs: {
    TokenAnalyticsTraceTableDevAnalytics1A2B3C4D: 'DevTraces',
    TokenAnalyticsNamespaceDevAnalytics1A2B3C4D: 'OPX/Analytics/dev',
    SomethingElse: 'x',
  },
};
const PROD = {
  name: 'Prod',
  outputs: { TokenAnalyticsTraceTable: TABLE, TokenAnalyticsNamespace: 'OPX/Analytics' },
};
const OTHER = { name: 'Website', outputs: { Url: 'https://example.org' } };

let table: CommandTable;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'token-analytics-profiles-'));
  table = await startCommandTable();
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await table.close();
});

async function withStacks<Result>(
  stacks: Parameters<typeof startCloudFormation>[0]['stacks'],
  act: (env: NodeJS.ProcessEnv) => Promise<Result>,
): Promise<Result> {
  const cloudFormation = await startCloudFormation({ stacks, pageSize: 1 });
  try {
    return await act({ AWS_ENDPOINT_URL_CLOUDFORMATION: cloudFormation.endpoint });
  } finally {
    await cloudFormation.close();
  }
}

const find = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  runAt(NOW, ['daily', '--endpoint', table.endpoint, ...args], env);

test('distinguishes two tables in one stack by their namespaces', async () => {
  const stack = new Stack(new App(), 'Both');
  for (const [id, namespace, tableName] of [
    ['Dev', 'OPX/Analytics/dev', 'DevTraces'],
    ['Prod', 'OPX/Analytics', TABLE],
  ]) {
    new TokenAnalytics(stack, id, {
      dailyBudget: 1,
      namespace,
      dashboard: false,
      traceTableOptions: { tableName },
    });
  }
  const template = Template.fromStack(stack);
  const names = Object.fromEntries(
    Object.entries(template.findResources('AWS::DynamoDB::GlobalTable')).map(([id, { Properties }]) => [
      id,
      (Properties as { TableName: string }).TableName,
    ]),
  );
  const outputs = Object.fromEntries(
    Object.entries(template.toJSON().Outputs as Record<string, { Value: string | { Ref: string } }>).map(
      ([key, { Value }]) => [key, typeof Value === 'string' ? Value : names[Value.Ref]],
    ),
  );

  await withStacks([{ name: 'Both', outputs }], async env => {
    const [dev, prod, unclear] = await Promise.all([
      find(['--namespace', 'OPX/Analytics/dev'], env),
      find(['--namespace', 'OPX/Analytics'], env),
      find([], env),
    ]);

    expect(dev.stderr).toContain('Table DevTraces in us-east-1 (from the outputs of the stack Both)');
    expect(prod.stderr).toContain('Table TokenTraces in us-east-1 (from the outputs of the stack Both)');
    expect([unclear.code, unclear.stderr]).toEqual([
      2,
      expect.stringContaining(
        'DevTraces (OPX/Analytics/dev, stack Both), TokenTraces (OPX/Analytics, stack Both)',
      ),
    ]);
  });
});

test('prefers --table to the environment, and the environment to stacks', async () => {
  await withStacks([DEV], async env => {
    const [flag, variable, stack] = await Promise.all([
      find(['--table', TABLE], { ...env, TOKEN_ANALYTICS_TABLE: 'Environments' }),
      find([], { ...env, TOKEN_ANALYTICS_TABLE: TABLE }),
      find([], env),
    ]);

    expect(flag.stderr).toBe('Table TokenTraces in us-east-1 (from --table)\n');
    expect(variable.stderr).toBe('Table TokenTraces in us-east-1 (from TOKEN_ANALYTICS_TABLE)\n');
    expect(stack.stderr).toContain('Table DevTraces in us-east-1 (from the outputs of the stack Dev)\n');
  });
});

test('takes the region from the ARN of a table, and refuses another --region', async () => {
  const arn = `arn:aws:dynamodb:eu-central-1:123456789012:table/${TABLE}`;
  const [found, contradicted] = await Promise.all([
    find(['--table', arn]),
    find(['--table', arn, '--region', 'us-east-1']),
  ]);

  expect([found.code, found.stderr]).toEqual([0, 'Table TokenTraces in eu-central-1 (from --table)\n']);
  expect(contradicted.code).toBe(2);
  expect(contradicted.stderr).toContain(
    "--region must be the region of the table's ARN, eu-central-1, got: us-east-1. Omit --region",
  );
});

test('finds the only stack with a table on all pages of stacks', async () => {
  const { code, stdout, stderr } = await withStacks([OTHER, { name: 'Third', outputs: {} }, PROD], env =>
    find([], env),
  );

  expect(code).toBe(0);
  expect(stdout).toContain('$4.00');
  expect(stderr).toBe('Table TokenTraces in us-east-1 (from the outputs of the stack Prod)\n');
});

test('chooses one of several tables by --namespace or --stack', async () => {
  await withStacks([DEV, PROD], async env => {
    const [unsaid, namespace, stack, wrong] = await Promise.all([
      find([], env),
      find(['--namespace', 'OPX/Analytics'], env),
      find(['--stack', 'Prod'], { ...env, TOKEN_ANALYTICS_TABLE: 'Environments' }),
      find(['--namespace', 'OPX/Nowhere'], env),
    ]);

    expect(unsaid.code).toBe(2);
    expect(unsaid.stderr).toContain(
      'us-east-1 has several trace tables. Choose one with --table, --stack or --namespace: ' +
        'DevTraces (OPX/Analytics/dev, stack Dev), TokenTraces (OPX/Analytics, stack Prod)',
    );
    expect(namespace.stderr).toContain('(from the outputs of the stack Prod)');
    expect(stack.stderr).toContain('(from the outputs of the stack Prod)');
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain(
      '--namespace must be the namespace of a trace table, got: OPX/Nowhere. The tables are DevTraces',
    );
  });
});

test('fails with a fix if the table or the stack does not exist', async () => {
  await withStacks([OTHER], async env => {
    const [none, empty, unknown] = await Promise.all([
      find([], env),
      find(['--stack', 'Website'], env),
      find(['--stack', 'Webiste'], env),
    ]);

    expect(none.code).toBe(1);
    expect(none.stderr).toContain(
      'no stack in us-east-1 has a trace table in its outputs: name the table with --table, set ' +
        'TOKEN_ANALYTICS_TABLE, or check --region and --profile',
    );
    expect(empty.stderr).toContain(
      'the stack Website in us-east-1 has no trace table in its outputs: name the table with --table',
    );
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toContain(
      'Stack with id Webiste does not exist: check --stack, --region and --profile',
    );
  });
});

test('uses the keys of a profile, and its region if the environment has none', async () => {
  const config = path.join(folder, 'config');
  writeFileSync(
    config,
    '[profile work]\nregion = eu-west-1\naws_access_key_id = work\naws_secret_access_key = work\n',
  );
  const { code, stderr } = await find(['--table', TABLE, '--profile', 'work'], {
    AWS_CONFIG_FILE: config,
    AWS_REGION: '',
  });

  expect([code, stderr]).toEqual([0, 'Table TokenTraces in eu-west-1 (from --table)\n']);
});

test('needs no region for an emulator', async () => {
  const { code, stderr } = await find(['--table', TABLE], { AWS_REGION: '' });

  expect([code, stderr]).toEqual([0, 'Table TokenTraces in us-east-1 (from --table)\n']);
});
