import * as timers from 'node:timers';
import { shared, sharedBefore } from './shared-state';

type Timers = Pick<
  typeof timers,
  'setTimeout' | 'clearTimeout' | 'setInterval' | 'clearInterval' | 'setImmediate' | 'clearImmediate'
>;

/** Fakes have another name, or show the clock that moves them. */
const areFake = timers.setTimeout.name !== 'setTimeout' || 'clock' in timers.setTimeout;

/** Calls whatever timers there are at the time of the call. */
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
 * test installs later do not keep a handler waiting. Fakes that are there already are not kept.
 */
export const { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate, clearImmediate }: Timers =
  areFake ? (sharedBefore<Timers>(NAME) ?? live) : shared<Timers>(NAME, () => ({ ...timers }));
