import { asCount, asObject } from '../usage/counts';
import type { TokenUsage, UsageOrigin } from '../usage/token-usage';

const ORIGINS: readonly unknown[] = [
  'usage',
  'headers',
  'body',
  'streamMetrics',
  'log',
  'estimate',
] satisfies UsageOrigin[];

/**
 * Text, also of a number: ids come as numbers in parsed JSON. Undefined where it is empty or anything else.
 */
export function validText(value: unknown): string | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A moment, also of its text or its epoch milliseconds. Undefined where it is none. */
export function validDate(value: unknown): Date | undefined {
  if (!(value instanceof Date || typeof value === 'string' || typeof value === 'number')) return undefined;
  const date = new Date(value);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** An amount of 0 or more that a number holds exactly in its whole part. */
export function validAmount(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER ? value : undefined;
}

/**
 * Returns usage whose counts and their sum are valid counts; otherwise undefined, because a wrong count makes
 * a wrong cost. Speech tokens must not be more than the tokens that they are part of.
 */
export function validUsage(value: unknown): TokenUsage | undefined {
  const usage = asObject(value);
  const uncachedInputTokens = asCount(usage?.uncachedInputTokens);
  const cacheReadTokens = asCount(usage?.cacheReadTokens);
  const cacheWrite5mTokens = asCount(usage?.cacheWrite5mTokens);
  const cacheWrite1hTokens = asCount(usage?.cacheWrite1hTokens);
  const outputTokens = asCount(usage?.outputTokens);
  const speechInputTokens = asCount(usage?.speechInputTokens ?? 0);
  const speechOutputTokens = asCount(usage?.speechOutputTokens ?? 0);
  const calls = asCount(usage?.calls) ?? 1;
  if (
    uncachedInputTokens === undefined ||
    cacheReadTokens === undefined ||
    cacheWrite5mTokens === undefined ||
    cacheWrite1hTokens === undefined ||
    outputTokens === undefined ||
    speechInputTokens === undefined ||
    speechInputTokens > uncachedInputTokens ||
    speechOutputTokens === undefined ||
    speechOutputTokens > outputTokens ||
    !Number.isSafeInteger(
      uncachedInputTokens + cacheReadTokens + cacheWrite5mTokens + cacheWrite1hTokens + outputTokens,
    )
  ) {
    return undefined;
  }
  return {
    uncachedInputTokens,
    cacheReadTokens,
    cacheWrite5mTokens,
    cacheWrite1hTokens,
    outputTokens,
    // Counts of unknown origin claim no more than an estimate does.
    source: ORIGINS.includes(usage?.source) ? (usage?.source as UsageOrigin) : 'estimate',
    partial: usage?.partial === true,
    ...(usage?.speechInputTokens === undefined ? {} : { speechInputTokens }),
    ...(usage?.speechOutputTokens === undefined ? {} : { speechOutputTokens }),
    ...(usage?.cacheWriteTtlUnknown === true ? { cacheWriteTtlUnknown: true } : {}),
    ...(calls > 1 ? { calls } : {}),
  };
}
