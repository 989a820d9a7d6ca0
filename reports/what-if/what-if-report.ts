import { CacheSavingsSum } from './cache-savings';
import { CacheTtlSum } from './cache-ttl-break-even';
import type { Repricing } from '../results';
import { type WhatIfQuestion, type WhatIfReport, WhatIfSum } from './what-if';
import { countDays } from '../../lambda/rollup/utc-day';
import { dayOf } from '../../lambda/traces/trace-keys';
import { type Days, spanOf } from '../source/day-range';
import { headOf, ReadCount, type Reading } from '../source/read-report';
import { cellsOf } from '../source/usage-cells';

const HOUR_MS = 3_600_000;

/**
 * What the calls of some days would cost otherwise, what caching saved, and where writes for an hour pay.
 *
 * @throws RangeError for a question that contradicts itself, or names a model that has no price
 */
export async function whatIfReport(
  days: Days,
  question: WhatIfQuestion,
  reading: Reading,
  repricing: Repricing = {},
): Promise<WhatIfReport> {
  const span = spanOf(days);
  const sum = new WhatIfSum(question, repricing);
  const savings = new CacheSavingsSum(repricing);
  const writes = new CacheTtlSum(repricing, span);
  const count = new ReadCount();
  const { source, now, signal, onProgress, agentId, model } = reading;
  // What was written in the hour before may be written again at the begin.
  const [first, last] = [
    dayOf(new Date(span.start.getTime() - HOUR_MS)),
    dayOf(new Date(span.end.getTime() - 1)),
  ];
  const total = countDays(first, last);
  for await (const day of source.utcDays(first, last, dayOf(now), { meter: count, signal, agentId })) {
    if (day.isRolledUp) count.rollupDays += 1;
    else count.tracedDays += 1;
    for (const cell of cellsOf(day, [span], { agentId, model })) {
      sum.add(cell);
      savings.add(cell);
    }
    writes.add({
      day: day.day,
      entries: day.entries.filter(
        entry =>
          (agentId === undefined || entry.agentId === agentId) &&
          (model === undefined || entry.model === model),
      ),
    });
    onProgress?.({ done: countDays(first, day.day), total });
  }
  return {
    ...headOf(days, reading, count),
    ...sum.result(),
    cacheSavings: savings.result(),
    cacheTtlBreakEven: writes.result(),
  };
}
