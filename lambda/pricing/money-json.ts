import { picoToDecimalString } from './pico';

/** Members of a JSON form that replace those of the original. */
interface JsonMembers {
  readonly usd: string;
  readonly picoUsd: string;
  readonly timestamp: string;
}

/**
 * JSON form of a value with money. Pico-dollars and US dollars are exact decimals as text, as in the reports
 * of the command.
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

/** Shared by all objects, because each invocation has one. */
const TO_JSON: PropertyDescriptor = {
  value(this: unknown) {
    return jsonOf(this);
  },
  configurable: true,
  writable: true,
};

/**
 * Gives an object with money a JSON form: `JSON.stringify` throws on bigints. The method is not enumerable,
 * so copies by spread or `structuredClone` and comparisons leave it out.
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
