import { accessSync, constants } from 'node:fs';
import * as path from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** The browser that is installed, or undefined. `CHROMIUM_PATH` names another. */
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

/** Starts it headless, and quiet: nothing but the page's own address is asked for. */
export function launchChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({
    // Jest's own limit is the only one.
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
