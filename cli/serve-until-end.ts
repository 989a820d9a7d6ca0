import { note } from './output/terminal';
import type { Context } from './run';

/** Page on a local server. */
interface Served {
  readonly url: string;
  close(): Promise<void>;
}

export interface ServeOptions {
  /** First words of the line that shows the address, such as `The dashboard is`. */
  readonly what: string;
  /** True to open a browser. */
  readonly open: boolean;
}

/** Prints the address of a page, opens a browser if `open` is true, and waits for Ctrl-C or SIGTERM. */
export async function serveUntilEnd(
  { signal, atEnd }: Pick<Context, 'signal' | 'atEnd'>,
  served: Served,
  { what, open }: ServeOptions,
): Promise<void> {
  atEnd(() => served.close());
  note(`${what} at ${served.url} until Ctrl-C`);
  if (open) await openBrowser(served.url);
  await new Promise<void>(resolve => {
    process.once('SIGTERM', resolve);
    signal.addEventListener('abort', () => resolve(), { once: true });
    if (signal.aborted) resolve();
    atEnd(() => process.removeListener('SIGTERM', resolve));
  });
}

/**
 * Opens a browser, unless the environment variable `BROWSER` is `none`. Other tools use the same variable.
 */
async function openBrowser(url: string): Promise<void> {
  if (process.env.BROWSER === 'none') return;
  const { default: openUrl } = await import('open');
  const byHand = () => note('No browser could be opened: open the address yourself.');
  await openUrl(url).then(browser => browser.once('error', byHand), byHand);
}
