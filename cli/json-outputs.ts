import type { Diagnosis } from './doctor/doctor';
import type { LiveView } from './live/live-view';
import type { ReplayResult } from './replay/replay-lines';
import type { RollupResult } from './rollup/roll-up-days';
import type { Discount, ModelPrice } from '../lambda/pricing/billing-buckets';
import type { Cost, LowerBoundReason } from '../lambda/pricing/cost';
import type { PriceRow } from '../lambda/pricing/price-rows';
import type { DemoResult } from '../local/demo/demo';
import type { Reconciliation } from '../reports/bill/reconciliation';
import type { CoveredShare } from '../reports/covered-share/covered-share';
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

/** JSON output of `daily`. */
export interface DailyOutput extends DailyReport {
  /** Recorded share of the account's calls. Only present with `--covered-share`. */
  readonly coveredShare?: CoveredShare;
}

/** JSON output of `prices`. */
export interface PricesOutput {
  /** Model from the command line. Absent if all prices are listed. */
  readonly query?: string;
  /** Time for which the prices are valid: ISO 8601, UTC. */
  readonly at: string;
  readonly prices: readonly PriceRow[];
  /** Names of similar models, if the requested model is unknown. */
  readonly suggestions: readonly string[];
}

/** JSON output of `prices --explain`: the cost of one invocation, and the parts of this cost. */
export interface CallPrice {
  /** Model from the command line. */
  readonly model: string;
  /** Time at which the invocation is assumed to happen: ISO 8601, UTC. */
  readonly at: string;
  readonly usage: Cost['usage'];
  /** Cost in US dollars, as decimal text. */
  readonly usd: string;
  readonly picoUsd: bigint;
  /**
   * Cost of each kind of tokens in pico-dollars. The sum is `picoUsd`. Without speech tokens, their cost is
   * absent.
   */
  readonly breakdown: Cost['breakdown'];
  /** Rates that were applied, in US dollars per million tokens. */
  readonly price: ModelPrice;
  readonly tier?: Cost['tier'];
  readonly discount?: Discount;
  readonly lowerBound?: readonly LowerBoundReason[];
}

/** JSON output of `preview`. It is printed when the page is ready. */
export interface PreviewOutput {
  readonly url: string;
}

/**
 * JSON output of `demo`: the sums of the simulated day. `picoUsd` contains the cost from three sources: price
 * list, traces and metrics.
 */
export interface DemoOutput extends Pick<
  DemoResult,
  'answered' | 'alarms' | 'picoUsd' | 'coveredShare' | 'html'
> {
  /** Usage of each agent, and its cost in US dollars. */
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
 * JSON output of each command, by command name. A `bigint`, such as an amount in pico-dollars, is written as
 * text.
 */
export interface Outputs {
  readonly daily: DailyOutput;
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
