import { mean, median } from '../../../../reports/forecast/statistics';
import { smooth } from '../../../../reports/forecast/holt-winters';
import { type Simulations, simulate, type Outlook } from '../../../../reports/forecast/simulations';
import { drawOf, SERIES } from '../../../reports/forecast/forecast-series';

const KINDS = Object.keys(SERIES);
const SEEDS = 8;
const AHEAD = 28;
const FUTURES = 200;
/** Two, four and eight weeks. */
const HISTORIES = [14, 28, 56];

interface Foreseen {
  readonly actual: readonly number[];
  /** The same weekday of the last week. */
  readonly naive: readonly number[];
  readonly futures: Simulations;
}

/** What was foreseen of a series after so many days, and what came. */
function foreseen(amounts: readonly number[], history: number): Foreseen {
  const unit = mean(amounts.slice(0, history));
  const scaled = amounts.map(amount => amount / unit);
  return {
    actual: scaled.slice(history, history + AHEAD),
    naive: Array.from({ length: AHEAD }, (_, day) => scaled[history - 7 + (day % 7)]),
    futures: simulate(smooth(scaled.slice(0, history)), AHEAD, FUTURES),
  };
}

const meanError = (actual: readonly number[], guess: readonly number[]) =>
  mean(actual.map((amount, day) => Math.abs(amount - guess[day])));
const within = (actual: number, low: number, high: number) => Number(actual >= low && actual <= high);
const in80 = (actual: number, { low80, high80 }: Outlook) => within(actual, low80, high80);
const in95 = (actual: number, { low95, high95 }: Outlook) => within(actual, low95, high95);
const total = (amounts: readonly number[]) => amounts.reduce((sum, amount) => sum + amount, 0);

/** The method's errors as shares of the naive one's, and its ranges' coverage, over all seeds. */
function backtest(name: string, history: number) {
  const runs = Array.from({ length: SEEDS }, (_, seed) =>
    foreseen(SERIES[name](drawOf(100 * KINDS.indexOf(name) + seed), history + AHEAD), history),
  );
  const errors = (days: number) =>
    mean(
      runs.map(({ actual, futures }) =>
        meanError(
          actual.slice(0, days),
          futures.days.map(({ amount }) => amount),
        ),
      ),
    ) / mean(runs.map(({ actual, naive }) => meanError(actual.slice(0, days), naive)));
  const days = (covers: typeof in80) =>
    mean(
      runs.flatMap(({ actual, futures }) => futures.days.map((outlook, day) => covers(actual[day], outlook))),
    );
  const totals = (covers: typeof in80) =>
    mean(runs.map(({ actual, futures }) => covers(total(actual), futures.total)));
  return {
    history,
    week: errors(7),
    month: errors(AHEAD),
    days80: days(in80),
    days95: days(in95),
    totals80: totals(in80),
    totals95: totals(in95),
  };
}

describe('in a back-test on series of many kinds', () => {
  const results = KINDS.flatMap(name => HISTORIES.map(history => ({ name, ...backtest(name, history) })));
  const of = (history: number) => results.filter(result => result.history === history);

  beforeAll(() => {
    const percent = (share: number) => `${Math.round(100 * share)} %`.padStart(6);
    const line = ({
      name,
      history,
      week,
      month,
      days80,
      days95,
      totals80,
      totals95,
    }: (typeof results)[number]) =>
      `${name.padEnd(20)} ${String(history).padStart(4)} ${week.toFixed(2).padStart(7)} ` +
      `${month.toFixed(2).padStart(7)} ${[days80, days95, totals80, totals95].map(percent).join(' ')}`;
    process.stdout.write(
      [
        `Back-test, ${SEEDS} seeds: the error of a day against that of "as a week ago", over 7 and ` +
          `${AHEAD} days; what is in the ranges, of days and of the total`,
        `${'series'.padEnd(20)} days   7 days ${AHEAD} days   80 %   95 %  Σ80 %  Σ95 %`,
        ...results.map(line),
        '',
      ].join('\n'),
    );
  });

  test.each(HISTORIES)('%i days of history foresee better than the same weekday a week before', history => {
    const errors = of(history);
    const better = errors.filter(({ week, month }) => week <= 1 && month <= 1);

    expect(median(errors.map(({ week }) => week))).toBeLessThan(0.95);
    expect(median(errors.map(({ month }) => month))).toBeLessThan(history === 14 ? 0.97 : 0.88);
    expect(better.length).toBeGreaterThanOrEqual(history === 14 ? errors.length / 2 : errors.length - 3);
    // A launch in the second week is the worst: the start is between what was before and after.
    errors.forEach(({ week, month }) => expect(Math.max(week, month)).toBeLessThan(1.75));
  });

  test.each(HISTORIES)('the ranges from %i days of history hold about as many days as they say', history => {
    const ranges = of(history);

    expect(mean(ranges.map(({ days80 }) => days80))).toBeGreaterThan(0.77);
    expect(mean(ranges.map(({ days80 }) => days80))).toBeLessThan(0.95);
    expect(mean(ranges.map(({ days95 }) => days95))).toBeGreaterThan(0.9);
    ranges.forEach(({ days80, days95 }) => {
      expect(days80).toBeGreaterThan(0.55);
      expect(days95).toBeGreaterThan(0.7);
    });
  });

  test.each(HISTORIES)(
    'the ranges of totals from %i days of history hold about as many as they say',
    history => {
      const ranges = of(history);

      expect(mean(ranges.map(({ totals80 }) => totals80))).toBeGreaterThan(history === 14 ? 0.6 : 0.7);
      expect(mean(ranges.map(({ totals95 }) => totals95))).toBeGreaterThan(history === 14 ? 0.8 : 0.88);
    },
  );
});
