import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { REPOSITORY, run } from '../../support/run';

const schemaIn = (...file: string[]) =>
  JSON.parse(readFileSync(path.join(REPOSITORY, ...file), 'utf8')) as object;

test('docs/cli.schema.json matches the types of the outputs and is in the package', async () => {
  const { code, stderr } = await run(
    process.execPath,
    [path.join(REPOSITORY, 'scripts', 'cli-schema.mjs'), '--check'],
    { env: { PATH: process.env.PATH } },
  );

  expect([code, stderr]).toEqual([0, '']);
  expect(schemaIn('lib', 'cli', 'schema.json')).toEqual(schemaIn('docs', 'cli.schema.json'));
});
