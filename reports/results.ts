import type { CostCalculatorOptions } from '../lambda/pricing/cost-calculator';

/**
 * Range of calendar days in the time zone of the report. Both `from` and `to` are included. A string such as
 * `2026-11-22` is a range of one day.
 */
export type DayRange = string | { readonly from: string; readonly to: string };

/**
 * Progress of a report in UTC days: `done` is the number of days already read, `total` the number of all
 * days.
 */
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
   * Prices from which the report calculates a second cost, in addition to the recorded cost. With `true`, the
   * report uses the option `prices` of `UsageReports`. For each invocation, the prices of its day apply.
   *
   * @default false: the report calculates no second cost
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

/** Prices, discounts and region for costs that a report calculates from token counts. */
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

/** Exact cost of invocations. It excludes unpriced invocations. */
export interface Money {
  /** Cost in pico-dollars (10⁻¹² US dollars). */
  readonly picoUsd: bigint;
  /** The same cost in US dollars, as decimal text: `0.00036771`. */
  readonly usd: string;
  /** True if `unpriced` or `lowerBound` is not 0. The true cost may then be higher. */
  readonly atLeast: boolean;
  /** Number of unpriced invocations, which the cost excludes. */
  readonly unpriced: number;
  /** Number of invocations whose true cost may be higher than their part of the cost. Absent if 0. */
  readonly lowerBound?: number;
  /**
   * Number of invocations for each reason why their cost is a lower bound, such as `guardrailUnits`. An
   * invocation can have several reasons. Absent if there are none.
   */
  readonly reasons?: Readonly<Record<string, number>>;
}

/** Second cost of invocations, calculated with the prices of the option `reprice`. */
export interface RepricedMoney extends Money {
  /**
   * Second cost minus recorded cost, in pico-dollars. Negative if the second cost is lower. Invocations
   * without a recorded cost or a second cost are excluded.
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
  /** Number of invocations with a streamed response that was cut off. Only their known tokens are counted. */
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
  /** Cost that was recorded with the invocations. */
  readonly cost: Money;
  /**
   * Number of each billed unit besides tokens, such as `guardrailContent`. Absent if there are none.
   */
  readonly units?: Readonly<Record<string, number>>;
  /** Part of `cost` that is the cost of `units`. Absent if there are no units. */
  readonly unitCost?: Amount;
  /** Second cost, calculated with the prices of the option `reprice`. Undefined without `reprice`. */
  readonly repriced?: RepricedMoney;
}

/** Figures of an agent, a model or an incident. */
export interface NamedFigures extends Figures {
  readonly name: string;
}

/** Members that most reports have in common: range, filters and table reads. */
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
   * Number of traces that were ignored because their timestamp is not on the UTC day in their key. Undefined
   * if there are none.
   */
  readonly unreadable?: number;
  readonly reads: Reads;
}

/** Counts of the reads from the trace table for a report. */
export interface Reads {
  /** Number of UTC days that were read from rollups. */
  readonly rollupDays: number;
  /** Number of UTC days without a rollup. All traces of these days were read. */
  readonly tracedDays: number;
  /** Number of requests to the table. */
  readonly requests: number;
  /** Number of DynamoDB read capacity units that all requests together consumed. */
  readonly units: number;
}

