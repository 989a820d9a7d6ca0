import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { textOf } from './attributes';
import { cappedLines } from './capped-lines';
import { connectProvisional } from './provisional.aws';
import type { Replay, ReplayOptions, ReplaySource } from './replay';
import { type Spill, spillIn, spilledBatches } from './spilled-items';
import type { QueuedItem } from './trace-item';
import { connectTable } from './trace-table.aws';
import { TRACE_TABLE } from '../../src/contract';
import type { LoadMetricData } from '../metrics/load-metric-data';
import { MetricReplayer } from '../metrics/replay-metrics';
import { CONTENT_REFUSED } from '../process/aws-errors';
import { type Deadline, deadlineIn } from '../process/deadline';
import type { Outcome, WriteBatch } from '../process/retry';

const DEFAULT_DEADLINE_MS = 60_000;
/** Circuit breaker settings for a replay. The breaker never opens, so the replay tries each batch. */
const NEVER_OPEN = { failures: Number.MAX_SAFE_INTEGER, resetMs: 0 };
const MAX_POISONED_KEYS = 20;

/** Result of writing one batch. */
interface BatchOutcome extends Outcome<QueuedItem> {
  /** True if DynamoDB has written at least one item of the batch. */
  readonly tookSome: boolean;
}

/** Options of a replay that only code in this package can pass. */
export interface ReplayControl {
  readonly loadMetricData: LoadMetricData;
  /**
   * Called after each batch. If it returns false, the replay writes no further batches, and counts their
   * items as left. Default: all batches are written
   */
  readonly goesOn?: (outcome: BatchOutcome) => boolean;
  /** Signal that ends the replay. Items that are not yet in the table then count as left. */
  readonly signal?: AbortSignal;
}

/** Writes the traces in the log lines of `source` to the table, for `replaySpills`. */
export async function replay(
  source: ReplaySource,
  options: ReplayOptions,
  loadMetricData: LoadMetricData,
): Promise<Replay> {
  let refused = 0;
  const errors: unknown[] = [];
  const spills = async function* () {
    try {
      for await (const line of linesOf(source)) {
        const spill = spillIn(line);
        if (spill === 'refused') refused += 1;
        else if (spill) yield spill;
      }
    } catch (error) {
      // If reading fails, the earlier lines are still written. `replay` throws the error afterwards.
      errors.push(error);
    }
  };
  const outcome = await replaySpilled(spills(), options, { loadMetricData });
  if (errors.length > 0) throw errors[0];
  return { ...outcome, refused };
}

/**
 * Writes the traces in `spills` to the table. Sends the metric requests in `spills` to CloudWatch if the
 * option `metrics` is true.
 */
