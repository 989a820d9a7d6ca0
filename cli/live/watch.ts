import { setTimeout as pause } from 'node:timers/promises';
import { isPermanentError } from '../../lambda/process/aws-errors';

/** Functions and settings of a view that refreshes. */
export interface Watch<View> {
  /** Reads new data and returns the view. */
  readonly look: () => Promise<View>;
  readonly show: (view: View) => void;
  /** Called with the error of a failed look, and with the last view. */
  readonly onFailure: (error: unknown, view: View) => void;
  /** Milliseconds from the end of one look to the start of the next. */
  readonly intervalMs: number;
  /** Signal that ends the watch. */
  readonly signal: AbortSignal;
}

/**
 * Refreshes a view until the signal aborts. If a look fails, the last view stays, and the next look follows
 * after the interval.
 *
 * @throws the error of the first look, or a permanent error of a later one, such as expired credentials
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
    // The pause rejects if the signal aborts it.
    await pause(intervalMs, undefined, { signal }).catch(() => undefined);
  }
}
