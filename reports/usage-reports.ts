import type { Writable } from 'node:stream';
import type { BilledCosts } from './bill/billed-costs';
import type { BillOptions } from './bill/billed-costs.aws';
import { recordedUsage, type RecordedUsage, reconcile } from './bill/reconcile';
import type { Reconciliation } from './bill/reconciliation';
import { exportTraces, type ExportFormat, type ExportResult } from './export/export';
import { forecastOf, type ForecastReport, requireForecastDays } from './forecast/forecast';
import { repricer } from './prices/part-prices';
import {
  type AgentsReport,
  type DailyReport,
  type DayRange,
  GRANULARITIES,
  type Granularity,
  type IncidentReport,
  type Limits,
  type ModelsReport,
  type ReportOptions,
  type Repricing,
  type ThresholdReport,
  TOP_BY,
  type TopBy,
  type TopReport,
  type TotalsReport,
  type TrendsReport,
} from './results';
import { type Days, dayIn, daysOf, requireTimeZone, type Span, spanOf } from './source/day-range';
import { ReadCount } from './source/read-report';
import type { ReportSource } from './source/usage-source.aws';
import { type Adding, agentsReport, dailyReport, modelsReport, totalsReport } from './usage/daily';
import { incidentReport } from './usage/incident';
import { thresholdReport } from './usage/thresholds';
import { topIncidents } from './usage/top-incidents';
import { trendsReport } from './usage/trends';
import type { WhatIfQuestion, WhatIfReport } from './what-if/what-if';
import { whatIfReport } from './what-if/what-if-report';
import { parseModelId } from '../lambda/pricing/model-id';
import { addUtcDays, MS_PER_DAY, startOfDay } from '../lambda/rollup/utc-day';
import type { TableLocation } from '../lambda/traces/table-location';
import type { Trace } from '../lambda/traces/trace';
import { dayOf } from '../lambda/traces/trace-keys';

/** Where the reports are read, and how days are cut. */
export interface UsageReportsOptions extends TableLocation {
  /**
   * The IANA time zone in which days begin and end.
   *
   * @default 'UTC'
   */
  readonly timeZone?: string;
  /**
   * The prices of `reprice: true` and of `whatIf`. The region of the
   * calls, which no trace has, is the table's unless it is given here.
   *
   * @default - the catalog of this version
   */
  readonly prices?: Repricing;
  /**
   * The present moment.
   *
   * @default - the machine's clock
   */
  readonly now?: () => Date;
}

/** The most entries of a `top`. */
const MAX_TOP = 10_000;
const MAX_TOTAL_DAYS = 1100;

/**
 * Reports on a trace table: rolled-up days and the traces of those that are not rolled up yet, always by key
 * and never by a scan. What they read grows with days, agents and models, not with calls; `incident`, `top`
 * by incident and `export` read traces. It needs `dynamodb:Query` on the table and its index
 * (`TokenTraceTable.grantReadTraces`).
 *
 * Days are the calendar's in the time zone that is asked for, both ends included. Money is exact; where calls
 * have no known price, a total is "at least". Errors of the service are thrown as they come, wrong arguments
 * as `RangeError`.
 *
 * @example
 * const reports = new UsageReports({ tableName: 'TokenTraces', timeZone: 'Europe/Berlin' });
 * const { total, days } = await reports.daily({ from: '2026-11-01', to: '2026-11-30' });
 * console.log(total.cost.usd, days.length);
 * reports.close();
 */
export class UsageReports {
  private readonly timeZone: string;
  private source: Promise<ReportSource> | undefined;

  /** @throws RangeError where the table has no name, or the time zone is none */
  constructor(private readonly options: UsageReportsOptions) {
    if (!options.tableName) throw new RangeError('tableName must name the table of traces, got none');
    this.timeZone = requireTimeZone(options.timeZone ?? 'UTC');
  }

  /** Cost, tokens, calls, errors and cache share of each day, by agent and by model. */
  async daily(range: DayRange, options: ReportOptions = {}): Promise<DailyReport> {
    return dailyReport(this.days(range, options), await this.adding(options));
  }

  /** The same of a range by agent, with each agent's models. */
  async agents(range: DayRange, options: ReportOptions = {}): Promise<AgentsReport> {
    return agentsReport(this.days(range, options), await this.adding(options));
  }

  /** The same by model, with each model's agents. */
  async models(range: DayRange, options: ReportOptions = {}): Promise<ModelsReport> {
    return modelsReport(this.days(range, options), await this.adding(options));
  }

