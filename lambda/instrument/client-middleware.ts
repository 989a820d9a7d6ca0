import { callOfCommand, type ModelCall } from './model-calls';
import type { ObservedCall } from './observed-call';
import type { Headers } from './response-facts';
import { warnOnce } from '../process/warn-once';
import { objectOf } from '../usage/counts';

/** A client of the AWS SDK for JavaScript v3, of any of its versions. */
export interface InstrumentableClient {
  readonly middlewareStack: { add(...middleware: never[]): void };
}

/** What is done with the model calls of a client. */
export interface CallObserver {
  /** Whether calls are observed now. */
  readonly enabled: boolean;
  /** The request as it is sent. It must not throw. */
  prepare(call: ModelCall, input: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>;
  /** A call begins. It must not throw. */
  begin(call: ModelCall, input: Readonly<Record<string, unknown>>): ObservedCall;
}

interface Arguments {
  readonly input: Readonly<Record<string, unknown>>;
}
interface Result {
  readonly output: unknown;
  readonly response: unknown;
}
type Next = (args: Arguments) => Promise<Result>;
type Context = Readonly<Record<string, unknown>>;
interface MiddlewareStack {
  add(middleware: (next: Next, context: Context) => Next, options: Readonly<Record<string, unknown>>): void;
}

/**
 * The headers that came with an output: a client can keep its
 * handlers, and with them what it hands from step to step.
 */
const headersOfOutput = new WeakMap<object, Headers>();
const NAME = 'tokenAnalytics';

/**
 * Puts an observer into a client's middleware, in place of one that is there already: one
 * around the whole call with all of its attempts, one where the response's headers are.
 */
export function observeClient(client: InstrumentableClient, observer: CallObserver): void {
  const stack = objectOf(client)?.middlewareStack as MiddlewareStack | undefined;
  if (typeof stack?.add !== 'function') {
    warnOnce(
      'instrument',
      'instrument() was given no client of the AWS SDK for JavaScript v3: its calls are not recorded.',
    );
    return;
  }
  stack.add(aroundCall(observer), { name: NAME, step: 'initialize', priority: 'high', override: true });
  stack.add(keepHeaders, { name: `${NAME}Headers`, step: 'deserialize', priority: 'high', override: true });
}

function aroundCall(observer: CallObserver) {
  return (next: Next, context: Context): Next => {
    const call = callOfCommand(String(context.commandName));
    if (!call) return next;
    return args => {
      if (!observer.enabled) return next(args);
      const input = observer.prepare(call, args.input);
      const observed = observer.begin(call, args.input);
      let answer: Promise<Result>;
      try {
        answer = next(input === args.input ? args : { ...args, input });
      } catch (error) {
        observed.failed(error);
        throw error;
      }
      // The caller waits for the call alone: what is done here is done just before it goes on.
      answer.then(
        ({ output }) => observed.answered(output, headersOfOutput.get(output as object)),
        (error: unknown) => observed.failed(error),
      );
      return answer;
    };
  };
}

const keepHeaders =
  (next: Next): Next =>
  args => {
    const answer = next(args);
    answer.then(
      ({ output, response }) => {
        const headers = objectOf(objectOf(response)?.headers);
        if (headers && objectOf(output)) headersOfOutput.set(output as object, headers as Headers);
      },
      () => undefined,
    );
    return answer;
  };
