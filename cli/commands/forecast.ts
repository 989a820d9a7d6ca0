import type { Command } from 'commander';
import { usdText } from '../../lambda/pricing/usd-text';
import { plain } from '../../lambda/process/safe-text';
import { MAX_FORECAST_DAYS, MAX_HISTORY_DAYS } from '../../reports/forecast/forecast';
import type {
  Backtest,
  ForecastAmount,
  ForecastRange,
  ForecastReport,
} from '../../reports/forecast/forecast-report';
import { addReprice, newCommand, numberOption, type RepriceFlags, repricingOf } from '../options';
import { changeText, omittedText, shareText } from '../output/report-text';
import { tableText } from '../output/table';
import { colors } from '../output/terminal';
import { action } from '../run';

interface Flags extends RepriceFlags {
  readonly history: number;
  readonly days: number;
}

const DEFAULT_HISTORY = 56;
const DEFAULT_DAYS = 14;

/** Adds the command `forecast`, which estimates the cost of the next days from past days. */
export function addForecastCommand(program: Command): void {
  const command = newCommand(program, {
    name: 'forecast',
    summary: 'forecast the cost of the next days from the history',
    description:
      'The forecast uses only complete days. It shows 80 % and 95 % intervals, the trend, the weekday ' +
      'pattern, and a backtest on the last weeks.\nThe exit code is 1 if there is too little history.',
    examples: [
      ['forecast', 'the next 14 days from the last eight weeks'],
      ['forecast --days 30 --history 120 --agent triage', 'the next 30 days of one agent'],
      ['forecast --json | jq -r .total.range80.highUsd', 'the upper bound of the 80 % interval'],
    ],
    ignores: ['since', 'until'],
  })
    .addOption(
      numberOption('--days <number>', 'number of days to forecast', 1, MAX_FORECAST_DAYS, DEFAULT_DAYS),
    )
    .addOption(
      numberOption(
        '--history <number>',
        'number of days before today to learn from',
        1,
        MAX_HISTORY_DAYS,
        DEFAULT_HISTORY,
      ),
    );
  action<Flags>(
    addReprice(command, "price the history at today's catalog prices, or at those of a price file"),
    async context => {
      const { history, days } = context.options;
      const reprice = await repricingOf(context.options);
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
  const filter = [agentId, model].filter(name => name !== undefined).join(', ');
  const title =
    `${colors().bold('Forecast')} ` +
    `${plain(`from ${historyDays} days of history (${timeZone})${filter === '' ? '' : `, ${filter}`}`)}\n`;
  if (status !== 'ok' || total === undefined) return `${title}No forecast.\n${omittedText(report)}`;
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
        { header: '80 % interval', drop: 1 },
        { header: '95 % interval', drop: 2 },
      ],
      [
        ...days.map(({ day, ...amount }) => ({ cells: cells(day, amount) })),
        { cells: cells('Total', total), rule: true, tone: 'strong' },
      ],
    ),
    ...forecastNotes(report).map(note => `${plain(note)}\n`),
    omittedText(report),
  ].join('');
}

function forecastNotes({
  trend,
  weekdays,
  backtest,
  extraordinaryDays,
  warnings,
  method,
}: ForecastReport): string[] {
  return [
    ...(trend
      ? [`Trend of the last ${trend.days} days: ${trend.direction}, ${changeText(trend.perWeek)} per week.`]
      : []),
    ...(weekdays.length > 0
      ? [
          'Weekday pattern (100 % = average day): ' +
            `${weekdays.map(({ weekday, factor }) => `${weekday.slice(0, 3)} ${shareText(factor)}`).join(', ')}.`,
        ]
      : []),
    ...(backtest ? [backtestText(backtest)] : []),
    ...(extraordinaryDays.length > 0 ? [`Outliers: ${extraordinaryDays.join(', ')}.`] : []),
    ...warnings,
    method,
  ];
}

function backtestText({ weeks, errorPicoUsd, naiveErrorPicoUsd, coverage80 }: Backtest): string {
  const within =
    coverage80 === undefined ? '' : ` The 80 % interval contained ${shareText(coverage80)} of the days.`;
  return (
    `Backtest on the last ${weeks} weeks: mean error ${usdText(errorPicoUsd)} per day; baseline (same ` +
    `weekday one week before) ${usdText(naiveErrorPicoUsd)} per day.${within}`
  );
}

function rangeText({ lowPicoUsd, highPicoUsd }: ForecastRange): string {
  return `${usdText(lowPicoUsd)} to ${usdText(highPicoUsd)}`;
}
