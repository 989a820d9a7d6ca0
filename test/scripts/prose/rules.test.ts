import { useProse } from './support';

const { lintSources, lintTexts } = useProse();

describe('the rule for openings', () => {
  const rulesOf = async (comments: readonly string[]) =>
    (await lintSources(comments.map(text => ({ file: 'src/a.ts', text: `${text}\nconst one = 1;` })))).map(
      findings => findings.map(({ rule }) => rule),
    );

  test('refuses comments and tags that begin with a noun clause', async () => {
    const comments = [
      '/** What is read. */',
      '// Whether it is on.',
      '/**\n * How many there are.\n */',
      '/** Which one it is. */',
      '// Where it is.',
      '/** That it is on. */',
      '/* Those that were read. */',
      '/** One.\n * @param one - whether it is on */',
      '/** One.\n * @param one what is read */',
      '/** One.\n * @returns how many there are */',
      '/** One.\n * @default - that of the alarm */',
      '/** One.\n * @throws where it is empty */',
      '/** One.\n * @throws RangeError where it is empty */',
      '/** One.\n * @throws RangeError for what is empty */',
      '/** One.\n * @throws {RangeError} where it is empty */',
      '/** One.\n * @throws `RangeError` where it is empty */',
      '/** One.\n * @throws {@link RangeError} where it is empty */',
    ];

    expect(await rulesOf(comments)).toEqual(comments.map(() => ['openings']));
  });

  test('accepts openings with verbs, nouns and conditions, and refused words in later sentences, lines and code', async () => {
    const comments = [
      '/** Returns what is read. */',
      '// True if it is on.\n// What is read is kept.',
      '/**\n * One.\n *\n * What is read is kept.\n */',
      '/** `What` is a name. */',
      '/** Whatever is given, it passes. */',
      '/** One.\n * @returns true if it is on */',
      '/** One.\n * @throws if it is empty */',
      '/** One.\n * @throws RangeError if it is empty */',
      '/** One.\n * @throws {RangeError} if the text, where there is one, is empty */',
      '/** One.\n * - what is read\n */',
    ];

    expect(await rulesOf(comments)).toEqual(comments.map(() => []));
  });

  test('accepts any opening in documents, strings and names of tests', async () => {
    const findings = await lintSources([
      { file: 'docs/a.md', text: 'What is read is kept.\n' },
      { file: 'cli/a.ts', text: "help('What is read is kept.');" },
      { file: 'test/a.test.ts', text: "test('what is read is kept', run);" },
    ]);

    expect(findings).toEqual([[], [], []]);
  });
});

describe('the rule for the length of sentences', () => {
  const words = (count: number) => new Array(count).fill('word').join(' ');

  test('refuses a sentence of more than 35 words, and reports the place of its first word', async () => {
    const [[finding], ...others] = await lintTexts([
      `Short. ${words(36)}. Short.`,
      `${words(36)}`,
      `- ${words(36)}`,
      `| a |\n| --- |\n| ${words(36)} |`,
      `${words(20)}\n${words(16)}`,
      `${words(34)} \`one\` \`two\``,
    ]);

    expect(finding).toMatchObject({
      rule: 'sentence-length',
      message: 'a sentence of 36 words: write at most 35, or two sentences',
      index: 7,
    });
    expect(others.map(([{ rule }]) => rule)).toEqual(new Array(5).fill('sentence-length'));
  });

  test('accepts 35 words in a sentence, and counts a code span or a list of short items as one word', async () => {
    const findings = await lintTexts([
      `${words(35)}.`,
      `${words(30)}. ${words(30)}? ${words(30)}! ${words(30)}`,
      `${words(30)}\n\n${words(30)}`,
      `${words(34)} \`${words(20)}\``,
      `Models with prices: ${new Array(30).fill('one of them').join(', ')}.`,
      `${words(20)}, e.g. ${words(14)}.`,
    ]);

    expect(findings).toEqual([[], [], [], [], [], []]);
  });
});

describe('the rule for spelling', () => {
  test('refuses words that are in no dictionary, and suggests similar words', async () => {
    const [[finding], ...others] = await lintTexts([
      'Values are recieved here.',
      'Traces of adressed queues.',
      'A TokenAnalitics construct.',
      'Days that begin seperately.',
    ]);

    expect(finding).toMatchObject({ rule: 'spelling', index: 11 });
    expect(finding.message).toMatch(/^"recieved" is in no dictionary: write received\b.*words\.txt$/);
    expect(others.map(found => found.map(({ message }) => /"(\w+)"/.exec(message)?.[1]))).toEqual([
      ['adressed'],
      ['TokenAnalitics'],
      ['seperately'],
    ]);
  });

  test('accepts British and American spelling, names of AWS and of the project, code, paths and addresses', async () => {
    const findings = await lintTexts([
      'The colour of a colored cell, synthesised or synthesized.',
      "DynamoDB and CloudWatch have rollups; the service's own and the services' names aren't checked.",
      'See `wrnog`, docs/wrnog.md, https://example.com/wrnog and AWS_WRNOG.',
      'It takes 5min, p90 or 3x of it.',
    ]);

    expect(findings).toEqual([[], [], [], []]);
  });
});
