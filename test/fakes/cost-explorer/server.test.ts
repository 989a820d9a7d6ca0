import {
  CostExplorerClient,
  GetCostAndUsageCommand,
  type GetCostAndUsageCommandInput,
  type GetCostAndUsageCommandOutput,
  GetDimensionValuesCommand,
} from '@aws-sdk/client-cost-explorer';
import type { BillLine } from './bill-lines';
import { type CostExplorerOptions, startCostExplorer } from './server';
import type { Emulator } from '../../../local/emulators/emulators';

const NOVA: BillLine = {
  day: '2026-11-20',
  service: 'Amazon Bedrock',
  usageType: 'USE1-NovaLite-input-tokens',
  amount: '0.0118',
  quantity: '196.7',
  unit: '1K tokens',
};
const CLAUDE: BillLine = {
  day: '2026-11-20',
  service: 'Claude Sonnet 4.6 (Amazon Bedrock Edition)',
  usageType: 'USE1-MP:USE1_InputTokenCount-Units',
  amount: '3.3',
  quantity: '1',
  unit: 'Units',
};
const CREDIT: BillLine = { ...CLAUDE, amount: '-1.1', quantity: '0', recordType: 'Credit' };
const LATER: BillLine = { ...NOVA, day: '2026-11-22', amount: '0.1' };
const EC2: BillLine = {
  ...NOVA,
  service: 'Amazon Elastic Compute Cloud - Compute',
  usageType: 'BoxUsage:t4g.nano',
  amount: '5',
  unit: 'Hrs',
};

const QUERY: GetCostAndUsageCommandInput = {
  TimePeriod: { Start: '2026-11-20', End: '2026-11-23' },
  Granularity: 'DAILY',
  Metrics: ['UnblendedCost', 'UsageQuantity'],
  GroupBy: [
    { Type: 'DIMENSION', Key: 'SERVICE' },
    { Type: 'DIMENSION', Key: 'USAGE_TYPE' },
  ],
};

