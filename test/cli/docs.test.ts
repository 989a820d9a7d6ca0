import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { REPOSITORY, runOk } from '../support/run';

const schemaIn = (...file: string[]) =>
  JSON.parse(readFileSync(path.join(REPOSITORY, ...file), 'utf8')) as { readonly properties: object };
const page = readFileSync(path.join(REPOSITORY, 'docs', 'cli.md'), 'utf8');
const schema = schemaIn('docs', 'cli.schema.json');
/** Every command but this one prints JSON. */
const WITHOUT_JSON = 'completion';
const commands = [...Object.keys(schema.properties), WITHOUT_JSON];

test.each(commands)('docs/cli.md has a session of %s', name => {
  const section = page.split(/^## /m).find(text => text.startsWith(`${name}\n`)) ?? '';

  expect(section).toMatch(new RegExp(`^\`token-analytics ${name}\\b`, 'm'));
  expect(section).toMatch(/^```console\n\$ .*token-analytics\b/m);
});

test('nothing of the machine that made it is in it', () => {
  expect(page).not.toMatch(/\/(?:home|root|Users|tmp|work)\b|127\.0\.0\.1:(?!8000)|Warning:|node:internal/);
});

test('the schema has every command that prints JSON', async () => {
  const help = await runOk(process.execPath, [path.join(REPOSITORY, 'lib', 'cli', 'index.js'), '--help'], {
    env: { PATH: process.env.PATH },
  });
  const [, listed] = /\nCommands:\n([\s\S]+)$/.exec(help) ?? [];
  const names = [...(listed ?? '').matchAll(/^ {2}([a-z]+)/gm)]
    .map(([, name]) => name)
    .filter(name => name !== 'help');

  expect(names.sort()).toEqual([...commands].sort());
});
