import { writeLines } from './log-line';

/** How many different warnings a process remembers, and so prints: a caller must not be able to fill the log or the memory. */
const MAX_WARNINGS = 100;

const warned = new Set<string>();

/** Prints a warning the first time that its key is seen. It goes to standard error as one line, whatever is in it. */
export function warnOnce(key: string, message: string): void {
  if (warned.has(key) || warned.size >= MAX_WARNINGS) return;
  warned.add(key);
  void writeLines(process.stderr, [JSON.stringify({ level: 'WARN', message, service: 'token-analytics', timestamp: new Date().toISOString() })]);
}

/** An error's name as the SDK has it. */
const ERROR_NAME = /^[A-Za-z][A-Za-z0-9_.]{0,63}$/;

/** The name of what was thrown, where it looks like one: what an error says of itself can hold anything, or throw. */
export function nameOf(error: unknown): string {
  try {
    const name = typeof error === 'object' && error !== null && 'name' in error ? String(error.name) : '';
    return ERROR_NAME.test(name) ? name : 'Error';
  } catch {
    return 'Error';
  }
}
