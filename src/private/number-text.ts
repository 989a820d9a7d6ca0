import { Token, Tokenization } from 'aws-cdk-lib';

/** CloudWatch's metric math and the handler's environment take plain decimals; a token stays one. */
export function numberText(value: number): string {
  if (Token.isUnresolved(value)) return Tokenization.stringifyNumber(value);
  return value.toLocaleString('en-US', { useGrouping: false, maximumFractionDigits: 20 });
}
