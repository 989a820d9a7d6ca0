import { randomUUID } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { type HttpRequest, type LoopbackServer, listenOnLoopback, readBody, send } from './http-server';

/** Options of {@link startEmulator}. */
export interface EmulatorOptions {
  /**
   * Decides if the emulator refuses an operation. Returns the error code to send, such as
   * `AccessDeniedException`, or undefined to allow the operation.
   *
   * @default - all operations are allowed
   */
  readonly refuses?: (operation: string) => string | undefined;
}

/** Request that an emulator received. */
export interface SeenRequest {
  readonly operation: string;
  /** Parsed parameters of the operation. */
  readonly input: Readonly<Record<string, unknown>>;
  /**
   * Region that the client signed the request for, e.g. "us-east-1". Undefined if the request is not signed.
   */
  readonly region?: string;
}

/** Emulator of an AWS service on the loopback address, for unmodified SDK clients. */
export interface Emulator extends LoopbackServer {
  /** All requests that the emulator received, including refused requests. */
  readonly requests: readonly SeenRequest[];
}

/** Error that an emulator returns to the client. `code` is the error code of the AWS service. */
export class Refusal extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly status = 400,
  ) {
    super(message);
  }
}

/** Throws a {@link Refusal} if `wrong` is true. */
export function refuseIf(wrong: boolean, code: string, message: string): void {
  if (wrong) throw new Refusal(code, message);
}

/** Decoded request. `answer` performs the operation and returns its output. */
export interface Call extends SeenRequest {
  answer(): unknown;
}

/**
 * Protocol between SDK clients and a service. `read` decodes a request, `write` encodes an output, and
 * `refuse` encodes an error.
 */
export interface Protocol {
  read(request: HttpRequest, body: Buffer): Call;
  write(call: Call, output: unknown): Answer;
  refuse(refusal: Refusal): Answer;
}

/** Encoded HTTP response of an emulator. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Starts an emulator that decodes requests and encodes responses with `protocol`. */
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

/**
 * Creates the AWS JSON 1.1 protocol. Each request is a POST, and its header `X-Amz-Target` has the form
 * `<target>.<operation>`.
 *
 * @param operations function for each operation of the service, by operation name
 */
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
        `unknown operation: ${prefix}.${operation}`,
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
 * Creates the AWS query protocol: requests are HTML forms, and responses are XML.
 *
 * @param namespace XML namespace of the service
 * @param operations function for each operation. It returns the result as XML
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
      refuseIf(!Object.hasOwn(operations, operation), 'InvalidAction', `unknown operation: ${operation}`);
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

/**
 * Returns one page of `items`: the first page, or the page that begins at `token`. If more pages follow,
 * `next` is the token of the next page.
 *
 * @throws Refusal with `code` if the token was not returned by this function
 */
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

/** Returns an XML element that contains `text`, or an empty string if `text` is undefined. */
export function xmlElement(name: string, text: string | undefined): string {
  return text === undefined ? '' : `<${name}>${xmlText(text)}</${name}>`;
}

function xmlText(text: string): string {
  return text.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`);
}

/**
 * Returns the region that the client signed the request for, e.g. "us-east-1". Undefined if the request is
 * not signed.
 */
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
 * Returns the HTTP status of an error response. SDK clients repeat a request after status 500, but not after
 * 400 or 403.
 */
export function statusOf(code: string): number {
  if (/^(?:Internal|Service|Unavailable)/.test(code)) return 500;
  return /Denied|Unauthorized/.test(code) ? 403 : 400;
}
