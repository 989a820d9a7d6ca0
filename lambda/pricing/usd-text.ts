import { PICO_PER_USD, picoToDecimalString } from './pico';

/** Number of decimal places of an amount of $1 or more. A smaller amount has at least as many places. */
const PLACES = 2;
/** Number of significant digits of an amount below $1. */
const SIGNIFICANT_DIGITS = 4;
/** Maximum number of decimal places. One pico-dollar, the smallest amount, has 12 places. */
const MAX_PLACES = 12;

/**
 * Formats pico-dollars as rounded US dollars for people: `$1,234.57`, `$0.01234`, `$0.0003677`, `$0.00`. Use
 * `picoToDecimalString` for the exact amount.
 */
export function usdText(picoUsd: bigint): string {
  const amount = picoUsd < 0n ? -picoUsd : picoUsd;
  const usd = Number(picoToDecimalString(amount));
  const text =
    amount >= PICO_PER_USD
      ? usd.toLocaleString('en-US', { minimumFractionDigits: PLACES, maximumFractionDigits: PLACES })
      : Number(usd.toPrecision(SIGNIFICANT_DIGITS)).toLocaleString('en-US', {
          minimumFractionDigits: PLACES,
          maximumFractionDigits: MAX_PLACES,
        });
  return `${picoUsd < 0n ? '-' : ''}$${text}`;
}
