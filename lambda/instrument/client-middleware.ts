import { callOfCommand, type ModelCall } from './model-calls';
import type { ObservedCall } from './observed-call';
import type { Headers } from './response-facts';
import { readOrWarn } from '../invocation/record-input';
import { ignoringErrors, whenSettled } from '../process/promises';
import { shared } from '../process/shared-state';
import { warnOnce } from '../process/warn-once';
import { asObject } from '../usage/counts';

/** A client of the AWS SDK for JavaScript v3, of any of its versions. */
export interface InstrumentableClient {
  readonly middlewareStack: { add(...middleware: never[]): void };
}

/** What is done with the model calls of a client. */
export interface CallObserver {
  /** Tracker of the observer. */
  readonly owner: object;
  /** Agent of the client's calls. */
  readonly agentId: string | undefined;
  /** Whether calls are observed now. */
  readonly enabled: boolean;
  /** The request as it is sent. It must not throw. */
  prepare(call: ModelCall, input: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>;
  /** A call begins. It must not throw. */
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
/** Returns the region of a client's calls, as far as it is known. */
type Region = () => string | undefined;
type Next = (args: Arguments) => Promise<Result>;
type Context = Readonly<Record<string, unknown>>;
interface MiddlewareStack {
  add(middleware: (next: Next, context: Context) => Next, options: Readonly<Record<string, unknown>>): void;
  /** Lists the names of the middleware. */
  identify?(): readonly string[];
}

/** Handlers of a client by command, as `send` keeps them. */
interface Handlers {
  handlers?: WeakMap<object, unknown>;
}

/**
 * The headers that came with an output: a client can keep its
 * handlers, and with them what it hands from step to step.
 */
const headersOfOutput = new WeakMap<object, Headers>();
const NAME = 'tokenAnalytics';
/** Observers by the middleware stack that they are in. */
const observers = shared('observers', () => new WeakMap<object, Pick<CallObserver, 'owner' | 'agentId'>>());

/**
 * Puts an observer into a client's middleware, in place of one that is there already: one
 * around the whole call with all of its attempts, one where the response's headers are.
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
    // A proxy, or a frozen client.
  }
  warnOnce(
    'instrument',
    'instrument() was given no client of the AWS SDK for JavaScript v3: its calls are not recorded.',
  );
}

function replaceObserver(stack: MiddlewareStack, observer: CallObserver, region: Region): void {
  const known = observers.get(stack);
  const isTaken = known
    ? known.owner !== observer.owner || known.agentId !== observer.agentId
    : // A copy of the package that is older and shares nothing.
      ignoringErrors(() => stack.identify?.().some(entry => entry.startsWith(`${NAME} `)));
  if (isTaken) {
    warnOnce(
      'instrument:again',
      'A client is instrumented again, with another agentId or by another tracker: the last holds. ' +
        'For agents that share a client, use run({ agentId }, …).',
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
 * Returns a function that returns the region of a client's calls. The client has it as a promise, so the
 * function asks at its first call and returns undefined until the answer has come.
 */
function regionOf(client: unknown): Region {
  let asked: Promise<unknown> | undefined;
  let known: string | undefined;
  return () => {
    asked ??= askRegion(client).then(
      region => (known = typeof region === 'string' ? region : undefined),
      () => undefined,
    );
    return known;
  };
}

async function askRegion(client: unknown): Promise<unknown> {
  const region = asObject(asObject(client)?.config)?.region;
  return typeof region === 'function' ? (region as () => unknown)() : region;
}

/**
 * Drops the handlers that a client with `cacheMiddleware: true` keeps, because each has the middleware of the
 * first call.
 */
function forgetHandlers(client: Handlers): void {
  if (client.handlers !== undefined) client.handlers = undefined;
}

function aroundCall(observer: CallObserver, region: Region) {
  return (next: Next, context: Context): Next => {
    const call = callOfCommand(String(context.commandName));
    if (!call) return next;
    return args => {
      if (!observer.enabled) return next(args);
      const { observed, sent } = readOrWarn(() => begunCall(observer, call, args, region), 'request') ?? {
        sent: args,
      };
      let answer: Promise<Result>;
      try {
        answer = next(sent);
      } catch (error) {
        observed?.failed(error);
        throw error;
      }
      // The caller waits for the call alone: what is done here is done just before it goes on.
      whenSettled(answer, {
        fulfilled: result => {
          // Another middleware can return anything.
          const output = ignoringErrors(() => (result as Result).output);
          observed?.answered(output, headersOfOutput.get(output as object));
        },
        rejected: error => observed?.failed(error),
      });
      return answer;
    };
  };
}

function begunCall(
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
