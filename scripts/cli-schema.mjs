// Writes docs/cli.schema.json, the JSON schema of the output of `--json`, from the types in
// cli/json-outputs.ts. With --check, writes nothing and exits with 1 if the file is outdated.
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  createFormatter,
  createParser,
  createProgram,
  PrimitiveType,
  SchemaGenerator,
} from 'ts-json-schema-generator';
import ts from 'typescript';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const file = path.join(root, 'docs/cli.schema.json');

const config = {
  path: path.join(root, 'cli/json-outputs.ts'),
  tsconfig: path.join(root, 'cli/tsconfig.json'),
  type: 'Outputs',
  topRef: false,
  additionalProperties: false,
  skipTypeCheck: true,
  sortProps: false,
  // Copies no doc tags such as @default to the schema, because they describe options and not outputs.
  jsDoc: 'extended',
  extraTags: [],
};

/**
 * Represents the TypeScript type `bigint`. Its schema is a string of digits, because a JSON number cannot
 * hold large values exactly.
 */
class BigIntType extends PrimitiveType {
  getId() {
    return 'bigint';
  }
}

const program = createProgram(config);
const parser = createParser(program, config, chain => {
  chain.addNodeParser({
    supportsNode: node => node.kind === ts.SyntaxKind.BigIntKeyword,
    createType: () => new BigIntType(),
  });
});
const formatter = createFormatter(config, chain => {
  chain.addTypeFormatter({
    supportsType: type => type instanceof BigIntType,
    getDefinition: () => ({ type: 'string', pattern: '^-?\\d+$' }),
    getChildren: () => [],
  });
});

const generated = new SchemaGenerator(program, parser, formatter, config).createSchema('Outputs');
const schema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'token-analytics --json',
  description: 'Output of each command with --json. `properties.<command>` is the schema of one command.',
  type: 'object',
  properties: generated.properties,
  definitions: sorted(generated.definitions),
};
const text = `${JSON.stringify(plain(schema), undefined, 2)}\n`;

if (process.argv.includes('--check')) {
  if ((await readFile(file, 'utf8').catch(() => '')) !== text) {
    console.error('docs/cli.schema.json is out of date. Run `node scripts/cli-schema.mjs`');
    process.exitCode = 1;
  }
} else {
  await writeFile(file, text);
}

function sorted(definitions) {
  return Object.fromEntries(Object.entries(definitions).sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** Removes `default` members that are prose, such as `- all agents`, from a schema. */
function plain(value) {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, member]) => key !== 'default' || typeof member !== 'string' || !member.startsWith('- '))
      .map(([key, member]) => [key, plain(member)]),
  );
}
