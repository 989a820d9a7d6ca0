import {
  CloudWatchClient,
  GetMetricDataCommand,
  type MetricDataQuery,
  type MetricDataResult,
  paginateListMetrics,
} from '@aws-sdk/client-cloudwatch';
import type { Properties } from './dashboard-body';
import type { MetricAnswer, MetricSource, TimeRange } from './metric-source';
import { type MetricEntry, narrowEntries } from './narrow-entries';
import type { Filters } from './views';
import { DIMENSIONS, METRICS } from '../../src/contract';
import { readEntries, widgetRange, type WidgetSeries } from '../emulators/cloudwatch/widget';

const MINUTE_MS = 60_000;
/** Maximum number of queries in one GetMetricData request (API reference). */
const MAX_QUERIES = 500;

export interface LiveOptions {
  /** Region to read metrics from, e.g. "us-east-1". A widget can set another region. */
  readonly region: string;
  /** Creates a CloudWatch client for a region. Called once for each region. */
  readonly clientFor: (region: string) => CloudWatchClient;
}

/** Reads the data of widgets from CloudWatch in an AWS account, with GetMetricData. */
export class LiveMetrics implements MetricSource {
  readonly live = true;
  readonly generatedFrom: string;
  private readonly clients = new Map<string, CloudWatchClient>();

  constructor(private readonly options: LiveOptions) {
    this.generatedFrom = `CloudWatch in ${options.region}, live`;
  }

  /** Returns the start of the current minute, because the data of the current minute is incomplete. */
  end(): Date {
    return new Date(Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS);
  }

  async names(namespaces: readonly string[]) {
    const [agents, models] = [new Set<string>(), new Set<string>()];
    for (const Namespace of namespaces) {
      const pages = paginateListMetrics(
        { client: this.client(this.options.region) },
        {
          Namespace,
          MetricName: METRICS.invocationCount.name,
          Dimensions: Object.values(DIMENSIONS).map(Name => ({ Name })),
        },
      );
      for await (const { Metrics = [] } of pages) {
        for (const { Name, Value } of Metrics.flatMap(({ Dimensions = [] }) => Dimensions)) {
          if (Value === undefined) continue;
          if (Name === DIMENSIONS.agentId) agents.add(Value);
          if (Name === DIMENSIONS.model) models.add(Value);
        }
      }
    }
    return { agents: [...agents].sort(), models: [...models].sort() };
  }

  async evaluate(properties: Properties, range: TimeRange, filters: Filters): Promise<MetricAnswer> {
    const window = roundToMinutes(widgetRange(properties, range));
    const spanSeconds = (window.end.getTime() - window.start.getTime()) / 1000;
    const all = readEntries(
      properties,
      properties.setPeriodToTimeRange === true ? spanSeconds : undefined,
    ).map(({ query, options }, index): MetricEntry => ({
      ...query,
      id: query.id ?? `unnamed_${index}`,
      label: options.label,
      visible: options.visible !== false,
      yAxis: options.yAxis ?? 'left',
      color: options.color,
    }));
    const { entries, notes } = narrowEntries(all, filters);
    if (!entries.some(({ visible }) => visible)) return { series: [], errors: [], notes };
    if (entries.length > MAX_QUERIES) {
      return {
        series: [],
        errors: [`a widget must have at most ${MAX_QUERIES} metrics, got: ${entries.length}`],
        notes,
      };
    }
    const region = typeof properties.region === 'string' ? properties.region : this.options.region;
    const accountId = typeof properties.accountId === 'string' ? properties.accountId : undefined;
    try {
      const { results, messages } = await this.read(
        region,
        entries.map(entry => toMetricDataQuery(entry, accountId)),
        window,
      );
      const series = entries.flatMap(entry => {
        const found = results.filter(({ Id }) => Id === entry.id).flatMap(result => toSeries(result, entry));
        // If an entry has several series, each gets a color of its own, as in CloudWatch.
        return found.length > 1 ? found.map(one => ({ ...one, color: undefined })) : found;
      });
      return { series, errors: [], notes: [...notes, ...messages] };
    } catch (error) {
      return {
        series: [],
        errors: [`CloudWatch in ${region}: ${error instanceof Error ? error.message : String(error)}`],
        notes,
      };
    }
  }

  /** Closes the connections of all CloudWatch clients. */
  close(): void {
    for (const client of this.clients.values()) client.destroy();
    this.clients.clear();
  }

  private client(region: string): CloudWatchClient {
    const client = this.clients.get(region) ?? this.options.clientFor(region);
    this.clients.set(region, client);
    return client;
  }

  private async read(region: string, MetricDataQueries: MetricDataQuery[], { start, end }: TimeRange) {
    const results = new Map<string, MetricDataResult>();
    const messages = new Set<string>();
    let NextToken: string | undefined;
    do {
      const page = await this.client(region).send(
        new GetMetricDataCommand({
          StartTime: start,
          EndTime: end,
          ScanBy: 'TimestampAscending',
          MetricDataQueries,
          NextToken,
        }),
      );
      const seen = new Map<string, number>();
      for (const result of page.MetricDataResults ?? []) {
        // Numbers the results of a page that have the same id and label. Results with the same `key` on
        // several pages are parts of one result.
        const name = `${result.Id}\n${result.Label}`;
        const position = seen.get(name) ?? 0;
        seen.set(name, position + 1);
        const key = `${name}\n${position}`;
        results.set(key, appendResult(results.get(key), result));
        if (result.StatusCode === 'Forbidden' || result.StatusCode === 'InternalError') {
          messages.add(`${result.Label ?? result.Id}: CloudWatch returned ${result.StatusCode}.`);
        }
      }
      for (const { Value } of page.Messages ?? []) if (Value !== undefined) messages.add(Value);
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    return { results: [...results.values()], messages: [...messages] };
  }
}

function appendResult(before: MetricDataResult | undefined, result: MetricDataResult): MetricDataResult {
  return {
    ...result,
    Timestamps: [...(before?.Timestamps ?? []), ...(result.Timestamps ?? [])],
    Values: [...(before?.Values ?? []), ...(result.Values ?? [])],
  };
}

function toMetricDataQuery(
  { id, expression, metric, label, periodSeconds, visible }: MetricEntry,
  AccountId: string | undefined,
): MetricDataQuery {
  const common = { Id: id, Label: label, ReturnData: visible, AccountId };
  if (!metric) return { ...common, Expression: expression, Period: periodSeconds };
  return {
    ...common,
    MetricStat: {
      Metric: {
        Namespace: metric.namespace,
        MetricName: metric.name,
        Dimensions: Object.entries(metric.dimensions).map(([Name, Value]) => ({ Name, Value })),
      },
      Period: periodSeconds,
      Stat: metric.statistic,
    },
  };
}

/** Converts a result of GetMetricData to a series. Returns an empty array if the result has no points. */
function toSeries(
  { Label, Timestamps = [], Values = [] }: MetricDataResult,
  { yAxis, color, id }: MetricEntry,
): WidgetSeries[] {
  const points = Timestamps.map((time, index) => ({ time, value: Values[index] }));
  return points.length === 0 ? [] : [{ label: Label ?? id, yAxis, color, points }];
}

function roundToMinutes({ start, end }: TimeRange): TimeRange {
  const to = Math.ceil(end.getTime() / MINUTE_MS) * MINUTE_MS;
  return {
    start: new Date(to - Math.ceil((end.getTime() - start.getTime()) / MINUTE_MS) * MINUTE_MS),
    end: new Date(to),
  };
}
