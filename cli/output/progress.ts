import type { SingleBar } from 'cli-progress';

/** How far something long is, on a terminal's standard error; elsewhere it says nothing. */
export interface ProgressBar {
  update(progress: { readonly done: number; readonly total: number }): void;
  stop(): void;
}

const SILENT: ProgressBar = { update: () => undefined, stop: () => undefined };
/** What is done sooner shows no bar. */
const PATIENCE_MS = 250;

/** Starts a progress bar, which shows itself at its first update. */
export async function startProgress(label: string): Promise<ProgressBar> {
  if (!process.stderr.isTTY) return SILENT;
  const { Presets, SingleBar: Bar } = (await import('cli-progress')).default;
  const started = Date.now();
  let bar: SingleBar | undefined;
  return {
    update: ({ done, total }) => {
      if (!bar) {
        if (done >= total || Date.now() - started < PATIENCE_MS) return;
        // Ctrl-C is the command's own: it stops the bar at its end.
        bar = new Bar(
          {
            format: `${label} {bar} {value} of {total}`,
            stream: process.stderr,
            clearOnComplete: true,
            hideCursor: true,
            linewrap: true,
            gracefulExit: false,
          },
          Presets.shades_classic,
        );
        bar.start(total, done);
        return;
      }
      bar.setTotal(total);
      bar.update(done);
    },
    stop: () => {
      bar?.stop();
      bar = undefined;
    },
  };
}
