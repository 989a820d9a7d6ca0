import { mean, median } from '../figures/statistics';

/** Which way a series went. */
export interface Slope {
  readonly direction: 'rising' | 'falling' | 'flat';
  /** By how much, per day. */
  readonly perDay: number;
  /** The share of the usual amount that this is in seven days. */
  readonly perWeek: number;
}

/** The 97.5 % point of the normal distribution: chance alone shows a trend in one of 20 flat series. */
const SURE = 1.96;
/** Less than this in a week is flat, however sure. */
const LEAST_PER_WEEK = 0.01;

/**
 * The median of the slopes between all pairs of days (Theil and Sen), which is a trend where more of them go
 * one way than chance lets expect (Mann and Kendall). Both go by the order of amounts, so that a dear day
 * changes nothing.
 */
export function slopeOf(days: readonly { readonly at: number; readonly amount: number }[]): Slope {
  const slopes: number[] = [];
  let surplus = 0;
  days.forEach((late, index) =>
    days.slice(0, index).forEach(early => {
      slopes.push((late.amount - early.amount) / (late.at - early.at));
      surplus += Math.sign(late.amount - early.amount);
    }),
  );
  const perDay = median(slopes);
  const usual = median(days.map(({ amount }) => amount)) || mean(days.map(({ amount }) => amount));
  const perWeek = usual > 0 ? (7 * perDay) / usual : 0;
  const { length } = days;
  const deviation = Math.sqrt((length * (length - 1) * (2 * length + 5)) / 18);
  const sure =
    (Math.abs(surplus) - 1) / deviation > SURE &&
    Math.abs(perWeek) >= LEAST_PER_WEEK &&
    Math.sign(surplus) === Math.sign(perDay);
  return { direction: !sure ? 'flat' : perDay > 0 ? 'rising' : 'falling', perDay, perWeek };
}
