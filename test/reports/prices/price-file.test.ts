import { MAX_PRICE_FILE_BYTES, readPriceFile } from '../../../reports/prices/price-file';
import { CostCalculator } from 'cdk-token-analytics/runtime';

const read = (content: unknown) =>
  readPriceFile('prices.json', typeof content === 'string' ? content : JSON.stringify(content));
const price = { input: 1, output: 2 };

describe('price file', () => {
  test('accepts a price file in the format of the environment variable, by id and by pattern', () => {
    const prices = {
      'amazon.nova-lite-v1:0': {
        input: 0.05,
        output: 0.2,
        cacheRead: 0.01,
        cacheWrite5m: 0,
        cacheWrite1h: 0.1,
        speechInput: 3,
        speechOutput: 12,
        source: 'our contract',
        asOf: '2026-11-01',
      },
      'anthropic.*': {
        ...price,
        tierFactors: { flex: 0.4 },
        longPrompt: { above: 200_000, input: 2, output: 4 },
      },
    };

    expect(read(prices)).toEqual(prices);
    expect(read(`\uFEFF${JSON.stringify(prices)}`)).toEqual(prices);
    expect(
      new CostCalculator({ customPrices: read(prices) }).price('us.anthropic.claude-opus-4-8')?.output,
    ).toBe(2);
  });

  test.each<[string, unknown, string]>([
    ['is text', 'input: 1', 'the price file prices.json must be JSON'],
    ['has one comma too many', '{\n  "a": { "input": 1,\n  }\n}', 'the price file prices.json must be JSON'],
    ['is empty', '', 'the price file prices.json must be JSON'],
    [
      'is a list',
      [price],
      'the price file prices.json must be an object of prices by model id, such as { ' +
        '"amazon.nova-lite-v1:0": { "input": 0.06, "output": 0.24 } }',
    ],
    ['is null', null, 'must be an object'],
    ['has no price', {}, 'the price file prices.json must have a price, got: {}'],
    ['has a price without a name', { ' ': price }, '" " must be named by a model id or a pattern'],
    ['has a number for a price', { a: 3 }, '"a" must be an object with input and output, got: 3'],
    [
      'lacks the output',
      { a: { input: 1 } },
      'the price file prices.json: "a" must have output as USD per million tokens, finite and 0 or ' +
        'more, got: undefined',
    ],
    [
      'has text for a rate',
      { a: { ...price, cacheRead: '0.1' } },
      '"a" must have cacheRead as USD per million tokens, finite and 0 or more, got: "0.1"',
    ],
    [
      'has a negative rate',
      { a: { ...price, input: -1 } },
      '"a" must have input as USD per million tokens, finite and 0 or more, got: -1',
    ],
    [
      'has a rate beyond numbers',
      '{ "a": { "input": 1e999, "output": 1 } }',
      '"a" must have input as USD per million tokens, finite and 0 or more, got: Infinity',
    ],
    [
      'has a rate without bounds',
      { a: { ...price, input: 1e300 } },
      'the price file prices.json: "a" must have input of at most 10000000 USD per million tokens, got: 1e+300',
    ],
    [
      'has a misspelt bucket',
      { a: { ...price, cacheread: 1 } },
      '"a" must have only input, output, cacheRead, cacheWrite5m, cacheWrite1h, speechInput, speechOutput, ' +
        'longPrompt, tierFactors, source, asOf (',
    ],
    [
      'has a misspelt long rate',
      { a: { ...price, longPrompt: { ...price, above: 1, cacheWrite: 2 } } },
      'got: "longPrompt.cacheWrite"',
    ],
    [
      'has an invalid longPrompt.above',
      { a: { ...price, longPrompt: { ...price, above: 1.5 } } },
      '"a" must have longPrompt.above as a number of tokens, got: 1.5',
    ],
    [
      'has an unknown service tier',
      { a: { ...price, tierFactors: { turbo: 2 } } },
      '"a" must have tierFactors of flex, priority, batch, optimized only',
    ],
    [
      'has a source that is not text',
      { a: { ...price, source: { url: 'x' } } },
      '"a" must have source as text, got: {"url":"x"}',
    ],
  ])('refuses a price file that %s, and names the expected content', (_what, content, message) => {
    expect(() => read(content)).toThrow(RangeError);
    expect(() => read(content)).toThrow(message);
  });

  test('does not quote the content of an invalid price file in the error', () => {
    expect(() => read('aws_secret_access_key = abcdefgh')).toThrow(
      expect.objectContaining({
        message: expect.not.stringMatching(/aws_|secret|abcdefgh/) as string,
      }) as Error,
    );
  });

  test('reports up to five problems of a price file at once', () => {
    const wrong = Object.fromEntries(
      Array.from({ length: 7 }, (_, index) => [`model-${index}`, { input: 1 }]),
    );

    expect(() => read(wrong)).toThrow(/"model-0" .*; "model-4" .*; and 2 more$/);
    expect(() => read({ [`${'x'.repeat(500)}`]: 1 })).toThrow(
      expect.objectContaining({ message: expect.stringMatching(/^.{50,200}$/) as string }) as Error,
    );
  });

  test('refuses a price file above one megabyte before parsing it', () => {
    const padded = `${JSON.stringify({ a: price })}${' '.repeat(MAX_PRICE_FILE_BYTES)}`;

    expect(() => read(padded)).toThrow(
      `the price file prices.json must have at most ${MAX_PRICE_FILE_BYTES} bytes, got: ${padded.length}`,
    );
  });

  test('changes only the prices in the price file, even if a member is named __proto__', () => {
    const prices = read(`{ "__proto__": ${JSON.stringify(price)}, "constructor": ${JSON.stringify(price)} }`);

    expect(Object.keys(prices)).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(prices)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>).input).toBeUndefined();
    expect(new CostCalculator({ customPrices: prices }).price('amazon.nova-lite-v1:0')?.input).toBe(0.06);
    expect(() => read('{ "a": { "__proto__": { "input": 1, "output": 2 } } }')).toThrow('got: "__proto__"');
  });
});
