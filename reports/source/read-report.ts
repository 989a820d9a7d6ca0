import type { Days, Span } from './day-range';
import { type Cell, type CellFilter, cellsOf } from './usage-cells';
import type { Progress, ReportHead, Reads } from '../results';
import type { Meter, ReportSource } from './usage-source.aws';
import { countDays } from '../../lambda/rollup/utc-day';
import { dayOf } from '../../lambda/traces/trace-keys';

/** What a report reads with. */
export interface Reading extends CellFilter {
  readonly source: ReportSource;
  readonly now: Date;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
}

/** What was read until now. */
export class ReadCount implements Meter {
  requests = 0;
  units = 0;
  rollupDays = 0;
  tracedDays = 0;
  unreadable = 0;

  reads(): Reads {
    const { rollupDays, tracedDays, requests, units } = this;
    return { rollupDays, tracedDays, requests, units };
  }
}

/** The cells of spans, UTC day by UTC day in order: what is in memory is one day's sums. */
export async function* readCells(
  spans: readonly Span[],
  { source, now, signal, onProgress, ...filter }: Reading,
  count: ReadCount,
): AsyncGenerator<Cell[]> {
  const first = dayOf(new Date(Math.min(...spans.map(({ start }) => start.getTime()))));
  const last = dayOf(new Date(Math.max(...spans.map(({ end }) => end.getTime())) - 1));
  const total = countDays(first, last);
  for await (const day of source.utcDays(first, last, dayOf(now), {
    meter: count,
    signal,
    agentId: filter.agentId,
  })) {
    if (day.isRolledUp) count.rollupDays += 1;
    else count.tracedDays += 1;
    yield cellsOf(day, spans, filter);
    onProgress?.({ done: countDays(first, day.day), total });
  }
}

/** Returns the number of unreadable traces as a report has it: absent if it is 0. */
export function unreadableOf({ unreadable }: Pick<ReadCount, 'unreadable'>): Pick<ReportHead, 'unreadable'> {
  return unreadable > 0 ? { unreadable } : {};
}

/** What stands at the head of a report. */
export function headOf(
  { from, to, timeZone }: Days,
  { now, agentId, model }: Reading,
  count: ReadCount,
): ReportHead {
  return {
    from,
    to,
    timeZone,
    ...(agentId === undefined ? {} : { agentId }),
    ...(model === undefined ? {} : { model }),
    generatedAt: now.toISOString(),
    ...unreadableOf(count),
    reads: count.reads(),
  };
}
