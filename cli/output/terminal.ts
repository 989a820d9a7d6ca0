import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import type { SingleBar } from 'cli-progress';
import { createColors } from 'picocolors';

/** Control characters that JSON allows. They are escaped, because they could control the terminal. */
const UNSAFE_IN_JSON = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
/** Width of the output in characters if standard output is not a terminal. */
const DEFAULT_WIDTH = 120;
const MIN_WIDTH = 20;
/** Milliseconds before a progress bar appears. Shorter operations show no progress bar. */
const PROGRESS_DELAY_MS = 250;

/** Returns a value as one JSON document. A `bigint` is written as a string. */
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

/** Writes to standard output. If the reader is too slow, waits until it has caught up. */
export async function print(text: string): Promise<void> {
  if (text !== '' && !process.stdout.write(text)) await once(process.stdout, 'drain');
}

/** Writes a line to standard error. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Returns true if the stream is a terminal that supports colors and `NO_COLOR` is not set (no-color.org). */
export function wantsColor(
  stream: { readonly isTTY?: boolean } = process.stdout,
  environment = process.env,
): boolean {
  if (environment.NO_COLOR !== undefined && environment.NO_COLOR !== '') return false;
  return stream.isTTY === true && environment.TERM !== 'dumb';
}

/** Returns functions that color a text. If colors are not wanted, the functions return the text unchanged. */
export function colors() {
  return createColors(wantsColor());
}

/** Returns the width of the terminal in characters. The environment variable `COLUMNS` takes precedence. */
export function terminalWidth(): number {
  const columns = Number(process.env.COLUMNS ?? '');
  return Math.max(
    MIN_WIDTH,
    Number.isInteger(columns) && columns > 0 ? columns : (process.stdout.columns ?? DEFAULT_WIDTH),
  );
}

/** Progress bar on standard error. Nothing is shown if standard error is not a terminal. */
export interface ProgressBar {
  update(progress: { readonly done: number; readonly total: number }): void;
  stop(): void;
}

const SILENT: ProgressBar = { update: () => undefined, stop: () => undefined };

/** Starts a progress bar. The bar appears at the first update after {@link PROGRESS_DELAY_MS}. */
export async function startProgress(label: string): Promise<ProgressBar> {
  if (!process.stderr.isTTY) return SILENT;
  const { Presets, SingleBar: Bar } = (await import('cli-progress')).default;
  const started = Date.now();
  let bar: SingleBar | undefined;
  return {
    update: ({ done, total }) => {
      if (!bar) {
        if (done >= total || Date.now() - started < PROGRESS_DELAY_MS) return;
        // `gracefulExit` is off, because the command itself handles Ctrl-C and stops the bar.
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

/** Streams for a question and its answer. */
export interface Prompt {
  readonly input?: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  /** Stream for the question. Default: standard error, because standard output contains only the result. */
  readonly output?: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly signal?: AbortSignal;
}

/** Returns true if both streams are terminals, so that a person can answer. */
export function canAsk({ input = process.stdin, output = process.stderr }: Prompt = {}): boolean {
  return input.isTTY === true && output.isTTY === true;
}

/** Asks a yes-or-no question. Any answer other than yes counts as no. Rejects if the signal aborts. */
export async function confirm(
  question: string,
  { input = process.stdin, output = process.stderr, signal }: Prompt = {},
): Promise<boolean> {
  // With `terminal: false`, Ctrl-C still sends SIGINT and ends the command.
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
