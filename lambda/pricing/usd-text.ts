import { PICO_PER_USD, picoToDecimalString } from './pico';

/** Decimal places of an amount of a dollar or more. Smaller amounts have at least as many. */
const PLACES = 2;
/** Significant digits of an amount below a dollar. */
const SIGNIFICANT_DIGITS = 4;
/** Decimal places of a pico-dollar, the smallest amount. */
const MAX_PLACES = 12;

/**
 * Formats pico-dollars for people: `$1,234.57`, `$0.01234`, `$0.0003677`, `$0.00`. The text is rounded. Use
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
