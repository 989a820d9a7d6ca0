import type { ObservedCall } from './observed-call';
import { readOrWarn } from '../invocation/record-input';
import { ignoringErrors, whenSettled } from '../process/promises';
import { shared } from '../process/shared-state';
import { warnOnce } from '../process/warn-once';
import { asObject } from '../usage/counts';
import { findCallOfCommand, type ModelCall } from '../usage/model-calls';
import type { Headers } from '../usage/response-terms';

/** Client of the AWS SDK for JavaScript v3. Any 3.x release works. */
export interface InstrumentableClient {
  readonly middlewareStack: { add(...middleware: never[]): void };
}

/** Object whose methods are called when an instrumented client calls a model. */
export interface CallObserver {
  /** Tracker that created the observer. If two trackers instrument the same client, a warning is logged. */
  readonly owner: object;
  /** Agent under which the client's calls are recorded. */
  readonly agentId: string | undefined;
  /** True if calls are currently observed. */
  readonly enabled: boolean;
  /** Returns true if a call is recorded. Must not throw. */
  takes(call: ModelCall): boolean;
  /** Returns the request to send, e.g. the caller's request with added `requestMetadata`. Must not throw. */
  prepare(call: ModelCall, input: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>;
  /**
   * Starts to observe a call just before its request is sent. Must not throw. `region` returns the client's
   * region. It returns undefined until the region is known.
   */
  begin(
    call: ModelCall,
    input: Readonly<Record<string, unknown>>,
    region: () => string | undefined,
  ): ObservedCall;
}

interface Arguments {
  readonly input: Readonly<Record<string, unknown>>;
}
interface Result {
  readonly output: unknown;
  readonly response: unknown;
}
/** Function that returns the region of a client, or undefined as long as the region is unknown. */
type Region = () => string | undefined;
type Next = (args: Arguments) => Promise<Result>;
type Context = Readonly<Record<string, unknown>>;
interface MiddlewareStack {
  add(middleware: (next: Next, context: Context) => Next, options: Readonly<Record<string, unknown>>): void;
  /** Lists the names of the middleware in the stack. */
  identify?(): readonly string[];
}

/**
 * SDK client with a cache of one handler for each command. Only clients with `cacheMiddleware: true` have
 * this cache.
 */
interface Handlers {
  handlers?: WeakMap<object, unknown>;
}

/** HTTP headers of each response, by the `output` object of the response. */
const headersOfOutput = new WeakMap<object, Headers>();
const NAME = 'tokenAnalytics';
/** Observer of each instrumented client. The key is the middleware stack of the client. */
const observers = shared('observers', () => new WeakMap<object, Pick<CallObserver, 'owner' | 'agentId'>>());

/**
 * Adds `observer` to a client of the AWS SDK. If the client already has an observer, `observer` replaces it.
 */
export function observeClient(client: InstrumentableClient, observer: CallObserver): void {
  try {
    const stack = asObject(client)?.middlewareStack as MiddlewareStack | undefined;
    if (typeof stack?.add === 'function') {
      replaceObserver(stack, observer, regionOf(client));
      forgetHandlers(client as Handlers);
      return;
    }
  } catch {
    // Ignores an error from a frozen client or a proxy, and logs the warning.
  }
  warnOnce(
    'instrument',
    'instrument() must be given a client of the AWS SDK for JavaScript v3. Calls of this object are not ' +
      'recorded.',
  );
}

function replaceObserver(stack: MiddlewareStack, observer: CallObserver, region: Region): void {
  const known = observers.get(stack);
  const isTaken = known
    ? known.owner !== observer.owner || known.agentId !== observer.agentId
    : // Detects the middleware of another copy of this package by its name.
      ignoringErrors(() => stack.identify?.().some(entry => entry.startsWith(`${NAME} `)));
  if (isTaken) {
    warnOnce(
      'instrument:again',
      'A client is instrumented again, with another agentId or by another tracker. The last one replaces ' +
        'the others. For agents that share a client, use run({ agentId }, …).',
    );
  }
  stack.add(aroundCall(observer, region), {
    name: NAME,
    step: 'initialize',
    priority: 'high',
    override: true,
  });
  stack.add(keepHeaders, { name: `${NAME}Headers`, step: 'deserialize', priority: 'high', override: true });
  observers.set(stack, observer);
}

/**
 * Creates a getter for the region of a client. The getter returns undefined until the SDK has provided the
 * region.
 */
function regionOf(client: unknown): Region {
  let requested: Promise<unknown> | undefined;
  let known: string | undefined;
  return () => {
    requested ??= requestRegion(client).then(
      region => (known = typeof region === 'string' ? region : undefined),
      () => undefined,
    );
    return known;
  };
}

async function requestRegion(client: unknown): Promise<unknown> {
  const region = asObject(asObject(client)?.config)?.region;
  return typeof region === 'function' ? (region as () => unknown)() : region;
}

/** Removes the cached handlers of a client, because they do not call the observer. */
function forgetHandlers(client: Handlers): void {
  if (client.handlers !== undefined) client.handlers = undefined;
}

function aroundCall(observer: CallObserver, region: Region) {
  return (next: Next, context: Context): Next => {
    const find = (request: Arguments['input']) => {
      const call = findCallOfCommand(String(context.commandName), String(context.clientName), request);
      return call && observer.takes(call) ? call : undefined;
    };
    return args => {
      const call = observer.enabled ? ignoringErrors(() => find(args.input)) : undefined;
      if (!call) return next(args);
      const { observed, sent } = readOrWarn(() => beginCall(observer, call, args, region), 'request') ?? {
        sent: args,
      };
      let response: Promise<Result>;
      try {
        response = next(sent);
      } catch (error) {
        observed?.failed(error);
        throw error;
      }
      // Calls the observer just before the caller continues. The caller gets the original promise, and does
      // not wait for the observer.
      whenSettled(response, {
        fulfilled: result => {
          // Other middleware can return any value, so reading `output` may throw.
          const output = ignoringErrors(() => (result as Result).output);
          observed?.answered(output, headersOfOutput.get(output as object));
        },
        rejected: error => observed?.failed(error),
      });
      return response;
    };
  };
}

function beginCall(
  observer: CallObserver,
  call: ModelCall,
  args: Arguments,
  region: Region,
): { readonly observed?: ObservedCall; readonly sent: Arguments } {
  const input = observer.prepare(call, args.input);
  const sent = input === args.input ? args : { ...args, input };
  region();
  return { observed: observer.begin(call, args.input, region), sent };
}

const keepHeaders =
  (next: Next): Next =>
  args => {
    const answer = next(args);
    whenSettled(answer, {
      fulfilled: result => {
        const { output, response } = result as Result;
        const headers = asObject(asObject(response)?.headers);
        if (headers && asObject(output)) headersOfOutput.set(output as object, headers as Headers);
      },
    });
    return answer;
  };
