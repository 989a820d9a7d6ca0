import { createHash } from 'node:crypto';
import { CALLERS } from '../../../src/contract';

/** Form in which the ingest keeps session ids: with or without e-mail addresses. */
export type Callers = (typeof CALLERS)[keyof typeof CALLERS];

/** Part of an e-mail address: `@` between two characters. A domain without a dot is enough. */
const EMAIL = /[^\s@]@[^\s@]/;
/** Printable ASCII character that is percent-encoded once or several times, such as `%40` or `%2540`. */
const PERCENT_ENCODED = /%(?:25)*([2-7][\da-f])/gi;
/** Other encodings of `@`: HTML, quoted-printable and JSON. */
const ENCODED_AT = /&(?:amp;)*(?:#0*64|#x0*40|commat);|=40|\\u0040/gi;
/** Number of hexadecimal digits in the hash of an e-mail address. */
const HASH_LENGTH = 16;

/**
 * Returns the session id that the ingest keeps. A text that contains an e-mail address is replaced with
 * `email-` and a hash of its normalised text. All spellings of one address have the same hash, so that
 * reports can add up its calls.
 *
 * @param callers form of session ids. Only `session-with-emails` keeps e-mail addresses
 */
export function keepSession(session: string | undefined, callers: Callers | undefined): string | undefined {
  if (session === undefined || callers === CALLERS.sessionWithEmails) return session;
  const normalised = normalise(session);
  if (!EMAIL.test(normalised)) return session;
  const hash = createHash('sha256').update(normalised).digest('hex');
  return `email-${hash.slice(0, HASH_LENGTH)}`;
}

/**
 * Returns a text in lower case. Decodes encoded characters, and removes invisible characters and blanks
 * around `@`. `NFKC` replaces wide and small variants of characters, including those of `@`.
 */
function normalise(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/\p{Cf}/gu, '')
    .replace(PERCENT_ENCODED, (_, code: string) => String.fromCharCode(parseInt(code, 16)))
    .replace(ENCODED_AT, '@')
    .split('@')
    .map(part => part.trim())
    .join('@')
    .toLowerCase();
}

/**
 * Parses the environment variable with the form of session ids.
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
