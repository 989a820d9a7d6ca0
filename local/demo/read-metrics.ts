import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { DEMO_CREDENTIALS, DEPLOYMENT } from './synthesise';
import { usdToPico } from '../../lambda/pricing/pico';
import { DEFAULT_NAMESPACE, METRICS } from '../../src/contract';

const HOUR_SECONDS = 3600;

/** The metrics' own sum: the dimensionless cost of a range, hour by hour, through GetMetricData. */
export async function readCostMetrics(endpoint: string, start: Date, end: Date): Promise<bigint> {
  const client = new CloudWatchClient({ endpoint, region: DEPLOYMENT.region, credentials: DEMO_CREDENTIALS });
  try {
    const { MetricDataResults = [] } = await client.send(
      new GetMetricDataCommand({
        StartTime: start,
        EndTime: end,
        MetricDataQueries: [
          {
            Id: 'cost',
            MetricStat: {
              Metric: { Namespace: DEFAULT_NAMESPACE, MetricName: METRICS.totalCost.name, Dimensions: [] },
              Period: HOUR_SECONDS,
              Stat: METRICS.totalCost.statistic,
            },
          },
        ],
      }),
    );
    return (MetricDataResults[0]?.Values ?? []).reduce((sum, usd) => sum + usdToPico(usd), 0n);
  } finally {
    client.destroy();
  }
}
