import { type InvocationKind, invocationKind } from '../../lambda/invocation/invocation-counts';
import { picoToDecimalString } from '../../lambda/pricing/pico';
import { promptTokens } from '../../lambda/rollup/usage-sums';
import type { Trace } from '../../lambda/traces/trace';
import type { LocalTime } from '../source/local-time';

/** Invocation in an export: its trace, and the other values of its row. */
export interface ExportedCall {
  readonly trace: Trace;
  readonly kind: InvocationKind;
  readonly local: LocalTime;
  readonly timeZone: string;
  /**
   * Cost at other prices, in pico-dollars. Undefined if the price is unknown, or if the invocation is a
   * cached response.
   */
  readonly repriced?: bigint;
}

/**
 * TypeScript types of the cell values, by cell type. CSV and JSON contain the values in these forms:
 * - `moment`: time as ISO 8601 text in UTC;
 * - `text`: text from the table, which is not trusted;
 * - `own`: text that the export creates, which is trusted;
 * - `count`: whole number;
 * - `amount`: number with a fraction;
 * - `usd`: US dollars as exact decimal text;
 * - `pico`: pico-dollars as text, because most programs round numbers of more than 15 digits;
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

/** Column of an export. `of` returns the value for an invocation, or undefined if the value is unknown. */
export type ExportColumn = {
  readonly [Type in CellType]: {
    readonly name: string;
    readonly type: Type;
    readonly of: (call: ExportedCall) => CellTypes[Type] | undefined;
  };
}[CellType];

/**
 * First columns of each export, in order. Do not add columns here, because the position of a column is part
 * of the format. Add new columns to {@link ADDED_COLUMNS}.
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

/** Columns that are present only if the export has a repricer. */
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
 * Columns that later versions added. They come last, so that the positions of earlier columns do not change.
 */
const ADDED_COLUMNS: readonly ExportColumn[] = [
  { name: 'speechInputTokens', type: 'count', of: ({ trace }) => trace.speechInputTokens ?? 0 },
  { name: 'speechOutputTokens', type: 'count', of: ({ trace }) => trace.speechOutputTokens ?? 0 },
];

/**
 * Returns the columns of an export, in order.
 *
 * @param repriced true to include the columns of the second cost
 */
export function exportColumns(repriced: boolean): readonly ExportColumn[] {
  return [...COLUMNS, ...(repriced ? REPRICED_COLUMNS : []), ...ADDED_COLUMNS];
}

/**
 * Creates an invocation for an export.
 *
 * @param repriced cost at other prices in pico-dollars, if it is known
 */
export function exportedCall(
  trace: Trace,
  local: LocalTime,
  timeZone: string,
  repriced?: bigint,
): ExportedCall {
  const kind = invocationKind(trace);
  // Cached responses are not billed at any price.
  return { trace, kind, local, timeZone, repriced: kind === 'cached' ? undefined : repriced };
}

/**
 * Returns the value of a cell for text formats. Money becomes text, so that no program rounds it. An unknown
 * value becomes null.
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
