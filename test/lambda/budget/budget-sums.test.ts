import { hourlySpend } from '../../../lambda/budget/budget-status';
import { type CostTrace, DayCostSums, MAX_NAMES } from '../../../lambda/budget/day-costs';
import { columns, percentText, shareText } from '../../../lambda/budget/plain-text';
import { crossingsOf } from '../../../lambda/budget/thresholds';
import { usdToPico } from '../../../lambda/pricing/pico';

const FROM = new Date('2026-11-24T23:00:00Z');
const TO = new Date('2026-11-25T12:00:00Z');

function trace(changes: Partial<CostTrace> & { usd?: number } = {}): CostTrace {
  const { usd, ...others } = changes;
  return {
    agentId: 'a',
    model: 'm',
    timestamp: TO,
    cached: false,
    source: 'usage',
    picoUsd: usd === undefined ? undefined : usdToPico(usd),
    ...others,
  };
}

describe('DayCostSums', () => {
  test('adds up agents, models and incidents exactly, highest cost first', () => {
    const sums = new DayCostSums(FROM, TO);
    sums.add([
      trace({ usd: 0.1, incidentId: 'i' }),
      trace({ usd: 0.2 }),
      trace({ usd: 5, agentId: 'b', model: 'n', incidentId: 'j' }),
    ]);

    expect(sums.costs()).toEqual({
      picoUsd: usdToPico(5.3),
      answered: 3,
      failed: 0,
      fromCache: 0,
      unpriced: 0,
      lowerBound: 0,
      reasons: new Map(),
      agents: [
        { name: 'b', picoUsd: usdToPico(5), answered: 1, failed: 0, unpriced: 0, lowerBound: 0 },
        { name: 'a', picoUsd: usdToPico(0.3), answered: 2, failed: 0, unpriced: 0, lowerBound: 0 },
      ],
      models: [
        { name: 'n', picoUsd: usdToPico(5), answered: 1, failed: 0, unpriced: 0, lowerBound: 0 },
        { name: 'm', picoUsd: usdToPico(0.3), answered: 2, failed: 0, unpriced: 0, lowerBound: 0 },
      ],
      incidents: [
        { name: 'j', picoUsd: usdToPico(5), answered: 1, failed: 0, unpriced: 0, lowerBound: 0 },
        { name: 'i', picoUsd: usdToPico(0.1), answered: 1, failed: 0, unpriced: 0, lowerBound: 0 },
      ],
      pruned: false,
    });
  });

  test('counts traces of the time window, and cached responses apart from the others', () => {
    const sums = new DayCostSums(FROM, TO);
    sums.add([
      trace({ usd: 1, timestamp: FROM }),
      trace({ usd: 1, timestamp: new Date(FROM.getTime() - 1) }),
      trace({ usd: 1, timestamp: new Date(TO.getTime() + 1) }),
      trace({ usd: 1, timestamp: new Date(NaN) }),
      trace({ usd: 0, cached: true }),
    ]);

    expect(sums.costs()).toEqual(
      expect.objectContaining({ answered: 1, failed: 0, fromCache: 1, picoUsd: usdToPico(1) }),
    );
  });

  test('counts an invocation without a cost as unpriced unless it failed without tokens', () => {
    const sums = new DayCostSums(FROM, TO);
    sums.add([
      trace(),
      trace({ error: 'ThrottlingException', source: undefined }),
      trace({ error: 'Aborted' }),
    ]);

    expect(sums.costs()).toEqual(expect.objectContaining({ answered: 1, failed: 2, unpriced: 2 }));
  });

  test('keeps the names with the highest costs in bounded memory, and marks dropped names', () => {
    const sums = new DayCostSums(FROM, TO);
    sums.add([trace({ usd: 9, incidentId: 'costly' })]);
    for (let index = 0; index < 3 * MAX_NAMES; index += 1) {
      sums.add([trace({ usd: 0.001, incidentId: `cheap-${index}` })]);
    }
    sums.add([trace({ usd: 1, incidentId: 'costly' })]);

    const { incidents, pruned, picoUsd } = sums.costs();

    expect(incidents[0]).toEqual({
      name: 'costly',
      picoUsd: usdToPico(10),
      answered: 2,
      failed: 0,
      unpriced: 0,
      lowerBound: 0,
    });
    expect(incidents.length).toBeLessThanOrEqual(2 * MAX_NAMES);
    expect(pruned).toBe(true);
    expect(picoUsd).toBe(usdToPico(10 + (3 * MAX_NAMES) / 1000));
  });
});

describe('crossingsOf', () => {
  const status = (spent: number, budget?: number) => ({
    timeZone: 'UTC',
    dayToDateUsd: spent,
    monthToDateUsd: 0,
    last30DaysUsd: 0,
    dailyBudgetUsd: budget,
    dailyBudgetUsedPercent: budget && Math.round((spent / budget) * 1000) / 10,
  });

  test.each([
    [7.9999, []],
    [8, ['warning']],
    [9.4999, ['warning']],
    [9.5, ['critical']],
    [100, ['critical']],
  ])('a cost of %d USD with a budget of 10 USD reaches the thresholds %j', (spent, levels) => {
    expect(crossingsOf(status(spent, 10), { warning: 80, critical: 95 }).map(({ level }) => level)).toEqual(
      levels,
    );
  });

  test('returns the lower threshold with the higher one, both in money', () => {
    const [crossing] = crossingsOf(status(3, 0.3), { warning: 33.3, critical: 95 });

    expect(crossing).toMatchObject({
      budget: 'daily',
      level: 'critical',
      picoUsd: usdToPico(0.285),
      below: [{ level: 'warning', picoUsd: usdToPico(0.0999) }],
    });
  });

  test('returns no threshold without a budget', () => {
    expect(crossingsOf(status(100), { warning: 80, critical: 95 })).toEqual([]);
  });
});

describe('hourlySpend', () => {
  const now = new Date('2026-11-25T10:20:00Z');
  const at = (time: string, usd: number) => ({ time: new Date(time), usd });

  test('compares the last hour with the same hour on the days before', () => {
    const points = [
      at('2026-11-23T09:15:00Z', 2),
      at('2026-11-24T10:00:00Z', 4),
      at('2026-11-24T10:15:00Z', 100),
      at('2026-11-25T09:00:00Z', 100),
      at('2026-11-25T09:15:00Z', 6),
      at('2026-11-25T10:15:00Z', 7),
    ];

    expect(hourlySpend(points, now)).toEqual({ now: usdToPico(12), usual: usdToPico(3), usualDays: 2 });
  });

  test('counts a day without points as 0, and looks back seven days', () => {
    const points = [at('2026-11-10T10:00:00Z', 1000), at('2026-11-24T10:00:00Z', 7)];

    expect(hourlySpend(points, now)).toEqual({ now: 0n, usual: usdToPico(1), usualDays: 7 });
  });

  test('returns no usual cost of an hour on the first day', () => {
    expect(hourlySpend([at('2026-11-25T10:00:00Z', 1)], now)).toMatchObject({
      usual: undefined,
      usualDays: 0,
    });
  });
});

describe('plain text', () => {
  test('formats shares to one decimal place, and no share of 0', () => {
    expect([shareText(1n, 3n), shareText(0n, 3n), shareText(0n, 0n), percentText(120)]).toEqual([
      '33.3 %',
      '0.0 %',
      '',
      '120.0 %',
    ]);
  });

  test('aligns columns by characters', () => {
    expect(
      columns([
        ['é', '1'],
        ['aaa', '10'],
      ]),
    ).toEqual(['é     1', 'aaa  10']);
    expect(columns([])).toEqual([]);
  });
});
