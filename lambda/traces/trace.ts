import { momentOf } from './call-time';
import { usdToPico } from '../pricing/pico';

/** Separator of the reasons in `costIsLowerBound`. */
export const REASON_SEPARATOR = ',';

/** A trace as it is read back. */
export interface Trace {
  readonly requestId: string;
  readonly agentId: string;
  readonly incidentId?: string;
  readonly sessionId?: string;
  /** The foundation model's id. */
  readonly model: string;
  /** The id or ARN that was called, with its inference profile. */
  readonly modelId: string;
  readonly scope?: string;
  readonly operation?: string;
  /** Time of the call; an invalid date if the item has none. */
  readonly timestamp: Date;
  readonly uncachedInputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWrite5mTokens: number;
  readonly cacheWrite1hTokens: number;
  readonly outputTokens: number;
  /** Speech tokens among `uncachedInputTokens` and `outputTokens`. Undefined if there are none. */
  readonly speechInputTokens?: number;
  readonly speechOutputTokens?: number;
  /** Undefined where the price is not known. */
  readonly picoUsd?: bigint;
  /** Reasons for which the call costs at least `picoUsd`. Undefined if that is the whole cost. */
  readonly costIsLowerBound?: readonly string[];
  readonly priceAsOf?: string;
  readonly latencyMs?: number;
  readonly ttftMs?: number;
  readonly serviceTier?: string;
  readonly items?: number;
  readonly stopReason?: string;
  readonly error?: string;
  /** Where the tokens are from; undefined where they are not known. */
  readonly source?: string;
  readonly partial: boolean;
  /** The answer came from the application's own cache. */
  readonly cached: boolean;
}

/** An item as the SDK gives it. */
export type StoredItem = Readonly<
  Record<string, { readonly S?: string; readonly N?: string; readonly BOOL?: boolean }>
>;

/** Reads an item back. */
export function traceFromItem(item: StoredItem): Trace {
  const amount = (name: string) => (item[name]?.N === undefined ? undefined : Number(item[name].N));
  const count = (name: string) => amount(name) ?? 0;
  return {
    requestId: item.requestId?.S ?? '',
    agentId: item.agentId?.S ?? '',
    incidentId: item.incidentId?.S,
    sessionId: item.sessionId?.S,
    model: item.model?.S ?? '',
    modelId: item.modelId?.S ?? '',
    scope: item.scope?.S,
    operation: item.operation?.S,
    timestamp: momentOf(item.timestamp?.S) ?? new Date(NaN),
    uncachedInputTokens: count('uncachedInputTokens'),
    cacheReadTokens: count('cacheReadTokens'),
    cacheWrite5mTokens: count('cacheWrite5mTokens'),
    cacheWrite1hTokens: count('cacheWrite1hTokens'),
    outputTokens: count('outputTokens'),
    speechInputTokens: amount('speechInputTokens'),
    speechOutputTokens: amount('speechOutputTokens'),
    picoUsd: item.costUsd?.N === undefined ? undefined : usdToPico(item.costUsd.N),
    costIsLowerBound: item.costIsLowerBound?.S?.split(REASON_SEPARATOR),
    priceAsOf: item.priceAsOf?.S,
    latencyMs: amount('latencyMs'),
    ttftMs: amount('ttftMs'),
    serviceTier: item.serviceTier?.S,
    items: amount('items'),
    stopReason: item.stopReason?.S,
    error: item.error?.S,
    source: item.source?.S,
    partial: item.partial?.BOOL === true,
    cached: item.cached?.BOOL === true,
  };
}

/** Where the table is. */
export interface TableLocation {
  readonly tableName: string;
  readonly region?: string;
  readonly endpoint?: string;
}
