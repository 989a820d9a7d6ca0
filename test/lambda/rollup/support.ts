import {
  BatchWriteItemCommand,
  DeleteItemCommand,
  DynamoDBClient,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import type { Invocation } from '../../../lambda/invocation/invocation';
import { invocationKind } from '../../../lambda/invocation/invocation-counts';
import { type Totals, totalsOf } from '../../../lambda/rollup/usage-sums';
import { addTrace, noSums } from '../../../lambda/rollup/usage-sums';
import { type StoredItem, type Trace, traceFromItem } from '../../../lambda/traces/trace';
import { dayIndexItem, identityOf, traceItem } from '../../../lambda/traces/trace-item';
import type { TraceKey } from '../../../lambda/traces/trace-keys';
import { createTraceTable, startDynamoDb } from '../../../local/emulators/dynamodb/dynamodb';
import { processHalf, refusal, startTableFront } from '../../support/table-front';
import { TRACE_TABLE_SCHEMA } from '../../support/trace-engine';

export const TABLE = 'Traces';
const MAX_BATCH = 25;

/**
 * Response of the table to a request. If it is undefined, the request succeeds.
 * - `hangs`: no response, and the client's clock stands still, so that the request never times out
 * - `kept`: no response, and the client's clock continues until the request times out
 * - `half`: success, but half of the batch is returned as unprocessed
 * - any other text: an error with this name, e.g. `ThrottlingException`
 */
type Fault = string | undefined;

/** Trace table in a DynamoDB emulator. A proxy in front of it records requests and can let them fail. */
export interface RollupTestTable {
  readonly endpoint: string;
  readonly client: DynamoDBClient;
  /** Requests to the table so far, with their operation, e.g. `Query`. */
  readonly requests: { readonly operation: string; readonly body: Readonly<Record<string, unknown>> }[];
  fault: (operation: string, number: number) => Fault;
  /** Writes a trace for each invocation, and the items of the day index. Returns the traces. */
  write(calls: readonly Invocation[], options?: { ttlDays?: number; writeShards?: number }): Promise<Trace[]>;
  put(items: readonly Readonly<Record<string, unknown>>[]): Promise<void>;
  remove(keys: readonly TraceKey[]): Promise<void>;
  partition(pk: string): Promise<Record<string, Record<string, unknown>>[]>;
  close(): Promise<void>;
}

export async function startRollupTable(): Promise<RollupTestTable> {
  const engine = await startDynamoDb();
  await createTraceTable(engine.endpoint, TRACE_TABLE_SCHEMA, TABLE);
  const requests: RollupTestTable['requests'] = [];
  const front = await startTableFront(engine.endpoint, async (request, forward) => {
    const { operation, body } = request;
    requests.push({ operation, body: JSON.parse(body) as Record<string, unknown> });
    const fault = table.fault(operation, requests.filter(each => each.operation === operation).length);
    if (fault === undefined) return forward();
    if (fault === 'hangs' || fault === 'kept') return fault;
    return fault === 'half' ? processHalf(request, forward) : refusal(fault);
  });
  const client = new DynamoDBClient({ endpoint: engine.endpoint, region: 'us-east-1' });
  const table: RollupTestTable = {
    endpoint: front.endpoint,
    client,
    requests,
    fault: () => undefined,
    write: async (calls, { ttlDays = 90, writeShards = 1 } = {}) => {
      const items = calls.map(each => traceItem(each, { ttlDays, writeShards }));
      const entries = calls.map(each => dayIndexItem(identityOf(each), { ttlDays, writeShards }));
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

/** Returns the expected totals of traces: adds up one trace after another, without rollup items. */
export function totalsOfTraces(traces: readonly Trace[]): Totals {
  return totalsOf(
    traces.map(trace => {
      const sums = noSums();
      addTrace(sums, trace);
      return { kind: invocationKind(trace), sums };
    }),
  );
}
