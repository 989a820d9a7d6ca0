import type { Status } from './check';
import type { Diagnosis } from './doctor';
import { plain } from '../../lambda/process/safe-text';

/** Colours, by what they say. */
export type Paint = Readonly<Record<Status | 'mend', (text: string) => string>>;

const MARKS: Readonly<Record<Status, string>> = { ok: '✓', warn: '!', fail: '✗', skipped: '–' };
const GAP = '  ';
/** Below what it belongs to. */
const INDENT = '    ';
const MIN_WIDTH = 40;

/** One line for each check, and below it what is to be done. */
export function doctorText({ checks, counts }: Diagnosis, paint: Paint, width: number): string {
  const titleWidth = Math.max(...checks.map(({ title }) => title.length));
  const lines = checks.flatMap(({ status, title, detail, fix }) => {
    const head = `${MARKS[status]} ${title.padEnd(titleWidth)}${GAP}`;
    const [first, ...more] = wrapped(plain(detail), Math.max(MIN_WIDTH, width) - head.length);
    return [
      `${paint[status](MARKS[status])}${head.slice(1)}${first ?? ''}`,
      ...more.map(line => ' '.repeat(head.length) + line),
      ...(fix === undefined
        ? []
        : wrapped(`→ ${plain(fix)}`, Math.max(MIN_WIDTH, width) - INDENT.length).map(
            line => INDENT + paint.mend(line),
          )),
    ];
  });
  const said = (
    [
      ['fail', 'failed'],
      ['warn', 'to look at'],
      ['skipped', 'not looked at'],
      ['ok', 'fine'],
    ] as const
  )
    .filter(([status]) => counts[status] > 0)
    .map(([status, words]) => paint[status](`${counts[status]} ${words}`));
  return `${lines.join('\n')}\n\n${said.join(', ')}\n`;
}

/** Lines of whole words; a word that is longer has a line of its own. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines[lines.length - 1];
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
