import { paginateScan } from '@aws-sdk/client-dynamodb';
import { traceItem } from '../../../lambda/traces/trace-item';
import { ENV } from '../../../src/contract';
import { stdoutOf } from '../../support/stdout';
import { startTableByArn, TABLE_ARN as ARN, type TableByArn } from '../../support/table-by-arn';
import { invocationOf } from '../../support/trace-engine';
import { UsageReports } from 'cdk-token-analytics/reports';
import { replaySpills, TokenTracker } from 'cdk-token-analytics/runtime';

const MODEL = 'amazon.nova-lite-v1:0';
const INVOCATION = invocationOf({ at: new Date(), usd: 1, requestId: 'request-1' }, 1);
const ITEM_OPTIONS = { writeShards: 1, ttlDays: 90 };

let table: TableByArn;

beforeEach(async () => {
  table = await startTableByArn();
});
afterEach(() => table.close());

async function requestIds(): Promise<string[]> {
  const found: string[] = [];
  for await (const { Items = [] } of paginateScan(
    { client: table.engine.client },
    { TableName: table.engine.tableName },
  )) {
    found.push(...Items.flatMap(({ requestId }) => requestId?.S ?? []));
  }
  return found.sort();
}

const trackerOf = () =>
  TokenTracker.fromEnvironment(
    { [ENV.tableName]: ARN, [ENV.claimCalls]: 'true', AWS_REGION: 'us-east-1' },
    { endpoint: table.endpoint, sink: 'emf', flushTimeoutMs: 30_000 },
  );

test('a tracker writes to a table of another region in the region of the table', async () => {
  const tracker = trackerOf();
  await stdoutOf(async () => {
    tracker.record({ modelId: MODEL, requestId: 'request-1' });
    await tracker.flush();
  });

  expect(await requestIds()).toEqual(['request-1']);
  expect([...new Set(table.requests.map(({ region }) => region))]).toEqual(['eu-central-1']);
  expect(Object.keys((JSON.parse(table.requests[0].body) as { RequestItems: object }).RequestItems)).toEqual([
    ARN,
  ]);
});

test.each([
  ['its ARN', ARN],
  ['its name', 'Traces'],
])('a tracker repeats items that the table returns as unprocessed under %s', async (_what, name) => {
  table.unprocessedAs = name;
  const tracker = trackerOf();
  const lines = await stdoutOf(async () => {
    tracker.record({ modelId: MODEL, requestId: 'request-1' });
    tracker.record({ modelId: MODEL, requestId: 'request-2' });
    await tracker.flush();
  });

  expect(await requestIds()).toEqual(['request-1', 'request-2']);
  expect(lines.join('')).not.toContain('TraceSpill');
});

test('a replay writes spilled traces, also provisional ones, in the region of the table', async () => {
  const answered = traceItem(INVOCATION, ITEM_OPTIONS);
  const open = traceItem({ ...INVOCATION, requestId: 'open' }, { ...ITEM_OPTIONS, provisional: true });
  const { left } = await replaySpills(
    [answered, open].map(item => JSON.stringify({ TraceSpill: item })),
    { tableName: ARN, endpoint: table.endpoint },
  );

  expect(left).toBe(0);
  expect(await requestIds()).toEqual(['open', 'request-1']);
  expect(new Set(table.requests.map(({ operation }) => operation))).toEqual(
    new Set(['BatchWriteItem', 'PutItem']),
  );
  expect([...new Set(table.requests.map(({ region }) => region))]).toEqual(['eu-central-1']);
});

test('reports read a table of another region by its ARN', async () => {
  await table.engine.put([{ at: '2026-11-20T10:00:00Z', usd: 1 }]);
  const reports = new UsageReports({ tableName: ARN, endpoint: table.endpoint });
  const { days } = await reports.daily({ from: '2026-11-20', to: '2026-11-20' });
  reports.close();

  expect(days.map(({ answered }) => answered)).toEqual([1]);
  expect([...new Set(table.requests.map(({ region }) => region))]).toEqual(['eu-central-1']);
});
