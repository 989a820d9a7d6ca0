import type { FetchRoute } from './fetch-routes';
import { asObject, type Json, parseJson } from '../usage/counts';

/** Parts of the arguments of `fetch` that are read. They are not changed. */
export interface FetchRequest {
  readonly url: string;
  readonly method: string;
  /** Body as text. Undefined if it can only be read as a stream. */
  readonly body: string | undefined;
  readonly headers: unknown;
  readonly signal: AbortSignal | undefined;
}

/** Reads the arguments of `fetch`: a URL and options, or a request object. */
export function readRequest([input, init]: readonly unknown[]): FetchRequest {
  const request = typeof input === 'string' || input instanceof URL ? undefined : asObject(input);
  const options = asObject(init) ?? {};
  const option = (name: string) => options[name] ?? request?.[name];
  return {
    url: typeof request?.url === 'string' ? request.url : String(input),
    method: String(option('method') ?? 'GET').toUpperCase(),
    // The body of a request object is a stream, and reading it would consume it.
    body: readText(options.body),
    headers: option('headers'),
    signal: option('signal') as AbortSignal | undefined,
  };
}

function readText(body: unknown): string | undefined {
  if (typeof body === 'string') return body;
  if (ArrayBuffer.isView(body)) {
    return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
  }
  return body instanceof ArrayBuffer ? Buffer.from(body).toString('utf8') : undefined;
}

/** Start of a JSON object whose first member is the model. Clients usually send the model first. */
const MODEL_FIRST = /^\s*\{\s*"model"\s*:\s*("(?:[^"\\]|\\.)*")\s*[,}]/;
/** Header with the guardrail of InvokeModel and of OpenAI's APIs. */
const GUARDRAIL_HEADER = 'x-amzn-bedrock-guardrailidentifier';

/**
 * Returns the request in the form of the AWS SDK's request. The body is parsed only when a member is read,
 * because most calls need only the model.
 */
export function inputOf({ call, modelId }: FetchRoute, { body, headers }: FetchRequest): Json {
  let parsed: Json | undefined;
  const parse = () => (parsed ??= asObject(parseJson(body)) ?? {});
  const input: Record<string, unknown> = modelId === undefined ? {} : { modelId };
  const getter = (name: string, get: () => unknown) =>
    Object.defineProperty(input, name, { get, enumerable: true });
  for (const member of [...call.content, 'guardrailConfig']) {
    getter(member, () => (member === 'body' ? body : parse()[member]));
  }
  getter(
    'guardrailIdentifier',
    () => new Headers(headers as ConstructorParameters<typeof Headers>[0]).get(GUARDRAIL_HEADER) ?? undefined,
  );
  if (modelId === undefined) {
    const first = MODEL_FIRST.exec(body ?? '')?.[1];
    getter('model', () => (first === undefined ? parse().model : parseJson(first)));
  }
  return input;
}
