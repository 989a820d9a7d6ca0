import { useProse } from './support';

const { lintSources, markdownOf } = useProse();

const SOURCE = `
import { mend } from 'a path of words';
throw new Error('must be given a value');
warn(\`\${name} must be \${other}, got: \${JSON.stringify(value)}\`);
const joined = 'one and ' + count + ' more words' + ("in brackets");
const nested = \`outer text of \${inner ? 'three words inside' : 'two words'} it\`;
const short = 'two words';
const key = 'SEALED#';
const css = 'a b c { color: red; }';
const html = '<p class="mend of it">Three plain words</p>';
const lines = 'First of lines\\n\\n    it\\'s the second\\u2026\\n';
`;

const stringsOf = (file: string, text: string) => markdownOf('strings', file, text);

test.each(['src', 'lambda', 'reports', 'cli', 'local'])(
  'extracts phrases of three words from strings of %s, with placeholders',
  async tree => {
    expect(await stringsOf(`${tree}/a.ts`, SOURCE)).toEqual([
      `# \`${tree}/a.ts:3 string\``,
      'must be given a value',
      `# \`${tree}/a.ts:4 string\``,
      'X must be X, got: X',
      `# \`${tree}/a.ts:5 string\``,
      'one and X more wordsin brackets',
      `# \`${tree}/a.ts:6 string\``,
      'outer text of X it',
      `# \`${tree}/a.ts:6 string\``,
      'three words inside',
      `# \`${tree}/a.ts:10 string\``,
      'Three plain words',
      `# \`${tree}/a.ts:11 string\``,
      'First of lines',
      "it's the second…",
    ]);
  },
);

test.each(['scripts/a.mjs', 'bench/a.ts', 'test/a.ts'])('extracts no strings of %s', async file => {
  expect(await stringsOf(file, SOURCE)).toEqual([]);
});

test('extracts names of tests and of groups of tests', async () => {
  const text = `
    describe('a group', () => {
      test('one', () => use('no test name here'));
      it.only(\`two \${words}\`, run);
      test.each([['data of a table']])('three %s', run);
      test.skip.each\`a | b\`('four', run);
      other.test('five', run);
      test(name, run);
    });
  `;

  expect(await stringsOf('test/a.test.ts', text)).toEqual([
    '# `test/a.test.ts:2 string`',
    'a group',
    '# `test/a.test.ts:3 string`',
    'one',
    '# `test/a.test.ts:4 string`',
    'two X',
    '# `test/a.test.ts:5 string`',
    'three %s',
    '# `test/a.test.ts:6 string`',
    'four',
  ]);
});

test('extracts descriptions of the schema of events', async () => {
  const text =
    '{\n  "title": "An event",\n  "properties": { "one": { "description": "First *value*" } },\n  "type": "a type of value"\n}';

  expect(await stringsOf('docs/token-usage-event.schema.json', text)).toEqual([
    '# `docs/token-usage-event.schema.json:2 string`',
    'An event',
    '# `docs/token-usage-event.schema.json:3 string`',
    'First  value',
  ]);
});

test('finds the place in the source of each finding, including those after placeholders, escapes and line ends', async () => {
  const [findings] = await lintSources([
    {
      file: 'cli/a.ts',
      text: [
        "fail('It\\'s a mend of one');",
        'fail(`${a.b(`x`)} is\\nmended by ${name}, ${other} mends`);',
        "fail('one and two ' +",
        "  count + ' mends of three');",
      ].join('\n'),
    },
  ]);

  expect(findings.map(({ at }) => at)).toEqual([
    "mend of one');",
    'mended by ${name}, ${other} mends`);',
    'mends`);',
    "mends of three');",
  ]);
});

test('checks words directly before and after placeholders', async () => {
  const [findings] = await lintSources([
    {
      file: 'cli/a.ts',
      text: 'fail(`${a}and ${b} of ${c}USD are ${d}the sum`);\nfail(`all ${a} of ${b}mispelled it`);',
    },
  ]);

  expect(findings.map(({ rule, at }) => [rule, at])).toEqual([['spelling', 'b}mispelled it`);']]);
});
