import type { Command } from 'commander';
import { failureText, UsageError } from '../failure';
import { newCommand } from '../new-command';
import { filled } from '../options/common-options';
import { rangeOf } from '../options/date-options';
import { replayLines } from '../replay/replay-lines';
import { replayText, rollupHint } from '../replay/replay-text';
import { fileSources, type LineSource, STDIN } from '../replay/sources';
import { action, type Context } from '../run';

interface ReplayFlags {
  readonly logGroup?: readonly string[];
  readonly dryRun?: boolean;
  readonly metrics?: boolean;
}

/** Log groups are looked through for so many days where nothing is said. */
const DEFAULT_DAYS = 7;
/** The progress of log groups is told in parts of this. */
const PARTS = 1000;

/** `replay`: writes the traces that a log holds instead of the table. */
export function addReplayCommand(program: Command): void {
  const command = newCommand(program, {
    name: 'replay [files...]',
    summary: 'write the traces that were spilled to a log into the table',
    description:
      'Reads `TraceSpill` lines from files (gzipped or not), from standard input (`-`, or what is piped ' +
      'in) or from log groups, and writes them, any number of times with the same result. Other lines ' +
      'are passed over. --since and --until are for log groups, by default the last seven days. A rolled-up ' +
      'day that gets traces by this is to be rolled up again: the run says which. An item that the table refuses ' +
      'for its content is found and named, and the rest is written. A trace that was made before its answer ' +
      'never replaces the answer. `MetricSpill` lines, requests of metrics that CloudWatch may or may not ' +
      'have taken, are counted and sent only with --metrics.',
    examples: [
      ['replay function.log older.log.gz', 'from files'],
      ['replay --log-group /aws/lambda/triage --since yesterday', 'from CloudWatch Logs'],
      ['replay --dry-run < function.log', 'what there is, without writing'],
    ],
    ignores: ['agent', 'model'],
  })
    .option('--log-group <name>', 'a log group, by its name or ARN; may be given several times', several)
    .option(
      '--metrics',
      'also send the requests of `MetricSpill` lines to CloudWatch, which may have counted them already: ' +
        'they then count twice, and each run counts them again',
    )
    .option('--dry-run', 'count what would be written, and write nothing: no table is needed');
  action<ReplayFlags>(command, replay);
}

async function replay(context: Context<ReplayFlags>, ...files: string[]): Promise<void> {
  const { options, signal, table, progress, print, note, endWith, atEnd } = context;
  const { logGroup: logGroups = [], since, until, dryRun, metrics } = options;
  if (logGroups.length === 0 && (since !== undefined || until !== undefined)) {
    throw new UsageError(
      `--${since === undefined ? 'until' : 'since'} must be with --log-group: of files and standard ` +
        'input every line is read',
    );
  }
  const fromFiles = await fileSources(files.length === 0 && logGroups.length === 0 ? [STDIN] : files);
  const where = dryRun ? undefined : await table();
  const bar = await progress(logGroups.length > 0 ? 'Reading logs' : 'Reading bytes');
  const fromLogs =
    logGroups.length === 0 ? [] : await logSources(context, (done, total) => bar.update({ done, total }));
  atEnd(() => process.stdin.destroy());
  const result = await replayLines([...fromFiles, ...fromLogs], {
    table: where && { ...where, metrics },
    signal,
    onProgress: fromLogs.length > 0 ? undefined : each => bar.update(each),
    explain: error => failureText(error, where ?? { region: options.region }),
  });
  await print(result, () => replayText(result));
  for (const { name, reason } of result.failed) {
    note(`token-analytics: ${name} could not be read to its end: ${reason}`);
  }
  const hint = rollupHint(result, new Date());
  if (hint !== undefined) note(hint);
  // What was ended by hand ends with the code for it.
  signal.throwIfAborted();
  const isLeft = result.left + result.poisoned > 0 || result.metricsReason !== undefined;
  if (isLeft || result.failed.length > 0) endWith('failure');
}

async function logSources(
  { options, signal, table, atEnd }: Context<ReplayFlags>,
  onProgress: (done: number, total: number) => void,
): Promise<LineSource[]> {
  const { logGroup: logGroups = [], timezone } = options;
  const range = rangeOf(options, DEFAULT_DAYS);
  const [{ SpillLog }, { spanOf }, { regionOf }] = await Promise.all([
    import('../replay/log-lines.aws'),
    import('../../reports/source/day-range'),
    import('../find-table'),
  ]);
  const { start, end } = spanOf({ ...range, timeZone: timezone });
  let done = 0;
  const log = new SpillLog({
    region: options.dryRun ? await regionOf(options) : (await table()).region,
    from: start,
    to: end,
    signal,
    onProgress: part => onProgress(Math.round((done + part) * PARTS), logGroups.length * PARTS),
  });
  atEnd(() => log.close());
  return logGroups.map((name, index) => ({
    name: `log group ${name}`,
    lines: () => {
      done = index;
      return log.lines(name);
    },
  }));
}

function several(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, filled(value)];
}
