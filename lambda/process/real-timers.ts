import * as timers from 'node:timers';
import { shared, sharedBefore } from './shared-state';

type Timers = Pick<
  typeof timers,
  'setTimeout' | 'clearTimeout' | 'setInterval' | 'clearInterval' | 'setImmediate' | 'clearImmediate'
>;

/** True if a test has replaced the timers. A fake timer has another name, or a member `clock`. */
const areFake = timers.setTimeout.name !== 'setTimeout' || 'clock' in timers.setTimeout;

/** Timer functions that use whatever timers are installed at the time of the call. */
const live = Object.fromEntries(
  Object.keys(timers).map(name => [
    name,
    (...args: unknown[]) =>
      (timers as unknown as Record<string, (...args: unknown[]) => unknown>)[name](...args),
  ]),
) as unknown as Timers;

const NAME = 'timers';

/**
 * Timer functions as they were when the process first loaded the package. The build uses them for every timer
 * in the package and its bundled libraries (`REAL_TIMERS` in `scripts/build.mjs`). So if a test installs fake
 * timers later, a handler cannot wait forever. Timers that are already fake at the first load are not kept.
 */
export const { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate, clearImmediate }: Timers =
  areFake ? (sharedBefore<Timers>(NAME) ?? live) : shared<Timers>(NAME, () => ({ ...timers }));
