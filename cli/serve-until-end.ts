import { note } from './output/output';
import type { Context } from './run';

/** A page that is served. */
interface Served {
  readonly url: string;
  close(): Promise<void>;
}

export interface ServeOptions {
  /** What is served, in a few words. */
  readonly what: string;
  /** Whether a browser is opened. */
  readonly open: boolean;
}

/** Says where a page is served, opens it where that is wanted, and serves it until Ctrl-C or SIGTERM. */
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

/** As other tools have it, `BROWSER=none` is for where none is to be opened. */
async function openBrowser(url: string): Promise<void> {
  if (process.env.BROWSER === 'none') return;
  const { default: openUrl } = await import('open');
  const byHand = () => note('No browser could be opened: open the address by hand.');
  await openUrl(url).then(browser => browser.once('error', byHand), byHand);
}
