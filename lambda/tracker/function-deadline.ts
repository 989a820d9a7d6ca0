/** Members read of Lambda's context, or of a `DurableContext`, which holds Lambda's. */
interface FunctionContext {
  readonly getRemainingTimeInMillis?: () => number;
  readonly lambdaContext?: FunctionContext;
}

/** What is done before a function's time is over. */
export interface DeadlineActions {
  /** While there is time to send what waits. */
  readonly soon: () => void;
  /** When there is none left but to print it. */
  readonly last: () => void;
  /** At the very end, for what waited for an answer until then. */
  readonly end: () => void;
}

const SOON_MS = 500;
const LAST_MS = 100;
const END_MS = 25;

/**
 * How long the function may still run, where one of a handler's arguments tells; undefined outside of Lambda.
 */
export function remainingTime(handlerArguments: readonly unknown[]): number | undefined {
  try {
    const context = handlerArguments.map(functionContextOf).find(found => found !== undefined);
    const remaining = context?.getRemainingTimeInMillis?.();
    return typeof remaining === 'number' && Number.isFinite(remaining) ? remaining : undefined;
  } catch {
    return undefined;
  }
}

function functionContextOf(argument: unknown): FunctionContext | undefined {
  const context = argument as FunctionContext | null | undefined;
  return [context, context?.lambdaContext].find(
    found => typeof found?.getRemainingTimeInMillis === 'function',
  ) as FunctionContext | undefined;
}

/**
/**
 * Acts 500 ms, 100 ms and 25 ms before the function's time is over: Lambda ends it without a word.
 *
 * @returns a function that calls the actions off; undefined if no argument told the time
 */
export function beforeDeadline(
  remainingMs: number | undefined,
  { soon, last, end }: DeadlineActions,
): (() => void) | undefined {
  if (remainingMs === undefined) return undefined;
  const timers = [
    [soon, SOON_MS],
    [last, LAST_MS],
    [end, END_MS],
  ] as const;
  const running = timers
    .filter(([, before]) => remainingMs > before)
    .map(([action, before]) => setTimeout(action, remainingMs - before).unref());
  return () => running.forEach(timer => clearTimeout(timer));
}
