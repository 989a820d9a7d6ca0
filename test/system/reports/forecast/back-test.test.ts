import { smooth } from '../../../../reports/forecast/holt-winters';
import { type Simulations, simulate, type Outlook } from '../../../../reports/forecast/simulations';
import { mean, median } from '../../../../reports/forecast/statistics';
import { drawOf, SERIES } from '../../../reports/forecast/forecast-series';

const KINDS = Object.keys(SERIES);
const SEEDS = 8;
const AHEAD = 28;
const SIMULATIONS = 200;
/** Tested lengths of the history before a forecast, in days: two, four and eight weeks. */
const HISTORIES = [14, 28, 56];

interface BackTestRun {
  readonly actual: readonly number[];
  /** Simple forecast for comparison: it repeats the costs of the last week of the history. */
  readonly naive: readonly number[];
  readonly simulations: Simulations;
}

/**
 * Forecasts costs from the first `history` days of a series. Also returns the actual costs of the forecast
 * days.
 */
function runBackTest(amounts: readonly number[], history: number): BackTestRun {
  const unit = mean(amounts.slice(0, history));
  const scaled = amounts.map(amount => amount / unit);
  return {
    actual: scaled.slice(history, history + AHEAD),
    naive: Array.from({ length: AHEAD }, (_, day) => scaled[history - 7 + (day % 7)]),
    simulations: simulate(smooth(scaled.slice(0, history)), AHEAD, SIMULATIONS),
  };
}

const meanError = (actual: readonly number[], guess: readonly number[]) =>
  mean(actual.map((amount, day) => Math.abs(amount - guess[day])));
const within = (actual: number, low: number, high: number) => Number(actual >= low && actual <= high);
const in80 = (actual: number, { low80, high80 }: Outlook) => within(actual, low80, high80);
const in95 = (actual: number, { low95, high95 }: Outlook) => within(actual, low95, high95);
const total = (amounts: readonly number[]) => amounts.reduce((sum, amount) => sum + amount, 0);

/**
 * Forecasts several random series of one kind. Returns the mean error as a multiple of the simple forecast's
 * error. Also returns the share of actual costs inside the 80 % and 95 % intervals.
 */
function backtest(name: string, history: number) {
  const runs = Array.from({ length: SEEDS }, (_, seed) =>
    runBackTest(SERIES[name](drawOf(100 * KINDS.indexOf(name) + seed), history + AHEAD), history),
  );
  const errors = (days: number) =>
    mean(
      runs.map(({ actual, simulations }) =>
        meanError(
          actual.slice(0, days),
          simulations.days.map(({ amount }) => amount),
        ),
      ),
    ) / mean(runs.map(({ actual, naive }) => meanError(actual.slice(0, days), naive)));
  const days = (covers: typeof in80) =>
    mean(
      runs.flatMap(({ actual, simulations }) =>
        simulations.days.map((outlook, day) => covers(actual[day], outlook)),
      ),
    );
  const totals = (covers: typeof in80) =>
    mean(runs.map(({ actual, simulations }) => covers(total(actual), simulations.total)));
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

describe('back-test on many kinds of series', () => {
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
          `${AHEAD} days; coverage of the intervals, of days and of the total`,
        `${'series'.padEnd(20)} days   7 days ${AHEAD} days   80 %   95 %  Σ80 %  Σ95 %`,
        ...results.map(line),
        '',
      ].join('\n'),
    );
  });

  test.each(HISTORIES)(
    'a forecast from %i days of history is better than repeating the last week',
    history => {
      const errors = of(history);
      const better = errors.filter(({ week, month }) => week <= 1 && month <= 1);

      expect(median(errors.map(({ week }) => week))).toBeLessThan(0.95);
      expect(median(errors.map(({ month }) => month))).toBeLessThan(history === 14 ? 0.97 : 0.88);
      expect(better.length).toBeGreaterThanOrEqual(history === 14 ? errors.length / 2 : errors.length - 3);
      // The errors are largest if the costs jump in the second week. The forecast then starts between the old
      // and the new costs.
      errors.forEach(({ week, month }) => expect(Math.max(week, month)).toBeLessThan(1.75));
    },
  );

  test.each(HISTORIES)(
    'the intervals from %i days of history cover about the stated share of days',
    history => {
      const ranges = of(history);

      expect(mean(ranges.map(({ days80 }) => days80))).toBeGreaterThan(0.77);
      expect(mean(ranges.map(({ days80 }) => days80))).toBeLessThan(0.95);
      expect(mean(ranges.map(({ days95 }) => days95))).toBeGreaterThan(0.9);
      ranges.forEach(({ days80, days95 }) => {
        expect(days80).toBeGreaterThan(0.55);
        expect(days95).toBeGreaterThan(0.7);
      });
    },
  );

  test.each(HISTORIES)(
    'the intervals of totals from %i days of history cover about the stated share of totals',
    history => {
      const ranges = of(history);

      expect(mean(ranges.map(({ totals80 }) => totals80))).toBeGreaterThan(history === 14 ? 0.6 : 0.7);
      expect(mean(ranges.map(({ totals95 }) => totals95))).toBeGreaterThan(history === 14 ? 0.8 : 0.88);
    },
  );
});
