import { isInstalled } from './ministack';

/** Test that needs MiniStack. It is skipped if MiniStack is not installed. */
export const testDeployed = isInstalled ? test : test.skip;
if (!isInstalled) {
  process.stderr.write(
    'SKIPPED: MiniStack is not installed, so no app is deployed. `npm run e2e` installs it with Python 3.10 or later.\n',
  );
}
