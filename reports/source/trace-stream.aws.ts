import { addUtcDays, startOfDay } from '../../lambda/rollup/utc-day';
import type { Trace } from '../../lambda/traces/trace';
import { dayOf, escapeKeyPart } from '../../lambda/traces/trace-keys';
import {
  hoursAfter,
  type ReadOptions,
  type SortKeys,
  type TraceRange,
  type TraceReader,
} from '../../lambda/traces/trace-reader.aws';
import { KEY_SEPARATOR } from '../../src/contract';

/**
 * Pages that are read, or wait to be taken, at once: what is
 * in memory does not grow with the number of traces.
 */
const PAGES_AHEAD = 4;

/** Traces of a page: a whole one of 1 MB takes several times its size in memory before it is collected. */
const PAGE_TRACES = 400;

/** Which traces are read, and how. */
export interface TraceStreamOptions extends Pick<
  ReadOptions,
  'attributes' | 'onReadUnits' | 'onRequest' | 'signal'
> {
  /** The first moment. */
  readonly from: Date;
  /** The first moment that is not read any more. */
  readonly to: Date;
  /** The one agent whose traces are read. Default: all. */
  readonly agentId?: string;
}

/** What one read brings: traces, and what is to be read between them and what follows. */
interface Read {
  readonly traces: readonly Trace[];
  readonly next: readonly ReadStep[];
}
type ReadStep = (options: ReadOptions) => Promise<Read>;

/** A step in the line of all, and the one after it. */
interface Place {
  readonly step: ReadStep;
  after?: Place;
  reading?: Promise<Read>;
}

/**
 * All traces between two moments, page by page, in an order that is the same each time: by UTC day, within it
 * by partition (agent, then shard), within that by time. Pages that come next are read while one is worked
 * on, a few and no more. Ending the iteration early ends the reading.
 *
 * @throws Error of the table; the signal's reason where it is aborted
 */
export async function* traceStream(
  reader: TraceReader,
  options: TraceStreamOptions,
): AsyncGenerator<readonly Trace[], void, undefined> {
  const ended = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, ended.signal]) : ended.signal;
  const reading = { ...options, signal };
  let head: Place | undefined = placed([daysFrom(reader, dayOf(options.from), options)], undefined);
  const underWay = new Set<Promise<unknown>>();

  const startAhead = () => {
    if (signal.aborted) return;
    let started = 0;
    for (let place = head; place && started < PAGES_AHEAD; place = place.after, started += 1) {
      place.reading ??= start(place);
    }
  };
  const start = (place: Place) => {
    const promise = place.step(reading).then(read => {
      place.after = placed(read.next, place.after);
      startAhead();
      return read;
    });
    // It is thrown when its turn comes; until then nobody waits for it.
    const settled = promise
      .then(
        () => undefined,
        () => undefined,
      )
      .finally(() => underWay.delete(settled));
    underWay.add(settled);
    return promise;
  };

  try {
    while (head) {
      options.signal?.throwIfAborted();
      startAhead();
      const read: Read | undefined = await head.reading;
      head = head.after;
      startAhead();
      if (read && read.traces.length > 0) yield read.traces;
    }
  } catch (error) {
    // What the client throws of an aborted request says less.
    options.signal?.throwIfAborted();
    throw error;
  } finally {
    ended.abort();
    await Promise.all(underWay);
  }
}

/** Steps in a line, before a place. */
function placed(steps: readonly ReadStep[], after: Place | undefined): Place | undefined {
  return steps.reduceRight<Place | undefined>((next, step) => ({ step, after: next }), after);
}

/** The directory of a day, which tells the partitions; the days after it follow. */
function daysFrom(reader: TraceReader, day: string, { from, to, agentId }: TraceStreamOptions): ReadStep {
  return async options => {
    const start = startOfDay(day);
    if (start >= to) return { traces: [], next: [] };
    const following = addUtcDays(day, 1);
    const isWhole = from <= start && startOfDay(following) <= to;
    // A sort key goes on after its time stamp, so none of the moment that is not read any more is up to it.
    const between: SortKeys | undefined = isWhole ? undefined : [from.toISOString(), to.toISOString()];
    const partitions = (await reader.dayIndex(day, options))
      .map(({ partition }) => partition)
      .filter(
        partition => agentId === undefined || partition.split(KEY_SEPARATOR)[1] === escapeKeyPart(agentId),
      )
      .sort();
    return {
      traces: [],
      next: [
        ...partitions.map(partition => partitionStep(reader, { partition, between })),
        daysFrom(reader, following, { from, to, agentId }),
      ],
    };
  };
}

/** The first page of a partition; what is left of it by hours, as pages of one range are a chain. */
function partitionStep(reader: TraceReader, range: TraceRange): ReadStep {
  return async options => {
    const { traces, last } = await reader.page(range, { ...options, limit: PAGE_TRACES });
    return { traces, next: last ? hoursAfter(range, last).map(hour => chainStep(reader, hour)) : [] };
  };
}

/** A page of a chain. */
function chainStep(reader: TraceReader, range: TraceRange): ReadStep {
  return async options => {
    const { traces, last } = await reader.page(range, { ...options, limit: PAGE_TRACES });
    return { traces, next: last ? [chainStep(reader, { ...range, after: last })] : [] };
  };
}
