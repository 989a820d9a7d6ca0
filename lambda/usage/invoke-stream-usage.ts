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
  /** Bedrock's own counts, from the last chunk. */
  readonly metrics: Counts;
  /** The vendor's own counts. If a guardrail blocked the call, only those in members called `usage`. */
  readonly vendor: Counts;
  readonly isBlocked: boolean;
  /** True if a chunk was read whose members show that it is the last one. */
  readonly hasEnded: boolean;
}

/** Usage of an InvokeModel stream. Its chunks are added one by one, and only counts are kept. */
export class InvokeStreamUsage {
  stopReason: string | undefined;
  /** Tier that served the call. Undefined for the standard tier. */
  serviceTier: string | undefined;
  private metrics: Counts = {};
  private vendor: Counts = {};
  /** Counts of the vendor in members called `usage`. */
  private usageMembers: Counts = {};
  private intervention: Intervention | undefined;
  private hasEnded = false;

  /**
   * Reads a chunk.
   *
   * @param item parsed chunk, or an event of the SDK with the chunk's bytes
   * @returns the parsed chunk; undefined if it is not JSON
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
   * Returns the counts so far.
   *
   * @param isWhole true if all chunks were read. If false, only a last chunk shows that the stream is
   * complete
   */
  counts(isWhole: boolean): InvokeStreamCounts {
    const { metrics, intervention, hasEnded } = this;
    // An intervention of unknown kind counts as a block after the end of the stream.
    const isBlocked = intervention === 'blocked' || (intervention === 'unknown' && (hasEnded || isWhole));
    return { metrics, vendor: isBlocked ? this.usageMembers : this.vendor, isBlocked, hasEnded };
  }

  /**
   * Returns the usage so far.
   *
   * @param isWhole true if all chunks were read. If false, only a last chunk shows that the stream is
   * complete. Default: false
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

/** Returns the usage of a stream from all of its chunks. */
export function toInvokeStreamUsage(chunks: readonly unknown[]): InvokeStreamUsage {
  const usage = new InvokeStreamUsage();
  for (const chunk of chunks) usage.add(chunk);
  return usage;
}

/**
 * Replaces counts by those of a later chunk. They are never added up: vendors with counts in each chunk
 * repeat the sum so far, and the last output count of Anthropic's models replaces the first one.
 */
function withLater(before: Counts, now: Counts): Counts {
  const known = Object.fromEntries(Object.entries(now).filter(([, count]) => count !== undefined));
  return { ...before, ...known, output: largerOf(before.output, now.output) };
}

/** Returns true if a chunk is the last one, by the members of its vendor. */
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
