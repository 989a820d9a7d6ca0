import { PassThrough } from 'node:stream';
import { LiveDay, minutesOf } from '../../../cli/live/live-day';
import { liveView } from '../../../cli/live/live-view';
import { alertMessage } from '../../../lambda/budget/alert-message';
import { DayCostSums } from '../../../lambda/budget/day-costs';
import { crossingsOf } from '../../../lambda/budget/thresholds';
import type { Invocation } from '../../../lambda/invocation/invocation';
import {
  addCounts,
  countInvocation,
  type InvocationKind,
  invocationKind,
  type KindAttributes,
  noCounts,
} from '../../../lambda/invocation/invocation-counts';
import { agentDay } from '../../../lambda/rollup/agent-day';
import {
  parseStoredRollup,
  rollupItem,
  type StoredAttributes,
  toStoredRollup,
} from '../../../lambda/rollup/rollup-item';
import { type StoredItem, traceFromItem } from '../../../lambda/traces/trace';
import { traceItem } from '../../../lambda/traces/trace-item';
import { SummaryBuilder } from '../../../lambda/tracker/summary';
import { exportTraces } from '../../../reports/export/export';
import { FigureSum } from '../../../reports/figures/figure-sum';
import { call } from '../rollup/support';

const DAY = '2026-11-20';
const START = new Date(`${DAY}T00:00:00.000Z`);
const NOW = new Date(`${DAY}T12:00:00.000Z`);

const INVOCATIONS: readonly Invocation[] = [
  call({ requestId: 'answered', timestamp: NOW, picoUsd: 2_000_000_000_000n }),
  { ...call({ requestId: 'failed', timestamp: NOW }), usage: undefined, cost: undefined, error: 'Throttled' },
  call({ requestId: 'cached', timestamp: NOW, picoUsd: 0n, cached: true }),
];
const TRACES = INVOCATIONS.map(each =>
  traceFromItem(traceItem(each, { ttlDays: 0, writeShards: 1 }) as StoredItem),
);
const COUNTS = { answered: 1, failed: 1, fromCache: 1, unpriced: 0, picoUsd: 2_000_000_000_000n };

describe('one answered, one failed and one cached invocation', () => {
  test('one answered, one failed and one cached invocation have the same counts in the alert and in its message', () => {
    const sums = new DayCostSums(START, NOW);
    sums.add(TRACES);
    const costs = sums.costs();
    const status = {
      timeZone: 'UTC',
      dayToDateUsd: 2,
      monthToDateUsd: 2,
      last30DaysUsd: 2,
      dailyBudgetUsd: 2,
      dailyBudgetUsedPercent: 100,
    };
    const { body } = alertMessage({
      now: NOW,
      namespace: 'N',
      crossings: crossingsOf(status, { warning: 80, critical: 95 }),
      status,
      hourly: { now: 0n, usualDays: 0 },
      day: { costs },
      mayRepeat: false,
    });

    expect(costs).toMatchObject(COUNTS);
    expect(costs.agents).toEqual([
      { name: 'triage', answered: 1, failed: 1, unpriced: 0, lowerBound: 0, picoUsd: COUNTS.picoUsd },
    ]);
    expect(body).toContain(`Invocations today: 1 answered, 1 failed, $2.00
  (not counted: 1 from the application's cache, which cost nothing)
`);
  });

  test('one answered, one failed and one cached invocation have the same counts in the rollup, before and after it is stored', () => {
    const sums = agentDay(DAY);
    for (const trace of TRACES) sums.add(trace);
    const [[model, parts]] = [...sums.models()];
    const item = rollupItem(DAY, 'triage', model, parts);

    expect(item.totals).toMatchObject({ ...COUNTS, traces: 3 });
    expect(parseStoredRollup(toStoredRollup(item) as StoredAttributes).totals).toEqual(item.totals);
  });

  test('one answered, one failed and one cached invocation have the same counts in the live view', () => {
    const day = new LiveDay('UTC');
    const partition = { name: 'p', agentId: 'triage', utcDay: DAY };
    day.replace(partition, 0, minutesOf(TRACES), NOW);

    const { total } = liveView(day, NOW, 'UTC', { requests: 0, units: 0 });

    expect({ ...total, ...total.cost }).toMatchObject(COUNTS);
  });

  test('one answered, one failed and one cached invocation have the same counts in reports', () => {
    const sum = new FigureSum();
    for (const trace of TRACES) sum.addTrace(trace);
    const figures = sum.figures();

    expect({ ...figures, ...figures.cost }).toMatchObject(COUNTS);
  });

  test('one answered, one failed and one cached invocation have the same counts in an export', async () => {
    const pages = async function* () {
      yield await Promise.resolve(TRACES);
    };

    const result = await exportTraces(pages(), 'csv', new PassThrough().resume(), {
      timeZone: 'UTC',
      from: START,
      to: new Date(NOW.getTime() + 1),
    });

    expect(result).toMatchObject({ ...COUNTS, rows: 3 });
  });

  test("one answered, one failed and one cached invocation have the same counts in the tracker's summary", () => {
    const summary = new SummaryBuilder();
    for (const each of INVOCATIONS) summary.add(each);

    expect(summary.build()).toMatchObject(COUNTS);
  });
});

test.each<[InvocationKind, KindAttributes]>([
  ['answered', { picoUsd: 1n, source: 'usage' }],
  ['unpriced', { source: 'usage' }],
  ['unpriced', {}],
  ['cached', { cached: true, picoUsd: 0n, source: 'estimate' }],
  ['failed', { error: 'Throttled' }],
  ['failed', { error: 'Aborted', picoUsd: 1n, source: 'usage' }],
  ['failedUnpriced', { error: 'Aborted', source: 'usage' }],
])('returns the kind %s for an invocation with the attributes %o', (kind, attributes) => {
  expect(invocationKind(attributes)).toBe(kind);
});

test.each<[KindAttributes, object]>([
  [{ picoUsd: 3n }, { answered: 1, picoUsd: 3n }],
  [{}, { answered: 1, unpriced: 1 }],
  [
    { error: 'Aborted', picoUsd: 3n },
    { failed: 1, picoUsd: 3n },
  ],
  [
    { error: 'Aborted', source: 'usage' },
    { failed: 1, unpriced: 1 },
  ],
  [{ cached: true, picoUsd: 3n }, { fromCache: 1 }],
])('counts an invocation with the attributes %o as %o', (attributes, expected) => {
  const counts = noCounts();
  const sums = noCounts();

  countInvocation(counts, attributes);
  addCounts(sums, counts);

  expect(counts).toEqual({ ...noCounts(), ...expected });
  expect(sums).toEqual(counts);
});
