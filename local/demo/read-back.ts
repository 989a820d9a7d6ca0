import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { AgentTotal } from './expected';
import { DEMO_CREDENTIALS, DEPLOYMENT } from './synthesise';
import { DAY_END, DAY_START } from './traffic';
import { usdToPico } from '../../lambda/pricing/pico';
import { dayOf } from '../../lambda/traces/trace-keys';
import { TraceReader } from '../../lambda/traces/trace-reader.aws';
import type { CoveredShare } from '../../reports/covered-share/covered-share';
import { UsageReports } from '../../reports/usage-reports';
import { DEFAULT_NAMESPACE, METRICS } from '../../src/contract';

const HOUR_SECONDS = 3600;

/** Reads all traces of a day. Returns one `AgentTotal` for each answered call. */
export async function readTraces(endpoint: string, tableName: string, day: Date): Promise<AgentTotal[]> {
  const client = new DynamoDBClient({ endpoint, region: DEPLOYMENT.region, credentials: DEMO_CREDENTIALS });
  const rows: AgentTotal[] = [];
  try {
    await new TraceReader(client, tableName).day(dayOf(day), traces => {
      for (const trace of traces) {
        if (trace.error !== undefined) continue;
        if (trace.picoUsd === undefined) {
          throw new Error(`the trace ${trace.requestId} of ${trace.agentId} must have a cost, got none`);
        }
        rows.push({
          agentId: trace.agentId,
          answered: 1,
          inputTokens:
            trace.uncachedInputTokens +
            trace.cacheReadTokens +
            trace.cacheWrite5mTokens +
            trace.cacheWrite1hTokens,
          outputTokens: trace.outputTokens,
          picoUsd: trace.picoUsd,
        });
      }
    });
    return rows;
  } finally {
    client.destroy();
  }
}

/**
 * Reads the total cost of a time range from CloudWatch metrics, in pico-dollars. The total is the sum of the
 * hourly values.
 */
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

/** Compares the recorded calls of the simulated day with the calls that the Bedrock emulator answered. */
export async function readCoveredShare(
  endpoint: string,
  tableName: string,
  cloudWatchEndpoint: string,
): Promise<CoveredShare> {
  const { region } = DEPLOYMENT;
  // The day counts as over one hour after its end, when its metrics have arrived.
  const now = new Date(DAY_END.getTime() + HOUR_SECONDS * 1000);
  const reports = new UsageReports({ tableName, region, endpoint, now: () => now });
  try {
    return await reports.coveredShare({ day: dayOf(DAY_START), endpoint: cloudWatchEndpoint });
  } finally {
    reports.close();
  }
}
