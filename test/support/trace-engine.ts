import { BatchWriteItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { refusal, type RequestHandler, startTableFront } from './table-front';
import type { Invocation } from '../../lambda/invocation/invocation';
import { usdToPico } from '../../lambda/pricing/pico';
import { dayIndexItem, identityOf, traceItem } from '../../lambda/traces/trace-item';
import { createTraceTable, startDynamoDb } from '../../local/emulators/dynamodb/dynamodb';
import type { LoopbackServer } from '../../local/emulators/http-server';
import { TRACE_TABLE } from '../../src/contract';

/** Model call whose trace {@link TraceEngine.put} writes. Missing fields have defaults. */
export interface TracedCall extends Partial<Invocation> {
  readonly at: string | Date;
  /** Cost in US dollars. Undefined if the cost is unknown. */
  readonly usd?: number;
}

/** Trace table in a DynamoDB emulator. A proxy in front of it records operations and can refuse them. */
export interface TraceEngine extends LoopbackServer {
  readonly tableName: string;
  /** DynamoDB operations requested so far, e.g. `Query`, in their order. */
  readonly operations: readonly string[];
  /** Returns true if the table must refuse an operation, e.g. `Query`. Tests replace this function. */
  refuses: (operation: string) => boolean;
  /**
   * Function that answers the requests that are not refused. Tests replace this function. Default: the
   * emulator answers.
   */
  handle: RequestHandler;
  /** Client of the emulator itself. Its requests are neither recorded nor refused. */
  readonly client: DynamoDBClient;
  put(calls: readonly TracedCall[], writeShards?: number): Promise<void>;
}

const { partitionKey, sortKey, incidentIndex } = TRACE_TABLE;
/** Keys and index of a trace table, as properties of a CloudFormation resource. */
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

/**
 * Creates a trace table in an emulator, and starts the proxy.
 *
 * @param shared emulator that other tables use too, and that `close` does not stop. Default: an emulator in
 * this process, which `close` stops
 */
export async function startTraceEngine(tableName = 'Traces', shared?: LoopbackServer): Promise<TraceEngine> {
  const emulator = shared ?? (await startDynamoDb());
  const client = new DynamoDBClient({ endpoint: emulator.endpoint, region: 'us-east-1' });
  await createTraceTable(emulator.endpoint, TRACE_TABLE_SCHEMA, tableName);
  const operations: string[] = [];
  let written = 0;
  const front = await startTableFront(emulator.endpoint, async (request, forward) => {
    const { operation } = request;
    operations.push(operation);
    if (self.refuses(operation)) return refusal('AccessDeniedException', 'refused');
    return self.handle(request, forward);
  });
  const self: TraceEngine = {
    endpoint: front.endpoint,
    tableName,
    operations,
    refuses: () => false,
    handle: (_request, forward) => forward(),
    client,
    put: async (calls, writeShards = 1) => {
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
      if (!shared) await emulator.close();
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
