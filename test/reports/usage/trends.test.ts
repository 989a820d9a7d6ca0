import type { UsageReports } from '../../../reports/usage-reports';
import { call, type RollupTestTable, startRollupTable } from '../../lambda/rollup/support';
import { reportsOn, rollUp } from '../support';

const USD = 10n ** 12n;
let table: RollupTestTable;
let reports: UsageReports;
let serial = 0;

beforeEach(async () => {
  table = await startRollupTable();
});
afterEach(async () => {
  reports.close();
  await table.close();
});

const spent = (at: string, usd: bigint | undefined) =>
  call({
    requestId: `r${(serial += 1)}`,
    timestamp: new Date(at),
    ...(usd === undefined ? { cost: undefined } : { picoUsd: usd * USD }),
  });

describe('trends', () => {
  test('compares each day with the day before, and the range with the range before it', async () => {
    reports = reportsOn(table, '2026-11-20T00:00:00Z');
    await table.write([
      spent('2026-11-08T10:00:00Z', 4n),
      spent('2026-11-09T10:00:00Z', 2n),
      spent('2026-11-10T10:00:00Z', 3n),
      spent('2026-11-10T11:00:00Z', 1n),
      spent('2026-11-11T10:00:00Z', undefined),
    ]);
    await rollUp(table, ['2026-11-09', '2026-11-10'], new Date('2026-11-20T00:00:00Z'));

    const { periods, total, before, change } = await reports.trends(
      { from: '2026-11-09', to: '2026-11-11' },
      'day',
    );

    expect(periods.map(({ label, cost, complete }) => `${label} ${cost.usd} ${complete}`)).toEqual([
      '2026-11-09 2 true',
      '2026-11-10 4 true',
      '2026-11-11 0 true',
    ]);
    expect(periods.map(each => each.change)).toEqual([
      { cost: -0.5, answered: 0, tokens: 0 },
      { cost: 1, answered: 1, tokens: 1 },
      { answered: -0.5, tokens: -0.5 },
    ]);
    expect([total.cost.usd, total.cost.unpriced, before.cost.usd, change.answered]).toEqual(['6', 1, '4', 3]);
    expect(change.cost).toBeUndefined();
  });

  test('compares an unfinished day with the same part of the day before', async () => {
    reports = reportsOn(table, '2026-11-10T12:00:00Z');
    await table.write([
      spent('2026-11-09T11:00:00Z', 1n),
      spent('2026-11-09T20:00:00Z', 100n),
      spent('2026-11-10T11:30:00Z', 3n),
    ]);

    const {
      periods: [period],
      change,
    } = await reports.trends('2026-11-10', 'day');

    expect(period).toMatchObject({ complete: false, cost: { usd: '3' }, change: { cost: 2, answered: 0 } });
    expect(change.cost).toBe(2);
  });

  test('cuts calendar weeks and months at the ends of the range', async () => {
    reports = reportsOn(table, '2026-12-20T00:00:00Z', 'America/New_York');
    await table.write([
      // At 04:55 UTC, it is still Sunday, November 8, in New York. This cost belongs to week 45.
      spent('2026-11-09T04:55:00Z', 1n),
      spent('2026-11-09T05:05:00Z', 2n),
      spent('2026-11-30T12:00:00Z', 4n),
      spent('2026-12-01T04:59:00Z', 8n),
      spent('2026-12-01T05:00:00Z', 16n),
    ]);
    const range = { from: '2026-11-04', to: '2026-12-02' };

    const weeks = await reports.trends(range, 'week');
    const months = await reports.trends(range, 'month');

    expect(weeks.periods.map(({ label, cost, complete }) => `${label} ${cost.usd} ${complete}`)).toEqual([
      '2026-W45 1 false',
      '2026-W46 2 true',
      '2026-W47 0 true',
      '2026-W48 0 true',
      '2026-W49 28 false',
    ]);
    expect(months.periods.map(({ label, cost, start }) => `${label} ${cost.usd} ${start}`)).toEqual([
      '2026-11 15 2026-11-04T00:00:00.000-05:00',
      '2026-12 16 2026-12-01T00:00:00.000-05:00',
    ]);
    expect(weeks.total.cost.usd).toBe('31');
  });

  test('omits future hours from trends by hour', async () => {
    reports = reportsOn(table, '2026-11-10T02:30:00Z');
    await table.write([
      spent('2026-11-10T02:10:00Z', 1n),
      spent('2026-11-10T01:40:00Z', 5n),
      spent('2026-11-10T01:10:00Z', 2n),
    ]);

    const { periods } = await reports.trends('2026-11-10', 'hour');

    expect(periods.map(({ label, cost, complete }) => `${label} ${cost.usd} ${complete}`)).toEqual([
      '2026-11-10 00:00 0 true',
      '2026-11-10 01:00 7 true',
      '2026-11-10 02:00 1 false',
    ]);
    // The change compares the time from 02:00 to 02:45 ($1) with the time from 01:00 to 01:45 ($7). At 02:30,
    // the current quarter-hour ends at 02:45.
    expect(periods[2].change.cost).toBeCloseTo(-6 / 7);
  });
});

describe('thresholds', () => {
  beforeEach(async () => {
    reports = reportsOn(table, '2026-11-10T12:00:00Z', 'Asia/Kolkata');
    await table.write([
      // This cost belongs to yesterday, because the day in Kolkata begins at 18:30 UTC.
      spent('2026-11-09T18:29:00Z', 50n),
      spent('2026-11-09T18:31:00Z', 5n),
      spent('2026-11-10T10:59:59Z', 2n),
      spent('2026-11-10T11:00:01Z', 3n),
      spent('2026-11-10T11:59:00Z', undefined),
    ]);
  });

  test('compares limits with the costs of today and of the last 60 minutes', async () => {
    const { alertRequired, checks, reasons } = await reports.checkThresholds({ daily: 9.5, hourly: 3 });

    expect(alertRequired).toBe(true);
    expect(checks).toMatchObject([
      {
        period: 'daily',
        limitUsd: '9.5',
        actual: { usd: '10', atLeast: true, unpriced: 1 },
        exceeded: true,
        byUsd: '0.5',
        from: '2026-11-09T18:30:00.000Z',
      },
      {
        period: 'hourly',
        limitUsd: '3',
        actual: { usd: '3' },
        exceeded: false,
        byUsd: '0',
        used: 1,
        from: '2026-11-10T11:00:00.000Z',
      },
    ]);
    expect(reasons).toEqual(['≥ $10.00 (1 unpriced) spent today: $0.50 above the daily limit of $9.50']);
  });

  test('requires no alert if all limits are kept', async () => {
    const { alertRequired, checks, reasons } = await reports.checkThresholds({ hourly: 3.01 });

    expect([alertRequired, checks.length, reasons]).toEqual([false, 1, []]);
    expect(checks[0].reason).toBe(
      '≥ $3.00 (1 unpriced) spent in the last 60 minutes, within the hourly limit of $3.01 as far as ' +
        'costs are known',
    );
  });

  test('checks limits for an agent without costs', async () => {
    const { alertRequired, checks } = await reports.checkThresholds(
      { daily: 0, hourly: 0 },
      { agentId: 'nobody' },
    );

    expect(alertRequired).toBe(false);
    expect(checks.map(({ actual, used }) => [actual.usd, used])).toEqual([
      ['0', 0],
      ['0', 0],
    ]);
  });
});
