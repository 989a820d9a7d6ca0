import { Fn, Token } from 'aws-cdk-lib';

/** Returns a list of names as JSON. Of a list that is known only at deployment, CloudFormation makes it. */
export function jsonList(names: readonly string[]): string {
  return Token.isUnresolved(names) ? `["${Fn.join('","', [...names])}"]` : JSON.stringify(names);
}
