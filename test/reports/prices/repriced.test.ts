import { Writable } from 'node:stream';
import { CostCalculator } from '../../../lambda/pricing/cost-calculator';
import type { Trace } from '../../../lambda/traces/trace';
import type { UsageReports } from '../../../reports/usage-reports';
import { call, type RollupTestTable, startRollupTable } from '../../lambda/rollup/support';
import { MODELS, reportsOn, rollUp, someCalls } from '../support';

const NOW = '2026-11-20T12:00:00.000Z';
const RANGE = { from: '2026-11-17', to: '2026-11-20' };
const calculator = new CostCalculator({ region: 'us-east-1' });

let table: RollupTestTable;
let traces: Trace[];
let reports: UsageReports;

beforeAll(async () => {
  table = await startRollupTable();
  // Writes traces of 2026-11-17 to 2026-11-19. Only the first two days are rolled up below.
  traces = await table.write([
    ...someCalls(11, '2026-11-17', 3, 240),
    call({
      requestId: 'untold',
      timestamp: new Date('2026-11-17T09:00:00Z'),
      ...MODELS.nova,
      usage: undefined,
      cost: undefined,
    }),
  ]);
  await rollUp(table, ['2026-11-17', '2026-11-18'], new Date(NOW));
  reports = reportsOn(table, NOW);
});
afterAll(async () => {
  reports.close();
  await table.close();
});

function listed(trace: Trace): bigint | undefined {
  if (trace.cached || trace.error !== undefined) return 0n;
  if (trace.source === undefined) return undefined;
  return calculator.calculate({ ...trace, source: 'usage' }, { modelId: trace.modelId, at: trace.timestamp })
    ?.picoUsd;
}

describe('repriced costs', () => {
  test('reports repriced costs next to the recorded cost, equal to the sum of the repriced calls', async () => {
    const expected = traces.reduce((sum, trace) => sum + (listed(trace) ?? 0n), 0n);
    const both = traces.filter(
      trace => trace.picoUsd !== undefined && !trace.cached && listed(trace) !== undefined,
    );
    const difference = both.reduce((sum, trace) => sum + (listed(trace) ?? 0n) - (trace.picoUsd ?? 0n), 0n);

    const { total, days, agents, models } = await reports.daily(RANGE, { reprice: true });
    const incidents = await reports.top(RANGE, 'incident', 100, { reprice: true });

    expect(total.repriced).toMatchObject({
      picoUsd: expected,
      unpriced: 1,
      atLeast: true,
      differencePicoUsd: difference,
    });
    for (const parts of [days, agents, models]) {
      expect(parts.reduce((sum, { repriced }) => sum + (repriced?.picoUsd ?? 0n), 0n)).toBe(expected);
    }
    expect(incidents.total.repriced).toMatchObject({ picoUsd: expected, unpriced: 1 });
    expect((await reports.daily(RANGE)).total.repriced).toBeUndefined();
  });

  test('never prices a call without known tokens at zero, even beside calls of its model with known tokens', async () => {
    const {
      days: [first],
      models,
    } = await reports.daily(RANGE, { reprice: true });

    expect(first.repriced?.unpriced).toBe(1);
    expect(models.map(({ name, repriced }) => [name, repriced?.unpriced]).sort()).toEqual([
      [MODELS.nova.model, 1],
      [MODELS.sonnet.model, 0],
    ]);
  });

  test('reprices with custom prices if given', async () => {
    const customPrices = { '*': { input: 1, output: 1, cacheRead: 1, cacheWrite5m: 1, cacheWrite1h: 1 } };

    const { total } = await reports.daily(RANGE, { reprice: { customPrices } });

    // All custom rates are $1 per million tokens, so each token costs a million pico-dollars.
    expect(total.repriced?.picoUsd).toBe(BigInt(total.totalTokens) * 1_000_000n);
  });

  test('compares repriced costs with the limits of checkThresholds on request', async () => {
    const customPrices = { '*': { input: 1_000_000, output: 1_000_000, cacheRead: 1_000_000 } };
    await table.write([
      call({
        requestId: 'now',
        timestamp: new Date('2026-11-20T11:30:00Z'),
        ...MODELS.nova,
        picoUsd: 1n,
        usage: {
          uncachedInputTokens: 2,
          cacheReadTokens: 0,
          cacheWrite5mTokens: 0,
          cacheWrite1hTokens: 0,
          outputTokens: 1,
          source: 'usage',
          partial: false,
        },
      }),
    ]);

    const { checks } = await reports.checkThresholds({ daily: 2, hourly: 5 }, { reprice: { customPrices } });

    expect(checks.map(({ actual, exceeded }) => [actual.usd, exceeded])).toEqual([
      ['3', true],
      ['3', false],
    ]);
  });
});

test('exports calls whose recorded and repriced sums equal those of the daily report', async () => {
  let text = '';
  const stream = new Writable({
    write: (chunk, _encoding, done) => {
      text += String(chunk);
      done();
    },
  });

  const result = await reports.export(RANGE, 'jsonl', stream, { reprice: true });
  const { total } = await reports.daily(RANGE, { reprice: true });

  const rows = text
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as { readonly picoUsd: string | null; readonly kind: string });
  expect(rows).toHaveLength(result.rows);
  expect(
    rows.filter(({ kind }) => kind !== 'cached').reduce((sum, { picoUsd }) => sum + BigInt(picoUsd ?? 0), 0n),
  ).toBe(total.cost.picoUsd);
  expect(result).toMatchObject({
    ...total.cost,
    answered: total.answered,
    failed: total.failed,
    fromCache: total.fromCache,
    repriced: total.repriced,
  });
});

test('compares two models in whatIf, and suggests a similar id if the target is unknown', async () => {
  const report = await reports.whatIf(RANGE, { from: MODELS.sonnet.model, to: MODELS.nova.model });

  expect(report.reads).toMatchObject({ rollupDays: 2 });
  expect(
    JSON.stringify(report, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
  ).toContain('nova');
  await expect(reports.whatIf(RANGE, { to: 'amazon.nova-lit' })).rejects.toThrow(/nova-lite/);
});
