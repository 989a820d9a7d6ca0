import { Writable } from 'node:stream';
import {
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { CAPABILITIES, type CapabilityName, LACKS } from './dynamodb-capabilities';
import { CALLS, DAYS, NOW, RANGE, sumsBy, sumsOf } from './engine-calls';
import { type EngineTable, spillsOf, startEngines, testEach } from './engine-table';
import { alertClaims } from '../../../lambda/budget/alert-claims.aws';
import { connectIngestTable } from '../../../lambda/ingest/ingest-table.aws';
import { requestClaim } from '../../../lambda/traces/claim-item';
import { replaySpills } from '../../../lambda/traces/replay-spills';
import { identityOf, traceItem } from '../../../lambda/traces/trace-item';
import { call } from '../../lambda/rollup/support';
import { processHalf } from '../../support/table-front';

const DAY = '2026-03-29';
const PARTITION = `AGENT#triage#${DAY}`;
const at = (time: string) => new Date(`${DAY}T${time}Z`);
const NOON = at('12:00:00.000');
const never = () => new AbortController().signal;

startEngines();

/** Lets the table return half of each batch as unprocessed. */
function halveBatches(table: EngineTable): void {
  table.handle = (request, forward) =>
    request.operation === 'BatchWriteItem' ? processHalf(request, forward) : forward();
}

/** Counts the pages of queries that are followed by another page. */
function countPages(table: EngineTable): () => number {
  let pages = 0;
  table.handle = async (request, forward) => {
    const answer = await forward();
    if (request.operation === 'Query' && String(answer.body).includes('"LastEvaluatedKey"')) pages += 1;
    return answer;
  };
  return () => {
    const seen = pages;
    pages = 0;
    return seen;
  };
}

const byName = <Named extends { readonly name: string }>(figures: readonly Named[]) =>
  Object.fromEntries(figures.map(each => [each.name, each]));

describe('keys', () => {
  const ODD_AGENTS = ['a', 'a#b', 'a%23b', 'a#b%', 'a%', 'ünïcode 😀', '"quoted" \\ \n', 'x'.repeat(200)];

  testEach('agents with odd ids have partitions of their own', async table => {
    const calls = ODD_AGENTS.map((agentId, index) =>
      call({ agentId, requestId: 'same', timestamp: NOON, picoUsd: BigInt(index + 1) }),
    );
    await table.write(calls);

    const partitions = await table.reader.partitions(DAY);
    expect(partitions).toHaveLength(ODD_AGENTS.length);
    expect(partitions).toEqual(
      expect.arrayContaining(['a', 'a%23b', 'a%2523b'].map(agent => `AGENT#${agent}#${DAY}`)),
    );
    const { agents } = await table.withReports(NOW, reports => reports.daily(DAY));
    expect(Object.fromEntries(agents.map(({ name, cost }) => [name, cost.picoUsd]))).toEqual(
      Object.fromEntries(calls.map((each, index) => [identityOf(each).agentId, BigInt(index + 1)])),
    );
  });

  testEach('the traces of a partition are in the order of time, then of request ids', async table => {
    const times = ['23:59:59.999', '10:00:00.010', '10:00:00.009', '00:00:00.000'];
    const ids = ['Ä', 'b#2', 'b', 'a'];
    await table.write(times.flatMap(time => ids.map(requestId => call({ requestId, timestamp: at(time) }))));

    const traces = await table.tracesOf(PARTITION);
    expect(traces.map(({ timestamp, requestId }) => [timestamp, requestId])).toEqual(
      [...times].reverse().flatMap(time => [...ids].reverse().map(requestId => [at(time), requestId])),
    );
  });

  testEach('the traces of an agent can be in several partitions', async table => {
    const calls = CALLS.filter(({ agentId }) => agentId === 'triage');
    await table.write(calls, { writeShards: 3 });

    expect((await table.reader.partitions(DAY)).sort()).toEqual(
      [0, 1, 2].map(shard => `${PARTITION}#${shard}`),
    );
    const { total } = await table.withReports(NOW, reports => reports.daily(RANGE));
    expect(total).toMatchObject(sumsOf(calls));
  });
});

describe('the index of incidents', () => {
  testEach('an incident has the traces of all its agents and days, and of no other incident', async table => {
    const incidentId = 'INC#1 % "ü" / 😀';
    const calls = [
      call({ incidentId, agentId: 'b', timestamp: NOON, picoUsd: 3n }),
      call({ incidentId, agentId: 'a', timestamp: NOON, picoUsd: 5n }),
      call({ incidentId, requestId: 'early', timestamp: new Date('2026-03-28T23:59:59.999Z'), picoUsd: 7n }),
      call({ incidentId: 'INC#1', requestId: 'other', timestamp: NOON, picoUsd: 11n }),
      call({ requestId: 'none', timestamp: NOON, picoUsd: 13n }),
    ];
    await table.write(calls);

    const [report, unknown] = await table.withReports(NOW, async reports => [
      await reports.incident(incidentId),
      await reports.incident('INC'),
    ]);
    expect(report.invocations.map(({ requestId }) => requestId)).toEqual(['early', 'req-1', 'req-1']);
    expect(byName(report.agents)).toMatchObject(sumsBy(calls.slice(0, 3), ({ agentId }) => agentId));
    expect(report.total.cost.picoUsd).toBe(15n);
    expect(unknown.invocations).toEqual([]);
  });

  testEach('a trace that is written again moves to its new incident', async table => {
    await table.write([call({ incidentId: 'old', timestamp: NOON })]);
    await table.write([call({ incidentId: 'new', timestamp: NOON })]);

    const found = await table.withReports(NOW, async reports => [
      (await reports.incident('old')).invocations.length,
      (await reports.incident('new')).invocations.length,
    ]);
    expect(found).toEqual([0, 1]);
  });
});

describe('batches', () => {
  testEach(
    'all traces, replayed traces and rollups arrive if half of each batch is unprocessed',
    async table => {
      const [direct, spilled] = [CALLS.slice(0, 30), CALLS.slice(30, 60)];
      halveBatches(table);

      await table.write(direct);
      const replayed = await replaySpills(await spillsOf(spilled), table.location);
      for (const day of DAYS) await table.rollUp(day, NOW);

      expect(replayed).toMatchObject({ written: 30, left: 0, poisoned: 0 });
      const expected = [...direct, ...spilled].map(each => traceItem(each, { writeShards: 1, ttlDays: 90 }));
      const written = (await table.items()).filter(({ pk }) => pk.S?.startsWith('AGENT#'));
      expect(written).toHaveLength(60);
      expect(written).toEqual(expect.arrayContaining(expected));
      const report = await table.withReports(NOW, reports => reports.daily(RANGE));
      expect(report.total).toMatchObject(sumsOf(CALLS.slice(0, 60)));
      expect(report.reads).toMatchObject({ rollupDays: 6, tracedDays: 0 });
      // A batch of 25 items needs six requests if each request writes half of it.
      const requests = table.operations.filter(operation => operation === 'BatchWriteItem').length;
      expect(requests).toBeGreaterThanOrEqual(6 * 2);
    },
  );

  testEach('a batch with one bad item is refused as a whole', async table => {
    const put = (sort: string, text: string) => ({
      PutRequest: { Item: { pk: { S: 'batch' }, sk: { S: sort }, text: { S: text } } },
    });
    const send = (...puts: readonly ReturnType<typeof put>[]) =>
      table.client.send(new BatchWriteItemCommand({ RequestItems: { [table.tableName]: [...puts] } }));

    const refused = [
      send(put('a', ''), put('a', '')),
      send(put('b', ''), put('large', 'x'.repeat(400 * 1024))),
      send(...Array.from({ length: 26 }, (_, index) => put(`c${index}`, ''))),
    ];
    for (const request of refused) {
      await expect(request).rejects.toMatchObject({ name: 'ValidationException' });
    }
    expect(await table.items()).toEqual([]);
  });
});

describe('pages', () => {
  /** Attributes with which a trace has nearly its maximum size of 1 KB. */
  const LONG = {
    agentId: 'g'.repeat(64),
    sessionId: 's'.repeat(48),
    incidentId: 'i'.repeat(64),
    model: 'm'.repeat(64),
    modelId: 'm'.repeat(112),
    operation: 'InvokeModelWithBidirectionalStream',
    serviceTier: 't'.repeat(12),
    stopReason: 'r'.repeat(24),
  };
  const many = Array.from({ length: 1400 }, (_, index) =>
    call({
      ...LONG,
      requestId: `${'r'.repeat(44)}${1000 + index}`,
      timestamp: new Date(at('00:00:00.000').getTime() + index * 61_000),
      picoUsd: 10n ** 20n + BigInt(index),
    }),
  );

  testEach('reports read all pages of more than 1 MB of traces', async table => {
    await table.write(many);
    const pages = countPages(table);

    const [daily, incident] = await table.withReports(NOW, async reports => [
      { ...(await reports.daily(DAY)).total, pages: pages() },
      { ...(await reports.incident(LONG.incidentId)), pages: pages() },
    ]);

    expect(daily).toMatchObject(sumsOf(many));
    expect(daily.pages).toBeGreaterThanOrEqual(1);
    expect(incident.total).toMatchObject(sumsOf(many));
    expect(incident.pages).toBeGreaterThanOrEqual(1);
    expect(incident.invocations.map(({ requestId }) => requestId)).toEqual(
      many.map(({ requestId }) => requestId),
    );
    const lines: string[] = [];
    const stream = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        lines.push(
          ...chunk
            .toString()
            .split('\n')
            .filter(line => line !== ''),
        );
        done();
      },
    });
    await table.withReports(NOW, reports => reports.export(DAY, 'jsonl', stream));
    expect(lines.map(line => (JSON.parse(line) as { requestId: string }).requestId)).toEqual(
      many.map(({ requestId }) => requestId),
    );
    expect(pages()).toBeGreaterThanOrEqual(1);
  });
});

