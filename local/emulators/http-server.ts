import { once } from 'node:events';
import { createServer as createHttp1Server, type IncomingMessage, type ServerResponse } from 'node:http';
import {
  createServer as createHttp2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from 'node:http2';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Server on the loopback address 127.0.0.1, at a free port. */
export interface LoopbackServer {
  readonly endpoint: string;
  close(): Promise<void>;
}

export type HttpRequest = IncomingMessage | Http2ServerRequest;
export type HttpResponse = ServerResponse | Http2ServerResponse;

/** First bytes that a client sends on an HTTP/2 connection without TLS (RFC 9113, section 3.4). */
const HTTP2_PREFACE = 'PRI * HTTP/2.0';

/**
 * Starts a server on 127.0.0.1 that accepts HTTP/1.1 and HTTP/2 without TLS. Some clients of the AWS SDK
 * support only HTTP/1.1, and others only HTTP/2. If `handle` fails, the server responds with status 500 and
 * the error text.
 */
export async function listenOnLoopback(
  handle: (request: HttpRequest, response: HttpResponse) => Promise<void>,
): Promise<LoopbackServer> {
  const answer = (request: HttpRequest, response: HttpResponse) => {
    handle(request, response).catch((error: unknown) => {
      if (!response.headersSent) response.statusCode = 500;
      endWith(response, String(error));
    });
  };
  const http1 = createHttp1Server(answer);
  // 0 keeps idle connections open. Node.js would otherwise close them after five seconds, and the next
  // request of a client could fail.
  http1.keepAliveTimeout = 0;
  const http2 = createHttp2Server(answer);
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    // Sends each part of a stream at once. Otherwise, a part would wait until the client has acknowledged the
    // previous part.
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => sockets.delete(socket));
  };
  const front = createServer(socket => {
    keep(socket);
    socket.once('data', (first: Buffer) => {
      const target = connect(
        portOf(first.toString('latin1').startsWith(HTTP2_PREFACE) ? http2 : http1),
        '127.0.0.1',
      );
      keep(target);
      target.write(first);
      socket.pipe(target).pipe(socket);
      // A pipe stops reading when its destination is closed. Without `resume`, the last frame of an HTTP/2
      // session would stay unread, and the socket would stay open as long as the server runs.
      socket.once('close', () => target.destroy());
      target.once('close', () => socket.resume().end());
    });
  });
  for (const server of [http1, http2, front]) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  }
  return {
    endpoint: `http://127.0.0.1:${portOf(front)}`,
    close: async () => {
      if (!front.listening) return;
      const closed = [front, http1, http2].map(server => once(server.close(), 'close'));
      for (const socket of sockets) socket.destroy();
      await Promise.all(closed);
    },
  };
}

export function send(
  response: HttpResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string,
): void {
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  endWith(response, body);
}

export async function readBody(request: HttpRequest): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

export function write(response: HttpResponse, chunk: Uint8Array): void {
  if ('stream' in response) response.write(chunk);
  else response.write(chunk);
}

/** Ends an HTTP/1.1 or HTTP/2 response. */
export function end(response: HttpResponse): void {
  if ('stream' in response) response.end();
  else response.end();
}

function endWith(response: HttpResponse, body: string): void {
  if ('stream' in response) response.end(body);
  else response.end(body);
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
