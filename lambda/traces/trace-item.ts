import {
  type AttributeValue,
  type Item,
  type MutableItem,
  clipKeyPart,
  isStorable,
  itemBytes,
  number,
  text,
  textOf,
} from './attributes';
import { REASON_SEPARATOR } from './trace';
import { dayIndexKey, dayOf, escapeKeyPart, shardOf, traceKey } from './trace-keys';
import { KEY_SEPARATOR, TRACE_TABLE } from '../../src/contract';
import type { Invocation } from '../invocation/invocation';
import type { Cost } from '../pricing/cost';
import { picoToDecimalString } from '../pricing/pico';
import { unitCostOf } from '../pricing/unit-costs';
import { levelMark, writeLines } from '../process/log-line';
import { warnOnce } from '../process/warn-once';
import type { TokenUsage } from '../usage/token-usage';

/** Version of the trace format. Each trace stores it as `v`. */
const VERSION = { N: '1' } as const;
const TRUE = { BOOL: true } as const;
const DAY_SECONDS = 86_400;
const DAY_MS = DAY_SECONDS * 1000;

/**
 * Maximum bytes of each value that a caller can choose. With these limits, a trace takes at most 1 KB, which
 * DynamoDB bills as one write unit. `agentId` and `requestId` are stored twice, because they are also part of
 * the keys.
 */
const MAX_BYTES = {
  agentId: 64,
  requestId: 48,
  incidentId: 64,
  sessionId: 48,
  model: 64,
  modelId: 112,
  serviceTier: 12,
  /** Bytes of a UTC day, such as `2026-11-22`. */
  priceAsOf: 10,
  /** Maximum bytes of an operation, an error or a stop reason. */
  short: 24,
  /** Maximum bytes of the error and the stop reason together. */
  outcome: 48,
} as const;

/**
 * Names of Bedrock operations and errors that are stored in full, although they exceed `MAX_BYTES.short`. A
 * test compares this list with the names in the AWS SDK.
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

/** Maximum bytes of a trace, which is one DynamoDB write unit. */
const MAX_ITEM_BYTES = 1024;
/** Minimum bytes of a session id that is cut. A shorter one is omitted. */
const MIN_SESSION_BYTES = 12;

/** Maximum digits of a DynamoDB number (Developer Guide, "Supported data types"). */
const MAX_NUMBER_DIGITS = 38;
const PICO_LIMIT = 10n ** BigInt(MAX_NUMBER_DIGITS);

/** Settings for the keys and the expiry of items in the trace table. */
export interface ItemOptions {
  /** Number of partitions for the traces of one agent on one day. */
  readonly writeShards: number;
  /** Days until an item expires. If 0, items never expire. */
  readonly ttlDays: number;
  /**
   * True if the trace is written before the call has an answer. A trace with the answer replaces it later.
   * Default: false
   */
  readonly provisional?: boolean;
}

/** Values from which the keys of a trace are made. */
export interface TraceIdentity {
  readonly agentId: string;
  readonly requestId: string;
  readonly timestamp: Date;
}

/**
 * Returns the values from which the keys of a trace are made. Cuts long ids in the same way as the attributes
 * of the trace.
 */
export function identityOf({ agentId, requestId, timestamp }: Invocation): TraceIdentity {
  return {
    agentId: clipKeyPart(agentId, MAX_BYTES.agentId, escapeKeyPart),
    requestId: clipKeyPart(requestId, MAX_BYTES.requestId, escapeKeyPart),
    timestamp,
  };
}

/**
 * Returns the day-index entry for the partition of a trace. Reports need the entry to find the partition. All
 * traces of a partition give the same entry. It expires after the traces.
 */
export function dayIndexItem(
  { agentId, requestId, timestamp }: TraceIdentity,
  { writeShards, ttlDays }: ItemOptions,
): Item {
  const { pk, sk } = dayIndexKey(agentId, dayOf(timestamp), shardOf(requestId, writeShards));
  const endOfDay = (Math.floor(timestamp.getTime() / DAY_MS) + 1) * DAY_SECONDS;
  return {
    [TRACE_TABLE.partitionKey]: { S: pk },
    [TRACE_TABLE.sortKey]: { S: sk },
    ...(ttlDays > 0 ? { [TRACE_TABLE.ttl]: expiry(endOfDay, ttlDays) } : {}),
  };
}

/**
 * Converts an invocation to its trace: a DynamoDB item of at most 1 KB. Long values are cut and end in a
 * hash, so that different values stay different. `costUsd` is an exact decimal number of US dollars, and is
 * missing if no price is known.
 */
