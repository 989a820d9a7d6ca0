import { type Command, CommanderError } from 'commander';
import { type Range, rangeOf } from './date-range';
import { EXIT_CODES, type ExitName } from './exit-codes';
import { debugText, failureText, isBrokenPipe, isUsageError, type Place } from './failure';
import { findTable, type FoundTable } from './find-table';
import { type CommonOptions, ignoredBy } from './options';
import { jsonText, note, print, type ProgressBar, startProgress } from './output/terminal';
import { plain } from '../lambda/process/safe-text';
import type { ReportOptions, Repricing } from '../reports/results';
import type { UsageReports } from '../reports/usage-reports';

/** Number of days in a report if `--since` is absent. */
const DEFAULT_DAYS = 7;

/** Parsed options of a command, and functions for its input and output. */
export interface Context<Flags extends object = object> {
  /** Values of the common options, and of the command's own options. */
  readonly options: CommonOptions & Flags;
  /** Signal that aborts at Ctrl-C. */
  readonly signal: AbortSignal;
  /**
   * Returns the days from `--since` to `--until`.
   *
   * @param days length of the range if `--since` is absent. Default: 7
   */
  range(days?: number): Range;
  /** Finds the table, and prints its name on standard error. Later calls return the same table. */
  table(): Promise<FoundTable>;
  /** Returns an object that creates reports from the table. */
  reports(prices?: Repricing): Promise<UsageReports>;
  /**
   * Returns the options of a report: agent, model, time zone, signal and progress bar. `label` is the text of
   * the progress bar.
   */
  reportOptions(label?: string): Promise<ReportOptions>;
  /** Starts a progress bar on standard error. The bar is removed before the result is printed. */
  progress(label: string): Promise<ProgressBar>;
  /** Prints the result on standard output. The result is JSON if `--json` is given, and text otherwise. */
  print(result: object, text: () => string | Promise<string>): Promise<void>;
  /** Prints a line on standard error. */
  note(text: string): void;
  /** Sets the exit code of a run that failed or exceeded a threshold. */
  endWith(name: Extract<ExitName, 'failure' | 'exceeded'>): void;
  /** Registers an action that runs when the command ends, even if the command fails. */
  atEnd(action: () => unknown): void;
}

/** Function that runs a command. `args` are its arguments, e.g. the id of an incident. */
export type Action<Flags extends object> = (context: Context<Flags>, ...args: string[]) => Promise<void>;

/** Table, region and endpoint of this run. Error texts name them. */
let place: Place = {};

/**
 * Registers `act` as the function that runs `command`. Before `act` runs, applies `--profile` and handles
 * Ctrl-C. Afterwards, runs the actions of `atEnd`.
 */
export function action<Flags extends object = object>(command: Command, act: Action<Flags>): void {
  command.action(async () => {
    const options = command.optsWithGlobals<CommonOptions & Flags>();
    const interrupt = new AbortController();
    const onInterrupt = () => interrupt.abort();
    const ends: (() => unknown)[] = [() => process.removeListener('SIGINT', onInterrupt)];
    process.once('SIGINT', onInterrupt);
    useProfile(options.profile);
    // Turns off the SDK's warning about old Node.js versions. The SDK is bundled with the command, so users
    // cannot act on the warning.
    process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
    place = { endpoint: options.endpoint, region: options.region };
    try {
      await act(createContext(options, interrupt.signal, ends), ...command.args);
    } catch (error) {
      if (!interrupt.signal.aborted) throw error;
      setExitCode('interrupted');
    } finally {
      for (const end of ends.reverse()) await end();
    }
  });
}

/**
 * Runs a command line and sets the exit code (see `exit-codes.ts`). If the command fails, prints the error.
 *
 * @param args arguments after Node.js and the script. If they contain no command, `daily` runs
 */
