import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { readRollups } from '../../../lambda/rollup/rollup-table.aws';
import { startCloudWatch } from '../../../local/emulators/cloudwatch/server';
import { DEFAULT_NAMESPACE, ENV, METRICS } from '../../../src/contract';
import { startSns } from '../../fakes/sns/server';
import { type HandlerEnd, runHandler } from '../../support/handler-process';
import { startTableByArn, TABLE_ARN, type TableByArn } from '../../support/table-by-arn';
import { Backends, logRecord, subscriptionEvent, usageEvent } from '../ingest/support';

const HOUR_MS = 3_600_000;
/** Time in the handlers: 10:20 UTC of yesterday. CloudWatch accepts metric values only of recent days. */
const NOW = new Date(Math.floor(Date.now() / (24 * HOUR_MS)) * 24 * HOUR_MS - 14 * HOUR_MS + HOUR_MS / 3);
const ago = (hours: number) => new Date(NOW.getTime() - hours * HOUR_MS);
const dayOf = (date: Date) => date.toISOString().slice(0, 10);

let table: TableByArn;

beforeEach(async () => {
  table = await startTableByArn();
});
afterEach(() => table.close());

/** Variables of a handler whose table is in another region. */
const environment = () => ({
  AWS_ENDPOINT_URL_DYNAMODB: table.endpoint,
  [ENV.tableName]: TABLE_ARN,
});

/** Expects that a handler succeeded, and sent all its requests to the region of the table. */
function expectInRegionOfTable({ stderr, outcomes }: HandlerEnd<unknown>): void {
  expect({ stderr, error: outcomes[0]?.message }).toEqual({ stderr: '', error: undefined });
  expect([...new Set(table.requests.map(({ region }) => region))]).toEqual(['eu-central-1']);
}

test.each([
  ['its ARN', TABLE_ARN],
  ['its name', 'Traces'],
])('the nightly rollup repeats items that a table returns as unprocessed under %s', async (_what, name) => {
  const yesterday = ago(24);
  await table.engine.put([
    { at: yesterday, usd: 1, requestId: 'one' },
    { at: yesterday, usd: 2, requestId: 'two', agentId: 'writer' },
  ]);
  table.unprocessedAs = name;
  const end = await runHandler('roll-up-day', [{ day: dayOf(yesterday) }], { now: NOW, env: environment() });

  expectInRegionOfTable(end);
  const { client, tableName } = table.engine;
  const agents: string[] = [];
  for await (const { entries } of readRollups(client, tableName, dayOf(yesterday), dayOf(yesterday))) {
    agents.push(...entries.map(({ agentId }) => agentId));
  }
  expect(agents).toEqual(['triage', 'writer']);
});

test('the budget alert reads traces and claims thresholds in the region of the table', async () => {
  const [cloudWatch, sns] = await Promise.all([startCloudWatch(), startSns()]);
  try {
    const client = new CloudWatchClient({ endpoint: cloudWatch.endpoint, region: 'us-east-1' });
    await client.send(
      new PutMetricDataCommand({
        Namespace: DEFAULT_NAMESPACE,
        MetricData: [{ MetricName: METRICS.totalCost.name, Value: 8, Unit: 'None', Timestamp: ago(0.5) }],
      }),
    );
    client.destroy();
    await table.engine.put([{ at: ago(0.5), usd: 8, agentId: 'writer' }]);
    const end = await runHandler('budget-alert', [{}], {
      now: NOW,
      env: {
        ...environment(),
        AWS_ENDPOINT_URL_CLOUDWATCH: cloudWatch.endpoint,
        AWS_ENDPOINT_URL_SNS: sns.endpoint,
        [ENV.alertTopic]: 'arn:aws:sns:us-east-1:123456789012:alerts',
        [ENV.dailyBudget]: '10',
      },
    });

    expectInRegionOfTable(end);
    expect(sns.published.map(({ message }) => /Top agents today\n +(\w+)/.exec(message)?.[1])).toEqual([
      'writer',
    ]);
    expect(new Set(table.requests.map(({ operation }) => operation))).toEqual(
      new Set(['PutItem', 'Query', 'BatchWriteItem']),
    );
  } finally {
    await Promise.all([cloudWatch.close(), sns.close()]);
  }
});

describe('an ingest', () => {
  let backends: Backends;
  beforeEach(async () => {
    backends = await Backends.start();
  });
  afterEach(() => backends.close());

  test.each([
    ['ingest-logs', subscriptionEvent([logRecord()])],
    [
      'ingest-events',
      usageEvent({
        agentId: 'triage',
        modelId: 'amazon.nova-micro-v1:0',
        requestId: 'req-1',
        timestamp: ago(0).toISOString(),
        usage: { uncachedInputTokens: 1, outputTokens: 1 },
      }),
    ],
  ] as const)('writes the traces of %s in the region of the table', async (name, event) => {
    const end = await runHandler(name, [event], { env: { ...backends.environment, ...environment() } });

    expectInRegionOfTable(end);
    expect(end.outcomes[0].result).toMatchObject({ records: 1, written: 1, failed: 0 });
    expect(await backends.items('')).toEqual([]);
  });
});