  /**
   * Requests, tokens and cost of the last days.
   *
   * @param days how many, today included
   */
  async totals(days: number, options: ReportOptions = {}): Promise<TotalsReport> {
    requireWhole('days', days, MAX_TOTAL_DAYS);
    const today = this.today(options);
    return totalsReport(
      this.days({ from: addUtcDays(today, 1 - days), to: today }, options),
      await this.adding(options),
    );
  }

  /**
   * The calls of one incident in order, its agents, models,
   * duration and cost. An incident that is not known has no call.
   */
  async incident(incidentId: string, options: ReportOptions = {}): Promise<IncidentReport> {
    return incidentReport(
      incidentId,
      requireTimeZone(options.timeZone ?? this.timeZone),
      await this.adding(options),
    );
  }

  /**
   * The dearest incidents, agents or models. For incidents each
   * trace of the range is read, as rolled up days know of none.
   *
   * @param count how many. Default: 10
   */
  async top(range: DayRange, by: TopBy, count = 10, options: ReportOptions = {}): Promise<TopReport> {
    requireOneOf('by', by, TOP_BY);
    requireWhole('the count', count, MAX_TOP);
    if (by === 'incident') return topIncidents(this.days(range, options), count, await this.adding(options));
    const { agents, models, total, ...head } = await this.daily(range, options);
    const { days: _, ...rest } = head;
    const all = by === 'agent' ? agents : models;
    return { ...rest, by, entries: all.slice(0, count), count: all.length, total };
  }

  /** Cost, calls and tokens by hour, day, ISO week or month, each with its change against the one before. */
  async trends(
    range: DayRange,
    granularity: Granularity = 'day',
    options: ReportOptions = {},
  ): Promise<TrendsReport> {
    requireOneOf('granularity', granularity, GRANULARITIES);
    return trendsReport(this.days(range, options), granularity, await this.adding(options));
  }

  /**
   * Whether today, or the last 60 minutes, cost more than a
   * limit, by how much, and why. It tells and does nothing else.
   */
  async checkThresholds(limits: Limits, options: ReportOptions = {}): Promise<ThresholdReport> {
    return thresholdReport(
      limits,
      requireTimeZone(options.timeZone ?? this.timeZone),
      await this.adding(options),
    );
  }

  /**
   * What the next days will cost if they go on as the last ones: an estimate with ranges, or why there is
   * none. The history is whole days, so the first day that is forecast is today. With `reprice` the history
   * is that of those prices.
   *
   * @param historyDays how many days before today, at most 400
   * @param forecastDays how many days from today on, at most 365
   */
  async forecast(
    historyDays: number,
    forecastDays: number,
    options: ReportOptions = {},
  ): Promise<ForecastReport> {
    requireForecastDays(historyDays, forecastDays);
    const today = this.today(options);
    const {
      days,
      total: _total,
      agents: _agents,
      models: _models,
      ...head
    } = await this.daily({ from: addUtcDays(today, -historyDays), to: addUtcDays(today, -1) }, options);
    const history = days.map(({ day, cost, repriced = cost }) => ({
      day,
      picoUsd: repriced.picoUsd,
      unpriced: repriced.unpriced,
    }));
    return { ...head, ...forecastOf(history, forecastDays) };
  }

  /**
   * What the same tokens would cost at another model's, region's, tier's or batch's price, what caching
   * saved, and where cache writes for an hour would pay: figures, not advice. `options.reprice`, where it
   * names prices, is what both sides are priced by.
   *
   * @throws RangeError for a question that contradicts itself, or names a model that has no price
   */
  async whatIf(
    range: DayRange,
    question: WhatIfQuestion,
    options: ReportOptions = {},
  ): Promise<WhatIfReport> {
    const { reprice } = options;
    const prices = typeof reprice === 'object' ? reprice : this.options.prices;
    return whatIfReport(
      this.days(range, options),
      question,
      await this.adding({ ...options, reprice: false }),
      { ...prices, region: prices?.region ?? this.options.region },
    );
  }

  /**
   * Writes each call of a range to a stream: `csv`, `json`, `jsonl` (an object a line) or `parquet`, with
   * times in UTC and in the time zone. What is in memory does not grow with the number of calls; the same
   * calls give the same bytes. The stream is left open. Days whose traces are expired are not in it.
   */
  async export(
    range: DayRange,
    format: ExportFormat,
    stream: Writable,
    options: ReportOptions = {},
  ): Promise<ExportResult> {
    const days = this.days(range, options);
    const { start, end } = spanOf(days);
    const { source, now, agentId, model, signal, repricer: prices } = await this.adding(options);
    // Days that have not begun have no traces.
    const until = new Date(
      Math.min(end.getTime(), Math.max(start.getTime(), startOfDay(addUtcDays(dayOf(now), 1)).getTime())),
    );
    const pages = source.stream({ start, end: until }, { meter: new ReadCount(), signal, agentId });
    return exportTraces(withProgress(pages, { start, end: until }, options.onProgress), format, stream, {
      timeZone: days.timeZone,
      from: start,
      to: end,
      agentId,
      model,
      repricer: prices,
      signal,
    });
  }

