import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type LoopbackServer, readBody } from '../../local/emulators/http-server';

export interface TableRequest {
  /** Name of the requested DynamoDB operation, e.g. `Query`. */
  readonly operation: string;
  readonly body: string;
  /** Region in the signature of the request. */
  readonly region: string;
}

export interface TableAnswer {
  readonly status: number;
  readonly body: object | string;
}

/**
 * Function that forwards a request to the emulator. If `body` is given, it replaces the body of the request.
 */
export type Forward = (body?: string) => Promise<TableAnswer>;

/**
 * Function that returns the response to a request. `hangs` or `kept` means that the client gets no response.
 * With `kept`, the client's virtual clock continues, so that the request times out.
 */
export type RequestHandler = (
  request: TableRequest,
  forward: Forward,
) => Promise<TableAnswer | 'hangs' | 'kept'>;

const CONTENT_TYPE = 'application/x-amz-json-1.0';
/** Request headers that the emulator reads. The proxy forwards only these headers. */
const FORWARDED_HEADERS = ['x-amz-target', 'x-amz-date', 'authorization', 'content-type'];
/**
 * Milliseconds after which the proxy closes an unused connection. Otherwise, the emulator may close the
 * connection during a request.
 */
const IDLE_MS = 2000;

/**
 * Starts a proxy in front of a DynamoDB emulator. Calls `handle` for each request, which can forward, change
 * or refuse it. Supports HTTP/1.1, which DynamoDB clients use.
 */
export async function startTableFront(emulator: string, handle: RequestHandler): Promise<LoopbackServer> {
  const agent = new Agent({ keepAlive: true, timeout: IDLE_MS });
  const forwarded = new Set<Promise<unknown>>();
  const server = createServer((request, response) => {
    const answered = async () => {
      const body = (await readBody(request)).toString();
      const operation = String(request.headers['x-amz-target']).split('.').pop() ?? '';
      const region = regionOf(request.headers.authorization);
      const answer = await handle({ operation, body, region }, (other = body) => {
        const pending = sendRequest(emulator, agent, request.headers, other);
        forwarded.add(pending);
        return pending.finally(() => forwarded.delete(pending));
      });
      if (answer === 'hangs') return;
      if (answer === 'kept') {
        response.writeProcessing();
        return;
      }
      const headers = { 'content-type': CONTENT_TYPE, 'date': dateOf(request.headers['x-amz-date']) };
      response.writeHead(answer.status, headers);
      response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body));
    };
    answered().catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  // 0 keeps unused connections open, because a client may use them again.
  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      if (!server.listening) return;
      // Waits for open requests. If the emulator were closed during a request, it would crash the process.
      await Promise.allSettled(forwarded);
      const closed = once(server.close(), 'close');
      server.closeAllConnections();
      await closed;
      agent.destroy();
    },
  };
}

export function refusal(name: string, message = 'as told', status = 400): TableAnswer {
  return { status, body: { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message } };
}

/**
 * Forwards the first half of a BatchWriteItem request to the emulator. Answers that the table has not
 * processed the other half, as DynamoDB does if it throttles items. A single item is processed.
 */
export async function processHalf({ body }: TableRequest, forward: Forward): Promise<TableAnswer> {
  const { RequestItems } = JSON.parse(body) as { RequestItems: Readonly<Record<string, readonly unknown[]>> };
  const [[table, batch]] = Object.entries(RequestItems);
  const half = Math.ceil(batch.length / 2);
  const answer = await forward(JSON.stringify({ RequestItems: { [table]: batch.slice(0, half) } }));
  const UnprocessedItems = half < batch.length ? { [table]: batch.slice(half) } : {};
  return { ...answer, body: { ...(JSON.parse(String(answer.body)) as object), UnprocessedItems } };
}

/** Returns the region in a signature (`Credential=<key>/<date>/<region>/…`). */
function regionOf(authorization = ''): string {
  return /Credential=[^/]+\/\d+\/([^/]+)\//.exec(authorization)?.[1] ?? '';
}

/**
 * Returns the time of a request as a `Date` header. The SDK compares this header with its own time. If they
 * differ by five minutes, the SDK retries a refused request.
 */
function dateOf(header: string | string[] | undefined): string {
  const iso = String(header).replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');
  return new Date(iso).toUTCString();
}

async function sendRequest(
  emulator: string,
  agent: Agent,
  given: IncomingMessage['headers'],
  body: string,
): Promise<TableAnswer> {
  const headers = Object.fromEntries(FORWARDED_HEADERS.map(name => [name, String(given[name])]));
  const request = httpRequest(emulator, { method: 'POST', agent, headers }).end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return { status: response.statusCode ?? 500, body: (await readBody(response)).toString() };
}
