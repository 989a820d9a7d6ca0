import { COST_ATTRIBUTES, type DayCosts, DayCostSums } from './day-costs';
import { dayOf } from '../traces/trace-keys';
import type { TraceReader } from '../traces/trace-reader.aws';

/** Costs of a day, from the traces that could be read. */
export interface DayReading {
  readonly costs: DayCosts;
  /** Error that stopped the read early. Undefined if all traces were read. */
  readonly failure?: unknown;
}

const DAY_MS = 86_400_000;

/**
 * Adds up the costs of the traces from `from` to `to`, both inclusive. After `timeoutMs` or an error, returns
 * the sums of the traces read so far.
 */
export async function readDay(
  reader: TraceReader,
  from: Date,
  to: Date,
  timeoutMs: number,
): Promise<DayReading> {
  const sums = new DayCostSums(from, to);
  const stop = new AbortController();
  const { signal } = stop;
  const timeoutError = Object.assign(
    new Error(`the traces of the day were not read in ${timeoutMs / 1000} seconds`),
    { name: 'TimeoutError' },
  );
  const timer = setTimeout(() => stop.abort(timeoutError), timeoutMs);
  try {
    for (const day of utcDays(from, to)) {
      const partitions = (await reader.dayIndex(day, { signal })).map(({ partition }) => partition);
      await reader.read(partitions, traces => sums.add(traces), {
        attributes: COST_ATTRIBUTES,
        byHours: true,
        signal,
      });
    }
    return { costs: sums.costs() };
  } catch (failure) {
    return { costs: sums.costs(), failure: signal.aborted ? signal.reason : failure };
  } finally {
    clearTimeout(timer);
    // If one read has failed, aborts the other reads.
    stop.abort();
  }
}

function utcDays(from: Date, to: Date): string[] {
  const first = Math.floor(from.getTime() / DAY_MS);
  const last = Math.floor(to.getTime() / DAY_MS);
  return Array.from({ length: last - first + 1 }, (_, index) => dayOf(new Date((first + index) * DAY_MS)));
}
