import type { LiveView } from './live-view';
import { shortened } from '../../lambda/process/safe-text';
import { atLeastNotes } from '../../reports/figures/cost-notes';
import { costText } from '../../reports/figures/figures';
import { omittedText } from '../output/report-text';

/** Size of the screen in characters, and functions that style text. */
export interface LiveScreen {
  readonly columns: number;
  readonly rows: number;
  readonly sparkline: (numbers: readonly number[]) => string;
  readonly dim: (text: string) => string;
  readonly bold: (text: string) => string;
}

const LABEL_WIDTH = 14;
const GAP = '  ';
/** Minimum width in columns. The view keeps this width even in a narrower terminal. */
const MIN_COLUMNS = 40;
/** Minimum number of agents in the view, even if the terminal has too few lines. */
const MIN_AGENTS = 2;
const MAX_AGENTS = 15;
const MAX_NAME = 32;
/** Number of lines above and below the list of agents, including the line with the cursor. */
const OTHER_LINES = 13;

/** Returns the view as text that fits the screen. */
export function liveText(
  view: LiveView,
  { columns, rows, sparkline, dim, bold }: LiveScreen,
  note?: string,
): string {
  const width = Math.max(MIN_COLUMNS, columns);
  const { total, perMinute, minutes } = view;
  const shown = minutes.slice(-Math.max(1, width - LABEL_WIDTH - GAP.length));
  const line = (label: string, text: string) => `${dim(label.padEnd(LABEL_WIDTH))}${GAP}${text}`;
  const spark = (label: string, figure: (minute: LiveView['minutes'][number]) => number) =>
    line(label, sparkline(shown.map(figure)));
  const filter = [view.agentId, view.model]
    .filter(name => name !== undefined)
    .map(name => shortened(name, MAX_NAME))
    .join(', ');
  const below = [
    ...atLeastNotes(total.cost).flatMap(text => wrapped(text, width)),
    omittedText(view).trimEnd(),
    note ?? '',
  ].filter(text => text !== '');
  return [
    bold(`Today, ${view.day} (${view.timeZone})${filter === '' ? '' : `, ${filter}`}`),
    line('cost', costText(total.cost)),
    line('answered', `${number(total.answered)}${otherOutcomes(total)}`),
    line(
      'tokens',
      `${number(total.totalTokens)} (${number(total.inputTokens)} in, ${number(total.outputTokens)} out)`,
    ),
    line(
      'per minute',
      `${costText(perMinute.cost)}, ${number(perMinute.answered)} calls, ${number(perMinute.tokens)} tokens`,
    ),
    '',
    spark('cost', ({ cost }) => Number(cost.picoUsd)),
    spark('answered', ({ answered }) => answered),
    spark('tokens', ({ totalTokens }) => totalTokens),
    dim(`${' '.repeat(LABEL_WIDTH)}${GAP}the last ${shown.length} minutes`),
    '',
    ...agentLines(
      view,
      width,
      Math.min(MAX_AGENTS, Math.max(MIN_AGENTS, rows - OTHER_LINES - below.length)),
      dim,
    ),
    ...below.map(text => shortened(text, width)),
  ].join('\n');
}

function agentLines({ agents }: LiveView, width: number, most: number, dim: LiveScreen['dim']): string[] {
  if (agents.length === 0) return [dim('no calls yet today')];
  // If there are too many agents, the last line shows the number of hidden agents.
  const listed = agents.length > most ? agents.slice(0, most - 1) : agents;
  const hidden = agents.length - listed.length;
  const figures = listed.map(({ answered, totalTokens, cost }) => [
    costText(cost),
    `${number(answered)} calls`,
    `${number(totalTokens)} tokens`,
  ]);
  const widths = [0, 1, 2].map(column => Math.max(...figures.map(row => row[column].length)));
  const nameWidth = Math.max(
    1,
    Math.min(MAX_NAME, width - widths.reduce((sum, each) => sum + each + GAP.length, 0)),
  );
  const longest = Math.min(nameWidth, Math.max(...listed.map(({ name }) => [...name].length)));
  return [
    ...listed.map(({ name }, index) =>
      [
        padded(shortened(name, longest), longest),
        ...figures[index].map((text, column) => text.padStart(widths[column])),
      ].join(GAP),
    ),
    ...(hidden > 0 ? [dim(`and ${number(hidden)} more`)] : []),
  ];
}

function otherOutcomes({ failed, fromCache }: LiveView['total']): string {
  const parts = [
    ...(failed > 0 ? [`${number(failed)} failed`] : []),
    ...(fromCache > 0 ? [`${number(fromCache)} cached ${fromCache === 1 ? 'response' : 'responses'}`] : []),
  ];
  return parts.length > 0 ? ` (${parts.join(', ')})` : '';
}

function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - [...text].length));
}

/** Splits a text into lines of at most `width` characters, between words. */
function wrapped(text: string, width: number): string[] {
  return text.split(' ').reduce<string[]>((lines, word) => {
    const line = lines.at(-1);
    return line === undefined || line.length + 1 + word.length > width
      ? [...lines, word]
      : [...lines.slice(0, -1), `${line} ${word}`];
  }, []);
}

function number(figure: number): string {
  return figure.toLocaleString('en-US');
}
