import type { CostCalculatorOptions } from '../lambda/pricing/cost-calculator';

/** Calendar days in the time zone of the report, both inclusive. A string is one day: `2026-11-22`. */
export type DayRange = string | { readonly from: string; readonly to: string };

/** Progress of a long report. */
export interface Progress {
  readonly done: number;
  readonly total: number;
}

/** Options of all reports. */
export interface ReportOptions {
  /**
   * Agent of the report.
   *
   * @default - all agents
   */
  readonly agentId?: string;
  /**
   * Model of the report, by the id of the foundation model.
   *
   * @default - all models
   */
  readonly model?: string;
  /**
   * IANA time zone of the days, which may have 23 or 25 hours.
   *
   * @default - the time zone of the `UsageReports`
   */
  readonly timeZone?: string;
  /**
   * Prices for a second cost in addition to the recorded one: `true` for the catalog of this version, or
   * custom prices. Each invocation is priced with the prices of its day.
   *
   * @default false
   */
  readonly reprice?: boolean | Repricing;
  /**
   * Signal that aborts the report.
   *
   * @default - the report cannot be aborted
   */
  readonly signal?: AbortSignal;
  /**
   * Called after each UTC day that was read.
   *
   * @default - no progress is reported
   */
  readonly onProgress?: (progress: Progress) => void;
}

/** Prices, discounts and region for costs that are calculated from tokens. */
export type Repricing = Pick<
  CostCalculatorOptions,
  'customPrices' | 'discounts' | 'bareIdPrice' | 'region' | 'inferenceProfiles'
>;

/** Exact amount of money, which may be negative. */
export interface Amount {
  /** Amount in pico-dollars (10⁻¹² US dollars). */
  readonly picoUsd: bigint;
  /** The same amount as a decimal of US dollars: `-0.00036771`. */
  readonly usd: string;
}

/** Exact cost. It excludes unpriced invocations. */
export interface Money {
  /** Cost in pico-dollars (10⁻¹² US dollars). */
  readonly picoUsd: bigint;
  /** The same cost as a decimal of US dollars: `0.00036771`. */
  readonly usd: string;
  /** True if unpriced invocations are missing in the cost, so that the true cost is higher. */
  readonly atLeast: boolean;
  /** Number of unpriced invocations. */
  readonly unpriced: number;
}

/** Cost of the same invocations at other prices. */
export interface RepricedMoney extends Money {
  /**
   * Difference from the recorded cost. It includes only invocations with both costs. Negative if the other
   * prices are lower.
   */
  readonly differencePicoUsd: bigint;
  readonly differenceUsd: string;
}

/** Usage and cost of invocations. Tokens and cost exclude cached responses. */
export interface Figures {
  /** Invocations that a model answered. */
  readonly answered: number;
  /** Invocations that failed. */
  readonly failed: number;
  /** Cached responses, from the application's own cache. */
  readonly fromCache: number;
  /** Invocations whose stream ended early. Only tokens that were known by then are counted. */
  readonly partial: number;
  /** All input tokens, including cache reads and cache writes. */
  readonly inputTokens: number;
  readonly uncachedInputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWrite5mTokens: number;
  readonly cacheWrite1hTokens: number;
  readonly outputTokens: number;
  /** Speech tokens among `uncachedInputTokens` and `outputTokens`. Undefined if there are none. */
  readonly speechInputTokens?: number;
  readonly speechOutputTokens?: number;
  /** Input and output tokens. */
  readonly totalTokens: number;
  /** Cache read share: cache read tokens as a share of the input tokens, 0 to 1. Undefined without input. */
  readonly cacheShare?: number;
  /** Mean latency of answered invocations in milliseconds. Undefined if no latency was recorded. */
  readonly meanLatencyMs?: number;
  /** Recorded cost. */
  readonly cost: Money;
  /** Cost at other prices. Undefined without `reprice`. */
  readonly repriced?: RepricedMoney;
}

/** Figures of an agent, a model or an incident. */
export interface NamedFigures extends Figures {
  readonly name: string;
}

/** Scope of a report, and the reads that it took. */
export interface ReportHead {
  /** First and last day, both inclusive. */
  readonly from: string;
  readonly to: string;
  readonly timeZone: string;
  /** Agent and model of the report. Absent for all agents or models. */
  readonly agentId?: string;
  readonly model?: string;
  /** ISO 8601, UTC. */
  readonly generatedAt: string;
  /** Number of traces with an impossible time. No figure includes them. Absent if there are none. */
  readonly unreadable?: number;
  readonly reads: Reads;
}

/** Reads of a report. */
export interface Reads {
  /** Number of UTC days read from their rollups. */
  readonly rollupDays: number;
  /** Number of UTC days read trace by trace, because they are not rolled up. */
  readonly tracedDays: number;
  /** Number of requests to the table, and the read units that they took. */
  readonly requests: number;
  readonly units: number;
}

/** Figures of one day. */
export interface DayFigures extends Figures {
  readonly day: string;
  /** True if the day is over. */
  readonly complete: boolean;
  /** Sorted by cost, highest first, as in all reports. */
  readonly agents: readonly NamedFigures[];
  readonly models: readonly NamedFigures[];
}

export interface DailyReport extends ReportHead {
  readonly days: readonly DayFigures[];
  readonly agents: readonly NamedFigures[];
  readonly models: readonly NamedFigures[];
  readonly total: Figures;
}

export interface AgentsReport extends ReportHead {
  readonly agents: readonly (NamedFigures & { readonly models: readonly NamedFigures[] })[];
  readonly total: Figures;
}

