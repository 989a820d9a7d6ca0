import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { type Account, startAccount } from './account';
import { withoutAddedColumns, withoutAdditions } from './additions';
import { applyRenames, differences, markTexts, type Renamed, shortened } from './compare';
import type { Json } from './json';
import { HUMAN_TEXTS, readKeptOutputs } from './kept-outputs';
import { nameProblems, readNames } from './names-today';
import { commandToday, isOf, type JsonRename, lineToday, readRenames } from './rename-table';
import { type LineRun, runLine } from './run-lines';
import { REPOSITORY } from '../../support/run';

const RENAMES = readRenames(readFileSync(path.join(REPOSITORY, 'CHANGELOG.md'), 'utf8'));
const KEPT = readKeptOutputs();
/**
 * Command that runs in parallel with all other commands, because it takes at least ten seconds. It does not
 * use the account of the tests.
 */
const BESIDE = 'demo';
const TIMEOUT_MS = 180_000;

let account: Account;
/**
 * Results of the stored command lines in the current version. Each key is a stored result. If a command line
 * cannot run, the value is the error.
 */
const today = new Map<LineRun, LineRun | Error>();

beforeAll(async () => {
  account = await startAccount();
  const run = async (command: (name: string) => boolean) => {
    for (const kept of KEPT.filter(each => command(each.command)).flatMap(({ runs }) => runs)) {
      const running = runLine(account, kept.line, lineToday(kept.line, RENAMES));
      today.set(
        kept,
        await running.catch((error: unknown) => (error instanceof Error ? error : new Error(String(error)))),
      );
    }
  };
  await Promise.all([run(name => name === BESIDE), run(name => name !== BESIDE)]);
}, TIMEOUT_MS);
afterAll(() => account.close());

/**
 * Applies the renames to the stored output (`JSON`) or to the stored export file (`file`) of a command.
 * `command` is the old name of the command.
 */
function renamed(command: string, kind: JsonRename['kind'], document: Json): Renamed {
  const name = commandToday(command, RENAMES);
  return applyRenames(
    markTexts(document, kind === 'JSON' ? (HUMAN_TEXTS[command] ?? []) : []),
    RENAMES.json.filter(each => each.kind === kind && isOf(each, name)),
  );
}

test('has stored outputs of every command that prints JSON', () => {
  const schema = JSON.parse(readFileSync(path.join(REPOSITORY, 'lib', 'cli', 'schema.json'), 'utf8')) as {
    readonly properties: object;
  };

  expect(KEPT.map(({ command }) => commandToday(command, RENAMES)).sort()).toEqual(
    Object.keys(schema.properties).sort(),
  );
});

test.each(KEPT)('prints the stored output of $command, apart from the renames', ({ command, runs }) => {
  const different = runs.flatMap(kept => {
    const run = today.get(kept);
    if (!run || run instanceof Error) return [`${kept.line}: ${run?.message ?? 'it was not run'}`];
    return shortened([
      ...differences(kept.exitCode, run.exitCode, 'exit code'),
      ...differences(renamed(command, 'JSON', kept.output).document, withoutAdditions(command, run.output)),
      ...differences(
        kept.file && renamed(command, 'file', kept.file).document,
        run.file && withoutAddedColumns(run.file),
        'file',
      ),
    ]).map(text => `${kept.line}: ${text}`);
  });

  expect(different).toEqual([]);
});

test('changes stored output by each JSON row, for each command that the row names', () => {
  const used = KEPT.flatMap(({ command, runs }) =>
    runs
      .flatMap(({ output, file }) => [
        ...renamed(command, 'JSON', output).used,
        ...(file === undefined ? [] : renamed(command, 'file', file).used),
      ])
      .map(rename => ({ rename, command: commandToday(command, RENAMES) })),
  );
  const dead = RENAMES.json.filter(rename => {
    const changed = used.filter(each => each.rename === rename).map(({ command }) => command);
    return changed.length === 0 || rename.commands?.some(command => !changed.includes(command));
  });

  expect(dead.map(({ row }) => row)).toEqual([]);
});

test('finds each path of a text for people in a stored output', () => {
  const paths = Object.entries(HUMAN_TEXTS).flatMap(([command, all]) =>
    all.map(each => ({ command, path: each })),
  );
  const unknown = paths.filter(({ command, path: each }) => {
    const { runs = [] } = KEPT.find(kept => kept.command === command) ?? {};
    return runs.every(({ output }) => JSON.stringify(markTexts(output, [each])) === JSON.stringify(output));
  });

  expect(unknown).toEqual([]);
});

test('finds the new name of each other row, and no longer finds the old one', async () => {
  const problems: string[] = [];
  for (const rename of RENAMES.names) {
    problems.push(...nameProblems(rename, await readNames(rename, account)));
  }

  expect(problems).toEqual([]);
});
