import type { Command } from 'commander';
import { rangeOf } from '../date-range';
import { failureText, UsageError } from '../failure';
import { filled, newCommand } from '../options';
import { replayLines } from '../replay/replay-lines';
import { replayText, rollupHint } from '../replay/replay-text';
import { fileSources, type LineSource, STDIN } from '../replay/sources';
import { action, type Context } from '../run';

interface ReplayFlags {
  readonly logGroup?: readonly string[];
  readonly dryRun?: boolean;
  readonly metrics?: boolean;
}

/** Number of days to read from a log group if `--since` is absent. */
const DEFAULT_DAYS = 7;
/** Number of steps of the progress bar for each log group. */
const STEPS = 1000;

/** Adds the command `replay`. It writes spilled traces from a log into the table. */
export function addReplayCommand(program: Command): void {
  const command = newCommand(program, {
    name: 'replay [files...]',
    summary: 'write spilled traces from a log into the table',
    description:
      'It reads `TraceSpill` lines from files (also gzipped), standard input (`-`) or log groups, and ' +
      'ignores other lines. The same lines can be replayed any number of times with the same result. ' +
      '--since and --until apply to log groups; the default is the last seven days. If a rolled-up day gets ' +
      'new traces, the output says that it must be rolled up again. An item that the table rejects for its ' +
      'content is named, and the other items are written. A provisional trace never replaces the complete ' +
      'one. `MetricSpill` lines are metric requests that CloudWatch may already have counted. They are ' +
      'counted, and sent only with --metrics.',
    examples: [
      ['replay function.log older.log.gz', 'from files'],
      ['replay --log-group /aws/lambda/triage --since yesterday', 'from CloudWatch Logs'],
      ['replay --dry-run < function.log', 'count spilled traces without writing'],
    ],
    ignores: ['agent', 'model'],
  })
    .option('--log-group <name>', 'log group, by name or ARN; can be given several times', several)
    .option(
      '--metrics',
      'also send the metrics of `MetricSpill` lines. CloudWatch counts them again with each run, and twice ' +
        'if it has them already',
    )
    .option('--dry-run', 'count the traces and write nothing; needs no table');
  action<ReplayFlags>(command, replay);
}

async function replay(context: Context<ReplayFlags>, ...files: string[]): Promise<void> {
  const { options, signal, table, progress, print, note, endWith, atEnd } = context;
  const { logGroup: logGroups = [], since, until, dryRun, metrics } = options;
  if (logGroups.length === 0 && (since !== undefined || until !== undefined)) {
    throw new UsageError(
      `--${since === undefined ? 'until' : 'since'} must be given with --log-group, because all lines of ` +
        'files and standard input are read. Omit it',
    );
  }
  const fromFiles = await fileSources(files.length === 0 && logGroups.length === 0 ? [STDIN] : files);
  const where = dryRun ? undefined : await table();
  const bar = await progress(logGroups.length > 0 ? 'Reading logs' : 'Reading bytes');
  const fromLogs =
    logGroups.length === 0 ? [] : await openLogGroups(context, (done, total) => bar.update({ done, total }));
  atEnd(() => process.stdin.destroy());
  const result = await replayLines([...fromFiles, ...fromLogs], {
    table: where && { ...where, metrics },
    signal,
    onProgress: fromLogs.length > 0 ? undefined : each => bar.update(each),
    explain: error => failureText(error, where ?? { region: options.region }),
  });
  await print(result, () => replayText(result));
  for (const { name, reason } of result.failed) {
    note(`token-analytics: only a part of ${name} was read: ${reason}`);
  }
  const hint = rollupHint(result, new Date());
  if (hint !== undefined) note(hint);
  // Throws after Ctrl-C. The caller then sets the exit code.
  signal.throwIfAborted();
  const isLeft = result.left + result.poisoned > 0 || result.metricsReason !== undefined;
  if (isLeft || result.failed.length > 0) endWith('failure');
}

async function openLogGroups(
  { options, signal, table, atEnd }: Context<ReplayFlags>,
  onProgress: (done: number, total: number) => void,
): Promise<LineSource[]> {
  const { logGroup: logGroups = [], timezone } = options;
  const range = rangeOf(options, DEFAULT_DAYS);
  const [{ SpillLog }, { spanOf }, { findRegion }] = await Promise.all([
    import('../replay/log-lines.aws'),
    import('../../reports/source/day-range'),
    import('../find-table'),
  ]);
  const { start, end } = spanOf({ ...range, timeZone: timezone });
  let done = 0;
  const log = new SpillLog({
    region: options.dryRun ? await findRegion(options) : (await table()).region,
    from: start,
    to: end,
    signal,
    onProgress: part => onProgress(Math.round((done + part) * STEPS), logGroups.length * STEPS),
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
