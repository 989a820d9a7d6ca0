/**
 * Reason for which a call costs at least its amount:
 * - `bareId`: its id is a bare one of a Claude model and no region is known. It has the global price, and
 *   calls in a region cost the regional price, which is higher.
 * - `cacheWriteTtl`: it is not known which of its cache writes live for an hour. All have the price of writes
 *   for 5 minutes, which is lower.
 * - `speechTokens`: the usage of a speech model does not tell speech and text apart. All tokens have the
 *   price of text, which is lower.
 */
export type LowerBoundReason = 'bareId' | 'cacheWriteTtl' | 'speechTokens';

/** Reasons in words, as `explain` gives them. */
export const LOWER_BOUND_TEXTS: Readonly<Record<LowerBoundReason, string>> = {
  bareId: 'the global price of a bare id, as no region is known; in a region, the regional price is higher',
  cacheWriteTtl:
    'all cache writes for 5 minutes, as their time to live is not known; for an hour, writes cost more',
  speechTokens: 'all tokens as text, as those of speech are not told; speech costs more',
};
