import { readEventResponse } from './event-response';
import { type KnownInput, withoutUndefined } from './records/ingest-record';
import { matching, SERVICE_TIER } from './records/record-members';
import type { RecordInput } from '../invocation/record-input';
import { isRegion } from '../pricing/price-lookup';
import { errorName } from '../process/warn-once';
import { validUncounted, validUnits } from '../usage/billed-units';
import type { Json } from '../usage/counts';
import type { TokenUsage, UsageOrigin } from '../usage/token-usage';

/**
 * `detail` of the EventBridge event `TokenUsage`. A program reports one model invocation with such an event.
 */
export interface UsageEvent extends Omit<RecordInput, 'timestamp' | 'usage' | 'error'> {
  readonly timestamp?: string;
  /** Token counts, or the `usage` of a Bedrock response. Null if the response contained none. */
  readonly usage?: EventUsage | BedrockUsage | null;
  /** Response of Bedrock without the answer of the model. */
  readonly response?: Json;
  readonly error?: string;
}

/** Token counts in disjoint buckets. */
type EventUsage = Pick<TokenUsage, 'uncachedInputTokens' | 'outputTokens'> & Partial<TokenUsage>;
/** Token counts as Converse and ConverseStream return them. */
type BedrockUsage = Json & { readonly inputTokens: number };

/** Allowed format of an operation name, e.g. `Converse`. The event's JSON schema has the same pattern. */
const OPERATION = /^[A-Za-z][A-Za-z0-9]{0,63}$/;
/** Service tier of an event with an invalid tier. Invocations with this tier are unpriced. */
const UNKNOWN_TIER = 'unknown';

/**
 * Converts the `detail` of an event to the input for recording an invocation. A cache count that is missing
 * in `usage` becomes 0. Members of the event take precedence over those in its response.
 */
export function toRecordInput(
  { usage, response, error, timestamp: _, ...others }: UsageEvent,
  identity: Pick<RecordInput, 'timestamp' | 'requestId'>,
): RecordInput {
  const read = {
    ...(response && readEventResponse(response, others)),
    ...(usage && isBedrockUsage(usage) && readEventResponse({ usage }, others)),
  };
  return {
    ...withoutUndefined(read),
    ...others,
    ...identity,
    error: error === undefined ? undefined : { name: error },
    usage:
      usage && !isBedrockUsage(usage)
        ? {
            cacheReadTokens: 0,
            cacheWrite5mTokens: 0,
            cacheWrite1hTokens: 0,
            source: 'usage' satisfies UsageOrigin,
            partial: false,
            ...usage,
          }
        : read.usage,
  };
}

function isBedrockUsage(usage: EventUsage | BedrockUsage): usage is BedrockUsage {
  return 'inputTokens' in usage;
}

/**
 * Returns an event for the dead-letter queue. If the event is sent later, the ingest writes the missing
 * trace.
 */
export function toCompleteEvent(call: KnownInput): Partial<UsageEvent> {
  return { ...toUsageEvent(call), usage: call.usage ?? (call.error === undefined ? null : undefined) };
}

/**
 * Converts the fields of a refused record to an event for the dead-letter queue. Keeps the name of an error,
 * but not its message.
 */
export function toUsageEvent({
  timestamp,
  error,
  usage,
  operation,
  region,
  serviceTier,
  units,
  uncounted,
  ...others
}: KnownInput): Partial<UsageEvent> {
  return {
    ...others,
    operation: matching(operation, OPERATION),
    region: isRegion(region) ? region : undefined,
    serviceTier:
      serviceTier === undefined ? undefined : (matching(serviceTier, SERVICE_TIER) ?? UNKNOWN_TIER),
    timestamp: timestamp?.toISOString(),
    error: error === undefined ? undefined : errorName(error),
    usage,
    units: validUnits(units),
    uncounted: validUncounted(uncounted),
  };
}
