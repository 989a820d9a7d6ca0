import { type Command, Option } from 'commander';
import { picoToUsdNumber } from '../../lambda/pricing/pico';
import { costText } from '../../reports/figures/figures';
import {
  type Change,
  type Figures,
  GRANULARITIES,
  type Granularity,
  type TrendsReport,
} from '../../reports/results';
import { newCommand } from '../new-command';
import { changeText, countText, shareText } from '../output/figures-table';
import { emptyText, headText, leftOutText } from '../output/report-text';
import { type Column, colours, tableText, terminalWidth } from '../output/table';
import { addReprice, type RepriceFlags, repriceOf } from '../reprice';
import { action } from '../run';

interface Flags extends RepriceFlags {
  readonly granularity: Granularity;
}

/** How many days are shown where nothing is said. */
const DAYS: Readonly<Record<Granularity, number>> = { hour: 1, day: 14, week: 56, month: 180 };

/** `trends`: cost and calls over time, against the time before. */
export function addTrendsCommand(program: Command): void {
  const command = newCommand(program, {
    name: 'trends',
    summary: 'cost, calls and tokens by hour, day, week or month, each against the one before',
    description:
      'By default of the last 14 days; by hour of today, by week of 8 weeks, by month of 180 days.',
    examples: [
      ['trends', 'the last 14 days'],
      ['trends --granularity hour --since yesterday', 'hour by hour since yesterday'],
      ['trends -g week --agent triage --since 12w', 'one agent, week by week'],
    ],
  }).addOption(
    new Option('-g, --granularity <period>', 'how long a period is').choices(GRANULARITIES).default('day'),
  );
  action<Flags>(addReprice(command), async context => {
    const { granularity } = context.options;
    const range = context.range(DAYS[granularity]);
    const reprice = await repriceOf(context);
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
    { header: 'Calls', drop: 1 },
    { header: 'Change', drop: 4, wide: true },
    { header: 'Tokens', drop: 3 },
    { header: 'Change', drop: 5, wide: true },
    { header: 'Cached', drop: 2 },
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
    (spark === '' ? '' : `${colours().cyan(spark)}\n`) +
    tableText(columns, [
      ...periods.map(period => ({
        cells: cells(period.complete ? period.label : `${period.label} …`, period, period.change),
      })),
      { cells: cells('Total', total, change), rule: true, tone: 'strong' as const },
      { cells: cells('As long before', before, {}), tone: 'faint' as const },
    ]) +
    (periods.some(({ complete }) => !complete)
      ? '… not over, or not whole in the range: against the same part of the one before.\n'
      : '') +
    leftOutText(report)
  );
}

/** The costs as one line of bars, where it fits. */
async function sparkline(values: readonly number[]): Promise<string> {
  if (values.length < 2 || values.length > terminalWidth()) return '';
  const { default: sparkly } = await import('sparkly');
  return sparkly(values, { minimum: 0 });
}
