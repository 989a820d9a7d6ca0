import type { Echo } from './event';

/** Largest answer in bytes (CloudFormation User Guide, "Custom resource response objects"). */
const MAX_ANSWER = 4096;
const MAX_REASON = 2000;

/** Returns the JSON of an answer. Its reason is cut where CloudFormation would not take the whole. */
export function answerText(echo: Echo, id: string, reason?: string): string {
  const answer = {
    Status: reason === undefined ? 'SUCCESS' : 'FAILED',
    PhysicalResourceId: id,
    ...echo,
  };
  if (reason === undefined) return JSON.stringify(answer);
  // Characters of a reason have one byte, or two if JSON escapes them.
  for (let length = reason.length; ; length -= 1) {
    const text = JSON.stringify({ ...answer, Reason: reason.slice(0, length) });
    if (length === 0 || Buffer.byteLength(text) <= MAX_ANSWER) return text;
  }
}

/** Returns the message of an error, in characters of one byte. */
export function reasonOf(error: unknown): string {
  if (error instanceof Error && error.name === 'AbortError') return 'A service did not answer in time.';
  return String(error instanceof Error ? error.message : error)
    .slice(0, MAX_REASON)
    .replaceAll(/[^\x20-\x7e]/g, '?');
}

/**
 * Returns the name of an error and its code, such as ECONNRESET. Messages can hold the URL with its
 * signature.
 */
export function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  const { code } = (error.cause ?? {}) as { readonly code?: unknown };
  return typeof code === 'string' && /^[A-Z0-9_]{1,40}$/.test(code) ? `${error.name} ${code}` : error.name;
}
