import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { gzipSync } from 'node:zlib';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { runCommand, runInTurn, startCommand } from './command-process';
import { type Front, startFront } from './front';
import { validated } from './support';
import type { ReplayResult } from '../../cli/replay/replay-lines';
import { type RecordInput, toInvocation } from '../../lambda/invocation/record-input';
import { CostCalculator } from '../../lambda/pricing/cost-calculator';
import { ProfileResolver } from '../../lambda/pricing/model-id';
import { type StoredItem, traceFromItem } from '../../lambda/traces/trace';
import { dayIndexItem, identityOf, traceItem } from '../../lambda/traces/trace-item';
import { startCloudWatch } from '../../local/emulators/cloudwatch/server';
import { startCloudWatchLogs } from '../fakes/cloudwatch-logs/server';
import { NOVA } from '../lambda/ingest/support';
import { call, type RollupTestTable, startRollupTable, TABLE } from '../lambda/rollup/support';
import { refusal } from '../support/table-front';

const OPTIONS = { ttlDays: 90, writeShards: 1 };
const CALLS = Array.from({ length: 200 }, (_, index) =>
  call({
    agentId: `agent-${index % 7}`,
    requestId: `r${index}`,
    timestamp: new Date(Date.parse('2026-11-19T22:00:00.000Z') + index * 60_000),
    picoUsd: BigInt(index),
  }),
);
const SPILLS = CALLS.map(each => JSON.stringify({ TraceSpill: traceItem(each, OPTIONS) }));
/** Log in the format of `aws logs tail`, with spilled traces and other lines. */
const LOG = SPILLS.map(
  (line, index) =>
    '2026-11-19T22:00:00 one ' +
    `${index % 3 === 0 ? line : JSON.stringify({ timestamp: 't', level: 'INFO', message: line })}\nSTART ` +
    `RequestId: ${index}`,
).join('\n');

let table: RollupTestTable;
let front: Front;
let folder: string;
const args = (...more: string[]) => ['replay', '--table', TABLE, '--endpoint', front.endpoint, ...more];
const resultOf = ({ stdout }: { readonly stdout: string }) => validated('replay', stdout) as ReplayResult;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'replay-'));
  table = await startRollupTable();
  front = await startFront(table.endpoint);
});

afterEach(async () => {
  await front.close();
  await table.close();
  await rm(folder, { recursive: true });
});

async function file(name: string, content: string | Buffer): Promise<string> {
  const at = path.join(folder, name);
  await writeFile(at, content);
  return at;
}

async function contentOf({ client }: RollupTestTable): Promise<string[]> {
  const { Items = [] } = await client.send(new ScanCommand({ TableName: TABLE }));
  return Items.map(item => JSON.stringify(Object.entries(item).sort())).sort();
}

function expected(calls = CALLS): string[] {
  const items = calls.flatMap(each => [traceItem(each, OPTIONS), dayIndexItem(identityOf(each), OPTIONS)]);
  return [...new Set(items.map(item => JSON.stringify(Object.entries(item).sort())))].sort();
}

test('replays files and standard input, gzipped or not, with the same result if repeated', async () => {
  const half = Math.floor(LOG.length / 2);
  const at = LOG.indexOf('\n', half) + 1;
  const packed = await file('older.log', gzipSync(LOG.slice(0, at)));

  const first = await runCommand(args('--json', packed, '-'), { input: LOG.slice(at) });
  const second = await runInTurn(args(packed, await file('plain.log', LOG)));

  expect([first.code, second.code]).toEqual([0, 0]);
  expect(resultOf(first)).toEqual({
    lines: 400,
    found: 200,
    written: 200,
    refused: 0,
    left: 0,
    poisoned: 0,
    poisonedKeys: [],
    metricsSent: 0,
    metricsLeft: 0,
    days: ['2026-11-19', '2026-11-20'],
    failed: [],
    dryRun: false,
  });
  expect(await contentOf(table)).toEqual(expected());
  expect(second.stdout).toMatch(
    /^[\d,]+ lines read, 3\d\d spilled traces found\n3\d\d traces written or already in the table\n$/,
  );
  expect(second.stderr).toContain('token-analytics rollup --since 2026-11-19 --until 2026-11-20');
});

