import type { BudgetName, Threshold } from './thresholds';
import { KEY_PREFIX, KEY_SEPARATOR, TRACE_TABLE } from '../../src/contract';
import { picoToDecimalString } from '../pricing/pico';
import { type Item, type MutableItem, number, text } from '../traces/attributes';
import { escapeKeyPart, type TraceKey } from '../traces/trace-keys';

/**
 * Scope in which a threshold is reported only once. The scope consists of a namespace, a topic, and a day or
 * a month.
 */
export interface AlertScope {
  readonly namespace: string;
  readonly topicArn: string;
  /** Local day, such as `2026-11-22`, and local month, such as `2026-11`. */
  readonly periods: Readonly<Record<BudgetName, string>>;
}

/** State of a threshold: the handler run that has claimed it, and the delivery of its message. */
export interface MarkerState {
  /** Id of the handler run that has claimed the threshold. */
  readonly owner: string;
  /** Time at which the claim expires. Undefined if the claim was released, or if the message was sent. */
  readonly claimedUntil?: Date;
  /** Time at which the message was sent. Undefined if it was not sent. */
  readonly sentAt?: Date;
}

/** Names of the attributes of a marker item, except those of the key and the TTL. */
export const MARKER = { owner: 'owner', claimedUntil: 'claimedUntil', sentAt: 'sentAt' } as const;

/**
 * Number of days until the marker of a reported threshold expires. For a monthly budget, the marker must last
 * until the end of the month.
 */
const TTL_DAYS = 40;
const DAY_MS = 86_400_000;

/**
 * Returns the key of the item that marks a threshold as claimed or reported. The key contains `picoUsd`, so a
 * changed budget has new markers. The key contains `topicArn`, so two alert functions can share a table.
 */
export function markerKey(
  { namespace, topicArn, periods }: AlertScope,
  { budget, picoUsd }: Threshold,
): TraceKey {
  return {
    pk: [KEY_PREFIX.alert, escapeKeyPart(namespace), periods[budget]].join(KEY_SEPARATOR),
    sk: [budget, picoToDecimalString(picoUsd), escapeKeyPart(topicArn)].join(KEY_SEPARATOR),
  };
}

/** Returns the marker item of a threshold that is claimed, released or reported. */
export function markerItem(
  { pk, sk }: TraceKey,
  now: Date,
  { owner, claimedUntil, sentAt }: MarkerState,
): Item {
  const item: MutableItem = {
    [TRACE_TABLE.partitionKey]: text(pk),
    [TRACE_TABLE.sortKey]: text(sk),
    [TRACE_TABLE.ttl]: number(Math.floor((now.getTime() + TTL_DAYS * DAY_MS) / 1000)),
  };
  if (owner) item[MARKER.owner] = text(owner);
  if (claimedUntil) item[MARKER.claimedUntil] = number(claimedUntil.getTime());
  if (sentAt) item[MARKER.sentAt] = text(sentAt.toISOString());
  return item;
}