  /**
   * What AWS billed for Bedrock by model and day, models of AWS Marketplace included, from Cost Explorer:
   * each request costs $0.01. The bill knows UTC days alone. It needs `ce:GetCostAndUsage` and
   * `ce:GetDimensionValues`.
   */
  async billedCosts(range: DayRange, options: BillOptions = {}): Promise<BilledCosts> {
    const { readBilledCosts } = await import('./bill/billed-costs.aws');
    return readBilledCosts(daysOf(range, 'UTC'), {
      ...options,
      models: [...customModels(this.options.prices), ...(options.models ?? [])],
    });
  }

  /**
   * What was recorded against what AWS billed, by model and UTC
   * day, with the drift. Each request to Cost Explorer costs $0.01.
   */
  async reconcile(range: DayRange, options: BillOptions = {}): Promise<Reconciliation> {
    const days = daysOf(range, 'UTC');
    const source = await this.connect();
    const own: RecordedUsage[] = [];
    const meter = new ReadCount();
    for await (const day of source.utcDays(days.from, days.to, dayOf(this.now()), {
      meter,
      signal: options.signal,
    })) {
      own.push(...recordedUsage(day));
    }
    const bill = await this.billedCosts(days, {
      ...options,
      models: [...own.map(({ model }) => model), ...(options.models ?? [])],
    });
    return reconcile(own, bill, { now: this.now(), unreadable: meter.unreadable });
  }

  /** Ends the connections. */
  close(): void {
    void this.source?.then(
      source => source.close(),
      () => undefined,
    );
    this.source = undefined;
  }

  private today({ timeZone = this.timeZone }: ReportOptions): string {
    return dayIn(this.now(), requireTimeZone(timeZone));
  }

  private days(range: DayRange, { timeZone = this.timeZone }: ReportOptions): Days {
    return daysOf(range, timeZone);
  }

  private now(): Date {
    return this.options.now?.() ?? new Date();
  }

  private async adding({
    agentId,
    model,
    signal,
    onProgress,
    reprice = false,
  }: ReportOptions): Promise<Adding> {
    const prices = reprice === true ? (this.options.prices ?? {}) : reprice;
    return {
      source: await this.connect(),
      now: this.now(),
      agentId,
      model,
      signal,
      onProgress,
      ...(prices === false ? {} : { repricer: repricer(prices, this.options.region) }),
    };
  }

  private connect(): Promise<ReportSource> {
    const { tableName, region, endpoint } = this.options;
    this.source ??= import('./source/usage-source.aws').then(({ connectReportSource }) =>
      connectReportSource({ tableName, region, endpoint }),
    );
    return this.source;
  }
}

/** Returns the foundation models that custom prices name. A pattern names none. */
function customModels({ customPrices = {} }: Repricing = {}): string[] {
  return Object.keys(customPrices)
    .filter(id => !id.includes('*'))
    .map(id => {
      const { model, opaque } = parseModelId(id);
      return opaque ? id : model;
    });
}

/** Tells how far a stream of traces is, by the time of its pages. */
async function* withProgress(
  pages: AsyncIterable<readonly Trace[]>,
  { start, end }: Span,
  onProgress: ReportOptions['onProgress'],
): AsyncGenerator<readonly Trace[]> {
  const total = Math.max(1, Math.ceil((end.getTime() - start.getTime()) / MS_PER_DAY));
  let told = 0;
  for await (const page of pages) {
    yield page;
    const done = Math.floor((page[0].timestamp.getTime() - start.getTime()) / MS_PER_DAY);
    if (done > told) onProgress?.({ done: (told = Math.min(done, total)), total });
  }
  onProgress?.({ done: total, total });
}

function requireWhole(name: string, value: number, most: number): void {
  if (!Number.isInteger(value) || value < 1 || value > most) {
    throw new RangeError(`${name} must be a whole number from 1 to ${most}, got: ${value}`);
  }
}

function requireOneOf<Name extends string>(name: string, value: Name, names: readonly Name[]): void {
  if (!names.includes(value)) {
    throw new RangeError(`${name} must be one of ${names.join(', ')}, got: ${value}`);
  }
}
