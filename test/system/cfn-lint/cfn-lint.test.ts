// Checks the CloudFormation templates of all test apps with cfn-lint, a Python program. requirements.txt
// contains the versions and hashes of cfn-lint and its dependencies.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { App, CfnResource, Stack } from 'aws-cdk-lib';
import { APPS } from '../../integ/apps';
import { PATTERNS } from '../../integ/patterns';

const MINUTES = 60_000;
const INSTALL_MINUTES = 4;
/**
 * Rule of cfn-lint against redundant DependsOn attributes. The tests ignore it, because aws-cdk-lib generates
 * such attributes.
 */
const WRITTEN_BY_CDK = 'W3005';
/** Wrong error of cfn-lint about a pipeline action from aws-cdk-lib. The tests ignore it in this template. */
const PIPELINE = { file: 'Pipe.template.json', rule: 'E3703' };
/**
 * Exit codes of cfn-lint after a complete check. Each is a sum of 2 (errors found), 4 (warnings found) and 8
 * (infos found).
 */
const FOUND_CODES = [0, 2, 4, 6, 8, 10, 12, 14];
/**
 * Matches errors of pip if the registry does not respond or lacks a package. In this case, the tests are
 * skipped.
 */
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

/** Problem in a template that cfn-lint reports in its JSON output. */
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

/** Synthesises an app into a new folder. Returns the paths of its templates that contain resources. */
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

/** Returns true if a template has resources. The CDK does not deploy a stack without resources. */
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
 * Installs cfn-lint into a new Python environment. Returns the path of the program, or undefined if Python
 * or the package registry is not available.
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
  // Deletes the folder, because Jest does not run `afterAll` if all tests are skipped.
  cleanUp();
  process.stderr.write(`SKIPPED: ${reason}, so cfn-lint checks no template\n`);
  return undefined;
}

function failure(text: string): Error {
  cleanUp();
  return new Error(text);
}
