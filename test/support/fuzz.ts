import * as path from 'node:path';
import fc from 'fast-check';
import { REPOSITORY } from './run';

/** Default number of runs of a property, as in fast-check. */
const DEFAULT_RUNS = 100;

/**
 * Checks a fast-check property with random values in a Jest test. The error message contains a command that
 * repeats the test with the same values. Environment variables:
 *
 * - `FUZZ_SEED`: seed of the random values
 * - `FUZZ_PATH`: path in the error message. Set with the seed, it starts the test with the failing values
 * - `FUZZ_RUNS`: factor for the number of runs, e.g. 10. A long test also needs Jest's `--testTimeout`
 *
 * @throws if the property fails, or if a variable is invalid
 */
export function fuzz<Ts>(property: fc.IAsyncProperty<Ts>, options?: fc.Parameters<Ts>): Promise<void>;
export function fuzz<Ts>(property: fc.IProperty<Ts>, options?: fc.Parameters<Ts>): void;
export function fuzz<Ts>(
  property: fc.IRawProperty<Ts>,
  options: fc.Parameters<Ts> = {},
): Promise<void> | void {
  const seed = wholeNumber('FUZZ_SEED', -Infinity);
  const times = wholeNumber('FUZZ_RUNS', 1) ?? 1;
  return fc.assert(property, {
    ...options,
    seed: seed ?? options.seed,
    path: process.env.FUZZ_PATH ?? options.path,
    numRuns: (options.numRuns ?? DEFAULT_RUNS) * times,
    reporter: report,
  });
}

function report<Ts>(details: fc.RunDetails<Ts>): void {
  if (!details.failed) return;
  const error = new Error(
    `${fc.defaultReportMessage(details)}\n\nRun it again:\n${commandFor(details.seed)}`,
    { cause: details.errorInstance },
  );
  // Removes this function from the stack trace, so that Jest shows the code of the test.
  Error.captureStackTrace(error, fuzz);
  throw error;
}

/** Returns a shell command that runs only the current test again, with the given seed. */
function commandFor(seed: number): string {
  const { currentTestName = '', testPath = '' } = expect.getState();
  // Escapes special characters, because Jest reads the test name after `-t` as a regular expression.
  const pattern = currentTestName.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const { FUZZ_RUNS: runs } = process.env;
  return [
    `FUZZ_SEED=${seed}`,
    ...(runs === undefined ? [] : [`FUZZ_RUNS=${runs}`]),
    `npx jest ${path.relative(REPOSITORY, testPath)} -t ${quoted(pattern)}`,
  ].join(' ');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

function wholeNumber(name: string, min: number): number | undefined {
  const text = process.env[name];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(value) || value < min) {
    const atLeast = Number.isFinite(min) ? ` of ${min} or more` : '';
    throw new Error(`${name} must be a whole number${atLeast}, got: ${text}. Set, for example, ${name}=10.`);
  }
  return value;
}
