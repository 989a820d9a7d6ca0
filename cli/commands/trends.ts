import { type Command, Option } from 'commander';
import { picoToUsdNumber } from '../../lambda/pricing/pico';
import { atLeastNotes } from '../../reports/figures/cost-notes';
import { costText } from '../../reports/figures/figures';
import {
  type Change,
  type Figures,
  GRANULARITIES,
  type Granularity,
  type TrendsReport,
} from '../../reports/results';
import { addReprice, newCommand, type RepriceFlags, repricingOf } from '../options';
import {
  costLines,
  changeText,
  countText,
  emptyText,
  headText,
  linesOf,
  omittedText,
  shareText,
} from '../output/report-text';
import { type Column, tableText } from '../output/table';
import { colors, terminalWidth } from '../output/terminal';
import { action } from '../run';

interface Flags extends RepriceFlags {
  readonly granularity: Granularity;
}

/** Default number of days for each granularity. */
const DEFAULT_DAYS: Readonly<Record<Granularity, number>> = { hour: 1, day: 14, week: 56, month: 180 };

/**
 * Adds the command `trends`. It shows cost, invocations and tokens for each period, such as a day. It also
 * shows the change from each period to the next.
 */
export function addTrendsCommand(program: Command): void {
  const command = newCommand(program, {
    name: 'trends',
    summary: 'cost, calls and tokens by hour, day, week or month, with the change from the period before',
    description:
      'The default range depends on the granularity: hours of today, 14 days, 8 weeks, or months of 180 days.',
    examples: [
      ['trends', 'the last 14 days'],
      ['trends --granularity hour --since yesterday', 'hour by hour since yesterday'],
      ['trends -g week --agent triage --since 12w', 'one agent, week by week'],
    ],
  }).addOption(
    new Option('-g, --granularity <period>', 'length of a period').choices(GRANULARITIES).default('day'),
  );
  action<Flags>(addReprice(command), async context => {
    const { granularity } = context.options;
    const range = context.range(DEFAULT_DAYS[granularity]);
    const reprice = await repricingOf(context.options);
    const reports = await context.reports();
    const report = await reports.trends(range, granularity, { ...(await context.reportOptions()), reprice });
    await context.print(report, () => trendsText(report));
  });
}

async function trendsText(report: TrendsReport): Promise<string> {
  const { periods, total, change, before } = report;
  if (periods.every(({ answered, failed }) => answered + failed === 0)) return emptyText(report);
  const repriced = total.repriced !== undefined;
  const spark = await sparkline(periods.map(({ cost }) => picoToUsdNumber(cost.picoUsd)));
  const columns: Column[] = [
    { header: report.granularity.replace(/^./, first => first.toUpperCase()), align: 'left' },
    { header: 'Answered', drop: 1 },
    { header: 'Change', drop: 4, wide: true },
    { header: 'Tokens', drop: 3 },
    { header: 'Change', drop: 5, wide: true },
    { header: 'Cache %', drop: 2 },
    { header: 'Cost' },
    ...(repriced ? [{ header: 'Repriced' }] : []),
    { header: 'Change' },
  ];
  const cells = (label: string, figures: Figures, changes: Change) => [
    label,
    countText(figures.answered),
    changeText(changes.answered),
    countText(figures.totalTokens),
    changeText(changes.tokens),
    shareText(figures.cacheShare),
    costText(figures.cost),
    ...(repriced ? [figures.repriced ? costText(figures.repriced) : '–'] : []),
    changeText(changes.cost),
  ];
  return (
    headText('Trends', report) +
    (spark === '' ? '' : `${colors().cyan(spark)}\n`) +
    tableText(columns, [
      ...periods.map(period => ({
        cells: cells(period.complete ? period.label : `${period.label} …`, period, period.change),
      })),
      { cells: cells('Total', total, change), rule: true, tone: 'strong' as const },
      { cells: cells('Same time before', before, {}), tone: 'faint' as const },
    ]) +
    (periods.some(({ complete }) => !complete)
      ? '… The period is not over, or only a part of it is in the range. The change is from the same part ' +
        'of the period before.\n'
      : '') +
    costLines(total) +
    linesOf(atLeastNotes(before.cost, 'Same time before, at least')) +
    omittedText(report)
  );
}

/**
 * Draws costs as one line of bars, with one character for each cost. Returns an empty string if the terminal
 * is too narrow, or if there are fewer than two costs.
 */
async function sparkline(values: readonly number[]): Promise<string> {
  if (values.length < 2 || values.length > terminalWidth()) return '';
  const { default: sparkly } = await import('sparkly');
  return sparkly(values, { minimum: 0 });
}