describe('fake of Cost Explorer with the unmodified client', () => {
  let fake: Emulator;
  let client: CostExplorerClient;
  const start = async (options: Partial<CostExplorerOptions> = {}) => {
    fake = await startCostExplorer({ lines: [NOVA, CLAUDE, CREDIT, LATER, EC2], ...options });
    client = new CostExplorerClient({ endpoint: fake.endpoint, region: 'us-east-1', maxAttempts: 1 });
  };
  afterEach(async () => {
    client.destroy();
    await fake.close();
  });

  test('groups costs by day, service and usage type, and marks estimated days', async () => {
    await start({ estimatedFrom: '2026-11-22' });

    const { ResultsByTime = [] } = await client.send(new GetCostAndUsageCommand(QUERY));

    expect(
      ResultsByTime.map(({ TimePeriod, Estimated, Groups }) => [
        TimePeriod?.Start,
        TimePeriod?.End,
        Estimated,
        Groups?.length,
      ]),
    ).toEqual([
      ['2026-11-20', '2026-11-21', false, 3],
      ['2026-11-21', '2026-11-22', false, 0],
      ['2026-11-22', '2026-11-23', true, 1],
    ]);
    expect(ResultsByTime[0].Groups?.[0]).toEqual({
      Keys: ['Amazon Bedrock', 'USE1-NovaLite-input-tokens'],
      Metrics: {
        UnblendedCost: { Amount: '0.0118', Unit: 'USD' },
        UsageQuantity: { Amount: '196.7', Unit: '1K tokens' },
      },
    });
  });

  test('adds up the lines of a group that match the filter without rounding', async () => {
    await start();
    const service = {
      Dimensions: { Key: 'SERVICE' as const, Values: [CLAUDE.service], MatchOptions: ['EQUALS' as const] },
    };

    const withCredit = await client.send(new GetCostAndUsageCommand({ ...QUERY, Filter: service }));
    const without = await client.send(
      new GetCostAndUsageCommand({
        ...QUERY,
        Filter: { And: [service, { Not: { Dimensions: { Key: 'RECORD_TYPE', Values: ['Credit'] } } }] },
      }),
    );

    const amounts = [withCredit, without].map(
      ({ ResultsByTime }) => ResultsByTime?.[0].Groups?.[0].Metrics?.UnblendedCost?.Amount,
    );
    expect(amounts).toEqual(['2.2', '3.3']);
  });

  test('returns each group of costs on exactly one page', async () => {
    await start({ pageSize: 2 });
    const seen: string[] = [];
    let NextPageToken: string | undefined;
    let pages = 0;
    do {
      const page: GetCostAndUsageCommandOutput = await client.send(
        new GetCostAndUsageCommand({ ...QUERY, NextPageToken }),
      );
      pages += 1;
      for (const { TimePeriod, Groups } of page.ResultsByTime ?? []) {
        for (const { Keys } of Groups ?? []) seen.push(`${TimePeriod?.Start} ${Keys?.join(' ')}`);
      }
      NextPageToken = page.NextPageToken;
    } while (NextPageToken);

    expect(pages).toBe(3);
    expect(seen).toHaveLength(4);
    expect(new Set(seen).size).toBe(4);
  });

  test('adds up the costs of a month, with and without groups', async () => {
    await start();

    const { ResultsByTime } = await client.send(
      new GetCostAndUsageCommand({ ...QUERY, Granularity: 'MONTHLY', GroupBy: undefined }),
    );

    expect(ResultsByTime).toHaveLength(1);
    expect(ResultsByTime?.[0].Total?.UnblendedCost?.Amount).toBe('7.3118');
    expect(ResultsByTime?.[0].Groups).toEqual([]);
  });

  test('lists the values of a dimension, page by page', async () => {
    await start({ pageSize: 1 });
    const query = { TimePeriod: QUERY.TimePeriod, Dimension: 'SERVICE' as const, SearchString: 'bedrock' };

    const first = await client.send(new GetDimensionValuesCommand(query));
    const second = await client.send(
      new GetDimensionValuesCommand({ ...query, NextPageToken: first.NextPageToken }),
    );

    expect([first, second].map(({ DimensionValues }) => DimensionValues?.map(({ Value }) => Value))).toEqual([
      ['Amazon Bedrock'],
      [CLAUDE.service],
    ]);
    expect([first.TotalSize, second.NextPageToken]).toEqual([2, undefined]);
  });

  test.each<[string, Partial<GetCostAndUsageCommandInput>, string]>([
    [
      'a period with a time of day',
      { TimePeriod: { Start: '2026-11-20T00:00:00Z', End: '2026-11-21' } },
      'ValidationException',
    ],
    [
      'a period that ends at its start',
      { TimePeriod: { Start: '2026-11-20', End: '2026-11-20' } },
      'ValidationException',
    ],
    ['more than is kept', { TimePeriod: { Start: '2025-01-01', End: '2026-11-20' } }, 'ValidationException'],
    ['hours', { Granularity: 'HOURLY' }, 'ValidationException'],
    ['no metric', { Metrics: [] }, 'ValidationException'],
    ['an unknown metric', { Metrics: ['Tokens'] }, 'ValidationException'],
    [
      'three groups',
      { GroupBy: ['SERVICE', 'USAGE_TYPE', 'RECORD_TYPE'].map(Key => ({ Type: 'DIMENSION', Key })) },
      'ValidationException',
    ],
    [
      'a match option of Budgets',
      { Filter: { Dimensions: { Key: 'SERVICE', Values: ['Bedrock'], MatchOptions: ['CONTAINS'] } } },
      'ValidationException',
    ],
    ['a token that it never gave', { NextPageToken: 'made up' }, 'InvalidNextTokenException'],
  ])('refuses %s in Cost Explorer', async (_name, wrong, name) => {
    await start({ keptFrom: '2025-10-01' });

    await expect(client.send(new GetCostAndUsageCommand({ ...QUERY, ...wrong }))).rejects.toMatchObject({
      name,
    });
  });

  test('refuses the operations selected by the `refuses` option, and lists them in its requests', async () => {
    await start({
      refuses: operation => (operation === 'GetCostAndUsage' ? 'AccessDeniedException' : undefined),
    });

    await expect(client.send(new GetCostAndUsageCommand(QUERY))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });

    expect(fake.requests.map(({ operation, region }) => [operation, region])).toEqual([
      ['GetCostAndUsage', 'us-east-1'],
    ]);
  });
});
