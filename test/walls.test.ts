import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { REPOSITORY } from './support/run';

/** What each folder may import of the others, and of the two large libraries. */
const WALLS: Readonly<Record<string, readonly RegExp[]>> = {
  src: [/@aws-sdk\//, /@aws-lambda-powertools\//, /(^|\/)(lambda|cli|local)\//],
  lambda: [/^aws-cdk-lib/, /^constructs$/, /(^|\/)(cli|local)\//, /(^|\/)src\/(?!contract$)/],
  local: [/(^|\/)cli\//, /(^|\/)src\/(?!contract$)/],
  cli: [/(^|\/)src\/(?!contract$)/],
};

function filesIn(folder: string): string[] {
  return readdirSync(path.join(REPOSITORY, folder), { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts'))
    .map(file => path.join(REPOSITORY, folder, file));
}

function importsOf(file: string): string[] {
  return [...readFileSync(file, 'utf8').matchAll(/(?:from|import\(|require\()\s*'([^']+)'/g)].map(([, module]) => module);
}

describe.each(Object.entries(WALLS))('%s', (folder, forbidden) => {
  test('imports nothing from beyond its walls', () => {
    const files = filesIn(folder);
    expect(files.length).toBeGreaterThan(1);

    const crossings = files.flatMap(file => importsOf(file)
      .filter(module => forbidden.some(pattern => pattern.test(module)))
      .map(module => `${path.relative(REPOSITORY, file)} imports ${module}`));

    expect(crossings).toEqual([]);
  });
});

test('the runtime speaks to AWS from one folder, which is loaded late', () => {
  const runtime = filesIn('lambda').filter(file => !/[\\/]lambda[\\/](?:aws|handlers)[\\/]/.test(file));
  const imports = runtime.flatMap(file => readFileSync(file, 'utf8').match(/^(?:import|export) (?!type).* from '(?:@aws-sdk\/|\.\.\/aws\/).*$/gm) ?? []);

  expect(imports).toEqual([]);
});

test('the contract imports nothing', () => {
  expect(importsOf(path.join(REPOSITORY, 'src', 'contract.ts'))).toEqual([]);
});
