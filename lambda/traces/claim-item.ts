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
  /** Component that counts the call. A second claim with the same owner succeeds, so that it can retry. */
  readonly owner: string;
}

/** Attribute with the owner of a claim. */
export const CLAIM_OWNER = 'owner';
/** Owner of the claims that a tracker writes. */
export const TRACKER = 'tracker';
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

/** Returns the claim of a component to the call with an AWS request id. */
export function requestClaim(requestId: string, owner: string): Claim {
  return { kind: 'request', id: requestId, owner };
}

/** Returns the DynamoDB item of a claim. Only the ingest and trackers use it, and reports never read it. */
export function claimItem({ kind, id, owner }: Claim): Item {
  const key = [KEY_PREFIX.claim, kind, clipKeyPart(id, MAX_ID_BYTES, escapeKeyPart)];
  return {
    [TRACE_TABLE.partitionKey]: { S: key.join(KEY_SEPARATOR) },
    [TRACE_TABLE.sortKey]: { S: SORT_KEY },
    [CLAIM_OWNER]: { S: owner },
    [TRACE_TABLE.ttl]: number(Math.floor(Date.now() / 1000) + KEPT_SECONDS),
  };
}
