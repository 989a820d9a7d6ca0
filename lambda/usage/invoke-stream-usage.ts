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
import { readSpecialTier } from './response-terms';
import { readEarlyStopReason, readLastStopReason } from './stop-reason';
import { toReconciledReading, type UsageReading } from './token-usage';

/** Token counts in the chunks of an InvokeModel stream, from two sources. */
export interface InvokeStreamCounts {
  /** Bedrock's own counts, from the last chunk of the stream. */
  readonly metrics: Counts;
  /**
   * Counts of the model vendor. If a guardrail blocked the call, only the counts in members called `usage`.
   */
  readonly vendor: Counts;
  readonly isBlocked: boolean;
  /** True if a chunk shows that the stream is complete, e.g. with a stop reason. */
  readonly hasEnded: boolean;
}

/**
 * Collects the token usage of an InvokeModel stream, chunk by chunk. Keeps only the counts, not the chunks.
 */
export class InvokeStreamUsage {
  stopReason: string | undefined;
  /** Service tier that served the call. Undefined for the standard tier. */
  serviceTier: string | undefined;
  private metrics: Counts = {};
  private vendor: Counts = {};
  /**
   * Counts of the model vendor, but only those in members called `usage`. They are billed even if a guardrail
   * blocks the call.
   */
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
   * Returns the token counts in the chunks so far.
   *
   * @param isWhole true if the stream was read to its end
   */
  counts(isWhole: boolean): InvokeStreamCounts {
    const { metrics, intervention, hasEnded } = this;
    // An `unknown` effect of a guardrail is treated as blocked, but only after the end of the stream. Until
    // then, a later chunk can still show that parts were masked.
    const isBlocked = intervention === 'blocked' || (intervention === 'unknown' && (hasEnded || isWhole));
    return { metrics, vendor: isBlocked ? this.usageMembers : this.vendor, isBlocked, hasEnded };
  }

  /**
   * Returns the token usage in the chunks so far.
   *
   * @param isWhole true if the stream was read to its end. Default: false
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

/** Adds all chunks of a stream to a new {@link InvokeStreamUsage}. */
export function toInvokeStreamUsage(chunks: readonly unknown[]): InvokeStreamUsage {
  const usage = new InvokeStreamUsage();
  for (const chunk of chunks) usage.add(chunk);
  return usage;
}

/**
 * Merges the counts of a later chunk (`now`) into the counts of earlier chunks (`before`). A later count
 * replaces an earlier one, because vendors send running totals. For `output`, the larger count is used.
 */
function withLater(before: Counts, now: Counts): Counts {
  const known = Object.fromEntries(Object.entries(now).filter(([, count]) => count !== undefined));
  return { ...before, ...known, output: largerOf(before.output, now.output) };
}

/**
 * Returns true if a chunk shows that the stream is complete, e.g. with the type `message_stop` or with a stop
 * reason.
 */
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
