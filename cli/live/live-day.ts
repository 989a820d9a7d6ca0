import { addLiveSums, addLiveTrace, type LiveSums, noLiveSums } from './live-sums';
import { addUtcDays } from '../../lambda/rollup/utc-day';
import type { Trace } from '../../lambda/traces/trace';
import { dayIn, startOfDayIn } from '../../reports/source/day-range';

export const MS_PER_MINUTE = 60_000;
/** Minutes that the sparklines show. */
export const SHOWN_MINUTES = 60;
/**
 * Number of minutes with separate sums: the shown ones, and some earlier ones that late traces may still
 * change.
 */
const KEPT_MINUTES = 75;

/**
 * Sums of a partition: one for each minute that may still change, and one for all earlier minutes of the day.
 */
interface PartitionSums {
  readonly agentId: string;
  readonly utcDay: string;
  readonly minutes: Map<number, LiveSums>;
  /** Highest number of traces in one read whose time is outside the UTC day. */
  unreadable: number;
  /** Sum of the earlier minutes of the day, which have no separate sums. */
  settled: LiveSums;
  settledDay: number;
}

/** Returns the minute that contains a moment, counted from the epoch. */
export function minuteOf(time: Date): number {
  return Math.floor(time.getTime() / MS_PER_MINUTE);
}

/** Returns the start of the day that contains a moment, in a time zone. */
export function dayStart(now: Date, timeZone: string): Date {
  return startOfDayIn(dayIn(now, timeZone), timeZone);
}

/** Returns the end of the day that contains a moment, in a time zone. */
function dayEnd(now: Date, timeZone: string): Date {
  return startOfDayIn(addUtcDays(dayIn(now, timeZone), 1), timeZone);
}

/**
 * Sums of today for polls that read the last minutes again. Each poll replaces the sums of the minutes that
 * it read, so no trace is counted twice. Memory grows with the number of agents, not with the number of
 * calls.
 */
export class LiveDay {
  private readonly partitions = new Map<string, PartitionSums>();

  constructor(private readonly timeZone: string) {}

  /** Returns true if the partition was read before. */
  knows(partition: string): boolean {
    return this.partitions.has(partition);
  }

  /** Replaces the sums of a partition for all minutes from `from` on. */
  replace(
    partition: { readonly name: string; readonly agentId: string; readonly utcDay: string },
    from: number,
    minutes: ReadonlyMap<number, LiveSums>,
    now: Date,
    unreadable = 0,
  ): void {
    const start = minuteOf(dayStart(now, this.timeZone));
    const { agentId, utcDay } = partition;
    const sums = this.partitions.get(partition.name) ?? {
      agentId,
      utcDay,
      minutes: new Map<number, LiveSums>(),
      unreadable: 0,
      settled: noLiveSums(),
      settledDay: start,
    };
    this.partitions.set(partition.name, sums);
    sums.unreadable = Math.max(sums.unreadable, unreadable);
    for (const minute of sums.minutes.keys()) if (minute >= from) sums.minutes.delete(minute);
    for (const [minute, ofMinute] of minutes) if (minute >= from) sums.minutes.set(minute, ofMinute);
    settle(sums, start, minuteOf(now) - KEPT_MINUTES);
  }

  /** Removes partitions of earlier UTC days, which contain no traces of today or of the last hour. */
  forgetBefore(utcDay: string): void {
    for (const [name, { utcDay: of }] of this.partitions) if (of < utcDay) this.partitions.delete(name);
  }

  /** Returns the minimum number of traces whose time is outside the UTC day of their partition. */
  get unreadable(): number {
    return [...this.partitions.values()].reduce((sum, { unreadable }) => sum + unreadable, 0);
  }

  /** Returns the sums of today by agent. */
  agents(now: Date): Map<string, LiveSums> {
    const [start, end] = [minuteOf(dayStart(now, this.timeZone)), minuteOf(dayEnd(now, this.timeZone))];
    const agents = new Map<string, LiveSums>();
    for (const { agentId, minutes, settled, settledDay } of this.partitions.values()) {
      const ofAgent = agents.get(agentId) ?? noLiveSums();
      if (settledDay === start) addLiveSums(ofAgent, settled);
      // A function whose clock is ahead may have recorded calls of tomorrow.
      for (const [minute, sums] of minutes) if (minute >= start && minute < end) addLiveSums(ofAgent, sums);
      if (Object.values(ofAgent).some(figure => Number(figure) !== 0)) agents.set(agentId, ofAgent);
    }
    return agents;
  }

  /** Returns the sums of each of the last minutes. The current minute is the last one. */
  lastMinutes(now: Date, count: number): LiveSums[] {
    const first = minuteOf(now) - count + 1;
    const last = Array.from({ length: count }, noLiveSums);
    for (const { minutes } of this.partitions.values()) {
      for (const [minute, sums] of minutes) {
        if (minute >= first && minute < first + count) addLiveSums(last[minute - first], sums);
      }
    }
    return last;
  }
}

/** Adds traces to sums by minute, and returns these sums. */
export function minutesOf(
  traces: Iterable<Trace>,
  into: Map<number, LiveSums> = new Map<number, LiveSums>(),
): Map<number, LiveSums> {
  for (const trace of traces) {
    const minute = minuteOf(trace.timestamp);
    // Traces with an invalid time belong to no minute.
    if (Number.isNaN(minute)) continue;
    const sums = into.get(minute) ?? noLiveSums();
    into.set(minute, sums);
    addLiveTrace(sums, trace);
  }
  return into;
}

/** Removes the minutes before `before`, and adds those of today to the sum of earlier minutes. */
function settle(sums: PartitionSums, start: number, before: number): void {
  if (sums.settledDay !== start) {
    sums.settled = noLiveSums();
    sums.settledDay = start;
  }
  for (const [minute, ofMinute] of sums.minutes) {
    if (minute >= before) continue;
    if (minute >= start) addLiveSums(sums.settled, ofMinute);
    sums.minutes.delete(minute);
  }
}
