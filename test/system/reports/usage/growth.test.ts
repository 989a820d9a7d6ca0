import { UsageReports } from '../../../../reports';
import type { Reads } from '../../../../reports/results';
import { startRollupTable, TABLE } from '../../../lambda/rollup/support';
import { bytesOf, type MonthShape, rolledUpMonth } from '../../../reports/rolled-up-month';

const MONTH = { from: '2026-10-01', to: '2026-10-30' };
const TEN_DAYS = { from: '2026-10-01', to: '2026-10-10' };
const SHAPE = { first: MONTH.from, days: 30, agents: 6, models: 3 };
const SIZES = [10_000, 100_000, 1_000_000];
/** The day after the month, which has no calls. */
const NOW = new Date('2026-10-31T12:00:00.000Z');
const DAYS_UNTIL_NOW = 31;

const UNIT_BYTES = 4096;
const PAGE_BYTES = 2 ** 20;
/**
 * An item with a call of each kind here (answered, failed, cached) in
 * each quarter-hour, of 100 bytes a row, and what is beside the rows.
 */
const FULLEST_ITEM_BYTES = 3 * 96 * 100 + 1500;
/** A trace as the runtime writes it; each takes half a unit for each 4 KB of its page. */
const TRACE_BYTES = 500;

interface Cost {
  readonly requests: number;
  readonly units: number;
}

const REPORTS = ['daily', 'agents', 'models', 'trends', 'totals'] as const;
type Report = (typeof REPORTS)[number];

/**
 * Reports of the month on a table that has its rolled-up days and nothing else, and what was asked of the table.
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
  const told = new Map<Report, Cost>();
  const seen = new Map<Report, number>();
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
      told.set(name, { requests: reads.requests, units: reads.units });
      seen.set(name, table.requests.length - before);
      sums.add(`${total.answered} calls for ${total.cost.picoUsd}`);
    }
    const {
      reads: { units },
    } = await reports.daily(TEN_DAYS);
    return {
      month,
      bytes: month.items.map(bytesOf),
      told,
      seen,
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
const dailyOf = ({ told }: Reading): Cost => told.get('daily') ?? { requests: NaN, units: NaN };

describe('what a month of rolled-up days takes to be read', () => {
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

  test('every report has all calls in it, to the pico-dollar', () => {
    for (const {
      month: { calls, picoUsd },
      sums,
    } of readings) {
      expect(sums).toEqual([`${calls} calls for ${picoUsd}`]);
    }
  });

  test('no trace is read for it, and nothing is scanned', () => {
    for (const { requests } of readings) {
      expect([...new Set(requests.map(({ operation }) => operation))]).toEqual(['Query']);
      expect(requests.filter(({ body }) => JSON.stringify(body).includes('AGENT#'))).toEqual([]);
    }
  });

  test('the report tells the requests and the units that it took', () => {
    for (const reading of readings) {
      expect([...reading.told].map(([name, { requests }]) => [name, requests])).toEqual([...reading.seen]);
      // The engine counts some numbers otherwise, by a byte.
      expect(dailyOf(reading).units / unitsOf(sum(reading.bytes))).toBeCloseTo(1, 1);
    }
  });

  test('an item has a most, which no number of calls exceeds, and the month has one of it for each day, agent and model', () => {
    const { days, agents, models } = SHAPE;
    for (const { month, bytes, told } of readings) {
      expect(month.items).toHaveLength(days * agents * models + days);
      expect(Math.max(...bytes)).toBeLessThan(FULLEST_ITEM_BYTES);
      // Trends read as much before the month, and totals today,
      // of which there is nothing but a request for each day.
      for (const { requests, units } of ['daily', 'agents', 'models'].map(
        name => told.get(name as Report) as Cost,
      )) {
        expect(units).toBeLessThan(unitsOf(days * agents * models * FULLEST_ITEM_BYTES));
        // A page has 1 MB but for its last item, and the rest of the month one more.
        expect(requests).toBeLessThanOrEqual(Math.ceil(sum(bytes) / (PAGE_BYTES - FULLEST_ITEM_BYTES)) + 1);
      }
    }
  });

  test('a hundred times the calls are not ten times the reads, and less with each step', () => {
    const [tenThousand, hundredThousand, million] = readings.map(dailyOf);
    expect(million.units).toBeLessThan(tenThousand.units * 10);
    expect(million.units / hundredThousand.units).toBeLessThan(hundredThousand.units / tenThousand.units);
    expect(million.requests).toBeLessThanOrEqual(10);
    expect(million.units).toBeLessThan(unitsOf(SIZES[2] * TRACE_BYTES) / 50);
  });

  test('the days that are not asked for are not read', () => {
    for (const reading of readings) {
      expect(reading.unitsOfTenDays / dailyOf(reading).units).toBeCloseTo(1 / 3, 1);
    }
  });

  test('twice the agents, or twice the models, with as many calls each are twice the reads', async () => {
    const { units } = dailyOf(readings[1]);
    for (const more of [{ agents: 12 }, { models: 6 }]) {
      const twice = dailyOf(await readMonth({ ...SHAPE, ...more, traces: 2 * SIZES[1] }, ['daily']));
      expect(twice.units / units).toBeCloseTo(2, 1);
    }
  }, 30_000);
});
