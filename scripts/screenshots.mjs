// Takes the screenshots of the README: the dashboard of the demo in light and in dark. Usage:
// `node scripts/build.mjs demo --quiet && node scripts/screenshots.mjs`. Needs Chromium in `PATH`, or its path
// in CHROMIUM_PATH. The demo plays the same day each time, so equal code gives equal pictures.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const outdir = path.join(root, 'docs', 'images');
const VIEWPORT = { width: 1280, height: 900 };
/** Pixels of the picture for each pixel of the page, for sharp text on all screens. */
const SCALE = 2;
/** Maximum size of a picture in bytes. A larger one makes the README slow. */
const MAX_BYTES = 600_000;

/** Starts the demo with its page. Resolves with the address of the page, and the process. */
async function startDemo() {
  const demo = spawn(process.execPath, [path.join(root, 'build/cli/index.js'), 'demo', '--open'], {
    cwd: root,
    env: { ...process.env, BROWSER: 'none' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(demo, 'exit').then(([code]) => {
    throw new Error(`the demo ended with exit code ${code}`);
  });
  const started = (async () => {
    for await (const line of createInterface({ input: demo.stderr })) {
      const [url] = /http:\/\/127\.0\.0\.1:\d+\//.exec(line) ?? [];
      if (url) return url;
    }
    return ended;
  })();
  return { url: await Promise.race([started, ended]), demo, ended };
}

const { url, demo, ended } = await startDemo();
ended.catch(() => undefined);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--font-render-hinting=none'],
});
try {
  await mkdir(outdir, { recursive: true });
  for (const colorScheme of ['light', 'dark']) {
    const page = await browser.newPage({ viewport: VIEWPORT, deviceScaleFactor: SCALE, colorScheme });
    await page.goto(url);
    await page.locator('#content[aria-busy="false"]').waitFor();
    // Waits until the resized charts are drawn.
    await page.evaluate(
      () => new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve))),
    );
    const picture = await page.screenshot({ fullPage: true, animations: 'disabled' });
    if (picture.length > MAX_BYTES) {
      throw new Error(
        `the ${colorScheme} picture must have at most ${MAX_BYTES} bytes, got: ${picture.length}`,
      );
    }
    const file = path.join(outdir, `dashboard-${colorScheme}.png`);
    await writeFile(file, picture);
    console.log(`${path.relative(root, file)}: ${picture.length} bytes`);
    await page.close();
  }
} finally {
  await browser.close();
  demo.kill('SIGTERM');
}
