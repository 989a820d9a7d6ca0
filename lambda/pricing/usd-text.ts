import { divideHalfUp, PICO_PER_USD, picoToDecimalString, usdToPico } from './pico';

/** Number of significant digits of an amount below $1. */
const SIGNIFICANT_DIGITS = 4;
const PICO_PER_CENT = PICO_PER_USD / 100n;

/**
 * Formats pico-dollars as rounded US dollars for people: `$1,234.57`, `$0.01234`, `$0.0003677`, `$0.00`. For
 * the exact amount, use `picoToDecimalString`.
 *
 * Does not use `Intl`, because loading `Intl` would take most of the time of a first handler run.
 */
export function usdText(picoUsd: bigint): string {
  const amount = picoUsd < 0n ? -picoUsd : picoUsd;
  const rounded =
    amount < PICO_PER_USD
      ? usdToPico(Number(picoToDecimalString(amount)).toPrecision(SIGNIFICANT_DIGITS))
      : divideHalfUp(amount, PICO_PER_CENT) * PICO_PER_CENT;
  const [dollars, places = ''] = picoToDecimalString(rounded).split('.');
  const grouped = dollars.replace(/\B(?=(?:\d{3})+$)/g, ',');
  return `${picoUsd < 0n ? '-' : ''}$${grouped}.${places.padEnd(2, '0')}`;
}
