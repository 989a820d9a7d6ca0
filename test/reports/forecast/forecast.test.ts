import fc from 'fast-check';
import { drawOf, FIRST_DAY, historyOf, SERIES } from './forecast-series';
import { addUtcDays } from '../../../lambda/rollup/utc-day';
import { forecastOf, requireForecastDays } from '../../../reports/forecast/forecast';
import type { DailyCost, Forecast } from '../../../reports/forecast/forecast-report';
import { fuzz } from '../../support/fuzz';

const OFFICE = SERIES['weekday pattern'](drawOf(1), 200);

function amountsOf({ days, total }: Forecast) {
  return [...days, ...(total ? [total] : [])];
}

const text = (forecast: Forecast) =>
  JSON.stringify(forecast, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));

describe('forecast of a regular history', () => {
  const forecast = forecastOf(historyOf(OFFICE.slice(0, 84)), 30);

  test('covers the days after the history, with intervals', () => {
    const first = addUtcDays(FIRST_DAY, 84);

    expect(forecast).toMatchObject({
      status: 'ok',
      historyDays: 84,
      forecastDays: 30,
      atLeast: false,
      unpriced: 0,
      warnings: [],
    });
    expect(forecast.method).toContain('Holt-Winters');
    expect(forecast.days.map(({ day }) => day)).toEqual(
      Array.from({ length: 30 }, (_, day) => addUtcDays(first, day)),
    );
    expect(forecast.days[0].usd).toMatch(/^1\d\.\d+$/);
    expect(forecast.days[0].range80.lowUsd).toMatch(/^\d+\.\d+$/);
  });

  test('gives a total that equals the sum of the days, with a narrower interval than the sum of their intervals', () => {
    const sum = (pick: (day: Forecast['days'][number]) => bigint) =>
      forecast.days.reduce((total, day) => total + pick(day), 0n);

    expect(forecast.total?.picoUsd).toBe(sum(day => day.picoUsd));
    expect(forecast.total?.range95.highPicoUsd).toBeLessThan(sum(day => day.range95.highPicoUsd));
    expect(forecast.total?.range95.lowPicoUsd).toBeGreaterThan(sum(day => day.range95.lowPicoUsd));
  });

  test('finds the weekday pattern of the costs', () => {
    expect(forecast.weekdays.map(({ weekday }) => weekday)).toEqual([
      'Monday',
      'Tuesday',
      'Wednesday',
      'Thursday',
      'Friday',
      'Saturday',
      'Sunday',
    ]);
    [1.3, 1.25, 1.2, 1.2, 1.1, 0.5, 0.45].forEach((factor, index) =>
      expect(Math.abs(forecast.weekdays[index].factor - factor)).toBeLessThan(0.2),
    );
    expect(Number(forecast.weekdays[6].usualUsd)).toBeLessThan(Number(forecast.weekdays[0].usualUsd) / 2);
  });

  test('finds the weekday pattern of a history that begins on any weekday', () => {
    const { weekdays } = forecastOf(historyOf(OFFICE.slice(3, 84), addUtcDays(FIRST_DAY, 3)), 1);

    expect(weekdays.filter(({ factor }) => factor < 0.75).map(({ weekday }) => weekday)).toEqual([
      'Saturday',
      'Sunday',
    ]);
  });

  test('includes a backtest on the last weeks', () => {
    const { backtest } = forecast;

    expect(backtest?.weeks).toBe(8);
    expect(backtest?.relativeError).toBeCloseTo(
      Number(backtest?.errorUsd) / Number(backtest?.naiveErrorUsd),
      6,
    );
    expect(backtest?.relativeError).toBeLessThan(1);
    expect(backtest?.coverage80).toBeGreaterThan(0.65);
    expect(backtest?.coverage95).toBeGreaterThan(0.85);
    expect(forecastOf(historyOf(OFFICE.slice(0, 28)), 1).backtest).toMatchObject({ weeks: 2 });
    expect(forecastOf(historyOf(OFFICE.slice(0, 28)), 1).backtest).not.toHaveProperty('coverage80');
    expect(forecastOf(historyOf(OFFICE.slice(0, 20)), 1)).not.toHaveProperty('backtest');
  });

  test.each([
    ['flat', 'flat'],
    ['mostly noise', 'flat'],
    ['weekday pattern', 'flat'],
    ['nothing on weekends', 'flat'],
    ['growth, linear', 'rising'],
    ['growth, 1.5 % a day', 'rising'],
    ['decay', 'falling'],
  ])('classifies the trend of the series "%s" as %s', (name, direction) => {
    const { trend } = forecastOf(historyOf(SERIES[name](drawOf(11), 42)), 1);

    expect(trend).toMatchObject({ direction, days: 28 });
  });

  test('returns the slope of rising costs', () => {
    const { trend } = forecastOf(historyOf(Array.from({ length: 28 }, (_, day) => 10 + day / 10)), 1);

    expect(trend?.direction).toBe('rising');
    expect(Math.abs(Number(trend?.perDayUsd) - 0.1)).toBeLessThan(0.015);
    expect(Math.abs((trend?.perWeek ?? 0) - 0.7 / 11.35)).toBeLessThan(0.01);
  });

  test('names an outlier and does not follow it', () => {
    const spiky = OFFICE.slice(0, 84).map((usd, day) => (day === 80 ? 20 * usd : usd));

    const spiked = forecastOf(historyOf(spiky), 30);

    expect(spiked.extraordinaryDays).toEqual([...forecast.extraordinaryDays, addUtcDays(FIRST_DAY, 80)]);
    expect(Number(spiked.total?.usd) / Number(forecast.total?.usd)).toBeLessThan(1.25);
  });

  test('warns if the last days are outliers, and follows them if they continue', () => {
    const outliersAtEnd = (days: number) =>
      forecastOf(historyOf([...OFFICE.slice(0, 84), ...OFFICE.slice(84, 84 + days).map(usd => 5 * usd)]), 7);

    expect(outliersAtEnd(2).warnings).toEqual([expect.stringContaining('are outliers')]);
    expect(Number(outliersAtEnd(2).total?.usd)).toBeLessThan(150);
    expect(outliersAtEnd(4).warnings).toEqual([]);
    expect(Number(outliersAtEnd(4).total?.usd)).toBeGreaterThan(250);
  });

  test('forecasts 0 for weekends without a cost, and for no other day', () => {
    const { days } = forecastOf(historyOf(SERIES['nothing on weekends'](drawOf(3), 56)), 7);

    days.slice(0, 5).forEach(({ usd }) => expect(Number(usd)).toBeGreaterThan(8));
    days.slice(5).forEach(({ usd, range95 }) => {
      expect(Number(usd)).toBeLessThan(0.3);
      expect(range95.lowPicoUsd).toBe(0n);
    });
  });

  test('forecasts a slow mean for occasional costs', () => {
    const { method, total } = forecastOf(historyOf(SERIES['costs on some days'](drawOf(3), 84)), 28);

    expect(method).toContain('Slow mean');
    expect(Number(total?.usd)).toBeGreaterThan(40);
    expect(Number(total?.usd)).toBeLessThan(150);
  });
});

