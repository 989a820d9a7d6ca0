import type { RepricedReading } from './daily';
import { ROLLUP_TRACE_ATTRIBUTES } from '../../lambda/rollup/agent-day';
import { countDays, addUtcDays, startOfDay } from '../../lambda/rollup/utc-day';
import { dayOf } from '../../lambda/traces/trace-keys';
import { FigureSum, NamedSums } from '../figures/figure-sum';
import type { TopReport } from '../results';
import { type Days, spanOf } from '../source/day-range';
import { headOf, ReadCount } from '../source/read-report';

/** Default value of `keep` in `topIncidents`, to limit memory use. */
const MAX_INCIDENTS = 100_000;

/**
 * Returns the report on the most expensive incidents of a range. Reads every trace of the range, because
 * rollups do not contain incidents.
 *
 * @param keep number of incidents to keep when memory use is reduced. This happens when more than `2 * keep`
 * incidents are in memory
 */
export async function topIncidents(
  days: Days,
  limit: number,
  reading: RepricedReading,
  keep = MAX_INCIDENTS,
): Promise<TopReport> {
  const { source, now, signal, agentId, model, repricer, onProgress } = reading;
  const span = spanOf(days);
  // If the range ends after today (UTC), reading stops at the end of today.
  const end = new Date(Math.min(span.end.getTime(), startOfDay(addUtcDays(dayOf(now), 1)).getTime()));
  const count = new ReadCount();
  const total = new FigureSum();
  const incidents = new NamedSums();
  const seen = { forgotten: 0 };
  const progress = {
    done: 0,
    total: Math.max(
      1,
      countDays(dayOf(span.start), dayOf(new Date(Math.max(span.start.getTime(), end.getTime() - 1)))),
    ),
  };
  await source.traces(
    { start: span.start, end },
    [...ROLLUP_TRACE_ATTRIBUTES, 'incidentId'],
    traces => {
      for (const trace of traces) {
        if (model !== undefined && trace.model !== model) continue;
        total.addTrace(trace, repricer);
        if (trace.incidentId === undefined) continue;
        incidents.of(trace.incidentId).addTrace(trace, repricer);
        if (incidents.size <= 2 * keep) continue;
        seen.forgotten += incidents.size - keep;
        incidents.keepTop(keep);
      }
    },
    {
      meter: count,
      signal,
      agentId,
      onDay: () => {
        count.tracedDays += 1;
        progress.done += 1;
        onProgress?.({ ...progress });
      },
    },
  );
  const entries = incidents.figures();
  return {
    ...headOf(days, reading, count),
    by: 'incident',
    entries: entries.slice(0, limit),
    count: entries.length + seen.forgotten,
    ...forgotten(seen.forgotten),
    total: total.figures(),
  };
}

function forgotten(count: number): Pick<TopReport, 'forgotten'> {
  return count > 0 ? { forgotten: count } : {};
}
