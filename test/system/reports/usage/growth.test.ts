import { UsageReports } from '../../../../reports';
import type { Reads } from '../../../../reports/results';
import { startRollupTable, TABLE } from '../../../lambda/rollup/support';
import { bytesOf, type MonthShape, rolledUpMonth } from '../../../reports/rolled-up-month';

const MONTH = { from: '2026-10-01', to: '2026-10-30' };
const TEN_DAYS = { from: '2026-10-01', to: '2026-10-10' };
const SHAPE = { first: MONTH.from, days: 30, agents: 6, models: 3 };
const SIZES = [10_000, 100_000, 1_000_000];
/** Time of the reports, on the day after the month. The table has no calls on this day. */
const NOW = new Date('2026-10-31T12:00:00.000Z');
const DAYS_UNTIL_NOW = 31;

const UNIT_BYTES = 4096;
const PAGE_BYTES = 2 ** 20;
/**
 * Maximum size of a rollup item in bytes. Each quarter-hour of the day takes 100 bytes for answered calls,
 * for failed calls and for calls answered from cache. Other attributes take 1,500 bytes.
 */
const FULLEST_ITEM_BYTES = 3 * 96 * 100 + 1500;
/** Approximate size of a trace in bytes. */
const TRACE_BYTES = 500;

interface Cost {
  readonly requests: number;
  readonly units: number;
}

const REPORTS = ['daily', 'agents', 'models', 'trends', 'totals'] as const;
type Report = (typeof REPORTS)[number];

/**
 * Reads reports on a month from a table with rollup items. Returns the requests and read units of each
 * report.
 */
async function readMonth(shape: MonthShape, names: readonly Report[]) {
  const month = rolledUpMonth(shape);
  const table = await startRollupTable();
  const reports = new UsageReports({
    tableName: TABLE,
    endpoint: table.endpoint,
    region: 'us-east-1',
    now: () => NOW,
  });
  const reported = new Map<Report, Cost>();
  const sent = new Map<Report, number>();
  const sums = new Set<string>();
  const readings: Readonly<
    Record<Report, () => Promise<{ reads: Reads; total: { answered: number; cost: { picoUsd: bigint } } }>>
  > = {
    daily: () => reports.daily(MONTH),
    agents: () => reports.agents(MONTH),
    models: () => reports.models(MONTH),
    trends: () => reports.trends(MONTH, 'week'),
    totals: () => reports.totals(DAYS_UNTIL_NOW),
  };
  try {
    await table.put(month.items);
    const written = table.requests.length;
    for (const name of names) {
      const before = table.requests.length;
      const { reads, total } = await readings[name]();
      reported.set(name, { requests: reads.requests, units: reads.units });
      sent.set(name, table.requests.length - before);
      sums.add(`${total.answered} calls for ${total.cost.picoUsd}`);
    }
    const {
      reads: { units },
    } = await reports.daily(TEN_DAYS);
    return {
      month,
      bytes: month.items.map(bytesOf),
      reported,
      sent,
      sums: [...sums],
      unitsOfTenDays: units,
      requests: table.requests.slice(written),
    };
  } finally {
    reports.close();
    await table.close();
  }
}

type Reading = Awaited<ReturnType<typeof readMonth>>;

const sum = (values: readonly number[]) => values.reduce((total, each) => total + each, 0);
const unitsOf = (bytes: number) => bytes / UNIT_BYTES / 2;
const dailyOf = ({ reported }: Reading): Cost => reported.get('daily') ?? { requests: NaN, units: NaN };

describe('reads of a month of rollups', () => {
  const readings: Reading[] = [];
  beforeAll(async () => {
    for (const traces of SIZES) readings.push(await readMonth({ ...SHAPE, traces }, REPORTS));
    console.info(
      readings
        .map(reading => {
          const { requests, units } = dailyOf(reading);
          return (
            `${reading.month.traces} traces: ${requests} requests, ${units} read units; their traces ` +
            `would take about ${Math.ceil(unitsOf(reading.month.traces * TRACE_BYTES))}`
          );
        })
        .join('\n'),
    );
  }, 60_000);

  test('each report of rollups contains the cost of all calls to the pico-dollar', () => {
    for (const {
      month: { calls, picoUsd },
      sums,
    } of readings) {
      expect(sums).toEqual([`${calls} calls for ${picoUsd}`]);
    }
  });

  test('reports of rollups read no traces and scan nothing', () => {
    for (const { requests } of readings) {
      expect([...new Set(requests.map(({ operation }) => operation))]).toEqual(['Query']);
      expect(requests.filter(({ body }) => JSON.stringify(body).includes('AGENT#'))).toEqual([]);
    }
  });

  test('a report contains the number of its requests and read units', () => {
    for (const reading of readings) {
      expect([...reading.reported].map(([name, { requests }]) => [name, requests])).toEqual([
        ...reading.sent,
      ]);
      // Allows a small difference, because the emulator counts one byte more or less for some numbers.
      expect(dailyOf(reading).units / unitsOf(sum(reading.bytes))).toBeCloseTo(1, 1);
    }
  });

  test('a rollup item has a maximum size for any number of calls, and each day, agent and model has one item', () => {
    const { days, agents, models } = SHAPE;
    for (const { month, bytes, reported } of readings) {
      expect(month.items).toHaveLength(days * agents * models + days);
      expect(Math.max(...bytes)).toBeLessThan(FULLEST_ITEM_BYTES);
      // These reports read only this month. `trends` also reads the previous month, and `totals` also reads
      // today.
      for (const { requests, units } of ['daily', 'agents', 'models'].map(
        name => reported.get(name as Report) as Cost,
      )) {
        expect(units).toBeLessThan(unitsOf(days * agents * models * FULLEST_ITEM_BYTES));
        // Each response has 1 MB, minus at most one item. The last response can be smaller.
        expect(requests).toBeLessThanOrEqual(Math.ceil(sum(bytes) / (PAGE_BYTES - FULLEST_ITEM_BYTES)) + 1);
      }
    }
  });

  test('a report of a hundred times the calls needs less than ten times the reads, with a smaller factor at each step', () => {
    const [tenThousand, hundredThousand, million] = readings.map(dailyOf);
    expect(million.units).toBeLessThan(tenThousand.units * 10);
    expect(million.units / hundredThousand.units).toBeLessThan(hundredThousand.units / tenThousand.units);
    expect(million.requests).toBeLessThanOrEqual(10);
    expect(million.units).toBeLessThan(unitsOf(SIZES[2] * TRACE_BYTES) / 50);
  });

  test('days outside the requested range are not read', () => {
    for (const reading of readings) {
      expect(reading.unitsOfTenDays / dailyOf(reading).units).toBeCloseTo(1 / 3, 1);
    }
  });

  test('a report of twice as many agents or models, with the same number of calls each, needs twice the reads', async () => {
    const { units } = dailyOf(readings[1]);
    for (const more of [{ agents: 12 }, { models: 6 }]) {
      const twice = dailyOf(await readMonth({ ...SHAPE, ...more, traces: 2 * SIZES[1] }, ['daily']));
      expect(twice.units / units).toBeCloseTo(2, 1);
    }
  }, 30_000);
});
