import type { BudgetName, Threshold } from './thresholds';
import { KEY_PREFIX, KEY_SEPARATOR, TRACE_TABLE } from '../../src/contract';
import { picoToDecimalString } from '../pricing/pico';
import { type Item, type MutableItem, number, text } from '../traces/attributes';
import { escapeKeyPart, type TraceKey } from '../traces/trace-keys';

/**
 * Namespace, topic and periods of a budget alert. Each threshold is reported only once for the same
 * namespace, topic and period.
 */
export interface AlertScope {
  readonly namespace: string;
  readonly topicArn: string;
  /**
   * Current period of each budget in local time: `2026-11-22` for the daily budget, `2026-11` for the monthly
   * budget, for example.
   */
  readonly periods: Readonly<Record<BudgetName, string>>;
}

/** State of a budget threshold: claimed by a handler run, released, or reported. */
export interface MarkerState {
  /** Id of the handler run that has claimed the threshold. */
  readonly owner: string;
  /** Time at which the claim expires. Undefined if the claim was released, or if the message was sent. */
  readonly claimedUntil?: Date;
  /** Time at which the message was sent. Undefined if it was not sent. */
  readonly sentAt?: Date;
}

/**
 * Attribute names of a marker, without the key and the TTL. A marker is a table item with the state of a
 * budget threshold.
 */
export const MARKER = { owner: 'owner', claimedUntil: 'claimedUntil', sentAt: 'sentAt' } as const;

/**
 * Number of days until the marker of a reported threshold expires. For a monthly budget, the marker must last
 * until the end of the month.
 */
const TTL_DAYS = 40;
const DAY_MS = 86_400_000;

/**
 * Returns the key of the marker of a budget threshold. The key contains `picoUsd`, so a changed budget is
 * reported again. The key contains `topicArn`, so two alert functions can share a table.
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

/** Returns the table item with the state of a budget threshold: claimed, released or reported. */
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
