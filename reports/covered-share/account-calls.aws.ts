import { CloudWatchClient, GetMetricDataCommand, type MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import type { AccountCalls, AccountReading } from './account-calls';
import type { CoveredShareOptions } from './covered-share';
import { AWS_ERRORS } from '../../lambda/process/aws-errors';
import { addUtcDays, startOfDay } from '../../lambda/rollup/utc-day';
import { BEDROCK_METRICS, METRICS } from '../../src/contract';

const DAY_SECONDS = 86_400;
const { namespace: BEDROCK, modelDimension, invocations, inputTokens } = BEDROCK_METRICS;
/** Label of each series that a search finds. CloudWatch replaces it with the model id of the series. */
const MODEL_ID_LABEL = `\${PROP('Dim.${modelDimension}')}`;
/** Queries for the account's calls. Each search finds one series for each model id. */
const ACCOUNT_QUERIES: readonly MetricDataQuery[] = [
  { Id: 'invocations', ...searchByModelId(invocations) },
  { Id: 'inputTokens', ...searchByModelId(inputTokens) },
];
const DENIED_ERRORS: ReadonlySet<string> = new Set(AWS_ERRORS.accessDenied);

/**
 * Reads the account's calls of one UTC day from the metrics of Amazon Bedrock. With `namespace`, also reads
 * the number of lost traces. The caller needs only the permission `cloudwatch:GetMetricData`.
 */
export async function readAccountCalls(
  day: string,
  { region, endpoint, namespace, signal }: CoveredShareOptions,
): Promise<AccountReading> {
  const client = new CloudWatchClient({ region, endpoint });
  const resolvedRegion = await client.config.region();
  try {
    const sums = await readSums(
      client,
      day,
      [...ACCOUNT_QUERIES, ...(namespace === undefined ? [] : lostTracesQueries(namespace))],
      signal,
    );
    return {
      region: resolvedRegion,
      isDenied: false,
      calls: callsOf(sums.values),
      ...(namespace === undefined
        ? {}
        : { lostTraces: { spilled: sumOf(sums.values, 'spilled'), dropped: sumOf(sums.values, 'dropped') } }),
      metricsRead: sums.values.length,
      messages: sums.messages,
    };
  } catch (error) {
    if (!(error instanceof Error) || !DENIED_ERRORS.has(error.name)) throw error;
    return { region: resolvedRegion, isDenied: true, calls: [], metricsRead: 0, messages: [] };
  } finally {
    client.destroy();
  }
}

/** Sum of one series over the day. `id` is the id of its query, and `label` its model id. */
interface SeriesSum {
  readonly id: string;
  readonly label: string;
  sum: number;
}

async function readSums(
  client: CloudWatchClient,
  day: string,
  queries: readonly MetricDataQuery[],
  signal: AbortSignal | undefined,
): Promise<{ readonly values: readonly SeriesSum[]; readonly messages: readonly string[] }> {
  const series = new Map<string, SeriesSum>();
  const messages = new Set<string>();
  let nextToken: string | undefined;
  do {
    const page: {
      NextToken?: string;
      Messages?: { Value?: string }[];
      MetricDataResults?: { Id?: string; Label?: string; Values?: number[] }[];
    } = await client.send(
      new GetMetricDataCommand({
        StartTime: startOfDay(day),
        EndTime: startOfDay(addUtcDays(day, 1)),
        NextToken: nextToken,
        MetricDataQueries: [...queries],
      }),
      { abortSignal: signal },
    );
    for (const { Id: id = '', Label: label = '', Values = [] } of page.MetricDataResults ?? []) {
      // If a search finds nothing, its only result has the label of the query.
      if (label === MODEL_ID_LABEL) continue;
      const key = `${id} ${label}`;
      const found = series.get(key) ?? { id, label, sum: 0 };
      series.set(key, found);
      found.sum += Values.reduce((sum, value) => sum + value, 0);
    }
    for (const { Value } of page.Messages ?? []) if (Value !== undefined) messages.add(Value);
    nextToken = page.NextToken;
  } while (nextToken !== undefined);
  return { values: [...series.values()], messages: [...messages] };
}

function callsOf(sums: readonly SeriesSum[]): AccountCalls[] {
  const ids = ACCOUNT_QUERIES.map(({ Id }) => Id);
  const modelIds = new Set(sums.filter(({ id }) => ids.includes(id)).map(({ label }) => label));
  return [...modelIds].map(modelId => {
    const ofModel = sums.filter(({ label }) => label === modelId);
    return {
      modelId,
      invocations: sumOf(ofModel, 'invocations'),
      inputTokens: sumOf(ofModel, 'inputTokens'),
    };
  });
}

function sumOf(sums: readonly SeriesSum[], wanted: string): number {
  return Math.round(sums.filter(({ id }) => id === wanted).reduce((total, { sum }) => total + sum, 0));
}

function searchByModelId(metric: string): Omit<MetricDataQuery, 'Id'> {
  return {
    Expression: `SEARCH('{"${BEDROCK}",${modelDimension}} MetricName="${metric}"', 'Sum', ${DAY_SECONDS})`,
    Label: MODEL_ID_LABEL,
    Period: DAY_SECONDS,
  };
}

function lostTracesQueries(namespace: string): MetricDataQuery[] {
  return [
    { id: 'spilled', metric: METRICS.tracesSpilled },
    { id: 'dropped', metric: METRICS.tracesDropped },
  ].map(({ id, metric }) => ({
    Id: id,
    MetricStat: {
      Metric: { Namespace: namespace, MetricName: metric.name },
      Period: DAY_SECONDS,
      Stat: 'Sum',
    },
  }));
}
