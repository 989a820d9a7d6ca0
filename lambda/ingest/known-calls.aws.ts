import { randomUUID } from 'node:crypto';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { IngestTable } from './ingest-call';
import { TRACE_TABLE } from '../../src/contract';
import type { Item } from '../traces/attributes';
import type { TableLocation } from '../traces/trace';

const silent = () => undefined;
/**
 * A client with a logger that has `info` copies each input
 * and output, to redact them, before every call of it.
 */
const WITHOUT_INFO = { debug: silent, trace: silent, warn: silent, error: silent };
/** The SDK pauses between tries, longer after a throttle. */
const MAX_ATTEMPTS = 4;
const TIMEOUTS = { connectionTimeout: 1000, requestTimeout: 3000, throwOnRequestTimeout: true };
/** Which write a trace is of. Few bytes, as each trace has them. */
const WRITER = 'writer';
const WRITER_LENGTH = 8;

/**
 * Connects a trace table, of which each trace is written once. A write that was made and whose answer
 * was lost is tried again by the SDK, and finds itself there: the item says which write it is of.
 */
export function connectIngestTable({ tableName, region, endpoint }: TableLocation): IngestTable {
  const client = new DynamoDBClient({
    region,
    endpoint,
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: TIMEOUTS,
    logger: WITHOUT_INFO as Console,
  });
  const asItem = (item: Item) => item as Record<string, { S: string }>;
  return {
    put: async (item, abortSignal) => {
      await client.send(new PutItemCommand({ TableName: tableName, Item: asItem(item) }), { abortSignal });
    },
    putOnce: async (item, abortSignal) => {
      const writer = { S: randomUUID().slice(0, WRITER_LENGTH) };
      try {
        await client.send(
          new PutItemCommand({
            TableName: tableName,
            Item: asItem({ ...item, [WRITER]: writer }),
            ConditionExpression: 'attribute_not_exists(#key) OR #writer = :writer',
            ExpressionAttributeNames: { '#key': TRACE_TABLE.partitionKey, '#writer': WRITER },
            ExpressionAttributeValues: { ':writer': writer },
          }),
          { abortSignal },
        );
        return true;
      } catch (error) {
        if (error instanceof Error && error.name === 'ConditionalCheckFailedException') return false;
        throw error;
      }
    },
  };
}
