import { setTimeout as pause } from 'node:timers/promises';
import { isPermanentError } from '../../lambda/process/aws-errors';

/** What a live view is made by, again and again. */
export interface Watch<View> {
  /** Reads what is new, and makes the view. */
  readonly look: () => Promise<View>;
  readonly show: (view: View) => void;
  /** Told of a look that failed, after one that did not. */
  readonly onFailure: (error: unknown, view: View) => void;
  /** From the end of one look to the begin of the next, in milliseconds. */
  readonly intervalMs: number;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/**
 * Looks and shows until the signal. A look that fails after the first one leaves the view, and is done again.
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
    // The signal ends the pause by an error.
    await pause(intervalMs, undefined, { signal }).catch(() => undefined);
  }
}
