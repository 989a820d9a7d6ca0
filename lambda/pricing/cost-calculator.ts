import { CATALOG, CATALOG_AS_OF, CATALOG_SOURCE, type Rates } from './catalog';
import { type ParsedModelId, parseModelId } from './model-id';
import { divideHalfUp, picoToUsdNumber, usdToPico } from './pico';
import type { TokenUsage } from '../usage/token-usage';

/** What a model costs, in USD per million tokens. A bucket that is left out has no known price. */
export interface ModelPrice {
  readonly input: number;
  readonly output: number;
  readonly cacheRead?: number;
  readonly cacheWrite5m?: number;
  readonly cacheWrite1h?: number;
  /** The day (UTC) on which the figures were last compared with their source. */
  readonly asOf: string;
  readonly source: string;
}

/** A price of your own, in USD per million tokens: finite and 0 or more. */
export type CustomPrice = Omit<ModelPrice, 'asOf' | 'source'> & Partial<Pick<ModelPrice, 'asOf' | 'source'>>;

/** What one call cost. */
export interface Cost {
  /** For showing and for metrics. */
  readonly usd: number;
  /** Exact, in pico-dollars: what sums are made of. */
  readonly picoUsd: bigint;
  /** Pico-dollars of each bucket; they add up to `picoUsd`. */
  readonly breakdown: {
    readonly input: bigint;
    readonly output: bigint;
    readonly cacheRead: bigint;
    readonly cacheWrite5m: bigint;
    readonly cacheWrite1h: bigint;
  };
  readonly price: ModelPrice;
}

/** What a price depends on beside the tokens. */
export interface PricedCall {
  /** Id or ARN, as the caller gave it. */
  readonly modelId: string;
  /** When the call was made. Default: now. */
  readonly at?: Date;
  /** The tier that served the call, as the response says it. Default: standard. */
  readonly serviceTier?: string;
  /** Whether the call was part of a batch job. Default: false. */
  readonly batch?: boolean;
  /** Whether the call ran with optimized latency. Default: false. */
  readonly latencyOptimized?: boolean;
}

export interface CostCalculatorOptions {
  /** Prices that go before the catalog, by model id as callers give it or by the foundation model's id. */
  readonly customPrices?: Readonly<Record<string, CustomPrice>>;
  /**
   * Which list price holds for a bare model id of a model that AWS lists at two.
   *
   * @default 'global'
   */
  readonly bareIdPrice?: 'global' | 'in-region';
  /** The region of the calls. The catalog has the prices of us-east-1. */
  readonly region?: string;
}

type Bucket = keyof Cost['breakdown'];

const BUCKET_TOKENS: Readonly<Record<Bucket, (usage: TokenUsage) => number>> = {
  input: usage => usage.uncachedInputTokens,
  output: usage => usage.outputTokens,
  cacheRead: usage => usage.cacheReadTokens,
  cacheWrite5m: usage => usage.cacheWrite5mTokens,
  cacheWrite1h: usage => usage.cacheWrite1hTokens,
};
const BUCKETS = Object.keys(BUCKET_TOKENS) as Bucket[];
const TOKENS_PER_RATE = 1_000_000n;
const STANDARD_TIERS: readonly (string | undefined)[] = [undefined, 'default', 'standard'];

/** Prices tokens at list price, exactly, or not at all: what is not known has no price, and never a guessed one. */
export class CostCalculator {
  private readonly customPrices: ReadonlyMap<string, ModelPrice>;
  private readonly bareIdPrice: 'global' | 'in-region';

  /** @throws RangeError for a custom price that is negative, not finite, or lacks input or output */
  constructor(options: CostCalculatorOptions = {}) {
    this.customPrices = new Map(Object.entries(options.customPrices ?? {}).map(([id, price]) => [id, checked(id, price)]));
    this.bareIdPrice = options.bareIdPrice ?? 'global';
  }

  /** The price that held for a model at a moment (default: now), or undefined where none is known. */
  price(modelId: string, at: Date = new Date()): ModelPrice | undefined {
    const parsed = parseModelId(modelId);
    const custom = this.customPrices.get(modelId) ?? this.customPrices.get(parsed.model);
    if (custom) return custom;
    const row = CATALOG.find(candidate => candidate.model === parsed.model && (candidate.until === undefined || at < new Date(candidate.until)));
    if (!row) return undefined;
    return priceOf(row.regional && this.isRegional(parsed) ? row.regional : row.rates);
  }

  /**
   * What a call cost; undefined where the model, a bucket that has tokens, or the price of its tier is not known.
   * Figures of flex and priority tiers, batch and optimized latency are not in the catalog.
   */
  calculate(usage: TokenUsage, call: PricedCall): Cost | undefined {
    if (!STANDARD_TIERS.includes(call.serviceTier) || call.batch || call.latencyOptimized) return undefined;
    const price = this.price(call.modelId, call.at);
    if (!price) return undefined;
    const breakdown: Record<Bucket, bigint> = { input: 0n, output: 0n, cacheRead: 0n, cacheWrite5m: 0n, cacheWrite1h: 0n };
    for (const bucket of BUCKETS) {
      const tokens = BUCKET_TOKENS[bucket](usage);
      const rate = price[bucket];
      if (tokens === 0) continue;
      if (rate === undefined || !Number.isSafeInteger(tokens) || tokens < 0) return undefined;
      breakdown[bucket] = divideHalfUp(BigInt(tokens) * usdToPico(rate), TOKENS_PER_RATE);
    }
    const picoUsd = BUCKETS.reduce((sum, bucket) => sum + breakdown[bucket], 0n);
    return { usd: picoToUsdNumber(picoUsd), picoUsd, breakdown, price };
  }

  private isRegional({ scope }: ParsedModelId): boolean {
    return scope === 'geo' || (scope === 'in-region' && this.bareIdPrice === 'in-region');
  }
}

function priceOf(rates: Rates): ModelPrice {
  const numbers = Object.fromEntries(Object.entries(rates).filter(([, rate]) => rate !== undefined).map(([bucket, rate]) => [bucket, Number(rate)]));
  return { input: Number(rates.input), output: Number(rates.output), ...numbers, asOf: CATALOG_AS_OF, source: CATALOG_SOURCE };
}

function checked(id: string, price: CustomPrice): ModelPrice {
  for (const bucket of BUCKETS) {
    const rate = price[bucket];
    const needed = bucket === 'input' || bucket === 'output';
    if (rate === undefined && !needed) continue;
    if (typeof rate !== 'number' || !Number.isFinite(rate) || rate < 0) {
      throw new RangeError(`the custom price of ${id} must have ${bucket} as USD per million tokens, 0 or more, got: ${String(rate)}`);
    }
  }
  return { ...price, asOf: price.asOf ?? 'custom', source: price.source ?? 'custom' };
}
