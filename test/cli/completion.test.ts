import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { runInTurn } from './command-process';
import { run } from '../support/run';

const offered = async (...words: readonly string[]) =>
  (await runInTurn(['complete', '--', ...words])).stdout
    .split('\n')
    .filter(line => line !== '' && !line.startsWith(':'))
    .map(line => line.split('\t')[0]);

test('completes commands, their options, and the common options that they do not ignore', async () => {
  const [commands, ofDaily, ofPrices, choices] = await Promise.all([
    offered('d'),
    offered('daily', '--'),
    offered('prices', '--'),
    offered('top', '--by', ''),
  ]);

  expect(commands).toEqual(['daily', 'doctor', 'demo']);
  expect(ofDaily).toEqual(
    expect.arrayContaining(['--by', '--reprice', '--since', '--timezone', '--json', '--profile']),
  );
  expect(ofPrices).toEqual(expect.arrayContaining(['--explain', '--region', '--json']));
  expect(ofPrices).not.toContain('--since');
  expect(choices).toEqual(['incident', 'agent', 'model']);
});

test('prints each completion on one line', async () => {
  const { stdout } = await runInTurn(['complete', '--', '']);

  for (const line of stdout.trim().split('\n').slice(0, -1)) expect(line).toMatch(/^[a-z]+\t\S.*$/);
});

test.each(['bash', 'zsh', 'fish', 'powershell'])(
  'prints a script for %s that calls this command',
  async shell => {
    const { code, stdout } = await runInTurn(['completion', shell]);

    expect(code).toBe(0);
    expect(stdout).toMatch(/token-analytics/);
    expect(stdout).toMatch(/\bcomplete\b/);
  },
);

test('prints a script that bash accepts', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'token-analytics-completion-'));
  const file = path.join(folder, 'completion.bash');
  writeFileSync(file, (await runInTurn(['completion', 'bash'])).stdout);
  const { code, stderr } = await run('bash', ['-n', file]);
  rmSync(folder, { recursive: true });

  expect([code, stderr]).toEqual([0, '']);
});
