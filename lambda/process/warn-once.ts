import { writeLines } from './log-line';
import { shared } from './shared-state';

/** Maximum different warnings of one process, so that a caller can fill neither the log nor the memory. */
const MAX_WARNINGS = 100;

const warned = shared('warned', () => new Set<string>());

/** Writes a warning to standard error, as one line of JSON. A repeated key is ignored. */
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

/** Error names of the AWS SDK and of Node.js. */
const ERROR_NAME = /^[A-Za-z][A-Za-z0-9_.]{0,63}$/;
const NAMELESS = 'Error';

/**
 * Returns the name of an error, or its code if the name is only `Error`. Returns `Error` for a name that does
 * not look like one, because an error can contain any text, and its getters can throw.
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
