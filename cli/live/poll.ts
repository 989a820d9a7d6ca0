import { dayStart, type LiveDay, minuteOf, minutesOf, MS_PER_MINUTE, SHOWN_MINUTES } from './live-day';
import type { LiveSums } from './live-sums';
import { forEachConcurrent } from '../../lambda/process/promises';
import { addUtcDays, isInDay } from '../../lambda/rollup/utc-day';
import { dayOf, unescapeKeyPart } from '../../lambda/traces/trace-keys';
import type { ReadOptions, TraceReader } from '../../lambda/traces/trace-reader.aws';
import { KEY_SEPARATOR } from '../../src/contract';

/**
 * Number of minutes that each poll reads again, because traces may arrive late. Outside of Lambda, the
 * runtime collects traces for up to a minute before it writes them.
 */
const OVERLAP_MINUTES = 2;
/**
 * Interval in milliseconds between two reads of the whole last hour. These reads find traces that arrive
 * late, e.g. traces from the command `replay`.
 */
const WIDE_EVERY_MS = 5 * MS_PER_MINUTE;
/** Maximum number of partitions that are read concurrently. */
const CONCURRENCY = 8;
/**
 * Sort key that is higher than the sort keys of all traces. Sort keys of traces begin with a digit, and `:`
 * sorts after digits.
 */
const AFTER_ALL = ':';
/** Attributes of a trace that are needed for the sums. */
const ATTRIBUTES = [
  'model',
  'timestamp',
  'uncachedInputTokens',
  'cacheReadTokens',
  'cacheWrite5mTokens',
  'cacheWrite1hTokens',
  'outputTokens',
  'costUsd',
  'costIsLowerBound',
  'error',
  'source',
  'cached',
];

/** Filter for the agent and the model of a live view. */
export interface LiveFilter {
  readonly agentId?: string;
  /** Id of the foundation model. */
  readonly model?: string;
}

/** Reads new traces at each poll. After a failed read, the next poll reads the same time range again. */
export class LivePoll {
  /** Time of the last successful read of each partition, by partition name. */
  private readonly readUntil = new Map<string, Date>();
  /** Time of the last poll that read the complete last hour, in epoch milliseconds. */
  private wideAt = -Infinity;
  /** Number of requests and of read units so far. */
  readonly reads = { requests: 0, units: 0 };
  private readonly options: ReadOptions;

  constructor(
    private readonly traces: TraceReader,
    private readonly day: LiveDay,
    private readonly timeZone: string,
    private readonly filter: LiveFilter = {},
    signal?: AbortSignal,
  ) {
    this.options = {
      signal,
      onRequest: () => (this.reads.requests += 1),
      onReadUnits: units => (this.reads.units += units),
    };
  }

  /**
   * Reads the new traces since the last poll, and replaces the sums in `day`.
   *
   * @throws errors of the DynamoDB client
   */
  async poll(now: Date): Promise<void> {
    const start = dayStart(now, this.timeZone);
    // Earliest time in the view: the start of today, or of the last hour if that is earlier.
    const earliest = new Date(Math.min(start.getTime(), (minuteOf(now) - SHOWN_MINUTES + 1) * MS_PER_MINUTE));
    const wide = now.getTime() - this.wideAt >= WIDE_EVERY_MS;
    const back = minutesBefore(now, wide ? SHOWN_MINUTES : OVERLAP_MINUTES);
    this.forget(dayOf(earliest));
    const from = Math.min(
      back.getTime(),
      ...[...this.readUntil.values()].map(time => minutesBefore(time, OVERLAP_MINUTES).getTime()),
    );
    const firstDay = this.wideAt === -Infinity ? earliest : new Date(Math.max(from, earliest.getTime()));
    const partitions = (
      await Promise.all(utcDays(firstDay, now).map(day => this.traces.dayIndex(day, this.options)))
    )
      .flat()
      .map(({ partition }) => partition)
      .filter(name => this.isWanted(name));
    await forEachConcurrent(partitions, CONCURRENCY, async name => {
      const until = this.readUntil.get(name);
      const since = until === undefined ? earliest : earlier(back, minutesBefore(until, OVERLAP_MINUTES));
      await this.read(name, later(since, earliest), now);
    });
    if (wide) this.wideAt = now.getTime();
  }

  private async read(name: string, since: Date, now: Date): Promise<void> {
    const minutes = new Map<number, LiveSums>();
    const utcDay = utcDayOf(name);
    let unreadable = 0;
    await this.traces.read(
      [name],
      page => {
        const ofDay = page.filter(({ timestamp }) => isInDay(timestamp, utcDay));
        unreadable += page.length - ofDay.length;
        minutesOf(
          this.filter.model === undefined ? ofDay : ofDay.filter(({ model }) => model === this.filter.model),
          minutes,
        );
      },
      { ...this.options, attributes: ATTRIBUTES, between: [since.toISOString(), AFTER_ALL] },
    );
    const partition = { name, agentId: agentOf(name), utcDay };
    this.day.replace(partition, minuteOf(since), minutes, now, unreadable);
    this.readUntil.set(name, now);
  }

  private isWanted(name: string): boolean {
    return this.filter.agentId === undefined || agentOf(name) === this.filter.agentId;
  }

  private forget(before: string): void {
    this.day.forgetBefore(before);
    for (const name of this.readUntil.keys()) if (utcDayOf(name) < before) this.readUntil.delete(name);
  }
}

function agentOf(partition: string): string {
  return unescapeKeyPart(partition.split(KEY_SEPARATOR)[1]);
}

function utcDayOf(partition: string): string {
  return partition.split(KEY_SEPARATOR)[2];
}

/** Subtracts `minutes` from a time, and returns the start of the minute that contains the result. */
function minutesBefore(time: Date, minutes: number): Date {
  return new Date((minuteOf(time) - minutes) * MS_PER_MINUTE);
}

function earlier(one: Date, other: Date): Date {
  return one < other ? one : other;
}

function later(one: Date, other: Date): Date {
  return one > other ? one : other;
}

function utcDays(from: Date, to: Date): string[] {
  const days: string[] = [];
  for (let day = dayOf(from); day <= dayOf(to); day = addUtcDays(day, 1)) days.push(day);
  return days;
}
