import type { BudgetName, Threshold } from './thresholds';
import { KEY_PREFIX, KEY_SEPARATOR, TRACE_TABLE } from '../../src/contract';
import { picoToDecimalString } from '../pricing/pico';
import { type Item, number, present, text } from '../traces/attributes';
import { escapeKeyPart, type TraceKey } from '../traces/trace-keys';

/** For whom, and in which day or month, a threshold is told of once. */
export interface AlertScope {
  readonly namespace: string;
  readonly topicArn: string;
  /** The local day (`2026-11-22`), and its month. */
  readonly periods: Readonly<Record<BudgetName, string>>;
}

/** Who has claimed a threshold, and whether it is told of. */
export interface MarkerState {
  /** One handler run. */
  readonly owner: string;
  /** Until when nobody else may claim it; from then on it is taken for given up. */
  readonly claimedUntil?: Date;
  readonly sentAt?: Date;
}

/** Attributes of a marker beside its keys. */
export const MARKER = { owner: 'owner', claimedUntil: 'claimedUntil', sentAt: 'sentAt' } as const;

/** Longer than any month, so that a marker outlives what it stands for. */
const TTL_DAYS = 40;
const DAY_MS = 86_400_000;

/**
 * The marker's key. It names the share in money, so that a threshold of a budget that was changed
 * is another one, and the topic, so that two functions on one table do not take each other's.
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

/** The item that says that a threshold is claimed, given up or told of. */
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
