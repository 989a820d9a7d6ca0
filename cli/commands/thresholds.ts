import { type Command, Option } from 'commander';
import { usdToPico } from '../../lambda/pricing/pico';
import { usdText } from '../../lambda/pricing/usd-text';
import { costText } from '../../reports/figures/figures';
import type { ThresholdReport } from '../../reports/results';
import { UsageError } from '../failure';
import { newCommand } from '../new-command';
import { usdAmount } from '../options/common-options';
import { shareText } from '../output/figures-table';
import { leftOutText } from '../output/report-text';
import { colours, tableText } from '../output/table';
import { addReprice, type RepriceFlags, repriceOf } from '../reprice';
import { action } from '../run';

interface Flags extends RepriceFlags {
  readonly daily?: number;
  readonly hourly?: number;
}

/** `thresholds`: whether today, or the last hour, cost more than it may. */
export function addThresholdsCommand(program: Command): void {
  const command = newCommand(program, {
    name: 'thresholds',
    summary: 'whether today, or the last 60 minutes, cost more than a limit',
    description:
      'It ends with 3 where a limit is exceeded, so that a pipeline can stop. Nothing of what runs ' +
      'is held back by it.',
    examples: [
      ['thresholds --daily 25', "today's cost against 25 US dollars"],
      ['thresholds --daily 25 --hourly 5 --timezone Europe/Berlin', "both, with Berlin's day"],
      ['thresholds --hourly 5 --agent triage || echo "too much"', 'one agent, in a script'],
    ],
    ignores: ['since', 'until'],
  })
    .addOption(new Option('--daily <usd>', 'the limit of a day, in US dollars').argParser(usdAmount))
    .addOption(
      new Option('--hourly <usd>', 'the limit of the last 60 minutes, in US dollars').argParser(usdAmount),
    );
  action<Flags>(
    addReprice(command, "compare what it costs by today's catalog, or by a file of your prices"),
    async context => {
      const { daily, hourly } = context.options;
      if (daily === undefined && hourly === undefined) {
        throw new UsageError('--daily or --hourly must be given, a limit in US dollars, such as --daily 25');
      }
      const reprice = await repriceOf(context);
      const reports = await context.reports();
      const report = await reports.checkThresholds(
        { daily, hourly },
        { ...(await context.reportOptions()), reprice },
      );
      await context.print(report, () => thresholdsText(report));
      if (report.alertRequired) context.endWith('exceeded');
    },
  );
}

function thresholdsText({ checks, ...report }: ThresholdReport): string {
  const { red, green } = colours();
  const table = tableText(
    [
      { header: 'Limit', align: 'left' },
      { header: 'Of' },
      { header: 'Spent' },
      { header: 'Used', drop: 1 },
      { header: 'Above', drop: 2 },
    ],
    checks.map(({ period, limitUsd, actual, used, byUsd, exceeded }) => ({
      cells: [
        period,
        usdText(usdToPico(limitUsd)),
        costText(actual),
        used > MOST_USED ? '' : shareText(used),
        exceeded ? usdText(usdToPico(byUsd)) : '–',
      ],
      tone: exceeded ? ('strong' as const) : undefined,
    })),
  );
  return (
    table +
    checks
      .map(({ exceeded, reason }) => `${exceeded ? red('exceeded') : green('fine')}  ${reason}\n`)
      .join('') +
    leftOutText(report)
  );
}

/** A limit of 0 is used without end. */
const MOST_USED = 1e9;
