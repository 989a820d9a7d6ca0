import type { Span } from './day-range';
import type { RollupItem } from '../../lambda/rollup/rollup-item';
import { sliceByTime, type TimeSlice } from '../../lambda/rollup/usage-part';
import { MS_PER_DAY, startOfDay } from '../../lambda/rollup/utc-day';

/** One UTC day as reports read it: sums by agent and model, cut at any quarter-hour by `cut`. */
export interface UtcDay {
  readonly day: string;
  readonly entries: readonly RollupItem[];
  /** Whether the sums are those of the rollup; else they were made from the day's traces. */
  readonly isRolledUp: boolean;
}

/**
 * Calls of an agent and a model within a span and a UTC day,
 * which have all in common that decides their price.
 */
export interface Cell {
  /** Which of the spans, by its place among them. */
  readonly span: number;
  /** The UTC day. */
  readonly day: string;
  readonly agentId: string;
  readonly model: string;
  readonly part: TimeSlice;
}

/** What a report is narrowed to. */
export interface CellFilter {
  readonly agentId?: string;
  readonly model?: string;
}

/** The cells of a UTC day in some spans; a call is in the cells of each span that has its time. */
export function cellsOf(
  { day, entries }: UtcDay,
  spans: readonly Span[],
  { agentId, model }: CellFilter = {},
): Cell[] {
  const start = startOfDay(day).getTime();
  const end = start + MS_PER_DAY;
  const wanted = entries.filter(
    entry =>
      (agentId === undefined || entry.agentId === agentId) && (model === undefined || entry.model === model),
  );
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
