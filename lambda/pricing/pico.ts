/** Number of pico-dollars in one US dollar. Money is stored and added up in pico-dollars, as bigint. */
export const PICO_PER_USD = 10n ** 12n;
const PLACES = 12;

/**
 * Converts US dollars to pico-dollars. The number 0.1 is exactly 0.1, as if it were the text `0.1`. An amount
 * with more than 12 decimal places is rounded, and a half is rounded away from zero.
 *
 * @throws RangeError if the amount is not a finite decimal number
 */
export function usdToPico(usd: number | string): bigint {
  const { isNegative, digits, places } = parseDecimal(usd);
  const pico =
    places <= PLACES
      ? digits * 10n ** BigInt(PLACES - places)
      : divideHalfUp(digits, 10n ** BigInt(places - PLACES));
  return isNegative ? -pico : pico;
}

/**
 * Converts a number to the exact fraction of its shortest decimal text: 0.1 becomes 1/10. The number must be
 * finite and at least 0.
 */
export function fractionOf(number: number): { readonly numerator: bigint; readonly denominator: bigint } {
  const { digits, places } = parseDecimal(number);
  return places >= 0
    ? { numerator: digits, denominator: 10n ** BigInt(places) }
    : { numerator: digits * 10n ** BigInt(-places), denominator: 1n };
}

/**
 * Splits a decimal into sign, digits and number of decimal places: `-1.25` has the digits 125 and 2 places.
 */
function parseDecimal(amount: number | string) {
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

/** Formats pico-dollars as US dollars, exactly and without trailing zeros: `0.00036771`. */
export function picoToDecimalString(pico: bigint): string {
  const digits = (pico < 0n ? -pico : pico).toString().padStart(PLACES + 1, '0');
  const fraction = digits.slice(-PLACES).replace(/0+$/, '');
  return `${pico < 0n ? '-' : ''}${digits.slice(0, -PLACES)}${fraction && `.${fraction}`}`;
}

/** Maximum number of pico-dollars that a JavaScript number holds exactly. */
const MAX_EXACT = BigInt(Number.MAX_SAFE_INTEGER);

/**
 * Converts pico-dollars to US dollars, as the nearest JavaScript number. Use the result only for display and
 * metrics. Use pico-dollars for sums.
 */
export function picoToUsdNumber(pico: bigint): number {
  // Up to `MAX_EXACT`, `Number(pico)` is exact, so the result is rounded only once. A larger amount is
  // converted from decimal text, which also rounds once.
  return pico <= MAX_EXACT && pico >= -MAX_EXACT ? Number(pico) / 1e12 : Number(picoToDecimalString(pico));
}

/** Divides and rounds half up. The dividend must be 0 or more, and the divisor must be above 0. */
export function divideHalfUp(dividend: bigint, divisor: bigint): bigint {
  return (dividend + divisor / 2n) / divisor;
}

/** Members that become text in JSON, although they are numbers or dates in the object. */
interface JsonMembers {
  readonly usd: string;
  readonly picoUsd: string;
  readonly timestamp: string;
}

/**
 * JSON form of a value that contains money. Amounts of money are exact decimals in text, as in the JSON
 * output of the command.
 */
export type MoneyJson<Value> = Value extends bigint
  ? string
  : Value extends readonly (infer Item)[]
    ? readonly MoneyJson<Item>[]
    : Value extends object
      ? {
          readonly [Name in keyof Value as Exclude<Name, 'toJSON'>]: Name extends keyof JsonMembers
            ? JsonMembers[Name]
            : MoneyJson<Value[Name]>;
        }
      : Value;

/** Property descriptor of `toJSON`. All objects share it, to save memory. */
const TO_JSON: PropertyDescriptor = {
  value(this: unknown) {
    return jsonOf(this);
  },
  configurable: true,
  writable: true,
};

/**
 * Adds a `toJSON` method to an object that contains money. Without the method, `JSON.stringify` throws,
 * because it cannot convert bigints. The method is not enumerable, so spread copies and comparisons ignore
 * it.
 *
 * @returns the same object
 */
export function withMoneyJson<Value extends object>(value: Value): Value & { toJSON(): MoneyJson<Value> } {
  return Object.defineProperty(value, 'toJSON', TO_JSON) as Value & { toJSON(): MoneyJson<Value> };
}

function jsonOf(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(jsonOf);
  if (typeof value !== 'object' || value === null) return value;
  const { picoUsd } = value as { readonly picoUsd?: bigint };
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      name === 'usd' && picoUsd !== undefined ? picoToDecimalString(picoUsd) : jsonOf(member),
    ]),
  );
}
