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

/** Maximum pages in memory, so that memory use does not grow with the number of traces. */
const PAGES_AHEAD = 4;

/** Maximum traces of a page. A page of 1 MB would take several times its size in memory. */
const PAGE_TRACES = 400;

/** Time range, agent and read options of a stream of traces. */
export interface TraceStreamOptions extends Pick<
  ReadOptions,
  'attributes' | 'onReadUnits' | 'onRequest' | 'signal'
> {
  readonly from: Date;
  /** End of the range, exclusive. */
  readonly to: Date;
  /** Agent of the traces. Default: all. */
  readonly agentId?: string;
}

/** Result of one read: its traces, and the steps that read the traces directly after them. */
interface Read {
  readonly traces: readonly Trace[];
  readonly next: readonly ReadStep[];
}
type ReadStep = (options: ReadOptions) => Promise<Read>;

/** Node of the linked list of steps. */
interface StepNode {
  readonly step: ReadStep;
  next?: StepNode;
  reading?: Promise<Read>;
}

/**
 * Reads all traces of a time range page by page, in a stable order: by UTC day, then by partition (agent,
 * then shard), then by time. It reads a few pages ahead. Ending the iteration early ends the reading.
 *
 * @throws an error of DynamoDB, or the reason of the aborted signal
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
    // The loop below throws the error when it reaches this node. Until then it must not count as unhandled.
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
    // The reason of the signal is clearer than the error of the aborted request.
    options.signal?.throwIfAborted();
    throw error;
  } finally {
    ended.abort();
    await Promise.all(pending);
  }
}

/** Inserts steps before a node, and returns the first node. */
function insertBefore(steps: readonly ReadStep[], node: StepNode | undefined): StepNode | undefined {
  return steps.reduceRight<StepNode | undefined>((next, step) => ({ step, next }), node);
}

/**
 * Returns a step that reads the day index of a day. The next steps read the partitions of the day, and then
 * the next day.
 */
function readDays(reader: TraceReader, day: string, { from, to, agentId }: TraceStreamOptions): ReadStep {
  return async options => {
    const start = startOfDay(day);
    if (start >= to) return { traces: [], next: [] };
    const following = addUtcDays(day, 1);
    const isWhole = from <= start && startOfDay(following) <= to;
    // Both bounds are inclusive. Keys with the time `to` are excluded, because their suffix puts them above
    // the bound.
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
 * Returns a step that reads the first page of a partition. The next steps read the rest hour by hour, so that
 * they can run concurrently.
 */
function readPartition(reader: TraceReader, range: TraceRange): ReadStep {
  return async options => {
    const { traces, last } = await reader.page(range, { ...options, limit: PAGE_TRACES });
    return { traces, next: last ? hoursAfter(range, last).map(hour => readPages(reader, hour)) : [] };
  };
}

/** Returns a step that reads a page. The next step reads the next page of the same range. */
function readPages(reader: TraceReader, range: TraceRange): ReadStep {
  return async options => {
    const { traces, last } = await reader.page(range, { ...options, limit: PAGE_TRACES });
    return { traces, next: last ? [readPages(reader, { ...range, after: last })] : [] };
  };
}
