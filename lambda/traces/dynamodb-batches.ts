import type { SendBatch } from './batch-write';
import type { TableLocation } from './table-location';
import { idOf } from './trace-queue';

const silent = () => undefined;
/** A client with a logger that has `info` copies each input and output, to redact them, before every call of it. */
const WITHOUT_INFO = { debug: silent, trace: silent, warn: silent, error: silent };

/** Makes the function that sends batches to a table. The SDK is loaded here and not at import: what never writes never pays. */
export async function connectTable({ tableName, region, endpoint }: TableLocation): Promise<SendBatch> {
  const { BatchWriteItemCommand, DynamoDBClient } = await import('@aws-sdk/client-dynamodb');
  // Retries are the writer's, which sees unprocessed items too.
  const client = new DynamoDBClient({ region, endpoint, maxAttempts: 1, logger: WITHOUT_INFO as Console });
  return async (batch, abortSignal) => {
    const { UnprocessedItems } = await client.send(new BatchWriteItemCommand({
      RequestItems: { [tableName]: batch.map(({ item }) => ({ PutRequest: { Item: item as Record<string, { S: string }> } })) },
    }), { abortSignal });
    const left = new Set((UnprocessedItems?.[tableName] ?? []).map(({ PutRequest }) => idOf(PutRequest?.Item)));
    return batch.filter(({ id }) => left.has(id));
  };
}
