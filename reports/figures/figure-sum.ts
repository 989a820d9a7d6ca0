import { sortByCost, figuresOf, money } from './figures';
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

/** Cost of some invocations at other prices than the recorded ones. */
export interface PartPrice {
  readonly picoUsd: bigint;
  /** Number of these invocations that are unpriced at the other prices, too. */
  readonly unpriced: number;
}

/** Calculates the cost of single invocations at other prices. */
export interface TraceRepricer {
  /** Returns pico-dollars, or undefined if the price is not known. */
  priceOfTrace(trace: Trace): bigint | undefined;
}

/** Running sums of the figures of a report. */
export class FigureSum {
  private readonly kinds = new Map<InvocationKind, MutableSums>();
  private repriced: { picoUsd: bigint; unpriced: number; difference: bigint } | undefined;

  /** Adds sums of invocations of one kind. */
  add(kind: InvocationKind, sums: Sums, price?: PartPrice): void {
    addSums(this.of(kind), sums);
    if (price) this.addPrice(kind, sums.picoUsd, price);
  }

  /** Adds one invocation. */
  addTrace(trace: Trace, repricer?: TraceRepricer): void {
    const kind = invocationKind(trace);
    addTrace(this.of(kind), trace);
    if (!repricer) return;
    const picoUsd = repricer.priceOfTrace(trace);
    this.addPrice(kind, trace.picoUsd ?? 0n, {
      picoUsd: picoUsd ?? 0n,
      unpriced: picoUsd === undefined ? 1 : 0,
    });
  }

  figures(): Figures {
    const figures = figuresOf(totalsOf([...this.kinds].map(([kind, sums]) => ({ kind, sums }))));
    if (!this.repriced) return figures;
    const { picoUsd, unpriced, difference } = this.repriced;
    return {
      ...figures,
      repriced: {
        ...money(picoUsd, unpriced),
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

  private addPrice(kind: InvocationKind, recorded: bigint, { picoUsd, unpriced }: PartPrice): void {
    const repriced = (this.repriced ??= { picoUsd: 0n, unpriced: 0, difference: 0n });
    if (!isInSums(kind)) return;
    repriced.picoUsd += picoUsd;
    repriced.unpriced += unpriced;
    // Invocations without both costs have no difference.
    if (isPriced(kind) && unpriced === 0) repriced.difference += picoUsd - recorded;
  }
}

/** Running sums of figures by name, such as agent or model. */
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

  /** Returns the figures, highest cost first. */
  figures(): NamedFigures[] {
    return sortByCost([...this.sums].map(([name, sum]) => ({ name, ...sum.figures() })));
  }

  /** Keeps the names with the highest costs and forgets the others. */
  keepTop(count: number): void {
    for (const { name } of this.figures().slice(count)) this.sums.delete(name);
  }
}
