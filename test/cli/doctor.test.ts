import { type Over, runCommand, runInTurn } from './command-process';
import { type Front, type FrontRequest, startFront } from './front';
import { heldClock, NOW, validated } from './support';
import { addUtcDays } from '../../lambda/rollup/utc-day';
import { dayOf } from '../../lambda/traces/trace-keys';
import { answeredCall, putCallMetrics } from '../../local/emulators/bedrock/account-metrics';
import { type CloudWatchEmulator, startCloudWatch } from '../../local/emulators/cloudwatch/server';
import type { Emulator } from '../../local/emulators/emulators';
import { listenOnLoopback, readBody, send } from '../../local/emulators/http-server';
import { type LambdaFunction, startLambda } from '../fakes/lambda/server';
import { startSts } from '../fakes/sts/server';
import { refusal } from '../support/table-front';
import { startTraceEngine, type TracedCall, type TraceEngine } from '../support/trace-engine';

interface Diagnosis {
  readonly checks: readonly {
    readonly id: string;
    readonly title: string;
    readonly status: string;
    readonly detail: string;
    readonly fix?: string;
  }[];
  readonly counts: Readonly<Record<string, number>>;
}

const NAMESPACE = 'OPX/Analytics/test';
const HOUR_MS = 3_600_000;
const TRIAGE: LambdaFunction = {
  name: 'triage',
  environment: {
    TOKEN_ANALYTICS_TABLE: 'Traces',
    TOKEN_ANALYTICS_NAMESPACE: NAMESPACE,
    SECRET: 'hidden-value',
  },
};

let engine: TraceEngine;
let front: Front;
let cloudWatch: CloudWatchEmulator;
let sts: Emulator;
const started: { close(): Promise<void> }[] = [];

beforeEach(async () => {
  engine = await startTraceEngine();
  front = await startFront(engine.endpoint);
  front.see = healthy;
  cloudWatch = await startCloudWatch();
  sts = await startSts();
  started.push(front, engine, cloudWatch, sts);
});

afterEach(async () => {
  for (const each of started.splice(0)) await each.close();
});

/**
 * Answers requests that the DynamoDB emulator does not support. The answers describe a correctly configured
 * table.
 */
function healthy({ operation }: FrontRequest) {
  if (operation === 'DescribeTimeToLive') {
    return {
      status: 200,
      body: { TimeToLiveDescription: { TimeToLiveStatus: 'ENABLED', AttributeName: 'ttl' } },
    };
  }
  if (operation === 'DescribeContinuousBackups') {
    return {
      status: 200,
      body: {
        ContinuousBackupsDescription: {
          ContinuousBackupsStatus: 'ENABLED',
          PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: 'ENABLED' },
        },
      },
    };
  }
  return undefined;
}

function measure(name: string, value: number, namespace = NAMESPACE, dimensions = {}): void {
  cloudWatch.store.putDatum({
    namespace,
    name,
    dimensions,
    timestamp: new Date(Date.now() - HOUR_MS / 2),
    values: [value],
  });
}

async function doctor(
  functions: readonly LambdaFunction[],
  args: readonly string[] = ['--json'],
  env: NodeJS.ProcessEnv = {},
  { refuses, now }: { refuses?: (operation: string) => string | undefined; now?: string } = {},
): Promise<Over> {
  const lambda = await startLambda({ functions, refuses });
  started.push(lambda);
  return runInTurn(
    ['doctor', '--table', 'Traces', '--namespace', NAMESPACE, '--endpoint', front.endpoint, ...args],
    {
      AWS_ENDPOINT_URL_STS: sts.endpoint,
      AWS_ENDPOINT_URL_LAMBDA: lambda.endpoint,
      AWS_ENDPOINT_URL_CLOUDWATCH: cloudWatch.endpoint,
      ...env,
    },
    now === undefined ? {} : heldClock(now),
  );
}

