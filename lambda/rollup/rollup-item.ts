import { boundedParts } from './bounded-parts';
import { rowsFromText, rowsToText } from './packed-rows';
import { markerKey, rollupKey } from './rollup-keys';
import type { RollupPart } from './usage-part';
import { type Totals, totalsOf, wholeDay } from './usage-sums';
import { TRACE_TABLE } from '../../src/contract';
import { INVOCATION_KINDS, type InvocationKind } from '../invocation/invocation-counts';
import { picoToDecimalString, usdToPico } from '../pricing/pico';

/** One UTC day of an agent and a model. */
export interface RollupItem {
  readonly day: string;
  readonly agentId: string;
  /** The foundation model's id. */
  readonly model: string;
  /** Of the whole UTC day. */
  readonly totals: Totals;
  /** The same by kind, by all that decides the price, and by quarter-hours; those with most calls first. */
  readonly parts: readonly RollupPart[];
}

/** What says that a day is rolled up: without it, items of the day may be there and others not yet. */
export interface RollupMarker {
  readonly day: string;
  /** Traces that are in the day's sums. 0: the day is rolled up, and nothing was called. */
  readonly traces: number;
  /** Items that the day has. */
  readonly items: number;
  /** Traces that are in no sum, because their time is not in the day. Default: none. */
  readonly unreadable?: number;
  readonly rolledUpAt: Date;
}

/** A DynamoDB attribute value, as far as rolled up items use them. */
export type RollupAttribute =
  | { readonly S: string }
  | { readonly N: string }
  | { readonly BOOL: boolean }
  | { readonly L: readonly RollupAttribute[] }
  | { readonly M: RollupAttributes };
export interface RollupAttributes {
  readonly [name: string]: RollupAttribute;
}

/** An attribute as the SDK gives it. */
export interface StoredAttribute {
  readonly S?: string;
  readonly N?: string;
  readonly BOOL?: boolean;
  readonly L?: readonly StoredAttribute[];
  readonly M?: StoredAttributes;
}
export interface StoredAttributes {
  readonly [name: string]: StoredAttribute;
}

/** The version of the item's shape. */
const VERSION = 1;

/**
 * Totals that are attributes under their own names; the cost has the name and form that it has in a trace.
 */
const TOTAL_FIELDS = [
  'traces',
  'answered',
  'failed',
  'fromCache',
  'unpriced',
  'partial',
  'uncachedInputTokens',
  'cacheReadTokens',
  'cacheWrite5mTokens',
  'cacheWrite1hTokens',
  'outputTokens',
  'latencyCalls',
  'latencyMicros',
  'minLatencyMicros',
  'maxLatencyMicros',
  'milliItems',
  'itemTokens',
  'speechInputTokens',
  'speechOutputTokens',
] as const satisfies readonly Exclude<keyof Totals, 'picoUsd'>[];

/**
 * The day of an agent and a model, of its parts: the same
 * for the same calls, in whatever order they were read.
 */
export function rollupItem(
  day: string,
  agentId: string,
  model: string,
  parts: readonly RollupPart[],
): RollupItem {
  const bounded = boundedParts(parts);
  return {
    day,
    agentId,
    model,
    totals: totalsOf(bounded.map(part => ({ kind: part.kind, sums: wholeDay(part) }))),
    parts: bounded,
  };
}

/** The item as it is written. It has no expiry: it outlives the traces. */
export function toStoredRollup({ day, agentId, model, totals, parts }: RollupItem): RollupAttributes {
  return {
    ...keyAttributes(rollupKey(day, agentId, model)),
    day: { S: day },
    agentId: { S: agentId },
    model: { S: model },
    ...Object.fromEntries(TOTAL_FIELDS.map(field => [field, { N: String(totals[field]) }])),
    costUsd: { N: picoToDecimalString(totals.picoUsd) },
    parts: { L: parts.map(part => ({ M: attributesOfPart(part) })) },
    v: { N: String(VERSION) },
  };
}

