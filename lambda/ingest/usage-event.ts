import type { KnownInput } from './ingest-record';
import type { RecordInput } from '../invocation/record-input';
import { isRegion } from '../pricing/price-lookup';
import { errorName } from '../process/warn-once';
import type { TokenUsage, UsageOrigin } from '../usage/token-usage';

/** Detail of a `TokenUsage` event, as in the published schema. */
export interface UsageEvent extends Omit<RecordInput, 'timestamp' | 'usage' | 'error'> {
  readonly timestamp?: string;
  /** Null if the response had no usage. */
  readonly usage?: (Pick<TokenUsage, 'uncachedInputTokens' | 'outputTokens'> & Partial<TokenUsage>) | null;
  readonly error?: string;
}

/** Format of an operation in the schema. */
const OPERATION = /^[A-Za-z][A-Za-z0-9]{0,63}$/;
/** Format of a tier in the schema. */
const TIER = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;
/** Replacement for a tier that does not match the format. Neither of the two has a price. */
const UNKNOWN_TIER = 'unknown';

/** Converts an event to a record. */
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

/** Converts a record to an event. Sending the event makes the same trace. */
export function toCompleteEvent(call: KnownInput): Partial<UsageEvent> {
  return { ...toUsageEvent(call), usage: call.usage ?? (call.error === undefined ? null : undefined) };
}

/** Converts the known members of a record to an event. An error becomes its name, as in a trace. */
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
