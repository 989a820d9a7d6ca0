import { countText } from './figures-table';
import { colours } from './table';
import { plain } from '../../lambda/process/safe-text';
import type { ReportHead } from '../../reports/results';

/** The line above a report's table: what it is of. */
export function headText(
  title: string,
  head: Pick<ReportHead, 'from' | 'to' | 'timeZone' | 'agentId' | 'model'>,
): string {
  return `${colours().bold(plain(title))} ${plain(`${daysText(head)}${narrowedText(head)}`)}\n`;
}

/** What is said of days without a call. */
export function emptyText(
  head: Pick<ReportHead, 'from' | 'to' | 'timeZone' | 'agentId' | 'model' | 'unreadable'>,
): string {
  return `${plain(`No calls ${daysText(head)}${narrowedText(head)}.`)}\n${leftOutText(head)}`;
}

/** The days of a report, with their time zone. */
export function daysText({ from, to, timeZone }: Pick<ReportHead, 'from' | 'to' | 'timeZone'>): string {
  return from === to ? `on ${from} (${timeZone})` : `${from} to ${to} (${timeZone})`;
}

/** The line that says what a report leaves out; empty where that is nothing. */
export function leftOutText({ unreadable = 0 }: Pick<ReportHead, 'unreadable'>): string {
  if (unreadable === 0) return '';
  return `Left out: ${countText(unreadable)} ${unreadable === 1 ? 'trace' : 'traces'} whose time cannot be right.\n`;
}

function narrowedText({ agentId, model }: Pick<ReportHead, 'agentId' | 'model'>): string {
  return [
    agentId === undefined ? '' : `, agent ${agentId}`,
    model === undefined ? '' : `, model ${model}`,
  ].join('');
}
