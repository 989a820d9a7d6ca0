import { Fn, Token, Tokenization } from 'aws-cdk-lib';

/**
 * Returns a number as a decimal without an exponent, such as 0.0000001 instead of 1e-7. CloudWatch metric
 * math and the environment of the handlers need this form. For a CDK token, returns the token as a string.
 */
export function numberText(value: number): string {
  if (Token.isUnresolved(value)) return Tokenization.stringifyNumber(value);
  return value.toLocaleString('en-US', { useGrouping: false, maximumFractionDigits: 20 });
}

/** Significant digits of a number that a reader sees. They hide rounding errors, such as in 0.1 + 0.2. */
const READABLE_DIGITS = 12;

/** Rounds a number to 12 significant digits. Returns a CDK token unchanged. */
export function rounded(value: number): number {
  return Token.isUnresolved(value) ? value : Number(value.toPrecision(READABLE_DIGITS));
}

/**
 * Returns a number for readers: a decimal without an exponent, with at most 12 significant digits. For a CDK
 * token, returns the token as a string.
 */
export function readableNumber(value: number): string {
  return numberText(rounded(value));
}

/**
 * Returns a list of names as the text of a JSON array, such as `["a","b"]`. If the list is known only at
 * deployment, CloudFormation joins the names.
 */
export function jsonList(names: readonly string[]): string {
  return Token.isUnresolved(names) ? `["${Fn.join('","', [...names])}"]` : JSON.stringify(names);
}

/**
 * Returns the text of a JSON array that contains `name` and all of `names`. If `names` is known only at
 * deployment and contains `name`, the array has it twice.
 */
export function jsonListWith(name: string, names: readonly string[]): string {
  if (Token.isUnresolved(names)) return jsonList([name, Fn.join('","', [...names])]);
  return jsonList(names.includes(name) ? names : [name, ...names]);
}
