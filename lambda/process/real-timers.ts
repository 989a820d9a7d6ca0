import * as timers from 'node:timers';
import { shared, sharedBefore } from './shared-state';

type Timers = Pick<
  typeof timers,
  'setTimeout' | 'clearTimeout' | 'setInterval' | 'clearInterval' | 'setImmediate' | 'clearImmediate'
>;

/** True if a test has replaced the timers: fake timers have another name, or a member `clock`. */
const areFake = timers.setTimeout.name !== 'setTimeout' || 'clock' in timers.setTimeout;

/** Timer functions that look up the current timer at each call. */
const live = Object.fromEntries(
  Object.keys(timers).map(name => [
    name,
    (...args: unknown[]) =>
      (timers as unknown as Record<string, (...args: unknown[]) => unknown>)[name](...args),
  ]),
) as unknown as Timers;

const NAME = 'timers';

/**
 * Timer functions as they were when the process first loaded the package. The build uses them wherever the
 * package or a bundled library names a timer (`REAL_TIMERS` in `scripts/build.mjs`). So fake timers that a
 * test installs later cannot make a handler wait forever. Timers that are already fake are not used.
 */
export const { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate, clearImmediate }: Timers =
  areFake ? (sharedBefore<Timers>(NAME) ?? live) : shared<Timers>(NAME, () => ({ ...timers }));
