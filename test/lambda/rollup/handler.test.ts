import { TZDate } from '@date-fns/tz';
import { addDays } from 'date-fns';
import { call, type RollupTestTable, startRollupTable, TABLE, totalsOfTraces } from './support';
import type { Invocation } from '../../../lambda/invocation/invocation';
import type { RollupReport } from '../../../lambda/rollup/handler';
import { readRollups, type DailyRollup } from '../../../lambda/rollup/rollup-table.aws';
import { sliceByTime } from '../../../lambda/rollup/usage-part';
import { totalsOf } from '../../../lambda/rollup/usage-sums';
import { addUtcDays } from '../../../lambda/rollup/utc-day';
import type { Trace } from '../../../lambda/traces/trace';
import { dayOf } from '../../../lambda/traces/trace-keys';
import { ENV } from '../../../src/contract';
import { startHandler } from '../../support/handler-process';

const MINUTE = 60_000;
/**
 * Returns the cost of a call in pico-dollars. A sum of these costs is too large for exact floating-point
 * numbers.
 */
const cost = (index: number) => 10n ** 14n + BigInt(index) * 333_333_333_331n + 1n;

/** Time on the handler's clock when the handler starts. */
const NOW = new Date('2026-11-26T02:00:00.000Z');
const TODAY = dayOf(NOW);
const YESTERDAY = addUtcDays(TODAY, -1);
const at = (day: string, time: string) => new Date(`${day}T${time}Z`);

let table: RollupTestTable;

type RunOptions = { readonly remainingMs?: number; readonly environment?: Record<string, string> };

/** Starts the `roll-up-day` handler in its own process, and sends it the events. */
const run = (events: readonly unknown[], { remainingMs, environment }: RunOptions = {}) =>
  startHandler<RollupReport>('roll-up-day', events, {
    now: NOW,
    remainingMs,
    env: {
      AWS_ENDPOINT_URL_DYNAMODB: table.endpoint,
      [ENV.tableName]: TABLE,
      [ENV.traceTtlDays]: '90',
      ...environment,
    },
  });
const start = (event: unknown = null, options?: RunOptions) => run([event], options);

async function rollUp(...args: Parameters<typeof start>): Promise<{ report: RollupReport; stdout: string }> {
  const { code, stdout, stderr, outcomes } = await start(...args).finished;
  expect({ code, stderr, error: outcomes[0].message }).toEqual({ code: 0, stderr: '', error: undefined });
  return { report: outcomes[0].result as RollupReport, stdout };
}

async function failure(...args: Parameters<typeof start>): Promise<{ message: string; stderr: string }> {
  const { code, stderr, outcomes } = await start(...args).finished;
  expect({ code, error: outcomes[0].error }).toEqual({ code: 0, error: 'Error' });
  return { message: String(outcomes[0].message), stderr };
}

async function rollupDays(from: string, to = from): Promise<DailyRollup[]> {
  const days: DailyRollup[] = [];
  for await (const day of readRollups(table.client, TABLE, from, to)) days.push(day);
  return days;
}

const itemsOf = async (day: string) =>
  (await table.partition(`ROLLUP#${day.slice(0, 7)}`)).filter(({ sk }) =>
    String(sk.S).startsWith(`${day.slice(8)}#`),
  );

/**
 * Returns `count` invocations of a day at equal intervals. They have two agents, two models and all outcomes.
 */
function calls(day: string, count: number, everyMinutes = 7): Invocation[] {
  return Array.from({ length: count }, (_, index) =>
    call({
      requestId: `req-${index}`,
      agentId: index % 3 === 0 ? 'inbox#2' : 'triage',
      model: index % 2 === 0 ? 'amazon.nova-pro-v1:0' : 'anthropic.claude-sonnet-4-5-20250929-v1:0',
      modelId:
        index % 4 === 0
          ? 'us.amazon.nova-pro-v1:0'
          : index % 2 === 0
            ? 'amazon.nova-pro-v1:0'
            : 'global.anthropic.claude-sonnet-4-5-20250929-v1:0',
      serviceTier: index % 5 === 0 ? 'flex' : undefined,
      timestamp: new Date(at(day, '00:00:00').getTime() + index * everyMinutes * MINUTE),
      picoUsd: cost(index),
      latencyMs: index % 6 === 0 ? undefined : 100 + index / 8,
      items: index % 10 === 0 ? 3 : undefined,
      ...(index % 11 === 10 ? { error: 'ThrottlingException', usage: undefined, cost: undefined } : {}),
      ...(index % 13 === 12 ? { cost: undefined } : {}),
      ...(index % 17 === 16
        ? { cached: true, error: undefined, usage: call().usage, cost: call({ picoUsd: 0n }).cost }
        : {}),
    }),
  );
}