/** Figures of one day. */
export interface DayFigures extends Figures {
  readonly day: string;
  /** True if the day is over. False for today and for later days. */
  readonly complete: boolean;
  /** Figures of each agent on this day, highest cost first. */
  readonly agents: readonly NamedFigures[];
  /** Figures of each model on this day, highest cost first. */
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
  /** Reasons why the true cost may be higher than `costUsd`, such as `guardrailUnits`. Absent if exact. */
  readonly costIsLowerBound?: readonly string[];
  /**
   * Second cost in US dollars as decimal text, calculated with the prices of `reprice`. Undefined if the
   * price is unknown, and in reports without `reprice`.
   */
  readonly repricedUsd?: string;
  /** Reasons why the true second cost may be higher than `repricedUsd`. Absent if exact. */
  readonly repricedIsLowerBound?: readonly string[];
  readonly latencyMs?: number;
  /** Name of the error, such as `ThrottlingException`, if the invocation failed. */
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
  /** Invocations of the incident in order of time. Contains only the first 10,000. */
  readonly invocations: readonly IncidentInvocation[];
  /**
   * Number of invocations after the first 10,000. `invocations` does not contain them, but all figures
   * include them.
   */
  readonly invocationsOmitted: number;
  /**
   * Number of traces with an impossible time, such as a time in the future. No figure includes them. Absent
   * if there are none.
   */
  readonly unreadable?: number;
  readonly agents: readonly NamedFigures[];
  readonly models: readonly NamedFigures[];
  readonly total: Figures;
  /** Start of the first invocation: ISO 8601, UTC. Undefined if there are no invocations. */
  readonly start?: string;
  /**
   * End of the invocation that ended last: ISO 8601, UTC. An invocation without a latency counts as ended at
   * its start. Undefined if there are no invocations.
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
   * Incidents, agents or models with the highest costs, highest first. If `by` is `incident`, invocations
   * without an incident are not included.
   */
  readonly entries: readonly NamedFigures[];
  /** Number of all incidents, agents or models in the range. `entries` may list fewer of them. */
  readonly count: number;
  /**
   * Number of incidents that the report dropped to limit memory use. Undefined if there are none.
   *
   * If a range has more than 200,000 incidents, only the 100,000 most expensive incidents are kept. If a
   * dropped incident has later invocations, `count` includes it twice, and its cost is too low.
   */
  readonly forgotten?: number;
  readonly total: Figures;
}

export const GRANULARITIES = ['hour', 'day', 'week', 'month'] as const;
export type Granularity = (typeof GRANULARITIES)[number];

/**
 * Relative change from the figures of an earlier period: 0.25 means 25 % more. A member is undefined if the
 * earlier figure is 0.
 */
export interface Change {
  /**
   * Change of the cost. Undefined if the cost of one of the two periods is a lower bound, for example because
   * of unpriced invocations.
   */
  readonly cost?: number;
  readonly answered?: number;
  readonly tokens?: number;
}

/** Figures of one hour, day, week or month. */
export interface TrendPeriod extends Figures {
  /**
   * Start of the period: ISO 8601 with the offset of the time zone. If the period begins before the range,
   * this is the start of the range.
   */
  readonly start: string;
  /**
   * End of the period, exclusive: ISO 8601 with the offset of the time zone. If the period ends after the
   * range, this is the end of the range.
   */
  readonly end: string;
  /** Name of the period, such as `2026-11-22 14:00`, `2026-11-22`, `2026-W47` or `2026-11`. */
  readonly label: string;
  /** True if the period is over and lies completely in the range. */
  readonly complete: boolean;
  /**
   * Change from the previous period. If the period is incomplete, it is compared with the same part of the
   * previous period. For example, the first 10 days of a month are compared with the first 10 days of the
   * previous month.
   */
  readonly change: Change;
}

export interface TrendsReport extends ReportHead {
  readonly granularity: Granularity;
  readonly periods: readonly TrendPeriod[];
  readonly total: Figures;
  /**
   * Figures of the days before the range. For a range of 7 days, these are the 7 days before it. If the range
   * is not over, the figures end earlier, so that both time spans have the same length.
   */
  readonly before: Figures;
  readonly change: Change;
}

/** Limits with which `checkThresholds` compares the cost, in US dollars. */
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

/** Result of comparing the cost of today, or of the last 60 minutes, with its limit. */
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
  /** Cost divided by the limit: 1 means that the cost is equal to the limit. */
  readonly used: number;
  /**
   * Amount by which the cost is above the limit, in US dollars as decimal text. It is `0` if the limit is not
   * exceeded.
   */
  readonly byUsd: string;
  /** Explanation in one sentence: the cost, the period and the limit. */
  readonly reason: string;
}

export interface ThresholdReport {
  readonly timeZone: string;
  readonly agentId?: string;
  readonly model?: string;
  readonly generatedAt: string;
  readonly alertRequired: boolean;
  readonly checks: readonly ThresholdCheck[];
  /** Sentences for people, one for each limit that is exceeded. */
  readonly reasons: readonly string[];
  /**
   * Number of traces that were ignored because their timestamp is not on the UTC day in their key. Undefined
   * if there are none.
   */
  readonly unreadable?: number;
  readonly reads: Pick<Reads, 'requests' | 'units'>;
}
