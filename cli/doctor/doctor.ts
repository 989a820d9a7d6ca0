import { ACCESS_CHECKS } from './access-checks';
import { type Check, type CheckResult, runChecks, STATUSES, type Status } from './check';
import type { Inspection } from './context';
import { METRIC_CHECKS } from './metric-checks';
import { PRICE_CHECKS } from './price-checks';
import { SHARE_CHECKS } from './share-check';
import { TABLE_CHECKS } from './table-checks';
import { plain } from '../../lambda/process/safe-text';

/** Results of all checks. */
export interface Diagnosis {
  /** Time of the diagnosis: ISO 8601, UTC. */
  readonly generatedAt: string;
  readonly checks: readonly CheckResult[];
  /** Number of checks with each status. */
  readonly counts: Readonly<Record<Status, number>>;
}

/** Checks in the order of the output. A check comes after the checks that it depends on. */
export const CHECKS: readonly Check[] = [
  ...ACCESS_CHECKS.filter(({ id }) => id !== 'permissions'),
  ...TABLE_CHECKS.filter(({ id }) => id !== 'rollup-days'),
  ...ACCESS_CHECKS.filter(({ id }) => id === 'permissions'),
  ...TABLE_CHECKS.filter(({ id }) => id === 'rollup-days'),
  ...METRIC_CHECKS,
  ...SHARE_CHECKS,
  ...PRICE_CHECKS,
];

/** Functions that color a text: one for each status, and one for a fix. */
export type Paint = Readonly<Record<Status | 'fix', (text: string) => string>>;

const MARKS: Readonly<Record<Status, string>> = { ok: '✓', warn: '!', fail: '✗', skipped: '–' };
const GAP = '  ';
/** Indentation of a fix, which is printed below its check. */
const INDENT = '    ';
const MIN_WIDTH = 40;

/**
 * Runs all checks.
 *
 * @param onDone called after each check with the number of checks done so far
 */
export async function diagnose(inspection: Inspection, onDone?: (done: number) => void): Promise<Diagnosis> {
  const checks = await runChecks(CHECKS, inspection, onDone);
  const counts = Object.fromEntries(
    STATUSES.map(status => [status, checks.filter(check => check.status === status).length]),
  ) as Record<Status, number>;
  return { generatedAt: inspection.now.toISOString(), checks, counts };
}

/**
 * Returns the text output of `doctor`: each check with its fix below it, then the number of checks with each
 * status.
 */
export function doctorText({ checks, counts }: Diagnosis, paint: Paint, width: number): string {
  const titleWidth = Math.max(...checks.map(({ title }) => title.length));
  const lines = checks.flatMap(({ status, title, detail, fix }) => {
    const head = `${MARKS[status]} ${title.padEnd(titleWidth)}${GAP}`;
    const [first, ...more] = wrapWords(plain(detail), Math.max(MIN_WIDTH, width) - head.length);
    return [
      `${paint[status](MARKS[status])}${head.slice(1)}${first ?? ''}`,
      ...more.map(line => ' '.repeat(head.length) + line),
      ...(fix === undefined
        ? []
        : wrapWords(`→ ${plain(fix)}`, Math.max(MIN_WIDTH, width) - INDENT.length).map(
            line => INDENT + paint.fix(line),
          )),
    ];
  });
  const summary = (
    [
      ['fail', 'failed'],
      ['warn', counts.warn === 1 ? 'warning' : 'warnings'],
      ['skipped', 'skipped'],
      ['ok', 'ok'],
    ] as const
  )
    .filter(([status]) => counts[status] > 0)
    .map(([status, words]) => paint[status](`${counts[status]} ${words}`));
  return `${lines.join('\n')}\n\n${summary.join(', ')}\n`;
}

/** Splits a text into lines of whole words. A word longer than `width` gets its own line. */
function wrapWords(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines[lines.length - 1];
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
