import { countsToText, parseCounts } from './count-codes';
import { markerKey, rollupKey } from './rollup-keys';
import { boundedParts, type RollupPart } from './usage-part';
import { type MutableSums, noSums, type Sums, type Totals, totalsOf, wholeDay } from './usage-sums';
import { TRACE_TABLE } from '../../src/contract';
import { INVOCATION_KINDS, type InvocationKind } from '../invocation/invocation-counts';
import { picoToDecimalString, usdToPico } from '../pricing/pico';

/** Rollup of one agent and model on one UTC day. */
export interface RollupItem {
  readonly day: string;
  readonly agentId: string;
  /** Id of the foundation model. */
  readonly model: string;
  /** Totals of the whole UTC day. */
  readonly totals: Totals;
  /**
   * Sums of the invocations, with one element for each combination of kind and price terms. Elements with the
   * most invocations come first.
   */
  readonly parts: readonly RollupPart[];
}

/**
 * Item that marks the rollup of a day as finished. Without the marker, some items of the day may be missing.
 */
export interface RollupMarker {
  readonly day: string;
  /** Number of traces in the sums of the day. 0 for a day without invocations. */
  readonly traces: number;
  /** Number of rollup items of the day. */
  readonly items: number;
  /**
   * Number of traces that are not in the sums, because their timestamp is invalid or on another day. Default:
   * 0
   */
  readonly unreadable?: number;
  readonly rolledUpAt: Date;
}

/** DynamoDB attribute value, limited to the types that rollup items use. */
export type RollupAttribute =
  | { readonly S: string }
  | { readonly N: string }
  | { readonly BOOL: boolean }
  | { readonly L: readonly RollupAttribute[] }
  | { readonly M: RollupAttributes };
export interface RollupAttributes {
  readonly [name: string]: RollupAttribute;
}

/** DynamoDB attribute value, as the AWS SDK returns it. */
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

/** Version of the format of rollup items. Each item stores it as `v`. */
const VERSION = 1;

/**
 * Names of the totals, which are also the names of the DynamoDB attributes. The total cost is the attribute
 * `costUsd`.
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
  'lowerBound',
] as const satisfies readonly Exclude<keyof Totals, 'picoUsd' | 'unitPicoUsd' | 'units' | 'reasons'>[];

/**
 * Names of the sums of a quarter-hour, in their order in the stored text. Add new names at the end, because
 * the order of stored rollups cannot change.
 */
const ROW_FIELDS = [
  'count',
  'uncachedInputTokens',
  'outputTokens',
  'picoUsd',
  'latencyCalls',
  'latencyMicros',
  'minLatencyMicros',
  'maxLatencyMicros',
  'cacheReadTokens',
  'cacheWrite5mTokens',
  'cacheWrite1hTokens',
  'milliItems',
  'itemTokens',
  'partial',
  'speechInputTokens',
  'speechOutputTokens',
  'lowerBound',
  'unitPicoUsd',
] as const satisfies readonly Exclude<keyof Sums, 'units' | 'reasons'>[];

/**
 * Returns the rollup of one agent and model on one day. The result does not depend on the order in which
 * traces were read.
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
    totals: totalsOfParts(bounded),
    parts: bounded,
  };
}

/**
 * Maximum characters of all units and reasons in an item. The largest possible item is then below 400 KB, the
 * maximum of DynamoDB.
 */
const MAX_NAMED_TEXT = 12_000;

/**
 * Moves the units and reasons of each part to its first quarter-hour if their text would be too long. Sums of
 * a whole UTC day stay exact.
 */
function withShortNames(parts: readonly RollupPart[]): readonly RollupPart[] {
  const length = parts
    .flatMap(({ quarters }) => [...quarters.values()])
    .reduce((sum, sums) => sum + namedText(sums).length, 0);
  if (length <= MAX_NAMED_TEXT) return parts;
  return parts.map(part => {
    const { units, reasons } = wholeDay(part);
    const [first] = [...part.quarters.keys()].sort((one, other) => one - other);
    return {
      ...part,
      quarters: new Map(
        [...part.quarters].map(([quarter, sums]) => [
          quarter,
          {
            ...sums,
            units: quarter === first ? units : undefined,
            reasons: quarter === first ? reasons : undefined,
          },
        ]),
      ),
    };
  });
}

function totalsOfParts(parts: readonly RollupPart[]): Totals {
  return totalsOf(parts.map(part => ({ kind: part.kind, sums: wholeDay(part) })));
}

