import { DynamoDBClient, paginateQuery } from '@aws-sdk/client-dynamodb';
import type { AgentTotal } from './expected';
import { DEPLOYMENT } from './synthesise';
import { traceFromItem } from '../../lambda/traces/trace-item';
import { dayOf, directoryPartition, partitionOfEntry } from '../../lambda/traces/trace-keys';
import { TRACE_TABLE } from '../../src/contract';

/** The traces of a day as rows to add up, answered and priced calls only: the directory names the partitions, so nothing scans. */
export async function readTraces(endpoint: string, tableName: string, day: Date): Promise<AgentTotal[]> {
  const client = new DynamoDBClient({ endpoint, region: DEPLOYMENT.region, credentials: { accessKeyId: 'demo', secretAccessKey: 'demo' } });
  try {
    const rows: AgentTotal[] = [];
    for (const entry of await queryPartition(client, tableName, directoryPartition(dayOf(day)))) {
      const partition = partitionOfEntry({ pk: entry.pk?.S ?? '', sk: entry.sk?.S ?? '' });
      for (const item of await queryPartition(client, tableName, partition)) {
        const trace = traceFromItem(item as Parameters<typeof traceFromItem>[0]);
        if (trace.error !== undefined) continue;
        if (trace.picoUsd === undefined) throw new Error(`the trace ${trace.requestId} of ${trace.agentId} has no cost`);
        rows.push({
          agentId: trace.agentId,
          calls: 1,
          inputTokens: trace.uncachedInputTokens + trace.cacheReadTokens + trace.cacheWrite5mTokens + trace.cacheWrite1hTokens,
          outputTokens: trace.outputTokens,
          picoUsd: trace.picoUsd,
        });
      }
    }
    return rows;
  } finally {
    client.destroy();
  }
}

async function queryPartition(client: DynamoDBClient, tableName: string, partition: string) {
  const items = [];
  const pages = paginateQuery({ client }, {
    TableName: tableName,
    KeyConditionExpression: '#pk = :pk',
    ExpressionAttributeNames: { '#pk': TRACE_TABLE.partitionKey },
    ExpressionAttributeValues: { ':pk': { S: partition } },
  });
  for await (const page of pages) items.push(...page.Items ?? []);
  return items;
}
