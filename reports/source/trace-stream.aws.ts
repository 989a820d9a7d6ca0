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
 * Maximum number of pages that are requested before the caller needs them. The limit keeps memory use small.
 */
const PAGES_AHEAD = 4;

/**
 * Maximum number of traces in one page. A page of 1 MB, the limit of DynamoDB, needs several MB of memory.
 */
const PAGE_TRACES = 400;

/** Options of `traceStream`: time range, agent, and options that are passed to each read. */
export interface TraceStreamOptions extends Pick<
  ReadOptions,
  'attributes' | 'onReadUnits' | 'onRequest' | 'signal'
> {
  readonly from: Date;
  /** End of the time range. Traces at exactly this time are not read. */
  readonly to: Date;
  /** Agent whose traces are read. Default: all agents. */
  readonly agentId?: string;
}

/** Result of a read step: traces, and the read steps to insert directly after this step. */
interface Read {
  readonly traces: readonly Trace[];
  readonly next: readonly ReadStep[];
}
type ReadStep = (options: ReadOptions) => Promise<Read>;

/** Node in the linked list of read steps. The list has the order of the stream. */
interface StepNode {
  readonly step: ReadStep;
  next?: StepNode;
  reading?: Promise<Read>;
}

/**
 * Reads all traces of a time range, page by page. The order is always the same: by UTC day, agent, shard (a
 * numbered part of an agent's traces) and time. Requests a few pages in advance. Stops if the caller leaves
 * the loop early.
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
    // `settled` never rejects, because a rejection here would be unhandled. The loop below awaits `promise`,
    // and throws its error.
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
    // If the signal is aborted, throws the abort reason instead of the error of the request.
    options.signal?.throwIfAborted();
    throw error;
  } finally {
    ended.abort();
    await Promise.all(pending);
  }
}

/** Inserts read steps into the linked list, before `node`. Returns the first entry of the new list. */
function insertBefore(steps: readonly ReadStep[], node: StepNode | undefined): StepNode | undefined {
  return steps.reduceRight<StepNode | undefined>((next, step) => ({ step, next }), node);
}

/**
 * Returns a step that finds the partitions of a day in the day index. The next steps read the traces, one
 * step for each partition. Then a step like this one handles the following day.
 */
function readDays(reader: TraceReader, day: string, { from, to, agentId }: TraceStreamOptions): ReadStep {
  return async options => {
    const start = startOfDay(day);
    if (start >= to) return { traces: [], next: [] };
    const following = addUtcDays(day, 1);
    const isWhole = from <= start && startOfDay(following) <= to;
    // Sort keys begin with the time and have a suffix. The upper bound has no suffix, so traces at the time
    // `to` are excluded.
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
 * Returns a step that reads the first page of a partition. If there are more pages, each next step reads the
 * traces of one hour. Several hours can then be read at the same time.
 */
function readPartition(reader: TraceReader, range: TraceRange): ReadStep {
  return async options => {
    const { traces, last } = await reader.page(range, { ...options, limit: PAGE_TRACES });
    return { traces, next: last ? hoursAfter(range, last).map(hour => readPages(reader, hour)) : [] };
  };
}

/**
 * Returns a step that reads one page of traces. If there are more pages, the next step reads the next page.
 */
function readPages(reader: TraceReader, range: TraceRange): ReadStep {
  return async options => {
    const { traces, last } = await reader.page(range, { ...options, limit: PAGE_TRACES });
    return { traces, next: last ? [readPages(reader, { ...range, after: last })] : [] };
  };
}
