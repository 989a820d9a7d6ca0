import type {
  CoveredShareView,
  DailySeriesView,
  Filters,
  ForecastView,
  MoneyView,
  ReportView,
} from './views';
import { picoToUsdNumber } from '../../lambda/pricing/pico';
import { usdText } from '../../lambda/pricing/usd-text';
import { addUtcDays } from '../../lambda/rollup/utc-day';
import type { CoveredShare, CoveredShareOptions } from '../../reports/covered-share/covered-share';
import { fixTexts, percentText, reasonText } from '../../reports/covered-share/share-text';
import { costNotes } from '../../reports/figures/cost-notes';
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

/** Source of the data that the report page shows. */
export interface ReportSource {
  /** Creates the report for the last `days` days, including today. */
  report(days: number, filters: Filters): Promise<ReportView>;
  /**
   * Compares the recorded calls of yesterday (UTC) with the account's calls. The page calls it only if the
   * user clicks a button, because CloudWatch charges for the metrics.
   */
  coveredShare(): Promise<CoveredShareView>;
}

/** Methods of `UsageReports` that the report page calls. */
export interface Reports {
  daily(range: { from: string; to: string }, options?: ReportOptions): Promise<DailyReport>;
  top(
    range: { from: string; to: string },
    by: 'incident',
    count: number,
    options?: ReportOptions,
  ): Promise<TopReport>;
  forecast(historyDays: number, forecastDays: number, options?: ReportOptions): Promise<Forecast>;
  coveredShare(options?: CoveredShareOptions): Promise<CoveredShare>;
}

const TOP_INCIDENTS = 10;
const FORECAST_DAYS = 14;
/** Minimum number of past days from which the forecast is calculated. */
const MIN_HISTORY_DAYS = 56;
/**
 * Maximum number of series in a chart. If there are more agents or models, the last series is the sum of the
 * agents or models with the lowest costs.
 */
const MAX_SERIES = 12;
const OTHERS = 'others';

/**
 * Creates a source that calculates the report page with `reports`.
 *
 * @param now returns the current time
 * @param timeZone IANA time zone of the days
 * @param shareOptions returns the options for the recorded share, such as the endpoint of CloudWatch
 */
export function reportSource(
  reports: Reports,
  now: () => Date,
  timeZone = 'UTC',
  shareOptions: () => CoveredShareOptions = () => ({}),
): ReportSource {
  return {
    coveredShare: async () => toCoveredShareView(await reports.coveredShare(shareOptions())),
    report: async (days, { agent, model }) => {
      const to = dayIn(now(), timeZone);
      const range = { from: addUtcDays(to, 1 - days), to };
      const options = { agentId: agent, model, timeZone };
      const daily = await reports.daily(range, options);
      const top = await reports.top(range, 'incident', TOP_INCIDENTS, options);
      // The forecast reads several weeks, even if the report has fewer days, because weekday patterns and
      // trends need them.
      const forecast = await reports.forecast(Math.max(days, MIN_HISTORY_DAYS), FORECAST_DAYS, options);
      return toReportView(daily, top, toForecastView(daily, forecast));
    },
  };
}

function toCoveredShareView(share: CoveredShare): CoveredShareView {
  const { summary, models, notes, metricsRead, metricsCostUsd } = share;
  return {
    summary,
    models: models.map(({ model, account, recorded, covered, reason }) => ({
      model,
      accountCalls: account.invocations,
      recordedCalls: recorded.invocations,
      share: account.inputTokens === 0 ? '' : percentText(covered.inputTokens, account.inputTokens),
      reason: reason === undefined ? '' : reasonText(reason),
    })),
    notes: [...notes, ...fixTexts(share)],
    cost: `CloudWatch: ${metricsRead} metrics read, $${metricsCostUsd}`,
  };
}

function toForecastView(
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
        : days
            .filter(({ day }) => day < first.day)
            .map(({ day, cost }) => ({ day, cost: toMoneyView(cost) })),
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
        : [`Trend: ${trend.direction}, ${usdText(trend.perDayPicoUsd)} a day.`]),
      ...(extraordinaryDays.length === 0 ? [] : [`Unusual days: ${extraordinaryDays.join(', ')}.`]),
      ...warnings,
    ],
  };
}

function toReportView(daily: DailyReport, top: TopReport, forecast: ForecastView): ReportView {
  const notRolledUp = daily.reads.tracedDays;
  return {
    from: daily.from,
    to: daily.to,
    timeZone: daily.timeZone,
    days: daily.days.map(({ day, complete, cost }) => ({ day, complete, cost: toMoneyView(cost) })),
    agents: seriesByDay(daily.days, daily.agents, 'agents'),
    models: seriesByDay(daily.days, daily.models, 'models'),
    total: toMoneyView(daily.total.cost),
    unitCost: daily.total.unitCost && toMoneyView({ ...daily.total.unitCost, unpriced: 0 }),
    calls: daily.total.answered,
    tokens: daily.total.totalTokens,
    costNotes: costNotes(daily.total),
    incidents: top.entries.map(({ name, cost, answered, totalTokens }) => ({
      name,
      cost: toMoneyView(cost),
      calls: answered,
      tokens: totalTokens,
    })),
    incidentCount: top.count,
    forecast,
    notes:
      notRolledUp > 2
        ? [
            `${notRolledUp} days are not rolled up, so all their traces were read. Run token-analytics rollup ` +
              'to make this faster.',
          ]
        : [],
  };
}

/**
 * Returns the daily costs of each agent or model, highest total first. If there are more than {@link
 * MAX_SERIES}, the last series is the sum of the agents or models with the lowest costs.
 */
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
  const shownCount = costs.length > MAX_SERIES ? MAX_SERIES - 1 : costs.length;
  const rest = costs.slice(shownCount);
  const shown = [
    ...costs.slice(0, shownCount),
    ...(rest.length === 0
      ? []
      : [
          {
            name: `${rest.length} ${OTHERS}`,
            total: addAmounts(rest.map(({ total }) => total)),
            days: days.map((_, index) => addAmounts(rest.map(({ days: amounts }) => amounts[index]))),
          },
        ]),
  ];
  return shown.map(({ name, total, days: ofDays }) => ({
    name,
    total: toMoneyView(total),
    days: ofDays.map(toMoneyView),
  }));
}

type Amount = Pick<Money, 'picoUsd' | 'unpriced' | 'lowerBound'>;
const NOTHING: Required<Amount> = { picoUsd: 0n, unpriced: 0, lowerBound: 0 };

function addAmounts(amounts: readonly Amount[]): Amount {
  return amounts.reduce<Required<Amount>>(
    (sum, { picoUsd, unpriced, lowerBound = 0 }) => ({
      picoUsd: sum.picoUsd + picoUsd,
      unpriced: sum.unpriced + unpriced,
      lowerBound: sum.lowerBound + lowerBound,
    }),
    NOTHING,
  );
}

function toMoneyView(amount: Amount): MoneyView {
  return { text: costText(amount), usd: picoToUsdNumber(amount.picoUsd) };
}
