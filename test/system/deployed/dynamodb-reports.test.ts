import { DeleteItemCommand, UpdateTimeToLiveCommand } from '@aws-sdk/client-dynamodb';
import { arnOf } from './dynamodb-capabilities';
import { type Engine, ENGINES } from './dynamodb-engines';
import { CALLS, DAYS, INCIDENT, localDay, NOW, RANGE, sumsBy, sumsOf } from './engine-calls';
import { type EngineTable, spillsOf, startEngines, testEach, withTable } from './engine-table';
import { TableInspector } from '../../../cli/doctor/table.aws';
import type { Invocation } from '../../../lambda/invocation/invocation';
import { type DailyRollup, readRollups } from '../../../lambda/rollup/rollup-table.aws';
import { replaySpills } from '../../../lambda/traces/replay-spills';
import { traceFromItem } from '../../../lambda/traces/trace';
import { TRACE_TABLE } from '../../../src/contract';
import { call } from '../../lambda/rollup/support';

const DAY = '2026-03-29';
const NOON = new Date(`${DAY}T12:00:00.000Z`);
const SECONDS_PER_DAY = 86_400;

startEngines();

async function rollupsOf(table: EngineTable, from: string, to = from): Promise<DailyRollup[]> {
  const found: DailyRollup[] = [];
  for await (const day of readRollups(table.front, table.tableName, from, to)) found.push(day);
  return found;
}

async function deleteItem(table: EngineTable, { pk, sk }: Record<'pk' | 'sk', string>): Promise<void> {
  await table.client.send(
    new DeleteItemCommand({ TableName: table.tableName, Key: { pk: { S: pk }, sk: { S: sk } } }),
  );
}

const byName = <Named extends { readonly name: string }>(figures: readonly Named[]) =>
  Object.fromEntries(figures.map(each => [each.name, each]));

describe('expiry', () => {
  // DynamoDB deletes an expired item within some days.
  const now = new Date();
  const yesterday = new Date(now.getTime() - SECONDS_PER_DAY * 1000);
  const day = yesterday.toISOString().slice(0, 10);
  const expired = (requestId: string) =>
    call({ requestId, timestamp: yesterday, picoUsd: 7n, incidentId: 'I' });

  testEach('traces, day-index entries and claims have their expiry time in seconds', async table => {
    const seconds = () => Math.floor(Date.now() / 1000);
    const before = seconds();
    await table.write([expired('r1')], { ttlDays: 2, claimCalls: true });
    const after = seconds();
    await table.write([call({ requestId: 'r2', timestamp: yesterday, agentId: 'kept' })], { ttlDays: 0 });

    const made = Math.floor(yesterday.getTime() / 1000);
    const endOfDay = (Math.floor(made / SECONDS_PER_DAY) + 1) * SECONDS_PER_DAY;
    const expiries = new Map((await table.items()).map(({ pk, sk, ttl }) => [`${pk.S} ${sk.S}`, ttl]));
    const claimed = Number(expiries.get('CLAIM#request#r1 CLAIM')?.N) - 2 * SECONDS_PER_DAY;
    expect([claimed >= before, claimed <= after]).toEqual([true, true]);
    expiries.delete('CLAIM#request#r1 CLAIM');
    expect(Object.fromEntries(expiries)).toEqual({
      [`AGENT#triage#${day} ${yesterday.toISOString()}#r1`]: { N: String(made + 2 * SECONDS_PER_DAY) },
      [`DAY#${day} AGENT#triage`]: { N: String(endOfDay + 2 * SECONDS_PER_DAY) },
      [`AGENT#kept#${day} ${yesterday.toISOString()}#r2`]: undefined,
      [`DAY#${day} AGENT#kept`]: undefined,
    });
  });

  testEach(
    'reports include expired traces until they are deleted, and the rollup refuses the day',
    async table => {
      const later = new Date(now.getTime() + 4 * SECONDS_PER_DAY * 1000);
      await table.write([expired('r1'), expired('r2')], { ttlDays: 2 });

      const costs = () =>
        table.withReports(later, async reports => [
          (await reports.daily(day)).total.cost.picoUsd,
          (await reports.incident('I')).total.cost.picoUsd,
        ]);
      expect(await costs()).toEqual([14n, 14n]);
      await expect(table.rollUp(day, later)).rejects.toMatchObject({ problem: { code: 'TRACES_EXPIRED' } });
      await deleteItem(table, { pk: `AGENT#triage#${day}`, sk: `${yesterday.toISOString()}#r1` });
      expect(await costs()).toEqual([7n, 7n]);
      expect(await rollupsOf(table, day)).toEqual([]);
    },
  );

  testEach(
    'the command doctor reads the time-to-live attribute',
    async table => {
      const inspector = new TableInspector(table.front, table.tableName);
      const before = await inspector.timeToLive();
      const TimeToLiveSpecification = { Enabled: true, AttributeName: TRACE_TABLE.ttl };
      await table.client.send(
        new UpdateTimeToLiveCommand({ TableName: table.tableName, TimeToLiveSpecification }),
      );

      expect(before.status).toBe('DISABLED');
      expect(await inspector.timeToLive()).toEqual({ status: 'ENABLED', attribute: 'ttl' });
    },
    'time to live',
  );
});

