import type { LowerBoundReason } from '../../lambda/pricing/cost';
import type { RollupItem } from '../../lambda/rollup/rollup-item';
import { noSums, type Sums } from '../../lambda/rollup/usage-sums';
import { MS_PER_QUARTER, startOfDay } from '../../lambda/rollup/utc-day';
import { shareOf, toAmount } from '../figures/figures';
import { PartPrices, type Tokens } from '../prices/part-prices';
import type { Amount, Repricing } from '../results';
import type { Span } from '../source/day-range';
import type { UtcDay } from '../source/usage-source.aws';

/**
 * Comparison of 5-minute cache writes with 1-hour cache writes, for one agent and one model. A 1-hour write
 * costs more, but can avoid a second write of the same text.
 *
 * Traces do not contain the text, so repeated writes are estimated. A write may repeat an earlier write if
 * the agent and the model used the cache in the hour before. Times are known to a quarter-hour.
 */
export interface CacheTtlFigures {
  readonly agentId: string;
  readonly model: string;
  /** Number of tokens in 5-minute cache writes. 5 minutes is the default TTL of the prompt cache. */
  readonly writtenTokens: number;
  /**
   * Number of invocations whose cache writes have an unknown TTL. `writtenTokens` includes their writes, as
   * if they were 5-minute writes. Absent if 0.
   */
  readonly ttlUnknown?: number;
  /**
   * Maximum number of tokens that repeat an earlier cache write. With 1-hour writes, these tokens would be
   * cache reads. If several agents share a prompt, its tokens count once for each agent.
   */
  readonly rewrittenTokens: number;
  /** `rewrittenTokens` divided by `writtenTokens`, from 0 to 1. */
  readonly rewrittenShare: number;
  /**
   * Value of `rewrittenShare` at which 5-minute and 1-hour writes cost the same. It is (1-hour rate −
   * 5-minute rate) ÷ (1-hour rate − read rate). If the value is above 1, 1-hour writes always cost more.
   * Undefined if a rate is unknown.
   */
  readonly breakEvenShare?: number;
  /** Cost of the 5-minute writes, at the list prices on the days of the writes. */
  readonly costAt5m: Amount;
  /** Cost of all written tokens as 1-hour writes. This is the maximum cost with 1-hour writes. */
  readonly costAt1h: Amount;
  /**
   * Minimum cost with 1-hour writes. `rewrittenTokens` are priced as cache reads, and all other written
   * tokens as 1-hour writes.
   */
  readonly costAt1hAtLeast: Amount;
  /**
   * Number of written tokens without a known price, for example because the model has no 1-hour writes. No
   * amount includes these tokens.
   */
  readonly unpricedTokens: number;
}

export interface CacheTtlBreakEven {
  /** Cost of the cache writes of each agent and model, most written tokens first. */
  readonly entries: readonly CacheTtlFigures[];
}

const QUARTERS_PER_HOUR = 4;
/** Reason of a recorded cost that is a lower bound, because the TTL of cache writes is not known. */
const TTL_UNKNOWN: LowerBoundReason = 'cacheWriteTtl';

interface RunningSums {
  readonly agentId: string;
  readonly model: string;
  /**
   * Last quarter-hour in which this agent and model used the cache, as the number of quarter-hours since
   * 1970.
   */
  lastUsed: number;
  ttlUnknown: number;
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
 * Compares the cost of 5-minute cache writes with the cost of 1-hour cache writes. Call `add` for each UTC
 * day, in order. Begin with the day of the hour before `span`, because a write in `span` may repeat a write
 * of this hour.
 */
export class CacheTtlSum {
  private readonly prices: PartPrices;
  private readonly entries = new Map<string, RunningSums>();

  /**
   * @param span time span whose cache writes are counted. Default: all days that are added
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
      for (const [quarter, { cacheWrite5mTokens, reasons }] of part.quarters) {
        if (!this.isWithin(first + quarter)) continue;
        sums.ttlUnknown += reasons?.get(TTL_UNKNOWN) ?? 0;
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
        ttlUnknown: 0,
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
  ttlUnknown,
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
    ...(ttlUnknown > 0 && { ttlUnknown }),
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
