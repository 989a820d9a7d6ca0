import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { REPOSITORY, run } from '../support/run';

const page = readFileSync(path.join(REPOSITORY, 'docs', 'cli.md'), 'utf8');
const commands = readdirSync(path.join(REPOSITORY, 'cli', 'commands')).map(file => path.basename(file, '.ts'));

test.each(commands)('docs/cli.md has a session of %s', (name) => {
  const section = page.split(/^## /m).find(text => text.startsWith(`${name}\n`)) ?? '';

  expect(section).toMatch(new RegExp(`^\`token-analytics ${name}\\b`, 'm'));
  expect(section).toMatch(/^```console\n\$ .*token-analytics\b/m);
});

test('nothing of the machine that made it is in it', () => {
  expect(page).not.toMatch(/\/(?:home|root|Users|tmp|work)\b|127\.0\.0\.1:(?!8000)|Warning:|node:internal/);
});

test('docs/cli.schema.json is what the types of the outputs say, and the package has it', async () => {
  const { code, stderr } = await run(process.execPath, [path.join(REPOSITORY, 'scripts', 'cli-schema.mjs'), '--check'], { env: { PATH: process.env.PATH } });

  expect([code, stderr]).toEqual([0, '']);
  const schemaIn = (...file: string[]) => JSON.parse(readFileSync(path.join(REPOSITORY, ...file), 'utf8')) as unknown;
  expect(schemaIn('lib', 'cli', 'schema.json')).toEqual(schemaIn('docs', 'cli.schema.json'));
});

test('the schema has every command that prints JSON', () => {
  const { properties } = JSON.parse(readFileSync(path.join(REPOSITORY, 'docs', 'cli.schema.json'), 'utf8')) as { properties: object };

  expect(Object.keys(properties).sort()).toEqual(commands.filter(name => name !== 'completion').sort());
});
