import { boundFields, toAmount } from '../figures/figures';
import { addLowerBound, type LowerBound, type LowerBoundSum } from '../figures/lower-bound';
import {
  billedCalls,
  NO_TOKENS,
  type PartOfModel,
  PartPrices,
  type PricedCell,
  recordedPrice,
  tokenLowerBound,
  type Tokens,
} from '../prices/part-prices';
import type { Amount, Repricing } from '../results';

/**
 * Savings of the prompt cache. All amounts are calculated with the list prices on the day of each invocation.
 */
export interface CacheSaving {
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  /** Cost of all input tokens, with the prices of cache reads and cache writes. */
  readonly paid: Amount;
  /** Cost that all input tokens would have at the full input price, without a cache. */
  readonly uncached: Amount;
  /** Amount that cache reads saved, compared with the full input price. */
  readonly savedByReads: Amount;
  /** Amount that cache writes cost above the full input price. Negative if they cost less. */
  readonly extraForWrites: Amount;
  /** Total savings: `savedByReads` minus `extraForWrites`. Negative if the cache cost more than it saved. */
  readonly net: Amount;
  /** Number of unpriced invocations, which no amount includes. */
  readonly unpriced: number;
  /** Number of invocations whose true input cost may be higher than their part of `paid`. Absent if 0. */
  readonly lowerBound?: number;
  /**
   * Number of invocations for each reason in `lowerBound`. If it is `cacheWriteTtl`, the cache may have saved
   * less than `net`, because 1-hour writes cost more. Absent if there are none.
   */
  readonly reasons?: Readonly<Record<string, number>>;
}

export interface ModelCacheSaving extends CacheSaving {
  readonly model: string;
}

export interface CacheSavings extends CacheSaving {
  /** Savings of each model that used the cache, highest savings first. */
  readonly models: readonly ModelCacheSaving[];
}

/**
 * Costs of input tokens in pico-dollars. `reads` and `writes` are at cache prices. `readsAtInput` and
 * `writesAtInput` are the costs of the same tokens at the full input price.
 */
interface InputCost extends LowerBound {
  readonly paid: bigint;
  readonly reads: bigint;
  readonly writes: bigint;
  readonly readsAtInput: bigint;
  readonly writesAtInput: bigint;
}

class Saving {
  private paid = 0n;
  private savedByReads = 0n;
  private extraForWrites = 0n;
  private unpriced = 0;
  private readonly bound: LowerBoundSum = { lowerBound: 0 };
  private cacheReadTokens = 0;
  private cacheWriteTokens = 0;

  get hasCache(): boolean {
    return this.cacheReadTokens + this.cacheWriteTokens > 0;
  }

  add(part: PartOfModel, cost: InputCost | undefined): void {
    this.cacheReadTokens += part.sums.cacheReadTokens;
    this.cacheWriteTokens += writtenTokens(part);
    if (!cost) {
      this.unpriced += billedCalls(part);
      return;
    }
    addLowerBound(this.bound, cost);
    this.paid += cost.paid;
    this.savedByReads += cost.readsAtInput - cost.reads;
    this.extraForWrites += cost.writes - cost.writesAtInput;
  }

  result(): CacheSaving {
    const net = this.savedByReads - this.extraForWrites;
    return {
      cacheReadTokens: this.cacheReadTokens,
      cacheWriteTokens: this.cacheWriteTokens,
      paid: toAmount(this.paid),
      uncached: toAmount(this.paid + net),
      savedByReads: toAmount(this.savedByReads),
      extraForWrites: toAmount(this.extraForWrites),
      net: toAmount(net),
      unpriced: this.unpriced,
      ...boundFields(this.bound),
    };
  }
}

/** Adds up the savings of the prompt cache, in total and for each model. */
export class CacheSavingsSum {
  private readonly prices: PartPrices;
  private readonly total = new Saving();
  private readonly models = new Map<string, Saving>();

  /** @throws RangeError if a custom price is invalid */
  constructor(repricing: Repricing = {}) {
    this.prices = new PartPrices(repricing);
  }

  add({ day, model, part }: PricedCell): void {
    // Skips invocations that are not billed, such as responses from the application's own cache. Also skips
    // invocations that are billed by units alone, because they have no input tokens.
    if (billedCalls(part) === 0 || recordedPrice(part)) return;
    let ofModel = this.models.get(model);
    if (!ofModel) this.models.set(model, (ofModel = new Saving()));
    const priced = { ...part, model };
    const cost = this.inputCost(day, priced);
    for (const saving of [this.total, ofModel]) saving.add(priced, cost);
  }

  result(): CacheSavings {
    const models = [...this.models]
      .filter(([, saving]) => saving.hasCache)
      .map(([model, saving]) => ({ model, ...saving.result() }));
    return { ...this.total.result(), models: models.sort(compareSavings) };
  }

  private inputCost(day: string, part: PartOfModel): InputCost | undefined {
    const cost = (tokens: Partial<Tokens>) =>
      this.prices.cost(day, part, undefined, { ...NO_TOKENS, ...tokens });
    const paid = cost({ ...part.sums, outputTokens: 0, speechOutputTokens: 0 });
    const readsAtInput = cost({ uncachedInputTokens: part.sums.cacheReadTokens })?.picoUsd;
    const writesAtInput = cost({ uncachedInputTokens: writtenTokens(part) })?.picoUsd;
    if (!paid || readsAtInput === undefined || writesAtInput === undefined) return undefined;
    const { cacheRead, cacheWrite5m, cacheWrite1h } = paid.breakdown;
    return {
      ...tokenLowerBound(part, paid),
      paid: paid.picoUsd,
      reads: cacheRead,
      writes: cacheWrite5m + cacheWrite1h,
      readsAtInput,
      writesAtInput,
    };
  }
}

function writtenTokens({ sums }: PartOfModel): number {
  return sums.cacheWrite5mTokens + sums.cacheWrite1hTokens;
}

function compareSavings(one: ModelCacheSaving, other: ModelCacheSaving): number {
  const [a, b] = [one.net.picoUsd, other.net.picoUsd];
  return a < b ? 1 : a > b ? -1 : one.model < other.model ? -1 : 1;
}
