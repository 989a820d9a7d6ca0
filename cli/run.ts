import { type Command, CommanderError } from 'commander';
import { debugText, EXIT, failureText, isBrokenPipe, isUsageError, type Place } from './failure';
import { findTable, type FoundTable } from './find-table';
import { ignoredBy } from './new-command';
import type { CommonOptions } from './options/common-options';
import { type Range, rangeOf } from './options/date-options';
import { jsonText, note, print } from './output/output';
import { type ProgressBar, startProgress } from './output/progress';
import { plain } from '../lambda/process/safe-text';
import type { ReportOptions, Repricing } from '../reports/results';
import type { UsageReports } from '../reports/usage-reports';

/** The days of a report where nothing is said. */
const DEFAULT_DAYS = 7;

/** What a command is given to do its work with. */
export interface Context<Flags extends object = object> {
  /** The common options and the command's own. */
  readonly options: CommonOptions & Flags;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** The days that `--since` and `--until` name, by default the last seven. */
  range(days?: number): Range;
  /** The table, looked for once and said on standard error. */
  table(): Promise<FoundTable>;
  /** The reports of the table. */
  reports(prices?: Repricing): Promise<UsageReports>;
  /** What a report is told: the agent, the model, the zone, Ctrl-C, and a progress bar with this label. */
  reportOptions(label?: string): Promise<ReportOptions>;
  /** A progress bar on a terminal's standard error; it is taken away before anything is printed. */
  progress(label: string): Promise<ProgressBar>;
  /** Prints the result on standard output: as JSON with `--json`, else as text. */
  print(result: object, text: () => string | Promise<string>): Promise<void>;
  /** Says something on standard error. */
  note(text: string): void;
  /**
   * Ends the run with another code than 0: 1 where the result is a failure, 3 where a threshold is exceeded.
   */
  endWith(code: 'failure' | 'exceeded'): void;
  /** Called at the end, also of a run that fails. */
  atEnd(action: () => unknown): void;
}

/** What a command does. */
export type Action<Flags extends object> = (context: Context<Flags>, ...args: string[]) => Promise<void>;

/** Where the run is, for what is said of its failure. */
let place: Place = {};

/** Gives a command its action. */
export function action<Flags extends object = object>(command: Command, act: Action<Flags>): void {
  command.action(async () => {
    const options = command.optsWithGlobals<CommonOptions & Flags>();
    const interrupt = new AbortController();
    const onInterrupt = () => interrupt.abort();
    const ends: (() => unknown)[] = [() => process.removeListener('SIGINT', onInterrupt)];
    process.once('SIGINT', onInterrupt);
    useProfile(options.profile);
    // Which Node the command's own SDK would rather have is no matter of who runs it.
    process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
    place = { endpoint: options.endpoint, region: options.region };
    try {
      await act(contextOf(options, interrupt.signal, ends), ...command.args);
    } catch (error) {
      if (!interrupt.signal.aborted) throw error;
      process.exitCode = EXIT.interrupted;
    } finally {
      for (const end of ends.reverse()) await end();
    }
  });
}

/**
 * Runs the command line to its end and sets the exit code: 0
 * fine, 1 failure, 2 usage, 3 a threshold exceeded.
 *
 * @param args without Node and the script: bare ones, or options alone, are the daily report's
 */
export async function run(program: Command, args: readonly string[]): Promise<void> {
  endQuietlyWhenUnread();
  try {
    await program.parseAsync(withCommand(program, args), { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return;
      process.exitCode = EXIT.usage;
      fail(usageText(error));
      return;
    }
    if (isBrokenPipe(error) && process.stdout.errored) return;
    process.exitCode = isUsageError(error) ? EXIT.usage : EXIT.failure;
    fail(failureText(error, place));
    if (process.env.TOKEN_ANALYTICS_DEBUG) note(debugText(error));
  }
}

/** Says which options were given that the command has no use for. */
export function noteIgnored(command: Command): void {
  for (const name of ignoredBy(command)) {
    if (command.getOptionValueSourceWithGlobals(name) === 'cli') {
      note(`token-analytics: --${name} has no meaning for ${command.name()}, and is ignored`);
    }
  }
}

function contextOf<Flags extends object>(
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
    table: () => (found ??= sayTable(findTable(options))),
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
    endWith: code => {
      process.exitCode = EXIT[code];
    },
    atEnd: end => void ends.push(end),
  };
  return context;
}

async function sayTable(finding: Promise<FoundTable>): Promise<FoundTable> {
  const found = await finding;
  place = found;
  note(plain(`Table ${found.tableName} in ${found.region} (${found.from})`));
  return found;
}

/** Bare, it is the daily report. */
function withCommand(program: Command, args: readonly string[]): readonly string[] {
  const { operands, unknown } = program.parseOptions([...args]);
  const asksForHelp = unknown.some(arg => arg === '--help' || arg === '-h');
  return operands.length === 0 && !asksForHelp ? ['daily', ...args] : args;
}

/**
 * The SDK's clients look at the environment: a profile that is named
 * goes before keys that are there, and an empty region is none.
 */
function useProfile(profile: string | undefined): void {
  if (process.env.AWS_REGION === '') delete process.env.AWS_REGION;
  if (profile === undefined) return;
  process.env.AWS_PROFILE = profile;
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']) {
    delete process.env[name];
  }
}

function usageText({ message }: CommanderError): string {
  return message
    .replace(/^error: /, '')
    .replace(/\s*\n\s*/g, ' ')
    .replace(/\(Did you mean (.*)\?\)$/, '(did you mean $1?)');
}

function fail(text: string): void {
  note(plain(`token-analytics: ${text}`));
}

/** Who reads standard output may stop, as `head` does. */
function endQuietlyWhenUnread(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      process.exit(process.exitCode ?? EXIT.fine);
    });
  }
}
