import { addLiveSums, addLiveTrace, type LiveSums, noLiveSums } from './live-sums';
import { addUtcDays } from '../../lambda/rollup/utc-day';
import type { Trace } from '../../lambda/traces/trace';
import { dayIn, startOfDayIn } from '../../reports/source/day-range';

export const MS_PER_MINUTE = 60_000;
/** Minutes that the sparklines show. */
export const SHOWN_MINUTES = 60;
/** Minutes that are kept one by one: the shown ones, and some in which late traces may still change them. */
const KEPT_MINUTES = 75;

/** Sums of a partition: by minutes as long as they may change, and of the rest of the day in one. */
interface PartitionSums {
  readonly agentId: string;
  readonly utcDay: string;
  readonly minutes: Map<number, LiveSums>;
  /** Highest number of traces in one reading whose time is not in the UTC day. */
  unreadable: number;
  /** Minutes of the day that are kept no more. */
  settled: LiveSums;
  settledDay: number;
}

/** The minute that a moment is in, counted from the epoch. */
export function minuteOf(time: Date): number {
  return Math.floor(time.getTime() / MS_PER_MINUTE);
}

/** The first moment of the day of a time zone that a moment is in. */
export function dayStart(now: Date, timeZone: string): Date {
  return startOfDayIn(dayIn(now, timeZone), timeZone);
}

/** The first moment of the day after it. */
function dayEnd(now: Date, timeZone: string): Date {
  return startOfDayIn(addUtcDays(dayIn(now, timeZone), 1), timeZone);
}

/**
 * The sums of today, while traces of it are read again and again. A minute that is read again is put in the
 * place of what it was: no trace is counted twice, and none need be remembered. What is in memory grows with
 * agents and not with calls.
 */
export class LiveDay {
  private readonly partitions = new Map<string, PartitionSums>();

  constructor(private readonly timeZone: string) {}

  /** Returns true if the partition was read before. */
  knows(partition: string): boolean {
    return this.partitions.has(partition);
  }

  /** Puts the sums of a partition's minutes from one on in the place of those that there were. */
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

  /** Forgets partitions of UTC days before one: nothing of today, or of the last hour, is in them. */
  forgetBefore(utcDay: string): void {
    for (const [name, { utcDay: of }] of this.partitions) if (of < utcDay) this.partitions.delete(name);
  }

  /** Returns the number of traces whose time is not in the UTC day of their partition, at least. */
  get unreadable(): number {
    return [...this.partitions.values()].reduce((sum, { unreadable }) => sum + unreadable, 0);
  }

  /** The sums of today by agent. */
  agents(now: Date): Map<string, LiveSums> {
    const [start, end] = [minuteOf(dayStart(now, this.timeZone)), minuteOf(dayEnd(now, this.timeZone))];
    const agents = new Map<string, LiveSums>();
    for (const { agentId, minutes, settled, settledDay } of this.partitions.values()) {
      const ofAgent = agents.get(agentId) ?? noLiveSums();
      if (settledDay === start) addLiveSums(ofAgent, settled);
      // A clock that is ahead may have made calls of tomorrow.
      for (const [minute, sums] of minutes) if (minute >= start && minute < end) addLiveSums(ofAgent, sums);
      if (Object.values(ofAgent).some(figure => Number(figure) !== 0)) agents.set(agentId, ofAgent);
    }
    return agents;
  }

  /** The sums of so many minutes, the present one last. */
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

/** The sums of traces by minute. */
export function minutesOf(
  traces: Iterable<Trace>,
  into: Map<number, LiveSums> = new Map<number, LiveSums>(),
): Map<number, LiveSums> {
  for (const trace of traces) {
    const minute = minuteOf(trace.timestamp);
    // An invalid time has no minute.
    if (Number.isNaN(minute)) continue;
    const sums = into.get(minute) ?? noLiveSums();
    into.set(minute, sums);
    addLiveTrace(sums, trace);
  }
  return into;
}

/** Puts minutes before one together, those of the present day alone. */
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
