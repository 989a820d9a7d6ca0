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

/** Maximum number of pages in memory. With this limit, memory use does not grow with the number of traces. */
const PAGES_AHEAD = 4;

/**
 * Maximum number of traces in a page. Without this limit, a page could have 1 MB. Several MB of memory would
 * be needed to parse such a page.
 */
const PAGE_TRACES = 400;

/** Time range, agent and read options of a stream of traces. */
export interface TraceStreamOptions extends Pick<
  ReadOptions,
  'attributes' | 'onReadUnits' | 'onRequest' | 'signal'
> {
  readonly from: Date;
  /** Exclusive end of the range. */
  readonly to: Date;
  /** Agent whose traces are read. Default: all agents. */
  readonly agentId?: string;
}

/** Result of a step: the traces that the step read, and the steps that come directly after it. */
interface Read {
  readonly traces: readonly Trace[];
  readonly next: readonly ReadStep[];
}
type ReadStep = (options: ReadOptions) => Promise<Read>;

/** Entry in the linked list of steps. The steps are in the order of the stream. */
interface StepNode {
  readonly step: ReadStep;
  next?: StepNode;
  reading?: Promise<Read>;
}

/**
 * Reads all traces of a time range, page by page. The order is always the same: by UTC day, agent, shard and
 * time. Reads a few pages ahead. Stops reading if the caller leaves the loop early.
 *
 * @throws the error of DynamoDB if a request fails
 * @throws the abort reason if the signal is aborted
 */
export async function* traceStream(
  reader: TraceReader,
  options: TraceStreamOptions,
): AsyncGenerator<readonly Trace[], void, undefined> {
  const ended = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, ended.signal]) : ended.signal;
  const reading = { ...options, signal };
  let head: StepNode | undefined = insertBefore([readDays(reader, dayOf(options.from), options)], undefined);
  const pending = new Set<Promise<unknown>>();

  const startAhead = () => {
    if (signal.aborted) return;
    let started = 0;
    for (let node = head; node && started < PAGES_AHEAD; node = node.next, started += 1) {
      node.reading ??= start(node);
    }
  };
  const start = (node: StepNode) => {
    const promise = node.step(reading).then(read => {
      node.next = insertBefore(read.next, node.next);
      startAhead();
      return read;
    });
    // The second `() => undefined` handles an error of `promise`, so that Node.js does not report an
    // unhandled rejection. The loop below awaits the same promise, and throws the error.
    const settled = promise
      .then(
        () => undefined,
        () => undefined,
      )
      .finally(() => pending.delete(settled));
    pending.add(settled);
    return promise;
  };

  try {
    while (head) {
      options.signal?.throwIfAborted();
      startAhead();
      const read: Read | undefined = await head.reading;
      head = head.next;
      startAhead();
      if (read && read.traces.length > 0) yield read.traces;
    }
  } catch (error) {
    // The reason of the signal is clearer than the error of the request that was aborted.
    options.signal?.throwIfAborted();
    throw error;
  } finally {
    ended.abort();
    await Promise.all(pending);
  }
}

/** Inserts steps before a node, and returns the first node of the new list. */
function insertBefore(steps: readonly ReadStep[], node: StepNode | undefined): StepNode | undefined {
  return steps.reduceRight<StepNode | undefined>((next, step) => ({ step, next }), node);
}

/**
 * Returns a step that reads the day index of a day. Steps for the partitions of the day follow, and then a
 * step for the next day.
 */
function readDays(reader: TraceReader, day: string, { from, to, agentId }: TraceStreamOptions): ReadStep {
  return async options => {
    const start = startOfDay(day);
    if (start >= to) return { traces: [], next: [] };
    const following = addUtcDays(day, 1);
    const isWhole = from <= start && startOfDay(following) <= to;
    // DynamoDB includes both bounds of `between`. But traces at the time `to` are not read: their keys have a
    // suffix after the time, and so sort after the upper bound.
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
        ...partitions.map(partition => readPartition(reader, { partition, between })),
        readDays(reader, following, { from, to, agentId }),
      ],
    };
  };
}

/**
 * Returns a step that reads the first page of a partition. If there are more pages, the step returns one
 * further step for each hour. These steps can run at the same time.
 */
function readPartition(reader: TraceReader, range: TraceRange): ReadStep {
  return async options => {
    const { traces, last } = await reader.page(range, { ...options, limit: PAGE_TRACES });
    return { traces, next: last ? hoursAfter(range, last).map(hour => readPages(reader, hour)) : [] };
  };
}

/**
 * Returns a step that reads one page of a range. If there are more pages, a step for the next page follows.
 */
function readPages(reader: TraceReader, range: TraceRange): ReadStep {
  return async options => {
    const { traces, last } = await reader.page(range, { ...options, limit: PAGE_TRACES });
    return { traces, next: last ? [readPages(reader, { ...range, after: last })] : [] };
  };
}
