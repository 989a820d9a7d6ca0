import {
  BatchWriteItemCommand,
  DeleteItemCommand,
  DynamoDBClient,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import type { Invocation } from '../../../lambda/invocation/invocation';
import { type Totals, totalsOf } from '../../../lambda/rollup/day-totals';
import { kindOf } from '../../../lambda/rollup/usage-part';
import { addTrace, noSums } from '../../../lambda/rollup/usage-sums';
import { type StoredItem, type Trace, traceFromItem } from '../../../lambda/traces/trace';
import { directoryItem, identityOf, traceItem } from '../../../lambda/traces/trace-item';
import type { TraceKey } from '../../../lambda/traces/trace-keys';
import { createTraceTable, startDynamoDb } from '../../../local/emulators/dynamodb/dynamodb';
import { listenOnLoopback, type LoopbackServer, readBody, send } from '../../../local/emulators/http-server';
import { TRACE_TABLE } from '../../../src/contract';

const { partitionKey, sortKey, incidentIndex } = TRACE_TABLE;
const SCHEMA = {
  AttributeDefinitions: [partitionKey, sortKey, incidentIndex.partitionKey].map(AttributeName => ({
    AttributeName,
    AttributeType: 'S',
  })),
  KeySchema: [
    { AttributeName: partitionKey, KeyType: 'HASH' },
    { AttributeName: sortKey, KeyType: 'RANGE' },
  ],
  GlobalSecondaryIndexes: [
    {
      IndexName: incidentIndex.name,
      KeySchema: [
        { AttributeName: incidentIndex.partitionKey, KeyType: 'HASH' },
        { AttributeName: incidentIndex.sortKey, KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'ALL' },
    },
  ],
};
export const TABLE = 'Traces';
const MAX_BATCH = 25;

/**
 * What becomes of a request before the engine sees it: an error's
 * name, nothing for ever, or half of a batch comes back unprocessed.
 */
export type Fault = string | 'hangs' | 'half' | undefined;

type Batch = { readonly RequestItems: Readonly<Record<string, readonly unknown[]>> };

/** A table of a real engine, behind a server that counts requests and can refuse them. */
export interface SealTable {
  readonly endpoint: string;
  readonly client: DynamoDBClient;
  /** The requests that came in, by operation, such as `Query`. */
  readonly requests: { readonly operation: string; readonly body: Readonly<Record<string, unknown>> }[];
  fault: (operation: string, number: number) => Fault;
  /** Writes the traces of calls, with their directory. */
  write(calls: readonly Invocation[], options?: { ttlDays?: number; writeShards?: number }): Promise<Trace[]>;
  put(items: readonly Readonly<Record<string, unknown>>[]): Promise<void>;
  remove(keys: readonly TraceKey[]): Promise<void>;
  /** The items of a partition. */
  partition(pk: string): Promise<Record<string, Record<string, unknown>>[]>;
  close(): Promise<void>;
}

export async function startSealTable(): Promise<SealTable> {
  const engine = await startDynamoDb();
  await createTraceTable(engine.endpoint, SCHEMA, TABLE);
  const requests: SealTable['requests'] = [];
  const front: LoopbackServer = await listenOnLoopback(async (request, response) => {
    const body = await readBody(request);
    const operation = String(request.headers['x-amz-target']).split('.')[1];
    requests.push({ operation, body: JSON.parse(body.toString()) as Record<string, unknown> });
    const fault = table.fault(operation, requests.filter(each => each.operation === operation).length);
    if (fault === 'hangs') return;
    const { RequestItems: { [TABLE]: batch = [] } = {} } = JSON.parse(body.toString()) as Partial<Batch>;
    const half = fault === 'half' ? Math.floor(batch.length / 2) : undefined;
    const headers = { 'content-type': 'application/x-amz-json-1.0' };
    if (fault !== undefined && fault !== 'half') {
      send(
        response,
        400,
        headers,
        JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${fault}`, message: 'as told' }),
      );
      return;
    }
    if (half === 0) {
      send(response, 200, headers, JSON.stringify({ UnprocessedItems: { [TABLE]: batch } }));
      return;
    }
    const forwarded =
      half === undefined
        ? body.toString()
        : JSON.stringify({ RequestItems: { [TABLE]: batch.slice(0, half) } });
    const answer = await fetch(engine.endpoint, {
      method: 'POST',
      body: forwarded,
      headers: Object.fromEntries(
        ['x-amz-target', 'content-type', 'authorization', 'x-amz-date'].map(name => [
          name,
          String(request.headers[name]),
        ]),
      ),
    });
    const text = await answer.text();
    send(
      response,
      answer.status,
      headers,
      half === undefined
        ? text
        : JSON.stringify({
            ...(JSON.parse(text) as object),
            UnprocessedItems: { [TABLE]: batch.slice(half) },
          }),
    );
  });
  const client = new DynamoDBClient({ endpoint: engine.endpoint, region: 'us-east-1' });
  const table: SealTable = {
    endpoint: front.endpoint,
    client,
    requests,
    fault: () => undefined,
    write: async (calls, { ttlDays = 90, writeShards = 1 } = {}) => {
      const items = calls.map(each => traceItem(each, { ttlDays, writeShards }));
      const entries = calls.map(each => directoryItem(identityOf(each), { ttlDays, writeShards }));
      await table.put([...items, ...entries]);
      return items.map(item => traceFromItem(item as StoredItem));
    },
    put: async items => {
      const byKey = new Map(items.map(item => [JSON.stringify([item.pk, item.sk]), item]));
      const left = [...byKey.values()];
      while (left.length > 0) {
        const puts = left
          .splice(0, MAX_BATCH)
          .map(Item => ({ PutRequest: { Item: Item as Record<string, { S: string }> } }));
        await client.send(new BatchWriteItemCommand({ RequestItems: { [TABLE]: puts } }));
      }
    },
    remove: async keys => {
      for (const { pk, sk } of keys) {
        await client.send(new DeleteItemCommand({ TableName: TABLE, Key: { pk: { S: pk }, sk: { S: sk } } }));
      }
    },
    partition: async pk => {
      const { Items = [] } = await client.send(
        new QueryCommand({
          TableName: TABLE,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': { S: pk } },
        }),
      );
      return Items as unknown as Record<string, Record<string, unknown>>[];
    },
    close: async () => {
      client.destroy();
      await front.close();
      await engine.close();
    },
  };
  return table;
}

/** A call that the model answered, unless it is told otherwise. */
export function call(changes: Partial<Invocation> & { readonly picoUsd?: bigint } = {}): Invocation {
  const { picoUsd = 367_710_123n, ...others } = changes;
  return {
    requestId: 'req-1',
    agentId: 'triage',
    model: 'anthropic.claude-sonnet-4-5-20250929-v1:0',
    modelId: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
    scope: 'geo',
    operation: 'Converse',
    timestamp: new Date(0),
    usage: {
      uncachedInputTokens: 101,
      cacheReadTokens: 202,
      cacheWrite5mTokens: 33,
      cacheWrite1hTokens: 4,
      outputTokens: 55,
      source: 'usage',
      partial: false,
    },
    cost: {
      usd: 0,
      picoUsd,
      breakdown: { input: 0n, output: 0n, cacheRead: 0n, cacheWrite5m: 0n, cacheWrite1h: 0n },
      price: { input: 1, output: 1, asOf: '2026-11-01', source: 's' },
    },
    latencyMs: 812.25,
    ...others,
  };
}

/** The totals of traces, added up one by one. */
export function totalsOfTraces(traces: readonly Trace[]): Totals {
  return totalsOf(
    traces.map(trace => {
      const sums = noSums();
      addTrace(sums, trace);
      return { kind: kindOf(trace), sums };
    }),
  );
}
