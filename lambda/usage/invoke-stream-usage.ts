import {
  asObject,
  type Counts,
  findCounts,
  type Json,
  largerOf,
  parseChunk,
  readCounts,
  SHAPES,
  STREAM_METRICS,
} from './counts';
import { type Intervention, laterIntervention, readIntervention } from './guardrail';
import { readEarlyStopReason, readLastStopReason, readSpecialTier } from './model-calls';
import { toReconciledReading, type UsageReading } from './token-usage';

/** Counts in the chunks of an InvokeModel stream. */
export interface InvokeStreamCounts {
  /** Bedrock's own counts, which are in the last chunk. */
  readonly metrics: Counts;
  /**
   * The model vendor's own counts. If a guardrail blocked the call, only counts from members called `usage`
   * are included.
   */
  readonly vendor: Counts;
  readonly isBlocked: boolean;
  /** True if a chunk was read whose members show that the stream ended. */
  readonly hasEnded: boolean;
}

/**
 * Collects the usage of an InvokeModel stream. Chunks are added one by one. Only counts are kept, not the
 * chunks.
 */
export class InvokeStreamUsage {
  stopReason: string | undefined;
  /** Service tier that served the call. Undefined for the standard tier. */
  serviceTier: string | undefined;
  private metrics: Counts = {};
  private vendor: Counts = {};
  /** Counts of the model vendor in members called `usage`. */
  private usageMembers: Counts = {};
  private intervention: Intervention | undefined;
  private hasEnded = false;

  /**
   * Reads a chunk.
   *
   * @param item parsed chunk, or an SDK event that contains the chunk in bytes
   * @returns the parsed chunk, or undefined if the chunk is not JSON
   */
  add(item: unknown): Json | undefined {
    const chunk = parseChunk(item);
    if (!chunk) return undefined;
    const metrics = asObject(chunk[STREAM_METRICS]);
    if (metrics) this.metrics = readCounts(SHAPES.converse, metrics);
    const found = findCounts(chunk);
    if (found) {
      this.vendor = withLater(this.vendor, found.counts);
      if (found.isUsageMember) this.usageMembers = withLater(this.usageMembers, found.counts);
    }
    this.intervention = laterIntervention(this.intervention, readIntervention(chunk));
    const lastReason = readLastStopReason(chunk);
    this.hasEnded ||= metrics !== undefined || isLast(chunk, lastReason);
    this.stopReason = readEarlyStopReason(chunk) ?? lastReason ?? this.stopReason;
    this.serviceTier = readSpecialTier(chunk) ?? this.serviceTier;
    return chunk;
  }

  /**
   * Returns the counts in the chunks that were read so far.
   *
   * @param isWhole true if the stream was read to its end. If false, the stream counts as complete only if a
   * chunk shows its end
   */
  counts(isWhole: boolean): InvokeStreamCounts {
    const { metrics, intervention, hasEnded } = this;
    // After the end of the stream, an intervention of unknown kind counts as a block.
    const isBlocked = intervention === 'blocked' || (intervention === 'unknown' && (hasEnded || isWhole));
    return { metrics, vendor: isBlocked ? this.usageMembers : this.vendor, isBlocked, hasEnded };
  }

  /**
   * Returns the usage in the chunks that were read so far.
   *
   * @param isWhole true if the stream was read to its end. If false, the stream counts as complete only if a
   * chunk shows its end. Default: false
   */
  read(modelId: string, isWhole = false): UsageReading | undefined {
    const { metrics, vendor, isBlocked, hasEnded } = this.counts(isWhole);
    return toReconciledReading(metrics, vendor, {
      source: 'streamMetrics',
      vendorSource: 'body',
      modelId,
      operation: 'InvokeModelWithResponseStream',
      isBlocked,
      partial: !hasEnded && !(isBlocked && isWhole),
    });
  }
}

/** Reads all chunks of a stream, and returns the usage of the stream. */
export function toInvokeStreamUsage(chunks: readonly unknown[]): InvokeStreamUsage {
  const usage = new InvokeStreamUsage();
  for (const chunk of chunks) usage.add(chunk);
  return usage;
}

/**
 * Combines the counts of earlier chunks with the counts of a later chunk. A count in `now` replaces the count
 * in `before`, because a vendor can repeat the sum so far in each chunk. For `output`, the larger count is
 * used.
 */
function withLater(before: Counts, now: Counts): Counts {
  const known = Object.fromEntries(Object.entries(now).filter(([, count]) => count !== undefined));
  return { ...before, ...known, output: largerOf(before.output, now.output) };
}

/** Returns true if the members of a chunk show that the stream ends with this chunk. */
function isLast(chunk: Json, lastReason: string | undefined): boolean {
  switch (chunk.type) {
    case 'message_delta':
      return asObject(chunk.usage) !== undefined;
    case 'message_stop':
    case 'response.completed':
    case 'response.incomplete':
      return true;
  }
  return (
    asObject(asObject(chunk.metadata)?.usage) !== undefined ||
    chunk.is_finished === true ||
    lastReason !== undefined
  );
}
