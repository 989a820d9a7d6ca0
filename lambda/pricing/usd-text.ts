import { divideHalfUp, PICO_PER_USD, picoToDecimalString } from './pico';

/** Number of significant digits of an amount below $1. */
const SIGNIFICANT_DIGITS = 4;
const PICO_PER_CENT = PICO_PER_USD / 100n;

/**
 * Formats pico-dollars as rounded US dollars for people: `$1,234.57`, `$0.01234`, `$0.0003677`, `$0.00`. Use
 * `picoToDecimalString` for the exact amount.
 *
 * It does not use `Intl`, whose first use takes about 25 ms in a Lambda function.
 */
export function usdText(picoUsd: bigint): string {
  const amount = picoUsd < 0n ? -picoUsd : picoUsd;
  const unit = amount < PICO_PER_USD ? smallestDigit(amount) : PICO_PER_CENT;
  const [dollars, places = ''] = picoToDecimalString(divideHalfUp(amount, unit) * unit).split('.');
  const grouped = dollars.replace(/\B(?=(?:\d{3})+$)/g, ',');
  return `${picoUsd < 0n ? '-' : ''}$${grouped}.${places.padEnd(2, '0')}`;
}

/** Returns the value of the last digit that is kept, in pico-dollars. */
function smallestDigit(amount: bigint): bigint {
  return 10n ** BigInt(Math.max(0, String(amount).length - SIGNIFICANT_DIGITS));
}
