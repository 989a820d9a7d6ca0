import { call, type RollupTestTable, startRollupTable, TABLE } from './support';
import { agentDay } from '../../../lambda/rollup/agent-day';
import { rollUpDay } from '../../../lambda/rollup/roll-up-day';
import { rollupItem } from '../../../lambda/rollup/rollup-item';
import { rollupRanges } from '../../../lambda/rollup/rollup-keys';
import { readRollups, type DailyRollup, RollupTable } from '../../../lambda/rollup/rollup-table.aws';
import { sliceByTime } from '../../../lambda/rollup/usage-part';
import { traceFromItem } from '../../../lambda/traces/trace';
import { TraceReader } from '../../../lambda/traces/trace-reader.aws';

const noCalls = (day: string, agentId: string) =>
  rollupItem(day, agentId, 'm', [
    { kind: 'answered', mixed: false, batch: false, promptAbove: 0, quarters: new Map() },
  ]);

describe('stored rollups', () => {
  let table: RollupTestTable;
  let rollups: RollupTable;
  beforeEach(async () => {
    table = await startRollupTable();
    rollups = new RollupTable(table.client, TABLE);
  });
  afterEach(() => table.close());

  async function read(from: string, to: string): Promise<DailyRollup[]> {
    const days: DailyRollup[] = [];
    for await (const day of readRollups(table.client, TABLE, from, to)) days.push(day);
    return days;
  }

  test('stored rollups are read in order over several months, both ends included', async () => {
    const days = ['2025-12-30', '2025-12-31', '2026-01-01', '2026-01-31', '2026-02-01', '2026-02-02'];
    await rollups.put(days.flatMap(day => ['a', 'b'].map(agentId => noCalls(day, agentId))));
    for (const day of days) await rollups.mark({ day, traces: 0, items: 2, rolledUpAt: new Date(0) });

    const found = await read('2025-12-31', '2026-02-01');

    expect(
      found.map(
        ({ day, entries }) => `${day} ${entries.map(entry => `${entry.day} ${entry.agentId}`).join()}`,
      ),
    ).toEqual(days.slice(1, -1).map(day => `${day} ${day} a,${day} b`));
    expect(await read('2026-02-03', '2026-04-01')).toEqual([]);
  });

  test('stored rollups omit the items of a day without a marker', async () => {
    const days = ['2026-01-01', '2026-01-02', '2026-01-03', '2026-01-04'];
    await rollups.put(days.map(day => noCalls(day, 'a')));
    for (const day of ['2026-01-02', '2026-01-04']) {
      await rollups.mark({ day, traces: 0, items: 1, rolledUpAt: new Date(0) });
    }

    expect(
      (await read('2026-01-01', '2026-01-31')).map(({ day, entries }) => `${day} ${entries.length}`),
    ).toEqual(['2026-01-02 1', '2026-01-04 1']);
  });

  test('stored rollups have one key range for each month', () => {
    expect(rollupRanges('2026-01-05', '2026-01-05')).toEqual([
      { pk: 'ROLLUP#2026-01', from: '05', to: '05$' },
    ]);
    expect(rollupRanges('2025-12-30', '2026-02-01')).toEqual([
      { pk: 'ROLLUP#2025-12', from: '30', to: '31$' },
      { pk: 'ROLLUP#2026-01', from: '01', to: '31$' },
      { pk: 'ROLLUP#2026-02', from: '01', to: '01$' },
    ]);
    expect(rollupRanges('2026-01-05', '2026-01-04')).toEqual([
      { pk: 'ROLLUP#2026-01', from: '05', to: '04$' },
    ]);
  });

  test('stored rollups are cut only at quarter-hours', () => {
    const item = noCalls('2026-01-01', 'a');

    expect(() =>
      sliceByTime(item, new Date('2026-01-01T00:00:00Z'), new Date('2026-01-01T10:07:00Z')),
    ).toThrow(RangeError);
    expect(() => sliceByTime(item, new Date(NaN), new Date('2026-01-01T10:15:00Z'))).toThrow(
      'a day must be cut at a quarter-hour of UTC, got: NaN',
    );
  });

  test('stored rollups count traces whose time is not in the day, and add them to no sum', async () => {
    const timestamp = new Date('2026-01-01T10:00:00Z');
    await table.write([call({ timestamp })], { ttlDays: 0 });
    await table.put([
      { pk: { S: 'AGENT#triage#2026-01-01' }, sk: { S: 'x' } },
      {
        pk: { S: 'AGENT#triage#2026-01-01' },
        sk: { S: 'y' },
        timestamp: { S: '2026-01-02T00:00:00.000Z' },
        costUsd: { N: '1' },
        model: { S: 'm' },
      },
    ]);

    const report = await rollUpDay(
      '2026-01-01',
      { traces: new TraceReader(table.client, TABLE), rollups },
      { now: new Date('2026-01-03'), ttlDays: 0, allowFewer: false },
    );

    expect(report).toMatchObject({ traces: 1, unreadable: 2, items: 1 });
    expect((await read('2026-01-01', '2026-01-01'))[0].entries).toHaveLength(1);
  });

  test('the sums of a day need no more memory with more traces', () => {
    const sums = agentDay('2026-01-01');
    const trace = traceFromItem({
      model: { S: 'm' },
      modelId: { S: 'us.m' },
      timestamp: { S: '2026-01-01T10:00:00.000Z' },
      costUsd: { N: '0.000000000001' },
      priceAsOf: { S: '2026-01-01' },
    });
    for (let index = 0; index < 100_000; index += 1) sums.add(trace);
    sums.add({ ...trace, priceAsOf: '2025-12-31' });

    const [[model, [part, ...others]]] = sums.models();
    expect({ model, others }).toEqual({ model: 'm', others: [] });
    expect(part.priceAsOf).toEqual({ first: '2025-12-31', last: '2026-01-01' });
    expect([...part.quarters]).toEqual([
      [40, expect.objectContaining({ count: 100_001, picoUsd: 100_001n })],
    ]);
  });
});