describe('replays', () => {
  const calls = CALLS.slice(0, 40);

  testEach('the same lines can be replayed twice, before or after the traces are written', async table => {
    const lines = await spillsOf(calls);
    expect(await replaySpills(lines, table.location)).toMatchObject({ written: 40, left: 0, refused: 0 });
    const once = await table.items();
    await replaySpills([...lines].reverse(), table.location);
    expect(await table.items()).toEqual(once);
    await table.write(calls);
    expect(await table.items()).toEqual(once);
    await replaySpills(lines, table.location);

    expect(await table.items()).toEqual(once);
    const { total } = await table.withReports(NOW, reports => reports.daily(RANGE));
    expect(total).toMatchObject(sumsOf(calls));
  });

  testEach('a replayed trace of an unfinished call never replaces the trace with the answer', async table => {
    const [answered] = calls.filter(({ error, cached, cost }) => !error && !cached && cost);
    const unfinished: Invocation = {
      ...answered,
      usage: undefined,
      cost: undefined,
      error: 'FunctionTimeout',
    };
    const lines = await spillsOf([unfinished], { provisional: true });

    await replaySpills(lines, table.location);
    const before = await table.withReports(NOW, reports => reports.daily(RANGE));
    await table.write([answered]);
    const written = await table.items();
    expect(await replaySpills(lines, table.location)).toMatchObject({ written: 1, left: 0, poisoned: 0 });

    expect(before.total).toMatchObject({ answered: 0, failed: 1, cost: { picoUsd: 0n } });
    expect(await table.items()).toEqual(written);
    const { total } = await table.withReports(NOW, reports => reports.daily(RANGE));
    expect(total).toMatchObject(sumsOf([answered]));
  });
});

describe('rollups', () => {
  const calls = CALLS.filter(({ timestamp }) => timestamp.toISOString().startsWith(DAY));

  testEach('a rollup is replaced if its day is rolled up again', async table => {
    await table.write(calls);
    const first = await table.rollUp(DAY, NOW);
    const again = await table.rollUp(DAY, NOW);
    const [{ entries }] = await rollupsOf(table, DAY);
    const groups = sumsBy(calls, ({ agentId, model }) => `${agentId} ${model}`);
    expect(first).toMatchObject({ traces: calls.length, items: Object.keys(groups).length, removed: 0 });
    expect(again).toMatchObject({ traces: first.traces, items: first.items, removed: 0 });
    expect(
      Object.fromEntries(
        entries.map(({ agentId, model, totals }) => [`${agentId} ${model}`, totals.picoUsd]),
      ),
    ).toEqual(Object.fromEntries(Object.entries(groups).map(([name, { cost }]) => [name, cost.picoUsd])));

    const late = call({ requestId: 'late', agentId: 'new', timestamp: NOON, picoUsd: 1n });
    await table.write([late]);
    expect(await table.rollUp(DAY, NOW)).toMatchObject({ traces: calls.length + 1, items: first.items + 1 });
    const [{ entries: more, traces }] = await rollupsOf(table, DAY);
    expect([traces, more.length]).toEqual([calls.length + 1, entries.length + 1]);
    expect(more.filter(({ agentId }) => agentId !== 'new')).toEqual(entries);
  });

  testEach('the items of an agent whose traces were deleted are removed, if this is allowed', async table => {
    await table.write([
      call({ requestId: 'r1', agentId: 'gone', timestamp: NOON }),
      call({ requestId: 'r2', agentId: 'kept', timestamp: NOON }),
    ]);
    await table.rollUp(DAY, NOW);
    await deleteItem(table, { pk: `AGENT#gone#${DAY}`, sk: `${NOON.toISOString()}#r1` });

    await expect(table.rollUp(DAY, NOW)).rejects.toMatchObject({ problem: { code: 'FEWER_TRACES' } });
    expect((await rollupsOf(table, DAY))[0].entries.map(({ agentId }) => agentId)).toEqual(['gone', 'kept']);
    expect(await table.rollUp(DAY, NOW, { allowFewer: true })).toMatchObject({ removed: 1, items: 1 });
    expect((await rollupsOf(table, DAY))[0].entries.map(({ agentId }) => agentId)).toEqual(['kept']);
  });
});

