import { listenOnLoopback, readBody, send } from '../../local/emulators/http-server';

/** A request to a table. */
export interface FrontRequest {
  /** Such as `Query`. */
  readonly operation: string;
  /** How many of its operation there were before, and this one. */
  readonly number: number;
  readonly body: string;
}

/** A server before a table's engine that sees each request, and can keep it or answer it. */
export interface Front {
  readonly endpoint: string;
  /**
   * What becomes of a request: `hangs`, it is not handed on and never
   * answered; an object, that is the answer. Called before it is handed on.
   */
  see: (request: FrontRequest) => 'hangs' | { readonly status: number; readonly body: object } | undefined;
  /** Waits for what was handed on: an engine that is closed before it has answered ends the process. */
  close(): Promise<void>;
}

const HEADERS = { 'content-type': 'application/x-amz-json-1.0' };

export async function startFront(engine: string): Promise<Front> {
  const counts = new Map<string, number>();
  const handedOn = new Set<Promise<unknown>>();
  const server = await listenOnLoopback(async (request, response) => {
    const body = (await readBody(request)).toString();
    const operation = String(request.headers['x-amz-target']).split('.')[1];
    const number = (counts.get(operation) ?? 0) + 1;
    counts.set(operation, number);
    const seen = front.see({ operation, number, body });
    if (seen === 'hangs') return;
    if (seen) {
      send(response, seen.status, HEADERS, JSON.stringify(seen.body));
      return;
    }
    const headers = Object.fromEntries(
      ['x-amz-target', 'content-type', 'authorization', 'x-amz-date'].map(name => [
        name,
        String(request.headers[name]),
      ]),
    );
    const answering = fetch(engine, { method: 'POST', body, headers }).then(async answer => ({
      status: answer.status,
      text: await answer.text(),
    }));
    handedOn.add(answering);
    const { status, text } = await answering.finally(() => handedOn.delete(answering));
    send(response, status, HEADERS, text);
  });
  const front: Front = {
    endpoint: server.endpoint,
    see: () => undefined,
    close: async () => {
      await Promise.allSettled(handedOn);
      await server.close();
    },
  };
  return front;
}

/** An answer that refuses a request. */
export function refusal(name: string): { readonly status: number; readonly body: object } {
  return { status: 400, body: { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message: 'as told' } };
}
