// Runs the steps in docs/local.md in an empty folder, with the packed tarball of this package.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { TOOLS, VENV } from './ministack';
import { testDeployed } from './test-deployed';
import { REPOSITORY, runOk } from '../../support/run';
import { freePort } from '../../support/server-process';
import { pack } from '../package/packed';

const DOCUMENT = readFileSync(path.join(REPOSITORY, 'docs', 'local.md'), 'utf8');
const PORT = '4566';
const TS_NODE = path.join(REPOSITORY, 'node_modules', '.bin', 'ts-node');

const created: string[] = [];
afterAll(() => created.forEach(folder => rmSync(folder, { recursive: true, force: true })));

testDeployed(
  'the steps in docs/local.md lead to the reports of a call',
  async () => {
    const app = mkdtempSync(path.join(tmpdir(), 'token-analytics-local-'));
    created.push(app);
    for (const [, name, code] of DOCUMENT.matchAll(/ in `([\w.]+)`[^`]*```js\n([\s\S]*?)^```$/gm)) {
      writeFileSync(path.join(app, name), code);
    }
    const commands = [...DOCUMENT.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, code]) => code);
    const script = await offline(app, commands.join('').replaceAll(PORT, String(await freePort())));

    // `doctor` ends with 1, because MiniStack lacks the metrics of the function.
    const steps = script.replace(/ doctor$/m, ' doctor || test $? = 1');
    const output = await runOk('bash', ['-euc', `trap 'kill %1; wait' EXIT\n${steps}`], {
      cwd: app,
      env: { PATH: process.env.PATH, HOME: app, CDK_DISABLE_CLI_TELEMETRY: '1', CI: '1' },
    });

    expect(commands).toHaveLength(5);
    expect(output).toContain('Incident INC-1');
    expect(output).toMatch(/│ +triage +│ +1 │/);
    expect(output).toMatch(/✓ Trace table +Local-TokenAnalytics/);
  },
  240_000,
);

testDeployed(
  'the commands that `npm run e2e -- --keep` prints show the deployed apps',
  async () => {
    const text = await runOk(TS_NODE, ['-T', '-P', 'test/tsconfig.json', path.join(__dirname, 'keep.ts')]);
    const commands = [...text.matchAll(/^ {2}(.+)$/gm)].map(([, command]) => command);
    const [, holder] = /kill (\d+)/.exec(text) ?? [];
    try {
      const steps = commands.join('\n').replace(/ doctor .*$/m, '$& || test $? = 1');
      const output = await runOk('bash', ['-euc', steps]);

      expect(output).toContain('Incident INC-1 $0.00876');
      expect(output).toMatch(/✓ Trace table +Everything-TokenAnalytics/);
      expect(output).toContain('{"steps": 1, "failed": 0}');
      expect(output).toMatch(/"failed": \[\]/);
    } finally {
      process.kill(Number(holder));
    }
  },
  240_000,
);

/**
 * Replaces the installations in the steps, so that the script needs no package registry: MiniStack is the
 * installed one, and all packages are local folders and the tarball.
 */
async function offline(app: string, script: string): Promise<string> {
  mkdirSync(path.join(app, '.ministack'));
  for (const name of ['bin', 'lib', 'pyvenv.cfg']) {
    symlinkSync(path.join(VENV, name), path.join(app, '.ministack', name));
  }
  const { filename } = await pack(app);
  return script
    .replace(/^python3 -m venv .*\n.* pip install .*\n/m, '')
    .replace(/^npm install --silent (.*)$/m, (_, names: string) => {
      const sources = names.split(' ').map(name => {
        if (name === 'cdk-token-analytics') return `./${filename}`;
        return `file:${path.join(name === 'aws-cdk' ? TOOLS : path.join(REPOSITORY, 'node_modules'), name)}`;
      });
      return `npm install --silent --offline --install-links=false ${sources.join(' ')}`;
    });
}
