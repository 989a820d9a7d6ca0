import { sortByCost, figuresOf, money } from './figures';
import { addLowerBound, type LowerBound, type LowerBoundSum } from './lower-bound';
import {
  type InvocationKind,
  invocationKind,
  isInSums,
  isPriced,
} from '../../lambda/invocation/invocation-counts';
import { picoToDecimalString } from '../../lambda/pricing/pico';
import {
  addSums,
  addTrace,
  type MutableSums,
  noSums,
  type Sums,
  totalsOf,
} from '../../lambda/rollup/usage-sums';
import type { Trace } from '../../lambda/traces/trace';
import type { Figures, NamedFigures } from '../results';

/** Cost of several invocations at other prices, for example at custom prices. */
export interface PartPrice extends LowerBound {
  readonly picoUsd: bigint;
  /** Number of invocations without a known cost at these prices. `picoUsd` excludes them. */
  readonly unpriced: number;
}

/** Calculator for the cost of single invocations at other prices, for example at custom prices. */
export interface TraceRepricer {
  priceOfTrace(trace: Trace): PartPrice;
}

/** Running totals of the second cost, and of its difference from the recorded cost. */
interface RepricedSum extends LowerBoundSum {
  picoUsd: bigint;
  unpriced: number;
  difference: bigint;
}

/** Running totals of the usage and cost of invocations. `figures()` converts the totals for a report. */
export class FigureSum {
  private readonly kinds = new Map<InvocationKind, MutableSums>();
  private repriced: RepricedSum | undefined;

  /**
   * Adds the usage and cost of several invocations of the same kind, e.g. `failed`, to the totals.
   *
   * @param price cost of these invocations at other prices, for example at custom prices
   */
  add(kind: InvocationKind, sums: Sums, price?: PartPrice): void {
    addSums(this.of(kind), sums);
    if (price) this.addPrice(kind, sums.picoUsd, price);
  }

  addTrace(trace: Trace, repricer?: TraceRepricer): void {
    const kind = invocationKind(trace);
    addTrace(this.of(kind), trace);
    if (repricer) this.addPrice(kind, trace.picoUsd ?? 0n, repricer.priceOfTrace(trace));
  }

  figures(): Figures {
    const figures = figuresOf(totalsOf([...this.kinds].map(([kind, sums]) => ({ kind, sums }))));
    if (!this.repriced) return figures;
    const { picoUsd, unpriced, difference } = this.repriced;
    return {
      ...figures,
      repriced: {
        ...money(picoUsd, unpriced, this.repriced),
        differencePicoUsd: difference,
        differenceUsd: picoToDecimalString(difference),
      },
    };
  }

  private of(kind: InvocationKind): MutableSums {
    let sums = this.kinds.get(kind);
    if (!sums) this.kinds.set(kind, (sums = noSums()));
    return sums;
  }

  private addPrice(kind: InvocationKind, recorded: bigint, price: PartPrice): void {
    const { picoUsd, unpriced } = price;
    const repriced = (this.repriced ??= { picoUsd: 0n, unpriced: 0, lowerBound: 0, difference: 0n });
    if (!isInSums(kind)) return;
    repriced.picoUsd += picoUsd;
    repriced.unpriced += unpriced;
    addLowerBound(repriced, price);
    // If the recorded cost and the new cost are both known, their difference is added.
    if (isPriced(kind) && unpriced === 0) repriced.difference += picoUsd - recorded;
  }
}

/** Separate running totals for each name. A name is, for example, the id of an agent or of a model. */
export class NamedSums {
  private readonly sums = new Map<string, FigureSum>();

  get size(): number {
    return this.sums.size;
  }

  of(name: string): FigureSum {
    let sum = this.sums.get(name);
    if (!sum) this.sums.set(name, (sum = new FigureSum()));
    return sum;
  }

  /** Returns the figures of each name, highest cost first. */
  figures(): NamedFigures[] {
    return sortByCost([...this.sums].map(([name, sum]) => ({ name, ...sum.figures() })));
  }

  /** Keeps the `count` names with the highest costs, and removes all other names. */
  keepTop(count: number): void {
    for (const { name } of this.figures().slice(count)) this.sums.delete(name);
  }
}
