import type { CostCalculatorOptions } from '../lambda/pricing/cost-calculator';

/** Days of the calendar in the report's time zone, both included; a text alone is one day: `2026-11-22`. */
export type DayRange = string | { readonly from: string; readonly to: string };

/** How far a long report is. */
export interface Progress {
  readonly done: number;
  readonly total: number;
}

/** What any report can be told. */
export interface ReportOptions {
  /**
   * The one agent that is reported on.
   *
   * @default - all
   */
  readonly agentId?: string;
  /**
   * The one model that is reported on, by the foundation model's id.
   *
   * @default - all
   */
  readonly model?: string;
  /**
   * The IANA time zone in which days begin and end, also those of 23 and 25 hours.
   *
   * @default - that of the `UsageReports`, which is UTC unless it is given another
   */
  readonly timeZone?: string;
  /**
   * Whether costs are computed anew from the tokens, beside what was recorded: `true` for the
   * catalog of this version, or prices of your own. Each call is priced at what held on its day.
   *
   * @default false
   */
  readonly reprice?: boolean | Repricing;
  /**
   * Aborts it.
   *
   * @default - it is not aborted
   */
  readonly signal?: AbortSignal;
  /**
   * Told after each UTC day that was read.
   *
   * @default - nobody is told
   */
  readonly onProgress?: (progress: Progress) => void;
}

/** By which prices costs are computed anew. */
export type Repricing = Pick<
  CostCalculatorOptions,
  'customPrices' | 'discounts' | 'bareIdPrice' | 'region' | 'inferenceProfiles'
>;

/** An amount of money, exact, and whether it is all of it. */
export interface Money {
  /** Pico-dollars: what sums are made of. */
  readonly picoUsd: bigint;
  /** The same as a decimal of US dollars: `0.00036771`. */
  readonly usd: string;
  /** Calls whose cost is not known are missing: the true amount is more. */
  readonly atLeast: boolean;
  /** How many calls that are. */
  readonly unpriced: number;
}

/** What the same calls cost by other prices. */
export interface RepricedMoney extends Money {
  /**
   * By how much that differs from what was recorded, of calls
   * that have a price in both. Negative where it is less.
   */
  readonly differencePicoUsd: bigint;
  readonly differenceUsd: string;
}

/**
 * What a report says of some calls. Tokens and cost are without what the application's own cache answered.
 */
export interface Figures {
  /** Calls that a model answered. */
  readonly answered: number;
  /** Calls that failed. */
  readonly failed: number;
  /** Answers of the application's own cache. */
  readonly fromCache: number;
  /** Calls whose tokens are what was known when a stream ended early. */
  readonly partial: number;
  /** All input tokens, cached ones included. */
  readonly inputTokens: number;
  readonly uncachedInputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWrite5mTokens: number;
  readonly cacheWrite1hTokens: number;
  readonly outputTokens: number;
  /** Speech tokens among `uncachedInputTokens` and `outputTokens`. Undefined if there are none. */
  readonly speechInputTokens?: number;
  readonly speechOutputTokens?: number;
  /** Input and output. */
  readonly totalTokens: number;
  /** Which part of the input tokens was read from the prompt cache, 0 to 1; undefined without input. */
  readonly cacheShare?: number;
  /** Milliseconds, of answered calls that say it; undefined where none does. */
  readonly meanLatencyMs?: number;
  /** As it was recorded when the calls were made. */
  readonly cost: Money;
  /** By other prices, where they were asked for. */
  readonly repriced?: RepricedMoney;
}

/** Figures of an agent, a model or an incident. */
export interface NamedFigures extends Figures {
  readonly name: string;
}

/** How a report came about. */
export interface ReportHead {
  /** The first and the last day, both included. */
  readonly from: string;
  readonly to: string;
  readonly timeZone: string;
  /** What it was narrowed to. */
  readonly agentId?: string;
  readonly model?: string;
  /** ISO 8601, UTC. */
  readonly generatedAt: string;
  /** Traces whose time cannot be right. They are in no figure. Absent if there are none. */
  readonly unreadable?: number;
  readonly reads: Reads;
}

/** What was read for a report. */
export interface Reads {
  /** UTC days of which the rolled-up sums were read. */
  readonly rollupDays: number;
  /** UTC days that are not rolled up, of which each trace was read. */
  readonly tracedDays: number;
  /** Requests to the table, and the read units that they took. */
  readonly requests: number;
  readonly units: number;
}

