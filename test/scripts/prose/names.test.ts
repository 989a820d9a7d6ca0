import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { useProse } from './support';
import { REPOSITORY } from '../../support/run';

const { allowedNames, checkNames } = useProse();

/** Returns the message of each finding, and the text from the found name to the end of the line. */
const namesIn = async (file: string, text: string) =>
  (await checkNames(file, text)).map(({ offset, message }) => [
    message,
    text.slice(offset).split('\n', 1)[0],
  ]);

test('finds replaced words in names where they are declared, and not where they are used', async () => {
  const text = `
import { sealedAt, mend as mending } from 'a';
export interface SealedDay { readonly mend: string; dearestFirst(toldOf: string): void }
type StandIn = SealedDay['mend'];
class Box { private hourWrites = 1; #announced = 2; get directory() { return this.hourWrites; } }
enum Kind { SEALED }
function takeIn({ futures, sealed: wasSealed }: Other) { return futures + wasSealed; }
export const value = { 'sealed-days': 1, mend, other: sealedAt };
const [first, doors] = [sealedAt, Kind.SEALED];
`;

  expect((await namesIn('test/a.ts', text)).map(([message]) => message)).toEqual([
    'mending: write fix',
    'SealedDay: write rollup',
    'mend: write fix',
    'dearestFirst: write top or mostExpensive',
    'toldOf: write notified, known, or a verb',
    'StandIn: write emulator or fake',
    'hourWrites: write cacheWrite1h or cacheTtlBreakEven',
    '#announced: write dayIndex',
    'directory: write dayIndex, or folder if it is one',
    'SEALED: write rollup',
    'takeIn: write ingest or record',
    'wasSealed: write rollup',
    'sealed-days: write rollup',
    'doors: write entryPoint',
  ]);
});

test('returns the place of a declaration with a replaced word', async () => {
  expect(await namesIn('src/a.ts', 'export const other = 1,\n  sealedDays = 2;\n')).toEqual([
    ['sealedDays: write rollup', 'sealedDays = 2;'],
  ]);
});

test('finds replaced words in names of files and, where users see them, in keys', async () => {
  const text = "import './sealed-days';\nconst key = 'SEALED#';\nconst phrase = 'a sealed day';\n";

  expect(await namesIn('src/sealed-days.ts', text)).toEqual([
    ['src/sealed-days.ts: write rollup', "import './sealed-days';"],
    ['SEALED#: write rollup', "'SEALED#';"],
  ]);
  expect(await namesIn('test/a.ts', text)).toEqual([]);
  expect(await namesIn('docs/0007-sealed-days.md', 'sealed')).toHaveLength(1);
});

test('accepts the letters of a replaced word inside another word', async () => {
  const names = [
    'recommended',
    'endearing',
    'outdoors',
    'wallClock',
    'wallTimeMs',
    'future',
    'oneHourWrites',
    'standing',
    'amendment',
    'retelling',
    'takeInput',
    'folder',
    'rollupDay',
    'dayIndex',
    'isStandalone',
  ];

  expect(await namesIn('test/a.ts', names.map(name => `const ${name} = 1;`).join('\n'))).toEqual([]);
});

test('each allowed name exists in its file or folder, and has a reason', async () => {
  for (const { place, name, reason } of await allowedNames()) {
    expect([place, existsSync(path.join(REPOSITORY, place))]).toEqual([place, true]);
    if (name !== undefined) {
      expect(readFileSync(path.join(REPOSITORY, place), 'utf8')).toMatch(new RegExp(`\\b${name}\\b`));
    }
    expect(reason).not.toBe('');
  }
});

test('accepts allowed names only in their file or folder', async () => {
  const text = 'export const directory = 1, sealed = 2;\n';

  expect(await namesIn('test/scripts/prices/snapshot.test.ts', text)).toEqual([
    ['sealed: write rollup', 'sealed = 2;'],
  ]);
  expect(await namesIn('test/cli/renames/before/sealed.ts', text)).toEqual([]);
  expect(await namesIn('test/scripts/prices/snapshot.ts', text)).toHaveLength(2);
});