function checksOf({ stdout }: Over): Readonly<Record<string, Diagnosis['checks'][number]>> {
  return Object.fromEntries(
    (validated('doctor', stdout) as Diagnosis).checks.map(check => [check.id, check]),
  );
}

/**
 * Returns the ids of the checks whose result is `status`, such as `fail`. Omits the check of the price
 * catalog, because its status changes over time.
 */
function idsOf(over: Over, status: string): string[] {
  return Object.values(checksOf(over))
    .filter(check => check.status === status && check.id !== 'catalog')
    .map(({ id }) => id);
}

/** Publishes metrics of Bedrock for `count` calls of yesterday, with one input token each. */
function countYesterday(modelId: string, count: number): void {
  for (let call = 0; call < count; call += 1) {
    putCallMetrics(
      cloudWatch.store,
      modelId,
      new Date(`${addUtcDays(dayOf(new Date()), -1)}T12:00:00.000Z`),
      answeredCall({ inputTokens: 1, outputTokens: 1 }),
    );
  }
}

const yesterdaysCalls = (count: number): TracedCall[] =>
  Array.from({ length: count }, () => ({
    at: `${addUtcDays(dayOf(new Date()), -1)}T12:00:00.000Z`,
    usd: 0.01,
  }));

test('finds no problem in a correct deployment, and prints no secret', async () => {
  await engine.put([{ at: new Date(), usd: 0.01 }]);
  measure('InvocationCount', 12);

  const json = await doctor([TRIAGE, { name: 'other', environment: { A: 'b' } }]);
  const text = await doctor([TRIAGE], []);

  expect([json.code, idsOf(json, 'ok')]).toEqual([
    0,
    [
      'region',
      'credentials',
      'clock',
      'table',
      'ttl',
      'index',
      'recovery',
      'permissions',
      'rollup-days',
      'functions',
      'log-level',
      'emf-errors',
      'metrics',
      'lost-traces',
      'unpriced',
      'profiles',
    ],
  ]);
  expect(checksOf(json)).toEqual(
    expect.objectContaining({
      credentials: expect.objectContaining({
        detail: 'arn:aws:sts::123456789012:assumed-role/Operator/session in account 123456789012',
      }),
      functions: expect.objectContaining({ detail: '1: triage' }),
      metrics: expect.objectContaining({ detail: `12 calls in ${NAMESPACE} in 24 hours` }),
    }),
  );
  expect(text.code).toBe(0);
  expect(text.stdout).toMatch(/^✓ Region +us-east-1$/m);
  expect(text.stdout).toMatch(/^(?:1 warning, 1 skipped, 16|1 skipped, 17) ok$/m);
  for (const { stdout, stderr } of [json, text]) {
    expect(stdout + stderr).not.toMatch(/hidden-value|AWS_SECRET|"test"/);
  }
});