describe('a partition of several pages', () => {
  const DAY = '2026-01-01';
  const COUNT = 5000;
  let table: RollupTestTable;
  beforeAll(async () => {
    table = await startRollupTable();
    const padded = 'x'.repeat(48);
    await table.write(
      Array.from({ length: COUNT }, (_, index) =>
        call({
          requestId: `req-${index}`,
          sessionId: padded,
          incidentId: padded,
          // The first 4,000 traces are before 02:00, two at each time. The others are spread over the day,
          // and the last one is in the day's last millisecond.
          timestamp: new Date(
            Date.parse(`${DAY}T00:00:00Z`) +
              (index < 4000
                ? Math.floor(index / 2) * 3600
                : index === COUNT - 1
                  ? 86_399_999
                  : 7_200_000 + (index - 4000) * 79_000),
          ),
        }),
      ),
      { ttlDays: 0 },
    );
  });
  afterAll(() => table.close());

  const reader = () => new TraceReader(table.client, TABLE);

  test.each([true, false])(
    'a partition of several pages is read with each trace once (by hours: %s)',
    async byHours => {
      const ids: string[] = [];
      let [pages, units] = [0, 0];

      await reader().read(
        await reader().partitions(DAY),
        traces => {
          pages += 1;
          ids.push(...traces.map(({ requestId }) => requestId));
        },
        { attributes: ['requestId', 'timestamp'], byHours, onReadUnits: read => (units += read) },
      );

      expect(pages).toBeGreaterThan(byHours ? 20 : 1);
      expect(ids).toHaveLength(COUNT);
      expect(new Set(ids).size).toBe(COUNT);
      expect(units).toBeGreaterThan(100);
    },
  );

  test('a partition of several pages is read in the order of time if it is not read by hours', async () => {
    const times: number[] = [];
    await reader().day(DAY, traces => {
      times.push(...traces.map(({ timestamp }) => timestamp.getTime()));
    });

    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times).toHaveLength(COUNT);
  });

  test('a partition of several pages is read with a maximum of concurrent pages, and until the first failure', async () => {
    let [atWork, most, done] = [0, 0, 0];
    const read = reader().read(
      await reader().partitions(DAY),
      async () => {
        most = Math.max(most, (atWork += 1));
        await new Promise(resolve => setImmediate(resolve));
        atWork -= 1;
        if ((done += 1) === 5) throw new Error('enough');
      },
      { byHours: true, concurrency: 3 },
    );

    await expect(read).rejects.toThrow('enough');
    const then = done;
    // Gives the reader time to read more pages. It must read none after the failure.
    for (let turns = 0; turns < 500; turns += 1) await new Promise(resolve => setImmediate(resolve));
    expect(most).toBeLessThanOrEqual(3);
    expect(most).toBeGreaterThan(1);
    expect(done - then).toBeLessThanOrEqual(2);
  });
});
