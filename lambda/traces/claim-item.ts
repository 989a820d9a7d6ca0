import { type Item, clipKeyPart, number } from './attributes';
import { escapeKeyPart } from './trace-keys';
import { KEY_PREFIX, KEY_SEPARATOR, TRACE_TABLE } from '../../src/contract';

/**
 * Claim to a call. Several components can see one call: a tracker, the invocation log, an event and spans.
 * The component that writes the claim first counts the call.
 */
export interface Claim {
  /** Kind of id: the AWS request id of a call, or the id of a span. */
  readonly kind: 'request' | 'span';
  readonly id: string;
  /**
   * True if all child spans of one parent share the claim. Default: false. The claim then belongs to the
   * trace of one call.
   */
  readonly isShared?: boolean;
}

/** Attribute with the owner of a claim. An owner can write its claim again, so that retries succeed. */
export const CLAIM_OWNER = 'owner';
/** Owner of the claims that a tracker writes. */
export const TRACKER = 'tracker';
/** Owner of shared claims. */
const CHILD = 'child';
/** Sort key of all claims. */
const SORT_KEY = 'CLAIM';
/**
 * Maximum bytes of the id in a key. Request ids of AWS and ids of spans are shorter. A longer id of an event
 * is cut, and ends in a hash.
 */
const MAX_ID_BYTES = 64;
/**
 * Seconds for which a claim is kept: two days. CloudWatch Logs and Lambda deliver a record again for at most
 * one day.
 */
const KEPT_SECONDS = 2 * 86_400;

/** Attribute with the facts of a waiting span. */
export const NOTE = 'span';

/** Returns the claim to the call with an AWS request id. */
export function requestClaim(requestId: string): Claim {
  return { kind: 'request', id: requestId };
}

/**
 * Returns the DynamoDB item of a claim. Only the ingest and trackers use it, and reports never read it.
 *
 * @param owner id of the trace that owns the claim, or `TRACKER`. Not used for shared claims
 */
export function claimItem({ kind, id, isShared = false }: Claim, owner: string): Item {
  const key = [KEY_PREFIX.claim, kind, clipKeyPart(id, MAX_ID_BYTES, escapeKeyPart)];
  return {
    [TRACE_TABLE.partitionKey]: { S: key.join(KEY_SEPARATOR) },
    [TRACE_TABLE.sortKey]: { S: SORT_KEY },
    [CLAIM_OWNER]: { S: isShared ? CHILD : owner },
    [TRACE_TABLE.ttl]: number(expiry()),
  };
}

/** Returns the partition key of the waiting spans of one trace. */
export function notesPartition(traceId: string): string {
  return [KEY_PREFIX.claim, 'trace', traceId].join(KEY_SEPARATOR);
}

/** Returns the DynamoDB item with the facts of a waiting span. It expires like a claim. */
export function noteItem(traceId: string, spanId: string, json: string): Item {
  return {
    [TRACE_TABLE.partitionKey]: { S: notesPartition(traceId) },
    [TRACE_TABLE.sortKey]: { S: spanId },
    [NOTE]: { S: json },
    [TRACE_TABLE.ttl]: number(expiry()),
  };
}

function expiry(): number {
  return Math.floor(Date.now() / 1000) + KEPT_SECONDS;
}
