import { addLiveSums, addLiveTrace, type LiveSums, noLiveSums } from './live-sums';
import { countAll } from '../../lambda/invocation/invocation-counts';
import { addUtcDays } from '../../lambda/rollup/utc-day';
import type { Trace } from '../../lambda/traces/trace';
import { dayIn, startOfDayIn } from '../../reports/source/day-range';

export const MS_PER_MINUTE = 60_000;
/** Number of minutes that the sparklines show. */
export const SHOWN_MINUTES = 60;
/** Number of minutes to keep in `minutes`: 60 for the view, and 15 for traces that arrive late. */
const KEPT_MINUTES = 75;

/**
 * Sums of the traces in one partition of the trace table. `minutes` contains the sums of each of the last 75
 * minutes. `settled` contains one sum for all earlier minutes of the day.
 */
interface PartitionSums {
  readonly agentId: string;
  readonly utcDay: string;
  readonly minutes: Map<number, LiveSums>;
  /**
   * Number of traces with a time outside the UTC day of the partition. This is the maximum over all polls,
   * because polls read the same traces again.
   */
  unreadable: number;
  /** Sum of the minutes of the day that are no longer in `minutes`. */
  settled: LiveSums;
  settledDay: number;
}

/** Returns the number of the minute that contains a time. Minutes are counted from the epoch. */
export function minuteOf(time: Date): number {
  return Math.floor(time.getTime() / MS_PER_MINUTE);
}

/** Returns the start of the current day in a time zone. */
export function dayStart(now: Date, timeZone: string): Date {
  return startOfDayIn(dayIn(now, timeZone), timeZone);
}

/** Returns the end of the current day in a time zone. */
function dayEnd(now: Date, timeZone: string): Date {
  return startOfDayIn(addUtcDays(dayIn(now, timeZone), 1), timeZone);
}

/**
 * Sums of today for each partition and minute. Each poll reads the last minutes again, and replaces their
 * sums.
 */
export class LiveDay {
  private readonly partitions = new Map<string, PartitionSums>();

  constructor(private readonly timeZone: string) {}

  /** Returns true if the partition was read before. */
  knows(partition: string): boolean {
    return this.partitions.has(partition);
  }

  /** Replaces the sums of a partition with `minutes`. Sums before the minute `from` are kept. */
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

  /** Removes the partitions of all UTC days before `utcDay`. */
  forgetBefore(utcDay: string): void {
    for (const [name, { utcDay: of }] of this.partitions) if (of < utcDay) this.partitions.delete(name);
  }

  /**
   * Returns the number of traces with a time outside the UTC day of their partition. This is a lower bound,
   * because most polls read only the last minutes.
   */
  get unreadable(): number {
    return [...this.partitions.values()].reduce((sum, { unreadable }) => sum + unreadable, 0);
  }

  /** Returns the sums of today for each agent. */
  agents(now: Date): Map<string, LiveSums> {
    const [start, end] = [minuteOf(dayStart(now, this.timeZone)), minuteOf(dayEnd(now, this.timeZone))];
    const agents = new Map<string, LiveSums>();
    for (const { agentId, minutes, settled, settledDay } of this.partitions.values()) {
      const ofAgent = agents.get(agentId) ?? noLiveSums();
      if (settledDay === start) addLiveSums(ofAgent, settled);
      // Adds only minutes of today. A function with a wrong clock can record minutes of tomorrow.
      for (const [minute, sums] of minutes) if (minute >= start && minute < end) addLiveSums(ofAgent, sums);
      if (countAll(ofAgent) > 0) agents.set(agentId, ofAgent);
    }
    return agents;
  }

  /** Returns one sum for each of the last `count` minutes. The current minute comes last. */
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

/** Adds each trace to the sums of the minute in which the call was made. Returns `into`. */
export function minutesOf(
  traces: Iterable<Trace>,
  into: Map<number, LiveSums> = new Map<number, LiveSums>(),
): Map<number, LiveSums> {
  for (const trace of traces) {
    const minute = minuteOf(trace.timestamp);
    // A trace with an invalid time belongs to no minute.
    if (Number.isNaN(minute)) continue;
    const sums = into.get(minute) ?? noLiveSums();
    into.set(minute, sums);
    addLiveTrace(sums, trace);
  }
  return into;
}

/** Deletes all minutes earlier than `before`. Adds the sums of today's deleted minutes to `settled`. */
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
