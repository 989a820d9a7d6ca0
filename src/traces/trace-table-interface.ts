import type * as iam from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';

/**
 * Trace table. It has one item for each invocation, without prompts and answers.
 */
export interface ITokenTraceTable extends IConstruct {
  /**
   * ARN of the table.
   */
  readonly tableArn: string;

  /**
   * Name of the table.
   */
  readonly tableName: string;

  /**
   * Environment variables for programs that write traces to this table. The runtime reads them.
   */
  readonly environment: { [key: string]: string };

  /**
   * Grants the permission to write traces. This is `dynamodb:BatchWriteItem` on this table, the only action
   * that the runtime needs.
   *
   * @param grantee principal that writes traces
   */
  grantWriteTraces(grantee: iam.IGrantable): iam.Grant;

  /**
   * Grants the permission to read traces by key, from the table and its incident index. The permission does
   * not include scans.
   *
   * @param grantee principal that reads traces
   */
  grantReadTraces(grantee: iam.IGrantable): iam.Grant;
}
