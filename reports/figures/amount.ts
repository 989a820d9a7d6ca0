import { picoToDecimalString } from '../../lambda/pricing/pico';

/** An amount of money, exact. */
export interface Amount {
  /** Pico-dollars: what sums are made of. */
  readonly picoUsd: bigint;
  /** The same as a decimal of US dollars: `-0.00036771`. */
  readonly usd: string;
}

/** Pico-dollars as a report says them. */
export function amount(picoUsd: bigint): Amount {
  return { picoUsd, usd: picoToDecimalString(picoUsd) };
}

/** One amount as a share of another; undefined where that is 0. */
export function shareOf(part: bigint, whole: bigint): number | undefined {
  return whole === 0n ? undefined : Number(part) / Number(whole);
}
