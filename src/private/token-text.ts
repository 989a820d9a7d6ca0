import { Fn, Token, Tokenization } from 'aws-cdk-lib';

/**
 * Returns a number as a plain decimal, which CloudWatch metric math and the handlers' environment need. A
 * token stays a token.
 */
export function numberText(value: number): string {
  if (Token.isUnresolved(value)) return Tokenization.stringifyNumber(value);
  return value.toLocaleString('en-US', { useGrouping: false, maximumFractionDigits: 20 });
}

/** Returns a list of names as JSON. CloudFormation joins a list that is known only at deployment. */
export function jsonList(names: readonly string[]): string {
  return Token.isUnresolved(names) ? `["${Fn.join('","', [...names])}"]` : JSON.stringify(names);
}
