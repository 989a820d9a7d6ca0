import type { RepricedReading } from './daily';
import { picoToDecimalString, usdToPico } from '../../lambda/pricing/pico';
import { usdText } from '../../lambda/pricing/usd-text';
import { ROLLUP_TRACE_ATTRIBUTES } from '../../lambda/rollup/agent-day';
import { ReportArgumentError } from '../errors';
import { FigureSum } from '../figures/figure-sum';
import { costText } from '../figures/figures';
import type { Limits, Money, ThresholdCheck, ThresholdReport } from '../results';
import { type Span, dayIn, spanOf } from '../source/day-range';
import { ReadCount, readCells, unreadableOf } from '../source/read-report';

const HOUR_MS = 3_600_000;
/** Number of steps between 0 and 100 % of a limit. `used` is rounded down to a step of 0.01 %. */
const SHARE_STEPS = 10_000n;

/**
 * Compares the cost of today and of the last 60 minutes with limits. It only reports, and blocks no calls.
 */
export async function thresholdReport(
  limits: Limits,
  timeZone: string,
  reading: RepricedReading,
): Promise<ThresholdReport> {
  requireLimits(limits);
  const { now, agentId, model } = reading;
  const count = new ReadCount();
  const ofHour = new ReadCount();
  const checks: ThresholdCheck[] = [];
  if (limits.daily !== undefined) {
    const today = dayIn(now, timeZone);
    const span = spanOf({ from: today, to: today, timeZone });
    checks.push(
      checkLimit(
        'daily',
        limits.daily,
        { start: span.start, end: now },
        await readCostOfDay(span, reading, count),
      ),
    );
  }
  if (limits.hourly !== undefined) {
    const span = { start: new Date(now.getTime() - HOUR_MS), end: now };
    checks.push(checkLimit('hourly', limits.hourly, span, await readCostOfSpan(span, reading, ofHour)));
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
    // Reports the larger of the two counts of unreadable traces. Their sum would count a trace of the last
    // hour twice, because this hour is usually a part of today.
    ...unreadableOf(count.unreadable >= ofHour.unreadable ? count : ofHour),
    reads: { requests: count.requests + ofHour.requests, units: count.units + ofHour.units },
  };
}

async function readCostOfDay(span: Span, reading: RepricedReading, count: ReadCount): Promise<Money> {
  const sum = new FigureSum();
  for await (const cells of readCells([span], reading, count)) {
    for (const { day, model, part } of cells) {
      sum.add(part.kind, part.sums, reading.repricer?.priceOfPart(day, { ...part, model }));
    }
  }
  return chooseCost(sum);
}

/**
 * Reads the cost of the last 60 minutes from traces. Rollups contain sums of whole quarter-hours, but the
 * span usually begins within a quarter-hour.
 */
async function readCostOfSpan(
  span: Span,
  { source, signal, agentId, model, repricer }: RepricedReading,
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
  return chooseCost(sum);
}

/**
 * Returns the cost that is compared with a limit: the second cost in a report with `reprice`, otherwise the
 * recorded cost.
 */
function chooseCost(sum: FigureSum): Money {
  const { cost, repriced } = sum.figures();
  if (!repriced) return cost;
  const { differencePicoUsd: _difference, differenceUsd: _text, ...chosen } = repriced;
  return chosen;
}

function checkLimit(
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
    // If the limit is 0, `used` is infinite. JSON has no infinity, so the report contains a very large number
    // instead.
    used: Number.isFinite(used) ? used : Number.MAX_SAFE_INTEGER,
    byUsd: picoToDecimalString(above),
    reason: exceeded
      ? `${spent}: ${usdText(above)} above the ${period} limit of ${usdText(limit)}`
      : `${spent}, within the ${period} limit of ` +
        `${usdText(limit)}${actual.atLeast ? ' as far as costs are known' : ''}`,
  };
}

function requireLimits({ daily, hourly }: Limits): void {
  if (daily === undefined && hourly === undefined) {
    throw new ReportArgumentError({ code: 'no-limit' });
  }
  for (const [name, value] of Object.entries({ daily, hourly })) {
    if (value !== undefined && !(Number.isFinite(value) && value >= 0)) {
      throw new ReportArgumentError({ code: 'invalid-limit', argument: `limits.${name}`, value });
    }
  }
}
