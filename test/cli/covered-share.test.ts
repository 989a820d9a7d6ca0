import { type CommandTable, startCommandTable, validated } from './support';
import { answeredCall, putCallMetrics } from '../../local/emulators/bedrock/account-metrics';
import { type CloudWatchEmulator, startCloudWatch } from '../../local/emulators/cloudwatch/server';
import type { CoveredShare } from '../../reports/covered-share/covered-share';
import type { DailyReport } from '../../reports/results';

const NOVA = 'amazon.nova-lite-v1:0';
const SONNET = 'anthropic.claude-sonnet-4-5-20250929-v1:0';
const YESTERDAY = '2026-11-25T10:00:00.000Z';
const TODAY = '2026-11-26T10:00:00.000Z';

let table: CommandTable;
let cloudWatch: CloudWatchEmulator;
let isDenied: boolean;

beforeEach(async () => {
  isDenied = false;
  cloudWatch = await startCloudWatch({ refuses: () => (isDenied ? 'AccessDenied' : undefined) });
  table = await startCommandTable([
    ...[1, 2, 3].map(() => ({ at: YESTERDAY, model: NOVA, modelId: NOVA, usd: 0.5 })),
    { at: TODAY, model: NOVA, modelId: NOVA, usd: 0.25 },
  ]);
  countCalls(NOVA, YESTERDAY, 3);
  countCalls(NOVA, TODAY, 9);
});
afterEach(async () => {
  await table.close();
  await cloudWatch.close();
});

/** Publishes metrics of Bedrock for calls with one input token each. */
function countCalls(modelId: string, at: string, count: number): void {
  for (let call = 0; call < count; call += 1) {
    putCallMetrics(
      cloudWatch.store,
      modelId,
      new Date(at),
      answeredCall({ inputTokens: 1, outputTokens: 1 }),
    );
  }
}

const daily = (args: readonly string[] = [], env: NodeJS.ProcessEnv = {}) =>
  table.run(['daily', '--covered-share', ...args], {
    AWS_ENDPOINT_URL_CLOUDWATCH: cloudWatch.endpoint,
    ...env,
  });

test('daily --covered-share prints one line for the last day that is over, and the price of the metrics', async () => {
  countCalls(SONNET, YESTERDAY, 1);

  const { code, stdout, stderr } = await daily();

  expect(code).toBe(0);
  expect(stdout.split('\n').at(-2)).toBe(
    "75 % of the account's input tokens and 75 % of its calls of 2026-11-25 are recorded; missing: " +
      `${SONNET}, 1 call (no client that calls it is instrumented).`,
  );
  expect(stderr).toContain('CloudWatch: 4 metrics read, $0.00004');
});

test('daily reads no metrics without --covered-share', async () => {
  isDenied = true;

  const { code, stdout, stderr } = await table.run(['daily'], {
    AWS_ENDPOINT_URL_CLOUDWATCH: cloudWatch.endpoint,
  });

  expect([code, /recorded|CloudWatch/.test(stdout + stderr)]).toEqual([0, false]);
});

test('daily --covered-share --json has the comparison in coveredShare', async () => {
  countCalls(SONNET, YESTERDAY, 1);

  const { code, stdout } = await daily(['--json']);

  const report = validated('daily', stdout) as DailyReport & { readonly coveredShare: CoveredShare };
  expect(code).toBe(0);
  expect(report.total.cost.usd).toBe('1.75');
  expect(report.coveredShare).toMatchObject({
    day: '2026-11-25',
    status: 'compared',
    complete: true,
    total: { share: { inputTokens: 0.75, invocations: 0.75 }, missing: { invocations: 1, inputTokens: 1 } },
    models: [{ model: SONNET, reason: 'never-recorded' }, { model: NOVA }],
    metricsRead: 4,
    metricsCostUsd: '0.00004',
  });
});

test('daily --covered-share compares the last day of a range in the past', async () => {
  countCalls(SONNET, '2026-11-23T10:00:00.000Z', 2);

  const { stdout } = await daily(['--since', '2026-11-20', '--until', '2026-11-23']);

  expect(stdout).toContain(
    "0 % of the account's input tokens and 0 % of its calls of 2026-11-23 are recorded",
  );
});

test('daily --covered-share prints the report without a share if the permission is missing', async () => {
  isDenied = true;

  const { code, stdout, stderr } = await daily();

  expect(code).toBe(0);
  expect(stdout).toContain('$1.75');
  expect(stdout).toContain(
    'The recorded share of 2026-11-25 is unknown, because cloudwatch:GetMetricData is not allowed.',
  );
  expect(stderr).toContain('Allow cloudwatch:GetMetricData on * for this identity.');
});

test('daily --covered-share notes that no day of the range is over', async () => {
  const { code, stdout, stderr } = await daily(['--since', 'today']);

  expect([code, stdout.includes('recorded')]).toEqual([0, false]);
  expect(stderr).toContain('--covered-share needs a day that is over: begin the range before today');
});

test('daily --covered-share refuses to compare an emulator of DynamoDB with the CloudWatch of an account', async () => {
  const { code, stderr } = await daily([], { AWS_ENDPOINT_URL_CLOUDWATCH: undefined });

  expect(code).toBe(2);
  expect(stderr).toContain('AWS_ENDPOINT_URL_CLOUDWATCH must be set if --endpoint is given');
});
