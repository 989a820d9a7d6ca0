import { type Item, clipKeyPart, number, present, text, textOf } from './attributes';
import { REASON_SEPARATOR } from './trace';
import { dayIndexKey, dayOf, escapeKeyPart, shardOf, traceKey } from './trace-keys';
import { TRACE_TABLE } from '../../src/contract';
import type { Invocation } from '../invocation/invocation';
import type { Cost } from '../pricing/cost-calculator';
import { picoToDecimalString } from '../pricing/pico';
import { levelMark, writeLines } from '../process/log-line';
import { warnOnce } from '../process/warn-once';

/** The version of the item's shape. */
const VERSION = 1;
const DAY_SECONDS = 86_400;
const DAY_MS = DAY_SECONDS * 1000;

/**
 * The most bytes of a caller's value, so that any trace fits in 1 KB,
 * which is one write unit. Keys repeat agent and request, escaped.
 */
const MAX_BYTES = {
  agentId: 64,
  requestId: 48,
  incidentId: 64,
  sessionId: 48,
  model: 64,
  modelId: 112,
  serviceTier: 12,
  /** A day. */
  priceAsOf: 10,
  short: 24,
  /** Error and stop reason together. */
  outcome: 48,
} as const;

/** Digits of a DynamoDB number (Developer Guide, "Supported data types"). */
const MAX_NUMBER_DIGITS = 38;
const PICO_LIMIT = 10n ** BigInt(MAX_NUMBER_DIGITS);

/** How an item is keyed and when it expires. */
export interface ItemOptions {
  readonly writeShards: number;
  /** Days until it may be deleted; 0 keeps it for ever. */
  readonly ttlDays: number;
  /** True if the trace is made before its call's answer. Default: false */
  readonly provisional?: boolean;
}

/** What a trace is keyed by. */
export interface TraceIdentity {
  readonly agentId: string;
  readonly requestId: string;
  readonly timestamp: Date;
}

/** The identity of an invocation's trace: its values as they stand in the item. */
export function identityOf({ agentId, requestId, timestamp }: Invocation): TraceIdentity {
  return {
    agentId: clipKeyPart(agentId, MAX_BYTES.agentId, escapeKeyPart),
    requestId: clipKeyPart(requestId, MAX_BYTES.requestId, escapeKeyPart),
    timestamp,
  };
}

/**
 * The day directory's item that names the partition of a trace:
 * the same for each trace of it, and expired after the last.
 */
export function dayIndexItem(
  { agentId, requestId, timestamp }: TraceIdentity,
  { writeShards, ttlDays }: ItemOptions,
): Item {
  const { pk, sk } = dayIndexKey(agentId, dayOf(timestamp), shardOf(requestId, writeShards));
  const endOfDay = (Math.floor(timestamp.getTime() / DAY_MS) + 1) * DAY_SECONDS;
  return present({
    [TRACE_TABLE.partitionKey]: text(pk),
    [TRACE_TABLE.sortKey]: text(sk),
    [TRACE_TABLE.ttl]: expiry(endOfDay, ttlDays),
  });
}

/**
 * The item of an invocation. Money is an exact decimal of US dollars, and absent where it is not known.
 * Caller's values that are too long for an item of 1 KB are cut and get a hash at their end, so that two stay
 * two.
 */
export function traceItem(
  invocation: Invocation,
  { writeShards, ttlDays, provisional = false }: ItemOptions,
): Item {
  const identity = identityOf(invocation);
  const { agentId, requestId, timestamp } = identity;
  const { usage } = invocation;
  const cost = storable(invocation.cost);
  const error = serviceName(invocation.error);
  const reportedInputTokens = error ? undefined : number(invocation.reportedInputTokens);
  const { pk, sk } = traceKey(identity, writeShards);
  return present({
    [TRACE_TABLE.partitionKey]: text(pk),
    [TRACE_TABLE.sortKey]: text(sk),
    requestId: text(requestId),
    agentId: text(agentId),
    [TRACE_TABLE.incidentIndex.partitionKey]: text(invocation.incidentId, MAX_BYTES.incidentId),
    sessionId: text(invocation.sessionId, MAX_BYTES.sessionId),
    model: text(invocation.model, MAX_BYTES.model),
    modelId: text(invocation.modelId, MAX_BYTES.modelId),
    scope: text(invocation.scope),
    operation: serviceName(invocation.operation),
    timestamp: text(timestamp.toISOString()),
    uncachedInputTokens: number(usage?.uncachedInputTokens),
    cacheReadTokens: number(usage?.cacheReadTokens),
    cacheWrite5mTokens: number(usage?.cacheWrite5mTokens),
    cacheWrite1hTokens: number(usage?.cacheWrite1hTokens),
    outputTokens: number(usage?.outputTokens),
    speechInputTokens: number(usage?.speechInputTokens || undefined),
    speechOutputTokens: number(usage?.speechOutputTokens || undefined),
    costUsd: cost && { N: picoToDecimalString(cost.picoUsd) },
    costIsLowerBound: text(cost?.lowerBound?.join(REASON_SEPARATOR)),
    priceAsOf: text(cost?.price.asOf, MAX_BYTES.priceAsOf),
    latencyMs: number(invocation.latencyMs),
    ttftMs: number(invocation.timeToFirstTokenMs),
    serviceTier: text(invocation.serviceTier, MAX_BYTES.serviceTier),
    items: number(invocation.items),
    stopReason: text(
      invocation.stopReason,
      Math.min(MAX_BYTES.short, MAX_BYTES.outcome - Buffer.byteLength(textOf(error))),
    ),
    error,
    source: text(usage?.source),
    partial: usage?.partial ? { BOOL: true } : undefined,
    cached: invocation.cached ? { BOOL: true } : undefined,
    provisional: provisional ? { BOOL: true } : undefined,
    // A whole answer has one of these at most, and an item with an error as well might not fit in 1 KB.
    outputDifference: error || reportedInputTokens ? undefined : number(invocation.outputDifference),
    reportedInputTokens,
    [TRACE_TABLE.ttl]: expiry(Math.floor(timestamp.getTime() / 1000), ttlDays),
    v: number(VERSION),
  });
}

