import { createHash } from 'node:crypto';
import { CALLERS } from '../../../src/contract';

/** Identity of callers that the ingest keeps, as in the environment variable. */
export type Callers = (typeof CALLERS)[keyof typeof CALLERS];

/** Part of an e-mail address, also with an encoded `@`. Addresses without a dot count, too. */
const EMAIL = /[^\s@](?:@|%40)[^\s@]/i;
/** Number of hexadecimal digits in the hash of an e-mail address. */
const HASH_LENGTH = 16;

/**
 * Returns the session id that the ingest keeps. A text that contains an e-mail address is replaced with
 * `email-` and a hash of the text in lower case. The same address always has the same hash, so its calls
 * can be added up.
 *
 * @param callers e-mail addresses are kept only if it is `session-with-emails`
 */
export function keepSession(session: string | undefined, callers: Callers | undefined): string | undefined {
  if (session === undefined || callers === CALLERS.sessionWithEmails || !EMAIL.test(session)) return session;
  const hash = createHash('sha256').update(session.toLowerCase()).digest('hex');
  return `email-${hash.slice(0, HASH_LENGTH)}`;
}

/**
 * Reads the identity of callers from its environment variable.
 *
 * @param variable name of the environment variable, for the error
 * @returns undefined if the variable is not set
 * @throws if the variable has an unknown value
 */
export function readCallers(value: string | undefined, variable: string): Callers | undefined {
  if (!value) return undefined;
  const known = Object.values(CALLERS).find(callers => callers === value);
  if (!known) throw new Error(`${variable} must be one of ${Object.values(CALLERS).join(', ')}`);
  return known;
}