export function traceItem(
  invocation: Invocation,
  { writeShards, ttlDays, provisional = false }: ItemOptions,
): Item {
  const identity = identityOf(invocation);
  const { requestId, agentId, timestamp } = identity;
  const { usage, model, modelId, scope, incidentId, sessionId, serviceTier, stopReason } = invocation;
  const { latencyMs, timeToFirstTokenMs, items, reportedInputTokens, outputDifference } = invocation;
  const cost = storable(invocation.cost);
  const operation = serviceName(invocation.operation);
  const error = serviceName(invocation.error);
  const { pk, sk } = traceKey(identity, writeShards);
  // Each attribute has a statement of its own, because an object literal with undefined members is slow.
  const item: MutableItem = { requestId: { S: requestId }, agentId: { S: agentId }, v: VERSION };
  item[TRACE_TABLE.partitionKey] = { S: pk };
  item[TRACE_TABLE.sortKey] = { S: sk };
  // Copies the time from the start of the sort key, because it would be slow to format the time again.
  item.timestamp = { S: sk.slice(0, sk.indexOf(KEY_SEPARATOR)) };
  if (scope) item.scope = text(scope);
  if (model) item.model = text(model, MAX_BYTES.model);
  if (modelId) item.modelId = text(modelId, MAX_BYTES.modelId);
  if (operation) item.operation = operation;
  if (incidentId) item[TRACE_TABLE.incidentIndex.partitionKey] = text(incidentId, MAX_BYTES.incidentId);
  if (sessionId) item.sessionId = text(sessionId, MAX_BYTES.sessionId);
  if (serviceTier) item.serviceTier = text(serviceTier, MAX_BYTES.serviceTier);
  if (usage) addUsage(item, usage);
  if (cost) addCost(item, cost);
  if (isStorable(latencyMs)) item.latencyMs = number(latencyMs);
  if (isStorable(timeToFirstTokenMs)) item.ttftMs = number(timeToFirstTokenMs);
  if (isStorable(items)) item.items = number(items);
  if (error) item.error = error;
  if (stopReason) {
    const left = error ? MAX_BYTES.outcome - Buffer.byteLength(textOf(error)) : MAX_BYTES.short;
    item.stopReason = text(stopReason, Math.min(MAX_BYTES.short, left));
  }
  if (invocation.cached) item.cached = TRUE;
  if (provisional) item.provisional = TRUE;
  // To fit in 1 KB, a trace has at most one of `error`, `reportedInputTokens` and `outputDifference`.
  if (!error && isStorable(reportedInputTokens)) item.reportedInputTokens = number(reportedInputTokens);
  else if (!error && isStorable(outputDifference)) item.outputDifference = number(outputDifference);
  if (ttlDays > 0) item[TRACE_TABLE.ttl] = expiry(Math.floor(timestamp.getTime() / 1000), ttlDays);
  if (invocation.units) {
    const units = Object.entries(invocation.units);
    item.units = { M: Object.fromEntries(units.map(([unit, count]) => [unit, number(count)])) };
    const unitCost = unitCostOf(cost);
    if (unitCost > 0n) item.unitCostUsd = { N: picoToDecimalString(unitCost) };
    shortenSession(item);
    // Only `record()` with nearly all units and very large counts reaches this limit.
    if (itemBytes(item) > MAX_ITEM_BYTES) delete item.units;
  }
  return item;
}

/** Cuts the session id of a trace with units, so that the trace fits in {@link MAX_ITEM_BYTES}. */
function shortenSession(item: MutableItem): void {
  const excess = itemBytes(item) - MAX_ITEM_BYTES;
  const session = textOf(item.sessionId);
  if (excess <= 0 || session === '') return;
  const bytes = Buffer.byteLength(session) - excess;
  if (bytes > MIN_SESSION_BYTES) item.sessionId = text(session, bytes);
  else delete item.sessionId;
}

function addUsage(item: MutableItem, usage: TokenUsage): void {
  const { uncachedInputTokens, cacheReadTokens, cacheWrite5mTokens, cacheWrite1hTokens, outputTokens } =
    usage;
  const { speechInputTokens, speechOutputTokens } = usage;
  if (isStorable(uncachedInputTokens)) item.uncachedInputTokens = number(uncachedInputTokens);
  if (isStorable(cacheReadTokens)) item.cacheReadTokens = number(cacheReadTokens);
  if (isStorable(cacheWrite5mTokens)) item.cacheWrite5mTokens = number(cacheWrite5mTokens);
  if (isStorable(cacheWrite1hTokens)) item.cacheWrite1hTokens = number(cacheWrite1hTokens);
  if (isStorable(outputTokens)) item.outputTokens = number(outputTokens);
  if (speechInputTokens && isStorable(speechInputTokens)) item.speechInputTokens = number(speechInputTokens);
  if (speechOutputTokens && isStorable(speechOutputTokens)) {
    item.speechOutputTokens = number(speechOutputTokens);
  }
  if (usage.source) item.source = text(usage.source);
  if (usage.partial) item.partial = TRUE;
}

