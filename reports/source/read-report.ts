import type { Days, Span } from './day-range';
import type { Progress, ReportHead, Reads } from '../results';
import type { Meter, ReportSource, UtcDay } from './usage-source.aws';
import { sliceByTime, type TimeSlice } from '../../lambda/rollup/usage-part';
import { countDays, MS_PER_DAY, startOfDay } from '../../lambda/rollup/utc-day';
import { dayOf } from '../../lambda/traces/trace-keys';

/**
 * Sums of the invocations of one agent and one model with the same billing terms, in one time span on one UTC
 * day.
 */
export interface Cell {
  /** Index of the time span in the argument `spans` of `readCells`. */
  readonly span: number;
  /** UTC day, such as `2026-11-22`. */
  readonly day: string;
  readonly agentId: string;
  readonly model: string;
  readonly part: TimeSlice;
}

/**
 * Agent and model whose sums are wanted. If a member is omitted, the sums of all agents or all models are
 * wanted.
 */
export interface CellFilter {
  readonly agentId?: string;
  readonly model?: string;
}

export interface Reading extends CellFilter {
  readonly source: ReportSource;
  readonly now: Date;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
}

/** Counts the table reads of a report. */
export class ReadCount implements Meter {
  requests = 0;
  units = 0;
  rollupDays = 0;
  tracedDays = 0;
  unreadable = 0;

  /** Counts a UTC day that was read, either from its rollup or from its traces. */
  addDay({ isRolledUp }: Pick<UtcDay, 'isRolledUp'>): void {
    if (isRolledUp) this.rollupDays += 1;
    else this.tracedDays += 1;
  }

  reads(): Reads {
    const { rollupDays, tracedDays, requests, units } = this;
    return { rollupDays, tracedDays, requests, units };
  }
}

/** Reads the cells of each UTC day in `spans`. Each result contains the cells of one day. */
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
    count.addDay(day);
    yield cellsOf(day, spans, filter);
    onProgress?.({ done: countDays(first, day.day), total });
  }
}

/**
 * Divides the sums of a UTC day into cells, one for each span, agent, model and set of billing terms. If
 * spans overlap, an invocation is counted in each of them.
 */
export function cellsOf({ day, entries }: UtcDay, spans: readonly Span[], filter: CellFilter = {}): Cell[] {
  const start = startOfDay(day).getTime();
  const end = start + MS_PER_DAY;
  const wanted = entries.filter(entry => matches(entry, filter));
  return spans.flatMap(({ start: from, end: to }, span) => {
    const [first, last] = [Math.max(start, from.getTime()), Math.min(end, to.getTime())];
    if (first >= last) return [];
    return wanted.flatMap(entry =>
      sliceByTime(entry, new Date(first), new Date(last)).map(part => ({
        span,
        day,
        agentId: entry.agentId,
        model: entry.model,
        part,
      })),
    );
  });
}

/** Returns true if the agent and the model match a filter. */
export function matches(
  { agentId, model }: { readonly agentId: string; readonly model: string },
  filter: CellFilter,
): boolean {
  return (
    (filter.agentId === undefined || agentId === filter.agentId) &&
    (filter.model === undefined || model === filter.model)
  );
}

/**
 * Returns an object with the number of unreadable traces, to spread into a report. The object is empty if the
 * number is 0.
 */
export function unreadableOf({ unreadable }: Pick<ReadCount, 'unreadable'>): Pick<ReportHead, 'unreadable'> {
  return unreadable > 0 ? { unreadable } : {};
}

/** Returns the members that all reports have in common, such as the range and the table reads. */
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
