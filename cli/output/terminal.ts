import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import type { SingleBar } from 'cli-progress';
import { createColors } from 'picocolors';

/**
 * Characters that JSON allows, but that can control a terminal. Escaping them does not change the JSON value.
 */
const UNSAFE_IN_JSON = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
/** Width of the output in columns if there is no terminal. */
const DEFAULT_WIDTH = 120;
const MIN_WIDTH = 20;
/** Milliseconds until a progress bar appears. Shorter work shows no progress bar. */
const PROGRESS_DELAY_MS = 250;

/** Returns one JSON document. Whole numbers of any size, such as pico-dollars, become text. */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(
    value,
    (_key, member: unknown) => (typeof member === 'bigint' ? member.toString() : member),
    2,
  );
  const escaped = text.replace(UNSAFE_IN_JSON, character =>
    character === '\n' ? character : [...utf16Escapes(character)].join(''),
  );
  return `${escaped}\n`;
}

/** Writes to standard output, and waits while its reader is slower. */
export async function print(text: string): Promise<void> {
  if (text !== '' && !process.stdout.write(text)) await once(process.stdout, 'drain');
}

/** Writes a line to standard error. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Returns true if the output is a terminal with colors and `NO_COLOR` is not set (no-color.org). */
export function wantsColor(
  stream: { readonly isTTY?: boolean } = process.stdout,
  environment = process.env,
): boolean {
  if (environment.NO_COLOR !== undefined && environment.NO_COLOR !== '') return false;
  return stream.isTTY === true && environment.TERM !== 'dumb';
}

/** Returns functions that color text. They return it unchanged if colors are not wanted. */
export function colors() {
  return createColors(wantsColor());
}

/** Returns the columns of the terminal. The environment variable `COLUMNS` takes precedence. */
export function terminalWidth(): number {
  const columns = Number(process.env.COLUMNS ?? '');
  return Math.max(
    MIN_WIDTH,
    Number.isInteger(columns) && columns > 0 ? columns : (process.stdout.columns ?? DEFAULT_WIDTH),
  );
}

/** Progress bar on standard error. It shows nothing if that is not a terminal. */
export interface ProgressBar {
  update(progress: { readonly done: number; readonly total: number }): void;
  stop(): void;
}

const SILENT: ProgressBar = { update: () => undefined, stop: () => undefined };

/** Starts a progress bar. It appears with the first update after {@link PROGRESS_DELAY_MS}. */
export async function startProgress(label: string): Promise<ProgressBar> {
  if (!process.stderr.isTTY) return SILENT;
  const { Presets, SingleBar: Bar } = (await import('cli-progress')).default;
  const started = Date.now();
  let bar: SingleBar | undefined;
  return {
    update: ({ done, total }) => {
      if (!bar) {
        if (done >= total || Date.now() - started < PROGRESS_DELAY_MS) return;
        // The command handles Ctrl-C itself and stops the bar at its end.
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

/** Streams of a question and its answer. */
export interface Prompt {
  readonly input?: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  /** Default: standard error, because standard output has only the result. */
  readonly output?: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly signal?: AbortSignal;
}

/** Returns true if both streams are terminals, so that a person can answer. */
export function canAsk({ input = process.stdin, output = process.stderr }: Prompt = {}): boolean {
  return input.isTTY === true && output.isTTY === true;
}

/** Asks a yes-or-no question. Any answer other than yes counts as no. Rejects if the signal aborts it. */
export async function confirm(
  question: string,
  { input = process.stdin, output = process.stderr, signal }: Prompt = {},
): Promise<boolean> {
  // Without `terminal`, Ctrl-C stays the signal that ends the command.
  const lines = createInterface({ input, output, terminal: false });
  try {
    const closed = once(lines, 'close').then(() => '');
    const answer = await Promise.race([
      signal ? lines.question(`${question} [y/N] `, { signal }) : lines.question(`${question} [y/N] `),
      closed,
    ]);
    return /^y(?:es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}

function utf16Escapes(character: string): string[] {
  return Array.from(
    { length: character.length },
    (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
  );
}
