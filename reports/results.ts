import type { CostCalculatorOptions } from '../lambda/pricing/cost-calculator';

/**
 * Range of calendar days in the time zone of the report. `from` and `to` are both included. A string is a
 * range of one day: `2026-11-22`.
 */
export type DayRange = string | { readonly from: string; readonly to: string };

/** Progress of a long report, in days. */
export interface Progress {
  readonly done: number;
  readonly total: number;
}

/** Options of all reports. */
export interface ReportOptions {
  /**
   * Agent whose invocations the report includes.
   *
   * @default - all agents
   */
  readonly agentId?: string;
  /**
   * Id of the foundation model whose invocations the report includes.
   *
   * @default - all models
   */
  readonly model?: string;
  /**
   * IANA time zone in which days begin and end. A day may have 23 or 25 hours.
   *
   * @default - the time zone of the `UsageReports`
   */
  readonly timeZone?: string;
  /**
   * Prices for a second cost, next to the recorded cost. Each invocation is priced at the prices of its day.
   * `true` means the `prices` of `UsageReports`. If `prices` is omitted there, `true` means the price catalog
   * of this version.
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
   * Function that is called after each UTC day that the report has read.
   *
   * @default - no progress is reported
   */
  readonly onProgress?: (progress: Progress) => void;
}

/** Prices, discounts and region for a cost that is calculated from tokens. */
export type Repricing = Pick<
  CostCalculatorOptions,
  'customPrices' | 'discounts' | 'bareIdPrice' | 'region' | 'inferenceProfiles'
>;

/** Exact amount of money. The amount may be negative. */
export interface Amount {
  /** Amount in pico-dollars (10⁻¹² US dollars). */
  readonly picoUsd: bigint;
  /** The same amount in US dollars, as decimal text: `-0.00036771`. */
  readonly usd: string;
}

/** Exact cost of the priced invocations. */
export interface Money {
  /** Cost in pico-dollars (10⁻¹² US dollars). */
  readonly picoUsd: bigint;
  /** The same cost in US dollars, as decimal text: `0.00036771`. */
  readonly usd: string;
  /** True if the cost excludes unpriced invocations. The true cost is then higher. */
  readonly atLeast: boolean;
  /** Number of unpriced invocations. */
  readonly unpriced: number;
}

/** Cost of the same invocations at other prices than the recorded prices. */
export interface RepricedMoney extends Money {
  /**
   * Cost at the other prices minus the recorded cost, in pico-dollars. Includes only invocations that have
   * both costs. Negative if the other prices are lower.
   */
  readonly differencePicoUsd: bigint;
  readonly differenceUsd: string;
}

/** Usage and cost of invocations. Tokens and cost exclude cached responses. */
export interface Figures {
  /** Number of invocations that a model answered. */
  readonly answered: number;
  /** Number of failed invocations. */
  readonly failed: number;
  /** Number of cached responses, from the application's own cache. */
  readonly fromCache: number;
  /**
   * Number of invocations whose stream ended early. Only the tokens that were known at this point are
   * counted.
   */
  readonly partial: number;
  /** Number of input tokens, including cache reads and cache writes. */
  readonly inputTokens: number;
  readonly uncachedInputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWrite5mTokens: number;
  readonly cacheWrite1hTokens: number;
  readonly outputTokens: number;
  /**
   * Number of speech input tokens, which are also counted in `uncachedInputTokens`. Undefined if there are
   * none.
   */
  readonly speechInputTokens?: number;
  /**
   * Number of speech output tokens, which are also counted in `outputTokens`. Undefined if there are none.
   */
  readonly speechOutputTokens?: number;
  /** Sum of input and output tokens. */
  readonly totalTokens: number;
  /**
   * Cache read tokens as a share of all input tokens, from 0 to 1. Undefined if there are no input tokens.
   */
  readonly cacheShare?: number;
  /** Mean latency of answered invocations in milliseconds. Undefined if no latency was recorded. */
  readonly meanLatencyMs?: number;
  /** Recorded cost. */
  readonly cost: Money;
  /** Cost at the prices of `reprice`. Undefined if the report was made without `reprice`. */
  readonly repriced?: RepricedMoney;
}

/** Figures of an agent, a model or an incident. */
export interface NamedFigures extends Figures {
  readonly name: string;
}

/** Range and filters of a report, and the table reads that the report needed. */
export interface ReportHead {
  /** First day of the report. */
  readonly from: string;
  /** Last day of the report. The report includes this day. */
  readonly to: string;
  readonly timeZone: string;
  /** Agent whose invocations the report includes. Absent if the report includes all agents. */
  readonly agentId?: string;
  /** Model whose invocations the report includes. Absent if the report includes all models. */
  readonly model?: string;
  /** Time at which the report was made: ISO 8601, UTC. */
  readonly generatedAt: string;
  /**
   * Number of traces that no figure includes, because their time does not match the UTC day in their key.
   * Absent if there are none.
   */
  readonly unreadable?: number;
  readonly reads: Reads;
}

/** Table reads that a report needed. */
export interface Reads {
  /** Number of UTC days that were read from rollups. */
  readonly rollupDays: number;
  /** Number of UTC days that have no rollup and were read trace by trace. */
  readonly tracedDays: number;
  /** Number of requests to the table. */
  readonly requests: number;
  /** Number of read units that all requests together consumed. */
  readonly units: number;
}

/** Figures of one day. */
export interface DayFigures extends Figures {
  readonly day: string;
  /** True if the day is over. */
  readonly complete: boolean;
  /** Agents, highest cost first. */
  readonly agents: readonly NamedFigures[];
  /** Models, highest cost first. */
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
  /** Sum of input and output tokens. */
  readonly tokens: number;
  readonly cost: Money;
  readonly total: Figures;
}