test('reports each problem and each warning with a fix', async () => {
  const now = new Date();
  const day = addUtcDays(dayOf(now), -3);
  await engine.put([
    {
      at: now,
      model: 'application-inference-profile/abc123',
      modelId: 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123',
    },
    { at: `${day}T12:00:00.000Z`, usd: 1 },
  ]);
  measure('TracesSpilled', 40);
  measure('TracesDropped', 2);
  measure('UnpricedInvocations', 7);
  measure('EMFValidationErrors', 3, 'AWS/Logs', { LogGroupName: '/logs/triage' });
  front.see = request =>
    request.operation === 'DescribeTimeToLive'
      ? { status: 200, body: { TimeToLiveDescription: { TimeToLiveStatus: 'DISABLED' } } }
      : request.operation === 'DescribeTable'
        ? {
            status: 200,
            body: {
              Table: {
                TableStatus: 'ACTIVE',
                KeySchema: [
                  { AttributeName: 'pk', KeyType: 'HASH' },
                  { AttributeName: 'sk', KeyType: 'RANGE' },
                ],
              },
            },
          }
        : healthy(request);

  const over = await doctor([
    { ...TRIAGE, logGroup: '/logs/triage', applicationLogLevel: 'WARN' },
    { name: 'off', environment: { TOKEN_ANALYTICS_ENABLED: 'false' } },
  ]);
  const text = await doctor([{ ...TRIAGE, logGroup: '/logs/triage', applicationLogLevel: 'WARN' }], []);

  const checks = checksOf(over);
  expect(over.code).toBe(1);
  expect(idsOf(over, 'fail')).toEqual(['index', 'emf-errors', 'metrics']);
  expect(idsOf(over, 'warn')).toEqual([
    'ttl',
    'rollup-days',
    'functions',
    'log-level',
    'lost-traces',
    'unpriced',
    'profiles',
  ]);
  for (const check of Object.values(checks)) {
    expect(check.status === 'ok' || check.fix !== undefined).toBe(true);
  }
  expect(checks.ttl.fix).toContain('timeToLiveAttribute');
  expect(checks['rollup-days']).toEqual(
    expect.objectContaining({
      detail: expect.stringContaining(`not rolled up: ${day}.`),
      fix: expect.stringContaining(`token-analytics rollup --since ${day} --until ${day}`),
    }),
  );
  expect(checks.functions.detail).toBe('off in off');
  expect(checks['log-level'].detail).toContain('above INFO in triage');
  expect(checks['emf-errors'].detail).toBe(
    'rejected by CloudWatch in 24 hours: EMFValidationErrors 3 in /logs/triage',
  );
  expect(checks['lost-traces']).toEqual(
    expect.objectContaining({
      detail: 'in 7 days: 40 spilled to a log, 2 dropped',
      fix: expect.stringContaining(
        'token-analytics replay --log-group /aws/lambda/off --log-group /logs/triage --since 7d',
      ),
    }),
  );
  expect(checks.unpriced.detail).toContain('7 in 7 days');
  expect(checks.profiles).toEqual(
    expect.objectContaining({
      detail: expect.stringContaining('application-inference-profile/abc123'),
      fix: expect.stringContaining('TOKEN_ANALYTICS_INFERENCE_PROFILES'),
    }),
  );
  expect(checks.metrics.detail).toContain(`${NAMESPACE} has no metric InvocationCount`);
  expect(text.code).toBe(1);
  expect(text.stdout).toMatch(/^✗ Incident index +the index IncidentIndex does not exist/m);
  expect(text.stdout).toMatch(/^! Time to live +off: .*\n {4}→ Set /m);
  expect(text.stdout).toMatch(/^3 failed, [67] warnings, 1 skipped, \d+ ok$/m);
});

test('skips checks without permission, names the missing action, and runs the other checks', async () => {
  front.see = request =>
    ['DescribeTimeToLive', 'DescribeContinuousBackups'].includes(request.operation)
      ? refusal('AccessDeniedException')
      : request.operation === 'GetItem' ||
          (request.operation === 'Query' && request.body.includes('IncidentIndex'))
        ? refusal('AccessDeniedException')
        : healthy(request);
  measure('InvocationCount', 1);

  const over = await doctor([], ['--json'], {}, { refuses: () => 'AccessDeniedException' });

  const checks = checksOf(over);
  expect(over.code).toBe(1);
  expect(idsOf(over, 'fail')).toEqual(['permissions']);
  expect(checks.permissions).toEqual(
    expect.objectContaining({
      detail: 'denied: dynamodb:Query on the index IncidentIndex, dynamodb:GetItem on the table',
      fix: expect.stringContaining('Allow dynamodb:Query, dynamodb:GetItem'),
    }),
  );
  expect(
    ['ttl', 'recovery', 'functions', 'log-level'].map(id => [checks[id].status, checks[id].detail]),
  ).toEqual([
    ['skipped', 'dynamodb:DescribeTimeToLive is not allowed'],
    ['skipped', 'dynamodb:DescribeContinuousBackups is not allowed'],
    ['skipped', 'lambda:ListFunctions is not allowed'],
    ['skipped', 'lambda:ListFunctions is not allowed'],
  ]);
  expect(checks['rollup-days']).toEqual(
    expect.objectContaining({ status: 'skipped', detail: 'depends on: Read permissions' }),
  );
  expect([checks.table.status, checks.metrics.status]).toEqual(['ok', 'ok']);
});

