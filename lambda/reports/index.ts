/**
 * Reports on what agents used and what it cost, from the table of traces.
 *
 * @packageDocumentation
 */
export { costText, usdText } from './figures';
export type {
  AgentsReport, Change, DailyReport, DayFigures, DayRange, Figures, Granularity, IncidentCall, IncidentReport, ModelsReport, Money, NamedFigures, Progress,
  Reads, ReportHead, ReportOptions, RepricedMoney, Repricing, ThresholdCheck, ThresholdReport, TopBy, TopReport, TotalsReport, TrendPeriod, TrendsReport,
} from './results';
export type { Limits } from './thresholds';
export { UsageReports, type UsageReportsOptions } from './usage-reports';
