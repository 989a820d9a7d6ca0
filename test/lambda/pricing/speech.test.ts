import { million, tokens } from './support';
import { validUsage } from '../../../lambda/usage/token-usage';
import { CostCalculator, explain, picoToDecimalString } from 'cdk-token-analytics/runtime';

const SONIC = 'vendor.speech-v1:0';
/** Prices of Amazon Nova 2 Sonic in US dollars per million tokens. `input` and `output` are for text. */
const RATES = { input: 0.33, output: 2.75, speechInput: 3, speechOutput: 12 };
const calculator = new CostCalculator({ customPrices: { [SONIC]: RATES } });
const talk = tokens({
  uncachedInputTokens: 700,
  speechInputTokens: 410,
  outputTokens: 1000,
  speechOutputTokens: 880,
});

describe('speech tokens', () => {
  test('speech tokens are priced at the speech rates, and the other tokens at the text rates', () => {
    const cost = calculator.calculate(talk, { modelId: SONIC });

    expect(cost && picoToDecimalString(cost.picoUsd)).toBe('0.0122157');
    expect(cost?.breakdown).toEqual({
      input: 95_700_000n,
      output: 330_000_000n,
      cacheRead: 0n,
      cacheWrite5m: 0n,
      cacheWrite1h: 0n,
      speechInput: 1_230_000_000n,
      speechOutput: 10_560_000_000n,
    });
    expect(Object.values(cost?.breakdown ?? {}).reduce((sum, part) => sum + part, 0n)).toBe(cost?.picoUsd);
  });

  test('speech tokens leave the cost unknown if the model has no speech rates', () => {
    const { speechInput, speechOutput, ...text } = RATES;
    const calculators = [text, { ...text, speechInput }, { ...text, speechOutput }].map(
      price => new CostCalculator({ customPrices: { [SONIC]: price } }),
    );

    expect(calculators.map(each => each.calculate(talk, { modelId: SONIC }))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(
      calculators[1].calculate(tokens({ uncachedInputTokens: 9, speechInputTokens: 9 }), { modelId: SONIC })
        ?.picoUsd,
    ).toBe(27_000_000n);
  });

  test('speech tokens are absent from the breakdown if there are none', () => {
    const cost = calculator.calculate(million, { modelId: SONIC });

    expect(cost?.picoUsd).toBe(3_080_000_000_000n);
    expect(Object.keys(cost?.breakdown ?? {})).toEqual([
      'input',
      'output',
      'cacheRead',
      'cacheWrite5m',
      'cacheWrite1h',
    ]);
    expect(
      calculator.calculate(tokens({ outputTokens: 5, speechOutputTokens: 0 }), { modelId: SONIC })?.breakdown,
    ).not.toHaveProperty('speechOutput');
  });

  test('speech tokens have no cost if they exceed all tokens', () => {
    expect(
      calculator.calculate(tokens({ uncachedInputTokens: 1, speechInputTokens: 2 }), { modelId: SONIC }),
    ).toBeUndefined();
    expect(
      calculator.calculate(tokens({ outputTokens: 5, speechOutputTokens: NaN }), { modelId: SONIC }),
    ).toBeUndefined();
  });

  test('speech tokens have the factor of the tier and the rates of a long prompt', () => {
    const price = {
      ...RATES,
      tierFactors: { batch: 0.5 },
      longPrompt: { above: 699, input: 1, output: 1, speechInput: 6, speechOutput: 24 },
    };
    const cost = new CostCalculator({ customPrices: { [SONIC]: price } }).calculate(talk, {
      modelId: SONIC,
      batch: true,
    });

    expect(cost?.breakdown).toMatchObject({ speechInput: 1_230_000_000n, speechOutput: 10_560_000_000n });
    expect(cost?.picoUsd).toBe(11_995_000_000n);
  });

  test('speech tokens have their own lines in the arithmetic', () => {
    const cost = calculator.calculate(talk, { modelId: SONIC });

    expect(cost && explain(cost)).toBe(
      [
        'input             290 × $0.33 / 1M = $0.0000957',
        'output            120 × $2.75 / 1M = $0.00033',
        'input, speech     410 × $3 / 1M = $0.00123',
        'output, speech    880 × $12 / 1M = $0.01056',
        'total                 = $0.0122157',
        'rates of custom: custom',
      ].join('\n'),
    );
  });
});

describe('usage from a caller', () => {
  test('usage from a caller keeps speech tokens', () => {
    expect(validUsage(talk)).toEqual(talk);
    expect(validUsage({ ...million, speechInputTokens: 0, speechOutputTokens: undefined })).toStrictEqual({
      ...million,
      speechInputTokens: 0,
    });
  });

  test.each([
    ['more speech than input', { speechInputTokens: 1_000_001 }],
    ['more speech than output', { speechOutputTokens: 1_000_001 }],
    ['a negative count', { speechInputTokens: -1 }],
    ['a fraction', { speechOutputTokens: 0.5 }],
    ['text', { speechOutputTokens: '5' }],
  ])('usage from a caller with %s is refused', (_what, counts) => {
    expect(validUsage({ ...million, ...counts })).toBeUndefined();
  });
});