describe('forecast of an incomplete history', () => {
  test('marks the forecast as a lower bound if the history has unpriced calls', () => {
    const history = historyOf(OFFICE.slice(0, 28)).map((day, index) =>
      index % 10 === 0 ? { ...day, unpriced: 2 } : day,
    );

    const { atLeast, unpriced, warnings } = forecastOf(history, 7);

    expect({ atLeast, unpriced }).toEqual({ atLeast: true, unpriced: 6 });
    expect(warnings).toEqual(['6 calls of the history are unpriced, so the true amounts are higher.']);
  });

  test('omits days before the first cost from the history', () => {
    const before = historyOf([0, 0, 0], addUtcDays(FIRST_DAY, -3)).map(day => ({ ...day, unpriced: 1 }));

    const later = forecastOf([...before, ...historyOf(OFFICE.slice(0, 28))], 7);

    expect(later).toEqual({
      ...forecastOf(historyOf(OFFICE.slice(0, 28)), 7),
      warnings: ['The history omits the first 3 days, which have no cost.'],
    });
  });

  test('omits an incomplete day from the history, and begins the forecast with it', () => {
    const history: DailyCost[] = historyOf(OFFICE.slice(0, 28));
    const today = { ...historyOf([0.01], addUtcDays(FIRST_DAY, 28))[0], complete: false };

    expect(forecastOf([...history, today], 7)).toEqual(forecastOf(history, 7));
    expect(forecastOf(history, 7).days[0].day).toBe(today.day);
  });

  test.each([7, 13])(
    'forecasts the same amount for each day after %i days of history, with a warning',
    days => {
      const {
        status,
        method,
        days: expected,
        warnings,
        weekdays,
        ...rest
      } = forecastOf(historyOf(OFFICE.slice(0, days)), 5);

      expect(status).toBe('ok');
      expect(method).toContain('Mean of the days');
      expect(new Set(expected.map(({ usd }) => usd)).size).toBe(1);
      expect(Number(expected[0].usd)).toBeGreaterThan(8);
      expect(Number(expected[0].usd)).toBeLessThan(12);
      expect(warnings).toEqual([expect.stringContaining('fewer than 14 days')]);
      expect(weekdays).toEqual([]);
      expect(rest).not.toHaveProperty('trend');
      expect(rest).not.toHaveProperty('backtest');
    },
  );

  test('warns if the forecast is longer than its history', () => {
    expect(forecastOf(historyOf(OFFICE.slice(0, 14)), 15).warnings).toEqual([
      'The forecast of 15 days is longer than its history of 14 days.',
    ]);
  });

  test.each<[string, DailyCost[], RegExp]>([
    [
      'no day',
      [],
      /^The history has no complete day\. A forecast needs at least 7 complete days .* of which 4 have a cost\.$/,
    ],
    [
      'days without a cost',
      historyOf(Array.from({ length: 60 }, () => 0)),
      /^The history has 60 days without a cost\. /,
    ],
    [
      'unpriced calls alone',
      historyOf([0, 0]).map(day => ({ ...day, unpriced: 1 })),
      /without a cost, and 2 calls are unpriced\. /,
    ],
    [
      'six days',
      historyOf(OFFICE.slice(0, 6)),
      /^The history has 6 complete days since 2026-08-31, the first day with a cost\. A forecast needs at least 7 /,
    ],
    [
      'six days after many without a cost',
      historyOf([...Array.from({ length: 30 }, () => 0), 1, 2, 3, 4, 5, 6]),
      /^The history has 6 complete days since 2026-09-30/,
    ],
    [
      'three costs',
      historyOf([1, 0, 0, 1, 0, 0, 0, 1, 0, 0]),
      /^Only 3 of the 10 days since 2026-08-31, the first day with a cost, have a cost\. /,
    ],
  ])('gives a reason if there is no forecast: %s', (_, history, reason) => {
    const forecast = forecastOf(history, 7);

    expect(forecast).toMatchObject({
      status: 'too-little-history',
      daysNeeded: 7,
      forecastDays: 7,
      method: 'none',
      days: [],
      weekdays: [],
      warnings: [],
    });
    expect(forecast.reason).toMatch(reason);
    expect(forecast).not.toHaveProperty('total');
  });
});