test.each([
  [99, 'ok'],
  [98, 'warn'],
])('compares %d recorded calls with 100 calls of the account: %s', async (recorded, status) => {
  await engine.put(yesterdaysCalls(recorded));
  countYesterday('amazon.nova-micro-v1:0', 100);

  const check = checksOf(await doctor([TRIAGE]))['covered-share'];

  expect([check.status, check.fix === undefined]).toEqual([status, status === 'ok']);
  expect(check.detail).toContain(
    `${recorded} % of the account's input tokens and ${recorded} % of its calls of ` +
      `${addUtcDays(dayOf(new Date()), -1)} are recorded; missing: amazon.nova-micro-v1:0, ` +
      `${100 - recorded} call`,
  );
});

test('warns of a model that is never recorded and of calls that are recorded twice, each with a fix', async () => {
  await engine.put(yesterdaysCalls(20));
  countYesterday('amazon.nova-micro-v1:0', 10);
  countYesterday('us.amazon.nova-pro-v1:0', 10);

  const check = checksOf(await doctor([TRIAGE]))['covered-share'];

  expect(check.status).toBe('warn');
  expect(check.detail).toContain(
    'missing: amazon.nova-pro-v1:0, 10 calls (no client that calls it is instrumented).',
  );
  expect(check.detail).toContain('contain: amazon.nova-micro-v1:0, 10 calls (the table also has calls of');
  expect(check.fix).toContain('Instrument the clients that call it (`tracker.instrument`)');
  expect(check.fix).toContain('recorded both by a tracker and by an ingest');
});

test('warns of calls beyond those of the account, even if all of its calls are recorded', async () => {
  await engine.put(yesterdaysCalls(20));
  countYesterday('amazon.nova-micro-v1:0', 10);

  const check = checksOf(await doctor([TRIAGE]))['covered-share'];

  expect([check.status, check.detail.startsWith('100 % of the account')]).toEqual(['warn', true]);
});

test('does not warn of invocations that are recorded as failed calls', async () => {
  const [failed] = yesterdaysCalls(1);
  await engine.put([...yesterdaysCalls(9), { ...failed, error: 'ModelErrorException', usage: undefined }]);
  countYesterday('amazon.nova-micro-v1:0', 9);
  putCallMetrics(cloudWatch.store, 'amazon.nova-micro-v1:0', new Date(failed.at), { Invocations: 1 });

  const check = checksOf(await doctor([TRIAGE]))['covered-share'];

  expect(check.status).toBe('ok');
  expect(check.detail).toContain('1 call (Bedrock also counts some failed calls');
});

test('skips the recorded share if Bedrock has no metrics', async () => {
  await engine.put(yesterdaysCalls(1));

  expect(checksOf(await doctor([TRIAGE]))['covered-share']).toMatchObject({
    status: 'skipped',
    detail: `Amazon Bedrock has no metrics of ${addUtcDays(dayOf(new Date()), -1)} in us-east-1`,
  });
});

test('skips checks of metrics without permission', async () => {
  const denying = await listenOnLoopback(async (request, response) => {
    await readBody(request);
    send(
      response,
      400,
      { 'content-type': 'application/x-amz-json-1.0' },
      JSON.stringify({
        __type: 'com.amazonaws.cloudwatch#AccessDeniedException',
        message:
          'User: arn:aws:iam::123456789012:user/x is not authorized to perform: ' +
          'cloudwatch:GetMetricData because no identity-based policy allows it',
      }),
    );
  });
  started.push(denying);

  const over = await doctor([TRIAGE], ['--json'], { AWS_ENDPOINT_URL_CLOUDWATCH: denying.endpoint });

  expect(over.code).toBe(0);
  expect(
    ['emf-errors', 'metrics', 'lost-traces', 'covered-share', 'unpriced'].map(id => checksOf(over)[id]),
  ).toEqual(
    Array(5).fill(
      expect.objectContaining({
        status: 'skipped',
        detail: 'cloudwatch:GetMetricData is not allowed',
        fix: 'Allow cloudwatch:GetMetricData for this identity to run the check.',
      }),
    ),
  );
});

