import type { Command } from 'commander';
import { usdText } from '../../lambda/pricing/usd-text';
import { plain } from '../../lambda/process/safe-text';
import {
  type Backtest,
  type ForecastAmount,
  type ForecastRange,
  type ForecastReport,
  MAX_FORECAST_DAYS,
  MAX_HISTORY_DAYS,
} from '../../reports/forecast/forecast';
import { newCommand } from '../new-command';
import { numberOption } from '../options/number-options';
import { changeText, shareText } from '../output/figures-table';
import { leftOutText } from '../output/report-text';
import { colours, tableText } from '../output/table';
import { addReprice, type RepriceFlags, repriceOf } from '../reprice';
import { action } from '../run';

interface Flags extends RepriceFlags {
  readonly history: number;
  readonly days: number;
}

const DEFAULT_HISTORY = 56;
const DEFAULT_DAYS = 14;

/** `forecast`: what the next days will cost, if they go on as the last ones. */
export function addForecastCommand(program: Command): void {
  const command = newCommand(program, {
    name: 'forecast',
    summary: 'what the next days will cost, if they go on as the last ones',
    description:
      'An estimate from whole days alone, with the ranges in which 80 and 95 of 100 such days are ' +
      'expected, and how well it would have foreseen the last weeks.\nIt ends with 1 where there is ' +
      'too little history.',
    examples: [
      ['forecast', 'the next 14 days from the last eight weeks'],
      ['forecast --days 30 --history 120 --agent triage', "one agent's next 30 days"],
      ['forecast --json | jq -r .total.range80.highUsd', 'what it will hardly be more than'],
    ],
    ignores: ['since', 'until'],
  })
    .addOption(
      numberOption('--days <number>', 'how many days are forecast', 1, MAX_FORECAST_DAYS, DEFAULT_DAYS),
    )
    .addOption(
      numberOption(
        '--history <number>',
        'from how many days before today',
        1,
        MAX_HISTORY_DAYS,
        DEFAULT_HISTORY,
      ),
    );
  action<Flags>(
    addReprice(command, "take the history as it costs by today's catalog, or by a file of your prices"),
    async context => {
      const { history, days } = context.options;
      const reprice = await repriceOf(context);
      const reports = await context.reports();
      const report = await reports.forecast(history, days, { ...(await context.reportOptions()), reprice });
      await context.print(report, () => forecastText(report));
      if (report.status !== 'ok') {
        context.note(plain(`token-analytics: ${report.reason ?? 'there is too little history'}`));
        context.endWith('failure');
      }
    },
  );
}

function forecastText(report: ForecastReport): string {
  const { status, days, total, timeZone, agentId, model, historyDays, atLeast } = report;
  const of = [agentId, model].filter(name => name !== undefined).join(', ');
  const title =
    `${colours().bold('Forecast')} ` +
    `${plain(`from ${historyDays} days of history (${timeZone})${of === '' ? '' : `, ${of}`}`)}\n`;
  if (status !== 'ok' || total === undefined) return `${title}No forecast.\n${leftOutText(report)}`;
  const cells = (name: string, { picoUsd, range80, range95 }: ForecastAmount) => [
    name,
    `${atLeast ? '≥ ' : ''}${usdText(picoUsd)}`,
    rangeText(range80),
    rangeText(range95),
  ];
  return [
    title,
    tableText(
      [
        { header: 'Day', align: 'left' },
        { header: 'Expected' },
        { header: '80 of 100', drop: 1 },
        { header: '95 of 100', drop: 2 },
      ],
      [
        ...days.map(({ day, ...amount }) => ({ cells: cells(day, amount) })),
        { cells: cells('Total', total), rule: true, tone: 'strong' },
      ],
    ),
    ...notesOf(report).map(note => `${plain(note)}\n`),
    leftOutText(report),
  ].join('');
}

function notesOf({
  trend,
  weekdays,
  backtest,
  extraordinaryDays,
  warnings,
  method,
}: ForecastReport): string[] {
  return [
    ...(trend
      ? [`Trend of the last ${trend.days} days: ${trend.direction}, ${changeText(trend.perWeek)} a week.`]
      : []),
    ...(weekdays.length > 0
      ? [
          'Of an average day: ' +
            `${weekdays.map(({ weekday, factor }) => `${weekday.slice(0, 3)} ${shareText(factor)}`).join(', ')}.`,
        ]
      : []),
    ...(backtest ? [backtestText(backtest)] : []),
    ...(extraordinaryDays.length > 0 ? [`Out of the ordinary: ${extraordinaryDays.join(', ')}.`] : []),
    ...warnings,
    method,
  ];
}

function backtestText({ weeks, errorPicoUsd, naiveErrorPicoUsd, coverage80 }: Backtest): string {
  const within =
    coverage80 === undefined
      ? ''
      : `, and ${shareText(coverage80)} of the days were within the range of 80 of 100`;
  return (
    `In the last ${weeks} weeks it would have been off by ${usdText(errorPicoUsd)} a day; what a ` +
    `weekday cost a week before, by ${usdText(naiveErrorPicoUsd)}${within}.`
  );
}

function rangeText({ lowPicoUsd, highPicoUsd }: ForecastRange): string {
  return `${usdText(lowPicoUsd)} to ${usdText(highPicoUsd)}`;
}