describe('the built roll-up-day handler', () => {
  beforeEach(async () => {
    table = await startRollupTable();
  });
  afterEach(() => table.close());

  test('adds up each agent and model to the pico-dollar and logs one line without content', async () => {
    const written = await table.write(calls(YESTERDAY, 200));

    const { stdout } = await rollUp();

    const [day] = await rollupDays(YESTERDAY);
    expect(day.entries.map(({ agentId, model }) => `${agentId} ${model}`)).toEqual([
      'inbox#2 amazon.nova-pro-v1:0',
      'inbox#2 anthropic.claude-sonnet-4-5-20250929-v1:0',
      'triage amazon.nova-pro-v1:0',
      'triage anthropic.claude-sonnet-4-5-20250929-v1:0',
    ]);
    for (const { agentId, model, totals } of day.entries) {
      expect(totals).toEqual(
        totalsOfTraces(written.filter(trace => trace.agentId === agentId && trace.model === model)),
      );
    }
    expect(day.entries.reduce((sum, { totals }) => sum + totals.picoUsd, 0n)).toBe(
      written.reduce((sum, { picoUsd = 0n }) => sum + picoUsd, 0n),
    );
    expect(day.entries.reduce((sum, { totals }) => sum + totals.cacheReadTokens, 0)).toBe(
      written.reduce((sum, { cached, cacheReadTokens }) => (cached ? sum : sum + cacheReadTokens), 0),
    );
    expect(day).toMatchObject({ day: YESTERDAY, traces: 200, items: 4 });

    const lines = stdout.trim().split('\n');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0])).toMatchObject({
      level: 'INFO',
      message: 'Days rolled up',
      tracesRead: 200,
      itemsWritten: 4,
      readUnits: expect.any(Number),
      writeUnits: expect.any(Number),
      seconds: expect.any(Number),
      failed: [],
    });
  });

  test('counts answered, failed, cached and unpriced invocations as the metrics do, and keeps their tokens apart', async () => {
    const usage = { ...call().usage, source: 'usage', partial: true } as Invocation['usage'];
    await table.write([
      call({ requestId: 'answered', timestamp: at(YESTERDAY, '01:00:00'), items: 2.5, picoUsd: 5n }),
      call({ requestId: 'unpriced', timestamp: at(YESTERDAY, '01:00:01'), cost: undefined }),
      call({
        requestId: 'no-usage',
        timestamp: at(YESTERDAY, '01:00:02'),
        cost: undefined,
        usage: undefined,
      }),
      call({ requestId: 'cached', timestamp: at(YESTERDAY, '01:00:03'), cached: true, picoUsd: 0n }),
      call({
        requestId: 'refused',
        timestamp: at(YESTERDAY, '01:00:04'),
        error: 'ThrottlingException',
        usage: undefined,
        cost: undefined,
      }),
      call({
        requestId: 'broken',
        timestamp: at(YESTERDAY, '01:00:05'),
        error: 'ModelStreamErrorException',
        usage,
        picoUsd: 7n,
      }),
      call({
        requestId: 'broken-unpriced',
        timestamp: at(YESTERDAY, '01:00:06'),
        error: 'ModelStreamErrorException',
        usage,
        cost: undefined,
      }),
    ]);

    await rollUp({ day: YESTERDAY });

    const [
      {
        entries: [{ totals, parts }],
      },
    ] = await rollupDays(YESTERDAY);
    expect(totals).toMatchObject({
      traces: 7,
      answered: 3,
      failed: 3,
      fromCache: 1,
      unpriced: 3,
      partial: 2,
      picoUsd: 12n,
      outputTokens: 4 * 55,
      uncachedInputTokens: 4 * 101,
      milliItems: 2500,
      itemTokens: 101 + 202 + 33 + 4 + 55,
      latencyCalls: 3,
      latencyMicros: 3 * 812_250,
      minLatencyMicros: 812_250,
      maxLatencyMicros: 812_250,
    });
    const cached = parts.find(({ kind }) => kind === 'cached');
    expect(cached?.quarters.get(4)).toMatchObject({ count: 1, outputTokens: 55, picoUsd: 0n });
  });

  test('keeps sums apart by profile, tier, batch and long prompts, which decide the price', async () => {
    const long = {
      uncachedInputTokens: 272_001,
      cacheReadTokens: 0,
      cacheWrite5mTokens: 0,
      cacheWrite1hTokens: 0,
      outputTokens: 1,
      source: 'usage',
      partial: false,
    } as const;
    const timestamp = at(YESTERDAY, '23:59:59.999');
    await table.write([
      call({ requestId: 'a', timestamp }),
      call({
        requestId: 'b',
        timestamp,
        modelId: 'global.anthropic.claude-sonnet-4-5-20250929-v1:0',
        scope: 'global',
      }),
      call({ requestId: 'c', timestamp, serviceTier: 'priority' }),
      call({ requestId: 'd', timestamp, operation: 'BatchOutput' }),
      call({ requestId: 'e', timestamp, usage: long }),
      call({ requestId: 'f', timestamp, usage: { ...long, uncachedInputTokens: 272_000 } }),
    ]);

    await rollUp({ day: YESTERDAY });

    const [
      {
        entries: [{ parts }],
      },
    ] = await rollupDays(YESTERDAY);
    expect(
      parts.map(({ modelId, scope, serviceTier, batch, promptAbove }) => ({
        modelId,
        scope,
        serviceTier,
        batch,
        promptAbove,
      })),
    ).toHaveLength(6);
    expect(new Set(parts.map(({ promptAbove }) => promptAbove))).toEqual(new Set([0, 200_000, 272_000]));
    expect(parts.every(({ quarters }) => [...quarters.keys()].join() === '95')).toBe(true);
    expect(parts.map(({ priceAsOf }) => priceAsOf)).toEqual(
      parts.map(() => ({ first: '2026-11-01', last: '2026-11-01' })),
    );
  });

  test('writes the same rollup when it runs again, and adds late traces in the next night', async () => {
    const before = addUtcDays(TODAY, -2);
    await table.write(calls(before, 60));
    await rollUp();
    const first = await itemsOf(before);

    await rollUp();
    expect(await itemsOf(before)).toEqual(first);

    const late = await table.write([
      call({ requestId: 'late', agentId: 'late-agent', timestamp: at(before, '23:58:00'), picoUsd: 11n }),
    ]);
    await rollUp();

    const [day] = await rollupDays(before);
    expect(day.traces).toBe(61);
    expect(day.entries.find(({ agentId }) => agentId === 'late-agent')?.totals).toEqual(totalsOfTraces(late));
    expect((await itemsOf(before)).filter(({ agentId }) => agentId.S !== 'late-agent')).toEqual(first);
  });

  test('removes the item of a model that no longer has invocations', async () => {
    await table.write([call({ requestId: 'a', timestamp: at(YESTERDAY, '05:00:00'), model: 'once' })]);
    await rollUp({ day: YESTERDAY });
    expect((await rollupDays(YESTERDAY))[0].entries.map(({ model }) => model)).toEqual(['once']);

    await table.write([call({ requestId: 'a', timestamp: at(YESTERDAY, '05:00:00'), model: 'now' })]);
    const { report } = await rollUp({ day: YESTERDAY });

    expect(report.days[0]).toMatchObject({ items: 1, removed: 1 });
    expect((await rollupDays(YESTERDAY))[0].entries.map(({ model }) => model)).toEqual(['now']);
  });

  test('marks a day without invocations as rolled up', async () => {
    await rollUp({ day: YESTERDAY });

    expect(await rollupDays(addUtcDays(TODAY, -2), YESTERDAY)).toEqual([
      { day: YESTERDAY, traces: 0, items: 0, rolledUpAt: expect.any(Date), entries: [] },
    ]);
  });

  test.each([false, true])(
    'writes the rollup of an uninterrupted run after it was killed and run again (earlier rollup: %s)',
    async wasRolledUp => {
      const agents = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'];
      const traffic = (count: number) =>
        agents.flatMap(agentId =>
          Array.from({ length: count }, (_, index) =>
            call({
              agentId,
              requestId: `${agentId}-${index}`,
              timestamp: at(YESTERDAY, `0${index % 10}:00:00`),
              picoUsd: cost(index),
            }),
          ),
        );
      await table.write(traffic(8));
      if (wasRolledUp) await rollUp({ day: YESTERDAY });
      const written = await table.write([...traffic(12)]);
      const already = table.requests.filter(({ operation }) => operation === 'BatchWriteItem').length;
      let hung: () => void = () => undefined;
      const hangs = new Promise<void>(resolve => (hung = resolve));
      table.fault = (operation, number) => {
        if (operation !== 'BatchWriteItem' || number <= already + 4) return undefined;
        hung();
        return 'hangs';
      };
      const { child, finished } = start({ day: YESTERDAY });
      await hangs;
      child.kill('SIGKILL');
      expect(await finished).toMatchObject({ code: null, outcomes: [] });
      table.fault = () => undefined;
      const between = await rollupDays(YESTERDAY);
      const half = (await itemsOf(YESTERDAY)).filter(({ traces }) => traces.N === '12').length;

      await rollUp({ day: YESTERDAY });

      expect(half).toBeGreaterThan(0);
      expect(half).toBeLessThan(agents.length);
      expect(between.map(({ traces }) => traces)).toEqual(wasRolledUp ? [80] : []);
      const [day] = await rollupDays(YESTERDAY);
      expect(day).toMatchObject({ traces: 120, items: 10 });
      for (const { agentId, totals } of day.entries) {
        expect(totals).toEqual(totalsOfTraces(written.filter(trace => trace.agentId === agentId)));
      }
    },
  );

  test('refuses a day with expired traces and writes nothing', async () => {
    const day = addUtcDays(TODAY, -30);
    await table.write(calls(day, 20), { ttlDays: 30 });

    const { message } = await failure({ day });

    expect(message).toContain(`${day} is not rolled up: its first traces expired at ${TODAY}T00:00:00.000Z`);
    expect(await table.partition(`ROLLUP#${day.slice(0, 7)}`)).toEqual([]);
  });

  test('refuses a day whose day index has expired, too, by the TTL of the environment', async () => {
    const day = addUtcDays(TODAY, -120);

    const { message } = await failure({ day });

    expect(message).toContain(`${day} is not rolled up: its first traces expired`);
  });

  test('keeps an earlier rollup with more traces unless the event allows fewer', async () => {
    const day = addUtcDays(TODAY, -3);
    await table.write(
      [...calls(day, 40), call({ requestId: 'x', agentId: 'alone', timestamp: at(day, '10:00:00') })],
      { ttlDays: 0 },
    );
    await rollUp({ day });
    const before = await table.partition(`ROLLUP#${day.slice(0, 7)}`);
    await table.remove([{ pk: `DAY#${day}`, sk: 'AGENT#alone' }]);

    const { message, stderr } = await failure({ day });

    expect(message).toContain(
      `${day} is not rolled up again: agent alone has 0 traces, and had 1 in its earlier rollup.`,
    );
    expect(JSON.parse(stderr.split('\n')[0])).toMatchObject({
      level: 'ERROR',
      message: 'Days rolled up',
      failed: [expect.stringContaining('agent alone')],
    });
    expect(await table.partition(`ROLLUP#${day.slice(0, 7)}`)).toEqual(before);

    await rollUp({ day, allowFewer: true });
    expect((await rollupDays(day))[0].entries.map(({ agentId }) => agentId)).not.toContain('alone');
  });

  test('rolls up the other day if one fails, and then fails', async () => {
    const before = addUtcDays(TODAY, -2);
    await table.write(calls(YESTERDAY, 5));
    await table.write(calls(before, 5), { ttlDays: 1 });

    const { message } = await failure();

    expect(message).toContain(`${before} is not rolled up`);
    expect((await rollupDays(before, YESTERDAY)).map(({ day }) => day)).toEqual([YESTERDAY]);
  });

  test('reads each trace of every shard once, without a scan', async () => {
    const written = await table.write(calls(YESTERDAY, 100), { writeShards: 4 });
    table.requests.length = 0;

    const { report } = await rollUp({ day: YESTERDAY });

    expect(report.tracesRead).toBe(100);
    const [day] = await rollupDays(YESTERDAY);
    expect(
      totalsOf(
        day.entries.flatMap(item => sliceByTime(item, at(YESTERDAY, '00:00:00'), at(TODAY, '00:00:00'))),
      ),
    ).toEqual(totalsOfTraces(written));
    expect(new Set(table.requests.map(({ operation }) => operation))).toEqual(
      new Set(['Query', 'BatchWriteItem']),
    );
    expect(table.requests.every(({ body }) => !('IndexName' in body))).toBe(true);
  });

  test('retries a throttled table', async () => {
    await table.write(calls(YESTERDAY, 30));
    table.fault = (operation, number) =>
      number % 2 === 1 && number < 6
        ? operation === 'Query'
          ? 'ProvisionedThroughputExceededException'
          : 'ThrottlingException'
        : undefined;

    const { report } = await rollUp({ day: YESTERDAY });

    expect(report.tracesRead).toBe(30);
    expect((await rollupDays(YESTERDAY))[0].traces).toBe(30);
  });

  test('retries unprocessed items', async () => {
    const agents = Array.from({ length: 20 }, (_, index) => `agent-${index}`);
    const written = await table.write(
      agents.flatMap(agentId =>
        ['m', 'n', 'o'].map(model =>
          call({ agentId, model, requestId: model, timestamp: at(YESTERDAY, '12:00:00') }),
        ),
      ),
    );
    table.fault = (operation, number) =>
      operation === 'BatchWriteItem' && number % 3 !== 0 ? 'half' : undefined;

    await rollUp({ day: YESTERDAY });

    const [{ entries, items }] = await rollupDays(YESTERDAY);
    expect(items).toBe(60);
    expect(entries).toHaveLength(60);
    expect(entries.reduce((sum, { totals }) => sum + totals.picoUsd, 0n)).toBe(
      written.reduce((sum, { picoUsd = 0n }) => sum + picoUsd, 0n),
    );
  });

  test('fails without marking the day if the time is over', async () => {
    await table.write(calls(YESTERDAY, 3));
    table.fault = operation => (operation === 'BatchWriteItem' ? 'kept' : undefined);

    const { message, stderr } = await failure({ day: YESTERDAY }, { remainingMs: 6500 });

    // The handler stops 5 seconds before its timeout of 6.5 seconds, so that it can still log its error.
    expect(JSON.parse(stderr.split('\n')[0])).toMatchObject({ seconds: 1.5 });
    expect(message).toContain(`${YESTERDAY} was not rolled up in time. Roll it up again`);
    expect(await rollupDays(YESTERDAY)).toEqual([]);
  });

  test.each([
    [{ day: TODAY }, 'day must be before today'],
    [{ day: '2026-02-30' }, 'day must be a UTC day such as 2026-11-20, got: "2026-02-30"'],
    [{ days: YESTERDAY }, 'the event must have no members but day, from, to, allowFewer, got: "days"'],
  ])('refuses the event %j and reads nothing', async (event, message) => {
    const failed = await failure(event);

    expect(failed.message).toContain(message);
    expect(table.requests).toEqual([]);
  });

  test('names the missing variable of the table', async () => {
    const { message } = await failure(null, { environment: { [ENV.tableName]: '' } });

    expect(message).toContain(`${ENV.tableName} must name the table of traces`);
  });
});

