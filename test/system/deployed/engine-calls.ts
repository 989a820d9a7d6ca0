import type { Invocation } from '../../../lambda/invocation/invocation';
import { picoToDecimalString } from '../../../lambda/pricing/pico';
import type { Figures } from '../../../reports/results';
import { someCalls } from '../../reports/support';

/**
 * Invocations on six days in two months. Summer time begins in Berlin on the third day. The invocations are
 * the same in each run.
 */
export const CALLS: readonly Invocation[] = someCalls(22, '2026-03-27', 6, 300);
export const DAYS = ['2026-03-27', '2026-03-28', '2026-03-29', '2026-03-30', '2026-03-31', '2026-04-01'];
export const RANGE = { from: '2026-03-27', to: '2026-04-01' };
/** Time of the reports. All traces are older, and none has expired. */
export const NOW = new Date('2026-04-03T12:00:00.000Z');
export const INCIDENT = 'INC-3';

type Sums = Pick<
  Figures,
  'answered' | 'failed' | 'fromCache' | 'uncachedInputTokens' | 'cacheReadTokens' | 'outputTokens' | 'cost'
>;

/** Adds up invocations with whole numbers only, and without the code of the project. */
export function sumsOf(calls: readonly Invocation[]): Sums {
  const notCached = calls.filter(({ cached }) => !cached);
  const tokens = (name: 'uncachedInputTokens' | 'cacheReadTokens' | 'outputTokens') =>
    notCached.reduce((sum, { usage }) => sum + (usage?.[name] ?? 0), 0);
  const failed = notCached.filter(({ error }) => error !== undefined);
  const unpriced = notCached.filter(({ error, cost }) => error === undefined && cost === undefined).length;
  const picoUsd = notCached.reduce((sum, { cost }) => sum + (cost?.picoUsd ?? 0n), 0n);
  return {
    answered: notCached.length - failed.length,
    failed: failed.length,
    fromCache: calls.length - notCached.length,
    uncachedInputTokens: tokens('uncachedInputTokens'),
    cacheReadTokens: tokens('cacheReadTokens'),
    outputTokens: tokens('outputTokens'),
    cost: { picoUsd, usd: picoToDecimalString(picoUsd), atLeast: unpriced > 0, unpriced },
  };
}

/** Returns the sums of each group of invocations, by the name of the group. */
export function sumsBy(
  calls: readonly Invocation[],
  nameOf: (invocation: Invocation) => string,
): Record<string, Sums> {
  const names = [...new Set(calls.map(nameOf))].sort();
  return Object.fromEntries(
    names.map(name => [name, sumsOf(calls.filter(invocation => nameOf(invocation) === name))]),
  );
}

/** Returns the day of an invocation in a time zone, e.g. `2026-03-29`. */
export function localDay({ timestamp }: Invocation, timeZone: string): string {
  return timestamp.toLocaleDateString('sv-SE', { timeZone });
}
