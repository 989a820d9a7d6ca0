import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { App, CfnResource, Stack } from 'aws-cdk-lib';
import { APPS } from '../../integ/apps';
import { PATTERNS } from '../../integ/patterns';

// Checks the templates of all apps with cfn-lint, which knows the schemas of CloudFormation. requirements.txt
// fixes the versions and hashes of cfn-lint and its dependencies, for Python 3.10 and later.

const MINUTES = 60_000;
const INSTALL_MINUTES = 4;
/** Rule against a DependsOn that repeats a reference. aws-cdk-lib generates such DependsOn attributes. */
const WRITTEN_BY_CDK = 'W3005';
/**
 * Template that contains only resources of aws-cdk-lib. cfn-lint wrongly reports an error in a pipeline
 * action.
 */
const PIPELINE = { file: 'Pipe.template.json', rule: 'E3703' };
/**
 * Exit codes after a complete check. Each is a sum: 2 if there are errors, 4 if there are warnings, 8 if
 * there are infos.
 */
const FOUND_CODES = [0, 2, 4, 6, 8, 10, 12, 14];
/** Messages of pip if a registry does not respond, or has no package for this Python version. */
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

/** Finding of cfn-lint, as in its JSON output. */
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

/** Synthesises an app into a new folder. Returns the paths of its templates. */
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

/** Returns false for the template of an empty stack, which the CDK does not deploy. */
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
 * Installs cfn-lint into a virtual environment, and returns the path of the program. If Python or the
 * registry is not available, prints a message and returns undefined.
 *
 * @throws if a downloaded package does not match its hash in requirements.txt
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
  // If all tests are skipped, Jest does not run afterAll.
  cleanUp();
  process.stderr.write(`SKIPPED: ${reason}, so cfn-lint checks no template\n`);
  return undefined;
}

function failure(text: string): Error {
  cleanUp();
  return new Error(text);
}
