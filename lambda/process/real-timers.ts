import * as timers from 'node:timers';
import { shared } from './shared-state';

/**
 * The timers as they were when the package was loaded first. The build puts them wherever its own code or a
 * library in it names a timer (`REAL_TIMERS` in `scripts/build.mjs`), so that what a program waits for does
 * not depend on timers that a test has faked since.
 */
export const { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate, clearImmediate } = shared(
  'timers',
  () => ({ ...timers }),
);
