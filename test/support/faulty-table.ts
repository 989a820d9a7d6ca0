import { listenOnLoopback, type LoopbackServer, readBody, send } from '../../local/emulators/http-server';

type Put = { readonly PutRequest: { readonly Item: Readonly<Record<string, { readonly S: string }>> } };

/** What a table does with a request. */
export interface Fault {
  /** The request is answered with this error, and nothing is written. */
  readonly status?: number;
  readonly type?: string;
  /** It is never answered, and nothing is written. */
  readonly hangs?: boolean;
  /** Which items are left unprocessed. */
  readonly unprocessed?: (sortKey: string) => boolean;
}

/** A DynamoDB table on loopback that does what it is told, and knows what was written. */
export interface FaultyTable extends LoopbackServer {
  readonly requests: number;
  /** Requests that are left without an answer now. */
  readonly hanging: number;
  /** The sort keys of the traces that are in it. */
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
        JSON.stringify({ __type: `com.amazonaws.dynamodb#${type}`, message: 'as told' }),
      );
      return;
    }
    const left = puts.filter(({ PutRequest: { Item } }) => unprocessed(Item.sk.S));
    for (const put of puts) {
      if (!left.includes(put) && put.PutRequest.Item.pk.S.startsWith('AGENT#')) {
        traces.add(put.PutRequest.Item.sk.S);
      }
    }
    send(
      response,
      200,
      headers,
      JSON.stringify({ UnprocessedItems: left.length > 0 ? { [table]: left } : {} }),
    );
  });
  const self = { ...server, requests: 0, hanging: 0, traces, fault };
  return self;
}

/** The sort keys of the traces that a log has spilled. */
export function spilledIn(lines: readonly string[]): string[] {
  return lines
    .filter(line => line.includes('"TraceSpill"'))
    .map(line => (JSON.parse(line) as { TraceSpill: Record<'pk' | 'sk', { S: string }> }).TraceSpill)
    .filter(({ pk }) => pk.S.startsWith('AGENT#'))
    .map(({ sk }) => sk.S);
}