function addCost(item: MutableItem, { picoUsd, lowerBound, price }: Cost): void {
  item.costUsd = { N: picoToDecimalString(picoUsd) };
  if (lowerBound && lowerBound.length > 0) item.costIsLowerBound = text(lowerBound.join(REASON_SEPARATOR));
  if (price.asOf) item.priceAsOf = text(price.asOf, MAX_BYTES.priceAsOf);
}

/** Names and DynamoDB types of all attributes that a trace can have. A replay refuses other attributes. */
export const TRACE_ATTRIBUTES: Readonly<Record<string, 'S' | 'N' | 'BOOL' | 'M'>> = {
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
  unitCostUsd: 'N',
  latencyMs: 'N',
  ttftMs: 'N',
  items: 'N',
  outputDifference: 'N',
  reportedInputTokens: 'N',
  v: 'N',
  units: 'M',
  partial: 'BOOL',
  cached: 'BOOL',
  provisional: 'BOOL',
};

/**
 * Returns the cost, or undefined if it has more than 38 digits. DynamoDB would refuse all items of the batch
 * because of such a number.
 */
function storable(cost: Cost | undefined): Cost | undefined {
  if (cost === undefined || (cost.picoUsd < PICO_LIMIT && cost.picoUsd > -PICO_LIMIT)) return cost;
  warnOnce(
    'traces:cost',
    `A cost of more than ${MAX_NUMBER_DIGITS} digits is omitted from its trace. Check the custom prices.`,
  );
  return undefined;
}

/**
 * Converts the name of an operation or an error to an attribute. Cuts a long name, unless it is one of
 * {@link LONG_SERVICE_NAMES}.
 */
function serviceName(name: string | undefined): AttributeValue | undefined {
  return name ? text(name, LONG_SERVICE_NAMES.has(name) ? Infinity : MAX_BYTES.short) : undefined;
}

/**
 * Seconds in five years. DynamoDB never deletes an item whose expiry time is further in the past (Developer
 * Guide, "Time to Live").
 */
const MAX_EXPIRED_SECONDS = 5 * 365 * DAY_SECONDS;

/**
 * Returns the time at which an item expires, in seconds since 1970.
 *
 * A time more than five years ago is replaced by the current time, because DynamoDB would never delete the
 * item. A time too far in the future is replaced by the latest valid time.
 */
function expiry(fromSeconds: number, ttlDays: number): AttributeValue {
  const now = Math.floor(Date.now() / 1000);
  const expires = fromSeconds + ttlDays * DAY_SECONDS;
  if (expires < now - MAX_EXPIRED_SECONDS) return number(now);
  // The latest expiry time is `ttlDays` plus two days from now. A day-index entry needs one of these days,
  // because it expires after its traces. A trace with a time up to two hours in the future needs the other.
  return number(Math.min(expires, now + (ttlDays + 2) * DAY_SECONDS));
}

/** Maximum items in one BatchWriteItem request (API reference). */
export const MAX_BATCH = 25;

/**
 * Item in the write queue: a trace, the day-index entry that leads reports to the partition of a trace, or a
 * claim to a call.
 */
export interface QueuedItem {
  readonly kind: 'trace' | 'dayIndexEntry' | 'claim';
  /** Text that identifies the item by its primary key. */
  readonly id: string;
  readonly item: Item;
}

/** Returns a text that identifies an item by its primary key. Different keys give different texts. */
export function itemId(item: Readonly<Record<string, { readonly S?: string } | object>> | undefined): string {
  const [partition, sort] = [TRACE_TABLE.partitionKey, TRACE_TABLE.sortKey].map(
    name => (item?.[name] as { readonly S?: string } | undefined)?.S ?? '',
  );
  return `${partition.length} ${partition}${sort}`;
}

/** Converts a DynamoDB item to an item of the write queue. */
export function queued(kind: QueuedItem['kind'], item: Item): QueuedItem {
  return { kind, id: itemId(item), item };
}

/** Member of a JSON log line. Its value is a trace that could not be written to the table. */
export const SPILL_MARK = 'TraceSpill';
/**
 * Member of a JSON log line. Its value is a day-index entry that could not be written to the table. The entry
 * is not logged if a trace of the same partition is logged. A replay of that trace also writes the entry.
 */
export const ENTRY_MARK = 'TraceSpillEntry';

/**
 * Writes items to the log, each as one line of JSON. `replaySpills` can write these items to the table later.
 *
 * @returns the number of items that were written to the log
 */
export function spill(items: readonly Item[], mark = SPILL_MARK): Promise<number> {
  const level = levelMark();
  return writeLines(
    process.stdout,
    items.map(item => JSON.stringify({ ...level, [mark]: item })),
  );
}
