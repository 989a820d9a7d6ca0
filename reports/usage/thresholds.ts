import type { Adding } from './daily';
import { picoToDecimalString, usdToPico } from '../../lambda/pricing/pico';
import { usdText } from '../../lambda/pricing/usd-text';
import { ROLLUP_TRACE_ATTRIBUTES } from '../../lambda/rollup/agent-day';
import { FigureSum } from '../figures/figure-sum';
import { costText } from '../figures/figures';
import type { Limits, Money, ThresholdCheck, ThresholdReport } from '../results';
import { type Span, dayIn, spanOf } from '../source/day-range';
import { ReadCount, readCells, unreadableOf } from '../source/read-report';

const HOUR_MS = 3_600_000;
/** Shares of a limit are compared and told to the hundredth of a per cent. */
const SHARE_STEPS = 10_000n;

/** Compares what was spent with limits. It tells, and does nothing else. */
export async function thresholdReport(
  limits: Limits,
  timeZone: string,
  adding: Adding,
): Promise<ThresholdReport> {
  requireLimits(limits);
  const { now, agentId, model } = adding;
  const count = new ReadCount();
  const ofHour = new ReadCount();
  const checks: ThresholdCheck[] = [];
  if (limits.daily !== undefined) {
    const today = dayIn(now, timeZone);
    const span = spanOf({ from: today, to: today, timeZone });
    checks.push(
      checkOf('daily', limits.daily, { start: span.start, end: now }, await spentToday(span, adding, count)),
    );
  }
  if (limits.hourly !== undefined) {
    const span = { start: new Date(now.getTime() - HOUR_MS), end: now };
    checks.push(checkOf('hourly', limits.hourly, span, await spentSince(span, adding, ofHour)));
  }
  const reasons = checks.filter(({ exceeded }) => exceeded).map(({ reason }) => reason);
  return {
    timeZone,
    ...(agentId === undefined ? {} : { agentId }),
    ...(model === undefined ? {} : { model }),
    generatedAt: now.toISOString(),
    alertRequired: reasons.length > 0,
    checks,
    reasons,
    // The hour is part of the day.
    ...unreadableOf(count.unreadable >= ofHour.unreadable ? count : ofHour),
    reads: { requests: count.requests + ofHour.requests, units: count.units + ofHour.units },
  };
}

async function spentToday(span: Span, adding: Adding, count: ReadCount): Promise<Money> {
  const sum = new FigureSum();
  for await (const cells of readCells([span], adding, count)) {
    for (const { day, model, part } of cells) {
      sum.add(part.kind, part.sums, adding.repricer?.priceOfPart(day, { ...part, model }));
    }
  }
  return moneyOf(sum);
}

/** An hour is no whole number of quarter-hours from now: its traces are read. */
async function spentSince(
  span: Span,
  { source, signal, agentId, model, repricer }: Adding,
  count: ReadCount,
): Promise<Money> {
  const sum = new FigureSum();
  await source.traces(
    span,
    ROLLUP_TRACE_ATTRIBUTES,
    traces => {
      for (const trace of traces) {
        if (model === undefined || trace.model === model) sum.addTrace(trace, repricer);
      }
    },
    { meter: count, signal, agentId },
  );
  return moneyOf(sum);
}

/** By the prices that were asked for, else as it was recorded. */
function moneyOf(sum: FigureSum): Money {
  const { cost, repriced } = sum.figures();
  if (!repriced) return cost;
  const { picoUsd, usd, atLeast, unpriced } = repriced;
  return { picoUsd, usd, atLeast, unpriced };
}

function checkOf(
  period: ThresholdCheck['period'],
  limitUsd: number,
  { start, end }: Span,
  actual: Money,
): ThresholdCheck {
  const limit = usdToPico(limitUsd);
  const exceeded = actual.picoUsd > limit;
  const above = exceeded ? actual.picoUsd - limit : 0n;
  const used =
    limit === 0n
      ? exceeded
        ? Infinity
        : 0
      : Number((actual.picoUsd * SHARE_STEPS) / limit) / Number(SHARE_STEPS);
  const when = period === 'daily' ? 'today' : 'in the last 60 minutes';
  const spent = `${costText(actual)} spent ${when}`;
  return {
    period,
    limitUsd: picoToDecimalString(limit),
    from: start.toISOString(),
    to: end.toISOString(),
    actual,
    exceeded,
    // JSON has no infinity.
    used: Number.isFinite(used) ? used : Number.MAX_SAFE_INTEGER,
    byUsd: picoToDecimalString(above),
    reason: exceeded
      ? `${spent}: ${usdText(above)} above the ${period} limit of ${usdText(limit)}`
      : `${spent}, within the ${period} limit of ` +
        `${usdText(limit)}${actual.atLeast ? ' as far as prices are known' : ''}`,
  };
}

function requireLimits({ daily, hourly }: Limits): void {
  if (daily === undefined && hourly === undefined) {
    throw new RangeError('at least one of the limits `daily` and `hourly` must be given, in US dollars');
  }
  for (const [name, limit] of Object.entries({ daily, hourly })) {
    if (limit !== undefined && !(Number.isFinite(limit) && limit >= 0)) {
      throw new RangeError(`the limit \`${name}\` must be US dollars, 0 or more, got: ${limit}`);
    }
  }
}