describe('conditions', () => {
  testEach('one of 20 sources that claim a call at the same time counts it', async table => {
    const { claim } = connectIngestTable(table.location);
    const owners = Array.from({ length: 20 }, (_, index) => `source-${index}`);
    const claimAll = () => Promise.all(owners.map(owner => claim(requestClaim('request-1'), owner, never())));

    const first = await claimAll();
    expect(first.filter(won => won)).toHaveLength(1);
    // The owner of a claim can write it again.
    expect(await claimAll()).toEqual(first);
    const [item] = await table.items();
    expect(item).toMatchObject({
      pk: { S: 'CLAIM#request#request-1' },
      owner: { S: owners[first.indexOf(true)] },
    });
  });

  testEach('one of 20 writers of a trace at the same time writes it', async table => {
    const { putOnce } = connectIngestTable(table.location);
    const traces = Array.from({ length: 20 }, (_, index) =>
      traceItem(call({ timestamp: NOON, latencyMs: index }), { writeShards: 1, ttlDays: 90 }),
    );

    const written = await Promise.all(traces.map(item => putOnce(item, never())));
    expect(written.filter(won => won)).toHaveLength(1);
    expect(await table.items()).toEqual([
      { ...traces[written.indexOf(true)], writer: expect.anything() as unknown },
    ]);
  });

  testEach(
    'one of 20 runs of the budget alert reports a threshold, until it releases the threshold',
    async table => {
      const scope = { namespace: 'N', topicArn: 'T', periods: { daily: DAY, monthly: '2026-03' } };
      const threshold = { budget: 'daily', level: 'warning', percent: 80, picoUsd: 1n } as const;
      const runs = Array.from({ length: 20 }, (_, index) =>
        alertClaims({
          ...scope,
          client: table.client,
          tableName: table.tableName,
          owner: `run-${index}`,
          holdMs: 3_600_000,
        }),
      );
      const claimAll = () => Promise.all(runs.map(run => run.claim(threshold)));

      const first = await claimAll();
      expect(first.filter(won => won)).toHaveLength(1);
      const winner = runs[first.indexOf(true)];
      const other = runs[first.indexOf(false)];
      await other.release(threshold);
      expect(await other.claim(threshold)).toBe(false);
      await winner.release(threshold);
      expect(await other.claim(threshold)).toBe(true);
      await other.markSent([threshold]);
      expect((await claimAll()).filter(won => won)).toEqual([]);
    },
  );

  testEach('the SDK makes a ConditionalCheckFailedException of a failed condition', async table => {
    const put = new PutItemCommand({
      TableName: table.tableName,
      Item: { pk: { S: 'a' }, sk: { S: 'b' } },
      ConditionExpression: 'attribute_not_exists(pk)',
    });
    await table.client.send(put);

    const error: unknown = await table.client.send(put).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConditionalCheckFailedException);
    expect(error).toMatchObject({
      name: 'ConditionalCheckFailedException',
      message: 'The conditional request failed',
      $metadata: { httpStatusCode: 400, attempts: 1 },
    });
  });
});

for (const capability of Object.keys(CAPABILITIES) as CapabilityName[]) {
  testEach(
    ({ name }) => {
      const reason = LACKS[name][capability];
      return reason === undefined
        ? `the emulator supports ${capability}`
        : `the emulator lacks ${capability}: ${reason}`;
    },
    async (table, { name }) => {
      expect(await CAPABILITIES[capability](table)).toBe(LACKS[name][capability] === undefined);
    },
  );
}
