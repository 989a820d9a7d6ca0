import { randomUUID } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { type HttpRequest, type LoopbackServer, listenOnLoopback, readBody, send } from './http-server';

/** What any stand-in of an AWS service can be told. */
export interface EmulatorOptions {
  /**
   * The name of the error that an operation is refused with,
   * such as `AccessDeniedException`; undefined where it is not.
   *
   * @default - none is refused
   */
  readonly refuses?: (operation: string) => string | undefined;
}

/** A request that came. */
export interface SeenRequest {
  readonly operation: string;
  /** The input as it was sent. */
  readonly input: Readonly<Record<string, unknown>>;
  /** The region that it was signed for. */
  readonly region?: string;
}

/** An AWS service on loopback: what the unmodified SDK client sends. */
export interface Emulator extends LoopbackServer {
  /** Those that were refused included. */
  readonly requests: readonly SeenRequest[];
}

/** An error of a service, as its clients see it. */
export class Refusal extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly status = 400,
  ) {
    super(message);
  }
}

/** Refuses a request that is not right. */
export function refuseIf(wrong: boolean, code: string, message: string): void {
  if (wrong) throw new Refusal(code, message);
}

/** A request, understood: what is done is done by {@link answer}. */
export interface Call extends SeenRequest {
  answer(): unknown;
}

/** How a service's protocol reads requests and writes answers. */
export interface Protocol {
  read(request: HttpRequest, body: Buffer): Call;
  write(call: Call, output: unknown): Answer;
  refuse(refusal: Refusal): Answer;
}

/** An answer on the wire. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Starts a stand-in that speaks a protocol. */
export async function startEmulator(
  protocol: Protocol,
  { refuses = () => undefined }: EmulatorOptions,
): Promise<Emulator> {
  const requests: SeenRequest[] = [];
  const server = await listenOnLoopback(async (request, response) => {
    const raw = await readBody(request);
    const answer = await protocolAnswer(
      protocol,
      request,
      request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw,
      refuses,
      requests,
    );
    send(response, answer.status, { 'x-amzn-requestid': randomUUID(), ...answer.headers }, answer.body);
  });
  return { ...server, requests };
}

/** A service that speaks AWS JSON 1.1: one POST route, the operation in `X-Amz-Target`. */
export function jsonProtocol(
  target: string,
  operations: Readonly<Record<string, (input: Readonly<Record<string, unknown>>) => unknown>>,
): Protocol {
  const headers = { 'content-type': 'application/x-amz-json-1.1' };
  return {
    read: (request, body) => {
      const [prefix, operation = ''] = String(request.headers['x-amz-target']).split('.');
      const input = JSON.parse(body.toString('utf8')) as Readonly<Record<string, unknown>>;
      refuseIf(
        prefix !== target || !Object.hasOwn(operations, operation),
        'UnknownOperationException',
        `no such operation: ${prefix}.${operation}`,
      );
      return { operation, input, region: regionOf(request), answer: () => operations[operation](input) };
    },
    write: (_call, output) => ({ status: 200, headers, body: JSON.stringify(output) }),
    refuse: ({ code, message, status }) => ({
      status,
      headers,
      body: JSON.stringify({ __type: code, message }),
    }),
  };
}

/**
 * A service that speaks the query protocol: a form in, XML out. An operation answers the XML of its result.
 */
export function queryProtocol(
  namespace: string,
  operations: Readonly<Record<string, (form: URLSearchParams) => string>>,
): Protocol {
  const headers = { 'content-type': 'text/xml' };
  return {
    read: (request, body) => {
      const form = new URLSearchParams(body.toString('utf8'));
      const operation = form.get('Action') ?? '';
      refuseIf(!Object.hasOwn(operations, operation), 'InvalidAction', `no such operation: ${operation}`);
      return {
        operation,
        input: Object.fromEntries(form),
        region: regionOf(request),
        answer: () => operations[operation](form),
      };
    },
    write: ({ operation }, output) => ({
      status: 200,
      headers,
      body:
        `<${operation}Response ` +
        `xmlns="${namespace}"><${operation}Result>${String(output)}</${operation}Result><ResponseMetadata><RequestId>${randomUUID()}</RequestId></ResponseMetadata></${operation}Response>`,
    }),
    refuse: ({ code, message, status }) => ({
      status,
      headers,
      body:
        '<ErrorResponse ' +
        `xmlns="${namespace}"><Error><Type>Sender</Type><Code>${xmlText(code)}</Code><Message>${xmlText(message)}</Message></Error><RequestId>${randomUUID()}</RequestId></ErrorResponse>`,
    }),
  };
}

/** A part of a list, from where a token points to. A token that none was handed out as is refused. */
export function pageOf<Item>(
  items: readonly Item[],
  token: unknown,
  size: number,
  code: string,
): { readonly page: readonly Item[]; readonly next?: string } {
  const start =
    token === undefined || token === null ? 0 : Number(/^page-(\d+)$/.exec(String(token))?.[1] ?? NaN);
  refuseIf(
    Number.isNaN(start) || start > items.length,
    code,
    `The specified token is not valid: ${String(token)}`,
  );
  const end = start + size;
  return { page: items.slice(start, end), ...(end < items.length ? { next: `page-${end}` } : {}) };
}

/** An XML element with text; nothing where there is none. */
export function xmlElement(name: string, text: string | undefined): string {
  return text === undefined ? '' : `<${name}>${xmlText(text)}</${name}>`;
}

function xmlText(text: string): string {
  return text.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`);
}

/** The region that a request was signed for. */
export function regionOf(request: HttpRequest): string | undefined {
  return /Credential=[^/]+\/\d{8}\/([a-z0-9-]+)\//.exec(String(request.headers.authorization))?.[1];
}

async function protocolAnswer(
  protocol: Protocol,
  request: HttpRequest,
  body: Buffer,
  refuses: (operation: string) => string | undefined,
  requests: SeenRequest[],
): Promise<Answer> {
  try {
    const call = protocol.read(request, body);
    requests.push({ operation: call.operation, input: call.input, region: call.region });
    const refused = refuses(call.operation);
    if (refused !== undefined) throw new Refusal(refused, `${call.operation} was refused`, statusOf(refused));
    return protocol.write(call, await call.answer());
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return protocol.refuse(error);
  }
}

/**
 * What stands for an error of the service's own is repeated by clients, what stands for one of theirs is not.
 */
export function statusOf(code: string): number {
  if (/^(?:Internal|Service|Unavailable)/.test(code)) return 500;
  return /Denied|Unauthorized/.test(code) ? 403 : 400;
}
