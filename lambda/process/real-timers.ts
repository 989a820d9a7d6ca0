import * as timers from 'node:timers';
import { shared, sharedBefore } from './shared-state';

type Timers = Pick<
  typeof timers,
  'setTimeout' | 'clearTimeout' | 'setInterval' | 'clearInterval' | 'setImmediate' | 'clearImmediate'
>;

/** True if a test has replaced the timers. A fake timer has another name, or a member `clock`. */
const areFake = timers.setTimeout.name !== 'setTimeout' || 'clock' in timers.setTimeout;

/** Functions that look up the current timers at each call. The current timers may be fake. */
const live = Object.fromEntries(
  Object.keys(timers).map(name => [
    name,
    (...args: unknown[]) =>
      (timers as unknown as Record<string, (...args: unknown[]) => unknown>)[name](...args),
  ]),
) as unknown as Timers;

const NAME = 'timers';

/**
 * Real timer functions, saved when the process first loads the package. Later fake timers of a test do not
 * affect them. `scripts/build.mjs` (`REAL_TIMERS`) makes the package and its bundled libraries use these
 * functions.
 *
 * If the timers are already fake and no real timers were saved, the functions of `live` are used.
 */
export const { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate, clearImmediate }: Timers =
  areFake ? (sharedBefore<Timers>(NAME) ?? live) : shared<Timers>(NAME, () => ({ ...timers }));