describe('invalid arguments of a forecast', () => {
  test.each<[number, number, string]>([
    [0, 7, 'historyDays must be a whole number from 1 to 400, got: 0'],
    [401, 7, 'historyDays must be a whole number from 1 to 400, got: 401'],
    [30, 0, 'forecastDays must be a whole number from 1 to 365, got: 0'],
    [30, 366, 'forecastDays must be a whole number from 1 to 365, got: 366'],
    [30, 1.5, 'forecastDays must be a whole number'],
    [Number.NaN, 7, 'historyDays must be a whole number'],
  ])('refuses a history of %d days with a forecast of %d days', (historyDays, forecastDays, message) => {
    expect(() => requireForecastDays(historyDays, forecastDays)).toThrow(new RegExp(`^${message}`));
    expect(() => requireForecastDays(400, 365)).not.toThrow();
  });

  test('refuses a history with a gap or a negative cost', () => {
    const history = historyOf(OFFICE.slice(0, 14));

    expect(() =>
      forecastOf(
        history.filter((_, day) => day !== 5),
        7,
      ),
    ).toThrow('the days of a history must be consecutive, got: 2026-09-06 after 2026-09-04');
    expect(() => forecastOf([...history.slice(0, 13), { ...history[13], picoUsd: -1n }], 7)).toThrow(
      'must be 0 or more, got: -1 pico-dollars on 2026-09-13',
    );
    expect(() => forecastOf(history, 0)).toThrow(RangeError);
  });
});

