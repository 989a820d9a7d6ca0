import { LiveDay } from '../../../cli/live/live-day';
import { type LiveView, liveView } from '../../../cli/live/live-view';
import { LivePoll } from '../../../cli/live/poll';
import { TraceReader } from '../../../lambda/traces/trace-reader.aws';
import { startTraceEngine, type TraceEngine } from '../../support/trace-engine';

const NOW = new Date('2026-11-22T10:30:20.000Z');
const later = (seconds: number) => new Date(NOW.getTime() + seconds * 1000);

let engine: TraceEngine;

beforeEach(async () => {
  engine = await startTraceEngine();
});

afterEach(async () => {
  await engine.close();
});

/** Starts the live view. The function `at` of the result polls the table once, at the given time. */
function start({
  timeZone = 'UTC',
  ...filter
}: { timeZone?: string; agentId?: string; model?: string } = {}) {
  const day = new LiveDay(timeZone);
  const poll = new LivePoll(new TraceReader(engine.client, engine.tableName), day, timeZone, filter);
  return {
    poll,
    at: async (now: Date): Promise<LiveView> => {
      await poll.poll(now);
      return liveView(day, now, timeZone, poll.reads, filter);
    },
  };
}

test('shows today and the last hour in the first view, with the same figures as the reports', async () => {
  await engine.put([
    { at: '2026-11-22T00:00:00.000Z', usd: 1 },
    { at: '2026-11-22T10:29:00.000Z', usd: 0.25, agentId: 'billing' },
    { at: '2026-11-22T10:30:10.000Z', agentId: 'billing' },
    { at: '2026-11-22T10:30:11.000Z', error: 'ThrottlingException', usage: undefined },
    { at: '2026-11-22T10:30:12.000Z', usd: 0, cached: true },
    { at: '2026-11-21T23:59:59.999Z', usd: 100 },
  ]);

  const view = await start().at(NOW);

  expect(view).toEqual(
    expect.objectContaining({ day: '2026-11-22', timeZone: 'UTC', generatedAt: NOW.toISOString() }),
  );
  expect(view.total).toEqual({
    answered: 3,
    failed: 1,
    fromCache: 1,
    inputTokens: 3,
    outputTokens: 3,
    totalTokens: 6,
    cost: { picoUsd: 1_250_000_000_000n, usd: '1.25', atLeast: true, unpriced: 1 },
  });
  expect(view.agents.map(({ name, cost }) => [name, cost.usd])).toEqual([
    ['triage', '1'],
    ['billing', '0.25'],
  ]);
  expect(view.minutes).toHaveLength(60);
  expect(
    view.minutes.filter(({ answered }) => answered > 0).map(({ start: from, cost }) => [from, cost.usd]),
  ).toEqual([
    ['2026-11-22T10:29:00.000Z', '0.25'],
    ['2026-11-22T10:30:00.000Z', '0'],
  ]);
});

test('averages the rate over the last four full minutes and the elapsed part of the current one', async () => {
  await engine.put([
    { at: '2026-11-22T10:26:00.000Z', usd: 1.3 },
    { at: '2026-11-22T10:30:19.000Z', usd: 1.3 },
    { at: '2026-11-22T10:25:59.999Z', usd: 50 },
  ]);

  const { perMinute } = await start().at(NOW);

  // The period from 10:26:00 to 10:30:20 has 260 seconds, or 4 1/3 minutes. Two calls in this period cost 2.6
  // dollars, so the cost per minute is 0.6 dollars.
  expect(perMinute).toEqual({
    seconds: 260,
    answered: 0.46,
    tokens: 0.92,
    cost: { picoUsd: 600_000_000_000n, usd: '0.6', atLeast: false, unpriced: 0 },
  });
});

test('reads only new traces of each partition in a poll, and counts no trace twice', async () => {
  await engine.put(
    Array.from({ length: 50 }, (_, index) => ({
      at: new Date(NOW.getTime() - index * 60_000),
      usd: 0.01,
      agentId: index % 2 === 0 ? 'even' : 'odd',
    })),
  );
  const live = start();
  const first = await live.at(NOW);
  await engine.put([
    { at: later(3), usd: 0.01, agentId: 'even' },
    { at: later(4), usd: 0.01, agentId: 'new' },
  ]);
  const before = live.poll.reads.requests;

  const second = await live.at(later(5));
  const requests = live.poll.reads.requests - before;
  const third = await live.at(later(10));

  expect(first.total.answered).toBe(50);
  expect(second.total.answered).toBe(52);
  expect(third.total).toEqual(second.total);
  // One request reads the day index. For each of the three agents, another request reads the calls.
  expect(requests).toBe(4);
  expect(live.poll.reads.units).toBeGreaterThan(0);
});

