import type { BudgetName, Threshold } from './thresholds';
import { KEY_PREFIX, KEY_SEPARATOR, TRACE_TABLE } from '../../src/contract';
import { picoToDecimalString } from '../pricing/pico';
import { type Item, number, present, text } from '../traces/attributes';
import { escapeKeyPart, type TraceKey } from '../traces/trace-keys';

/** Scope in which a threshold is reported once: a namespace, a topic and a day or month. */
export interface AlertScope {
  readonly namespace: string;
  readonly topicArn: string;
  /** Local day (`2026-11-22`) and month (`2026-11`). */
  readonly periods: Readonly<Record<BudgetName, string>>;
}

/** Claim and delivery state of a threshold. */
export interface MarkerState {
  /** Id of the handler run. */
  readonly owner: string;
  /** Time at which the claim expires. Undefined if it was released. */
  readonly claimedUntil?: Date;
  /** Time at which the message was sent. Undefined if it was not sent. */
  readonly sentAt?: Date;
}

/** Names of the marker attributes that are not part of the key. */
export const MARKER = { owner: 'owner', claimedUntil: 'claimedUntil', sentAt: 'sentAt' } as const;

/** Days until a marker expires. Longer than any month, so that a monthly marker outlives its month. */
const TTL_DAYS = 40;
const DAY_MS = 86_400_000;

/**
 * Returns the key of a threshold's marker. It contains the threshold in US dollars, so that a changed budget
 * has new markers, and the topic, so that two functions can share a table.
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

/** Returns the marker of a threshold that is claimed, released or reported. */
export function markerItem(
  { pk, sk }: TraceKey,
  now: Date,
  { owner, claimedUntil, sentAt }: MarkerState,
): Item {
  return present({
    [TRACE_TABLE.partitionKey]: text(pk),
    [TRACE_TABLE.sortKey]: text(sk),
    [MARKER.owner]: text(owner),
    [MARKER.claimedUntil]: number(claimedUntil?.getTime()),
    [MARKER.sentAt]: text(sentAt?.toISOString()),
    [TRACE_TABLE.ttl]: number(Math.floor((now.getTime() + TTL_DAYS * DAY_MS) / 1000)),
  });
}
