import { type InvocationKind, invocationKind } from '../../lambda/invocation/invocation-counts';
import { picoToDecimalString } from '../../lambda/pricing/pico';
import { promptTokens } from '../../lambda/rollup/usage-sums';
import type { Trace } from '../../lambda/traces/trace';
import type { LocalTime } from '../source/local-time';

/** Exported invocation: its trace and further values of its row. */
export interface ExportedCall {
  readonly trace: Trace;
  readonly kind: InvocationKind;
  readonly local: LocalTime;
  readonly timeZone: string;
  /** Pico-dollars at other prices. Undefined if the price is unknown, and for a cached response. */
  readonly repriced?: bigint;
}

/**
 * Types of cells, which decide how a format writes them:
 * - `moment`: ISO 8601 text in UTC;
 * - `text`: untrusted text of the table;
 * - `own`: trusted text that the export creates itself;
 * - `count`: whole number;
 * - `amount`: number with a fraction;
 * - `usd`: pico-dollars as an exact decimal of US dollars;
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

/** Column of an export. `of` returns undefined for an unknown value. */
export type ExportColumn = {
  readonly [Type in CellType]: {
    readonly name: string;
    readonly type: Type;
    readonly of: (call: ExportedCall) => CellTypes[Type] | undefined;
  };
}[CellType];

/**
 * Columns in order. The order is part of the format, so new columns must be added to {@link ADDED_COLUMNS}.
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

/** Additional columns of an export with a repricer. */
const REPRICED_COLUMNS: readonly ExportColumn[] = [
  { name: 'repricedUsd', type: 'usd', of: ({ repriced }) => repriced },
  {
    name: 'differenceUsd',
    type: 'usd',
    of: ({ trace, repriced }) =>
      repriced === undefined || trace.picoUsd === undefined ? undefined : repriced - trace.picoUsd,
  },
];

/** Columns of later versions. They come last, so that earlier columns keep their places. */
const ADDED_COLUMNS: readonly ExportColumn[] = [
  { name: 'speechInputTokens', type: 'count', of: ({ trace }) => trace.speechInputTokens ?? 0 },
  { name: 'speechOutputTokens', type: 'count', of: ({ trace }) => trace.speechOutputTokens ?? 0 },
];

/** Returns the columns of an export. */
export function exportColumns(repriced: boolean): readonly ExportColumn[] {
  return [...COLUMNS, ...(repriced ? REPRICED_COLUMNS : []), ...ADDED_COLUMNS];
}

/** Creates an exported invocation, with its cost at other prices if it is known. */
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
 * Returns the value of a cell for text formats: money as text, which no program rounds, and null if unknown.
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
