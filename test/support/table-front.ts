import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type LoopbackServer, readBody } from '../../local/emulators/http-server';

/** Request to a table. */
export interface TableRequest {
  /** Such as `Query`. */
  readonly operation: string;
  readonly body: string;
}

/** Answer to a request. */
export interface TableAnswer {
  readonly status: number;
  readonly body: object | string;
}

/** Hands a request on to the engine, with its own body or another. */
type HandOn = (body?: string) => Promise<TableAnswer>;

/**
 * Answers a request, or never does: a request that `hangs` stops a virtual clock, and one
 * that is `kept` does not, so that it is timed out.
 */
type SeeRequest = (request: TableRequest, handOn: HandOn) => Promise<TableAnswer | 'hangs' | 'kept'>;

const CONTENT_TYPE = 'application/x-amz-json-1.0';
/** Headers that the engine reads, which checks no signature. */
const HANDED_ON = ['x-amz-target', 'x-amz-date', 'authorization', 'content-type'];
/** Shorter than the time after which the engine closes a connection: both count it in one process. */
const IDLE_MS = 2000;

/**
 * Starts a server before a DynamoDB engine that sees each request. It speaks HTTP/1.1 only, as the clients of
 * DynamoDB do.
 */
export async function startTableFront(engine: string, see: SeeRequest): Promise<LoopbackServer> {
  const agent = new Agent({ keepAlive: true, timeout: IDLE_MS });
  const handedOn = new Set<Promise<unknown>>();
  const server = createServer((request, response) => {
    const answered = async () => {
      const body = (await readBody(request)).toString();
      const operation = String(request.headers['x-amz-target']).split('.').pop() ?? '';
      const answer = await see({ operation, body }, (other = body) => {
        const answering = ask(engine, agent, request.headers, other);
        handedOn.add(answering);
        return answering.finally(() => handedOn.delete(answering));
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
  // A client that is slow to ask again finds its connection.
  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      if (!server.listening) return;
      // An engine that is closed before it has answered ends the process.
      await Promise.allSettled(handedOn);
      const closed = once(server.close(), 'close');
      server.closeAllConnections();
      await closed;
      agent.destroy();
    },
  };
}

/** Makes an error answer with DynamoDB's name of the error. */
export function refusal(name: string, message = 'as told', status = 400): TableAnswer {
  return { status, body: { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message } };
}

/** Date of the client's clock: the SDK retries a refused request if the server's differs by five minutes. */
function dateOf(header: string | string[] | undefined): string {
  const iso = String(header).replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');
  return new Date(iso).toUTCString();
}

async function ask(
  engine: string,
  agent: Agent,
  given: IncomingMessage['headers'],
  body: string,
): Promise<TableAnswer> {
  const headers = Object.fromEntries(HANDED_ON.map(name => [name, String(given[name])]));
  const request = httpRequest(engine, { method: 'POST', agent, headers }).end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return { status: response.statusCode ?? 500, body: (await readBody(response)).toString() };
}
