import type { CustomPrices } from '../../../lambda/pricing/custom-prices';
import { UsageReports } from '../../../reports/usage-reports';
import { startCostExplorer } from '../../fakes/cost-explorer/server';
import { call, type RollupTestTable, startRollupTable, TABLE } from '../../lambda/rollup/support';

const MODEL = 'acme.brain-9';
const PRICE = { input: 1, output: 3 };
const DAY = '2026-11-10';

let table: RollupTestTable;
let costExplorer: Awaited<ReturnType<typeof startCostExplorer>>;
beforeAll(async () => {
  table = await startRollupTable();
  costExplorer = await startCostExplorer({
    lines: [
      {
        day: DAY,
        service: 'Brain 9 (Amazon Bedrock Edition)',
        usageType: 'USE1-MP:USE1_OutputTokenCount-Units',
        amount: '3',
        quantity: '1',
        unit: '1M tokens',
      },
    ],
  });
});
afterAll(async () => {
  await costExplorer.close();
  await table.close();
});

const reportsWith = (customPrices?: CustomPrices) =>
  new UsageReports({
    tableName: TABLE,
    endpoint: table.endpoint,
    region: 'us-east-1',
    now: () => new Date('2026-11-20T12:00:00Z'),
    ...(customPrices && { prices: { customPrices } }),
  });
const bill = () => ({ endpoint: costExplorer.endpoint });

describe('billed models without a list price', () => {
  test.each([
    ['its id', { [MODEL]: PRICE }],
    ['the id of its inference profile', { [`us.${MODEL}`]: PRICE }],
  ])('finds a billed model in reconcile if a custom price names %s', async (_name, customPrices) => {
    const reports = reportsWith(customPrices);
    const { onlyBilled, unattributed, models } = await reports.reconcile(DAY, bill());
    reports.close();

    expect([onlyBilled, unattributed.usd]).toEqual([[MODEL], '0']);
    expect(models.map(({ model, billed }) => [model, billed?.usd])).toEqual([[MODEL, '3']]);
  });

  test('finds a billed model in reconcile if the caller names it, in addition to models with custom prices', async () => {
    const reports = reportsWith({ 'acme.other-1': PRICE });
    const { onlyBilled } = await reports.reconcile(DAY, { ...bill(), models: [MODEL] });
    reports.close();

    expect(onlyBilled).toEqual([MODEL]);
  });

  test('finds a billed model in billedCosts if a custom price names it and the caller names another model', async () => {
    const reports = reportsWith({ [MODEL]: PRICE });
    const { models, unattributed } = await reports.billedCosts(DAY, { ...bill(), models: ['acme.other-1'] });
    reports.close();

    expect([models.map(({ model }) => model), unattributed]).toEqual([[MODEL], []]);
  });

  test('leaves a billed model unattributed if it only fits the pattern of a custom price', async () => {
    const reports = reportsWith({ 'acme.brain-9*': PRICE });
    const { models, unattributed } = await reports.billedCosts(DAY, bill());
    reports.close();

    expect([models, unattributed.map(({ reason }) => reason)]).toEqual([[], ['unknown-model']]);
  });
});

test('uses the region of the table in whatIf if the prices have no region', async () => {
  await table.write([
    call({ requestId: 'r', timestamp: new Date(`${DAY}T12:00:00Z`), model: 'amazon.nova-lite-v1:0' }),
  ]);
  const reports = new UsageReports({
    tableName: TABLE,
    endpoint: table.endpoint,
    region: 'us-east-1',
    prices: { region: undefined },
    now: () => new Date('2026-11-20T12:00:00Z'),
  });
  const { notes } = await reports.whatIf(DAY, { to: { region: 'eu-west-1' } });
  reports.close();

  expect(notes.join(' ')).toContain('us-east-1');
});