test('counts late traces: those of the last two minutes at once, those of the last hour within five minutes', async () => {
  await engine.put([{ at: NOW, usd: 1 }]);
  const live = start();
  await live.at(NOW);
  await engine.put([
    { at: later(-100), usd: 1 },
    { at: later(-3000), usd: 1 },
  ]);

  const [soon, within, again] = [
    await live.at(later(5)),
    await live.at(later(300)),
    await live.at(later(600)),
  ];

  expect([soon, within, again].map(({ total }) => total.cost.usd)).toEqual(['2', '3', '3']);
});

test('starts a new day at midnight of its time zone, while the last hour includes the evening before', async () => {
  // Midnight in Berlin is 23:00 UTC, so both calls are on 22 November.
  await engine.put([
    { at: '2026-11-22T22:50:00.000Z', usd: 1 },
    { at: '2026-11-22T12:00:00.000Z', usd: 5 },
  ]);
  const live = start({ timeZone: 'Europe/Berlin' });
  const evening = await live.at(new Date('2026-11-22T22:59:30.000Z'));
  await engine.put([{ at: '2026-11-22T23:00:00.000Z', usd: 0.5 }]);
  const night = await live.at(new Date('2026-11-22T23:00:05.000Z'));
  // These traces are on both sides of midnight in UTC, so they are in two partitions.
  await engine.put([
    { at: '2026-11-23T00:00:01.000Z', usd: 0.25 },
    { at: '2026-11-22T23:59:59.000Z', usd: 0.125 },
  ]);
  const after = await live.at(new Date('2026-11-23T00:00:10.000Z'));
  const muchLater = await live.at(new Date('2026-11-23T05:00:00.000Z'));

  expect([evening, night, after, muchLater].map(({ day, total }) => [day, total.cost.usd])).toEqual([
    ['2026-11-22', '6'],
    ['2026-11-23', '0.5'],
    ['2026-11-23', '0.875'],
    ['2026-11-23', '0.875'],
  ]);
  expect(night.minutes.reduce((sum, { answered }) => sum + answered, 0)).toBe(2);
});

test('keeps the costs of old minutes in the total of the day', async () => {
  await engine.put([{ at: NOW, usd: 1 }]);
  const live = start();
  await live.at(NOW);
  await engine.put([{ at: later(3 * 3600), usd: 2 }]);

  const view = await live.at(later(3 * 3600 + 1));

  expect(view.total.cost.usd).toBe('3');
});

test('reads in the next poll what a failed poll missed', async () => {
  await engine.put([{ at: NOW, usd: 1 }]);
  const live = start();
  await live.at(NOW);
  await engine.put([{ at: later(2), usd: 1 }]);
  const read = jest.spyOn(TraceReader.prototype, 'read').mockRejectedValueOnce(new Error('gone'));

  await expect(live.at(later(5))).rejects.toThrow('gone');
  read.mockRestore();
  // A poll normally reads only the traces of the last two minutes. After a failed poll, it reads all traces
  // since the last successful poll. The missed trace is now 278 seconds old.
  const view = await live.at(later(280));

  expect(view.total.cost.usd).toBe('2');
});

test('filters the live view by agent and model', async () => {
  await engine.put([
    { at: NOW, usd: 1, agentId: 'a', model: 'one' },
    { at: NOW, usd: 2, agentId: 'a', model: 'two' },
    { at: NOW, usd: 4, agentId: 'b', model: 'one' },
  ]);

  const [agent, both] = [
    await start({ agentId: 'a' }).at(NOW),
    await start({ agentId: 'b', model: 'one' }).at(NOW),
  ];

  expect([agent.total.cost.usd, both.total.cost.usd]).toEqual(['3', '4']);
  expect(both).toEqual(expect.objectContaining({ agentId: 'b', model: 'one' }));
});

test('shows the shards of an agent as one agent', async () => {
  await engine.put(
    Array.from({ length: 20 }, () => ({ at: NOW, usd: 1 })),
    4,
  );

  const view = await start().at(NOW);

  expect(view.agents.map(({ name, answered }) => [name, answered])).toEqual([['triage', 20]]);
});
