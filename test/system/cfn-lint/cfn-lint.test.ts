import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { App, CfnResource, Stack } from 'aws-cdk-lib';
import { APPS } from '../../integ/apps';
import { PATTERNS } from '../../integ/patterns';

// The templates of all apps, checked by cfn-lint against the schemas of CloudFormation. Its version and those
// of its dependencies are pinned with hashes in requirements.txt, which holds for Python 3.10 and later.

const MINUTES = 60_000;
const INSTALL_MINUTES = 4;
/** A DependsOn that a reference says already. aws-cdk-lib writes them. */
const WRITTEN_BY_CDK = 'W3005';
/** Stack that aws-cdk-lib writes all of: cfn-lint takes a Fn::Join in an action of a pipeline as an error. */
const PIPELINE = { file: 'Pipe.template.json', rule: 'E3703' };
/** Exit codes of cfn-lint are bits: 2 errors, 4 warnings, 8 infos. */
const FOUND_CODES = [0, 2, 4, 6, 8, 10, 12, 14];
/** Ways in which pip says that a registry does not answer, or has nothing for this Python. */
const OUT_OF_REACH =
  /No matching distribution|connection broken|Connection refused|timed out|Name or service/i;
const INSTALL = [
  'install',
  '--quiet',
  '--only-binary',
  ':all:',
  '--require-hashes',
  '--requirement',
  path.join(__dirname, 'requirements.txt'),
];
const HAS_VENV = 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))';

/** Match of a rule, as cfn-lint prints it in JSON. */
interface Match {
  readonly Filename: string;
  readonly Message: string;
  readonly Rule: { readonly Id: string };
  readonly Location: { readonly Path: readonly (string | number)[] | null };
}

interface Synthesised {
  readonly name: string;
  readonly build: (app: App) => unknown;
  readonly context?: Readonly<Record<string, unknown>>;
}

const apps: readonly Synthesised[] = [
  ...Object.entries(APPS).map(([name, build]) => ({ name, build })),
  ...Object.entries(PATTERNS)
    .filter(([, { error }]) => !error)
    .map(([name, { build, context }]) => ({ name: `pattern ${name}`, build, context })),
];

const scratch = mkdtempSync(path.join(tmpdir(), 'token-analytics-cfn-lint-'));
const linter = installed();
const testInstalled = linter === undefined ? test.skip : test;

/** Problems by app. */
const problems = new Map<string, string[]>();

beforeAll(() => {
  if (linter === undefined) return;
  const templates = apps.flatMap(app => {
    try {
      return templatesOf(app);
    } catch (error) {
      problems.set(app.name, [`not synthesised: ${String(error)}`]);
      return [];
    }
  });
  for (const match of lint(linter, templates)) {
    const { Filename, Message, Rule, Location } = match;
    const [folder, ...parts] = path.relative(scratch, Filename).split(path.sep);
    const file = parts.join('/');
    if (Rule.Id === WRITTEN_BY_CDK || (file === PIPELINE.file && Rule.Id === PIPELINE.rule)) continue;
    const { name } = apps[Number(folder)];
    const problem = `${file} ${Rule.Id} ${(Location.Path ?? []).join('/')}: ${Message}`;
    problems.set(name, [...(problems.get(name) ?? []), problem]);
  }
}, 10 * MINUTES);

afterAll(cleanUp);

testInstalled.each(apps.map(({ name }) => name))('cfn-lint finds nothing in the templates of %s', name => {
  expect(problems.get(name) ?? []).toEqual([]);
});

testInstalled('cfn-lint finds what is wrong in a template, so that the other tests can fail', () => {
  const broken = templatesOf({
    name: 'broken',
    build: app => {
      const stack = new Stack(app, 'Broken');
      new CfnResource(stack, 'Alarm', { type: 'AWS::CloudWatch::Alarm', properties: { Threshold: 'many' } });
    },
  });

  expect(lint(linter ?? '', broken).map(({ Rule }) => Rule.Id)).toEqual(
    expect.arrayContaining(['E3012', 'E3014']),
  );
});

function cleanUp(): void {
  rmSync(scratch, { recursive: true, force: true });
}

/** Synthesises an app into a folder with its number, and returns the paths of its templates. */
function templatesOf({ name, build, context }: Synthesised): string[] {
  const outdir = path.join(scratch, String(apps.findIndex(app => app.name === name)));
  const app = new App({ outdir, context, analyticsReporting: false });
  build(app);
  app.synth();
  return readdirSync(outdir, { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.template.json'))
    .map(file => path.join(outdir, file))
    .filter(hasResources);
}

/** Returns false for the template of an empty stack, which is not deployed. */
function hasResources(file: string): boolean {
  return 'Resources' in (JSON.parse(readFileSync(file, 'utf8')) as object);
}

function lint(command: string, templates: readonly string[]): Match[] {
  const { status, stdout, stderr } = spawnSync(command, ['--format', 'json', '--', ...templates], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (!FOUND_CODES.includes(status ?? -1)) throw new Error(`cfn-lint ended with ${status}\n${stderr}`);
  return JSON.parse(stdout) as Match[];
}

/**
 * Installs cfn-lint into a virtual environment, and returns its path. If there is no Python for it, or no
 * registry, it says so and returns undefined.
 *
 * @throws if what the registry gives is not what requirements.txt has the hashes of
 */
function installed(): string | undefined {
  const environment = path.join(scratch, 'venv');
  const bin = path.join(environment, 'bin');
  if (spawnSync('python3', ['-c', HAS_VENV]).status !== 0) {
    return skipped('Python 3.10 or later with venv is not installed');
  }
  const made = spawnSync('python3', ['-m', 'venv', environment], { encoding: 'utf8' });
  if (made.status !== 0) throw failure(`venv ended with ${made.status}\n${made.stdout}${made.stderr}`);
  const { status, signal, stderr } = spawnSync(path.join(bin, 'pip'), INSTALL, {
    encoding: 'utf8',
    timeout: INSTALL_MINUTES * MINUTES,
  });
  if (status === 0) return path.join(bin, 'cfn-lint');
  const reason = signal ?? stderr.split('\n').find(line => OUT_OF_REACH.test(line));
  if (reason === undefined) throw failure(`pip ended with ${status}\n${stderr}`);
  return skipped(`cfn-lint cannot be installed (${reason.trim()})`);
}

function skipped(reason: string): undefined {
  // Jest runs no afterAll if every test is skipped.
  cleanUp();
  process.stderr.write(`SKIPPED: ${reason}, so no template is checked by cfn-lint\n`);
  return undefined;
}

function failure(text: string): Error {
  cleanUp();
  return new Error(text);
}
