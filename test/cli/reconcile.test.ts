import { NOW, runAt, validated } from './support';
import type { Emulator } from '../../local/emulators/emulators';
import type { Reconciliation } from '../../reports/bill/reconciliation';
import { type CostExplorerOptions, startCostExplorer } from '../fakes/cost-explorer/server';
import { startTraceEngine, type TraceEngine } from '../support/trace-engine';

const CLAUDE = 'Claude Sonnet 4.6 (Amazon Bedrock Edition)';
const SONNET = 'anthropic.claude-sonnet-4-6';
const DAYS = ['--since', '2026-11-10', '--until', '2026-11-11'];
const usage = (outputTokens: number) =>
  ({
    uncachedInputTokens: 0,
    cacheReadTokens: 0,
    cacheWrite5mTokens: 0,
    cacheWrite1hTokens: 0,
    outputTokens,
    source: 'usage',
    partial: false,
  }) as const;

describe('reconcile', () => {
  let table: TraceEngine;
  let bill: Emulator;
  beforeAll(async () => {
    table = await startTraceEngine();
    await table.put([
      {
        at: '2026-11-10T10:00:00Z',
        model: SONNET,
        modelId: `global.${SONNET}`,
        usd: 13.5,
        usage: usage(900_000),
      },
      {
        at: '2026-11-11T23:59:59Z',
        model: SONNET,
        modelId: `global.${SONNET}`,
        usd: 15,
        usage: usage(1_000_000),
        agentId: 'billing',
      },
    ]);
  });
  afterAll(() => table.close());
  afterEach(() => bill.close());

  const start = async (options: Partial<CostExplorerOptions> = {}) => {
    const line = {
      service: CLAUDE,
      usageType: 'USE1-MP:USE1_OutputTokenCount_Global-Units',
      amount: '15',
      quantity: '1',
      unit: 'Units',
    };
    bill = await startCostExplorer({
      lines: [
        { ...line, day: '2026-11-10' },
        { ...line, day: '2026-11-11' },
      ],
      ...options,
    });
  };
  const reconcile = (...args: string[]) =>
    runAt(NOW, [
      'reconcile',
      '--table',
      table.tableName,
      '--endpoint',
      table.endpoint,
      '--billing-endpoint',
      bill.endpoint,
      ...DAYS,
      ...args,
    ]);

  test('shows each day and model, the drift in percent, and the cost of the requests', async () => {
    await start();

    const { code, stdout, stderr } = await reconcile('--yes');

    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining(
        'This takes 2 requests ($0.02), one more for each further page of the bill, and at most 20 ($0.20)',
      ),
    ]);
    expect(stderr).toContain('Cost Explorer: 2 requests, $0.02');
    const cells = stdout.split('\n').map(line =>
      line
        .split('│')
        .map(cell => cell.trim())
        .filter(cell => cell !== ''),
    );
    expect(cells.filter(([name]) => ['2026-11-10', '2026-11-11', 'Complete days'].includes(name))).toEqual([
      ['2026-11-10', '900,000', '1,000,000', '-10%', '$13.50', '$15.00', '-$1.50', '-10%'],
      ['2026-11-11', '1,000,000', '1,000,000', '0%', '$15.00', '$15.00', '$0.00', '0%'],
      ['Complete days', '1,900,000', '2,000,000', '-5%', '$28.50', '$30.00', '-$1.50', '-5%'],
    ]);
    expect(stdout).toContain(`Largest drift: ${SONNET}, -5%.`);
  });

  test('prints JSON, and ends with exit code 3 above the maximum drift', async () => {
    await start();

    const { code, stdout, stderr } = await reconcile('--yes', '--json', '--max-drift', '4.9');
    const within = await reconcile('--yes', '--json', '--max-drift', '5%');

    const result = validated('reconcile', stdout) as Reconciliation;
    expect([code, within.code]).toEqual([3, 0]);
    expect(stderr).toContain('the total drifts by -5%, more than 4.9%');
    expect(result.rows.map(({ day, model, drift }) => [day, model, drift.percent])).toEqual([
      ['2026-11-10', SONNET, -10],
      ['2026-11-11', SONNET, 0],
    ]);
    expect([result.total.drift.percent, result.requests, result.requestCostUsd]).toEqual([-5, 2, '0.02']);
  });

  test('sends no request to Cost Explorer without consent to the charge', async () => {
    await start();

    const { code, stdout, stderr } = await reconcile();

    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(
      '--yes must be given without a terminal to ask on. Cost Explorer charges $0.01 for each request',
    );
    expect(bill.requests).toEqual([]);
  });

  test('reads the bill of the given accounts and regions', async () => {
    await start();

    const { stdout } = await reconcile(
      '--yes',
      '--json',
      '--account',
      '111122223333',
      '--bill-region',
      'us-east-1',
      'eu-west-1',
    );

    expect((validated('reconcile', stdout) as Reconciliation).onlyRecorded).toEqual([SONNET]);
    const filter = JSON.stringify(bill.requests.at(-1)?.input.Filter);
    expect(filter).toContain('"LINKED_ACCOUNT","Values":["111122223333"]');
    expect(filter).toContain('"REGION","Values":["us-east-1","eu-west-1"]');
  });

  test('explains a refusal of Cost Explorer, and ends with exit code 1', async () => {
    await start({ refuses: () => 'AccessDeniedException' });

    const { code, stdout, stderr } = await reconcile('--yes');

    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(
      /token-analytics: Cost Explorer refused ce:GetDimensionValues \(.*Allow the caller ce:GetCostAndUsage .* management account/,
    );
  });

  test.each([
    [['--max-drift', 'much'], /--max-drift.*'much'.*It must be a percentage/],
    [['--max-requests', '1'], /--max-requests.*It must be a whole number from 2 to 1000/],
    [['--account', '12'], /--account.*It must be an account id of 12 digits/],
    [['--bill-region', 'Frankfurt'], /--bill-region.*It must be an AWS region/],
    [['--until', '2026-11-31'], /--until must be a day such as 2026-11-20/],
  ])('refuses the invalid value in %j', async (args, words) => {
    await start();

    const { code, stderr } = await reconcile('--yes', ...args);

    expect(code).toBe(2);
    expect(stderr).toMatch(words);
    expect(bill.requests).toEqual([]);
  });
});
