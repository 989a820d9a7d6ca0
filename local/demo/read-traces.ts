import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { AgentTotal } from './expected';
import { DEMO_CREDENTIALS, DEPLOYMENT } from './synthesise';
import { dayOf } from '../../lambda/traces/trace-keys';
import { TraceReader } from '../../lambda/traces/trace-reader.aws';

/** The traces of a day as rows to add up, answered and priced calls only. */
export async function readTraces(endpoint: string, tableName: string, day: Date): Promise<AgentTotal[]> {
  const client = new DynamoDBClient({ endpoint, region: DEPLOYMENT.region, credentials: DEMO_CREDENTIALS });
  const rows: AgentTotal[] = [];
  try {
    await new TraceReader(client, tableName).day(dayOf(day), traces => {
      for (const trace of traces) {
        if (trace.error !== undefined) continue;
        if (trace.picoUsd === undefined) {
          throw new Error(`the trace ${trace.requestId} of ${trace.agentId} has no cost`);
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
