import { listenOnLoopback, type LoopbackServer, readBody, send } from '../../local/emulators/http-server';

type Put = { readonly PutRequest: { readonly Item: Readonly<Record<string, { readonly S: string }>> } };

/** Failure of a request to the fake table. The request succeeds if the object is empty. */
export interface Fault {
  /** HTTP status of an error response, e.g. 500. The request writes no items. */
  readonly status?: number;
  /** Name of the error in the response, e.g. `ThrottlingException`. */
  readonly type?: string;
  /** True if the request never gets a response. The table then writes no items. */
  readonly hangs?: boolean;
  /** Returns true for the sort keys of items that the table returns as unprocessed. */
  readonly unprocessed?: (sortKey: string) => boolean;
}

/** Fake DynamoDB table. A test sets `fault` to let requests fail. */
export interface FaultyTable extends LoopbackServer {
  readonly requests: number;
  /** Number of open requests that will never get a response. */
  readonly hanging: number;
  /** Sort keys of the traces that were written to the table so far. */
  readonly traces: ReadonlySet<string>;
  fault: (request: number) => Fault;
}

export async function startFaultyTable(fault: FaultyTable['fault'] = () => ({})): Promise<FaultyTable> {
  const traces = new Set<string>();
  const server = await listenOnLoopback(async (request, response) => {
    const { RequestItems } = JSON.parse((await readBody(request)).toString()) as {
      RequestItems: Record<string, Put[]>;
    };
    const [[table, puts]] = Object.entries(RequestItems);
    self.requests += 1;
    const {
      status = 200,
      type = 'InternalServerError',
      hangs = false,
      unprocessed = () => false,
    } = self.fault(self.requests);
    if (hangs) {
      self.hanging += 1;
      response.once('close', () => (self.hanging -= 1));
      return;
    }
    const headers = { 'content-type': 'application/x-amz-json-1.0' };
    if (status !== 200) {
      send(
        response,
        status,
        headers,
        JSON.stringify({ __type: `com.amazonaws.dynamodb#${type}`, message: 'requested by the test' }),
      );
      return;
    }
    const rejected = puts.filter(({ PutRequest: { Item } }) => unprocessed(Item.sk.S));
    for (const put of puts) {
      if (!rejected.includes(put) && put.PutRequest.Item.pk.S.startsWith('AGENT#')) {
        traces.add(put.PutRequest.Item.sk.S);
      }
    }
    send(
      response,
      200,
      headers,
      JSON.stringify({ UnprocessedItems: rejected.length > 0 ? { [table]: rejected } : {} }),
    );
  });
  const self = { ...server, requests: 0, hanging: 0, traces, fault };
  return self;
}

/** Returns the sort keys of the spilled traces in log lines. */
export function spilledIn(lines: readonly string[]): string[] {
  return lines
    .filter(line => line.includes('"TraceSpill"'))
    .map(line => (JSON.parse(line) as { TraceSpill: Record<'pk' | 'sk', { S: string }> }).TraceSpill)
    .filter(({ pk }) => pk.S.startsWith('AGENT#'))
    .map(({ sk }) => sk.S);
}
