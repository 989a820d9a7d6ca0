import type { RollupItem } from '../../lambda/rollup/rollup-item';
import { noSums, type Sums } from '../../lambda/rollup/usage-sums';
import { MS_PER_QUARTER, startOfDay } from '../../lambda/rollup/utc-day';
import { shareOf, toAmount } from '../figures/figures';
import { PartPrices, type Tokens } from '../prices/part-prices';
import type { Amount, Repricing } from '../results';
import type { Span } from '../source/day-range';
import type { UtcDay } from '../source/usage-source.aws';

/**
 * Cost of the 5-minute cache writes of one agent and one model, and their cost as 1-hour writes. A 1-hour
 * write costs more, but it can save a second write of the same text.
 *
 * Traces do not contain the text, so `rewrittenTokens` is an upper bound. It counts the tokens of each write
 * that came within an hour after the same agent and model had used the cache. Times are known to a
 * quarter-hour.
 */
export interface CacheTtlFigures {
  readonly agentId: string;
  readonly model: string;
  /** Number of tokens in 5-minute cache writes. 5 minutes is the default TTL of the prompt cache. */
  readonly writtenTokens: number;
  /**
   * Upper bound for the number of tokens that were written to the cache again. With 1-hour writes, these
   * tokens would be read from the cache instead. If agents share a prompt, its tokens count once for each
   * agent.
   */
  readonly rewrittenTokens: number;
  /** `rewrittenTokens` as a share of `writtenTokens`, from 0 to 1. */
  readonly rewrittenShare: number;
  /**
   * Lowest `rewrittenShare` at which 1-hour writes cost no more than 5-minute writes: (1-hour rate − 5-minute
   * rate) ÷ (1-hour rate − read rate). Above 1, 1-hour writes always cost more. Undefined if a rate is
   * unknown.
   */
  readonly breakEvenShare?: number;
  /** Cost of the 5-minute writes, at the list prices of their days. */
  readonly costAt5m: Amount;
  /** Upper bound of the cost with 1-hour writes. It assumes that no write is replaced by a read. */
  readonly costAt1h: Amount;
  /**
   * Lower bound of the cost with 1-hour writes. It assumes that all `rewrittenTokens` are read instead of
   * written.
   */
  readonly costAt1hAtLeast: Amount;
  /**
   * Number of tokens without a known rate, for example because the model has no 1-hour writes. No amount
   * includes these tokens.
   */
  readonly unpricedTokens: number;
}

export interface CacheTtlBreakEven {
  /** Agents and models that made 5-minute writes, most written tokens first. */
  readonly entries: readonly CacheTtlFigures[];
}

const QUARTERS_PER_HOUR = 4;

interface RunningSums {
  readonly agentId: string;
  readonly model: string;
  /** Last quarter-hour in which the cache was used. Quarter-hours are counted from 1970. */
  lastUsed: number;
  writtenTokens: number;
  rewrittenTokens: number;
  unpricedTokens: number;
  as5m: bigint;
  as1h: bigint;
  asReads: bigint;
  rewrittenAs1h: bigint;
  rewrittenAsReads: bigint;
}

/**
 * Calculates the share of rewritten tokens at which 1-hour cache writes pay off. Call `add` for each UTC day,
 * in order. Begin one day before `span`, because cache use in the last hour of this day decides which tokens
 * were rewritten at the start of `span`.
 */
export class CacheTtlSum {
  private readonly prices: PartPrices;
  private readonly entries = new Map<string, RunningSums>();

  /**
   * @param span time span whose writes are counted. Default: all added days
   * @throws RangeError if a custom price is invalid
   */
  constructor(
    repricing: Repricing = {},
    private readonly span?: Span,
  ) {
    this.prices = new PartPrices(repricing);
  }

  add({ day, entries }: Pick<UtcDay, 'day' | 'entries'>): void {
    for (const entry of entries) this.addEntry(day, entry);
  }

  result(): CacheTtlBreakEven {
    const entries = [...this.entries.values()]
      .filter(({ writtenTokens }) => writtenTokens > 0)
      .map(figuresOf);
    return {
      entries: entries.sort(
        (one, other) =>
          other.writtenTokens - one.writtenTokens ||
          (`${one.agentId}\n${one.model}` < `${other.agentId}\n${other.model}` ? -1 : 1),
      ),
    };
  }

