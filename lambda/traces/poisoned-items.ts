import { OF_THE_BATCH, type Outcome } from './batch-write';
import type { QueuedItem } from './queued-item';

/** What came of items, of which some may be refused for their content. */
interface SiftedOutcome extends Outcome {
  /** Items that are refused for their content, each by itself. */
  readonly poisoned: readonly QueuedItem[];
}

/** Writes items. If the table refuses all for the content of some, finds those by halving. */
export async function writeSifted(
  items: readonly QueuedItem[],
  write: (items: readonly QueuedItem[]) => Promise<Outcome>,
): Promise<SiftedOutcome> {
  const { left, reason } = await write(items);
  if (left.length === 0 || reason !== OF_THE_BATCH) return { left, reason, poisoned: [] };
  if (left.length === 1) return { left: [], reason, poisoned: left };
  const middle = Math.ceil(left.length / 2);
  const one = await writeSifted(left.slice(0, middle), write);
  const other = await writeSifted(left.slice(middle), write);
  return {
    left: [...one.left, ...other.left],
    reason: one.left.length > 0 ? one.reason : other.reason,
    poisoned: [...one.poisoned, ...other.poisoned],
  };
}
