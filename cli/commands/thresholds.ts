import { type Command, Option } from 'commander';
import { usdToPico } from '../../lambda/pricing/pico';
import { usdText } from '../../lambda/pricing/usd-text';
import { atLeastNotes } from '../../reports/figures/cost-notes';
import { costText } from '../../reports/figures/figures';
import type { ThresholdReport } from '../../reports/results';
import { UsageError } from '../failure';
import { addReprice, newCommand, type RepriceFlags, repricingOf, usdAmount } from '../options';
import { linesOf, omittedText, shareText } from '../output/report-text';
import { tableText } from '../output/table';
import { colors } from '../output/terminal';
import { action } from '../run';

interface Flags extends RepriceFlags {
  readonly daily?: number;
  readonly hourly?: number;
}

/** Maximum value in the column `Used`, where 1 is 100 %. A higher value is shown as an empty cell. */
const MAX_SHOWN_USE = 1e9;

/**
 * Adds the command `thresholds`. It compares the cost of today, or the cost of the last 60 minutes, with a
 * limit.
 */
export function addThresholdsCommand(program: Command): void {
  const command = newCommand(program, {
    name: 'thresholds',
    summary: 'compare the cost of today, or of the last 60 minutes, with a limit',
    description:
      'The exit code is 3 if a limit is exceeded, so that a pipeline can stop. The command only reports: it ' +
      'blocks nothing.',
    examples: [
      ['thresholds --daily 25', 'the cost of today, with a limit of 25 US dollars'],
      ['thresholds --daily 25 --hourly 5 --timezone Europe/Berlin', 'both limits, with the day of Berlin'],
      ['thresholds --hourly 5 --agent triage || echo "too much"', 'one agent, in a script'],
    ],
    ignores: ['since', 'until'],
  })
    .addOption(new Option('--daily <usd>', 'limit for today, in US dollars').argParser(usdAmount))
    .addOption(
      new Option('--hourly <usd>', 'limit for the last 60 minutes, in US dollars').argParser(usdAmount),
    );
  action<Flags>(
    addReprice(command, "compare the cost at today's catalog prices, or at those of a price file"),
    async context => {
      const { daily, hourly } = context.options;
      if (daily === undefined && hourly === undefined) {
        throw new UsageError(
          '--daily or --hourly must be given, in US dollars. Pass, for example, --daily 25',
        );
      }
      const reprice = await repricingOf(context.options);
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
  const { red, green } = colors();
  const table = tableText(
    [
      { header: 'Period', align: 'left' },
      { header: 'Limit' },
      { header: 'Spent' },
      { header: 'Used', drop: 1 },
      { header: 'Above', drop: 2 },
    ],
    checks.map(({ period, limitUsd, actual, used, byUsd, exceeded }) => ({
      cells: [
        period,
        usdText(usdToPico(limitUsd)),
        costText(actual),
        used > MAX_SHOWN_USE ? '' : shareText(used),
        exceeded ? usdText(usdToPico(byUsd)) : '–',
      ],
      tone: exceeded ? ('strong' as const) : undefined,
    })),
  );
  return (
    table +
    checks
      .map(
        ({ exceeded, reason, actual }) =>
          `${exceeded ? red('exceeded') : green('ok')}  ${reason}\n${linesOf(atLeastNotes(actual))}`,
      )
      .join('') +
    omittedText(report)
  );
}