test('writes the billed units of a trace with their exact cost, and the reasons for a lower bound', async () => {
  const profiles = new ProfileResolver();
  const tools = { calculator: new CostCalculator({}, profiles), profiles, defaults: {} };
  const usage = {
    uncachedInputTokens: 1000,
    ...{ cacheReadTokens: 0, cacheWrite5mTokens: 0, cacheWrite1hTokens: 0 },
    outputTokens: 200,
    source: 'usage',
    partial: false,
  } as const;
  const inputs: readonly Partial<RecordInput>[] = [
    { requestId: 'counted', usage, units: { guardrailContent: 3, guardrailTopics: 2 } },
    { requestId: 'uncounted', usage, uncounted: ['guardrailUnits'] },
    { requestId: 'without a price', usage, units: { guardrailContent: 1, videoSeconds: 6 } },
    { requestId: 'without tokens', modelId: 'bedrock-guardrails', units: { guardrailContent: 1_000_000 } },
  ];
  const lines = inputs.map(input => {
    const timestamp = new Date('2026-11-20T10:00:00Z');
    const invocation = toInvocation({ agentId: 'a', modelId: NOVA, timestamp, ...input }, tools);
    return JSON.stringify({ TraceSpill: traceItem(invocation, OPTIONS) });
  });

  const replayed = await runInTurn(args('--json', await file('units.log', lines.join('\n'))));

  expect(resultOf(replayed)).toMatchObject({ found: 4, written: 4, refused: 0 });
  const { Items = [] } = await table.client.send(new ScanCommand({ TableName: TABLE }));
  const traces = Items.filter(item => item.requestId).map(item => traceFromItem(item as StoredItem));
  // Tokens: 1,000 × $0.035 / 1M + 200 × $0.14 / 1M. A text unit costs $0.00015.
  expect(
    Object.fromEntries(
      traces.map(trace => [
        trace.requestId,
        [trace.picoUsd, trace.units, trace.unitPicoUsd, trace.costIsLowerBound],
      ]),
    ),
  ).toEqual({
    'counted': [813_000_000n, { guardrailContent: 3, guardrailTopics: 2 }, 750_000_000n, undefined],
    'uncounted': [63_000_000n, undefined, undefined, ['guardrailUnits']],
    'without a price': [213_000_000n, { guardrailContent: 1, videoSeconds: 6 }, 150_000_000n, ['unitPrice']],
    'without tokens': [
      150_000_000_000_000n,
      { guardrailContent: 1_000_000 },
      150_000_000_000_000n,
      undefined,
    ],
  });
});

test('counts traces in a dry run without a table, and writes nothing', async () => {
  const { code, stdout, stderr } = await runCommand(['replay', '--dry-run', '--json'], { input: LOG });

  expect([code, stderr]).toEqual([0, '']);
  expect(JSON.parse(stdout)).toEqual(expect.objectContaining({ found: 200, written: 0, dryRun: true }));
});

test('rejects invalid spill lines, and ignores other lines of any length', async () => {
  const forged = JSON.stringify({
    TraceSpill: { ...traceItem(CALLS[0], OPTIONS), pk: { S: 'AGENT#other#2026-11-19' } },
  });
  const input = [
    SPILLS[0],
    SPILLS[1].slice(0, -20),
    forged,
    'x'.repeat(5_000_000),
    `TraceSpill ${'y'.repeat(5_000_000)}`,
    SPILLS[2],
  ].join('\n');

  const replayed = await runCommand(args('--json'), { input });

  expect(replayed.code).toBe(0);
  expect(resultOf(replayed)).toEqual(
    expect.objectContaining({ lines: 6, found: 2, written: 2, refused: 3, left: 0 }),
  );
  expect(await contentOf(table)).toEqual(expected([CALLS[0], CALLS[2]]));
});

test('reads log groups page by page, within the given days', async () => {
  const day = Date.parse('2026-11-20T00:00:00.000Z');
  const event = (index: number, timestamp: number) => ({ timestamp, message: SPILLS[index] });
  const logs = await startCloudWatchLogs({
    groups: [
      {
        name: '/aws/lambda/one',
        events: [
          ...Array.from({ length: 30 }, (_, index) => event(index, day + index)),
          { timestamp: day, message: 'no spill' },
          event(99, day - 1),
          event(98, day + 86_400_000),
        ],
      },
      { name: 'two', events: [event(31, day + 86_399_999)] },
    ],
    pageSize: 7,
    emptyPages: 2,
  });

  const replayed = await runInTurn(
    args(
      '--json',
      '--log-group',
      '/aws/lambda/one',
      '--log-group',
      'two',
      '--since',
      '2026-11-20',
      '--until',
      '2026-11-20',
    ),
    { AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: logs.endpoint },
  );
  await logs.close();

  expect(replayed.code).toBe(0);
  expect(resultOf(replayed)).toEqual(expect.objectContaining({ found: 31, written: 31, failed: [] }));
  expect(await contentOf(table)).toEqual(expected([...CALLS.slice(0, 30), CALLS[31]]));
});

test('names a source that cannot be read completely, writes the traces read before, and fails', async () => {
  const packed = gzipSync(LOG);
  const broken = await file('broken.gz', packed.subarray(0, packed.length - 9));
  const whole = await file('whole.log', SPILLS.slice(190).join('\n'));

  const replayed = await runInTurn(args('--json', broken, whole));

  const { failed, written } = resultOf(replayed);
  expect(replayed.code).toBe(1);
  expect(failed).toEqual([{ name: broken, reason: expect.stringContaining('unexpected end of file') }]);
  expect(written).toBeGreaterThanOrEqual(10);
  expect(replayed.stderr).toContain('only a part of');
});

