import { setTimeout as pause } from 'node:timers/promises';
import { isPermanentError } from '../../lambda/process/aws-errors';

/** Functions and settings for `watch`, which refreshes a view until the user ends it. */
export interface Watch<View> {
  /** Reads new data and returns the view. */
  readonly look: () => Promise<View>;
  readonly show: (view: View) => void;
  /** Called if `look` fails, with the error and the last view. */
  readonly onFailure: (error: unknown, view: View) => void;
  /** Milliseconds between the end of one `look` and the start of the next. */
  readonly intervalMs: number;
  /** Signal that ends the watch. */
  readonly signal: AbortSignal;
}

/**
 * Calls `look` and shows its view with `show`, every `intervalMs` milliseconds until `signal` aborts. If
 * `look` fails, calls `onFailure` with the last view, and tries again after `intervalMs`.
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
    // The pause rejects when the signal aborts. The loop then ends.
    await pause(intervalMs, undefined, { signal }).catch(() => undefined);
  }
}
