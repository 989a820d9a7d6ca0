import type { KnownOfCall } from './reading';
import type { RecordInput } from '../invocation/record-input';
import { isRegion } from '../pricing/price-book';
import { errorName } from '../process/warn-once';
import type { TokenUsage, UsageOrigin } from '../usage/token-usage';

/** The detail of an event, as the published schema has it. */
export interface UsageEvent extends Omit<RecordInput, 'timestamp' | 'usage' | 'error'> {
  readonly timestamp?: string;
  /** Null if the model answered and told no usage. */
  readonly usage?: (Pick<TokenUsage, 'uncachedInputTokens' | 'outputTokens'> & Partial<TokenUsage>) | null;
  readonly error?: string;
}

/** Form of operations in the schema. */
const OPERATION = /^[A-Za-z][A-Za-z0-9]{0,63}$/;
/** Form of tiers in the schema. */
const TIER = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;
/** Tier in place of one without that form. It has no price, as the other has none. */
const UNKNOWN_TIER = 'unknown';

/** Returns the call that an event describes. */
export function callOfEvent(
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

/** Returns the whole event of a call. If it is sent, it makes the same trace. */
export function wholeEventOf(call: KnownOfCall): Partial<UsageEvent> {
  return { ...usageEventOf(call), usage: call.usage ?? (call.error === undefined ? null : undefined) };
}

/**
 * Returns an event with all that is known of a call. Its error is the name that a trace has, because a record
 * can have any text there.
 */
export function usageEventOf({
  timestamp,
  error,
  usage,
  operation,
  region,
  serviceTier,
  ...others
}: KnownOfCall): Partial<UsageEvent> {
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