export interface ModelsReport extends ReportHead {
  readonly models: readonly (NamedFigures & { readonly agents: readonly NamedFigures[] })[];
  readonly total: Figures;
}

export interface TotalsReport extends ReportHead {
  /** Number of all invocations: answered, failed and cached responses. */
  readonly invocations: number;
  /** Input and output tokens. */
  readonly tokens: number;
  readonly cost: Money;
  readonly total: Figures;
}

/** Invocation of an incident. */
export interface IncidentInvocation {
  /** ISO 8601, UTC. */
  readonly timestamp: string;
  readonly requestId: string;
  readonly agentId: string;
  readonly model: string;
  readonly operation?: string;
  readonly inputTokens: number;
  readonly cacheReadTokens: number;
  readonly outputTokens: number;
  /** Recorded cost as a decimal of US dollars. Undefined if it is unknown. */
  readonly costUsd?: string;
  /** Cost at other prices as a decimal of US dollars. Undefined without `reprice` or if it is unknown. */
  readonly repricedUsd?: string;
  readonly latencyMs?: number;
  /** Name of the error of a failed invocation. */
  readonly error?: string;
  readonly cached: boolean;
  readonly partial: boolean;
}

export interface IncidentReport {
  readonly incidentId: string;
  readonly timeZone: string;
  readonly agentId?: string;
  readonly model?: string;
  readonly generatedAt: string;
  /** Invocations in the order of time, at most the first 10,000. */
  readonly invocations: readonly IncidentInvocation[];
  /** Number of later invocations. The figures include them, the list does not. */
  readonly invocationsOmitted: number;
  /**
   * Number of traces with an impossible time, such as one in the future. No figure includes them. Absent if
   * there are none.
   */
  readonly unreadable?: number;
  readonly agents: readonly NamedFigures[];
  readonly models: readonly NamedFigures[];
  readonly total: Figures;
  /**
   * Start of the first invocation and end of the last, which includes its latency if it is known. Undefined
   * without invocations.
   */
  readonly start?: string;
  readonly end?: string;
  readonly durationMs?: number;
  readonly reads: Pick<Reads, 'requests' | 'units'>;
}

export const TOP_BY = ['incident', 'agent', 'model'] as const;
export type TopBy = (typeof TOP_BY)[number];

export interface TopReport extends ReportHead {
  readonly by: TopBy;
  /** Entries sorted by cost, highest first. Entries by incident exclude invocations without an incident. */
  readonly entries: readonly NamedFigures[];
  /** Number of all entries. */
  readonly count: number;
  /**
   * Number of incidents whose sums were dropped: the cheapest ones, whenever there were more than 200,000. A
   * dropped incident with further invocations is counted again, so an entry can be too low and the count too
   * high. Absent if none was dropped.
   */
  readonly forgotten?: number;
  readonly total: Figures;
}

export const GRANULARITIES = ['hour', 'day', 'week', 'month'] as const;
export type Granularity = (typeof GRANULARITIES)[number];

/** Relative change from earlier figures: 0.25 is 25 % more. Undefined if the earlier figure is 0. */
export interface Change {
  /** Also undefined if unpriced invocations are missing in one of the two costs. */
  readonly cost?: number;
  readonly answered?: number;
  readonly tokens?: number;
}

/** Figures of one hour, day, week or month. */
export interface TrendPeriod extends Figures {
  /** ISO 8601 with the offset of the time zone. The end is exclusive. */
  readonly start: string;
  readonly end: string;
  /** Name such as `2026-11-22 14:00`, `2026-11-22`, `2026-W47` or `2026-11`. */
  readonly label: string;
  /** True if the period is over, and completely in the range. */
  readonly complete: boolean;
  /**
   * Change from the period before. An incomplete period is compared with the same part of the period before.
   */
  readonly change: Change;
}

export interface TrendsReport extends ReportHead {
  readonly granularity: Granularity;
  readonly periods: readonly TrendPeriod[];
  readonly total: Figures;
  /** Figures of the same number of days before the range. */
  readonly before: Figures;
  readonly change: Change;
}

/** Limits in US dollars. */
export interface Limits {
  /**
   * Limit for today, in the time zone of the report.
   *
   * @default - no limit
   */
  readonly daily?: number;
  /**
   * Limit for the last 60 minutes.
   *
   * @default - no limit
   */
  readonly hourly?: number;
}

/** Comparison of a limit with the cost. */
export interface ThresholdCheck {
  readonly period: 'daily' | 'hourly';
  readonly limitUsd: string;
  /** Start and end of the period: today in the time zone of the report, or the last 60 minutes. */
  readonly from: string;
  readonly to: string;
  readonly actual: Money;
  readonly exceeded: boolean;
  /** Used share of the limit: 1 is the full limit. */
  readonly used: number;
  /** Amount above the limit, as a decimal of US dollars. 0 if the limit is not exceeded. */
  readonly byUsd: string;
  /** Result as a sentence. */
  readonly reason: string;
}

export interface ThresholdReport {
  readonly timeZone: string;
  readonly agentId?: string;
  readonly model?: string;
  readonly generatedAt: string;
  readonly alertRequired: boolean;
  readonly checks: readonly ThresholdCheck[];
  /** A sentence for each exceeded limit. */
  readonly reasons: readonly string[];
  /** Number of traces with an impossible time. No figure includes them. Absent if there are none. */
  readonly unreadable?: number;
  readonly reads: Pick<Reads, 'requests' | 'units'>;
}
