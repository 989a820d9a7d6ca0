import type { LowerBoundReason } from '../pricing/cost';
import { shortened } from '../process/safe-text';

/** Texts for the reasons why the true cost of a call may be higher. */
const REASON_TEXTS: Readonly<Record<LowerBoundReason, string>> = {
  bareId: 'bare model id without a region',
  cacheWriteTtl: 'time to live of cache writes not known',
  cacheTokens: 'cached tokens not reported',
  guardrailUnits: 'guardrail text units not known',
  searchUnits: 'long documents of a rerank model',
  speechTokens: 'speech not counted',
  unitPrice: 'unit without a price',
};
const MAX_REASON_LENGTH = 40;

/** Returns the text for a reason. An unknown reason, e.g. of a later version, is shown by its name. */
export function reasonText(reason: string): string {
  return Object.hasOwn(REASON_TEXTS, reason)
    ? REASON_TEXTS[reason as LowerBoundReason]
    : shortened(reason, MAX_REASON_LENGTH);
}

/** Lists reasons with their numbers of calls: `2 × speech not counted, 1 × unit without a price`. */
export function reasonsText(reasons: Iterable<readonly [reason: string, count: number]>): string {
  return [...reasons]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([reason, count]) => `${count.toLocaleString('en-US')} × ${reasonText(reason)}`)
    .join(', ');
}
