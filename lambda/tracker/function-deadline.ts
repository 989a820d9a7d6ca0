/** Members read of Lambda's context, or of a `DurableContext`, which holds Lambda's. */
interface FunctionContext {
  readonly getRemainingTimeInMillis?: () => number;
  readonly lambdaContext?: FunctionContext;
}

/** Actions before a function's timeout. */
export interface DeadlineActions {
  /** Called while there is time to send. */
  readonly soon: () => void;
  /** Called when there is only time to print. */
  readonly last: () => void;
  /** Called at the very end, for calls that waited for an answer until then. */
  readonly end: () => void;
}

const SOON_MS = 500;
const LAST_MS = 100;
const END_MS = 25;

/**
 * Returns the remaining time of the function, if one of the handler's arguments has it; undefined outside of
 * Lambda.
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
 * Runs actions 500 ms, 100 ms and 25 ms before the function's timeout, because Lambda ends it without notice.
 *
 * @returns a function that cancels the actions; undefined if the remaining time is unknown
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