describe('the command doctor', () => {
  testEach('the command doctor reads the latest traces and the rollups of a table', async table => {
    const inspector = new TableInspector(table.front, table.tableName);
    const calls = Array.from({ length: 60 }, (_, index) =>
      call({ requestId: `r${index}`, timestamp: new Date(NOON.getTime() + index) }),
    );
    await table.write(calls);
    await table.rollUp(DAY, NOW);

    expect((await inspector.tryReading()).filter(({ error }) => error !== undefined)).toEqual([]);
    const { KeySchema, GlobalSecondaryIndexes } = await inspector.describe();
    expect(KeySchema?.map(({ AttributeName }) => AttributeName)).toEqual(['pk', 'sk']);
    expect(GlobalSecondaryIndexes?.map(({ IndexName }) => IndexName)).toEqual(['IncidentIndex']);
    expect(await inspector.rollupDays(DAYS)).toEqual(new Set([DAY]));
    expect([await inspector.hasTraces(DAY), await inspector.hasTraces(DAYS[0])]).toEqual([true, false]);
    expect((await inspector.lastTraces(DAY)).map(({ timestamp }) => timestamp)).toEqual(
      calls
        .map(({ timestamp }) => timestamp)
        .reverse()
        .slice(0, 50),
    );
  });
});

describe('numbers', () => {
  const LARGEST = 10n ** 38n - 1n;
  const LARGE = 123_456_789_012_345_678_901_234_123_456_789_012n;

  testEach('costs of 36 digits are exact in traces, replays, rollups and reports', async table => {
    const calls = [LARGE, LARGE + 1n, 1n].map((picoUsd, index) =>
      call({ requestId: `r${index}`, timestamp: NOON, picoUsd, incidentId: 'I' }),
    );
    const sum = 2n * LARGE + 2n;
    await table.write(calls.slice(0, 2));
    await replaySpills(await spillsOf(calls.slice(2)), table.location);

    const stored = (await table.items()).filter(({ costUsd }) => costUsd);
    expect(stored.map(({ costUsd }) => costUsd.N)).toEqual([
      '123456789012345678901234.123456789012',
      '123456789012345678901234.123456789013',
      '0.000000000001',
    ]);
    expect(stored.map(item => traceFromItem(item).picoUsd)).toEqual([LARGE, LARGE + 1n, 1n]);
    const costs = () =>
      table.withReports(NOW, async reports => [
        (await reports.daily(DAY)).total.cost.picoUsd,
        (await reports.incident('I')).total.cost.picoUsd,
      ]);
    expect(await costs()).toEqual([sum, sum]);
    await table.rollUp(DAY, NOW);
    const [{ entries }] = await rollupsOf(table, DAY);
    expect(entries.map(({ totals }) => totals.picoUsd)).toEqual([sum]);
    expect(await costs()).toEqual([sum, sum]);

    await table.write([call({ timestamp: new Date('2026-03-30T12:00:00.000Z'), picoUsd: LARGEST })]);
    const { total } = await table.withReports(NOW, reports => reports.daily('2026-03-30'));
    expect(total.cost.picoUsd).toBe(LARGEST);
  });
});

