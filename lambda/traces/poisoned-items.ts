import type { QueuedItem } from './queued-item';
import { CONTENT_REFUSED } from '../process/aws-errors';
import type { Outcome } from '../process/retry';

/** Result of writing items. The table can refuse some for their content. */
interface SiftedOutcome extends Outcome<QueuedItem> {
  /** Items that the table refuses for their content. */
  readonly poisoned: readonly QueuedItem[];
}

/** Writes items. If the table refuses a batch for the content of some items, it finds them by halving. */
export async function writeSifted(
  items: readonly QueuedItem[],
  write: (items: readonly QueuedItem[]) => Promise<Outcome<QueuedItem>>,
): Promise<SiftedOutcome> {
  const { left, reason } = await write(items);
  if (left.length === 0 || reason !== CONTENT_REFUSED) return { left, reason, poisoned: [] };
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
