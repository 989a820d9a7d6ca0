import type { DailySeriesView, Filters, ForecastView, MoneyView, ReportView } from './views';
import { picoToUsdNumber } from '../../lambda/pricing/pico';
import { usdText } from '../../lambda/pricing/usd-text';
import { addUtcDays } from '../../lambda/rollup/utc-day';
import { costText } from '../../reports/figures/figures';
import type { Forecast } from '../../reports/forecast/forecast-report';
import type {
  DailyReport,
  DayFigures,
  Money,
  NamedFigures,
  ReportOptions,
  TopReport,
} from '../../reports/results';
import { dayIn } from '../../reports/source/day-range';

/** What the report page shows. */
export interface ReportSource {
  /** The last days, today included. */
  report(days: number, filters: Filters): Promise<ReportView>;
}

/** What of the reports the page needs. */
export interface Reports {
  daily(range: { from: string; to: string }, options?: ReportOptions): Promise<DailyReport>;
  top(
    range: { from: string; to: string },
    by: 'incident',
    count: number,
    options?: ReportOptions,
  ): Promise<TopReport>;
  forecast(historyDays: number, forecastDays: number, options?: ReportOptions): Promise<Forecast>;
}

const TOP_INCIDENTS = 10;
const FORECAST_DAYS = 14;
const LEAST_HISTORY = 56;
/** Agents or models with a colour of their own; the others are one. */
const MAX_SERIES = 12;
const OTHERS = 'others';

/** Reports on a table. */
export function reportSource(reports: Reports, now: () => Date, timeZone = 'UTC'): ReportSource {
  return {
    report: async (days, { agent, model }) => {
      const to = dayIn(now(), timeZone);
      const range = { from: addUtcDays(to, 1 - days), to };
      const options = { agentId: agent, model, timeZone };
      const daily = await reports.daily(range, options);
      const top = await reports.top(range, 'incident', TOP_INCIDENTS, options);
      // A few weeks tell weekdays and trend, also where fewer are looked at.
      const forecast = await reports.forecast(Math.max(days, LEAST_HISTORY), FORECAST_DAYS, options);
      return reportView(daily, top, forecastView(daily, forecast));
    },
  };
}

function forecastView(
  { days }: DailyReport,
  { reason, days: expected, total, trend, extraordinaryDays, warnings, atLeast }: Forecast,
): ForecastView {
  const estimate = (picoUsd: bigint): MoneyView => ({
    text: `${atLeast ? '≥ ' : ''}${usdText(picoUsd)}`,
    usd: picoToUsdNumber(picoUsd),
  });
  const [first] = expected;
  return {
    history:
      first === undefined
        ? []
        : days.filter(({ day }) => day < first.day).map(({ day, cost }) => ({ day, cost: moneyView(cost) })),
    days: expected.map(({ day, picoUsd, range80, range95 }) => ({
      day,
      cost: estimate(picoUsd),
      from80: estimate(range80.lowPicoUsd),
      to80: estimate(range80.highPicoUsd),
      from95: estimate(range95.lowPicoUsd),
      to95: estimate(range95.highPicoUsd),
    })),
    total: total && estimate(total.picoUsd),
    totalRange:
      total && `${estimate(total.range80.lowPicoUsd).text} to ${estimate(total.range80.highPicoUsd).text}`,
    notes: [
      ...(reason === undefined ? [] : [`There is no forecast. ${reason}`]),
      ...(trend === undefined || trend.direction === 'flat'
        ? []
        : [`The cost is ${trend.direction}: ${usdText(trend.perDayPicoUsd)} a day.`]),
      ...(extraordinaryDays.length === 0 ? [] : [`Out of the ordinary: ${extraordinaryDays.join(', ')}.`]),
      ...warnings,
    ],
  };
}

function reportView(daily: DailyReport, top: TopReport, forecast: ForecastView): ReportView {
  const notRolledUp = daily.reads.tracedDays;
  return {
    from: daily.from,
    to: daily.to,
    timeZone: daily.timeZone,
    days: daily.days.map(({ day, complete, cost }) => ({ day, complete, cost: moneyView(cost) })),
    agents: seriesByDay(daily.days, daily.agents, 'agents'),
    models: seriesByDay(daily.days, daily.models, 'models'),
    total: moneyView(daily.total.cost),
    calls: daily.total.answered,
    tokens: daily.total.totalTokens,
    incidents: top.entries.map(({ name, cost, answered, totalTokens }) => ({
      name,
      cost: moneyView(cost),
      calls: answered,
      tokens: totalTokens,
    })),
    incidentCount: top.count,
    forecast,
    notes:
      notRolledUp > 2
        ? [
            `${notRolledUp} days are not rolled up: each of their traces was read. token-analytics rollup ` +
              'makes that faster.',
          ]
        : [],
  };
}

/** The cost of each name by day, dearest first; beyond {@link MAX_SERIES}, the cheaper ones are added up. */
function seriesByDay(
  days: readonly DayFigures[],
  named: readonly NamedFigures[],
  which: 'agents' | 'models',
): DailySeriesView[] {
  const costs = named.map(({ name, cost }) => ({
    name,
    total: cost,
    days: days.map(day => day[which].find(each => each.name === name)?.cost ?? NOTHING),
  }));
  const own = costs.length > MAX_SERIES ? MAX_SERIES - 1 : costs.length;
  const rest = costs.slice(own);
  const shown = [
    ...costs.slice(0, own),
    ...(rest.length === 0
      ? []
      : [
          {
            name: `${rest.length} ${OTHERS}`,
            total: added(rest.map(({ total }) => total)),
            days: days.map((_, index) => added(rest.map(({ days: costOf }) => costOf[index]))),
          },
        ]),
  ];
  return shown.map(({ name, total, days: ofDays }) => ({
    name,
    total: moneyView(total),
    days: ofDays.map(moneyView),
  }));
}

type Amount = Pick<Money, 'picoUsd' | 'unpriced'>;
const NOTHING: Amount = { picoUsd: 0n, unpriced: 0 };

function added(amounts: readonly Amount[]): Amount {
  return amounts.reduce(
    (sum, { picoUsd, unpriced }) => ({ picoUsd: sum.picoUsd + picoUsd, unpriced: sum.unpriced + unpriced }),
    NOTHING,
  );
}

function moneyView(amount: Amount): MoneyView {
  return { text: costText(amount), usd: picoToUsdNumber(amount.picoUsd) };
}
