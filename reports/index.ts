/**
 * Reports on the token usage and cost of agents, from the trace table.
 *
 * @packageDocumentation
 */
export {
  type PriceList,
  type PriceListOptions,
  type PriceRow,
  priceRows,
} from '../lambda/pricing/price-rows';
export type {
  BilledAmount,
  BilledCosts,
  BilledDay,
  BilledModel,
  BilledRow,
  UnattributedCharge,
} from './bill/billed-costs';
export type { CacheSaving, CacheSavings, ModelCacheSaving } from './what-if/cache-savings';
export type {
  CallCounts,
  CoveredCalls,
  CoveredModel,
  CoveredShare,
  CoveredShareOptions,
  CoveredShares,
  GapReason,
  LostTraces,
} from './covered-share/covered-share';
export { EXPORT_FORMATS, type ExportFormat, type ExportResult, type ExportTotals } from './export/export';
export { usdText } from '../lambda/pricing/usd-text';
export { costText } from './figures/figures';
export {
  type ArgumentFields,
  type ArgumentProblem,
  BillError,
  type BillFields,
  type BillProblem,
  ReportArgumentError,
} from './errors';
export type {
  AgentsReport,
  Amount,
  Change,
  DailyReport,
  DayFigures,
  DayRange,
  Figures,
  Granularity,
  IncidentInvocation,
  IncidentReport,
  Limits,
  ModelsReport,
  Money,
  NamedFigures,
  Progress,
  Reads,
  ReportHead,
  ReportOptions,
  RepricedMoney,
  Repricing,
  ThresholdCheck,
  ThresholdReport,
  TopBy,
  TopReport,
  TotalsReport,
  TrendPeriod,
  TrendsReport,
} from './results';
export type {
  Backtest,
  Forecast,
  ForecastAmount,
  ForecastDay,
  ForecastRange,
  ForecastReport,
  ForecastTrend,
  WeekdayCost,
} from './forecast/forecast-report';
export { readPriceFile } from './prices/price-file';
export type { Compared, Drift, ReconciledModel, ReconciledRow, Reconciliation } from './bill/reconciliation';
export type { CacheTtlFigures, CacheTtlBreakEven } from './what-if/cache-ttl-break-even';
export { UsageReports, type UsageReportsOptions } from './usage-reports';
export type {
  BucketComparison,
  Comparison,
  ModelComparison,
  WhatIfQuestion,
  WhatIfReport,
} from './what-if/what-if';
export type { WhatIfTarget } from './what-if/what-if-target';
