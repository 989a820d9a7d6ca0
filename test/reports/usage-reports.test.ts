import { expectedOf, MODELS, reportsOn, rollUp, someCalls } from './support';
import type { Trace } from '../../lambda/traces/trace';
import { BillError, ReportArgumentError } from '../../reports/errors';
import type { Figures } from '../../reports/results';
import { UsageReports } from '../../reports/usage-reports';
import { call, type RollupTestTable, startRollupTable } from '../lambda/rollup/support';

const NOW = '2026-11-20T12:07:00.000Z';
const DAY_MS = 86_400_000;

const days = (from: string, count: number) =>
  Array.from({ length: count }, (_, index) =>
    new Date(Date.parse(`${from}T00:00:00Z`) + index * DAY_MS).toISOString().slice(0, 10),
  );
const within = (traces: readonly Trace[], from: string, to: string) =>
  traces.filter(({ timestamp }) => timestamp >= new Date(from) && timestamp < new Date(to));
const sumOf = (figures: readonly Figures[]) => figures.reduce((sum, { cost }) => sum + cost.picoUsd, 0n);

let table: RollupTestTable;
let traces: Trace[];
let reports: UsageReports;

describe('reports on a month of calls, with the last days not rolled up', () => {
  beforeAll(async () => {
    table = await startRollupTable();
    traces = await table.write(
      someCalls(7, '2026-11-01', 20, 700).filter(({ timestamp }) => timestamp < new Date(NOW)),
      { writeShards: 2 },
    );
    await rollUp(table, days('2026-11-01', 18), new Date(NOW));
    reports = reportsOn(table, NOW);
  });
  afterAll(async () => {
    reports.close();
    await table.close();
  });

  test('returns the same totals in all reports, equal to the sum of the calls to the pico-dollar', async () => {
    const range = { from: '2026-11-01', to: '2026-11-20' };
    const expected = expectedOf(traces);

    const [daily, agents, models, totals] = [
      await reports.daily(range),
      await reports.agents(range),
      await reports.models(range),
      await reports.totals(20),
    ];

    expect(expected.cost.unpriced).toBeGreaterThan(0);
    for (const total of [daily.total, agents.total, models.total, totals.total]) {
      expect(total).toMatchObject(expected);
    }
    const inner = [agents.agents.flatMap(each => each.models), models.models.flatMap(each => each.agents)];
    for (const parts of [daily.days, daily.agents, daily.models, agents.agents, models.models, ...inner]) {
      expect(sumOf(parts)).toBe(expected.cost.picoUsd);
    }
    expect(totals).toMatchObject({
      invocations: traces.length,
      tokens: daily.total.totalTokens,
      cost: expected.cost,
    });
    expect(daily.agents.map(({ name }) => name).sort()).toEqual(['a#b%', 'root-cause', 'triage']);
  });

  test('returns the sums of each day, agent and model', async () => {
    const { days: each } = await reports.daily({ from: '2026-11-17', to: '2026-11-20' });

    expect(each.map(({ day, complete }) => `${day} ${complete}`)).toEqual([
      '2026-11-17 true',
      '2026-11-18 true',
      '2026-11-19 true',
      '2026-11-20 false',
    ]);
    for (const day of each) {
      const ofDay = within(traces, `${day.day}T00:00:00Z`, `${day.day}T23:59:59.999Z`);
      expect(day).toMatchObject(expectedOf(ofDay));
      for (const agent of day.agents) {
        expect(agent).toMatchObject(expectedOf(ofDay.filter(({ agentId }) => agentId === agent.name)));
      }
      for (const model of day.models) {
        expect(model).toMatchObject(expectedOf(ofDay.filter(trace => trace.model === model.name)));
      }
    }
  });

  test('sorts agents and models by cost, highest first', async () => {
    const { agents, models } = await reports.daily({ from: '2026-11-01', to: '2026-11-20' });

    for (const named of [agents, models]) {
      const costs = named.map(({ cost }) => cost.picoUsd);
      expect(costs).toEqual([...costs].sort((a, b) => (a < b ? 1 : -1)));
    }
  });

  test('reads rollups of rolled-up days, and traces only of the other days', async () => {
    table.requests.length = 0;

    const rolledUp = await reports.daily({ from: '2026-11-01', to: '2026-11-18' });
    const partitions = table.requests.map(
      ({ body }) => (body.ExpressionAttributeValues as Record<string, { S: string }>)[':pk'].S,
    );

    expect(rolledUp.reads).toMatchObject({ rollupDays: 18, tracedDays: 0, requests: table.requests.length });
    expect(rolledUp.reads.units).toBeGreaterThan(0);
    expect(new Set(partitions)).toEqual(new Set(['ROLLUP#2026-11']));
    expect((await reports.daily({ from: '2026-11-01', to: '2026-11-20' })).reads).toMatchObject({
      rollupDays: 18,
      tracedDays: 2,
    });
    expect(table.requests.every(({ operation }) => operation === 'Query')).toBe(true);
  });

  test.each(['Asia/Kathmandu', 'America/St_Johns', 'Pacific/Auckland'])(
    'sums calendar days in the time zone %s',
    async timeZone => {
      const { days: each, total } = await reports.daily(
        { from: '2026-11-05', to: '2026-11-07' },
        { timeZone },
      );
      const format = new Intl.DateTimeFormat('en-CA', { timeZone });
      const ofDay = (day: string) => traces.filter(({ timestamp }) => format.format(timestamp) === day);

      for (const day of each) expect(day).toMatchObject(expectedOf(ofDay(day.day)));
      expect(total).toMatchObject(expectedOf(each.flatMap(({ day }) => ofDay(day))));
    },
  );

  test('filters a report by agent and model', async () => {
    const options = { agentId: 'a#b%', model: MODELS.nova.model };
    const chosen = traces.filter(
      ({ agentId, model }) => agentId === options.agentId && model === options.model,
    );

    const daily = await reports.daily({ from: '2026-11-01', to: '2026-11-20' }, options);

    expect(chosen.length).toBeGreaterThan(5);
    expect(daily.total).toMatchObject(expectedOf(chosen));
    expect(daily).toMatchObject({
      ...options,
      agents: [{ name: 'a#b%' }],
      models: [{ name: MODELS.nova.model }],
    });
  });

  test('lists the most expensive incidents, agents and models', async () => {
    const range = { from: '2026-11-01', to: '2026-11-20' };
    const names = [...new Set(traces.flatMap(({ incidentId }) => incidentId ?? []))];

    const incidents = await reports.top(range, 'incident', 3);
    const agents = await reports.top(range, 'agent', 2);

    expect(incidents).toMatchObject({ by: 'incident', count: names.length, total: expectedOf(traces) });
    expect(incidents.entries).toHaveLength(3);
    for (const entry of incidents.entries) {
      expect(entry).toMatchObject(expectedOf(traces.filter(({ incidentId }) => incidentId === entry.name)));
    }
    const costs = names
      .map(name => expectedOf(traces.filter(({ incidentId }) => incidentId === name)).cost.picoUsd)
      .sort((a, b) => (a < b ? 1 : -1));
    expect(incidents.entries.map(({ cost }) => cost.picoUsd)).toEqual(costs.slice(0, 3));
    expect(agents).toMatchObject({ by: 'agent', count: 3, total: expectedOf(traces) });
    expect(agents.entries).toHaveLength(2);
    expect((await reports.top(range, 'model')).entries).toHaveLength(2);
  });

  test('lists the calls of an incident in order', async () => {
    const ofIncident = traces
      .filter(({ incidentId }) => incidentId === 'INC-4')
      .sort((a, b) => a.timestamp.getTime() - b.timestamp.getTime());

    const report = await reports.incident('INC-4');

    expect(report.total).toMatchObject(expectedOf(ofIncident));
    expect(report.invocations.map(({ timestamp }) => timestamp)).toEqual(
      ofIncident.map(({ timestamp }) => timestamp.toISOString()),
    );
    expect(report.start).toBe(ofIncident[0].timestamp.toISOString());
    expect(sumOf(report.agents)).toBe(report.total.cost.picoUsd);
    expect(report.invocationsOmitted).toBe(0);
    expect(report.invocations.filter(({ costUsd }) => costUsd === undefined)).toHaveLength(
      ofIncident.filter(({ picoUsd }) => picoUsd === undefined).length,
    );
    const unknown = await reports.incident('INC-none');
    expect(unknown).toMatchObject({ invocations: [], total: { answered: 0 } });
    expect(unknown.durationMs).toBeUndefined();
  });

  test('returns empty reports for months before the first call and for future days', async () => {
    const before = await reports.daily({ from: '2026-03-01', to: '2026-03-02' });
    const after = await reports.daily({ from: '2026-12-01', to: '2026-12-02' });

    for (const { total, agents } of [before, after]) {
      expect([total.answered, total.cost.usd, agents.length]).toEqual([0, '0', 0]);
    }
    expect(after.reads).toMatchObject({ rollupDays: 0, tracedDays: 0 });
  });

  test('stops a report if its signal aborts it', async () => {
    const ended = new AbortController();
    ended.abort();

    await expect(
      reports.daily({ from: '2026-11-01', to: '2026-11-20' }, { signal: ended.signal }),
    ).rejects.toThrow(/abort/i);
  });

  test('reports the progress of a report', async () => {
    const seen: string[] = [];

    await reports.daily(
      { from: '2026-11-17', to: '2026-11-20' },
      { onProgress: ({ done, total }) => seen.push(`${done}/${total}`) },
    );

    expect(seen).toEqual(['1/4', '2/4', '3/4', '4/4']);
  });
});

