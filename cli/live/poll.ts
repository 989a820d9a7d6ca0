import { dayStart, type LiveDay, minuteOf, minutesOf, MS_PER_MINUTE, SHOWN_MINUTES } from './live-day';
import type { LiveSums } from './live-sums';
import { forEachConcurrent } from '../../lambda/process/promises';
import { addUtcDays, isInDay } from '../../lambda/rollup/utc-day';
import { dayOf, unescapeKeyPart } from '../../lambda/traces/trace-keys';
import type { ReadOptions, TraceReader } from '../../lambda/traces/trace-reader.aws';
import { KEY_SEPARATOR } from '../../src/contract';

/**
 * Traces come late: outside of Lambda they wait up to a minute
 * for others to go with them. So much is read again each time.
 */
const OVERLAP_MINUTES = 2;
/** Some come much later, by the ingest or a replay. The whole hour is read again each so many minutes. */
const WIDE_EVERY_MS = 5 * MS_PER_MINUTE;
/** Partitions that are read at once. */
const AT_ONCE = 8;
/** The character after the digits, with which every time stamp begins: no sort key of a trace is after it. */
const AFTER_ALL = ':';
/** What of a trace is added up. */
const ATTRIBUTES = [
  'model',
  'timestamp',
  'uncachedInputTokens',
  'cacheReadTokens',
  'cacheWrite5mTokens',
  'cacheWrite1hTokens',
  'outputTokens',
  'costUsd',
  'error',
  'source',
  'cached',
];

/** What a live view is narrowed to. */
export interface LiveFilter {
  readonly agentId?: string;
  /** The foundation model's id. */
  readonly model?: string;
}

/**
 * Reads what is new, again and again. A poll that fails changes
 * nothing for what it did not read, and the next one reads it.
 */
export class LivePoll {
  /** Up to when a partition was read. */
  private readonly readUntil = new Map<string, Date>();
  private wideAt = -Infinity;
  /** Requests and read units until now. */
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

  /** @throws what the table's client does */
  async poll(now: Date): Promise<void> {
    const start = dayStart(now, this.timeZone);
    // The first view has today and the last hour; a partition
    // that is new may have traces from before it was named.
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
    await forEachConcurrent(partitions, AT_ONCE, async name => {
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

/** The start of the minute that is so many before. */
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
