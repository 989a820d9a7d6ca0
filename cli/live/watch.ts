import { setTimeout as pause } from 'node:timers/promises';
import { isPermanentError } from '../../lambda/process/aws-errors';

/** Functions and settings for `watch`, which refreshes a view until the user ends it. */
export interface Watch<View> {
  /** Reads new data and returns the view. */
  readonly look: () => Promise<View>;
  readonly show: (view: View) => void;
  /** Called if `look` fails. Receives the error and the view of the last successful `look`. */
  readonly onFailure: (error: unknown, view: View) => void;
  /** Milliseconds between the end of one `look` and the start of the next. */
  readonly intervalMs: number;
  /** Signal that ends the watch. */
  readonly signal: AbortSignal;
}

/**
 * Calls `look` and `show` until `signal` aborts, with a pause of `intervalMs` after each call. If `look`
 * fails, calls `onFailure` and continues.
 *
 * @throws the error of the first `look`, or a permanent error of a later `look`, such as expired credentials
 */
export async function watch<View>({ look, show, onFailure, intervalMs, signal }: Watch<View>): Promise<void> {
  let last: { readonly view: View } | undefined;
  while (!signal.aborted) {
    try {
      last = { view: await look() };
      if (!signal.aborted) show(last.view);
    } catch (error) {
      if (signal.aborted) return;
      if (!last || isPermanentError(error)) throw error;
      onFailure(error, last.view);
    }
    // If the signal aborts, the pause ends early and the loop stops.
    await pause(intervalMs, undefined, { signal }).catch(() => undefined);
  }
}
