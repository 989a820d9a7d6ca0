import { commandToday, lineToday, readRenames } from './rename-table';

const HEAD =
  '# Changelog\n\n## Unreleased\n\n### Renames\n\nWords.\n\n| where | before | after |\n|---|---|---|\n';
const table = (...rows: readonly string[]) => `${HEAD}${rows.join('\n')}\n\n### Fixed\n\n| a | b | c |\n`;

test('reads a table without rows, and one with rows of each kind', () => {
  expect(readRenames(table())).toEqual({ names: [], json: [] });
  expect(
    readRenames(
      table(
        '| command | `seal` | `rollup` |',
        '| option of `rollup` | `--days` | `--last` |',
        '| JSON of `daily`, `top` | `**.calls` | `answered` |',
        '| JSON of `doctor` | `checks.id: sealed-days` | `rollups` |',
        '| file of `export` | `**.cached` | `fromCache` |',
        '| constructs | `Props.alarmOptions` | `alarms` |',
        '| table key | `SEALED#` | `ROLLUP#` |',
      ),
    ),
  ).toMatchObject({
    names: [
      { kind: 'command', before: 'seal', after: 'rollup' },
      { kind: 'option', commands: ['rollup'], before: '--days', after: '--last' },
      { kind: 'constructs', before: 'Props.alarmOptions', after: 'alarms' },
      { kind: 'table key', before: 'SEALED#', after: 'ROLLUP#' },
    ],
    json: [
      { kind: 'JSON', commands: ['daily', 'top'], path: '**.calls', after: 'answered' },
      { kind: 'JSON', commands: ['doctor'], path: 'checks.id', value: 'sealed-days', after: 'rollups' },
      { kind: 'file', commands: ['export'], path: '**.cached', after: 'fromCache' },
    ],
  });
});

test.each([
  ['| class | `A` | `B` |', 'must begin with JSON, JSON of'],
  ['| command of `seal` | `a` | `b` |', 'must begin with JSON, JSON of'],
  ['| command | seal | `rollup` |', 'its names in backticks'],
  ['| command | `seal` |', 'must have three cells'],
  ['| JSON | `**.calls` | `**.calls` |', 'must change a name'],
])('refuses the row %s', (row, message) => {
  expect(() => readRenames(table(row))).toThrow(message);
});

test.each([
  ['no heading', '# Changelog\n'],
  ['two headings', `${HEAD}\n${HEAD}`],
  ['no table', '### Renames\n\nNone.\n'],
  ['other columns', '### Renames\n\n| before | after |\n|---|---|\n'],
])('refuses a changelog with %s', (_what, changelog) => {
  expect(() => readRenames(changelog)).toThrow(/must have/);
});

test('replaces old names in a stored command line', () => {
  const renames = readRenames(
    table(
      '| command | `seal` | `rollup` |',
      '| option of `rollup` | `--days` | `--last` |',
      '| option | `--since` | `--from` |',
    ),
  );

  expect(commandToday('daily', renames)).toBe('daily');
  expect(lineToday('seal --since 2026-11-22 --days 3', renames)).toBe('rollup --from 2026-11-22 --last 3');
  expect(lineToday('forecast --days 3', renames)).toBe('forecast --days 3');
});
