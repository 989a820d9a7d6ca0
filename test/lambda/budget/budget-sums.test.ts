import * as fc from 'fast-check';
import { type CostTrace, DayCostSums, MAX_NAMES } from '../../../lambda/budget/day-costs';
import { hourlySpend } from '../../../lambda/budget/hourly-spend';
import { columns, percentText, shareText, usdText } from '../../../lambda/budget/plain-text';
import { crossingsOf } from '../../../lambda/budget/thresholds';
import { usdToPico } from '../../../lambda/pricing/pico';
import { fuzz } from '../../support/fuzz';

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
  test('adds up per agent, model and incident, the dearest first, exactly', () => {
    const sums = new DayCostSums(FROM, TO);
    sums.add([
      trace({ usd: 0.1, incidentId: 'i' }),
      trace({ usd: 0.2 }),
      trace({ usd: 5, agentId: 'b', model: 'n', incidentId: 'j' }),
    ]);

    expect(sums.costs()).toEqual({
      picoUsd: usdToPico(5.3),
      calls: 3,
      unpriced: 0,
      agents: [
        { name: 'b', picoUsd: usdToPico(5), calls: 1, unpriced: 0 },
        { name: 'a', picoUsd: usdToPico(0.3), calls: 2, unpriced: 0 },
      ],
      models: [
        { name: 'n', picoUsd: usdToPico(5), calls: 1, unpriced: 0 },
        { name: 'm', picoUsd: usdToPico(0.3), calls: 2, unpriced: 0 },
      ],
      incidents: [
        { name: 'j', picoUsd: usdToPico(5), calls: 1, unpriced: 0 },
        { name: 'i', picoUsd: usdToPico(0.1), calls: 1, unpriced: 0 },
      ],
      pruned: false,
    });
  });

  test('counts what is within the window, and no answer from a cache', () => {
    const sums = new DayCostSums(FROM, TO);
    sums.add([
      trace({ usd: 1, timestamp: FROM }),
      trace({ usd: 1, timestamp: new Date(FROM.getTime() - 1) }),
      trace({ usd: 1, timestamp: new Date(TO.getTime() + 1) }),
      trace({ usd: 1, timestamp: new Date(NaN) }),
      trace({ usd: 0, cached: true }),
    ]);

    expect(sums.costs()).toEqual(expect.objectContaining({ calls: 1, picoUsd: usdToPico(1) }));
  });

  test('takes a call for unpriced unless it failed before the model answered', () => {
    const sums = new DayCostSums(FROM, TO);
    sums.add([
      trace(),
      trace({ error: 'ThrottlingException', source: undefined }),
      trace({ error: 'Aborted' }),
    ]);

    expect(sums.costs()).toEqual(expect.objectContaining({ calls: 3, unpriced: 2 }));
  });

  test('keeps the dearest of any number of names, in bounded memory, and says that it left some out', () => {
    const sums = new DayCostSums(FROM, TO);
    sums.add([trace({ usd: 9, incidentId: 'dear' })]);
    for (let index = 0; index < 3 * MAX_NAMES; index += 1) {
      sums.add([trace({ usd: 0.001, incidentId: `cheap-${index}` })]);
    }
    sums.add([trace({ usd: 1, incidentId: 'dear' })]);

    const { incidents, pruned, picoUsd } = sums.costs();

    expect(incidents[0]).toEqual({ name: 'dear', picoUsd: usdToPico(10), calls: 2, unpriced: 0 });
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
  ])('at %d of 10 USD tells of %j', (spent, levels) => {
    expect(crossingsOf(status(spent, 10), { warning: 80, critical: 95 }).map(({ level }) => level)).toEqual(
      levels,
    );
  });

  test('has the lower with the higher, and their shares in money', () => {
    const [crossing] = crossingsOf(status(3, 0.3), { warning: 33.3, critical: 95 });

    expect(crossing).toMatchObject({
      budget: 'daily',
      level: 'critical',
      picoUsd: usdToPico(0.285),
      below: [{ level: 'warning', picoUsd: usdToPico(0.0999) }],
    });
  });

  test('has none without a budget', () => {
    expect(crossingsOf(status(100), { warning: 80, critical: 95 })).toEqual([]);
  });
});

describe('hourlySpend', () => {
  const now = new Date('2026-11-25T10:20:00Z');
  const at = (time: string, usd: number) => ({ time: new Date(time), usd });

  test('compares the last hour with the same hour of the days before', () => {
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

  test('counts a quiet day as nothing, and looks back seven days', () => {
    const points = [at('2026-11-10T10:00:00Z', 1000), at('2026-11-24T10:00:00Z', 7)];

    expect(hourlySpend(points, now)).toEqual({ now: 0n, usual: usdToPico(1), usualDays: 7 });
  });

  test('knows no usual spend on the first day', () => {
    expect(hourlySpend([at('2026-11-25T10:00:00Z', 1)], now)).toMatchObject({
      usual: undefined,
      usualDays: 0,
    });
  });
});

describe('plain text', () => {
  test.each([
    [0, '$0.00'],
    [1e-12, '< $0.000001'],
    [0.000367, '$0.000367'],
    [0.0123, '$0.0123'],
    [0.25, '$0.25'],
    [0.99996, '$1.00'],
    [1.005, '$1.01'],
    [1234567.5, '$1,234,567.50'],
  ])('writes %d dollars as %s', (usd, text) => {
    expect(usdText(usdToPico(usd))).toBe(text);
  });

  test('writes amounts above a cent within half of their last digit', () => {
    fuzz(
      fc.property(fc.bigInt({ min: 10n ** 10n, max: 10n ** 20n }), pico => {
        const text = usdText(pico);
        const difference = usdToPico(text.replace(/[$,]/g, '')) - pico;
        const half = pico >= 10n ** 12n ? 5n * 10n ** 9n : 5n * 10n ** 7n;
        return difference <= half && difference >= -half;
      }),
    );
  });

  test('writes shares to the tenth, and none of nothing', () => {
    expect([shareText(1n, 3n), shareText(0n, 3n), shareText(0n, 0n), percentText(120)]).toEqual([
      '33.3 %',
      '0.0 %',
      '',
      '120.0 %',
    ]);
  });

  test('sets columns one below the other by characters', () => {
    expect(
      columns([
        ['é', '1'],
        ['aaa', '10'],
      ]),
    ).toEqual(['é     1', 'aaa  10']);
    expect(columns([])).toEqual([]);
  });
});
