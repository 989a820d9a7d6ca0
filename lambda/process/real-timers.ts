import * as timers from 'node:timers';
import { shared } from './shared-state';

/**
 * Timer functions as they were when the process first loaded the package. The build uses them wherever the
 * package or a bundled library names a timer (`REAL_TIMERS` in `scripts/build.mjs`). So fake timers that a
 * test installs later do not keep a handler waiting.
 */
export const { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate, clearImmediate } = shared(
  'timers',
  () => ({ ...timers }),
);
