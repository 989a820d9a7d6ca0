import type { Trace } from '../../../lambda/traces/trace';
import type { ReportSource } from '../../../reports/source/usage-source.aws';
import { topIncidents } from '../../../reports/usage/top-incidents';

const DAY = { from: '2026-11-20', to: '2026-11-20', timeZone: 'UTC' };

const call = (incidentId: string, usd: number): Trace => ({
  requestId: 'r',
  agentId: 'a',
  model: 'm',
  modelId: 'm',
  incidentId,
  timestamp: new Date('2026-11-20T10:00:00Z'),
  picoUsd: BigInt(usd) * 10n ** 12n,
  source: 'usage',
  partial: false,
  cached: false,
  uncachedInputTokens: 1,
  cacheReadTokens: 0,
  cacheWrite5mTokens: 0,
  cacheWrite1hTokens: 0,
  outputTokens: 1,
});

/** Returns a report on traces in memory, because writing 200,000 incidents to an emulator takes too long. */
function report(traces: readonly Trace[], keep: number) {
  const source = {
    traces: (_span, _attributes, onPage) => {
      onPage(traces);
      return Promise.resolve();
    },
  } as Pick<ReportSource, 'traces'> as ReportSource;
  return topIncidents(DAY, 10, { source, now: new Date('2026-11-21T00:00:00Z') }, keep);
}

test('keeps the most expensive of too many incidents, and reports the number of dropped ones', async () => {
  const traces = ['a', 'b', 'c', 'd', 'e'].map((name, index) => call(name, index + 1));

  const { entries, count, forgotten, total } = await report([...traces, call('f', 9)], 2);

  // At the fifth incident, the report drops all but the two most expensive ones, d and e. Incident f comes
  // later.
  expect(entries.map(({ name, cost }) => `${name} ${cost.usd}`)).toEqual(['f 9', 'e 5', 'd 4']);
  expect([count, forgotten, total.cost.usd]).toEqual([6, 3, '24']);
});

test('keeps all incidents up to twice the limit', async () => {
  const few = await report(
    ['a', 'b', 'c', 'd'].map(name => call(name, 1)),
    2,
  );

  expect([few.count, few.entries.length]).toEqual([4, 4]);
  expect(few).not.toHaveProperty('forgotten');
});
