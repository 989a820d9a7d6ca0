import * as timers from 'node:timers';
import { shared, sharedBefore } from './shared-state';

type Timers = Pick<
  typeof timers,
  'setTimeout' | 'clearTimeout' | 'setInterval' | 'clearInterval' | 'setImmediate' | 'clearImmediate'
>;

/** True if a test has replaced the timers. A fake timer has another name, or a member `clock`. */
const areFake = timers.setTimeout.name !== 'setTimeout' || 'clock' in timers.setTimeout;

/** Timer functions that call the timers that are installed at the time of the call, which may be fake. */
const live = Object.fromEntries(
  Object.keys(timers).map(name => [
    name,
    (...args: unknown[]) =>
      (timers as unknown as Record<string, (...args: unknown[]) => unknown>)[name](...args),
  ]),
) as unknown as Timers;

const NAME = 'timers';

/**
 * Real timer functions, saved when the process first loads the package. Fake timers that a test installs
 * later do not affect them. `scripts/build.mjs` (`REAL_TIMERS`) makes the package and its bundled libraries
 * use these functions.
 *
 * If a test had installed fake timers before, and no real timers were saved, these are the functions of
 * `live`.
 */
export const { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate, clearImmediate }: Timers =
  areFake ? (sharedBefore<Timers>(NAME) ?? live) : shared<Timers>(NAME, () => ({ ...timers }));
