import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';

/** Metric to read from CloudWatch. */
export interface MetricQuery {
  readonly namespace: string;
  readonly name: string;
  /** Dimensions of the metric. Default: no dimensions. */
  readonly dimensions?: Readonly<Record<string, string>>;
}

/** Maximum number of queries in one GetMetricData request (API reference). */
const MAX_QUERIES = 500;
const PERIOD_SECONDS = 3600;

/**
 * Reads the sum of each metric over the last `hours` hours from CloudWatch. The result has the order of
 * `metrics`. The sum of a metric without data is 0.
 */
export async function readMetricSums(
  metrics: readonly MetricQuery[],
  hours: number,
  now: Date,
  { region, endpoint }: { readonly region?: string; readonly endpoint?: string },
): Promise<number[]> {
  const client = new CloudWatchClient({ region, endpoint });
  const sums = metrics.map(() => 0);
  try {
    for (let first = 0; first < metrics.length; first += MAX_QUERIES) {
      let nextToken: string | undefined;
      do {
        const page: { NextToken?: string; MetricDataResults?: { Id?: string; Values?: number[] }[] } =
          await client.send(
            new GetMetricDataCommand({
              StartTime: new Date(now.getTime() - hours * PERIOD_SECONDS * 1000),
              EndTime: now,
              NextToken: nextToken,
              MetricDataQueries: metrics
                .slice(first, first + MAX_QUERIES)
                .map(({ namespace, name, dimensions = {} }, index) => ({
                  Id: `m${first + index}`,
                  MetricStat: {
                    Metric: {
                      Namespace: namespace,
                      MetricName: name,
                      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
                    },
                    Period: PERIOD_SECONDS,
                    Stat: 'Sum',
                  },
                })),
            }),
          );
        for (const { Id = '', Values = [] } of page.MetricDataResults ?? []) {
          sums[Number(Id.slice(1))] += Values.reduce((sum, value) => sum + value, 0);
        }
        nextToken = page.NextToken;
      } while (nextToken);
    }
    return sums;
  } finally {
    client.destroy();
  }
}