describe('a refused argument', () => {
  const refusing = new UsageReports({ tableName: 'T', region: 'us-east-1' });

  test.each([
    [
      'invalid-day',
      () => refusing.daily('2026-02-30'),
      'range.from must be a day such as 2026-11-20, got: 2026-02-30',
    ],
    [
      'reversed-range',
      () => refusing.daily({ from: '2026-02-03', to: '2026-02-01' }),
      'range.from must not be after range.to, got: 2026-02-03 and 2026-02-01',
    ],
    [
      'range-too-long',
      () => refusing.daily({ from: '1996-02-03', to: '2026-02-01' }),
      'the range must have at most 1100 days, got: 10957 (1996-02-03 to 2026-02-01). Read fewer days at a time',
    ],
    [
      'invalid-time-zone',
      () => refusing.daily('2026-02-01', { timeZone: 'Mars/Base' }),
      'timeZone must be an IANA time zone such as Europe/Berlin, got: Mars/Base',
    ],
    ['not-a-whole-number', () => refusing.totals(0), 'days must be a whole number from 1 to 1100, got: 0'],
    [
      'not-one-of',
      () => refusing.top('2026-02-01', 'color' as 'agent'),
      'by must be one of incident, agent, model, got: color',
    ],
    [
      'not-one-of',
      () => refusing.trends('2026-02-01', 'second' as 'day'),
      'granularity must be one of hour, day, week, month, got: second',
    ],
    [
      'no-limit',
      () => refusing.checkThresholds({}),
      'limits.daily or limits.hourly must be given, in US dollars. Pass, for example, 25',
    ],
    [
      'invalid-limit',
      () => refusing.checkThresholds({ daily: NaN }),
      'limits.daily must be an amount of US dollars, 0 or more, got: NaN. Pass, for example, 25',
    ],
    ['empty', () => refusing.incident(''), 'incidentId must not be empty'],
    [
      'empty',
      async () => new UsageReports({ tableName: '' }).daily('2026-02-01'),
      'tableName must not be empty',
    ],
  ])(
    'throws an error with the code %s and a message that names the argument',
    async (code, report, message) => {
      const error: unknown = await report().catch((thrown: unknown) => thrown);

      expect(error).toBeInstanceOf(ReportArgumentError);
      expect(error).toBeInstanceOf(RangeError);
      expect(error).toMatchObject({ name: 'ReportArgumentError', code, problem: { code }, message });
    },
  );

  test('recognizes a ReportArgumentError from another copy of the module', async () => {
    let copy: typeof import('../../reports/errors') | undefined;
    await jest.isolateModulesAsync(async () => {
      copy = await import('../../reports/errors');
    });
    const error = copy && new copy.ReportArgumentError({ code: 'empty', argument: 'tableName' });

    expect(copy?.ReportArgumentError).not.toBe(ReportArgumentError);
    expect(error).toBeInstanceOf(ReportArgumentError);
    expect(error instanceof BillError).toBe(false);
  });
});

