import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';

/** Where a question is asked and answered. */
export interface Asking {
  readonly input?: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  /** Standard error, as standard output has the result alone. */
  readonly output?: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly signal?: AbortSignal;
}

/** Whether somebody is there who can be asked. */
export function canAsk({ input = process.stdin, output = process.stderr }: Asking = {}): boolean {
  return input.isTTY === true && output.isTTY === true;
}

/** Asks a question that is answered with yes or no: no, unless it is yes. Rejects when it is aborted. */
export async function confirm(
  question: string,
  { input = process.stdin, output = process.stderr, signal }: Asking = {},
): Promise<boolean> {
  // Without a terminal of its own, Ctrl-C stays the signal that ends the command.
  const lines = createInterface({ input, output, terminal: false });
  try {
    const ended = once(lines, 'close').then(() => '');
    const answer = await Promise.race([
      signal ? lines.question(`${question} [y/N] `, { signal }) : lines.question(`${question} [y/N] `),
      ended,
    ]);
    return /^y(?:es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}
