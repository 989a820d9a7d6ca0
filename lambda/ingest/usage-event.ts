import type { KnownInput } from './ingest-record';
import type { RecordInput } from '../invocation/record-input';
import { isRegion } from '../pricing/price-lookup';
import { errorName } from '../process/warn-once';
import type { TokenUsage, UsageOrigin } from '../usage/token-usage';

/** `detail` of a `TokenUsage` event, with the members of the published schema. */
export interface UsageEvent extends Omit<RecordInput, 'timestamp' | 'usage' | 'error'> {
  readonly timestamp?: string;
  /** Token counts. Null if the response contained none. */
  readonly usage?: (Pick<TokenUsage, 'uncachedInputTokens' | 'outputTokens'> & Partial<TokenUsage>) | null;
  readonly error?: string;
}

/** Format that the schema requires for the name of an operation. */
const OPERATION = /^[A-Za-z][A-Za-z0-9]{0,63}$/;
/** Format that the schema requires for a service tier. */
const TIER = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;
/**
 * Replacement for a service tier that does not match the format. Neither the original tier nor the
 * replacement has a price.
 */
const UNKNOWN_TIER = 'unknown';

/** Converts an event to the record of an invocation. Missing cache counts become 0. */
export function toRecordInput(
  { usage, error, timestamp: _, ...others }: UsageEvent,
  identity: Pick<RecordInput, 'timestamp' | 'requestId'>,
): RecordInput {
  return {
    ...others,
    ...identity,
    error: error === undefined ? undefined : { name: error },
    usage: usage
      ? {
          cacheReadTokens: 0,
          cacheWrite5mTokens: 0,
          cacheWrite1hTokens: 0,
          source: 'usage' satisfies UsageOrigin,
          partial: false,
          ...usage,
        }
      : undefined,
  };
}

/** Converts a record to a complete event. If the event is sent, it makes the same trace as the record. */
export function toCompleteEvent(call: KnownInput): Partial<UsageEvent> {
  return { ...toUsageEvent(call), usage: call.usage ?? (call.error === undefined ? null : undefined) };
}

/** Converts the known members of a record to an event. Only the name of an error is kept, as in a trace. */
export function toUsageEvent({
  timestamp,
  error,
  usage,
  operation,
  region,
  serviceTier,
  ...others
}: KnownInput): Partial<UsageEvent> {
  return {
    ...others,
    operation: matching(operation, OPERATION),
    region: isRegion(region) ? region : undefined,
    serviceTier: serviceTier === undefined ? undefined : (matching(serviceTier, TIER) ?? UNKNOWN_TIER),
    timestamp: timestamp?.toISOString(),
    error: error === undefined ? undefined : errorName(error),
    usage,
  };
}

function matching(text: string | undefined, pattern: RegExp): string | undefined {
  return text !== undefined && pattern.test(text) ? text : undefined;
}