describe('days of 23 and 25 hours', () => {
  beforeAll(async () => {
    table = await startRollupTable();
    // Creates a call for every half-hour, from noon on the day before to noon on the day after. The clocks in
    // Berlin change on both tested days.
    const around = (day: string) =>
      Array.from({ length: 96 }, (_, index) =>
        call({
          requestId: `${day}-${index}`,
          timestamp: new Date(Date.parse(`${day}T00:00:00Z`) - 12 * 3_600_000 + index * 1_800_000),
          picoUsd: 10n ** BigInt(index % 12),
        }),
      );
    traces = await table.write([...around('2026-03-29'), ...around('2026-10-25')]);
    reports = reportsOn(table, NOW, 'Europe/Berlin');
  });
  afterAll(async () => {
    reports.close();
    await table.close();
  });

  test.each([
    ['2026-03-29', 46],
    ['2026-10-25', 50],
    ['2026-10-24', 20],
  ])('counts the calls of the day %s: %i half-hours', async (day, calls) => {
    const { total } = await reports.daily(day);

    expect(total.answered).toBe(calls);
  });

  test('splits days of 23 and 25 hours into periods of 60 minutes', async () => {
    const spring = await reports.trends('2026-03-29', 'hour');
    const autumn = await reports.trends('2026-10-25', 'hour');

    expect(spring.periods).toHaveLength(23);
    expect(autumn.periods).toHaveLength(25);
    expect(autumn.periods.every(({ answered }) => answered === 2)).toBe(true);
    expect(spring.periods.slice(1, 4).map(({ label }) => label)).toEqual([
      '2026-03-29 01:00',
      '2026-03-29 03:00',
      '2026-03-29 04:00',
    ]);
  });
});

