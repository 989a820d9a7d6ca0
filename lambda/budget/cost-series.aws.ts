import { type CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { type CostPoint, PERIOD_SECONDS } from './budget-status';
import { METRICS } from '../../src/contract';

/**
 * Reads the total cost of all agents and models in a namespace from CloudWatch. Returns one point for each 15
 * minutes from `from` to `now`.
 */
export async function readCostSeries(
  client: CloudWatchClient,
  namespace: string,
  from: Date,
  now: Date,
): Promise<CostPoint[]> {
  const points: CostPoint[] = [];
  let nextToken: string | undefined;
  do {
    const page = await client.send(
      new GetMetricDataCommand({
        StartTime: from,
        EndTime: now,
        ScanBy: 'TimestampAscending',
        NextToken: nextToken,
        MetricDataQueries: [
          {
            Id: 'cost',
            MetricStat: {
              Metric: { Namespace: namespace, MetricName: METRICS.totalCost.name, Dimensions: [] },
              Period: PERIOD_SECONDS,
              Stat: METRICS.totalCost.statistic,
            },
          },
        ],
      }),
    );
    const result = page.MetricDataResults?.[0];
    result?.Timestamps?.forEach((time, index) => {
      const usd = result.Values?.[index];
      if (usd !== undefined) points.push({ time, usd });
    });
    nextToken = page.NextToken;
  } while (nextToken);
  return points;
}
