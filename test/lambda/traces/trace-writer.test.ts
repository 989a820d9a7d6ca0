import { BatchWriteItemCommand, DynamoDBClient, QueryCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { traceFromItem } from '../../../lambda/traces/trace';
import { traceItem } from '../../../lambda/traces/trace-item';
import {
  dayIndexKey,
  partitionOfEntry,
  traceKey,
  tracePartition,
  unescapeKeyPart,
} from '../../../lambda/traces/trace-keys';
import { createTraceTable, startDynamoDb } from '../../../local/emulators/dynamodb/dynamodb';
import { listenOnLoopback, type LoopbackServer, readBody, send } from '../../../local/emulators/http-server';
import { TRACE_TABLE } from '../../../src/contract';
import { type HeldClock, holdClock, until } from '../../support/held-clock';
import { stdoutOf } from '../../support/stdout';
import { type Invocation, TraceWriter } from 'cdk-token-analytics/runtime';

const TIME = new Date('2026-11-21T10:20:30.400Z');
const OPTIONS = { writeShards: 1, ttlDays: 90 };
const { partitionKey, sortKey, incidentIndex } = TRACE_TABLE;
const TABLE = {
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

let clock: HeldClock;
beforeEach(() => {
  clock = holdClock();
});
afterEach(() => clock.release());

function invocation(changes: Partial<Invocation> = {}): Invocation {
  return {
    requestId: 'req-1',
    agentId: 'triage',
    model: 'm',
    modelId: 'us.m',
    scope: 'geo',
    operation: 'Converse',
    timestamp: TIME,
    usage: {
      uncachedInputTokens: 1,
      cacheReadTokens: 2,
      cacheWrite5mTokens: 3,
      cacheWrite1hTokens: 4,
      outputTokens: 5,
      source: 'usage',
      partial: false,
    },
    cost: {
      usd: 0.00036771,
      picoUsd: 367_710_000n,
      breakdown: { input: 0n, output: 0n, cacheRead: 0n, cacheWrite5m: 0n, cacheWrite1h: 0n },
      price: { input: 1, output: 1, asOf: '2026-11-01', source: 's' },
    },
    ...changes,
  };
}

const bytesOf = (item: ReturnType<typeof traceItem>) =>
  Object.entries(item).reduce(
    (sum, [name, value]) =>
      sum +
      Buffer.byteLength(name) +
      ('S' in value ? Buffer.byteLength(value.S) : 'N' in value ? Math.ceil(value.N.length / 2) + 1 : 1),
    0,
  );

describe('traceItem', () => {
  test('trace items have the keys and attributes of the design, and are read back unchanged', () => {
    const item = traceItem(invocation({ incidentId: 'INC-1' }), OPTIONS);

    expect(item).toEqual(
      expect.objectContaining({
        pk: { S: 'AGENT#triage#2026-11-21' },
        sk: { S: '2026-11-21T10:20:30.400Z#req-1' },
        incidentId: { S: 'INC-1' },
        costUsd: { N: '0.00036771' },
        ttl: { N: String(TIME.getTime() / 1000 - 0.4 + 90 * 86_400) },
        uncachedInputTokens: { N: '1' },
        v: { N: '1' },
      }),
    );
    expect(traceFromItem(item)).toEqual(
      expect.objectContaining({
        agentId: 'triage',
        picoUsd: 367_710_000n,
        cacheWrite1hTokens: 4,
        timestamp: TIME,
      }),
    );
  });

  test('trace items have speech tokens only if they are not 0, and are read back unchanged', () => {
    const usage = { ...invocation().usage!, uncachedInputTokens: 700, outputTokens: 1000 };
    const talk = traceItem(
      invocation({ usage: { ...usage, speechInputTokens: 410, speechOutputTokens: 880 } }),
      OPTIONS,
    );
    const text = traceItem(invocation({ usage: { ...usage, speechInputTokens: 0 } }), OPTIONS);

    expect(talk).toMatchObject({ speechInputTokens: { N: '410' }, speechOutputTokens: { N: '880' } });
    expect(traceFromItem(talk)).toMatchObject({
      uncachedInputTokens: 700,
      speechInputTokens: 410,
      outputTokens: 1000,
      speechOutputTokens: 880,
    });
    expect(Object.keys(text).filter(name => name.startsWith('speech'))).toEqual([]);
    expect(traceFromItem(text).speechInputTokens).toBeUndefined();
  });

  test('trace items have no cost, incident or expiry if these are unknown', () => {
    const item = traceItem(invocation({ cost: undefined, incidentId: '' }), { writeShards: 1, ttlDays: 0 });

    expect(Object.keys(item)).not.toEqual(expect.arrayContaining(['costUsd']));
    expect(item.incidentId).toBeUndefined();
    expect(item.ttl).toBeUndefined();
  });

  test('trace items fit in 1 KB for any input, and keep two long ids different', () => {
    const long = (last: string) => 'é'.repeat(5000) + last;
    const item = traceItem(
      invocation({
        agentId: long('a'),
        requestId: long('b'),
        incidentId: long('c'),
        sessionId: long('d'),
        model: long('e'),
        modelId: long('f'),
        operation: long('g'),
        serviceTier: long('h'),
        stopReason: long('i'),
        latencyMs: 123456.789012345,
        timeToFirstTokenMs: 123456.789012345,
        items: 1e15,
      }),
      OPTIONS,
    );

    expect(bytesOf(item)).toBeLessThanOrEqual(1024);
    expect(traceItem(invocation({ agentId: long('x') }), OPTIONS).agentId).not.toEqual(
      traceItem(invocation({ agentId: long('y') }), OPTIONS).agentId,
    );
  });

  test('trace items escape # in the keys, and have the same shard for the same request', () => {
    const hostile = { agentId: 'a#2026-01-01', requestId: 'r#1%23', timestamp: TIME };

    expect(traceKey(hostile, 1)).toEqual({
      pk: 'AGENT#a%232026-01-01#2026-11-21',
      sk: '2026-11-21T10:20:30.400Z#r%231%2523',
    });
    expect(unescapeKeyPart('r%231%2523')).toBe('r#1%23');
    const shards = new Set(
      Array.from({ length: 200 }, (_, index) => traceKey({ ...hostile, requestId: String(index) }, 4).pk),
    );
    expect([...shards].sort()).toEqual(
      [0, 1, 2, 3].map(shard => tracePartition('a#2026-01-01', '2026-11-21', shard)),
    );
    expect(traceKey(hostile, 4)).toEqual(traceKey(hostile, 4));
    expect(partitionOfEntry(dayIndexKey('a#b', '2026-11-21', 3))).toBe(
      tracePartition('a#b', '2026-11-21', 3),
    );
  });
});

describe('TraceWriter with a DynamoDB emulator', () => {
  let engine: LoopbackServer;
  let client: DynamoDBClient;
  beforeAll(async () => {
    engine = await startDynamoDb();
    client = new DynamoDBClient({ endpoint: engine.endpoint, region: 'us-east-1' });
    await createTraceTable(engine.endpoint, TABLE, 'Traces');
  });
  afterAll(async () => {
    client.destroy();
    await engine.close();
  });

  test('writes each trace once with its day-index entry, and changes nothing when repeated', async () => {
    const writer = new TraceWriter({ tableName: 'Traces', endpoint: engine.endpoint, region: 'us-east-1' });
    const calls = Array.from({ length: 60 }, (_, index) =>
      invocation({ requestId: `r${index}`, incidentId: index < 3 ? 'INC-1' : undefined }),
    );

    for (let round = 0; round < 2; round += 1) {
      for (const call of [...calls, calls[0]]) writer.enqueue(call);
      expect(writer.pending).toBe(61);
      await writer.flush({ deadlineMs: 10_000 });
    }

    const query = (pk: string) =>
      client.send(
        new QueryCommand({
          TableName: 'Traces',
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': { S: pk } },
        }),
      );
    expect((await query('AGENT#triage#2026-11-21')).Count).toBe(60);
    expect((await query('DAY#2026-11-21')).Items?.map(item => item.sk.S)).toEqual(['AGENT#triage']);
    const incident = await client.send(
      new QueryCommand({
        TableName: 'Traces',
        IndexName: incidentIndex.name,
        KeyConditionExpression: 'incidentId = :id',
        ExpressionAttributeValues: { ':id': { S: 'INC-1' } },
      }),
    );
    expect(incident.Count).toBe(3);
    expect((await client.send(new ScanCommand({ TableName: 'Traces' }))).Count).toBe(61);
    expect(writer.pending).toBe(0);
  });

  test('writes a batch with a cost that is too long for DynamoDB, without that cost', async () => {
    const counts: Record<string, number> = {};
    const writer = new TraceWriter({
      tableName: 'Traces',
      endpoint: engine.endpoint,
      region: 'us-east-1',
      onCount: (metric, count) => (counts[metric] = (counts[metric] ?? 0) + count),
    });
    const { cost } = invocation();
    const costs = { most: 10n ** 38n - 1n, more: 10n ** 38n, huge: 10n ** 312n, usual: 367_710_000n };

    const lines = await stdoutOf(async () => {
      for (const [requestId, picoUsd] of Object.entries(costs)) {
        writer.enqueue(invocation({ requestId, agentId: 'costly', cost: { ...cost!, picoUsd } }));
      }
      await writer.flush({ deadlineMs: 10_000 });
    });

    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName: 'Traces',
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: 'AGENT#costly#2026-11-21' } },
      }),
    );
    expect(
      Object.fromEntries(
        Items.map(item => [item.requestId.S, [item.costUsd?.N, item.priceAsOf?.S, item.outputTokens.N]]),
      ),
    ).toEqual({
      most: ['99999999999999999999999999.999999999999', '2026-11-01', '5'],
      more: [undefined, undefined, '5'],
      huge: [undefined, undefined, '5'],
      usual: ['0.00036771', '2026-11-01', '5'],
    });
    expect([counts, lines]).toEqual([{}, []]);
  });

  test('writes traces to the log if the table does not take them, so that they can be replayed', async () => {
    const counts: Record<string, number> = {};
    const writer = new TraceWriter({
      tableName: 'Nowhere',
      endpoint: engine.endpoint,
      region: 'us-east-1',
      maxQueue: 2,
      onCount: (metric, count) => (counts[metric] = (counts[metric] ?? 0) + count),
    });

    const lines = await stdoutOf(async () => {
      for (let index = 0; index < 3; index += 1) writer.enqueue(invocation({ requestId: `spilled${index}` }));
      await writer.flush({ deadlineMs: 5000 });
    });

    expect(counts).toEqual({ tracesSpilled: 3 });
    const items = lines.map(
      line => (JSON.parse(line) as { TraceSpill: Record<string, { S: string }> }).TraceSpill,
    );
    await client.send(
      new BatchWriteItemCommand({ RequestItems: { Traces: items.map(Item => ({ PutRequest: { Item } })) } }),
    );
    expect(items.map(item => item.requestId.S).sort()).toEqual(['spilled0', 'spilled1', 'spilled2']);
  });
});

