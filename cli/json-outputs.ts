import type { Diagnosis } from './doctor/doctor';
import type { LiveView } from './live/live-view';
import type { ReplayResult } from './replay/replay-lines';
import type { RollupResult } from './rollup/roll-up-days';
import type { Cost, LowerBoundReason } from '../lambda/pricing/cost-calculator';
import type { Discount, ModelPrice } from '../lambda/pricing/model-price';
import type { PriceRow } from '../lambda/pricing/price-list';
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

/** What `prices` lists. */
export interface PricesOutput {
  /** What was asked for; absent where all are listed. */
  readonly query?: string;
  /** The moment at which prices are looked at, ISO 8601, UTC. */
  readonly at: string;
  readonly prices: readonly PriceRow[];
  /** Models like the one that was asked for, where none is that. */
  readonly suggestions: readonly string[];
}

/** What `prices --explain` shows: one call, and what it is made of. */
export interface CallPrice {
  /** As it was asked for. */
  readonly model: string;
  /** When the call is taken to be made, ISO 8601, UTC. */
  readonly at: string;
  readonly usage: Cost['usage'];
  /** A decimal of US dollars. */
  readonly usd: string;
  readonly picoUsd: bigint;
  /** Pico-dollars of each bucket; they add up to `picoUsd`. Speech buckets need speech tokens. */
  readonly breakdown: Cost['breakdown'];
  /** The rates that were applied, in US dollars per million tokens. */
  readonly price: ModelPrice;
  readonly tier?: Cost['tier'];
  readonly discount?: Discount;
  readonly lowerBound?: readonly LowerBoundReason[];
}

/** What `preview` says as soon as the page can be loaded. */
export interface PreviewOutput {
  readonly url: string;
}

/** What `demo` found: the day's sums, counted in three ways. */
export interface DemoOutput extends Pick<DemoResult, 'answered' | 'alarms' | 'picoUsd' | 'html'> {
  /** Money as a number of US dollars. */
  readonly agents: readonly {
    readonly agentId: string;
    readonly calls: number;
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
 * What each command prints with `--json`, by its name. Whole
 * numbers of any size, such as pico-dollars, are text in it.
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
