/** Pico-dollars in a US dollar: the unit in which money is kept and added, as bigint. */
export const PICO_PER_USD = 10n ** 12n;
const PLACES = 12;

/**
 * US dollars as pico-dollars, from the shortest decimal of
 * the number; what is beyond 12 places is rounded half up.
 *
 * @throws RangeError where it is no finite decimal number
 */
export function usdToPico(usd: number | string): bigint {
  const { isNegative, digits, places } = decimalOf(usd);
  const pico =
    places <= PLACES
      ? digits * 10n ** BigInt(PLACES - places)
      : divideHalfUp(digits, 10n ** BigInt(places - PLACES));
  return isNegative ? -pico : pico;
}

/** Returns a finite number of 0 or more as a fraction, exactly as its shortest decimal says. */
export function fractionOf(number: number): { readonly numerator: bigint; readonly denominator: bigint } {
  const { digits, places } = decimalOf(number);
  return places >= 0
    ? { numerator: digits, denominator: 10n ** BigInt(places) }
    : { numerator: digits * 10n ** BigInt(-places), denominator: 1n };
}

/** Reads a decimal: its digits as a whole number, and the number of them that are decimal places. */
function decimalOf(amount: number | string) {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(String(amount));
  if (!match) {
    throw new RangeError(`an amount of US dollars must be a finite decimal number, got: ${amount}`);
  }
  const [, sign, whole, fraction = '', exponent = '0'] = match;
  return {
    isNegative: sign === '-',
    digits: BigInt(whole + fraction),
    places: fraction.length - Number(exponent),
  };
}

/** Pico-dollars as a decimal of US dollars, exact, without trailing zeros: `0.00036771`. */
export function picoToDecimalString(pico: bigint): string {
  const digits = (pico < 0n ? -pico : pico).toString().padStart(PLACES + 1, '0');
  const fraction = digits.slice(-PLACES).replace(/0+$/, '');
  return `${pico < 0n ? '-' : ''}${digits.slice(0, -PLACES)}${fraction && `.${fraction}`}`;
}

/** The most pico-dollars that a number holds exactly. */
const MAX_EXACT = BigInt(Number.MAX_SAFE_INTEGER);

/**
 * Pico-dollars as the nearest number of US dollars. For
 * showing and for metrics; sums are made in pico-dollars.
 */
export function picoToUsdNumber(pico: bigint): number {
  // One division of two exact numbers is rounded once, to the nearest.
  return pico <= MAX_EXACT && pico >= -MAX_EXACT ? Number(pico) / 1e12 : Number(picoToDecimalString(pico));
}

/** Divides what is 0 or more by what is above 0, rounding half up. */
export function divideHalfUp(dividend: bigint, divisor: bigint): bigint {
  return (dividend + divisor / 2n) / divisor;
}
