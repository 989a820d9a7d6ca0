import { writeLines } from './log-line';
import { shared } from './shared-state';

/**
 * How many different warnings a process remembers, and so prints:
 * a caller must not be able to fill the log or the memory.
 */
const MAX_WARNINGS = 100;

const warned = shared('warned', () => new Set<string>());

/**
 * Prints a warning the first time that its key is seen. It
 * goes to standard error as one line, whatever is in it.
 */
export function warnOnce(key: string, message: string): void {
  if (warned.has(key) || warned.size >= MAX_WARNINGS) return;
  warned.add(key);
  void writeLines(process.stderr, [
    JSON.stringify({
      level: 'WARN',
      message,
      service: 'token-analytics',
      timestamp: new Date().toISOString(),
    }),
  ]);
}

/** An error's name as the SDK has it. */
const ERROR_NAME = /^[A-Za-z][A-Za-z0-9_.]{0,63}$/;
const NAMELESS = 'Error';

/**
 * The name of what was thrown, where it looks like one, or the system's code of an
 * error that has no other: what an error says of itself can hold anything, or throw.
 */
export function errorName(error: unknown): string {
  const name = textIn(error, 'name');
  return name === NAMELESS ? textIn(error, 'code') : name;
}

function textIn(error: unknown, member: 'name' | 'code'): string {
  try {
    const text =
      typeof error === 'object' && error !== null
        ? String((error as Readonly<Record<string, unknown>>)[member])
        : '';
    return ERROR_NAME.test(text) && text !== 'undefined' ? text : NAMELESS;
  } catch {
    return NAMELESS;
  }
}