export interface IncidentInvocation {
  /** Start of the call: ISO 8601, UTC. */
  readonly timestamp: string;
  readonly requestId: string;
  readonly agentId: string;
  readonly model: string;
  readonly operation?: string;
  readonly inputTokens: number;
  readonly cacheReadTokens: number;
  readonly outputTokens: number;
  /** Recorded cost in US dollars, as decimal text. Undefined if the cost is unknown. */
  readonly costUsd?: string;
  /**
   * Cost at the prices of `reprice` in US dollars, as decimal text. Undefined if the price is unknown, or
   * without `reprice`.
   */
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
  /** First invocations in order of time, 10,000 at most. */
  readonly invocations: readonly IncidentInvocation[];
  /**
   * Number of invocations that are not listed, because they came after the first 10,000. All figures include
   * them.
   */
  readonly invocationsOmitted: number;
  /**
   * Number of traces that no figure includes, because their time is impossible, such as a time in the future.
   * Absent if there are none.
   */
  readonly unreadable?: number;
  readonly agents: readonly NamedFigures[];
  readonly models: readonly NamedFigures[];
  readonly total: Figures;
  /** Start of the first invocation: ISO 8601, UTC. Undefined if there are no invocations. */
  readonly start?: string;
  /**
   * Time at which the last invocation ended: ISO 8601, UTC. If a latency is unknown, the invocation counts as
   * ended at its start. Undefined if there are no invocations.
   */
  readonly end?: string;
  readonly durationMs?: number;
  readonly reads: Pick<Reads, 'requests' | 'units'>;
}

export const TOP_BY = ['incident', 'agent', 'model'] as const;
export type TopBy = (typeof TOP_BY)[number];

export interface TopReport extends ReportHead {
  readonly by: TopBy;
  /**
   * Entries with the highest costs, highest first. If `by` is `incident`, invocations without an incident are
   * in no entry.
   */
  readonly entries: readonly NamedFigures[];
  /** Number of all incidents, agents or models in the range. `entries` may contain fewer. */
  readonly count: number;
  /**
   * Number of times that an incident was dropped to save memory. Above 200,000 incidents, only the 100,000
   * with the highest costs are kept. A dropped incident with later invocations is counted again. So `count`
   * can be too high, and the cost of this incident too low. Absent if no incident was dropped.
   */
  readonly forgotten?: number;
  readonly total: Figures;
}

export const GRANULARITIES = ['hour', 'day', 'week', 'month'] as const;
export type Granularity = (typeof GRANULARITIES)[number];

/**
 * Relative change from earlier figures: 0.25 means 25 % more. A member is undefined if its earlier figure is
 * 0.
 */
export interface Change {
  /** Change of the cost. Also undefined if one of the two costs excludes unpriced invocations. */
  readonly cost?: number;
  readonly answered?: number;
  readonly tokens?: number;
}

/** Figures of one hour, day, week or month. */
export interface TrendPeriod extends Figures {
  /** Start of the part of the period that is in the range: ISO 8601 with the offset of the time zone. */
  readonly start: string;
  /** Exclusive end, in the same format. */
  readonly end: string;
  /** Name of the period, such as `2026-11-22 14:00`, `2026-11-22`, `2026-W47` or `2026-11`. */
  readonly label: string;
  /** True if the period is over, and the range contains all of it. */
  readonly complete: boolean;
  /**
   * Change from the previous period. An incomplete period is compared with the same part of the previous
   * period.
   */
  readonly change: Change;
}

export interface TrendsReport extends ReportHead {
  readonly granularity: Granularity;
  readonly periods: readonly TrendPeriod[];
  readonly total: Figures;
  /** Figures of an equal number of days before the range. */
  readonly before: Figures;
  readonly change: Change;
}

/** Limits on the cost, in US dollars. */
export interface Limits {
  /**
   * Limit for the cost of today. The day begins at midnight in the time zone of the report.
   *
   * @default - no limit
   */
  readonly daily?: number;
  /**
   * Limit for the cost of the last 60 minutes.
   *
   * @default - no limit
   */
  readonly hourly?: number;
}

/** Comparison of the cost of one period with its limit. */
export interface ThresholdCheck {
  readonly period: 'daily' | 'hourly';
  readonly limitUsd: string;
  /**
   * Start of the period: ISO 8601, UTC. For `daily`, this is midnight in the time zone of the report. For
   * `hourly`, this is 60 minutes before the report.
   */
  readonly from: string;
  /** End of the period, which is the time of the report: ISO 8601, UTC. */
  readonly to: string;
  readonly actual: Money;
  readonly exceeded: boolean;
  /** Cost as a share of the limit: 1 means that the cost is equal to the limit. */
  readonly used: number;
  /**
   * Amount by which the cost is above the limit, in US dollars as decimal text. It is `0` if the limit is not
   * exceeded.
   */
  readonly byUsd: string;
  /** Sentence that states the result. */
  readonly reason: string;
}

export interface ThresholdReport {
  readonly timeZone: string;
  readonly agentId?: string;
  readonly model?: string;
  readonly generatedAt: string;
  readonly alertRequired: boolean;
  readonly checks: readonly ThresholdCheck[];
  /** One sentence for each exceeded limit. */
  readonly reasons: readonly string[];
  /**
   * Number of traces that no figure includes, because their time does not match the UTC day in their key.
   * Absent if there are none.
   */
  readonly unreadable?: number;
  readonly reads: Pick<Reads, 'requests' | 'units'>;
}
