import { Writable } from 'node:stream';
import { reportsOn, rollUp } from './support';
import type { UsageReports } from '../../reports/usage-reports';
import { call, type RollupTestTable, startRollupTable } from '../lambda/rollup/support';
import { farTraces, misplacedTraces } from '../support/wrong-times';

const DAY = '2026-11-20';
const good = (time: string, requestId: string) =>
  call({ requestId, timestamp: new Date(`${DAY}T${time}Z`), incidentId: 'INC-9', picoUsd: 10n ** 12n });
const CALLS = [good('10:00:00', 'a'), good('10:00:05', 'b')];

describe('reports on traces with impossible times', () => {
  let table: RollupTestTable;
  let reports: UsageReports;
  beforeAll(async () => {
    table = await startRollupTable();
    reports = reportsOn(table, `${DAY}T10:30:00Z`);
    await table.write(CALLS);
    await table.put([...farTraces(CALLS[0]), ...misplacedTraces(CALLS[0])]);
  });
  afterAll(async () => {
    reports.close();
    await table.close();
  });

  test('lists the valid calls of an incident, and counts its omitted traces', async () => {
    const report = await reports.incident('INC-9');

    expect(report.invocations.map(({ requestId }) => requestId)).toEqual(['a', 'b']);
    expect(report).toMatchObject({
      unreadable: 10,
      total: { answered: 2, cost: { usd: '2' } },
      start: `${DAY}T10:00:00.000Z`,
      durationMs: 5812,
    });
  });

  test.each<[string, (range: typeof DAY) => Promise<unknown>]>([
    ['daily', range => reports.daily(range)],
    ['agents', range => reports.agents(range)],
    ['models', range => reports.models(range)],
    ['trends', range => reports.trends(range)],
    ['top', range => reports.top(range, 'incident')],
    ['a top of agents', range => reports.top(range, 'agent')],
    ['totals', () => reports.totals(1)],
  ])('omits traces with an impossible time from the report %s, and counts them', async (_name, report) => {
    expect(await report(DAY)).toMatchObject({ unreadable: 6, total: { answered: 2, cost: { usd: '2' } } });
  });

  test('counts an omitted trace once if both thresholds read it', async () => {
    const { checks, unreadable, reads } = await reports.checkThresholds({ daily: 5, hourly: 5 });

    expect(checks.map(({ actual }) => actual.usd)).toEqual(['2', '2']);
    expect(unreadable).toBe(6);
    expect(reads.requests).toBeGreaterThan(3);
  });

  test('omits traces with an impossible time from what-if', async () => {
    expect(await reports.whatIf(DAY, { to: { model: 'amazon.nova-micro-v1:0' } })).toMatchObject({
      invocations: 2,
      unreadable: 6,
    });
  });

  test('omits traces with an impossible time from an export', async () => {
    const stream = new Writable({ write: (_chunk, _encoding, done) => done() });

    expect(await reports.export(DAY, 'csv', stream)).toMatchObject({ rows: 2, unreadable: 6 });
  });

  test('reads the number of omitted traces from a rollup in reports on all agents', async () => {
    const rollups = await startRollupTable();
    await rollups.write(CALLS);
    await rollups.put([...farTraces(CALLS[0]), ...misplacedTraces(CALLS[0])]);
    await rollUp(rollups, [DAY], new Date('2026-11-21T02:00:00Z'));
    const ofRollup = reportsOn(rollups, '2026-11-21T10:00:00Z');

    expect(await ofRollup.daily(DAY)).toMatchObject({
      unreadable: 6,
      total: { answered: 2 },
      reads: { rollupDays: 1, tracedDays: 0 },
    });
    expect(await ofRollup.daily(DAY, { agentId: CALLS[0].agentId })).not.toHaveProperty('unreadable');
    ofRollup.close();
    await rollups.close();
  });

  test('does not mention omitted traces if the table has none', async () => {
    const clean = await startRollupTable();
    await clean.write(CALLS);
    const ofClean = reportsOn(clean, `${DAY}T10:30:00Z`);

    expect(await ofClean.incident('INC-9')).not.toHaveProperty('unreadable');
    expect(await ofClean.daily(DAY)).not.toHaveProperty('unreadable');
    ofClean.close();
    await clean.close();
  });
});
