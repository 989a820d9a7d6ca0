import { type InvocationKind, invocationKind } from '../../lambda/invocation/invocation-counts';
import { picoToDecimalString } from '../../lambda/pricing/pico';
import { promptTokens } from '../../lambda/rollup/usage-sums';
import type { Trace } from '../../lambda/traces/trace';
import type { Units } from '../../lambda/usage/billed-units';
import type { PartPrice } from '../figures/figure-sum';
import type { LocalTime } from '../source/local-time';

/** Data for one row of an export: the trace and additional values, such as the local time. */
export interface ExportedCall {
  readonly trace: Trace;
  readonly kind: InvocationKind;
  readonly local: LocalTime;
  readonly timeZone: string;
  /**
   * Cost at the prices of the option `reprice`, in pico-dollars. Undefined if there is no price, or if the
   * response came from the application's own cache.
   */
  readonly repriced?: bigint;
  /** Reasons why the true cost may be higher than `repriced`. Undefined if there are none. */
  readonly repricedIsLowerBound?: readonly string[];
}

/**
 * TypeScript type of a cell's value, by cell type. CSV and JSON files contain these values:
 * - `moment`: time as ISO 8601 text in UTC.
 * - `text`: text from the trace table, which may come from an attacker.
 * - `own`: text that the export itself creates.
 * - `count`: whole number.
 * - `amount`: number that can have a fraction.
 * - `usd`: US dollars as exact decimal text.
 * - `pico`: pico-dollars as text, because most programs round numbers with more than 15 digits.
 * - `flag`: true or false.
 */
interface CellTypes {
  readonly moment: Date;
  readonly text: string;
  readonly own: string;
  readonly count: number;
  readonly amount: number;
  readonly usd: bigint;
  readonly pico: bigint;
  readonly flag: boolean;
}
export type CellType = keyof CellTypes;

/** Column of an export. `of` returns the column's value for an invocation, or undefined if it is unknown. */
export type ExportColumn = {
  readonly [Type in CellType]: {
    readonly name: string;
    readonly type: Type;
    readonly of: (call: ExportedCall) => CellTypes[Type] | undefined;
  };
}[CellType];

/**
 * First columns of each export. Add new columns to {@link ADDED_COLUMNS} and not here: users may rely on the
 * position of a column.
 */
const COLUMNS: readonly ExportColumn[] = [
  { name: 'timestampUtc', type: 'moment', of: ({ trace }) => trace.timestamp },
  { name: 'timestampLocal', type: 'own', of: ({ local }) => local.text },
  { name: 'timeZone', type: 'own', of: ({ timeZone }) => timeZone },
  { name: 'day', type: 'own', of: ({ local }) => local.day },
  { name: 'agentId', type: 'text', of: ({ trace }) => trace.agentId },
  { name: 'model', type: 'text', of: ({ trace }) => trace.model },
  { name: 'modelId', type: 'text', of: ({ trace }) => trace.modelId },
  { name: 'scope', type: 'text', of: ({ trace }) => trace.scope },
  { name: 'operation', type: 'text', of: ({ trace }) => trace.operation },
  { name: 'incidentId', type: 'text', of: ({ trace }) => trace.incidentId },
  { name: 'sessionId', type: 'text', of: ({ trace }) => trace.sessionId },
  { name: 'requestId', type: 'text', of: ({ trace }) => trace.requestId },
  { name: 'uncachedInputTokens', type: 'count', of: ({ trace }) => trace.uncachedInputTokens },
  { name: 'cacheReadTokens', type: 'count', of: ({ trace }) => trace.cacheReadTokens },
  { name: 'cacheWrite5mTokens', type: 'count', of: ({ trace }) => trace.cacheWrite5mTokens },
  { name: 'cacheWrite1hTokens', type: 'count', of: ({ trace }) => trace.cacheWrite1hTokens },
  { name: 'outputTokens', type: 'count', of: ({ trace }) => trace.outputTokens },
  { name: 'inputTokens', type: 'count', of: ({ trace }) => promptTokens(trace) },
  { name: 'totalTokens', type: 'count', of: ({ trace }) => promptTokens(trace) + trace.outputTokens },
  { name: 'costUsd', type: 'usd', of: ({ trace }) => trace.picoUsd },
  { name: 'picoUsd', type: 'pico', of: ({ trace }) => trace.picoUsd },
  { name: 'priceAsOf', type: 'text', of: ({ trace }) => trace.priceAsOf },
  { name: 'kind', type: 'own', of: ({ kind }) => kind },
  { name: 'latencyMs', type: 'amount', of: ({ trace }) => trace.latencyMs },
  { name: 'ttftMs', type: 'amount', of: ({ trace }) => trace.ttftMs },
  { name: 'serviceTier', type: 'text', of: ({ trace }) => trace.serviceTier },
  { name: 'items', type: 'amount', of: ({ trace }) => trace.items },
  { name: 'stopReason', type: 'text', of: ({ trace }) => trace.stopReason },
  { name: 'error', type: 'text', of: ({ trace }) => trace.error },
  { name: 'source', type: 'text', of: ({ trace }) => trace.source },
  { name: 'partial', type: 'flag', of: ({ trace }) => trace.partial },
  { name: 'cached', type: 'flag', of: ({ trace }) => trace.cached },
];

