import { widened } from './agent-day';
import { idOfPart, type PriceDates, type RollupPart } from './usage-part';
import { addSums, type MutableSums, noSums, wholeDay } from './usage-sums';
import { INVOCATION_KINDS, type InvocationKind } from '../invocation/invocation-counts';

/**
 * The most parts of an item. DynamoDB takes items of up to 400 KB (Developer Guide, "Item sizes"): so many
 * parts, with all of their quarter-hours and the longest figures that a row can have, are below it. An agent
 * has one to four on one model.
 */
export const MAX_PARTS = 12;

/**
 * The same parts, those with most calls first, and no more than
 * an item has: the rest becomes one mixed part of each kind.
 */
export function boundedParts(parts: readonly RollupPart[]): RollupPart[] {
  const ranked = parts
    .map(part => ({ part, id: idOfPart(part), count: wholeDay(part).count }))
    .sort((a, b) => b.count - a.count || (a.id < b.id ? -1 : 1))
    .map(({ part }) => part);
  if (ranked.length <= MAX_PARTS) return ranked;
  const kept = MAX_PARTS - INVOCATION_KINDS.length;
  return [...ranked.slice(0, kept), ...mixed(ranked.slice(kept))];
}

function mixed(parts: readonly RollupPart[]): RollupPart[] {
  return INVOCATION_KINDS.flatMap(kind => {
    const ofKind = parts.filter(part => part.kind === kind);
    return ofKind.length === 0 ? [] : [merged(kind, ofKind)];
  });
}

function merged(kind: InvocationKind, parts: readonly RollupPart[]): RollupPart {
  const quarters = new Map<number, MutableSums>();
  let priceAsOf: PriceDates | undefined;
  for (const part of parts) {
    priceAsOf = widened(priceAsOf, part.priceAsOf);
    for (const [quarter, sums] of part.quarters) {
      const into = quarters.get(quarter) ?? noSums();
      addSums(into, sums);
      quarters.set(quarter, into);
    }
  }
  return { kind, mixed: true, batch: false, promptAbove: 0, priceAsOf, quarters };
}
