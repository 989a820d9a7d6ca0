import { accessSync, constants } from 'node:fs';
import * as path from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** Finds an installed Chromium, first at `CHROMIUM_PATH`. Returns undefined if there is none. */
export function findChromium(): string | undefined {
  const candidates = [
    ...(process.env.CHROMIUM_PATH ? [process.env.CHROMIUM_PATH] : []),
    ...(process.env.PATH ?? '').split(path.delimiter).flatMap(dir => NAMES.map(name => path.join(dir, name))),
  ];
  return candidates.find(file => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Starts Chromium headless, without requests of its own, such as updates. */
export function launchChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({
    // Only Jest limits the time.
    timeout: 0,
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
