import { type InvocationKind, invocationKind } from '../../lambda/invocation/invocation-counts';
import { picoToDecimalString } from '../../lambda/pricing/pico';
import { promptTokens } from '../../lambda/rollup/usage-sums';
import type { Trace } from '../../lambda/traces/trace';
import type { LocalTime } from '../source/local-time';

/** One call, with what a row says of it beside its trace. */
export interface ExportedCall {
  readonly trace: Trace;
  readonly kind: InvocationKind;
  readonly local: LocalTime;
  readonly timeZone: string;
  /**
   * Pico-dollars by other prices; undefined where they are not
   * known, and of an answer of the application's own cache.
   */
  readonly repriced?: bigint;
}

/**
 * What a column holds, which decides how each format writes it:
 * - `moment`: a moment; text in ISO 8601, UTC;
 * - `text`: text that is in the table, where anybody may have written it;
 * - `own`: text that is made here;
 * - `count`: a whole number;
 * - `amount`: a number with a fraction;
 * - `usd`: pico-dollars; text as an exact decimal of US dollars;
 * - `pico`: pico-dollars; text as a whole number, as most programs round a number of more than 15 digits;
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

/** A column of an export. Its value is undefined where it is not known. */
export type ExportColumn = {
  readonly [Type in CellType]: {
    readonly name: string;
    readonly type: Type;
    readonly of: (call: ExportedCall) => CellTypes[Type] | undefined;
  };
}[CellType];

/** The columns in order, which is part of the format: others go to {@link ADDED_COLUMNS}. */
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

/** Columns of an export with other prices. */
const REPRICED_COLUMNS: readonly ExportColumn[] = [
  { name: 'repricedUsd', type: 'usd', of: ({ repriced }) => repriced },
  {
    name: 'differenceUsd',
    type: 'usd',
    of: ({ trace, repriced }) =>
      repriced === undefined || trace.picoUsd === undefined ? undefined : repriced - trace.picoUsd,
  },
];

/** Columns that later versions added. They come last, so that no earlier column has moved. */
const ADDED_COLUMNS: readonly ExportColumn[] = [
  { name: 'speechInputTokens', type: 'count', of: ({ trace }) => trace.speechInputTokens ?? 0 },
  { name: 'speechOutputTokens', type: 'count', of: ({ trace }) => trace.speechOutputTokens ?? 0 },
];

/** The columns of an export. */
export function exportColumns(repriced: boolean): readonly ExportColumn[] {
  return [...COLUMNS, ...(repriced ? REPRICED_COLUMNS : []), ...ADDED_COLUMNS];
}

/** A call as it is exported, with what it costs by other prices where that is known. */
export function exportedCall(
  trace: Trace,
  local: LocalTime,
  timeZone: string,
  repriced?: bigint,
): ExportedCall {
  const kind = invocationKind(trace);
  // What the application's own cache answered is billed by nobody, at any price.
  return { trace, kind, local, timeZone, repriced: kind === 'cached' ? undefined : repriced };
}

/**
 * A column's value as text formats have it: money as text,
 * that no program rounds it; null where it is not known.
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