test('reports missing credentials once', async () => {
  const over = await doctor([TRIAGE], ['--json'], {
    AWS_ACCESS_KEY_ID: undefined,
    AWS_SECRET_ACCESS_KEY: undefined,
  });

  expect(over.code).toBe(1);
  expect(idsOf(over, 'fail')).toEqual(['credentials']);
  expect(checksOf(over).credentials).toEqual(
    expect.objectContaining({
      detail: expect.stringContaining('no AWS credentials'),
      fix: expect.stringContaining('--profile'),
    }),
  );
  expect(idsOf(over, 'ok')).toEqual(['region']);
});

test('runs the checks that need no table if the table is missing', async () => {
  measure('InvocationCount', 1);

  const over = await doctor([TRIAGE], ['--json', '--table', 'Missing']);

  const checks = checksOf(over);
  expect(over.code).toBe(1);
  expect(checks.table).toEqual(
    expect.objectContaining({ status: 'fail', detail: 'the table Missing does not exist in us-east-1' }),
  );
  expect(idsOf(over, 'skipped')).toEqual(
    expect.arrayContaining(['ttl', 'index', 'recovery', 'permissions', 'rollup-days', 'profiles']),
  );
  expect(checks.metrics.status).toBe('ok');
});

test('recognizes another kind of table by its keys', async () => {
  front.see = request =>
    request.operation === 'DescribeTable'
      ? {
          status: 200,
          body: { Table: { TableStatus: 'ACTIVE', KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }] } },
        }
      : healthy(request);

  const over = await doctor([]);

  expect(checksOf(over).table).toEqual(
    expect.objectContaining({
      status: 'fail',
      detail: 'the keys of Traces must be pk (HASH), sk (RANGE), got: id (HASH)',
    }),
  );
});

test('warns about a wrong local clock', async () => {
  const ahead = await listenOnLoopback(async (request, response) => {
    await readBody(request);
    send(
      response,
      200,
      { 'content-type': 'text/xml', 'date': new Date(Date.parse(NOW) + 120_000).toUTCString() },
      '<GetCallerIdentityResponse ' +
        'xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/x</Arn><UserId>x</UserId><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>',
    );
  });
  started.push(ahead);

  const over = await doctor([], ['--json'], { AWS_ENDPOINT_URL_STS: ahead.endpoint }, { now: NOW });

  expect(checksOf(over).clock).toEqual(
    expect.objectContaining({ status: 'warn', detail: '120 s behind the clock of AWS' }),
  );
});

test('checks only the table of an emulator, and skips operations that it does not support', async () => {
  front.see = request =>
    request.operation === 'DescribeContinuousBackups'
      ? refusal('UnknownOperationException')
      : healthy(request);

  const over = await runCommand(['doctor', '--json', '--table', 'Traces', '--endpoint', front.endpoint]);

  const checks = checksOf(over);
  expect(over.code).toBe(0);
  expect(
    [
      'credentials',
      'clock',
      'functions',
      'log-level',
      'emf-errors',
      'metrics',
      'lost-traces',
      'unpriced',
    ].map(id => checks[id].status),
  ).toEqual(Array(8).fill('skipped'));
  expect(checks.recovery).toEqual(
    expect.objectContaining({
      status: 'skipped',
      detail: 'the endpoint does not support dynamodb:DescribeContinuousBackups',
    }),
  );
  expect(['table', 'ttl', 'index', 'permissions'].map(id => checks[id].status)).toEqual(Array(4).fill('ok'));
});
