import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { csvRows, exported } from './export-support';
import type { Invocation } from '../../../lambda/invocation/invocation';
import type { Trace } from '../../../lambda/traces/trace';
import { TraceReader } from '../../../lambda/traces/trace-reader.aws';
import { listenOnLoopback, type LoopbackServer, readBody, send } from '../../../local/emulators/http-server';
import { traceStream, type TraceStreamOptions } from '../../../reports/source/trace-stream.aws';
import {
  call,
  type RollupTestTable,
  startRollupTable,
  TABLE,
  totalsOfTraces,
} from '../../lambda/rollup/support';
import { settled, until } from '../../support/held-clock';

/** Maximum traces in one response. Without this limit, the emulator returns more than a thousand. */
const PAGE = 7;
const FROM = new Date('2026-10-24T22:00:00Z');
const TO = new Date('2026-10-25T23:00:00Z');

/**
 * Returns calls on four UTC days: a call of `triage` every 10 minutes, and a call of `billing#eu` every 65
 * minutes.
 */
function calls(): Invocation[] {
  return ['2026-10-23', '2026-10-24', '2026-10-25', '2026-10-26'].flatMap(day => [
    ...Array.from({ length: 144 }, (_, index) =>
      call({
        requestId: `${day}-t${index}`,
        timestamp: new Date(Date.parse(day) + index * 600_000),
        picoUsd: BigInt(1000 + index),
        cost: index % 12 === 5 ? undefined : call({ picoUsd: BigInt(1000 + index) }).cost,
      }),
    ),
    ...Array.from({ length: 22 }, (_, index) =>
      call({
        agentId: 'billing#eu',
        requestId: `${day}-b${index}`,
        timestamp: new Date(Date.parse(day) + index * 3_900_000),
        cached: index % 4 === 0,
      }),
    ),
  ]);
}

