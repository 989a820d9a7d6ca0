import { errorTap, formOfStream, jsonTap, loadEventReaders, streamTap } from './answer-reader';
import { tapBody } from './body-tap';
import { inputOf, readRequest } from './fetch-request';
import { routeFinder } from './fetch-routes';
import type { HttpAnswer, KnownCall, ObservedCall } from './observed-call';
import { readOrWarn } from '../invocation/record-input';
import { ignoringErrors, whenSettled } from '../process/promises';
import { shared } from '../process/shared-state';
import { errorName, warnOnce } from '../process/warn-once';
import { asObject } from '../usage/counts';
import type { ModelCall } from '../usage/model-calls';
import type { Headers } from '../usage/response-terms';

/** Function that is called like `fetch`. */
export type FetchFunction = (...args: never[]) => unknown;

/** Type of the global `fetch`, if the program has the types of Node.js or of browsers. */
export type GlobalFetch = typeof globalThis extends { fetch: infer Fetch extends FetchFunction }
  ? Fetch
  : FetchFunction;

/** Settings and functions that a recording `fetch` uses. */
export interface FetchObserver {
  /** Base URLs whose calls are recorded, besides those of Bedrock. */
  readonly endpoints?: readonly string[];
  /** Starts to observe a call just before its request is sent. Must not throw. */
  begin(known: KnownCall): ObservedCall;
}

/** Observed call, with the parts of its request that are needed to handle the response. */
interface OpenCall {
  readonly observed: ObservedCall;
  readonly call: ModelCall;
  /** Returns the error to record for an error of `fetch` or of a body. */
  readonly toCause: (error: unknown) => unknown;
}

/** Original function of each recording `fetch`, so that a call is not recorded twice. */
const originals = shared('fetches', () => new WeakMap<object, FetchFunction>());

/**
 * Returns a function that calls `base` with unchanged arguments, and that records the calls of Bedrock's
 * models. All other calls only go to `base`. The promise and the response are those of `base`. If `base` is
 * already a recording `fetch`, the new observer replaces its observer.
 */
export function recordingFetch<Fetch extends FetchFunction>(base: Fetch, observer: FetchObserver): Fetch {
  const original = originals.get(base) ?? base;
  const find = newFinder(observer.endpoints);
  // Loads the readers now, so that the first call does not have to wait for them.
  void loadEventReaders();

  const begin = (args: readonly unknown[]): OpenCall | undefined => {
    const request = readRequest(args);
    const route = request.method === 'POST' ? find(request.url) : undefined;
    if (!route) return undefined;
    const { call, region } = route;
    const known = { call, input: inputOf(route, request), region: () => region, isFixed: true };
    const { signal } = request;
    return { observed: observer.begin(known), call, toCause: error => causeOf(error, signal) };
  };

  function fetch(this: unknown, ...args: unknown[]): unknown {
    const open = readOrWarn(() => begin(args), 'fetch');
    if (!open) return Reflect.apply(original, this, args);
    let answer: unknown;
    try {
      answer = Reflect.apply(original, this, args);
    } catch (error) {
      open.observed.failed(error);
      throw error;
    }
    // Handles the response just before the caller gets it. The caller gets the original promise.
    whenSettled(answer, {
      fulfilled: response => receive(open, response as Response),
      rejected: error => open.observed.failed(open.toCause(error)),
    });
    return answer;
  }
  const recording = Object.assign(fetch, original) as unknown as Fetch;
  originals.set(recording, original);
  return recording;
}

/**
 * Names of the environment variables with a base URL for the calls of Bedrock. The AWS SDK reads the first
 * two (AWS SDKs and Tools Reference Guide, "Service-specific endpoints"), and Anthropic's SDK reads the last.
 */
const ENDPOINT_VARIABLES = [
  'AWS_ENDPOINT_URL_BEDROCK_RUNTIME',
  'AWS_ENDPOINT_URL',
  'ANTHROPIC_BEDROCK_BASE_URL',
];

/** Returns the base URLs in the environment. Omits values that are not URLs: no client can use them. */
function environmentEndpoints(): readonly string[] {
  return ENDPOINT_VARIABLES.map(name => process.env[name] ?? '').filter(value => URL.canParse(value));
}

function newFinder(endpoints: readonly string[] = []) {
  const ofEnvironment = environmentEndpoints();
  try {
    return routeFinder([...endpoints, ...ofEnvironment]);
  } catch {
    warnOnce(
      'fetch:endpoints',
      "endpoints of fetch() must be a list of URLs, such as ['https://proxy.example.com/bedrock']. " +
        'Only the endpoints of Bedrock are recorded.',
    );
    return routeFinder(ofEnvironment);
  }
}

function receive({ observed, call, toCause }: OpenCall, response: Response): void {
  try {
    const headers = readHeaders(response);
    const answer: HttpAnswer = { headers, requestId: headers['x-amzn-requestid'] };
    if ((response as Partial<Response>).ok === false) {
      receiveError(observed, response, answer);
      return;
    }
    const form = formOfStream(headers['content-type']);
    if (!form) {
      observed.receives(answer);
      if (!tapBody(response, jsonTap(observed, answer, toCause))) {
        warnUnreadable();
        observed.received(undefined, headers);
      }
      return;
    }
    // Streams of OpenAI's and Anthropic's APIs have the same events as InvokeModelWithResponseStream.
    observed.receivesStream(call.stream && call.reads ? call.reads : 'InvokeModelWithResponseStream', answer);
    if (!tapBody(response, streamTap(observed, form, toCause))) {
      warnUnreadable();
      observed.received(undefined, headers);
    }
  } catch {
    // The response does not have the form of a `fetch` response. The call is recorded without usage.
    observed.received(undefined);
  }
}

/** Records a call that the service has refused. The name of the error is in a header or in the body. */
function receiveError(observed: ObservedCall, response: Response, { headers, requestId }: HttpAnswer): void {
  // The tap must not reference the response, so that it can be garbage-collected.
  const { status } = response;
  const fail = (name = `Http${status}`) => observed.failed({ name, $metadata: { requestId } });
  const name = headers?.['x-amzn-errortype']?.split(':')[0].split('#').at(-1);
  if (name) fail(name);
  else if (!tapBody(response, errorTap(fail))) fail();
}

/**
 * Returns `AbortError` if the caller has aborted the request with its own reason. Returns the cause of the
 * `TypeError` that `fetch` throws for each failed connection, such as `ECONNREFUSED`.
 */
function causeOf(error: unknown, signal: AbortSignal | undefined): unknown {
  const name = errorName(error);
  if (signal?.aborted && error === signal.reason && name !== 'TimeoutError') return { name: 'AbortError' };
  return (name === 'TypeError' && asObject(error)?.cause) || error;
}

function readHeaders({ headers }: Response): Headers {
  return ignoringErrors(() => Object.fromEntries(headers as Iterable<[string, string]>)) ?? {};
}

function warnUnreadable(): void {
  warnOnce(
    'fetch:body',
    'The function that is passed to fetch() returns responses without a web stream, e.g. node-fetch. Calls ' +
      'are recorded without usage. Use the global fetch.',
  );
}
