import { startTableFront, type TableRequest } from './table-front';
import { startTraceEngine, type TraceEngine } from './trace-engine';

/** ARN of a trace table in a region other than that of the programs. */
export const TABLE_ARN = 'arn:aws:dynamodb:eu-central-1:999999999999:table/Traces';

/** Trace table in an emulator, behind a proxy that accepts {@link TABLE_ARN} instead of the name. */
export interface TableByArn {
  readonly engine: TraceEngine;
  readonly endpoint: string;
  /** Requests to the proxy so far. */
  readonly requests: readonly TableRequest[];
  /**
   * Name or ARN under which the table returns all items of the next BatchWriteItem as unprocessed. Undefined
   * if it writes them.
   */
  unprocessedAs: string | undefined;
  close(): Promise<void>;
}

/** Starts the table. The emulator knows names only. DynamoDB accepts an ARN wherever it accepts a name. */
export async function startTableByArn(): Promise<TableByArn> {
  const engine = await startTraceEngine();
  const requests: TableRequest[] = [];
  const front = await startTableFront(engine.endpoint, async (request, forward) => {
    requests.push(request);
    const name = table.unprocessedAs;
    if (name === undefined || request.operation !== 'BatchWriteItem') {
      return forward(request.body.replaceAll(TABLE_ARN, engine.tableName));
    }
    table.unprocessedAs = undefined;
    const { RequestItems } = JSON.parse(request.body) as { RequestItems: Record<string, unknown> };
    return { status: 200, body: { UnprocessedItems: { [name]: RequestItems[TABLE_ARN] } } };
  });
  const table: TableByArn = {
    engine,
    endpoint: front.endpoint,
    requests,
    unprocessedAs: undefined,
    close: async () => {
      await front.close();
      await engine.close();
    },
  };
  return table;
}
