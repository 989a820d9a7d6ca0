import { type Counts, type Json, largerOf, objectOf } from './counts';
import { bodyCounts, camelCaseCounts } from './vendor-counts';

/** What the chunks of an InvokeModel stream tell. */
export interface StreamCounts {
  /** Of the service, in the last chunk of every vendor. */
  readonly metrics: Counts;
  /** The vendor's own. */
  readonly vendor: Counts;
  /** Whether the last chunk came. */
  readonly ended: boolean;
}

const METRICS = 'amazon-bedrock-invocationMetrics';

/** Reads parsed chunks, or the SDK's events that hold them as bytes, in order. */
export function streamCounts(chunks: readonly unknown[]): StreamCounts {
  let metrics: Counts = {};
  let vendor: Counts = {};
  let ended = false;
  for (const item of chunks) {
    const chunk = chunkOf(item);
    if (!chunk) continue;
    const invocationMetrics = objectOf(chunk[METRICS]);
    if (invocationMetrics) metrics = camelCaseCounts(invocationMetrics);
    const counts = bodyCounts(chunk);
    if (counts) vendor = later(vendor, counts);
    ended ||= invocationMetrics !== undefined || isLast(chunk);
  }
  return { metrics, vendor, ended };
}

/**
 * Counts of a later chunk over those before: vendors that tell counts in each chunk tell the sum so far, and Anthropic's
 * first chunk has an output count that its last one replaces. None is ever added to another.
 */
function later(before: Counts, now: Counts): Counts {
  const told = Object.fromEntries(Object.entries(now).filter(([, count]) => count !== undefined));
  return { ...before, ...told, output: largerOf(before.output, now.output) };
}

/** Whether a chunk says that the answer is complete, in its vendor's way. */
function isLast(chunk: Json): boolean {
  switch (chunk.type) {
    case 'message_delta': return objectOf(chunk.usage) !== undefined;
    case 'message_stop':
    case 'response.completed':
    case 'response.incomplete': return true;
  }
  const [part] = [chunk.choices, chunk.outputs].flatMap(list => Array.isArray(list) ? list.slice(0, 1).map(objectOf) : []);
  return objectOf(objectOf(chunk.metadata)?.usage) !== undefined
    || chunk.is_finished === true
    || [chunk.stop_reason, chunk.completionReason, chunk.finish_reason, part?.finish_reason, part?.stop_reason].some(reason => typeof reason === 'string' && reason !== '');
}

function chunkOf(item: unknown): Json | undefined {
  const event = objectOf(item);
  const bytes = objectOf(event?.chunk)?.bytes;
  if (!(bytes instanceof Uint8Array)) return event;
  try {
    return objectOf(JSON.parse(new TextDecoder().decode(bytes)));
  } catch {
    return undefined;
  }
}
