import type { RollupItem } from '../../lambda/rollup/rollup-item';
import { noSums, type Sums } from '../../lambda/rollup/usage-sums';
import { MS_PER_QUARTER, startOfDay } from '../../lambda/rollup/utc-day';
import { type Amount, amount, shareOf } from '../figures/amount';
import { PartPrices, type Tokens } from '../prices/part-prices';
import type { Repricing } from '../results';
import type { Span } from '../source/day-range';
import type { UtcDay } from '../source/usage-cells';

/**
 * What cache writes for the default time would be as writes for an hour, of an agent and a model.
 *
 * A write for an hour is dearer, and pays where it spares writing the same again. How much is the same,
 * nobody has recorded; there is a bound: what is written again was written or read within the hour before, so
 * only tokens count that were written while the agent had used the model's cache in the hour before (by
 * quarter-hours), or in a quarter-hour of several calls.
 */
export interface CacheTtlFigures {
  readonly agentId: string;
  readonly model: string;
  /** Written for the default time: 5 minutes. */
  readonly writtenTokens: number;
  /**
   * At most so many of them were written again, and would have
   * been read. Agents that share a prompt are seen each by itself.
   */
  readonly rewrittenTokens: number;
  /** The same as a share, 0 to 1. */
  readonly rewrittenShare: number;
  /**
   * The share of the written tokens that must have been written again for writes for an hour to cost the
   * same: (1-hour rate − 5-minute rate) ÷ (1-hour rate − read rate). Above 1 it never is. Undefined where a
   * rate is not known.
   */
  readonly breakEvenShare?: number;
  /** What the writes cost, at the list prices of their days. */
  readonly costAt5m: Amount;
  /** What all of them would cost as writes for an hour: the most. */
  readonly costAt1h: Amount;
  /** The same with `rewrittenTokens` read instead of written: the least. */
  readonly costAt1hAtLeast: Amount;
  /**
   * Tokens whose rates are not all known, as of models that
   * have no writes for an hour: they are in no amount.
   */
  readonly unpricedTokens: number;
}

export interface CacheTtlBreakEven {
  /** Those with the most written first; what has written nothing for the default time is left out. */
  readonly entries: readonly CacheTtlFigures[];
}

/** How many quarter-hours are an hour. */
const HOUR = 4;

interface Growing {
  readonly agentId: string;
  readonly model: string;
  /** The last quarter-hour in which the cache was used, since 1970. */
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
 * Where writes for an hour pay; UTC days are added in order. The
 * day before the first tells what was written again at its begin.
 */
export class CacheTtlSum {
  private readonly prices: PartPrices;
  private readonly entries = new Map<string, Growing>();

  /**
   * @param span what is counted. Default: each day as a whole
   * @throws RangeError for a custom price that is none
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
      for (const [quarter, sums] of quarters) {
        if (usesCache(sums)) calls.set(first + quarter, (calls.get(first + quarter) ?? 0) + sums.count);
      }
    }
    if (calls.size === 0) return;
    const growing = this.of(agentId, model);
    const used = new Set([growing.lastUsed, ...calls.keys()]);
    const mayRepeat = (quarter: number) =>
      (calls.get(quarter) ?? 0) > 1 ||
      Array.from({ length: HOUR }, (_, back) => quarter - 1 - back).some(each => used.has(each));
    for (const part of billed) {
      let [written, rewritten] = [0, 0];
      for (const [quarter, { cacheWrite5mTokens }] of part.quarters) {
        if (!this.isWithin(first + quarter)) continue;
        written += cacheWrite5mTokens;
        if (mayRepeat(first + quarter)) rewritten += cacheWrite5mTokens;
      }
      if (written > 0) {
        this.price(
          growing,
          { written, rewritten },
          tokens => this.prices.cost(day, { ...part, model, sums: { ...noSums(), ...tokens } })?.picoUsd,
        );
      }
    }
    growing.lastUsed = Math.max(...used);
  }

  private price(
    growing: Growing,
    { written, rewritten }: { readonly written: number; readonly rewritten: number },
    costOf: (tokens: Partial<Tokens>) => bigint | undefined,
  ): void {
    growing.writtenTokens += written;
    growing.rewrittenTokens += rewritten;
    const as5m = costOf({ cacheWrite5mTokens: written });
    const as1h = costOf({ cacheWrite1hTokens: written });
    const asReads = costOf({ cacheReadTokens: written });
    if (as5m === undefined || as1h === undefined || asReads === undefined) {
      growing.unpricedTokens += written;
      return;
    }
    growing.as5m += as5m;
    growing.as1h += as1h;
    growing.asReads += asReads;
    growing.rewrittenAs1h += costOf({ cacheWrite1hTokens: rewritten }) ?? 0n;
    growing.rewrittenAsReads += costOf({ cacheReadTokens: rewritten }) ?? 0n;
  }

  private isWithin(quarter: number): boolean {
    const time = quarter * MS_PER_QUARTER;
    return !this.span || (time >= this.span.start.getTime() && time < this.span.end.getTime());
  }

  private of(agentId: string, model: string): Growing {
    const name = `${agentId}\n${model}`;
    let growing = this.entries.get(name);
    if (!growing) {
      const amounts = { as5m: 0n, as1h: 0n, asReads: 0n, rewrittenAs1h: 0n, rewrittenAsReads: 0n };
      growing = {
        agentId,
        model,
        lastUsed: -Infinity,
        writtenTokens: 0,
        rewrittenTokens: 0,
        unpricedTokens: 0,
        ...amounts,
      };
      this.entries.set(name, growing);
    }
    return growing;
  }
}

/** Where writes for an hour pay. */
export function cacheTtlBreakEven(
  days: Iterable<Pick<UtcDay, 'day' | 'entries'>>,
  repricing: Repricing = {},
  span?: Span,
): CacheTtlBreakEven {
  const sum = new CacheTtlSum(repricing, span);
  for (const day of days) sum.add(day);
  return sum.result();
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
}: Growing): CacheTtlFigures {
  const breakEvenShare = shareOf(as1h - as5m, as1h - asReads);
  return {
    agentId,
    model,
    writtenTokens,
    rewrittenTokens,
    rewrittenShare: rewrittenTokens / writtenTokens,
    ...(breakEvenShare === undefined ? {} : { breakEvenShare }),
    costAt5m: amount(as5m),
    costAt1h: amount(as1h),
    costAt1hAtLeast: amount(as1h - rewrittenAs1h + rewrittenAsReads),
    unpricedTokens,
  };
}

function usesCache({ cacheReadTokens, cacheWrite5mTokens, cacheWrite1hTokens }: Sums): boolean {
  return cacheReadTokens + cacheWrite5mTokens + cacheWrite1hTokens > 0;
}
