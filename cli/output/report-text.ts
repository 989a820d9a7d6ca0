import { formatDuration, intervalToDuration } from 'date-fns';
import type { Column, Row } from './table';
import { colors } from './terminal';
import { usdText } from '../../lambda/pricing/usd-text';
import { plain } from '../../lambda/process/safe-text';
import { costNotes } from '../../reports/figures/cost-notes';
import { costText } from '../../reports/figures/figures';
import type { Figures, NamedFigures, ReportHead, RepricedMoney } from '../../reports/results';

const COUNT = new Intl.NumberFormat('en-US');
const PERCENT = { style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1 } as const;
const SHARE = new Intl.NumberFormat('en-US', PERCENT);
const CHANGE = new Intl.NumberFormat('en-US', { ...PERCENT, signDisplay: 'exceptZero' });
/** Placeholder for an unknown or missing figure. */
const NOTHING = '–';
const MS_PER_SECOND = 1000;
const MS_PER_MINUTE = 60 * MS_PER_SECOND;

/** Formats a whole number: `1,234`. */
export function countText(value: number): string {
  return COUNT.format(value);
}

/** Formats a share from 0 to 1 as a percentage: `61.5%`. */
export function shareText(value: number | undefined): string {
  return value === undefined ? NOTHING : SHARE.format(value);
}

/** Formats a relative change as a percentage with a sign: `+12.5%`. */
export function changeText(value: number | undefined): string {
  return value === undefined ? NOTHING : CHANGE.format(value);
}

/** Formats milliseconds: `900 ms` or `2.5 s`. Durations of a minute or more are written in words. */
export function millisecondsText(value: number | undefined): string {
  if (value === undefined) return NOTHING;
  if (value < MS_PER_SECOND) return `${Math.round(value)} ms`;
  return value < MS_PER_MINUTE
    ? `${(value / MS_PER_SECOND).toFixed(1)} s`
    : formatDuration(intervalToDuration({ start: 0, end: value }), {
        format: ['years', 'months', 'days', 'hours', 'minutes'],
      });
}

/** Formats the difference between two amounts with a sign: `+$0.12`. */
export function differenceText(picoUsd: bigint): string {
  return `${picoUsd > 0n ? '+' : ''}${usdText(picoUsd)}`;
}

/** Returns the columns for counts, tokens and cost. */
export function figureColumns(repriced = false): readonly Column[] {
  return [
    { header: 'Answered', drop: 2 },
    { header: 'Failed', drop: 6, wide: true },
    { header: 'Input', drop: 4 },
    { header: 'Output', drop: 4 },
    { header: 'Cache read', drop: 7, wide: true },
    { header: 'Cache write', drop: 8, wide: true },
    { header: 'Cache %', drop: 3 },
    ...(repriced
      ? [{ header: 'Recorded' }, { header: 'Repriced' }, { header: 'Difference', drop: 1 }]
      : [{ header: 'Cost' }]),
  ];
}

/** Returns the cells of one row for the columns of {@link figureColumns}. */
export function figureCells(figures: Figures, repriced = figures.repriced !== undefined): readonly string[] {
  return [
    countText(figures.answered),
    countText(figures.failed),
    countText(figures.inputTokens),
    countText(figures.outputTokens),
    countText(figures.cacheReadTokens),
    countText(figures.cacheWrite5mTokens + figures.cacheWrite1hTokens),
    shareText(figures.cacheShare),
    costText(figures.cost),
    ...(repriced ? repricedCells(figures.repriced) : []),
  ];
}

/**
 * Returns the last row of a table, with the totals. `first` contains the cells of the first columns, e.g.
 * `Total`.
 */
export function totalRow(first: readonly string[], figures: Figures, repriced?: boolean): Row {
  return { cells: [...first, ...figureCells(figures, repriced)], rule: true, tone: 'strong' };
}

/**
 * Returns one faint, indented row for each of `parts`, e.g. for each model of an agent.
 *
 * @param between returns the cells between the name and the figures of a part. Default: no cells
 */
export function partRows(
  parts: readonly NamedFigures[],
  repriced?: boolean,
  between: (part: NamedFigures) => readonly string[] = () => [],
): Row[] {
  return parts.map(part => ({
    cells: [`  ${part.name}`, ...between(part), ...figureCells(part, repriced)],
    tone: 'faint' as const,
  }));
}

function repricedCells(repriced: RepricedMoney | undefined): string[] {
  return repriced === undefined
    ? [NOTHING, NOTHING]
    : [costText(repriced), differenceText(repriced.differencePicoUsd)];
}

type Scope = Pick<ReportHead, 'from' | 'to' | 'timeZone' | 'agentId' | 'model'>;

/** Returns the heading of a report: title, days, agent and model. */
export function headText(title: string, scope: Scope): string {
  return `${colors().bold(plain(title))} ${plain(`${daysText(scope)}${filterText(scope)}`)}\n`;
}

/**
 * Returns the text of a report that has no invocations, e.g. `No calls on 2026-11-20 (UTC).`
 *
 * @param calls word for invocations in this text
 */
export function emptyText(head: Scope & Pick<ReportHead, 'unreadable'>, calls = 'calls'): string {
  return `${plain(`No ${calls} ${daysText(head)}${filterText(head)}.`)}\n${omittedText(head)}`;
}

/** Returns the first and the last day of a report, with the time zone. */
export function daysText({ from, to, timeZone }: Pick<ReportHead, 'from' | 'to' | 'timeZone'>): string {
  return from === to ? `on ${from} (${timeZone})` : `${from} to ${to} (${timeZone})`;
}

/**
 * Returns a line with the number of omitted traces, or an empty string if this number is 0. Reports omit
 * traces with an impossible time.
 */
export function omittedText({ unreadable = 0 }: Pick<ReportHead, 'unreadable'>): string {
  if (unreadable === 0) return '';
  return `Omitted: ${countText(unreadable)} ${unreadable === 1 ? 'trace' : 'traces'} with an impossible time.\n`;
}

/** Returns the sentences of a report about its cost, one on each line. See {@link costNotes}. */
export function costLines(figures: Figures): string {
  return linesOf(costNotes(figures));
}

/** Returns sentences as text with one line for each. */
export function linesOf(sentences: readonly string[]): string {
  return sentences.map(sentence => `${plain(sentence)}\n`).join('');
}

function filterText({ agentId, model }: Pick<ReportHead, 'agentId' | 'model'>): string {
  return [
    agentId === undefined ? '' : `, agent ${agentId}`,
    model === undefined ? '' : `, model ${model}`,
  ].join('');
}