  private addEntry(day: string, { agentId, model, parts }: RollupItem): void {
    const first = startOfDay(day).getTime() / MS_PER_QUARTER;
    const billed = parts.filter(({ kind }) => kind !== 'cached');
    const calls = new Map<number, number>();
    for (const { quarters } of billed) {
      for (const [quarter, ofQuarter] of quarters) {
        if (!usesCache(ofQuarter)) continue;
        calls.set(first + quarter, (calls.get(first + quarter) ?? 0) + ofQuarter.count);
      }
    }
    if (calls.size === 0) return;
    const sums = this.of(agentId, model);
    const used = new Set([sums.lastUsed, ...calls.keys()]);
    const mayRepeat = (quarter: number) =>
      (calls.get(quarter) ?? 0) > 1 ||
      Array.from({ length: QUARTERS_PER_HOUR }, (_, back) => quarter - 1 - back).some(each => used.has(each));
    for (const part of billed) {
      let [written, rewritten] = [0, 0];
      for (const [quarter, { cacheWrite5mTokens }] of part.quarters) {
        if (!this.isWithin(first + quarter)) continue;
        written += cacheWrite5mTokens;
        if (mayRepeat(first + quarter)) rewritten += cacheWrite5mTokens;
      }
      if (written > 0) {
        this.price(
          sums,
          { written, rewritten },
          tokens => this.prices.cost(day, { ...part, model, sums: { ...noSums(), ...tokens } })?.picoUsd,
        );
      }
    }
    sums.lastUsed = Math.max(...used);
  }

  private price(
    sums: RunningSums,
    { written, rewritten }: { readonly written: number; readonly rewritten: number },
    costOf: (tokens: Partial<Tokens>) => bigint | undefined,
  ): void {
    sums.writtenTokens += written;
    sums.rewrittenTokens += rewritten;
    const as5m = costOf({ cacheWrite5mTokens: written });
    const as1h = costOf({ cacheWrite1hTokens: written });
    const asReads = costOf({ cacheReadTokens: written });
    if (as5m === undefined || as1h === undefined || asReads === undefined) {
      sums.unpricedTokens += written;
      return;
    }
    sums.as5m += as5m;
    sums.as1h += as1h;
    sums.asReads += asReads;
    sums.rewrittenAs1h += costOf({ cacheWrite1hTokens: rewritten }) ?? 0n;
    sums.rewrittenAsReads += costOf({ cacheReadTokens: rewritten }) ?? 0n;
  }

  private isWithin(quarter: number): boolean {
    const time = quarter * MS_PER_QUARTER;
    return !this.span || (time >= this.span.start.getTime() && time < this.span.end.getTime());
  }

  private of(agentId: string, model: string): RunningSums {
    const name = `${agentId}\n${model}`;
    let sums = this.entries.get(name);
    if (!sums) {
      const amounts = { as5m: 0n, as1h: 0n, asReads: 0n, rewrittenAs1h: 0n, rewrittenAsReads: 0n };
      sums = {
        agentId,
        model,
        lastUsed: -Infinity,
        writtenTokens: 0,
        rewrittenTokens: 0,
        unpricedTokens: 0,
        ...amounts,
      };
      this.entries.set(name, sums);
    }
    return sums;
  }
}

function figuresOf({
  agentId,
  model,
  writtenTokens,
  rewrittenTokens,
  unpricedTokens,
  as5m,
  as1h,
  asReads,
  rewrittenAs1h,
  rewrittenAsReads,
}: RunningSums): CacheTtlFigures {
  const breakEvenShare = shareOf(as1h - as5m, as1h - asReads);
  return {
    agentId,
    model,
    writtenTokens,
    rewrittenTokens,
    rewrittenShare: rewrittenTokens / writtenTokens,
    ...(breakEvenShare === undefined ? {} : { breakEvenShare }),
    costAt5m: toAmount(as5m),
    costAt1h: toAmount(as1h),
    costAt1hAtLeast: toAmount(as1h - rewrittenAs1h + rewrittenAsReads),
    unpricedTokens,
  };
}

function usesCache({ cacheReadTokens, cacheWrite5mTokens, cacheWrite1hTokens }: Sums): boolean {
  return cacheReadTokens + cacheWrite5mTokens + cacheWrite1hTokens > 0;
}
