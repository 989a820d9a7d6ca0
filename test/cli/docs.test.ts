import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { REPOSITORY, runOk } from '../support/run';

const schemaIn = (...file: string[]) =>
  JSON.parse(readFileSync(path.join(REPOSITORY, ...file), 'utf8')) as { readonly properties: object };
const page = readFileSync(path.join(REPOSITORY, 'docs', 'cli.md'), 'utf8');
const schema = schemaIn('docs', 'cli.schema.json');
/** Only command without JSON output, and therefore without a JSON schema. */
const WITHOUT_JSON = 'completion';
const commands = [...Object.keys(schema.properties), WITHOUT_JSON];

test.each(commands)('shows a session of %s in docs/cli.md', name => {
  const section = page.split(/^## /m).find(text => text.startsWith(`${name}\n`)) ?? '';

  expect(section).toMatch(new RegExp(`^\`token-analytics ${name}\\b`, 'm'));
  expect(section).toMatch(/^```console\n\$ .*token-analytics\b/m);
});

test('shows no path, address or warning of the generating machine in docs/cli.md', () => {
  expect(page).not.toMatch(/\/(?:home|root|Users|tmp|work)\b|127\.0\.0\.1:(?!8000)|Warning:|node:internal/);
});

test('describes every command that prints JSON in the schema', async () => {
  const help = await runOk(process.execPath, [path.join(REPOSITORY, 'lib', 'cli', 'index.js'), '--help'], {
    env: { PATH: process.env.PATH },
  });
  const [, listed] = /\nCommands:\n([\s\S]+)$/.exec(help) ?? [];
  const names = [...(listed ?? '').matchAll(/^ {2}([a-z]+)/gm)]
    .map(([, name]) => name)
    .filter(name => name !== 'help');

  expect(names.sort()).toEqual([...commands].sort());
});
