import { type Amount, amount } from '../figures/amount';
import {
  billedCalls,
  NO_TOKENS,
  type PartOfModel,
  PartPrices,
  type PricedCell,
  type Tokens,
} from '../prices/part-prices';
import type { Repricing } from '../results';

/** What the prompt cache made of the cost of input, at the list prices of the calls' days. */
export interface CacheSaving {
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  /** What all input tokens cost. */
  readonly paid: Amount;
  /** What they would cost at the full input price, had nothing been cached. */
  readonly uncached: Amount;
  /** By how much reads were cheaper than the full input price. */
  readonly savedByReads: Amount;
  /** By how much writes were dearer than the full input price; negative where they are cheaper. */
  readonly extraForWrites: Amount;
  /**
   * What was saved in all: `savedByReads` less `extraForWrites`, which
   * is `uncached` less `paid`. Negative where the cache cost more.
   */
  readonly net: Amount;
  /** Calls whose price is not known: they are in no amount. */
  readonly unpriced: number;
}

export interface ModelCacheSaving extends CacheSaving {
  readonly model: string;
}

export interface CacheSavings extends CacheSaving {
  /** Those with the most saved first; models without a cached token are left out. */
  readonly models: readonly ModelCacheSaving[];
}

/** What calls of one price cost by the buckets that count here. */
interface InputCost {
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
    this.paid += cost.paid;
    this.savedByReads += cost.readsAtInput - cost.reads;
    this.extraForWrites += cost.writes - cost.writesAtInput;
  }

  result(): CacheSaving {
    const net = this.savedByReads - this.extraForWrites;
    return {
      cacheReadTokens: this.cacheReadTokens,
      cacheWriteTokens: this.cacheWriteTokens,
      paid: amount(this.paid),
      uncached: amount(this.paid + net),
      savedByReads: amount(this.savedByReads),
      extraForWrites: amount(this.extraForWrites),
      net: amount(net),
      unpriced: this.unpriced,
    };
  }
}

/** What caching saved; calls are added one by one. */
export class CacheSavingsSum {
  private readonly prices: PartPrices;
  private readonly total = new Saving();
  private readonly models = new Map<string, Saving>();

  /** @throws RangeError for a custom price that is none */
  constructor(repricing: Repricing = {}) {
    this.prices = new PartPrices(repricing);
  }

  add({ day, model, part }: PricedCell): void {
    // The application's own cache is another one: nobody is billed for its answers.
    if (billedCalls(part) === 0) return;
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
    return { ...this.total.result(), models: models.sort(mostSaved) };
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
      paid: paid.picoUsd,
      reads: cacheRead,
      writes: cacheWrite5m + cacheWrite1h,
      readsAtInput,
      writesAtInput,
    };
  }
}

/** What caching saved. */
export function cacheSavings(cells: Iterable<PricedCell>, repricing: Repricing = {}): CacheSavings {
  const sum = new CacheSavingsSum(repricing);
  for (const cell of cells) sum.add(cell);
  return sum.result();
}

function writtenTokens({ sums }: PartOfModel): number {
  return sums.cacheWrite5mTokens + sums.cacheWrite1hTokens;
}

function mostSaved(one: ModelCacheSaving, other: ModelCacheSaving): number {
  const [a, b] = [one.net.picoUsd, other.net.picoUsd];
  return a < b ? 1 : a > b ? -1 : one.model < other.model ? -1 : 1;
}