/** One day. */
export interface DayFigures extends Figures {
  readonly day: string;
  /** Whether the day is over. */
  readonly complete: boolean;
  /** Dearest first, as everywhere. */
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
  /** Calls of every kind: answered, failed, and answered by the application's own cache. */
  readonly invocations: number;
  /** Input and output tokens. */
  readonly tokens: number;
  readonly cost: Money;
  readonly total: Figures;
}

/** One call of an incident. */
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
  /** A decimal of US dollars; undefined where it is not known. */
  readonly costUsd?: string;
  /** By other prices, where they were asked for and the call has one. */
  readonly repricedUsd?: string;
  readonly latencyMs?: number;
  /** The name of the error that it failed with. */
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
  /** In the order of time, the first ones where there are more than are listed. */
  readonly invocations: readonly IncidentInvocation[];
  /** Calls that are in the sums and not listed. */
  readonly invocationsOmitted: number;
  /**
   * Traces of the incident whose time cannot be right, such as one in the future. They are in no figure.
   * Absent if there are none.
   */
  readonly unreadable?: number;
  readonly agents: readonly NamedFigures[];
  readonly models: readonly NamedFigures[];
  readonly total: Figures;
  /**
   * When the first call began, and the last one ended as far
   * as its latency is known; undefined without a call.
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
  /** The dearest, dearest first. Calls without an incident are in no entry of incidents. */
  readonly entries: readonly NamedFigures[];
  /** How many there are in all. */
  readonly count: number;
  /**
   * Incidents whose sums were forgotten, the cheapest each time that more than 200,000 were known. One that
   * comes again begins anew and is counted again: entries can then be less than the whole, and the count
   * more. Left out where there is none.
   */
  readonly forgotten?: number;
  readonly total: Figures;
}

export const GRANULARITIES = ['hour', 'day', 'week', 'month'] as const;
export type Granularity = (typeof GRANULARITIES)[number];

/**
 * By how much figures differ from those before them, as a share of
 * them: 0.25 is a quarter more. Undefined where those before were 0.
 */
export interface Change {
  /** Undefined too where one of the two has calls whose cost is not known. */
  readonly cost?: number;
  readonly answered?: number;
  readonly tokens?: number;
}

/** One hour, day, week or month. */
export interface TrendPeriod extends Figures {
  /** ISO 8601 with the time zone's offset; the end is not included. */
  readonly start: string;
  readonly end: string;
  /** Such as `2026-11-22 14:00`, `2026-11-22`, `2026-W47`, `2026-11`. */
  readonly label: string;
  /** Whether the period is over, and whole within the range. */
  readonly complete: boolean;
  /** Against the period before it; of one that is not over, against the same part of that. */
  readonly change: Change;
}

export interface TrendsReport extends ReportHead {
  readonly granularity: Granularity;
  readonly periods: readonly TrendPeriod[];
  readonly total: Figures;
  /** The same number of days before the range. */
  readonly before: Figures;
  readonly change: Change;
}

/** Limits in US dollars. */
export interface Limits {
  /**
   * For today, in the report's time zone.
   *
   * @default - no limit
   */
  readonly daily?: number;
  /**
   * For the last 60 minutes.
   *
   * @default - no limit
   */
  readonly hourly?: number;
}

/** One limit, and what there is. */
export interface ThresholdCheck {
  readonly period: 'daily' | 'hourly';
  readonly limitUsd: string;
  /** Today in the report's time zone, or the last 60 minutes. */
  readonly from: string;
  readonly to: string;
  readonly actual: Money;
  readonly exceeded: boolean;
  /** How much of the limit is used, 1 being all of it. */
  readonly used: number;
  /** By how much it is above the limit, as a decimal of US dollars; 0 where it is not. */
  readonly byUsd: string;
  /** In a sentence. */
  readonly reason: string;
}

export interface ThresholdReport {
  readonly timeZone: string;
  readonly agentId?: string;
  readonly model?: string;
  readonly generatedAt: string;
  readonly alertRequired: boolean;
  readonly checks: readonly ThresholdCheck[];
  /** A sentence for each limit that is exceeded; empty where none is. */
  readonly reasons: readonly string[];
  /** Traces whose time cannot be right. They are in no figure. Absent if there are none. */
  readonly unreadable?: number;
  readonly reads: Pick<Reads, 'requests' | 'units'>;
}
