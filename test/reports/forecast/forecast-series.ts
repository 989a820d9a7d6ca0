import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { addUtcDays } from '../../../lambda/rollup/utc-day';

/** Function that returns a random number from 0 up to, but not including, 1. */
export type Draw = () => number;

export function drawOf(seed: number): Draw {
  // Multiplies the seed by a large constant, because similar seeds would give similar first numbers.
  const random = xoroshiro128plus(Math.imul(seed + 1, 0x9e3779b1));
  return () => uniformFloat64(random);
}

/** Returns a random factor for a day's cost. Its distribution is log-normal with the mean 1. */
function noise(draw: Draw, deviation: number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw());
  return Math.exp(deviation * normal - deviation ** 2 / 2);
}

const OFFICE = [1.3, 1.25, 1.2, 1.2, 1.1, 0.5, 0.45];
const OFFICE_ONLY = [1.5, 1.4, 1.4, 1.4, 1.3, 0, 0];

function series(draw: Draw, days: number, deviation: number, amountOf: (day: number) => number): number[] {
  return Array.from({ length: days }, (_, day) => amountOf(day) * noise(draw, deviation));
}

/**
 * Returns the random cost of a day, in US dollars. The number of calls has a Poisson distribution. The cost
 * of a call has a Pareto distribution: most calls are cheap, and a few are expensive.
 */
function tasks(draw: Draw, day: number): number {
  let [calls, left] = [0, Math.exp(-20 * OFFICE[day % 7])];
  for (let product = draw(); product > left; product *= draw()) calls++;
  return Array.from({ length: calls }, () => 0.2 * (1 - draw()) ** (-1 / 2.5)).reduce(
    (sum, cost) => sum + cost,
    0,
  );
}

/**
 * Functions that generate daily costs in US dollars, by the pattern of the costs. The first day is a Monday.
 */
export const SERIES: Readonly<Record<string, (draw: Draw, days: number) => number[]>> = {
  'flat': (draw, days) => series(draw, days, 0.1, () => 10),
  'mostly noise': (draw, days) => series(draw, days, 0.6, () => 10),
  'weekday pattern': (draw, days) => series(draw, days, 0.2, day => 10 * OFFICE[day % 7]),
  'nothing on weekends': (draw, days) => series(draw, days, 0.25, day => 10 * OFFICE_ONLY[day % 7]),
  'one expensive weekday': (draw, days) => series(draw, days, 0.25, day => (day % 7 === 2 ? 10 : 0.5)),
  'growth, 1.5 % a day': (draw, days) => series(draw, days, 0.2, day => 3 * 1.015 ** day * OFFICE[day % 7]),
  'growth, linear': (draw, days) => series(draw, days, 0.15, day => (5 + 0.2 * day) * OFFICE[day % 7]),
  'decay': (draw, days) => series(draw, days, 0.2, day => (1 + 20 * Math.exp(-day / 25)) * OFFICE[day % 7]),
  'launch step': (draw, days) => series(draw, days, 0.2, day => (day < 9 ? 4 : 14) * OFFICE[day % 7]),
  'one spike': (draw, days) => series(draw, days, 0.2, day => 10 * OFFICE[day % 7] * (day === 9 ? 15 : 1)),
  'outages': (draw, days) => series(draw, days, 0.2, day => (day % 24 === 21 ? 0 : 10 * OFFICE[day % 7])),
  'costs on some days': (draw, days) => series(draw, days, 0.4, () => (draw() < 0.3 ? 10 : 0)),
  'wandering level': (draw, days) => {
    let level = 8;
    return series(draw, days, 0.2, day => {
      level *= noise(draw, 0.05);
      return level * OFFICE[day % 7];
    });
  },
  'tasks of agents': (draw, days) => Array.from({ length: days }, (_, day) => tasks(draw, day)),
};

/** First day of a history, if a test does not set one. It is a Monday. */
export const FIRST_DAY = '2026-08-31';

export function historyOf(dollars: readonly number[], firstDay = FIRST_DAY) {
  return dollars.map((usd, index) => ({
    day: addUtcDays(firstDay, index),
    picoUsd: BigInt(Math.round(usd * 1e12)),
    unpriced: 0,
  }));
}
