import { Token } from 'aws-cdk-lib';

/** All environment variables of a function together (Lambda quotas). */
export const MAX_ENVIRONMENT_BYTES = 4096;

/** How large variables are; of a value that is known at deployment only, the name alone is counted. */
export function environmentBytes(variables: { readonly [name: string]: unknown }): number {
  return Object.entries(variables).reduce(
    (sum, [name, value]) =>
      sum +
      Buffer.byteLength(name) +
      (typeof value === 'string' && !Token.isUnresolved(value) ? Buffer.byteLength(value) : 0),
    0,
  );
}