describe('traceStream', () => {
  let table: RollupTestTable;
  let front: LoopbackServer;
  let client: DynamoDBClient;
  let reader: TraceReader;
  let written: readonly Trace[];
  let queries: string[];
  let refuses: (pk: string) => boolean;

  beforeAll(async () => {
    table = await startRollupTable();
    // Starts a proxy that limits each query to `PAGE` traces, so that every partition has several pages.
    front = await listenOnLoopback(async (request, response) => {
      const body = JSON.parse((await readBody(request)).toString()) as {
        ExpressionAttributeValues: { ':pk': { S: string } };
      };
      const pk = body.ExpressionAttributeValues[':pk'].S;
      queries.push(pk);
      const headers = Object.fromEntries(
        ['x-amz-target', 'content-type', 'authorization', 'x-amz-date'].map(name => [
          name,
          String(request.headers[name]),
        ]),
      );
      const answer = refuses(pk)
        ? new Response(
            JSON.stringify({
              __type: 'com.amazonaws.dynamodb.v20120810#AccessDeniedException',
              message: 'refused',
            }),
            { status: 400 },
          )
        : await fetch(table.endpoint, {
            method: 'POST',
            headers,
            body: JSON.stringify({ ...body, Limit: PAGE }),
          });
      send(response, answer.status, { 'content-type': 'application/x-amz-json-1.0' }, await answer.text());
    });
    client = new DynamoDBClient({ endpoint: front.endpoint, region: 'us-east-1', maxAttempts: 1 });
    reader = new TraceReader(client, TABLE);
    const sharded = Array.from({ length: 60 }, (_, index) =>
      call({
        agentId: 'sharded',
        requestId: `s${index}`,
        timestamp: new Date(Date.UTC(2026, 9, 25, 5, index)),
      }),
    );
    written = [...(await table.write(calls())), ...(await table.write(sharded, { writeShards: 3 }))];
  });
  beforeEach(() => {
    queries = [];
    refuses = () => false;
  });
  afterAll(async () => {
    client.destroy();
    await front.close();
    await table.close();
  });

  async function read(options: Partial<TraceStreamOptions> = {}): Promise<Trace[]> {
    const traces: Trace[] = [];
    for await (const page of traceStream(reader, { from: FROM, to: TO, ...options })) traces.push(...page);
    return traces;
  }
  const within = (from: Date, to: Date) =>
    written.filter(({ timestamp }) => timestamp >= from && timestamp < to);
  const ids = (traces: readonly Trace[]) => traces.map(({ requestId }) => requestId);

  test('reads each trace of the range once, and excludes the end of the range', async () => {
    const from = new Date('2026-10-24T22:10:00Z');
    const to = new Date('2026-10-25T22:50:00Z');

    const traces = await read({ from, to });

    expect(ids(traces).sort()).toEqual(ids(within(from, to)).sort());
    expect(traces.filter(({ timestamp }) => timestamp.getTime() === from.getTime())).toHaveLength(1);
    expect(written.filter(({ timestamp }) => timestamp.getTime() === to.getTime())).toHaveLength(1);
  });

  test('reads traces in the same order each time: by day, then by agent and shard, then by time', async () => {
    const one = await read();
    const other = await read();

    const order = one.map(({ timestamp, agentId }) => `${timestamp.toISOString().slice(0, 10)} ${agentId}`);
    expect([...new Set(order)]).toEqual([
      '2026-10-24 billing#eu',
      '2026-10-24 triage',
      '2026-10-25 billing#eu',
      '2026-10-25 sharded',
      '2026-10-25 triage',
    ]);
    const triage = one
      .filter(({ agentId }) => agentId === 'triage')
      .map(({ timestamp }) => timestamp.getTime());
    expect(triage).toEqual([...triage].sort((a, b) => a - b));
    const shards = one
      .filter(({ agentId }) => agentId === 'sharded')
      .map(({ timestamp }) => timestamp.getTime());
    // The agent's three shards are read one after another. The time goes back at the start of the second and
    // third shard.
    expect(shards.filter((time, index) => index > 0 && time < shards[index - 1])).toHaveLength(2);
    expect(other).toEqual(one);
  });

  test('reads only the partitions of the requested agent', async () => {
    const traces = await read({ agentId: 'billing#eu' });

    expect(ids(traces)).toEqual(ids(within(FROM, TO).filter(({ agentId }) => agentId === 'billing#eu')));
    expect(new Set(queries.map(pk => (pk.startsWith('AGENT#') ? pk.split('#')[1] : 'directory')))).toEqual(
      new Set(['directory', 'billing%23eu']),
    );
  });

  test('reads no traces from a range without traces, or from a reversed range', async () => {
    expect(
      await read({ from: new Date('2025-01-01T00:00:00Z'), to: new Date('2025-01-11T00:00:00Z') }),
    ).toEqual([]);
    expect(await read({ from: TO, to: FROM })).toEqual([]);
  });

  test('reads only some pages ahead of a slow consumer', async () => {
    let requests = 0;
    const pages = traceStream(reader, { from: FROM, to: TO, onRequest: () => (requests += 1) });

    await pages.next();
    await until(() => requests >= 4);
    await pages.next();
    await settled();

    expect(requests).toBeLessThan(12);
    await pages.return();
  });

  test('reports each request and its read units', async () => {
    const reported = { requests: 0, units: 0 };

    await read({
      onRequest: () => (reported.requests += 1),
      onReadUnits: units => (reported.units += units),
    });

    expect(reported.requests).toBe(queries.length);
    expect(reported.units).toBeGreaterThan(0);
  });

  test('stops reading if the consumer stops or the signal aborts', async () => {
    let requests = 0;
    const options = { from: FROM, to: TO, onRequest: () => (requests += 1) };
    const stop = new AbortController();

    await expect(
      (async () => {
        for await (const _ of traceStream(reader, { ...options, signal: stop.signal })) {
          stop.abort(new Error('enough'));
        }
      })(),
    ).rejects.toThrow('enough');
    for await (const _ of traceStream(reader, options)) break;

    const count = requests;
    await settled();
    expect(requests).toBe(count);
    expect(count).toBeLessThan(24);
  });

  test('fails with the error of the table', async () => {
    refuses = pk => pk.startsWith('AGENT#triage#2026-10-25');

    await expect(read()).rejects.toThrow(expect.objectContaining({ name: 'AccessDeniedException' }));
  });

  test('exports each call of a 25-hour day once, with an exact sum', async () => {
    const pages = traceStream(reader, { from: FROM, to: TO });

    const { result, text } = await exported(pages, 'csv', { timeZone: 'Europe/Berlin', from: FROM, to: TO });

    const expected = within(FROM, TO);
    const { picoUsd, unpriced, fromCache } = totalsOfTraces(expected);
    expect(result).toMatchObject({
      rows: expected.length,
      picoUsd,
      unpriced,
      fromCache,
      unreadable: 0,
    });
    expect(
      csvRows(text)
        .map(({ requestId }) => requestId)
        .sort(),
    ).toEqual(ids(expected).sort());
    expect(new Set(csvRows(text).map(({ day }) => day))).toEqual(new Set(['2026-10-25']));
  });

  test('reads traces between two keys, by hours and without hours', async () => {
    for (const byHours of [false, true]) {
      const traces: Trace[] = [];

      await reader.day('2026-10-25', page => void traces.push(...page), {
        byHours,
        between: ['2026-10-25T03:00:00.000Z', '2026-10-25T07:30:00.000Z'],
      });

      expect(ids(traces).sort()).toEqual(
        ids(within(new Date('2026-10-25T03:00:00Z'), new Date('2026-10-25T07:30:00Z'))).sort(),
      );
    }
  });
});