describe('TraceWriter with a faulty server', () => {
  let server: LoopbackServer;
  afterEach(() => server.close());

  async function writeTo(
    answer: (
      batch: { PutRequest: { Item: Record<string, { S: string }> } }[],
      request: number,
    ) => { status: number; body: unknown },
    flush: (writer: TraceWriter, requests: () => number) => Promise<void> = writer =>
      clock.pass(() => writer.flush({ deadlineMs: 5000 })),
  ) {
    const written = new Set<string>();
    let requests = 0;
    server = await listenOnLoopback(async (request, response) => {
      const { RequestItems } = JSON.parse((await readBody(request)).toString()) as {
        RequestItems: Record<string, { PutRequest: { Item: Record<string, { S: string }> } }[]>;
      };
      const { status, body } = answer(RequestItems.T, (requests += 1));
      const left = new Set(
        ((body as { UnprocessedItems?: { T: typeof RequestItems.T } }).UnprocessedItems?.T ?? []).map(
          one => one.PutRequest.Item.sk.S,
        ),
      );
      if (status === 200) {
        for (const {
          PutRequest: { Item },
        } of RequestItems.T) {
          if (!left.has(Item.sk.S)) written.add(Item.sk.S);
        }
      }
      send(response, status, { 'content-type': 'application/x-amz-json-1.0' }, JSON.stringify(body));
    });
    const counts = { tracesSpilled: 0, tracesDropped: 0, breakerOpened: 0 };
    const writer = new TraceWriter({
      tableName: 'T',
      endpoint: server.endpoint,
      region: 'us-east-1',
      onCount: (metric, count) => (counts[metric] += count),
    });
    await stdoutOf(async () => {
      for (let index = 0; index < 40; index += 1) writer.enqueue(invocation({ requestId: `r${index}` }));
      await flush(writer, () => requests);
    });
    return { traces: [...written].filter(sk => !sk.startsWith('AGENT#')).length, requests, ...counts };
  }

  test('sends unprocessed items again until the table takes them', async () => {
    const outcome = await writeTo((batch, request) => ({
      status: 200,
      body: request % 2 === 1 ? { UnprocessedItems: { T: batch.slice(0, 5) } } : { UnprocessedItems: {} },
    }));

    expect(outcome).toEqual({
      traces: 40,
      requests: 4,
      tracesSpilled: 0,
      tracesDropped: 0,
      breakerOpened: 0,
    });
  });

  test('retries after server errors', async () => {
    const outcome = await writeTo((_batch, request) =>
      request <= 2 ? { status: 500, body: { __type: 'InternalServerError' } } : { status: 200, body: {} },
    );

    expect(outcome).toEqual({
      traces: 40,
      requests: 4,
      tracesSpilled: 0,
      tracesDropped: 0,
      breakerOpened: 0,
    });
  });

  test('spills after one request if the error is permanent', async () => {
    const outcome = await writeTo(() => ({
      status: 400,
      body: { __type: 'com.amazonaws.dynamodb#AccessDeniedException', message: 'no' },
    }));

    expect(outcome).toEqual({
      traces: 0,
      requests: 2,
      tracesSpilled: 40,
      tracesDropped: 0,
      breakerOpened: 0,
    });
  });

  test('stops at the deadline, with each trace either written or spilled', async () => {
    const outcome = await writeTo(
      batch => ({ status: 200, body: { UnprocessedItems: { T: batch } } }),
      async (writer, requests) => {
        const flush = writer.flush({ deadlineMs: 200 });
        await until(() => requests() === 2);
        await clock.expectEndAfter(200, flush);
      },
    );

    expect(outcome.traces + outcome.tracesSpilled).toBe(40);
    expect(outcome.tracesSpilled).toBe(40);
  });
});
