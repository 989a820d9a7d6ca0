import { type LiveDay, minuteOf, MS_PER_MINUTE, SHOWN_MINUTES } from './live-day';
import { addLiveSums, type LiveSums, noLiveSums } from './live-sums';
import type { LiveFilter } from './poll';
import { money } from '../../reports/figures/figures';
import type { Money } from '../../reports/results';
import { dayIn } from '../../reports/source/day-range';

/** Number of minutes for the averages in `perMinute`, including the current, incomplete minute. */
const RATE_MINUTES = 5;

/** Figures of the live view. Tokens and cost exclude cached responses. */
export interface LiveFigures {
  /** Number of invocations that a model answered. */
  readonly answered: number;
  /** Number of invocations that failed. */
  readonly failed: number;
  /** Number of responses from the application's own cache. */
  readonly fromCache: number;
  /** Input tokens, including cache reads and cache writes. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly totalTokens: number;
  readonly cost: Money;
}

/** Usage and cost of today at one moment. */
export interface LiveView {
  /** Time of the view: ISO 8601, UTC. */
  readonly generatedAt: string;
  readonly timeZone: string;
  /** Date of today in the time zone. */
  readonly day: string;
  readonly agentId?: string;
  readonly model?: string;
  /** Figures of the day so far. */
  readonly total: LiveFigures;
  /** Averages per minute. The period is four complete minutes and the current, incomplete minute. */
  readonly perMinute: {
    /** Length of the averaged period in seconds. */
    readonly seconds: number;
    readonly answered: number;
    readonly tokens: number;
    readonly cost: Money;
  };
  /** Agents sorted by cost, highest first. */
  readonly agents: readonly (LiveFigures & { readonly name: string })[];
  /** Figures of each minute of the last hour. The current minute comes last. */
  readonly minutes: readonly (LiveFigures & { readonly start: string })[];
  /**
   * Number of today's traces with an invalid time. This is a lower bound. The figures exclude these traces.
   * Absent if 0.
   */
  readonly unreadable?: number;
  /** Number of requests to the table, and number of read units, since the command started. */
  readonly reads: { readonly requests: number; readonly units: number };
}

/** Creates the live view from the sums of the day. */
export function liveView(
  day: LiveDay,
  now: Date,
  timeZone: string,
  reads: LiveView['reads'],
  filter: LiveFilter = {},
): LiveView {
  const total = noLiveSums();
  const agents = day.agents(now);
  for (const sums of agents.values()) addLiveSums(total, sums);
  const first = minuteOf(now) - SHOWN_MINUTES + 1;
  return {
    generatedAt: now.toISOString(),
    timeZone,
    day: dayIn(now, timeZone),
    ...filter,
    total: figuresOf(total),
    perMinute: rateOf(day, now),
    agents: [...agents].map(([name, sums]) => ({ name, ...figuresOf(sums) })).sort(compareCost),
    minutes: day.lastMinutes(now, SHOWN_MINUTES).map((sums, index) => ({
      start: new Date((first + index) * MS_PER_MINUTE).toISOString(),
      ...figuresOf(sums),
    })),
    ...(day.unreadable > 0 ? { unreadable: day.unreadable } : {}),
    reads: { ...reads },
  };
}

function rateOf(day: LiveDay, now: Date): LiveView['perMinute'] {
  const sums = noLiveSums();
  for (const minute of day.lastMinutes(now, RATE_MINUTES)) addLiveSums(sums, minute);
  const ms = now.getTime() - (minuteOf(now) - RATE_MINUTES + 1) * MS_PER_MINUTE;
  const aMinute = (figure: number) => Math.round(((figure * MS_PER_MINUTE) / ms) * 100) / 100;
  return {
    seconds: Math.round(ms / 1000),
    answered: aMinute(sums.answered),
    tokens: aMinute(sums.inputTokens + sums.outputTokens),
    cost: money((sums.picoUsd * BigInt(MS_PER_MINUTE)) / BigInt(ms), sums.unpriced, sums),
  };
}

function figuresOf({
  answered,
  failed,
  fromCache,
  inputTokens,
  outputTokens,
  picoUsd,
  unpriced,
  ...bound
}: LiveSums): LiveFigures {
  return {
    answered,
    failed,
    fromCache,
    inputTokens,
    outputTokens,
    totalTokens: inputTokens + outputTokens,
    cost: money(picoUsd, unpriced, bound),
  };
}

function compareCost(one: LiveView['agents'][number], other: LiveView['agents'][number]): number {
  const difference = other.cost.picoUsd - one.cost.picoUsd;
  if (difference !== 0n) return difference > 0n ? 1 : -1;
  return other.answered - one.answered || (one.name < other.name ? -1 : 1);
}
