import { KEY_PREFIX, KEY_SEPARATOR } from '../../src/contract';
import { escapeKeyPart, type TraceKey } from '../traces/trace-keys';

const MONTH_LENGTH = '2026-11'.length;
/** The character after the separator: what begins with a day and the separator is before the day and this. */
const AFTER_SEPARATOR = String.fromCharCode(KEY_SEPARATOR.charCodeAt(0) + 1);

/** Rolled-up items of some days of one month. */
export interface RollupRange {
  readonly pk: string;
  /** The first and the last sort key, both included. */
  readonly from: string;
  readonly to: string;
}

/** The key of a day's rolled-up item of an agent and a model. */
export function rollupKey(day: string, agentId: string, model: string): TraceKey {
  return {
    pk: partitionOf(day),
    sk: [dayOfMonth(day), escapeKeyPart(agentId), escapeKeyPart(model)].join(KEY_SEPARATOR),
  };
}

/** The key of the marker that says that a day is rolled up. It sorts before the day's items. */
export function markerKey(day: string): TraceKey {
  return { pk: partitionOf(day), sk: dayOfMonth(day) };
}

/** Where the rolled-up items of a range of days stand, both days included: one range a month, in order. */
export function rollupRanges(from: string, to: string): RollupRange[] {
  const ranges: RollupRange[] = [];
  for (let month = monthOf(from); month <= monthOf(to); month = monthAfter(month)) {
    ranges.push({
      pk: partitionOf(month),
      from: month === monthOf(from) ? dayOfMonth(from) : '01',
      to: `${month === monthOf(to) ? dayOfMonth(to) : '31'}${AFTER_SEPARATOR}`,
    });
  }
  return ranges;
}

function partitionOf(day: string): string {
  return `${KEY_PREFIX.rollup}${KEY_SEPARATOR}${monthOf(day)}`;
}

function monthOf(day: string): string {
  return day.slice(0, MONTH_LENGTH);
}

function dayOfMonth(day: string): string {
  return day.slice(MONTH_LENGTH + 1);
}

function monthAfter(month: string): string {
  const [year, number] = month.split('-').map(Number);
  return new Date(Date.UTC(year, number)).toISOString().slice(0, MONTH_LENGTH);
}
