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
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(String(usd));
  if (!match) throw new RangeError(`an amount of US dollars must be a finite decimal number, got: ${usd}`);
  const [, sign, whole, fraction = '', exponent = '0'] = match;
  const digits = BigInt(whole + fraction);
  const places = PLACES - fraction.length + Number(exponent);
  const pico = places >= 0 ? digits * 10n ** BigInt(places) : divideHalfUp(digits, 10n ** BigInt(-places));
  return sign === '-' ? -pico : pico;
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
