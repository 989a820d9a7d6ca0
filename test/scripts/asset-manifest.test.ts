import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { ASSET_MANIFEST, HANDLERS, type HandlerName } from '../../src/private/entry-points';
import { REPOSITORY, runOk } from '../support/run';

/** Folders and files that the build of the assets reads. */
const SOURCES = ['lambda', 'reports', 'src', 'scripts', 'package.json', 'tsconfig.json'];
const NAMES = Object.keys(HANDLERS) as HandlerName[];

/** Folder with a copy of the sources, in which a test can change them. */
let folder: string;
let before: Readonly<Record<HandlerName, string>>;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'token-analytics-build-'));
  for (const name of SOURCES) {
    cpSync(path.join(REPOSITORY, name), path.join(folder, name), { recursive: true });
  }
  symlinkSync(path.join(REPOSITORY, 'node_modules'), path.join(folder, 'node_modules'));
  before = await buildHashes();
}, 60_000);

afterAll(() => rmSync(folder, { recursive: true }));

/** Builds the assets in the folder, and returns the hash of each handler. */
async function buildHashes(): Promise<Record<HandlerName, string>> {
  await runOk(process.execPath, [path.join(folder, 'scripts', 'build.mjs'), 'assets', '--quiet'], {
    cwd: folder,
  });
  const { handlers } = JSON.parse(readFileSync(path.join(folder, ASSET_MANIFEST), 'utf8')) as {
    readonly handlers: Record<HandlerName, { readonly hash: string }>;
  };
  return Object.fromEntries(NAMES.map(name => [name, handlers[name].hash])) as Record<HandlerName, string>;
}

/** Builds with a line of code more in a source file, and returns the handlers whose hash has changed. */
async function changedBy(source: string): Promise<string[]> {
  const file = path.join(folder, source);
  const text = readFileSync(file, 'utf8');
  appendFileSync(file, "\nprocess.env.CHANGED = 'changed';\n");
  try {
    const after = await buildHashes();
    return NAMES.filter(name => after[name] !== before[name]);
  } finally {
    writeFileSync(file, text);
  }
}

test('a second build of the same sources gives the same hashes', async () => {
  await expect(buildHashes()).resolves.toEqual(before);
});

test.each(NAMES)('a change in the source of %s changes the asset of this handler only', async name => {
  await expect(changedBy(HANDLERS[name])).resolves.toEqual([name]);
});

test('a change in code that handlers load late changes their assets', async () => {
  await expect(changedBy('lambda/pricing/profile-lookup.aws.ts')).resolves.toEqual([
    'ingest-events',
    'ingest-failures',
    'ingest-logs',
    'ingest-spans',
  ]);
});
