import { drawOf } from './forecast-series';
import { expectedAhead, smooth } from '../../../reports/forecast/holt-winters';
import { mean } from '../../../reports/forecast/statistics';

/** Amounts of six weeks without random deviations: 1.4 on each working day, and 0 on weekends. */
const REGULAR = Array.from({ length: 42 }, (_, day) => (day % 7 < 5 ? 1.4 : 0));

describe('Holt-Winters smoothing', () => {
  const expectedOf = (amounts: readonly number[], days: number) => {
    const smoothing = smooth(amounts);
    return Array.from({ length: days }, (_, day) => expectedAhead(smoothing, day + 1));
  };

  test('continues a regular series', () => {
    const expected = expectedOf(REGULAR, 14);

    expected.forEach((amount, day) => expect(amount).toBeCloseTo(REGULAR[day], 6));
  });

  test.each([1, 2])('treats %i expensive day(s) as a spike', days => {
    const spiky = REGULAR.map((amount, day) => (day >= 30 && day < 30 + days ? 40 : amount));

    expect(expectedOf(spiky, 5)[0]).toBeLessThan(2);
  });

  test('treats three consecutive expensive days as a step', () => {
    const stepped = [...REGULAR.slice(0, 35), ...[10, 10, 10]];

    expect(expectedOf(stepped, 1)[0]).toBeCloseTo(10, 0);
  });

  test('expects no cost after three working days without a cost', () => {
    const stopped = [...REGULAR.slice(0, 35), ...[0, 0, 0, 0]];

    expectedOf(stopped, 14).forEach(amount => expect(amount).toBe(0));
  });

  test('dampens a trend', () => {
    const rising = Array.from({ length: 56 }, (_, day) => 0.5 + day / 50);
    const expected = expectedOf(rising, 200);

    expect(expected[0]).toBeGreaterThan(1.55);
    expect(expected[199] - expected[192]).toBeLessThan(0.02);
    expect(expected[199]).toBeLessThan(3);
  });

  test('finds no weekday pattern if weekdays differ only by chance', () => {
    const draw = drawOf(7);
    const [fit] = smooth(Array.from({ length: 140 }, () => 0.5 + draw())).fits;

    fit.state.factors.forEach(factor => expect(factor).toBeCloseTo(1, 0));
  });

  test('does not treat occasional costs as spikes', () => {
    const draw = drawOf(8);
    const seldom = Array.from({ length: 84 }, () => (draw() < 0.25 ? 4 : 0));

    expect(mean(expectedOf(seldom, 28))).toBeGreaterThan(0.6);
    expect(mean(expectedOf(seldom, 28))).toBeLessThan(1.5);
  });
});
