// Checks the CloudFormation templates of all test apps with cfn-lint, a Python program. requirements.txt
// contains the versions and hashes of cfn-lint and its dependencies.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { App, CfnResource, Stack } from 'aws-cdk-lib';
import { APPS } from '../../integ/apps';
import { PATTERNS } from '../../integ/patterns';
import { findPrograms } from '../../support/python';

const MINUTES = 60_000;
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

const programs = findPrograms(__dirname, 'cfn-lint checks no template');
const linter = programs && path.join(programs, 'cfn-lint');
const testInstalled = linter === undefined ? test.skip : test;

const problems = new Map<string, string[]>();
let scratch = '';

beforeAll(() => {
  if (linter === undefined) return;
  scratch = mkdtempSync(path.join(tmpdir(), 'token-analytics-cfn-lint-'));
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

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

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
