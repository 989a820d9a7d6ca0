import { TZDate } from '@date-fns/tz';
import { addDays, addMonths, addWeeks, format, startOfMonth, startOfISOWeek } from 'date-fns';
import type { RepricedReading } from './daily';
import { addUtcDays, countDays } from '../../lambda/rollup/utc-day';
import { FigureSum } from '../figures/figure-sum';
import type { Change, Figures, Granularity, TrendsReport } from '../results';
import {
  type Days,
  eachDay,
  endOfQuarter,
  offsetText,
  type Span,
  spanOf,
  startOfDayIn,
} from '../source/day-range';
import { headOf, ReadCount, readCells } from '../source/read-report';

const HOUR_MS = 3_600_000;

interface Period {
  /** Entire hour, day, week or month, even if it begins before the range or ends after it. */
  readonly whole: Span;
  /** Part of the calendar period that is in the range. */
  readonly within: Span;
  /**
   * Time span before the period, for the comparison. If the period is incomplete, the time span has the same
   * length as the past part of the period.
   */
  readonly before: Span;
  readonly complete: boolean;
}

/**
 * Functions for days, weeks and months in local time: `start` returns the start of a period, and `add` moves
 * a date by a number of periods.
 */
const STEPS: Readonly<
  Record<
    Exclude<Granularity, 'hour'>,
    { readonly start: (date: Date) => Date; readonly add: (date: Date, count: number) => Date }
  >
> = {
  day: { start: date => date, add: addDays },
  week: { start: startOfISOWeek, add: addWeeks },
  month: { start: startOfMonth, add: addMonths },
};

/** Format of the label of a period, such as `2026-W47` for an ISO 8601 week. */
const LABELS: Readonly<Record<Granularity, string>> = {
  hour: 'yyyy-MM-dd HH:mm',
  day: 'yyyy-MM-dd',
  week: "RRRR-'W'II",
  month: 'yyyy-MM',
};

/**
 * Makes the report on usage and cost over time. For each period, the report has the figures and their change
 * from the previous period.
 */
export async function trendsReport(
  days: Days,
  granularity: Granularity,
  reading: RepricedReading,
): Promise<TrendsReport> {
  const { now } = reading;
  const range = spanOf(days);
  const periods = splitPeriods(days, granularity, now);
  const before = daysBefore(days, now);
  const spans = [range, before, ...periods.flatMap(period => [period.within, period.before])];
  const sums = spans.map(() => new FigureSum());
  const count = new ReadCount();
  for await (const cells of readCells(spans, reading, count)) {
    for (const { span, day, model, part } of cells) {
      sums[span].add(part.kind, part.sums, reading.repricer?.priceOfPart(day, { ...part, model }));
    }
  }
  const [total, ofBefore, ...rest] = sums.map(sum => sum.figures());
  return {
    ...headOf(days, reading, count),
    granularity,
    periods: periods.map(({ within, complete }, index) => ({
      start: offsetText(within.start, days.timeZone),
      end: offsetText(within.end, days.timeZone),
      label: labelOf(periods[index].whole.start, granularity, days.timeZone),
      complete,
      ...rest[2 * index],
      change: changeOf(rest[2 * index], rest[2 * index + 1]),
    })),
    total,
    before: ofBefore,
    change: changeOf(total, ofBefore),
  };
}

/** Divides a range into hours, days, weeks or months. Periods that begin in the future are omitted. */
function splitPeriods(days: Days, granularity: Granularity, now: Date): Period[] {
  const range = spanOf(days);
  const wholes = granularity === 'hour' ? hoursOf(days) : datesOf(days, granularity);
  return wholes
    .filter(({ whole }) => whole.start <= now)
    .map(({ whole, previous }) => {
      const within = { start: later(whole.start, range.start), end: earlier(whole.end, range.end) };
      const complete =
        within.start >= whole.start &&
        within.end >= whole.end &&
        whole.start >= range.start &&
        whole.end <= now;
      const until = earlier(within.end, endOfQuarter(now));
      const offset = within.start.getTime() - whole.start.getTime();
      const from = new Date(previous.start.getTime() + offset);
      const before = complete
        ? previous
        : {
            start: earlier(from, previous.end),
            end: earlier(new Date(from.getTime() + until.getTime() - within.start.getTime()), previous.end),
          };
      return { whole, within, before, complete };
    });
}

/**
 * Returns each hour of a range of days, and the hour before it. If a time change shifts the clock by 30
 * minutes, the last hour of the day is shorter.
 */
function hoursOf(days: Days): { whole: Span; previous: Span }[] {
  const before = { ...days, from: addUtcDays(days.from, -1) };
  const hours = eachDay(before).flatMap(day => {
    const { start, end } = spanOf({ ...days, from: day, to: day });
    const spans: Span[] = [];
    for (let time = start.getTime(); time < end.getTime(); time += HOUR_MS) {
      spans.push({ start: new Date(time), end: earlier(new Date(time + HOUR_MS), end) });
    }
    return spans;
  });
  const first = startOfDayIn(days.from, days.timeZone);
  return hours.flatMap((whole, index) =>
    whole.start < first ? [] : [{ whole, previous: hours[index - 1] }],
  );
}

function datesOf(
  { from, to, timeZone }: Days,
  granularity: Exclude<Granularity, 'hour'>,
): { whole: Span; previous: Span }[] {
  const { start, add } = STEPS[granularity];
  const first = start(new TZDate(startOfDayIn(from, timeZone).getTime(), timeZone));
  const end = startOfDayIn(addUtcDays(to, 1), timeZone);
  const at = (count: number) => new Date(add(first, count).getTime());
  const spans: { whole: Span; previous: Span }[] = [];
  for (let count = 0; at(count) < end; count += 1) {
    spans.push({
      whole: { start: at(count), end: at(count + 1) },
      previous: { start: at(count - 1), end: at(count) },
    });
  }
  return spans;
}

/**
 * Returns the time span before a range, for the comparison. It has as many days as the range. If the range is
 * not over, the time span is as long as the past part of the range.
 */
function daysBefore(days: Days, now: Date): Span {
  const count = countDays(days.from, days.to);
  const { start, end } = spanOf(days);
  const from = startOfDayIn(addUtcDays(days.from, -count), days.timeZone);
  if (end <= now) return { start: from, end: start };
  return {
    start: from,
    end: earlier(
      start,
      new Date(from.getTime() + Math.max(0, endOfQuarter(now).getTime() - start.getTime())),
    ),
  };
}

function changeOf(present: Figures, earlierOnes: Figures): Change {
  const known = !present.cost.atLeast && !earlierOnes.cost.atLeast;
  return {
    ...(known ? share('cost', Number(present.cost.picoUsd), Number(earlierOnes.cost.picoUsd)) : {}),
    ...share('answered', present.answered, earlierOnes.answered),
    ...share('tokens', present.totalTokens, earlierOnes.totalTokens),
  };
}

function share(name: keyof Change, present: number, before: number): Change {
  return before === 0 ? {} : { [name]: (present - before) / before };
}

function labelOf(start: Date, granularity: Granularity, timeZone: string): string {
  return format(new TZDate(start.getTime(), timeZone), LABELS[granularity]);
}

function earlier(one: Date, other: Date): Date {
  return one <= other ? one : other;
}

function later(one: Date, other: Date): Date {
  return one >= other ? one : other;
}
