import type { Diagnosis } from './doctor/doctor';
import type { LiveView } from './live/live-view';
import type { ReplayResult } from './replay/replay-lines';
import type { RollupResult } from './rollup/roll-up-days';
import type { Discount, ModelPrice } from '../lambda/pricing/billing-buckets';
import type { Cost, LowerBoundReason } from '../lambda/pricing/cost-calculator';
import type { PriceRow } from '../lambda/pricing/price-rows';
import type { DemoResult } from '../local/demo/demo';
import type { Reconciliation } from '../reports/bill/reconciliation';
import type { ExportResult } from '../reports/export/export';
import type { ForecastReport } from '../reports/forecast/forecast-report';
import type {
  AgentsReport,
  DailyReport,
  IncidentReport,
  ModelsReport,
  ThresholdReport,
  TopReport,
  TrendsReport,
} from '../reports/results';
import type { WhatIfReport } from '../reports/what-if/what-if';

/** Output of `prices`. */
export interface PricesOutput {
  /** Model of the command line. Absent if all prices are listed. */
  readonly query?: string;
  /** Time of the prices, ISO 8601, UTC. */
  readonly at: string;
  readonly prices: readonly PriceRow[];
  /** Similar models, if the model is unknown. */
  readonly suggestions: readonly string[];
}

/** Output of `prices --explain`: the cost of one invocation and its parts. */
export interface CallPrice {
  /** Model of the command line. */
  readonly model: string;
  /** Assumed time of the invocation, ISO 8601, UTC. */
  readonly at: string;
  readonly usage: Cost['usage'];
  /** Cost as a decimal of US dollars. */
  readonly usd: string;
  readonly picoUsd: bigint;
  /**
   * Pico-dollars of each token bucket. Their sum is `picoUsd`. Speech buckets are absent without speech
   * tokens.
   */
  readonly breakdown: Cost['breakdown'];
  /** Applied rates, in US dollars per million tokens. */
  readonly price: ModelPrice;
  readonly tier?: Cost['tier'];
  readonly discount?: Discount;
  readonly lowerBound?: readonly LowerBoundReason[];
}

/** Output of `preview`, printed when the page can be loaded. */
export interface PreviewOutput {
  readonly url: string;
}

/** Output of `demo`: the sums of the day, counted in three ways. */
export interface DemoOutput extends Pick<DemoResult, 'answered' | 'alarms' | 'picoUsd' | 'html'> {
  /** Usage and cost in US dollars of each agent. */
  readonly agents: readonly {
    readonly agentId: string;
    readonly answered: number;
    readonly inputTokens: number;
    readonly outputTokens: number;
    readonly usd: number;
  }[];
  readonly widgets: readonly {
    readonly title: string;
    readonly kind: string;
    readonly series: number;
    readonly points: number;
  }[];
}

/**
 * Outputs of the commands with `--json`, by name. Whole numbers of any size, such as pico-dollars, are text.
 */
export interface Outputs {
  readonly daily: DailyReport;
  readonly agents: AgentsReport;
  readonly models: ModelsReport;
  readonly incident: IncidentReport;
  readonly trends: TrendsReport;
  readonly forecast: ForecastReport;
  readonly top: TopReport;
  readonly thresholds: ThresholdReport;
  readonly whatif: WhatIfReport;
  readonly export: ExportResult;
  readonly prices: PricesOutput | CallPrice;
  readonly live: LiveView;
  readonly doctor: Diagnosis;
  readonly reconcile: Reconciliation;
  readonly replay: ReplayResult;
  readonly rollup: RollupResult;
  readonly preview: PreviewOutput;
  readonly demo: DemoOutput;
}
