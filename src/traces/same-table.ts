import { Token } from 'aws-cdk-lib';
import type { ITokenTraceTable } from './trace-table-interface';
import { isSameResource } from '../private/log-group';

/**
 * Returns true if two constructs certainly refer to the same table. They do if their ARNs are equal, or if
 * their names are equal and both are in the same region and account.
 */
export function isSameTable(one: ITokenTraceTable, other: ITokenTraceTable): boolean {
  if (one === other) return true;
  if (one.tableArn === other.tableArn && !Token.isUnresolved(one.tableArn)) return true;
  return (['tableArn', 'tableName'] as const).some(attribute =>
    isSameResource({ scope: one, name: one[attribute] }, { scope: other, name: other[attribute] }),
  );
}