/** Converts a rollup to a DynamoDB item. Unlike a trace, the item never expires. */
export function toStoredRollup({ day, agentId, model, totals, parts }: RollupItem): RollupAttributes {
  return {
    ...keyAttributes(rollupKey(day, agentId, model)),
    day: { S: day },
    agentId: { S: agentId },
    model: { S: model },
    ...Object.fromEntries(TOTAL_FIELDS.map(field => [field, { N: String(totals[field]) }])),
    costUsd: { N: picoToDecimalString(totals.picoUsd) },
    parts: { L: withShortNames(parts).map(part => ({ M: attributesOfPart(part) })) },
    v: { N: String(VERSION) },
  };
}

/** Converts a DynamoDB item to a rollup. */
export function parseStoredRollup(item: StoredAttributes): RollupItem {
  const amounts = Object.fromEntries(
    TOTAL_FIELDS.map(field => [field, Number(item[field]?.N ?? 0)]),
  ) as Readonly<Record<(typeof TOTAL_FIELDS)[number], number>>;
  const parts = (item.parts?.L ?? []).map(({ M = {} }) => partFromAttributes(M));
  const { unitPicoUsd, units, reasons } = totalsOfParts(parts);
  return {
    day: item.day?.S ?? '',
    agentId: item.agentId?.S ?? '',
    model: item.model?.S ?? '',
    totals: { ...amounts, picoUsd: usdToPico(item.costUsd?.N ?? '0'), unitPicoUsd, units, reasons },
    parts,
  };
}

/** Converts the marker of a finished rollup to a DynamoDB item. */
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

/**
 * Converts a DynamoDB item to the marker of a finished rollup. Returns undefined if the item is not a marker.
 */
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

/** Converts a part of a rollup to DynamoDB attributes. Omits default values, such as `batch: false`. */
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
    kind: parseKind(part.kind?.S),
    mixed: part.mixed?.BOOL === true,
    modelId: part.modelId?.S,
    scope: part.scope?.S,
    serviceTier: part.serviceTier?.S,
    batch: part.batch?.BOOL === true,
    promptAbove: Number(part.promptAbove?.N ?? 0),
    priceAsOf: first === undefined || last === undefined ? undefined : { first, last },
    quarters: parseRows(part.quarters?.S ?? ''),
  };
}

function parseKind(text: string | undefined): InvocationKind {
  const kind = INVOCATION_KINDS.find(each => each === text);
  // If a later version of the package has written an unknown kind, this version cannot compute correct sums.
  if (kind === undefined) {
    throw new Error(
      `the kind of a rollup part must be one of ${INVOCATION_KINDS.join(', ')}, got: ${text}. Use the version that wrote it.`,
    );
  }
  return kind;
}

function keyAttributes({ pk, sk }: { readonly pk: string; readonly sk: string }): RollupAttributes {
  return { [TRACE_TABLE.partitionKey]: { S: pk }, [TRACE_TABLE.sortKey]: { S: sk } };
}

/**
 * Formats the sums of quarter-hours as text, such as `37:12,4021,880,15263000000;38:…`. Each row begins with
 * the number of the quarter-hour. A zero is an empty field. A row takes about 60 bytes. A DynamoDB map with
 * the same figures would take more than 200 bytes.
 */
function rowsToText(quarters: ReadonlyMap<number, Sums>): string {
  return [...quarters]
    .sort(([a], [b]) => a - b)
    .map(
      ([quarter, sums]) =>
        `${quarter}:${ROW_FIELDS.map(field => (sums[field] ? String(sums[field]) : ''))
          .join(',')
          .replace(/,+$/, '')}${namedText(sums)}`,
    )
    .join(';');
}

/**
 * Formats the counts by name of a quarter-hour: `|gc2|bi1`. The first part has the units, and the second part
 * has the reasons. Returns an empty text if there are neither.
 */
function namedText({ units = new Map(), reasons = new Map() }: Sums): string {
  return units.size + reasons.size === 0 ? '' : `|${countsToText(units)}|${countsToText(reasons)}`;
}

/** Parses the text that {@link rowsToText} writes. */
function parseRows(text: string): Map<number, Sums> {
  const quarters = new Map<number, Sums>();
  for (const row of text === '' ? [] : text.split(';')) {
    const colon = row.indexOf(':');
    const [fields, units, reasons] = row.slice(colon + 1).split('|');
    const figures = fields.split(',');
    const sums: MutableSums = noSums();
    if (units) sums.units = parseCounts(units);
    if (reasons) sums.reasons = parseCounts(reasons);
    ROW_FIELDS.forEach((field, index) => {
      const figure = figures[index];
      if (!figure) return;
      if (field === 'picoUsd' || field === 'unitPicoUsd') sums[field] = BigInt(figure);
      else sums[field] = Number(figure);
    });
    quarters.set(Number(row.slice(0, colon)), sums);
  }
  return quarters;
}