describe('rollups around a change of the clocks', () => {
  const CHANGES = ['2026-03-08', '2026-03-10', '2026-03-29', '2026-10-25', '2026-11-01'];
  const daysAround = (change: string) => [-2, -1, 0, 1, 2].map(days => addUtcDays(change, days));
  let written: readonly Trace[];

  beforeAll(async () => {
    table = await startRollupTable();
    const days = [...new Set(CHANGES.flatMap(daysAround))];
    written = await table.write(
      days.flatMap(day =>
        calls(day, 96, 15).map(each => ({ ...each, requestId: `${day}-${each.requestId}` })),
      ),
      { ttlDays: 0 },
    );
    const events = CHANGES.map(change => ({ from: addUtcDays(change, -2), to: addUtcDays(change, 2) }));
    const { outcomes } = await run(events, { environment: { [ENV.traceTtlDays]: '0' } }).finished;
    expect(outcomes.map(({ message }) => message)).toEqual(CHANGES.map(() => undefined));
  });
  afterAll(() => table.close());

  test.each([
    ['Asia/Kolkata', '2026-03-10'],
    ['Australia/Eucla', '2026-03-10'],
    ['America/St_Johns', '2026-03-08'],
    ['America/St_Johns', '2026-11-01'],
    ['Europe/Berlin', '2026-03-29'],
    ['Europe/Berlin', '2026-10-25'],
  ])(
    'rollups give the same totals as the traces for local days of %s around %s',
    async (timeZone, change) => {
      const rolledUp = await rollupDays(addUtcDays(change, -2), addUtcDays(change, 2));
      const midnight = new TZDate(`${change}T00:00:00`, timeZone);

      for (const local of [addDays(midnight, -1), midnight, addDays(midnight, 1)]) {
        const [from, to] = [new Date(local.getTime()), new Date(addDays(local, 1).getTime())];
        const totals = totalsOf(
          rolledUp.flatMap(({ entries }) => entries.flatMap(item => sliceByTime(item, from, to))),
        );

        const direct = written.filter(({ timestamp }) => timestamp >= from && timestamp < to);
        expect(totals).toEqual(totalsOfTraces(direct));
        expect(totals.picoUsd).toBe(direct.reduce((sum, { picoUsd = 0n }) => sum + picoUsd, 0n));
        expect(totals.traces).toBe((to.getTime() - from.getTime()) / (15 * MINUTE));
      }
    },
  );
});
