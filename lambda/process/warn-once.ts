import { Logger } from './logger';
import { shared } from './shared-state';

/**
 * Maximum number of different warnings in one process. Without a limit, a caller could fill the log and the
 * memory.
 */
const MAX_WARNINGS = 100;

const warned = shared('warned', () => new Set<string>());
/** Logger that ignores the log level, so that a warning is always written. */
const logger = new Logger('token-analytics', { env: {} });
let isSilent = false;

/**
 * Runs a synchronous action and suppresses its warnings. A later call of `warnOnce` can still write the same
 * warnings.
 */
export function withoutWarnings(action: () => void): void {
  isSilent = true;
  try {
    action();
  } finally {
    isSilent = false;
  }
}

/** Writes a warning to standard error as one line of JSON. Ignores a second warning with the same key. */
export function warnOnce(key: string, message: string): void {
  if (isSilent || warned.has(key) || warned.size >= MAX_WARNINGS) return;
  warned.add(key);
  logger.warn(message);
}

/**
 * Format of the error names and codes of the AWS SDK and Node.js, such as `ThrottlingException` or
 * `ECONNRESET`.
 */
const ERROR_NAME = /^[A-Za-z][A-Za-z0-9_.]{0,63}$/;
const NAMELESS = 'Error';

/**
 * Returns the name of an error, such as `ThrottlingException`. If the name is only `Error`, returns the
 * error's code, such as `ECONNRESET`. Returns `Error` if the name or code does not match {@link ERROR_NAME}.
 * Never throws.
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
