import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { CASES } from './cases';
import { type Outcome, outcomesOf } from './outcome';
import { REPOSITORY } from '../../support/run';

/** Line of docs/checks.md with the id of a condition and the expected message. */
interface Line {
  readonly id: string;
  readonly expected: Outcome;
}

const ROW = /^\| `([a-z-]+)` \| .+ \| .+ \| (error|(?:warning|info) `(\w+)`) \|$/;

const lines: Line[] = readFileSync(path.join(REPOSITORY, 'docs', 'checks.md'), 'utf8')
  .split('\n')
  .flatMap(text => {
    const [, id, said, notice] = ROW.exec(text) ?? [];
    if (id === undefined) return [];
    const kind = said.split(' ')[0] as Outcome['kind'];
    return [{ id, expected: { kind, text: notice ?? '' } }];
  });

test('docs/checks.md has a line for each check, and a check for each line', () => {
  expect(lines.map(({ id }) => id).sort()).toEqual(Object.keys(CASES).sort());
});

describe.each(lines)('$id', ({ id, expected: { kind, text } }) => {
  const check = CASES[id];
  const isSaid = (outcome: Outcome) =>
    outcome.kind === kind && (kind === 'error' ? check.says?.test(outcome.text) : outcome.text === text);

  test(`gives ${kind === 'error' ? 'an error' : `${kind} ${text}`} if the condition does not hold`, () => {
    const said = outcomesOf(check.breaks);

    expect(said.some(isSaid) ? [] : said).toEqual([]);
    expect(kind !== 'error' || said[0].text.includes('. ')).toBe(true);
  });

  test('gives no such message if the condition holds', () => {
    const said = outcomesOf(check.keeps);

    expect(said.filter(outcome => isSaid(outcome) || outcome.kind === 'error')).toEqual([]);
  });
});
