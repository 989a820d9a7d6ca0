import { plain } from './plain';
import { colours } from './table';
import type { ReportHead } from '../../reports/results';

/** The line above a report's table: what it is of. */
export function headText(
  title: string,
  head: Pick<ReportHead, 'from' | 'to' | 'timeZone' | 'agentId' | 'model'>,
): string {
  return `${colours().bold(plain(title))} ${plain(`${daysText(head)}${narrowedText(head)}`)}\n`;
}

/** What is said of days without a call. */
export function emptyText(head: Pick<ReportHead, 'from' | 'to' | 'timeZone' | 'agentId' | 'model'>): string {
  return plain(`No calls ${daysText(head)}${narrowedText(head)}.`) + '\n';
}

/** The days of a report, with their time zone. */
export function daysText({ from, to, timeZone }: Pick<ReportHead, 'from' | 'to' | 'timeZone'>): string {
  return from === to ? `on ${from} (${timeZone})` : `${from} to ${to} (${timeZone})`;
}

function narrowedText({ agentId, model }: Pick<ReportHead, 'agentId' | 'model'>): string {
  return [
    agentId === undefined ? '' : `, agent ${agentId}`,
    model === undefined ? '' : `, model ${model}`,
  ].join('');
}
