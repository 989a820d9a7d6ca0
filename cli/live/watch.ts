import { setTimeout as pause } from 'node:timers/promises';

/** What a live view is made by, again and again. */
export interface Watch<View> {
  /** Reads what is new, and makes the view. */
  readonly look: () => Promise<View>;
  readonly show: (view: View) => void;
  /** Told of a look that failed, after one that did not. */
  readonly onFailure: (error: unknown, view: View) => void;
  /** Whether looking again can help. */
  readonly isPassing: (error: unknown) => boolean;
  /** From the end of one look to the begin of the next, in milliseconds. */
  readonly intervalMs: number;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/**
 * Looks and shows until the signal. A look that fails after the first one leaves the view, and is done again.
 *
 * @throws what the first look does, and what no other look can mend
 */
export async function watch<View>({
  look,
  show,
  onFailure,
  isPassing,
  intervalMs,
  signal,
}: Watch<View>): Promise<void> {
  let last: { readonly view: View } | undefined;
  while (!signal.aborted) {
    try {
      last = { view: await look() };
      if (!signal.aborted) show(last.view);
    } catch (error) {
      if (signal.aborted) return;
      if (!last || !isPassing(error)) throw error;
      onFailure(error, last.view);
    }
    // The signal ends the pause by an error.
    await pause(intervalMs, undefined, { signal }).catch(() => undefined);
  }
}