export async function replaySpilled(
  spills: AsyncIterable<Spill>,
  options: ReplayOptions,
  { goesOn = () => true, signal, loadMetricData }: ReplayControl,
): Promise<Omit<Replay, 'refused'>> {
  const [write, put] = [connectTable(options, NEVER_OPEN), connectProvisional(options, NEVER_OPEN)];
  const deadline = () => {
    const own = deadlineIn(options.deadlineMs ?? DEFAULT_DEADLINE_MS);
    return signal ? endedBy(own, signal) : own;
  };
  const metrics = new MetricReplayer(
    options.metrics ? { region: options.region, endpoint: options.cloudWatchEndpoint } : undefined,
    deadline,
    loadMetricData,
  );
  const items = async function* () {
    for await (const spill of spills) {
      if (spill.kind === 'item') yield spill.item;
      else await metrics.take(spill.metrics);
    }
  };
  const writeParts = (batch: readonly QueuedItem[], by: WriteBatch<QueuedItem>) =>
    writeByHalving(batch, async part => {
      const until = deadline();
      return by(part, until).finally(() => until.end());
    });
  let [written, left, poisoned] = [0, 0, 0];
  let firstReason: string | undefined;
  let isTrying = true;
  const poisonedKeys: (readonly [string, string])[] = [];
  for await (const batch of spilledBatches(items())) {
    const all = [...batch.items, ...batch.provisional];
    // `put` writes a provisional trace only if the table has no answered trace of the call.
    const outcomes = isTrying
      ? [
          ...(batch.items.length > 0 ? [await writeParts(batch.items, write)] : []),
          ...(await Promise.all(batch.provisional.map(item => writeParts([item], put)))),
        ]
      : [{ left: all, reason: undefined, poisoned: [] }];
    const [allLeft, allPoisoned] = [
      outcomes.flatMap(outcome => outcome.left),
      outcomes.flatMap(outcome => outcome.poisoned),
    ];
    const reason = outcomes.find(outcome => outcome.left.length > 0)?.reason;
    written += tracesIn(all) - tracesIn(allLeft) - tracesIn(allPoisoned);
    left += allLeft.length;
    poisoned += allPoisoned.length;
    poisonedKeys.push(...allPoisoned.slice(0, MAX_POISONED_KEYS - poisonedKeys.length).map(keyOf));
    if (allLeft.length > 0) firstReason ??= reason ?? 'deadline';
    isTrying &&= goesOn({
      left: allLeft,
      reason,
      tookSome: allLeft.length + allPoisoned.length < all.length,
    });
  }
  return {
    written,
    left,
    ...(firstReason === undefined ? {} : { reason: firstReason }),
    poisoned,
    poisonedKeys,
    metricsSent: metrics.sent,
    metricsLeft: metrics.left,
    ...(metrics.reason === undefined ? {} : { metricsReason: metrics.reason }),
  };
}

/**
 * Returns the lines of `source`. Opens a path, splits a byte stream, and returns any other source unchanged.
 */
function linesOf(source: ReplaySource): Iterable<string> | AsyncIterable<string> {
  if (typeof source === 'string') return cappedLines(createReadStream(source));
  return source instanceof Readable && !source.readableObjectMode
    ? cappedLines(source)
    : (source as Iterable<string> | AsyncIterable<string>);
}

/** Returns a deadline that passes when `deadline` passes or `signal` is aborted, whichever comes first. */
function endedBy(deadline: Deadline, signal: AbortSignal): Deadline {
  const either = AbortSignal.any([deadline.signal, signal]);
  const passed = new Promise<void>(resolve => {
    if (either.aborted) resolve();
    either.addEventListener('abort', () => resolve(), { once: true });
  });
  return { ...deadline, signal: either, passed };
}

function tracesIn(items: readonly QueuedItem[]): number {
  return items.filter(({ kind }) => kind === 'trace').length;
}

function keyOf({ item }: QueuedItem): readonly [string, string] {
  return [textOf(item[TRACE_TABLE.partitionKey]), textOf(item[TRACE_TABLE.sortKey])];
}

/** Result of {@link writeByHalving}. */
interface HalvedOutcome extends Outcome<QueuedItem> {
  /** Items that DynamoDB refuses because of their content. */
  readonly poisoned: readonly QueuedItem[];
}

/**
 * Writes items with one request. If DynamoDB refuses the content of the request, halves the items and tries
 * both halves. Single refused items are returned in `poisoned`.
 */
async function writeByHalving(
  items: readonly QueuedItem[],
  write: (items: readonly QueuedItem[]) => Promise<Outcome<QueuedItem>>,
): Promise<HalvedOutcome> {
  const { left, reason } = await write(items);
  if (left.length === 0 || reason !== CONTENT_REFUSED) return { left, reason, poisoned: [] };
  if (left.length === 1) return { left: [], reason, poisoned: left };
  const middle = Math.ceil(left.length / 2);
  const one = await writeByHalving(left.slice(0, middle), write);
  const other = await writeByHalving(left.slice(middle), write);
  return {
    left: [...one.left, ...other.left],
    reason: one.left.length > 0 ? one.reason : other.reason,
    poisoned: [...one.poisoned, ...other.poisoned],
  };
}