describe('reports', () => {
  const reportsOn = (table: EngineTable, tableName = table.tableName) =>
    table.withReports(
      NOW,
      async reports => ({
        utc: await reports.daily(RANGE),
        berlin: await reports.daily(RANGE, { timeZone: 'Europe/Berlin' }),
        months: await reports.trends(RANGE, 'month'),
        incident: await reports.incident(INCIDENT),
        top: await reports.top(RANGE, 'incident'),
      }),
      { tableName },
    );
  type Reports = Awaited<ReturnType<typeof reportsOn>>;
  const made = new Map<Engine, Promise<readonly Reports[]>>();
  /** Returns the reports of an emulator, first from traces, then from rollups. Makes them once. */
  const reportsOf = (engine: Engine) => {
    const reports =
      made.get(engine) ??
      withTable(engine, async table => {
        await table.write(CALLS);
        const fromTraces = await reportsOn(table);
        for (const day of DAYS) await table.rollUp(day, NOW);
        return [fromTraces, await reportsOn(table)];
      });
    made.set(engine, reports);
    return reports;
  };
  /** Returns a copy of reports without the read units, which differ with the size of pages. */
  const withoutUnits = (reports: readonly Reports[]): unknown =>
    JSON.parse(
      JSON.stringify(reports, (name, value: unknown) => {
        if (name === 'units') return undefined;
        return typeof value === 'bigint' ? String(value) : value;
      }),
    );

  function expectSums({ utc, berlin, months, incident, top }: Reports): void {
    const local = CALLS.filter(each => localDay(each, 'Europe/Berlin') <= RANGE.to);
    const ofIncident = CALLS.filter(({ incidentId }) => incidentId === INCIDENT);
    for (const [report, calls, timeZone] of [
      [utc, CALLS, 'UTC'],
      [berlin, local, 'Europe/Berlin'],
    ] as const) {
      expect(report.total).toMatchObject(sumsOf(calls));
      expect(Object.fromEntries(report.days.map(each => [each.day, each]))).toMatchObject(
        sumsBy(calls, each => localDay(each, timeZone)),
      );
      expect(byName(report.agents)).toMatchObject(sumsBy(calls, ({ agentId }) => agentId));
      expect(byName(report.models)).toMatchObject(sumsBy(calls, ({ model }) => model));
    }
    expect(months.periods.map(({ start: _, ...period }) => period)).toMatchObject(
      Object.values(sumsBy(CALLS, ({ timestamp }) => timestamp.toISOString().slice(0, 7))),
    );
    expect(incident.total).toMatchObject(sumsOf(ofIncident));
    expect(incident.invocations).toHaveLength(ofIncident.length);
    expect(byName(top.entries)).toMatchObject(
      sumsBy(
        CALLS.filter(({ incidentId }) => incidentId !== undefined),
        ({ incidentId }) => incidentId ?? '',
      ),
    );
  }

  testEach(
    'reports from traces and from rollups equal the sums of the invocations',
    async (_table, engine) => {
      const [fromTraces, fromRollups] = await reportsOf(engine);

      expect(fromTraces.utc.reads).toMatchObject({ tracedDays: 6, rollupDays: 0 });
      expect(fromRollups.utc.reads).toMatchObject({ tracedDays: 0, rollupDays: 6 });
      expectSums(fromTraces);
      expectSums(fromRollups);
    },
  );

  test('reports are the same on all emulators', async () => {
    const [first, ...others] = ENGINES.filter(({ missing }) => missing === undefined);
    const expected = withoutUnits(await reportsOf(first));
    for (const engine of others) expect(withoutUnits(await reportsOf(engine))).toEqual(expected);
  });

  testEach(
    'traces can be written, replayed and reported with the ARN of the table',
    async table => {
      const tableName = arnOf(table.tableName);
      await table.write(CALLS.slice(0, 200), { tableName });
      const replayed = await replaySpills(await spillsOf(CALLS.slice(200)), { ...table.location, tableName });

      expect(replayed).toMatchObject({ written: CALLS.length - 200, left: 0 });
      expectSums(await reportsOn(table, tableName));
    },
    'the ARN of a table in place of its name',
  );
});