describe('forecast of any history', () => {
  const cost = fc.oneof(
    { weight: 3, arbitrary: fc.bigInt(1n, 10n ** 13n) },
    { weight: 1, arbitrary: fc.constant(0n) },
    { weight: 1, arbitrary: fc.bigInt(1n, 10n ** 20n) },
  );
  const anyHistory = fc
    .array(cost, { minLength: 0, maxLength: 45 })
    .map(costs =>
      costs.map((picoUsd, day): DailyCost => ({ day: addUtcDays(FIRST_DAY, day), picoUsd, unpriced: 0 })),
    );

  test('returns no negative amounts, and 95 % intervals that contain the 80 % ones and widen from week to week', () => {
    fuzz(
      fc.property(anyHistory, fc.integer({ min: 1, max: 20 }), (history, days) => {
        const forecast = forecastOf(history, days);

        expect(forecast.days).toHaveLength(forecast.status === 'ok' ? days : 0);
        for (const { picoUsd, range80, range95 } of amountsOf(forecast)) {
          // Allows for rounding: the total is the sum of rounded days, so it may be slightly outside its
          // interval.
          const rounding = BigInt(days) + picoUsd / 10n ** 12n;
          expect(range95.lowPicoUsd).toBeGreaterThanOrEqual(0n);
          expect(range80.lowPicoUsd).toBeGreaterThanOrEqual(range95.lowPicoUsd);
          expect(picoUsd + rounding).toBeGreaterThanOrEqual(range80.lowPicoUsd);
          expect(range80.highPicoUsd + rounding).toBeGreaterThanOrEqual(picoUsd);
          expect(range95.highPicoUsd).toBeGreaterThanOrEqual(range80.highPicoUsd);
        }
        forecast.days.slice(7).forEach(({ picoUsd, range95 }, index) => {
          const before = forecast.days[index];
          const rounding = 2n + range95.highPicoUsd / 10n ** 12n;
          expect(range95.highPicoUsd - picoUsd + rounding).toBeGreaterThanOrEqual(
            before.range95.highPicoUsd - before.picoUsd,
          );
        });
      }),
      { numRuns: 40, seed: 20_261_122 },
    );
  });

  test('always returns the same forecast for the same history', () => {
    fuzz(
      fc.property(anyHistory, history => text(forecastOf(history, 9)) === text(forecastOf(history, 9))),
      { numRuns: 10, seed: 20_261_122 },
    );
  });

  test('scales with the costs of the history', () => {
    fuzz(
      fc.property(anyHistory, history => {
        const one = forecastOf(history, 9);
        const thousand = forecastOf(
          history.map(day => ({ ...day, picoUsd: 1000n * day.picoUsd })),
          9,
        );

        expect(thousand.status).toBe(one.status);
        amountsOf(one).forEach(({ picoUsd, range95 }, index) => {
          const times = amountsOf(thousand)[index];
          // Fails if the relative difference is 0.1 or more. Rounding changes amounts of a few pico-dollars a
          // lot.
          const isClose = (large: bigint, small: bigint) =>
            expect(
              Math.abs(Number(large) / 1000 - Number(small)) / Math.max(1000, Number(small)),
            ).toBeLessThan(0.1);
          isClose(times.picoUsd, picoUsd);
          isClose(times.range95.highPicoUsd, range95.highPicoUsd);
        });
      }),
      { numRuns: 15, seed: 20_261_122 },
    );
  });
});
