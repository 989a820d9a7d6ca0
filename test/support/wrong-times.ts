import type { Invocation } from '../../lambda/invocation/invocation';
import type { Item } from '../../lambda/traces/attributes';
import { traceItem } from '../../lambda/traces/trace-item';

const OPTIONS = { writeShards: 1, ttlDays: 0 };

/** Returns traces of the invocation with times in the far past or future. Their keys contain these times. */
export function farTraces(invocation: Invocation): Item[] {
  return [
    8.64e15,
    '9999-12-31T23:59:59Z',
    '2035-01-01T00:00:00Z',
    '1969-12-31T23:00:00Z',
    '0001-01-01T00:00:00Z',
  ]
    .map(time => new Date(time))
    .map((timestamp, index) => traceItem({ ...invocation, timestamp, requestId: `far-${index}` }, OPTIONS));
}

/**
 * Returns traces with the keys of the invocation's day. Their times are missing or invalid. The last trace
 * has a valid time on another day.
 */
export function misplacedTraces(invocation: Invocation): Item[] {
  const times = [undefined, '', '2026-02-31T10:00:00.000Z', '+275760-09-13T00:00:00.000Z', 'yesterday'];
  const items = [...times, '2026-01-01T00:00:00.000Z'].map((time, index) => {
    const { timestamp: _, ...item } = traceItem({ ...invocation, requestId: `misplaced-${index}` }, OPTIONS);
    return time === undefined ? item : { ...item, timestamp: { S: time } };
  });
  const { incidentId: _, ...ofAnotherDay } = items.pop() ?? {};
  return [...items, ofAnotherDay];
}
