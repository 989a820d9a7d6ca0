import type { Writable } from 'node:stream';
import type { BilledCosts } from './bill/billed-costs';
import type { BillOptions } from './bill/billed-costs.aws';
import { recordedUsage, type RecordedUsage, reconcile } from './bill/reconcile';
import type { Reconciliation } from './bill/reconciliation';
import type { CoveredShare, CoveredShareOptions } from './covered-share/covered-share';
import { ReportArgumentError } from './errors';
import { exportTraces, type ExportFormat, type ExportResult } from './export/export';
import { forecastOf, requireForecastDays } from './forecast/forecast';
import type { ForecastReport } from './forecast/forecast-report';
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
import { agentsReport, dailyReport, modelsReport, type RepricedReading, totalsReport } from './usage/daily';
import { incidentReport } from './usage/incident';
import { thresholdReport } from './usage/thresholds';
import { topIncidents } from './usage/top-incidents';
import { trendsReport } from './usage/trends';
import { type WhatIfQuestion, type WhatIfReport, whatIfReport } from './what-if/what-if';
import { parseModelId } from '../lambda/pricing/model-id';
import { addUtcDays, isDay, MS_PER_DAY, startOfDay } from '../lambda/rollup/utc-day';
import type { TableLocation, Trace } from '../lambda/traces/trace';
import { dayOf } from '../lambda/traces/trace-keys';

/** Options of `UsageReports`: the trace table, the time zone and the prices. */
export interface UsageReportsOptions extends TableLocation {
  /**
   * IANA time zone in which days begin and end.
   *
   * @default 'UTC'
   */
  readonly timeZone?: string;
  /**
   * Prices for `whatIf`, and for reports with `reprice: true`. If `prices` has no `region`, invocations are
   * priced in the region of the table, because traces do not contain a region.
   *
   * @default - the catalog of this version
   */
  readonly prices?: Repricing;
  /**
   * Function that returns the current time.
   *
   * @default - the clock of the machine
   */
  readonly now?: () => Date;
}

/** Maximum value of the argument `count` of `top`. */
const MAX_TOP = 10_000;
const MAX_TOTAL_DAYS = 1100;