describe('forecast from a table', () => {
  beforeAll(async () => {
    table = await startRollupTable();
    // Writes a history of three weeks, with $2 on each working day and $1 on each day of the weekend.
    traces = await table.write(
      days('2026-10-30', 21).map((day, index) =>
        call({
          requestId: day,
          timestamp: new Date(`${day}T12:00:00Z`),
          picoUsd: 10n ** 12n * ([6, 0].includes(new Date(day).getUTCDay()) ? 1n : 2n) + BigInt(index),
        }),
      ),
    );
    reports = reportsOn(table, NOW);
  });
  afterAll(async () => {
    reports.close();
    await table.close();
  });

  test('begins the forecast with today, and finds the weekday pattern', async () => {
    const forecast = await reports.forecast(21, 7);

    expect(forecast).toMatchObject({
      status: 'ok',
      from: '2026-10-30',
      to: '2026-11-19',
      historyDays: 21,
      atLeast: false,
    });
    expect(forecast.days.map(({ day }) => day)).toEqual(days('2026-11-20', 7));
    const [friday, saturday] = forecast.days.map(({ usd }) => Number(usd));
    expect(friday).toBeGreaterThan(1.8);
    expect(saturday).toBeLessThan(1.2);
  });

  test('gives a reason instead of a forecast if the history is too short', async () => {
    expect(await reports.forecast(5, 7)).toMatchObject({
      status: 'too-little-history',
      days: [],
      daysNeeded: 7,
    });
    await expect(reports.forecast(0, 7)).rejects.toThrow(
      'historyDays must be a whole number from 1 to 400, got: 0',
    );
  });

  test('forecasts repriced costs on request', async () => {
    const cheap = await reports.forecast(21, 7, {
      reprice: {
        customPrices: { '*': { input: 0, output: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 } },
      },
    });

    expect(cheap.status).toBe('too-little-history');
  });
});
