import * as iam from 'aws-cdk-lib/aws-iam';
import { INGEST_WRITE_ACTIONS } from '../contract';
import { grantKeyThrough } from '../private/encryption-key';
import { KEY_WRITE_ACTIONS } from '../private/key-actions';
import { type ITokenTraceTable, TokenTraceTable } from '../traces/token-trace-table';

/**
 * Lets a grantee put items in a trace table, and nothing else. On
 * the key of an imported one, rights are to be granted beside it.
 */
export function grantPutTraces(traces: ITokenTraceTable, grantee: iam.IGrantable): void {
  const key = traces instanceof TokenTraceTable ? traces.table.encryptionKey : undefined;
  if (key) grantKeyThrough(traces, key, grantee, 'dynamodb', KEY_WRITE_ACTIONS);
  iam.Grant.addToPrincipal({ grantee, actions: [...INGEST_WRITE_ACTIONS], resourceArns: [traces.tableArn] });
}
