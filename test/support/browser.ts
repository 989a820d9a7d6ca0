import { accessSync, constants } from 'node:fs';
import * as path from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/**
 * Returns the path of Chromium: `CHROMIUM_PATH`, or a program in `PATH`. Returns undefined if Chromium is not
 * installed.
 */
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

/** Starts Chromium without a window. Turns off the requests of Chromium itself, e.g. for updates. */
export function launchChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({
    // 0 turns off Playwright's time limit. The test has its own time limit in Jest.
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
