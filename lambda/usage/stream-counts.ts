import { type Counts, type Json, largerOf, asObject } from './counts';
import { type Intervention, interventionOf, laterIntervention } from './guardrail';
import { bodyCounts, camelCaseCounts, usageMemberCounts } from './vendor-counts';

/** What the chunks of an InvokeModel stream tell. */
export interface StreamCounts {
  /** Of the service, in the last chunk of every vendor. */
  readonly metrics: Counts;
  /** The vendor's own. */
  readonly vendor: Counts;
  /** Of the vendor's own, those of members called `usage`. */
  readonly usageMembers: Counts;
  /** Intervention of a guardrail. */
  readonly intervention?: Intervention;
  /** True if the last chunk came. */
  readonly ended: boolean;
}

/** Member of a stream's last chunk that has the service's own counts. */
export const METRICS = 'amazon-bedrock-invocationMetrics';

/**
 * Reads the chunks of an InvokeModel stream, parsed or as the
 * SDK's events that hold them as bytes, one after the other.
 */
export class InvokeStreamReader {
  private metrics: Counts = {};
  private vendor: Counts = {};
  private usageMembers: Counts = {};
  private intervention: Intervention | undefined;
  private ended = false;

  /** @returns the chunk, parsed; undefined where it is none */
  add(item: unknown): Json | undefined {
    const chunk = chunkOf(item);
    if (!chunk) return undefined;
    const invocationMetrics = asObject(chunk[METRICS]);
    if (invocationMetrics) this.metrics = camelCaseCounts(invocationMetrics);
    const counts = bodyCounts(chunk);
    if (counts) this.vendor = later(this.vendor, counts);
    this.usageMembers = later(this.usageMembers, usageMemberCounts(chunk) ?? {});
    this.intervention = laterIntervention(this.intervention, interventionOf(chunk));
    this.ended ||= invocationMetrics !== undefined || isLast(chunk);
    return chunk;
  }

  /** Returns what the chunks have told so far. */
  counts(): StreamCounts {
    const { metrics, vendor, usageMembers, intervention, ended } = this;
    return { metrics, vendor, usageMembers, intervention, ended };
  }
}

/** The same, of chunks that are all there. */
export function streamCounts(chunks: readonly unknown[]): StreamCounts {
  const reader = new InvokeStreamReader();
  for (const chunk of chunks) reader.add(chunk);
  return reader.counts();
}

/**
 * Counts of a later chunk over those before: vendors that tell counts in each chunk tell the sum so far, and
 * Anthropic's first chunk has an output count that its last one replaces. None is ever added to another.
 */
function later(before: Counts, now: Counts): Counts {
  const told = Object.fromEntries(Object.entries(now).filter(([, count]) => count !== undefined));
  return { ...before, ...told, output: largerOf(before.output, now.output) };
}

/** Whether a chunk says that the answer is complete, in its vendor's way. */
function isLast(chunk: Json): boolean {
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
    lastStopReason(chunk) !== undefined
  );
}

/** Why the answer ended, as a vendor's body tells it, or one of the chunks that it comes in. */
export function readStopReason(body: Json): string | undefined {
  return (
    [asObject(body.delta)?.stop_reason, asObject(body.messageStop)?.stopReason, body.stopReason].find(
      isReason,
    ) ?? lastStopReason(body)
  );
}

/** The same where a chunk that tells it is the last one. */
function lastStopReason(chunk: Json): string | undefined {
  const [part] = [chunk.choices, chunk.outputs, chunk.results].flatMap(list =>
    Array.isArray(list) ? list.slice(0, 1).map(asObject) : [],
  );
  return [
    chunk.stop_reason,
    chunk.completionReason,
    chunk.finish_reason,
    part?.finish_reason,
    part?.stop_reason,
    part?.completionReason,
  ].find(isReason);
}

function isReason(reason: unknown): reason is string {
  return typeof reason === 'string' && reason !== '';
}

/** Parses a chunk, or an event of the SDK that holds the chunk as bytes. */
export function chunkOf(item: unknown): Json | undefined {
  const event = asObject(item);
  const bytes = asObject(event?.chunk)?.bytes;
  if (!(bytes instanceof Uint8Array)) return event;
  try {
    return asObject(JSON.parse(new TextDecoder().decode(bytes)));
  } catch {
    return undefined;
  }
}
