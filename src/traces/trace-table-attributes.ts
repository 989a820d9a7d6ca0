import type { Duration } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import { KEY } from '../private/kinds';
import { DURATION, NUMBER, type Shape, TEXT } from '../private/shape';

/**
 * Attributes of an existing trace table. `writeShards` and `traceTtl` must be those with which the table was
 * created.
 */
export interface TokenTraceTableAttributes {
  /**
   * ARN of the table. The table can be in another region or account: the runtime then sends the traces there.
   *
   * @default - none; `tableName` must then be given
   */
  readonly tableArn?: string;

  /**
   * Name of a table in the region and account of the stack.
   *
   * @default - none; `tableArn` must then be given
   */
  readonly tableName?: string;

  /**
   * Customer managed key of the table, in the region of the table.
   *
   * @default - the table has no such key
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * Number of partitions for the traces of one agent on one day, from 1 to 100.
   *
   * @default 1
   */
  readonly writeShards?: number;

  /**
   * Retention of traces in whole days, from 0 to 36,500. `Duration.days(0)` means that traces are kept
   * forever.
   *
   * @default Duration.days(90)
   */
  readonly traceTtl?: Duration;
}

/** Expected type of each attribute. */
export const TABLE_ATTRIBUTES_SHAPE: Shape<TokenTraceTableAttributes> = {
  tableArn: TEXT,
  tableName: TEXT,
  encryptionKey: KEY,
  writeShards: NUMBER,
  traceTtl: DURATION,
};