export async function run(program: Command, args: readonly string[]): Promise<void> {
  exitQuietlyOnBrokenPipe();
  try {
    await program.parseAsync(withCommand(program, args), { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return;
      setExitCode('usage');
      printError(usageText(error));
      return;
    }
    if (isBrokenPipe(error) && process.stdout.errored) return;
    setExitCode(isUsageError(error) ? 'usage' : 'failure');
    printError(failureText(error, place));
    if (process.env.TOKEN_ANALYTICS_DEBUG) note(debugText(error));
  }
}

/** Prints a note for each given option that the command ignores. */
export function noteIgnored(command: Command): void {
  for (const name of ignoredBy(command)) {
    if (command.getOptionValueSourceWithGlobals(name) === 'cli') {
      note(`token-analytics: ${command.name()} ignores --${name}`);
    }
  }
}

function createContext<Flags extends object>(
  options: CommonOptions & Flags,
  signal: AbortSignal,
  ends: (() => unknown)[],
): Context<Flags> {
  let found: Promise<FoundTable> | undefined;
  const bars: ProgressBar[] = [];
  const stopBars = () => bars.splice(0).forEach(bar => bar.stop());
  ends.push(stopBars);
  const context: Context<Flags> = {
    options,
    signal,
    range: (days = DEFAULT_DAYS) => rangeOf(options, days),
    table: () => (found ??= noteTable(findTable(options))),
    reports: async prices => {
      const { tableName, region, endpoint } = await context.table();
      const { UsageReports: Reports } = await import('../reports/usage-reports');
      const reports = new Reports({ tableName, region, endpoint, timeZone: options.timezone, prices });
      ends.push(() => reports.close());
      return reports;
    },
    reportOptions: async (label = 'Reading days') => {
      const bar = await context.progress(label);
      return {
        agentId: options.agent,
        model: options.model,
        timeZone: options.timezone,
        signal,
        onProgress: progress => bar.update(progress),
      };
    },
    progress: async label => {
      const bar = await startProgress(label);
      bars.push(bar);
      return bar;
    },
    print: async (result, text) => {
      stopBars();
      await print(options.json ? jsonText(result) : await text());
    },
    note,
    endWith: setExitCode,
    atEnd: end => void ends.push(end),
  };
  return context;
}

async function noteTable(finding: Promise<FoundTable>): Promise<FoundTable> {
  const found = await finding;
  place = found;
  note(plain(`Table ${found.tableName} in ${found.region} (${found.from})`));
  return found;
}

/** Adds `daily` to arguments that contain no command and do not ask for help. */
function withCommand(program: Command, args: readonly string[]): readonly string[] {
  const { operands, unknown } = program.parseOptions([...args]);
  const asksForHelp = unknown.some(arg => arg === '--help' || arg === '-h');
  return operands.length === 0 && !asksForHelp ? ['daily', ...args] : args;
}

/**
 * Prepares the environment variables for the SDK. Removes an empty AWS_REGION. If `profile` is given, sets
 * AWS_PROFILE and removes the access keys.
 */
function useProfile(profile: string | undefined): void {
  if (process.env.AWS_REGION === '') delete process.env.AWS_REGION;
  if (profile === undefined) return;
  process.env.AWS_PROFILE = profile;
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']) {
    delete process.env[name];
  }
}

/** Returns the message of a Commander error on one line, without the prefix `error: `. */
function usageText({ message }: CommanderError): string {
  return message
    .replace(/^error: /, '')
    .replace(/\s*\n\s*/g, ' ')
    .replace(/\(Did you mean (.*)\?\)$/, '(did you mean $1?)');
}

function setExitCode(name: ExitName): void {
  process.exitCode = EXIT_CODES[name].code;
}

function printError(text: string): void {
  note(plain(`token-analytics: ${text}`));
}

/** Ends the process without an error if a program such as `head` stops reading the output. */
function exitQuietlyOnBrokenPipe(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      process.exit(process.exitCode ?? EXIT_CODES.success.code);
    });
  }
}
