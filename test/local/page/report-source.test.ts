import { answeredCall, putCallMetrics } from '../../../local/emulators/bedrock/account-metrics';
import { startCloudWatch } from '../../../local/emulators/cloudwatch/server';
import { reportSource } from '../../../local/page/report-source';
import { UsageReports } from '../../../reports/usage-reports';
import { AT_LEAST, costOf, lowerBoundCalls, SONNET, UNITS_NOTE } from '../../support/lower-bound-day';
import { startTraceEngine, type TraceEngine } from '../../support/trace-engine';

const NOW = new Date('2026-11-21T12:00:00Z');
const NOVA = 'amazon.nova-micro-v1:0';

let emulator: TraceEngine;
let reports: UsageReports;
beforeEach(async () => {
  emulator = await startTraceEngine();
  reports = new UsageReports({
    tableName: emulator.tableName,
    endpoint: emulator.endpoint,
    region: 'us-east-1',
    now: () => NOW,
  });
});
afterEach(async () => {
  reports.close();
  await emulator.close();
});

const source = (timeZone?: string) => reportSource(reports, () => NOW, timeZone);
const noFilters = { agent: undefined, model: undefined };

describe('reportSource', () => {
  test('shows the cost of each day by agent and by model, and the number of unpriced calls', async () => {
    await emulator.put([
      { at: '2026-11-19T10:00:00Z', agentId: 'triage', usd: 1.25 },
      { at: '2026-11-19T11:00:00Z', agentId: 'report', model: 'other', usd: 2 },
      { at: '2026-11-20T11:00:00Z', agentId: 'report', model: 'unknown' },
      { at: '2026-11-21T11:00:00Z', agentId: 'triage', usd: 0.5 },
      { at: '2026-11-18T11:00:00Z', agentId: 'before', usd: 99 },
    ]);

    const view = await source().report(3, noFilters);

    expect(view).toEqual(
      expect.objectContaining({
        from: '2026-11-19',
        to: '2026-11-21',
        timeZone: 'UTC',
        total: { text: '≥ $3.75 (1 unpriced)', usd: 3.75 },
        calls: 4,
      }),
    );
    expect(view.days.map(({ day, complete, cost }) => [day, complete, cost.text])).toEqual([
      ['2026-11-19', true, '$3.25'],
      ['2026-11-20', true, '≥ $0.00 (1 unpriced)'],
      ['2026-11-21', false, '$0.50'],
    ]);
    const costs = (series: typeof view.agents) =>
      series.map(({ name, days, total }) => [name, total.text, ...days.map(({ usd }) => usd)]);
    expect(costs(view.agents)).toEqual([
      ['report', '≥ $2.00 (1 unpriced)', 2, 0, 0],
      ['triage', '$1.75', 1.25, 0, 0.5],
    ]);
    expect(costs(view.models)).toEqual([
      ['other', '$2.00', 2, 0, 0],
      [NOVA, '$1.75', 1.25, 0, 0.5],
      ['unknown', '≥ $0.00 (1 unpriced)', 0, 0, 0],
    ]);
  });

  test('shows ≥ with the number of calls that may have cost more, and notes the reasons and units', async () => {
    await emulator.put(lowerBoundCalls('2026-11-20T10:00:00Z'));

    const view = await source().report(2, noFilters);

    const total = '≥ $15.00 (1 unpriced, 4 at least)';
    expect(view).toMatchObject({
      total: { text: total, usd: 15 },
      unitCost: { text: '$0.50', usd: 0.5 },
      costNotes: [`At least: ${AT_LEAST}`, UNITS_NOTE],
      days: [{ cost: { text: total } }, { cost: { text: '$0.00' } }],
      incidents: [{ name: 'INC-1', cost: { text: total } }],
    });
    const costs = (series: typeof view.agents) =>
      series.map(({ name, days, total: ofAll }) => [name, ofAll.text, ...days.map(({ text }) => text)]);
    expect(costs(view.agents)).toEqual([
      ['writer', '≥ $9.00 (1 unpriced, 2 at least)', '≥ $9.00 (1 unpriced, 2 at least)', '$0.00'],
      ['triage', '≥ $6.00 (2 at least)', '≥ $6.00 (2 at least)', '$0.00'],
    ]);
    expect(costs(view.models)).toEqual([
      [SONNET, '≥ $14.00 (4 at least)', '≥ $14.00 (4 at least)', '$0.00'],
      [NOVA, '$1.00', '$1.00', '$0.00'],
      ['vendor.new-v1', '≥ $0.00 (1 unpriced)', '≥ $0.00 (1 unpriced)', '$0.00'],
    ]);
  });

  test('counts the calls that may have cost more in the sum of the agents with the lowest costs', async () => {
    await emulator.put(
      Array.from({ length: 15 }, (_, index) => ({
        at: '2026-11-20T10:00:00Z',
        agentId: `agent-${index}`,
        cost: costOf(index + 1, index % 2 === 0 ? ['guardrailUnits'] : undefined),
      })),
    );

    const { agents } = await source().report(2, noFilters);

    expect([agents[11].name, agents[11].total.text, agents[11].days[0].text]).toEqual([
      '4 others',
      '≥ $10.00 (2 at least)',
      '≥ $10.00 (2 at least)',
    ]);
  });

  test('shows a forecast with ≥ and the reasons of its history', async () => {
    await emulator.put(
      Array.from({ length: 10 }, (_, index) => ({
        at: new Date(Date.parse('2026-11-11T10:00:00Z') + index * 86_400_000),
        cost: costOf(10, ['bareId']),
      })),
    );

    const { forecast } = await source().report(10, noFilters);

    for (const { cost, from80, to95 } of forecast.days) {
      expect([cost, from80, to95].map(({ text }) => text)).toEqual(['≥ $10.00', '≥ $10.00', '≥ $10.00']);
    }
    expect(forecast.total?.text).toBe('≥ $140.00');
    expect(forecast.history[0].cost.text).toBe('≥ $10.00 (1 at least)');
    expect(forecast.notes).toContain(
      'History, at least: 10 calls may have cost more: 10 × bare model id without a region.',
    );
  });

  test('adds up the agents with the lowest costs if there are more than 12', async () => {
    await emulator.put(
      Array.from({ length: 15 }, (_, index) => ({
        at: '2026-11-20T10:00:00Z',
        agentId: `agent-${index}`,
        usd: index + 1,
      })),
    );

    const { agents } = await source().report(2, noFilters);

    expect(agents).toHaveLength(12);
    expect(agents[0]).toEqual({
      name: 'agent-14',
      total: { text: '$15.00', usd: 15 },
      days: [
        { text: '$15.00', usd: 15 },
        { text: '$0.00', usd: 0 },
      ],
    });
    expect([agents[11].name, agents[11].total.usd]).toEqual(['4 others', 10]);
  });

  test('shows the most expensive incidents, and filters the report by agent', async () => {
    await emulator.put([
      { at: '2026-11-20T10:00:00Z', agentId: 'triage', incidentId: 'INC-1', usd: 1 },
      { at: '2026-11-20T11:00:00Z', agentId: 'report', incidentId: 'INC-1', usd: 4 },
      { at: '2026-11-20T12:00:00Z', agentId: 'triage', incidentId: 'INC-2', usd: 3 },
      { at: '2026-11-20T13:00:00Z', agentId: 'triage', usd: 7 },
    ]);

    const [all, triage] = [
      await source().report(2, noFilters),
      await source().report(2, { agent: 'triage' }),
    ];

    expect(all.incidents.map(({ name, cost, calls }) => [name, cost.text, calls])).toEqual([
      ['INC-1', '$5.00', 2],
      ['INC-2', '$3.00', 1],
    ]);
    expect(triage.incidents.map(({ name, cost }) => [name, cost.text])).toEqual([
      ['INC-2', '$3.00'],
      ['INC-1', '$1.00'],
    ]);
    expect([all.total.text, triage.total.text]).toEqual(['$15.00', '$11.00']);
  });

  test('shows a forecast with its intervals if there are enough days', async () => {
    await emulator.put(
      Array.from({ length: 21 }, (_, index) => ({
        at: new Date(Date.parse('2026-10-31T10:00:00Z') + index * 86_400_000),
        usd: 10 + (index % 7),
      })),
    );

    const { forecast } = await source().report(10, noFilters);

    expect(forecast.history.map(({ day }) => day)).toEqual(
      ['12', '13', '14', '15', '16', '17', '18', '19', '20'].map(day => `2026-11-${day}`),
    );
    expect(forecast.days).toHaveLength(14);
    expect(forecast.days[0].day).toBe('2026-11-21');
    for (const { cost, from80, to80, from95, to95 } of forecast.days) {
      const usd = [from95, from80, cost, to80, to95].map(money => money.usd);
      expect(usd).toEqual([...usd].sort((a, b) => a - b));
    }
    expect(forecast.total?.usd).toBeGreaterThan(100);
  });

  test('notes that the history is too short for a forecast', async () => {
    await emulator.put([{ at: '2026-11-20T10:00:00Z', usd: 1 }]);

    const { forecast } = await source().report(30, noFilters);

    expect([forecast.days, forecast.history]).toEqual([[], []]);
    expect(forecast.notes[0]).toMatch(
      /^There is no forecast\. The history has 1 complete day since 2026-11-20/,
    );
  });

  test('splits days in the requested time zone', async () => {
    await emulator.put([{ at: '2026-11-20T20:00:00Z', usd: 1 }]);

    const view = await source('Asia/Tokyo').report(2, noFilters);

    expect(view.timeZone).toBe('Asia/Tokyo');
    expect(view.days.map(({ day, cost }) => [day, cost.text])).toEqual([
      ['2026-11-20', '$0.00'],
      ['2026-11-21', '$1.00'],
    ]);
  });

  test('notes that several days are not rolled up', async () => {
    await emulator.put(['17', '18', '19', '20'].map(day => ({ at: `2026-11-${day}T10:00:00Z`, usd: 1 })));

    expect((await source().report(5, noFilters)).notes).toEqual([
      expect.stringMatching(/^\d days are not rolled up/),
    ]);
  });

  test('shows days without calls with a cost of zero', async () => {
    const view = await source().report(2, noFilters);

    expect([view.agents, view.models, view.incidents, view.total.text]).toEqual([[], [], [], '$0.00']);
  });

  test('compares the recorded calls of yesterday with those of the account, in numbers and sentences', async () => {
    const cloudWatch = await startCloudWatch();
    const at = new Date('2026-11-20T10:00:00Z');
    await emulator.put([{ at, usd: 1 }]);
    putCallMetrics(cloudWatch.store, NOVA, at, answeredCall({ inputTokens: 4, outputTokens: 1 }));
    putCallMetrics(cloudWatch.store, NOVA, at, answeredCall({ inputTokens: 4, outputTokens: 1 }));
    try {
      const options = () => ({ endpoint: cloudWatch.endpoint });

      const view = await reportSource(reports, () => NOW, 'UTC', options).coveredShare();

      expect(view).toEqual({
        summary: expect.stringContaining(
          "12.5 % of the account's input tokens and 50 % of its calls of 2026-11-20",
        ),
        models: [
          {
            model: NOVA,
            accountCalls: 2,
            recordedCalls: 1,
            share: '12.5 %',
            reason: 'one of several programs is not instrumented, or a function may not write traces',
          },
        ],
        notes: [
          expect.stringContaining('Check that each function and program that calls it is instrumented'),
        ],
        cost: 'CloudWatch: 2 metrics read, $0.00002',
      });
    } finally {
      await cloudWatch.close();
    }
  });
});
