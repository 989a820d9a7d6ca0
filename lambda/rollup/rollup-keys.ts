import { KEY_PREFIX, KEY_SEPARATOR } from '../../src/contract';
import { escapeKeyPart, type TraceKey } from '../traces/trace-keys';

const MONTH_LENGTH = '2026-11'.length;
/**
 * Character after `KEY_SEPARATOR` in sort order. Keys of 22 November begin with `22#`, for example, and `22$`
 * comes after all of them.
 */
const AFTER_SEPARATOR = String.fromCharCode(KEY_SEPARATOR.charCodeAt(0) + 1);

/** Range of DynamoDB keys for the rollup items of a month, or of some days of a month. */
export interface RollupRange {
  readonly pk: string;
  /** First sort key, inclusive. */
  readonly from: string;
  /** Last sort key, inclusive. */
  readonly to: string;
}

/** Returns the key of the rollup item for one day, agent and model. */
export function rollupKey(day: string, agentId: string, model: string): TraceKey {
  return {
    pk: partitionOf(day),
    sk: [dayOfMonth(day), escapeKeyPart(agentId), escapeKeyPart(model)].join(KEY_SEPARATOR),
  };
}

/** Returns the key of a day's marker. In sort order, the marker comes before the rollup items of the day. */
export function markerKey(day: string): TraceKey {
  return { pk: partitionOf(day), sk: dayOfMonth(day) };
}

/**
 * Returns the key ranges for the rollups of all days in a period, one range for each month. Both `from` and
 * `to` are inclusive.
 */
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