/** Reads an item back. */
export function parseStoredRollup(item: StoredAttributes): RollupItem {
  const amounts = Object.fromEntries(
    TOTAL_FIELDS.map(field => [field, Number(item[field]?.N ?? 0)]),
  ) as Readonly<Record<(typeof TOTAL_FIELDS)[number], number>>;
  return {
    day: item.day?.S ?? '',
    agentId: item.agentId?.S ?? '',
    model: item.model?.S ?? '',
    totals: { ...amounts, picoUsd: usdToPico(item.costUsd?.N ?? '0') },
    parts: (item.parts?.L ?? []).map(({ M = {} }) => partFromAttributes(M)),
  };
}

/** A day's marker as it is written. */
export function toStoredMarker({
  day,
  traces,
  items,
  unreadable = 0,
  rolledUpAt,
}: RollupMarker): RollupAttributes {
  return {
    ...keyAttributes(markerKey(day)),
    day: { S: day },
    traces: { N: String(traces) },
    items: { N: String(items) },
    ...(unreadable > 0 ? { unreadable: { N: String(unreadable) } } : {}),
    rolledUpAt: { S: rolledUpAt.toISOString() },
    v: { N: String(VERSION) },
  };
}

/** Reads a marker back; undefined where the item is none. */
export function parseStoredMarker(item: StoredAttributes): RollupMarker | undefined {
  if (item.rolledUpAt?.S === undefined) return undefined;
  return {
    day: item.day?.S ?? '',
    traces: Number(item.traces?.N ?? 0),
    items: Number(item.items?.N ?? 0),
    ...(item.unreadable?.N === undefined ? {} : { unreadable: Number(item.unreadable.N) }),
    rolledUpAt: new Date(item.rolledUpAt.S),
  };
}

/** A part's attributes; what goes without saying is left out. */
function attributesOfPart({
  kind,
  mixed,
  modelId,
  scope,
  serviceTier,
  batch,
  promptAbove,
  priceAsOf,
  quarters,
}: RollupPart): RollupAttributes {
  return {
    kind: { S: kind },
    ...(mixed ? { mixed: { BOOL: true } } : {}),
    ...(modelId === undefined ? {} : { modelId: { S: modelId } }),
    ...(scope === undefined ? {} : { scope: { S: scope } }),
    ...(serviceTier === undefined ? {} : { serviceTier: { S: serviceTier } }),
    ...(batch ? { batch: { BOOL: true } } : {}),
    ...(promptAbove === 0 ? {} : { promptAbove: { N: String(promptAbove) } }),
    ...(priceAsOf === undefined
      ? {}
      : { priceFirstAsOf: { S: priceAsOf.first }, priceLastAsOf: { S: priceAsOf.last } }),
    quarters: { S: rowsToText(quarters) },
  };
}

function partFromAttributes(part: StoredAttributes): RollupPart {
  const [first, last] = [part.priceFirstAsOf?.S, part.priceLastAsOf?.S];
  return {
    kind: kindFrom(part.kind?.S),
    mixed: part.mixed?.BOOL === true,
    modelId: part.modelId?.S,
    scope: part.scope?.S,
    serviceTier: part.serviceTier?.S,
    batch: part.batch?.BOOL === true,
    promptAbove: Number(part.promptAbove?.N ?? 0),
    priceAsOf: first === undefined || last === undefined ? undefined : { first, last },
    quarters: rowsFromText(part.quarters?.S ?? ''),
  };
}

function kindFrom(text: string | undefined): InvocationKind {
  const kind = INVOCATION_KINDS.find(each => each === text);
  // A later version's kind must not be counted as another.
  if (kind === undefined) {
    throw new Error(`a rolled-up item has a kind of calls that this version does not know: ${text}`);
  }
  return kind;
}

function keyAttributes({ pk, sk }: { readonly pk: string; readonly sk: string }): RollupAttributes {
  return { [TRACE_TABLE.partitionKey]: { S: pk }, [TRACE_TABLE.sortKey]: { S: sk } };
}
