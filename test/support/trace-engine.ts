import { BatchWriteItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { refusal, startTableFront } from './table-front';
import type { Invocation } from '../../lambda/invocation/invocation';
import { usdToPico } from '../../lambda/pricing/pico';
import { dayIndexItem, identityOf, traceItem } from '../../lambda/traces/trace-item';
import { createTraceTable, startDynamoDb } from '../../local/emulators/dynamodb/dynamodb';
import type { LoopbackServer } from '../../local/emulators/http-server';
import { TRACE_TABLE } from '../../src/contract';

/** A trace as tests name it. */
export interface TracedCall extends Partial<Invocation> {
  readonly at: string | Date;
  /** Left out, the price is not known. */
  readonly usd?: number;
}

/** A DynamoDB engine with a trace table, behind a front that knows each operation and can refuse some. */
export interface TraceEngine extends LoopbackServer {
  readonly tableName: string;
  /** The operations that came through the front. */
  readonly operations: readonly string[];
  /** Which operations are refused. */
  refuses: (operation: string) => boolean;
  /** A client that goes around the front. */
  readonly client: DynamoDBClient;
  put(calls: readonly TracedCall[], writeShards?: number): Promise<void>;
}

const { partitionKey, sortKey, incidentIndex } = TRACE_TABLE;
/** Properties of a trace table, as its template has them. */
export const TRACE_TABLE_SCHEMA = {
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
const USAGE = {
  uncachedInputTokens: 1,
  cacheReadTokens: 0,
  cacheWrite5mTokens: 0,
  cacheWrite1hTokens: 0,
  outputTokens: 1,
  source: 'usage',
  partial: false,
} as const;

export async function startTraceEngine(tableName = 'Traces'): Promise<TraceEngine> {
  const engine = await startDynamoDb();
  const client = new DynamoDBClient({ endpoint: engine.endpoint, region: 'us-east-1' });
  await createTraceTable(engine.endpoint, TRACE_TABLE_SCHEMA, tableName);
  const operations: string[] = [];
  let written = 0;
  const front = await startTableFront(engine.endpoint, async ({ operation }, handOn) => {
    operations.push(operation);
    return self.refuses(operation) ? refusal('AccessDeniedException', 'refused') : handOn();
  });
  const self = {
    endpoint: front.endpoint,
    tableName,
    operations,
    refuses: (_operation: string): boolean => false,
    client,
    put: async (calls: readonly TracedCall[], writeShards = 1) => {
      const items = calls.flatMap(call => {
        written += 1;
        const invocation = invocationOf(call, written);
        const options = { writeShards, ttlDays: 90 };
        return [traceItem(invocation, options), dayIndexItem(identityOf(invocation), options)];
      });
      const byKey = [...new Map(items.map(item => [JSON.stringify([item.pk, item.sk]), item])).values()];
      while (byKey.length > 0) {
        await client.send(
          new BatchWriteItemCommand({
            RequestItems: {
              [tableName]: byKey
                .splice(0, 25)
                .map(Item => ({ PutRequest: { Item: Item as Record<string, { S: string }> } })),
            },
          }),
        );
      }
    },
    close: async () => {
      client.destroy();
      await front.close();
      await engine.close();
    },
  };
  return self;
}

export function invocationOf({ at, usd, ...changes }: TracedCall, number: number): Invocation {
  const breakdown = { input: 0n, output: 0n, cacheRead: 0n, cacheWrite5m: 0n, cacheWrite1h: 0n };
  return {
    requestId: `r${number}`,
    agentId: 'triage',
    model: 'amazon.nova-micro-v1:0',
    modelId: 'amazon.nova-micro-v1:0',
    scope: 'in-region',
    timestamp: new Date(at),
    usage: USAGE,
    cost:
      usd === undefined
        ? undefined
        : {
            usd,
            picoUsd: usdToPico(usd),
            breakdown,
            price: { input: 1, output: 1, asOf: '2026-11-01', source: 's' },
          },
    ...changes,
  } as Invocation;
}
