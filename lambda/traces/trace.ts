import { momentOf } from './call-time';
import { usdToPico } from '../pricing/pico';
import { type Units, validUnits } from '../usage/billed-units';

/** Separator between the reasons that are stored in the attribute `costIsLowerBound`. */
export const REASON_SEPARATOR = ',';

/** Trace as read from the table. */
export interface Trace {
  readonly requestId: string;
  readonly agentId: string;
  readonly incidentId?: string;
  readonly sessionId?: string;
  /** Id of the foundation model. */
  readonly model: string;
  /** Model id or ARN in the request, for example the ARN of an inference profile. */
  readonly modelId: string;
  readonly scope?: string;
  readonly operation?: string;
  /** Time of the call. It is an invalid `Date` if the stored item has no valid time. */
  readonly timestamp: Date;
  readonly uncachedInputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWrite5mTokens: number;
  readonly cacheWrite1hTokens: number;
  readonly outputTokens: number;
  /**
   * Number of speech tokens in the input. They are also counted in `uncachedInputTokens`. Undefined if there
   * are none.
   */
  readonly speechInputTokens?: number;
  /**
   * Number of speech tokens in the output. They are also counted in `outputTokens`. Undefined if there are
   * none.
   */
  readonly speechOutputTokens?: number;
  /** Cost in pico-dollars (10⁻¹² US dollars). Undefined if no price is known. */
  readonly picoUsd?: bigint;
  /** Billed units besides tokens. Undefined if there are none. */
  readonly units?: Units;
  /** Part of `picoUsd` that is the cost of `units`, in pico-dollars. Undefined if there are no units. */
  readonly unitPicoUsd?: bigint;
  /** Reasons why the call can cost more than `picoUsd`. Undefined if `picoUsd` is the full cost. */
  readonly costIsLowerBound?: readonly string[];
  /** Day on which the price for `picoUsd` was read from its source. Example: `2026-11-20` */
  readonly priceAsOf?: string;
  readonly latencyMs?: number;
  /** Time to the first token, in milliseconds. */
  readonly ttftMs?: number;
  readonly serviceTier?: string;
  readonly items?: number;
  readonly stopReason?: string;
  readonly error?: string;
  /** Origin of the token counts, such as `usage` or `estimate`. Undefined if the counts are unknown. */
  readonly source?: string;
  /** True if the answer ended before the model sent the final token counts. */
  readonly partial: boolean;
  /** True if the answer came from the application's own cache. */
  readonly cached: boolean;
}

/** DynamoDB item as the AWS SDK returns it. */
export type StoredItem = Readonly<
  Record<
    string,
    {
      readonly S?: string;
      readonly N?: string;
      readonly BOOL?: boolean;
      readonly M?: Readonly<Record<string, { readonly N?: string }>>;
    }
  >
>;

/** Converts an item of the table to a trace. */
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
    units: item.units?.M && unitsIn(item.units.M),
    unitPicoUsd: item.unitCostUsd?.N === undefined ? undefined : usdToPico(item.unitCostUsd.N),
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

function unitsIn(map: Readonly<Record<string, { readonly N?: string }>>): Units | undefined {
  return validUnits(Object.fromEntries(Object.entries(map).map(([unit, { N }]) => [unit, Number(N)])));
}

/** Location of the trace table. */
export interface TableLocation {
  /** Name of the table. For a table in another region or account, its ARN. */
  readonly tableName: string;
  /**
   * Region of the table.
   *
   * @default - region in the ARN of the table. For a name, the region of the AWS SDK
   */
  readonly region?: string;
  /**
   * Endpoint URL of DynamoDB.
   *
   * @default - endpoint of the AWS SDK
   */
  readonly endpoint?: string;
}
