import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { Ajv } from 'ajv';
import * as fc from 'fast-check';
import { NOVA } from './support';
import schema from '../../../docs/token-usage-event.schema.json';
import { detail as validate } from '../../../lambda/ingest/usage-event-validator.cjs';
import { UNCOUNTED, UNITS } from '../../../lambda/usage/billed-units';
import { ASSETS_FOLDER, HANDLERS, LATE_MODULES } from '../../../src/private/entry-points';
import { fuzz } from '../../support/fuzz';
import { REPOSITORY, runOk } from '../../support/run';

/** Text that every bundle with the event validator contains. */
const VALIDATOR = 'must NOT have additional properties';

/** Returns the code of a built handler, followed by the code of all modules that it loads. */
function bundleOf(name: string): string {
  const files = new Set([`${name}.mjs`]);
  let text = '';
  for (const file of files) {
    const source = readFileSync(path.join(REPOSITORY, ASSETS_FOLDER, file), 'utf8');
    for (const [, loaded] of source.matchAll(/(?:from|import\(?)\s*"\.\/([\w.-]+\.mjs)"/g)) files.add(loaded);
    text += source;
  }
  return text;
}

test('the validator is compiled from the published schema', async () => {
  await runOk(process.execPath, [path.join(REPOSITORY, 'scripts', 'event-validator.mjs'), '--check']);
});

test('the schema has all billed units and no others', () => {
  const { units, uncounted } = schema.properties;

  expect(Object.keys(units.properties)).toEqual(UNITS);
  expect([uncounted.items.enum, uncounted.maxItems]).toEqual([UNCOUNTED, UNCOUNTED.length]);
});

test('the validator accepts and refuses the same events as the schema, with the same texts', () => {
  const bySchema = new Ajv().compile(schema);
  const value = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom(
      '',
      'x',
      '😀'.repeat(256),
      '😀'.repeat(257),
      'Converse',
      '2026-11-20T10:00:00Z',
      0,
      1,
      -1,
      1.5,
      2e12,
    ),
    fc.dictionary(
      fc.constantFrom(...Object.keys(schema.properties.usage.else.properties), 'other'),
      fc.nat(),
    ),
    fc.dictionary(fc.constantFrom(...UNITS, 'other', '__proto__'), fc.oneof(fc.integer(), fc.double())),
    fc.array(fc.constantFrom(...UNCOUNTED, 'other'), { maxLength: 3 }),
  );
  const good = { agentId: 'a', modelId: NOVA, usage: { uncachedInputTokens: 1, outputTokens: 2 } };
  const listErrors = (validator: { errors?: readonly { instancePath: string; message?: string }[] | null }) =>
    validator.errors?.map(({ instancePath, message }) => [instancePath, message]);

  fuzz(
    fc.property(
      fc.dictionary(fc.constantFrom(...Object.keys(schema.properties), 'prompt'), value, { maxKeys: 3 }),
      changes => {
        const event = { ...good, ...changes };
        expect(validate(event)).toBe(bySchema(event));
        expect(listErrors(validate)).toEqual(listErrors(bySchema));
      },
    ),
    { numRuns: 1000 },
  );
  expect(validate(good)).toBe(true);
});

test.each(['ingest-events', 'ingest-failures', 'ingest-spans'])(
  'the bundle of %s has the validator',
  name => {
    expect(bundleOf(name)).toContain(VALIDATOR);
  },
);

test.each(
  Object.keys({ ...HANDLERS, ...LATE_MODULES }).filter(name => !/-(?:events|failures|spans)$/.test(name)),
)('the bundle of %s does not have the validator', name => {
  expect(bundleOf(name)).not.toContain(VALIDATOR);
});

test.each(Object.keys({ ...HANDLERS, ...LATE_MODULES }))(
  'the bundle of %s neither evaluates code from text nor has a library for it',
  name => {
    expect(bundleOf(name)).not.toMatch(/\bnew Function\(|\beval\(|\bajv\b/);
  },
);