/** What may stand in a trace, and as what. */
export const TRACE_ATTRIBUTES: Readonly<Record<string, 'S' | 'N' | 'BOOL'>> = {
  [TRACE_TABLE.partitionKey]: 'S',
  [TRACE_TABLE.sortKey]: 'S',
  [TRACE_TABLE.incidentIndex.partitionKey]: 'S',
  [TRACE_TABLE.ttl]: 'N',
  requestId: 'S',
  agentId: 'S',
  sessionId: 'S',
  model: 'S',
  modelId: 'S',
  scope: 'S',
  operation: 'S',
  timestamp: 'S',
  costIsLowerBound: 'S',
  priceAsOf: 'S',
  serviceTier: 'S',
  stopReason: 'S',
  error: 'S',
  source: 'S',
  uncachedInputTokens: 'N',
  cacheReadTokens: 'N',
  cacheWrite5mTokens: 'N',
  cacheWrite1hTokens: 'N',
  outputTokens: 'N',
  speechInputTokens: 'N',
  speechOutputTokens: 'N',
  costUsd: 'N',
  latencyMs: 'N',
  ttftMs: 'N',
  items: 'N',
  outputDifference: 'N',
  reportedInputTokens: 'N',
  v: 'N',
  partial: 'BOOL',
  cached: 'BOOL',
  provisional: 'BOOL',
};

/**
 * Leaves out a cost that has more digits than a DynamoDB number.
 * The table would refuse the whole batch of such a trace.
 */
function storable(cost: Cost | undefined): Cost | undefined {
  if (cost === undefined || (cost.picoUsd < PICO_LIMIT && cost.picoUsd > -PICO_LIMIT)) return cost;
  warnOnce(
    'traces:cost',
    `A cost of more than ${MAX_NUMBER_DIGITS} digits is left out of its trace. Look at the custom prices.`,
  );
  return undefined;
}

/** A name of the service, whole; a caller's is cut. */
function serviceName(name: string | undefined) {
  return text(name, LONG_SERVICE_NAMES.has(name ?? '') ? Infinity : MAX_BYTES.short);
}

/** DynamoDB never deletes an item that expired so long ago (Developer Guide, "Time to Live"): five years. */
const MAX_EXPIRED_SECONDS = 5 * 365 * DAY_SECONDS;

/**
 * Returns the expiry of an item in epoch seconds. An item with a wrong time expires, too: one of the far past
 * now, and one of the future as if its call were made now.
 */
function expiry(fromSeconds: number, ttlDays: number) {
  if (ttlDays <= 0) return undefined;
  const now = Math.floor(Date.now() / 1000);
  const expires = fromSeconds + ttlDays * DAY_SECONDS;
  if (expires < now - MAX_EXPIRED_SECONDS) return number(now);
  // A day-index entry expires up to a day after its traces, which can be two hours ahead.
  return number(Math.min(expires, now + (ttlDays + 2) * DAY_SECONDS));
}

/** BatchWriteItem takes so many items (API reference). */
export const MAX_BATCH = 25;

/**
 * An item that is to be written. A directory entry names a
 * partition of traces, without which they are not found.
 */
export interface QueuedItem {
  readonly kind: 'trace' | 'directory';
  readonly id: string;
  readonly item: Item;
}

/** One string for an item's key, which no other key has. */
export function itemId(item: Readonly<Record<string, { readonly S?: string } | object>> | undefined): string {
  const [partition, sort] = [TRACE_TABLE.partitionKey, TRACE_TABLE.sortKey].map(
    name => (item?.[name] as { readonly S?: string } | undefined)?.S ?? '',
  );
  return `${partition.length} ${partition}${sort}`;
}

/** Makes what is queued of an item. */
export function queued(kind: QueuedItem['kind'], item: Item): QueuedItem {
  return { kind, id: itemId(item), item };
}

/**
 * What marks a log line as a trace that did not reach the table,
 * and as a directory entry that did not, although its traces did.
 */
export const SPILL_MARK = 'TraceSpill';
export const ENTRY_MARK = 'TraceSpillEntry';

/**
 * Puts items on the log, one JSON line each: the item as it
 * would have been written, from which it can be written later.
 *
 * @returns how many of them the log took
 */
export function spill(items: readonly Item[], mark = SPILL_MARK): Promise<number> {
  const level = levelMark();
  return writeLines(
    process.stdout,
    items.map(item => JSON.stringify({ ...level, [mark]: item })),
  );
}

/**
 * Names of operations and errors that the AWS SDK's Bedrock runtime clients define, if they are longer than
 * the limit of a caller's value. A test compares them with the installed clients.
 */
export const LONG_SERVICE_NAMES: ReadonlySet<string> = new Set([
  'InvokeModelWithBidirectionalStream',
  'InvokeModelWithResponseStream',
  'RetrieveAndGenerateStream',
  'BedrockAgentRuntimeServiceException',
  'BedrockRuntimeServiceException',
  'DependencyFailedException',
  'ModelStreamErrorException',
  'ResourceNotFoundException',
  'ServiceQuotaExceededException',
  'ServiceUnavailableException',
]);
