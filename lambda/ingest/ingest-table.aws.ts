import { randomUUID } from 'node:crypto';
import { DynamoDBClient, paginateQuery, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { IngestTable } from './write-invocations';
import { TRACE_TABLE } from '../../src/contract';
import type { Item } from '../traces/attributes';
import { CLAIM_OWNER, claimItem, NOTE, notesPartition } from '../traces/claim-item';
import { tableRegion } from '../traces/table-region';
import type { TableLocation } from '../traces/trace';

const silent = () => undefined;
/**
 * Logger without `info`. For a logger with `info`, the SDK would copy and redact each request and response.
 */
const WITHOUT_INFO = { debug: silent, trace: silent, warn: silent, error: silent };
/** Maximum number of attempts for one request. */
const MAX_ATTEMPTS = 4;
const TIMEOUTS = { connectionTimeout: 1000, requestTimeout: 3000, throwOnRequestTimeout: true };
/** Name of the attribute with a random id of the write. All attempts of one write have the same id. */
const WRITER = 'writer';
/**
 * Number of waiting spans after which no more are read for one trace. Most stored spans are smaller than
 * 2 KB.
 */
const MAX_NOTES = 10_000;
/** Length of the id in `writer`, in characters. The id is short, because each trace stores one. */
const WRITER_LENGTH = 8;

/**
 * Connects to the trace table. `putOnce` stores a random id in the attribute `writer`. If the SDK repeats a
 * write, this id shows that the first attempt succeeded.
 */
export function connectIngestTable(location: TableLocation): IngestTable {
  const { tableName, endpoint } = location;
  const client = new DynamoDBClient({
    region: tableRegion(location),
    endpoint,
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: TIMEOUTS,
    logger: WITHOUT_INFO as Console,
  });
  const asItem = (item: Item) => item as Record<string, { S: string }>;
  /**
   * Writes an item, unless the table has an item with the same key and another value of the attribute
   * `name`. Returns false if the table has one.
   */
  const putUnlessOther = async (item: Item, name: string, abortSignal: AbortSignal) => {
    try {
      await client.send(
        new PutItemCommand({
          TableName: tableName,
          Item: asItem(item),
          ConditionExpression: 'attribute_not_exists(#key) OR #name = :value',
          ExpressionAttributeNames: { '#key': TRACE_TABLE.partitionKey, '#name': name },
          ExpressionAttributeValues: { ':value': asItem(item)[name] },
        }),
        { abortSignal },
      );
      return true;
    } catch (error) {
      if (error instanceof Error && error.name === 'ConditionalCheckFailedException') return false;
      throw error;
    }
  };
  return {
    put: async (item, abortSignal) => {
      await client.send(new PutItemCommand({ TableName: tableName, Item: asItem(item) }), { abortSignal });
    },
    putOnce: (item, abortSignal) =>
      putUnlessOther({ ...item, [WRITER]: { S: randomUUID().slice(0, WRITER_LENGTH) } }, WRITER, abortSignal),
    readNotes: async traceId => {
      const notes: string[] = [];
      const pages = paginateQuery(
        { client },
        {
          TableName: tableName,
          KeyConditionExpression: '#key = :key',
          ExpressionAttributeNames: { '#key': TRACE_TABLE.partitionKey },
          ExpressionAttributeValues: { ':key': { S: notesPartition(traceId) } },
          ConsistentRead: true,
        },
      );
      for await (const { Items = [] } of pages) {
        notes.push(...Items.map(item => item[NOTE]?.S ?? ''));
        if (notes.length >= MAX_NOTES) break;
      }
      return notes;
    },
    claim: (claim, owner, abortSignal) => putUnlessOther(claimItem(claim, owner), CLAIM_OWNER, abortSignal),
  };
}