/**
 * Creates reports from a trace table. A report reads the rollup of each day. If a day has no rollup, the
 * report reads the traces of the day. `incident`, `export` and `top` by incident always read traces.
 *
 * No report scans the table. The caller needs the permission `dynamodb:Query` on the table and its index,
 * which `TokenTraceTable.grantReadTraces` grants.
 *
 * Days are calendar days in the time zone. A range includes its first and its last day. Money is exact. If a
 * total excludes unpriced invocations, or if some invocations may have cost more, `atLeast` is true. If an
 * argument is invalid, a method throws a `ReportArgumentError`. Errors of AWS are passed on unchanged.
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

  /** @throws ReportArgumentError if the name of the table is empty, or if the time zone is invalid */
  constructor(private readonly options: UsageReportsOptions) {
    if (!options.tableName) throw new ReportArgumentError({ code: 'empty', argument: 'tableName' });
    this.timeZone = requireTimeZone(options.timeZone ?? 'UTC');
  }

  /** Returns the usage and cost of each day. Each day also has the figures of its agents and models. */
  async daily(range: DayRange, options: ReportOptions = {}): Promise<DailyReport> {
    return dailyReport(this.days(range, options), await this.reading(options));
  }

  /** Returns the usage and cost of each agent. Each agent also has the figures of the models that it used. */
  async agents(range: DayRange, options: ReportOptions = {}): Promise<AgentsReport> {
    return agentsReport(this.days(range, options), await this.reading(options));
  }

  /** Returns the usage and cost of each model. Each model also has the figures of the agents that used it. */
  async models(range: DayRange, options: ReportOptions = {}): Promise<ModelsReport> {
    return modelsReport(this.days(range, options), await this.reading(options));
  }

  /**
   * Returns the total usage and cost of the last days, including today.
   *
   * @param days number of days, 1100 at most
   */
  async totals(days: number, options: ReportOptions = {}): Promise<TotalsReport> {
    requireWhole('days', days, MAX_TOTAL_DAYS);
    const today = this.today(options);
    return totalsReport(
      this.days({ from: addUtcDays(today, 1 - days), to: today }, options),
      await this.reading(options),
    );
  }

  /**
   * Returns the report on one incident: its invocations in order of time, its agents, models, duration and
   * cost. If the incident is unknown, the report has no invocations.
   */
  async incident(incidentId: string, options: ReportOptions = {}): Promise<IncidentReport> {
    return incidentReport(
      incidentId,
      requireTimeZone(options.timeZone ?? this.timeZone),
      await this.reading(options),
    );
  }

  /**
   * Returns the most expensive incidents, agents or models of a range. For incidents, it reads every trace of
   * the range, because rollups do not contain incidents.
   *
   * @param count maximum number of entries. Default: 10
   */
  async top(range: DayRange, by: TopBy, count = 10, options: ReportOptions = {}): Promise<TopReport> {
    requireOneOf('by', by, TOP_BY);
    requireWhole('count', count, MAX_TOP);
    if (by === 'incident') return topIncidents(this.days(range, options), count, await this.reading(options));
    const { agents, models, total, ...head } = await this.daily(range, options);
    const { days: _, ...rest } = head;
    const all = by === 'agent' ? agents : models;
    return { ...rest, by, entries: all.slice(0, count), count: all.length, total };
  }

  /**
   * Returns the usage and cost of each hour, day, ISO week or month, and the change from the previous period.
   */
  async trends(
    range: DayRange,
    granularity: Granularity = 'day',
    options: ReportOptions = {},
  ): Promise<TrendsReport> {
    requireOneOf('granularity', granularity, GRANULARITIES);
    return trendsReport(this.days(range, options), granularity, await this.reading(options));
  }

  /**
   * Compares the cost of today, and of the last 60 minutes, with limits. The method only reports. It blocks
   * no calls.
   */
  async checkThresholds(limits: Limits, options: ReportOptions = {}): Promise<ThresholdReport> {
    return thresholdReport(
      limits,
      requireTimeZone(options.timeZone ?? this.timeZone),
      await this.reading(options),
    );
  }

  /**
   * Forecasts the cost of each day from today on, with prediction intervals. The forecast uses the recorded
   * costs of the days before today. With `reprice`, it uses their second costs. If no forecast is possible,
   * `reason` explains why.
   *
   * @param historyDays number of days before today, 400 at most
   * @param forecastDays number of days from today on, 365 at most
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
    const history = days.map(({ day, cost, repriced = cost }) => ({ ...repriced, day }));
    return { ...head, ...forecastOf(history, forecastDays) };
  }

  /**
   * Calculates the cost of the same tokens on other billing terms, such as another model, region or service
   * tier. Also calculates how much the prompt cache saved, and if 1-hour cache writes would cost less. Custom
   * prices in `options.reprice` apply to the old and to the new cost. Units besides tokens keep their
   * recorded cost.
   *
   * @throws ReportArgumentError if `question` contradicts itself. Also if `question` names a model that has
   * no price
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
      await this.reading({ ...options, reprice: false }),
      { ...prices, region: prices?.region ?? this.options.region },
    );
  }

  /**
   * Writes each invocation of a range to a stream, which stays open. The format `jsonl` has one JSON object
   * per line. Each invocation has its time in UTC and in the time zone of the report. Repeated exports of the
   * same invocations are identical. The export includes an expired trace until DynamoDB has deleted it.
   */
  async export(
    range: DayRange,
    format: ExportFormat,
    stream: Writable,
    options: ReportOptions = {},
  ): Promise<ExportResult> {
    const days = this.days(range, options);
    const { start, end } = spanOf(days);
    const { source, now, agentId, model, signal, repricer: prices } = await this.reading(options);
    // If the range ends after today (UTC), the export ends at the end of today.
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
   * Reads the AWS bill for Bedrock from Cost Explorer, by model and UTC day. The bill includes models that
   * are sold through AWS Marketplace. Each request to Cost Explorer costs $0.01. The caller needs the
   * permissions `ce:GetCostAndUsage` and `ce:GetDimensionValues`.
   *
   * @throws BillError if the bill cannot be read
   */
  async billedCosts(range: DayRange, options: BillOptions = {}): Promise<BilledCosts> {
    const { readBilledCosts } = await import('./bill/billed-costs.aws');
    return readBilledCosts(daysOf(range, 'UTC'), {
      ...options,
      models: [...customModels(this.options.prices), ...(options.models ?? [])],
    });
  }

  /**
   * Compares recorded costs with the AWS bill, by model and UTC day. Reads the bill from Cost Explorer, where
   * each request costs $0.01.
   *
   * @throws BillError if the bill cannot be read
   */
  async reconcile(range: DayRange, options: BillOptions = {}): Promise<Reconciliation> {
    const days = daysOf(range, 'UTC');
    const source = await this.connect();
    const recorded: RecordedUsage[] = [];
    const meter = new ReadCount();
    for await (const day of source.utcDays(days.from, days.to, dayOf(this.now()), {
      meter,
      signal: options.signal,
    })) {
      recorded.push(...recordedUsage(day));
    }
    const bill = await this.billedCosts(days, {
      ...options,
      models: [...recorded.map(({ model }) => model), ...(options.models ?? [])],
    });
    return reconcile(recorded, bill, { now: this.now(), unreadable: meter.unreadable });
  }

  /**
   * Compares the recorded calls of one UTC day with the account's calls, which Amazon Bedrock publishes in
   * CloudWatch by model id. The report has the share of the account's input tokens and invocations that are
   * recorded, and the missing calls of each model with their likely reason.
   *
   * The caller also needs the permission `cloudwatch:GetMetricData`. Without it, the report names the missing
   * permission and has no share. Reading costs $0.01 for 1,000 metrics, two for each model id.
   *
   * The metrics count the calls of one region through the endpoint bedrock-runtime. Recorded calls of other
   * regions can hide missing calls of the same model.
   *
   * @example
   * const reports = new UsageReports({ tableName: 'TokenTraces', region: 'us-east-1' });
   * const { summary, total, models } = await reports.coveredShare({ day: '2026-11-22' });
   * console.log(summary, total?.share.inputTokens, models.map(({ model, missing }) => [model, missing]));
   * reports.close();
   */
  async coveredShare(options: CoveredShareOptions = {}): Promise<CoveredShare> {
    const now = this.now();
    const { day = addUtcDays(dayOf(now), -1) } = options;
    if (!isDay(day)) {
      throw new ReportArgumentError({ code: 'invalid-day', argument: 'day', value: String(day) });
    }
    const [source, { readCoveredShare }] = await Promise.all([
      this.connect(),
      import('./covered-share/read-share.aws'),
    ]);
    const region = options.region ?? this.options.region;
    return readCoveredShare(day, { ...options, region }, { source, now });
  }

  /** Closes the connections to AWS. Call it after the last report. */
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

  private async reading({
    agentId,
    model,
    signal,
    onProgress,
    reprice = false,
  }: ReportOptions): Promise<RepricedReading> {
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

/** Returns the model ids for which custom prices are given. Keys that are patterns (with `*`) are omitted. */
function customModels({ customPrices = {} }: Repricing = {}): string[] {
  return Object.keys(customPrices)
    .filter(id => !id.includes('*'))
    .map(id => {
      const { model, opaque } = parseModelId(id);
      return opaque ? id : model;
    });
}

/**
 * Passes on pages of traces unchanged, and calls `onProgress` after each day. The pages are in order of their
 * UTC day, so the first trace of a page shows how many days are done.
 */
async function* withProgress(
  pages: AsyncIterable<readonly Trace[]>,
  { start, end }: Span,
  onProgress: ReportOptions['onProgress'],
): AsyncGenerator<readonly Trace[]> {
  const total = Math.max(1, Math.ceil((end.getTime() - start.getTime()) / MS_PER_DAY));
  let reported = 0;
  for await (const page of pages) {
    yield page;
    const done = Math.floor((page[0].timestamp.getTime() - start.getTime()) / MS_PER_DAY);
    if (done > reported) onProgress?.({ done: (reported = Math.min(done, total)), total });
  }
  onProgress?.({ done: total, total });
}

function requireWhole(argument: string, value: number, max: number): void {
  if (!Number.isInteger(value) || value < 1 || value > max) {
    throw new ReportArgumentError({ code: 'not-a-whole-number', argument, value, min: 1, max });
  }
}

function requireOneOf<Name extends string>(argument: string, value: Name, allowed: readonly Name[]): void {
  if (!allowed.includes(value)) {
    throw new ReportArgumentError({ code: 'not-one-of', argument, value, allowed });
  }
}