test('stops if the table accepts no write, and counts the items that are not written', async () => {
  let writes = 0;
  front.see = ({ operation }) => {
    if (operation !== 'BatchWriteItem') return undefined;
    writes += 1;
    return refusal('AccessDeniedException');
  };

  const replayed = await runCommand(args('--json'), { input: LOG });

  const result = resultOf(replayed);
  expect(replayed.code).toBe(1);
  expect(result).toEqual(
    expect.objectContaining({ found: 200, written: 0, reason: 'AccessDeniedException' }),
  );
  expect(result.left).toBeGreaterThanOrEqual(200);
  expect(writes).toBe(1);
});

test('names an item that the table rejects for its content, writes the others, and fails', async () => {
  front.see = ({ operation, body }) =>
    operation === 'BatchWriteItem' && body.includes('{"S":"r77"}')
      ? refusal('ValidationException')
      : undefined;

  const replayed = await runCommand(args('--json'), { input: LOG });

  expect(replayed.code).toBe(1);
  expect(resultOf(replayed)).toEqual(
    expect.objectContaining({
      written: 199,
      left: 0,
      poisoned: 1,
      poisonedKeys: [[expect.stringContaining('AGENT#agent-0#'), expect.stringContaining('#r77')]],
    }),
  );
});

test('counts metric requests, and sends them only with --metrics, also from log groups', async () => {
  const now = Math.floor(Date.now() / 60_000) * 60_000;
  const metrics = JSON.stringify({
    MetricSpill: {
      namespace: 'OPX/Analytics',
      data: [
        {
          MetricName: 'InvocationCount',
          Unit: 'Count',
          Timestamp: new Date(now).toISOString(),
          Dimensions: [],
          Values: [1],
          Counts: [7],
        },
      ],
    },
  });
  const cloudWatch = await startCloudWatch();
  const logs = await startCloudWatchLogs({
    groups: [{ name: 'one', events: [{ timestamp: now - 60_000, message: metrics }] }],
  });
  const env = {
    AWS_ENDPOINT_URL_CLOUDWATCH: cloudWatch.endpoint,
    AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: logs.endpoint,
  };

  const counted = await runInTurn(args(await file('metrics.log', metrics)), env);
  const before = cloudWatch.store.list().length;
  const sent = await runInTurn(args('--json', '--metrics', '--log-group', 'one'), env);
  const stored = cloudWatch.store.list().map(({ name }) => name);
  await logs.close();
  await cloudWatch.close();

  expect([counted.code, before]).toEqual([0, 0]);
  expect(counted.stdout).toContain('1 metric request not sent');
  expect([sent.code, stored]).toEqual([0, ['InvocationCount']]);
  expect(resultOf(sent)).toEqual(expect.objectContaining({ metricsSent: 1, metricsLeft: 0 }));
});

test.each([
  [['/no/such.log'], 'each file must exist, got: /no/such.log'],
  [['.'], 'got the folder "."'],
  [['-', '-'], '- must be given once'],
  [['--since', 'yesterday', '-'], '--since must be given with --log-group'],
])('refuses %j as a usage error that names a fix', async (more, message) => {
  const { code, stdout, stderr } = await runCommand(args(...more), { input: '' });

  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain(message);
});

// A complete run makes nine writes, for 200 traces and 14 day index items. The command is killed at the
// first, fifth or eighth write.
test.each([1, 5, 8])(
  'writes the same items if it is killed at write %d and run again as in one run',
  async killedAt => {
    const log = await file('function.log', LOG);
    const running = startCommand(args(log));
    front.see = ({ operation, number }) => {
      if (operation === 'BatchWriteItem' && number === killedAt) running.child.kill('SIGKILL');
      return undefined;
    };
    const killed = await running.over;
    const halfWay = await contentOf(table);
    front.see = () => undefined;

    const again = await runInTurn(args(log, '--json'));

    expect(killed.signal).toBe('SIGKILL');
    expect(halfWay.length).toBeLessThan(expected().length);
    expect([again.code, resultOf(again).written]).toEqual([0, 200]);
    expect(await contentOf(table)).toEqual(expected());
  },
);

test('ends at Ctrl-C, and reports the traces written by then', async () => {
  const log = await file('function.log', LOG);
  const running = startCommand(args(log, '--json'));
  front.see = ({ operation, number }) => {
    if (operation !== 'BatchWriteItem' || number !== 3) return undefined;
    running.child.kill('SIGINT');
    return 'hangs';
  };

  const over = await running.over;

  const { written, left, reason } = resultOf(over);
  expect(over.code).toBe(130);
  expect(written).toBeGreaterThan(30);
  expect(left).toBeGreaterThan(0);
  expect(reason).toBe('the run was interrupted');
  expect((await contentOf(table)).filter(item => item.includes('requestId'))).toHaveLength(written);
});