/**
 * Columns with the cost at the prices of the option `reprice`. Without this option, an export does not have
 * these columns.
 */
const REPRICED_COLUMNS: readonly ExportColumn[] = [
  { name: 'repricedUsd', type: 'usd', of: ({ repriced }) => repriced },
  {
    name: 'differenceUsd',
    type: 'usd',
    of: ({ trace, repriced }) =>
      repriced === undefined || trace.picoUsd === undefined ? undefined : repriced - trace.picoUsd,
  },
];

/**
 * Last columns of each export. Add new columns at the end, so that existing columns keep their positions.
 * Only {@link ADDED_REPRICED_COLUMNS} come later.
 */
const ADDED_COLUMNS: readonly ExportColumn[] = [
  { name: 'speechInputTokens', type: 'count', of: ({ trace }) => trace.speechInputTokens ?? 0 },
  { name: 'speechOutputTokens', type: 'count', of: ({ trace }) => trace.speechOutputTokens ?? 0 },
  { name: 'units', type: 'own', of: ({ trace }) => trace.units && unitsText(trace.units) },
  { name: 'unitCostUsd', type: 'usd', of: ({ trace }) => trace.unitPicoUsd },
  { name: 'costIsLowerBound', type: 'text', of: ({ trace }) => trace.costIsLowerBound?.join(' ') },
];

/** Last columns of an export with the option `reprice`. Add new columns at the end. */
const ADDED_REPRICED_COLUMNS: readonly ExportColumn[] = [
  {
    name: 'repricedIsLowerBound',
    type: 'text',
    of: ({ repricedIsLowerBound: reasons }) => reasons?.join(' '),
  },
];

/** Formats units as text, such as `guardrailContent=2 guardrailTopics=2`. */
function unitsText(units: Units): string {
  return Object.entries(units)
    .map(([unit, count]) => `${unit}=${count}`)
    .join(' ');
}

/**
 * Returns the columns of an export, in order.
 *
 * @param repriced true to include `REPRICED_COLUMNS`
 */
export function exportColumns(repriced: boolean): readonly ExportColumn[] {
  return repriced
    ? [...COLUMNS, ...REPRICED_COLUMNS, ...ADDED_COLUMNS, ...ADDED_REPRICED_COLUMNS]
    : [...COLUMNS, ...ADDED_COLUMNS];
}

/**
 * Creates the data for one row of an export from a trace.
 *
 * @param local day and time of the trace in `timeZone`
 * @param price cost at the prices of the option `reprice`. Undefined without this option
 */
export function exportedCall(
  trace: Trace,
  local: LocalTime,
  timeZone: string,
  price?: PartPrice,
): ExportedCall {
  const kind = invocationKind(trace);
  // If the invocation is a cached response, `repriced` is undefined, because AWS does not bill it.
  if (!price || price.unpriced > 0 || kind === 'cached') return { trace, kind, local, timeZone };
  const { picoUsd, reasons } = price;
  return {
    trace,
    kind,
    local,
    timeZone,
    repriced: picoUsd,
    repricedIsLowerBound: reasons && [...reasons.keys()].sort(),
  };
}

/**
 * Returns a cell's value for CSV or JSON. Amounts of money become text, so that no program rounds them. An
 * unknown value becomes null.
 */
export function cellOf(column: ExportColumn, call: ExportedCall): string | number | boolean | null {
  switch (column.type) {
    case 'moment':
      return column.of(call)?.toISOString() ?? null;
    case 'usd': {
      const pico = column.of(call);
      return pico === undefined ? null : picoToDecimalString(pico);
    }
    case 'pico':
      return column.of(call)?.toString() ?? null;
    default:
      return column.of(call) ?? null;
  }
}
