// Measures one way to write traces. The arguments are a key of `WAYS`, e.g. `ours`, and the endpoint of the
// table.
import { BatchWriteItemCommand, DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { traceItem } from '../../lambda/traces/trace-item';
import { type Invocation, TokenTracker, TraceWriter } from 'cdk-token-analytics/runtime';

const [, , way, endpoint] = process.argv;
const region = 'us-east-1';
const OPTIONS = { writeShards: 1, ttlDays: 90 };
/** Maximum number of items in one BatchWriteItem request (API reference). */
const MAX_BATCH = 25;

const usage = {
  uncachedInputTokens: 1003,
  cacheReadTokens: 1712,
  cacheWrite5mTokens: 236,
  cacheWrite1hTokens: 0,
  outputTokens: 121,
  source: 'usage',
  partial: false,
} as const;
const tracker = new TokenTracker({ enabled: false });
const invocations = (count: number): Invocation[] =>
  Array.from({ length: count }, () =>
    tracker.record({
      agentId: 'signal-intelligence',
      modelId: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
      usage,
      incidentId: 'INC-2041',
      sessionId: 'session-7',
      operation: 'ConverseStream',
      latencyMs: 812.25,
      timeToFirstTokenMs: 211.5,
      serviceTier: 'default',
      stopReason: 'end_turn',
    }),
  );

/** Ways to write traces into the table, by name. `count` is the number of measured traces. */
const WAYS: Readonly<
  Record<
    string,
    { readonly count: number; readonly write: (traces: readonly Invocation[]) => Promise<unknown> }
  >
> = {
  ours: (() => {
    const writer = new TraceWriter({ tableName: 'Traces', endpoint, region, maxQueue: 100_000 });
    return {
      count: 5000,
      write: traces => {
        for (const trace of traces) writer.enqueue(trace);
        return writer.flush({ deadlineMs: 120_000 });
      },
    };
  })(),
  putItemAwaited: (() => {
    const client = new DynamoDBClient({ endpoint, region });
    return {
      count: 500,
      write: async traces => {
        for (const trace of traces) {
          await client.send(
            new PutItemCommand({
              TableName: 'Traces',
              Item: { ...traceItem(trace, OPTIONS) } as Record<string, { S: string }>,
            }),
          );
        }
      },
    };
  })(),
  batchesAwaited: (() => {
    const client = new DynamoDBClient({ endpoint, region });
    return {
      count: 2500,
      write: async traces => {
        for (let from = 0; from < traces.length; from += MAX_BATCH) {
          const puts = traces.slice(from, from + MAX_BATCH).map(trace => ({
            PutRequest: { Item: { ...traceItem(trace, OPTIONS) } as Record<string, { S: string }> },
          }));
          await client.send(new BatchWriteItemCommand({ RequestItems: { Traces: puts } }));
        }
      },
    };
  })(),
};

/**
 * Returns the size of an item in bytes, as DynamoDB counts it. Names and texts count as UTF-8 bytes. Two
 * digits of a number count as one byte. A number has one additional byte.
 */
function sizeOf(trace: Invocation): number {
  return Object.entries(traceItem(trace, OPTIONS)).reduce(
    (sum, [name, value]) =>
      sum +
      Buffer.byteLength(name) +
      ('S' in value
        ? Buffer.byteLength(value.S)
        : 'N' in value
          ? Math.ceil(value.N.replace(/\D/g, '').length / 2) + 1
          : 1),
    0,
  );
}

async function main(): Promise<void> {
  const { count, write } = WAYS[way];
  // Writes traces that are not measured, so that the client is loaded, the connection open and the code
  // compiled.
  await write(invocations(Math.ceil(count / 2)));
  const traces = invocations(count);
  const before = process.cpuUsage();
  const start = performance.now();
  await write(traces);
  const ms = performance.now() - start;
  const { user, system } = process.cpuUsage(before);
  process.send?.(
    { perSecond: (count / ms) * 1000, cpuMicros: (user + system) / count, itemBytes: sizeOf(traces[0]) },
    () => process.exit(0),
  );
}

void main();
