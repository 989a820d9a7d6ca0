import fc from 'fast-check';
import {
  INVOCATION_KINDS,
  type InvocationKind,
  invocationKind,
} from '../../../lambda/invocation/invocation-counts';
import { agentDay } from '../../../lambda/rollup/agent-day';
import { rollupItem } from '../../../lambda/rollup/rollup-item';
import { MAX_PARTS, sliceByTime, PROMPT_STEPS } from '../../../lambda/rollup/usage-part';
import { noSums } from '../../../lambda/rollup/usage-sums';
import { addUtcDays, startOfDay } from '../../../lambda/rollup/utc-day';
import type { Trace } from '../../../lambda/traces/trace';
import { type PartOfModel, recordedPrice, repricer } from '../../../reports/prices/part-prices';
import type { Repricing } from '../../../reports/results';
import { fuzz } from '../../support/fuzz';
import { CostCalculator, parseModelId, type PricedCall } from 'cdk-token-analytics/runtime';

const SONNET = 'anthropic.claude-sonnet-4-5-20250929-v1:0';
const PROFILE = 'arn:aws:bedrock:eu-central-1:123456789012:application-inference-profile/abcdefghijkl';
/** Days around three price changes of models in `MODEL_IDS`, and one later day. */
const DAYS = [
  '2025-11-30',
  '2025-12-01',
  '2026-07-29',
  '2026-07-30',
  '2026-08-20',
  '2026-08-21',
  '2026-11-20',
];
const MODEL_IDS = [
  SONNET,
  `us.${SONNET}`,
  `global.${SONNET}`,
  `arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.${SONNET}`,
  'amazon.nova-pro-v1:0',
  'eu.amazon.nova-pro-v1:0',
  'us.anthropic.claude-haiku-5-5',
  'anthropic.claude-3-5-sonnet-20241022-v2:0',
  'openai.gpt-5.6-luna',
  'global.openai.gpt-5.6-sol',
  'openai.gpt-6-sol',
  'amazon.titan-embed-text-v2:0',
  'vendor.unknown-v1',
  PROFILE,
];

const trace = (changes: Partial<Trace> = {}): Trace => ({
  requestId: 'r',
  agentId: 'a',
  model: SONNET,
  modelId: SONNET,
  scope: 'in-region',
  timestamp: new Date('2026-11-20T10:00:00Z'),
  picoUsd: 7n,
  source: 'usage',
  partial: false,
  cached: false,
  uncachedInputTokens: 1000,
  cacheReadTokens: 2000,
  cacheWrite5mTokens: 300,
  cacheWrite1hTokens: 40,
  outputTokens: 500,
  ...changes,
});

/** Returns sums of calls, as in a rollup item. The default is one call without tokens. */
const partOf = (
  changes: Partial<Omit<PartOfModel, 'sums'>> & { readonly sums?: Partial<PartOfModel['sums']> } = {},
): PartOfModel => ({
  model: SONNET,
  modelId: SONNET,
  scope: 'in-region',
  kind: 'answered',
  mixed: false,
  batch: false,
  promptAbove: 0,
  ...changes,
  sums: { ...noSums(), count: 1, ...changes.sums },
});

/** Adds up the traces of a day as in a rollup. Returns the sums of similar calls. */
function partsOf(day: string, traces: readonly Trace[]): PartOfModel[] {
  const sums = agentDay(day);
  for (const each of traces) sums.add(each);
  return [...sums.models()].flatMap(([model, parts]) =>
    sliceByTime(rollupItem(day, 'a', model, parts), startOfDay(day), startOfDay(addUtcDays(day, 1))).map(
      part => ({
        ...part,
        model,
      }),
    ),
  );
}

describe("repricing of a day's sums", () => {
  const tokens = fc.oneof(
    fc.constant(0),
    fc.nat({ max: 5000 }),
    fc.constantFrom(...PROMPT_STEPS),
    fc.nat({ max: 400_000 }),
  );
  /**
   * Generates four flags for a day. They are true if the calls have cache reads, 5-minute writes, 1-hour
   * writes and output tokens. All calls of a day have the same flags, because sums do not show the number of
   * unpriced calls.
   */
  const anyBuckets = fc.tuple(fc.boolean(), fc.boolean(), fc.boolean(), fc.boolean());
  const anyTrace = (day: string, buckets: readonly boolean[]) =>
    fc
      .record({
        modelId: fc.constantFrom(...MODEL_IDS),
        kind: fc.constantFrom(...INVOCATION_KINDS),
        second: fc.nat({ max: 86_399 }),
        serviceTier: fc.constantFrom(
          undefined,
          undefined,
          undefined,
          undefined,
          'default',
          'flex',
          'priority',
          'turbo',
        ),
        operation: fc.constantFrom('Converse', 'Converse', 'BatchOutput'),
        tokens: fc.tuple(tokens, tokens, tokens, tokens, tokens),
        picoUsd: fc.bigInt({ min: 0n, max: 10n ** 15n }),
        failedWithUsage: fc.boolean(),
      })
      .map(({ modelId, kind, second, serviceTier, operation, picoUsd, failedWithUsage, ...each }): Trace => {
        const { model, scope } = parseModelId(modelId);
        // A failed call has token counts only if it failed during its answer.
        const hasUsage = kind !== 'failed' || failedWithUsage;
        const counts = each.tokens.map((count, bucket) =>
          hasUsage && (bucket === 0 || buckets[bucket - 1]) ? count + 1 : 0,
        );
        const [uncachedInputTokens, cacheReadTokens, cacheWrite5mTokens, cacheWrite1hTokens, outputTokens] =
          counts;
        const failed = kind === 'failed' || kind === 'failedUnpriced';
        return trace({
          modelId,
          model: modelId === PROFILE ? SONNET : model,
          scope: modelId === PROFILE ? 'geo' : scope,
          serviceTier,
          operation,
          timestamp: new Date(startOfDay(day).getTime() + second * 1000),
          uncachedInputTokens,
          cacheReadTokens,
          cacheWrite5mTokens,
          cacheWrite1hTokens,
          outputTokens,
          picoUsd: kind === 'unpriced' || kind === 'failedUnpriced' || !hasUsage ? undefined : picoUsd,
          source: hasUsage ? 'usage' : undefined,
          error: failed ? 'ThrottlingException' : undefined,
          cached: kind === 'cached',
          partial: failed && hasUsage,
        });
      });
  const anyDay = fc.tuple(fc.constantFrom(...DAYS), anyBuckets).chain(([day, buckets]) =>
    fc.record({
      day: fc.constant(day),
      traces: fc.array(anyTrace(day, buckets), { minLength: 1, maxLength: 60, size: 'max' }),
    }),
  );
  const anyPrices: fc.Arbitrary<true | Repricing> = fc.constantFrom<(true | Repricing)[]>(
    true,
    { region: 'eu-central-1' },
    { bareIdPrice: 'in-region', region: 'us-west-2' },
    {
      customPrices: {
        'vendor.*': {
          input: 1,
          output: 2,
          cacheRead: 0.5,
          cacheWrite5m: 3,
          cacheWrite1h: 4,
          longPrompt: { above: 200_000, input: 2, output: 4, cacheRead: 1, cacheWrite5m: 6, cacheWrite1h: 8 },
        },
      },
    },
  );

  test('reprices the parts of a day to exactly the sum of its repriced calls, with as many unpriced calls', () => {
    const seen = { priced: 0, unpriced: 0, kinds: new Set<InvocationKind>() };
    fuzz(
      fc.property(anyDay, anyPrices, ({ day, traces }, prices) => {
        const { priceOfPart, priceOfTrace } = repricer(prices);
        const parts = partsOf(day, traces);
        fc.pre(parts.every(({ mixed }) => !mixed));

        const ofParts = parts.map(part => priceOfPart(day, part));
        const ofTraces = traces.map(each => priceOfTrace(each));

        expect(ofParts.reduce((sum, { picoUsd }) => sum + picoUsd, 0n)).toBe(
          ofTraces.reduce((sum, { picoUsd }) => sum + picoUsd, 0n),
        );
        expect(ofParts.reduce((sum, { unpriced }) => sum + unpriced, 0)).toBe(
          ofTraces.reduce((sum, { unpriced }) => sum + unpriced, 0),
        );
        seen.priced += ofTraces.filter(({ picoUsd }) => picoUsd > 0n).length;
        seen.unpriced += ofTraces.filter(({ unpriced }) => unpriced > 0).length;
        for (const each of traces) seen.kinds.add(invocationKind(each));
      }),
      { numRuns: 150 },
    );

    // Fails if too few of the generated traces are priced or unpriced.
    expect(seen.priced).toBeGreaterThan(200);
    expect(seen.unpriced).toBeGreaterThan(200);
    expect([...seen.kinds].sort()).toEqual([...INVOCATION_KINDS].sort());
  });

  test('reprices to the recorded amounts if the prices are the same', () => {
    const calculator = new CostCalculator({ region: 'us-east-1' });
    const calls: PricedCall[] = MODEL_IDS.flatMap(modelId => [
      { modelId },
      { modelId, serviceTier: 'flex' },
      { modelId, batch: true },
    ]);
    const usage = {
      uncachedInputTokens: 101,
      cacheReadTokens: 150_000,
      cacheWrite5mTokens: 0,
      cacheWrite1hTokens: 0,
      outputTokens: 55,
      source: 'usage' as const,
      partial: false,
    };
    const traces = calls.map(({ modelId, serviceTier, batch }): Trace =>
      trace({
        ...usage,
        modelId,
        ...parseModelId(modelId),
        serviceTier,
        operation: batch ? 'BatchOutput' : 'Converse',
        picoUsd: calculator.calculate(usage, {
          modelId,
          serviceTier,
          batch,
          at: new Date('2026-11-20T10:00:00Z'),
        })?.picoUsd,
      }),
    );

    const { priceOfTrace } = repricer(true, 'us-east-1');

    expect(traces.filter(({ picoUsd }) => picoUsd !== undefined).length).toBeGreaterThan(10);
    expect(traces.map(priceOfTrace)).toEqual(
      traces.map(({ picoUsd }) => ({ picoUsd: picoUsd ?? 0n, unpriced: picoUsd === undefined ? 1 : 0 })),
    );
  });

  test('leaves a part unpriced if some of its calls have tokens without a price, because sums do not count such calls', () => {
    const day = '2026-11-20';
    const nova = {
      model: 'amazon.nova-pro-v1:0',
      modelId: 'amazon.nova-pro-v1:0',
      timestamp: startOfDay(day),
    };
    const traces = [trace({ ...nova, cacheWrite1hTokens: 0 }), trace({ ...nova, cacheWrite1hTokens: 1 })];
    const { priceOfPart, priceOfTrace } = repricer(true);

    expect(partsOf(day, traces).map(part => priceOfPart(day, part))).toEqual([{ picoUsd: 0n, unpriced: 2 }]);
    expect(traces.map(priceOfTrace)).toEqual([
      { picoUsd: expect.any(BigInt), unpriced: 0 },
      { picoUsd: 0n, unpriced: 1 },
    ]);
  });

  test('prices speech tokens at the speech rates, in sums as in calls', () => {
    const day = '2026-11-20';
    const customPrices = { 'vendor.speech': { input: 0.33, output: 2.75, speechInput: 3, speechOutput: 12 } };
    const talk = trace({
      model: 'vendor.speech',
      modelId: 'vendor.speech',
      timestamp: startOfDay(day),
      uncachedInputTokens: 700,
      cacheReadTokens: 0,
      cacheWrite5mTokens: 0,
      cacheWrite1hTokens: 0,
      outputTokens: 1000,
      speechInputTokens: 410,
      speechOutputTokens: 880,
    });
    const { speechInputTokens: _in, speechOutputTokens: _out, ...text } = talk;
    const { priceOfPart, priceOfTrace } = repricer({ customPrices });

    expect([talk, text].map(priceOfTrace)).toEqual([
      { picoUsd: 12_215_700_000n, unpriced: 0 },
      { picoUsd: 2_981_000_000n, unpriced: 0 },
    ]);
    expect(partsOf(day, [talk, talk, text]).map(part => priceOfPart(day, part))).toEqual([
      { picoUsd: 2n * 12_215_700_000n + 2_981_000_000n, unpriced: 0 },
    ]);
    expect(
      partsOf(day, [talk]).map(part =>
        repricer({ customPrices: { 'vendor.speech': { input: 1, output: 1 } } }).priceOfPart(day, part),
      ),
    ).toEqual([{ picoUsd: 0n, unpriced: 1 }]);
  });

  test('subtracts discounts, so that repriced amounts equal recorded ones with the same discounts', () => {
    const day = '2026-11-20';
    const discounts = { anthropic: 0.15 };
    const made = trace({ modelId: `us.${SONNET}`, scope: 'geo', timestamp: startOfDay(day) });
    const picoUsd = new CostCalculator({ discounts }).calculate(
      { ...made, source: 'usage' },
      { modelId: made.modelId, at: made.timestamp },
    )?.picoUsd;
    const { priceOfPart, priceOfTrace } = repricer({ discounts });

    expect(picoUsd).toBe((13_711_500_000n * 85n) / 100n);
    expect(priceOfTrace(made)).toEqual({ picoUsd, unpriced: 0 });
    expect(partsOf(day, [made, made]).map(part => priceOfPart(day, part).picoUsd)).toEqual([2n * picoUsd!]);
  });

  test('leaves a part unpriced if it mixes calls with different prices', () => {
    const day = '2026-11-20';
    const traces = Array.from({ length: MAX_PARTS + 5 }, (_, index) =>
      trace({ serviceTier: `tier-${index}`, timestamp: startOfDay(day) }),
    );
    const { priceOfPart } = repricer({
      customPrices: { '*': { input: 1, output: 1, cacheRead: 1, cacheWrite5m: 1, cacheWrite1h: 1 } },
    });

    const parts = partsOf(day, [
      ...traces,
      trace({ timestamp: startOfDay(day) }),
      trace({ timestamp: startOfDay(day) }),
    ]);
    const mixed = parts.find(part => part.mixed)!;

    expect(mixed.sums.count).toBeGreaterThan(1);
    expect(priceOfPart(day, mixed)).toEqual({ picoUsd: 0n, unpriced: mixed.sums.count });
    // Only the two calls without a service tier are priced, because the custom price has no rates for tiers.
    expect(parts.map(part => priceOfPart(day, part)).filter(({ picoUsd }) => picoUsd > 0n)).toEqual([
      { picoUsd: 2n * 3_840_000_000n, unpriced: 0 },
    ]);
  });
});

/** Numbers of a cost of three calls at the global price of a bare id, because no region is known. */
const BARE_IDS = { lowerBound: 3, reasons: new Map([['bareId', 3]]) };

describe('price of a part', () => {
  const { priceOfPart } = repricer(true);
  const price = (changes: Parameters<typeof partOf>[0], day = '2026-11-20') =>
    priceOfPart(day, partOf(changes));

  test.each<[string, InvocationKind, object, object]>([
    ['prices cached responses at 0', 'cached', { count: 3, outputTokens: 9 }, { picoUsd: 0n, unpriced: 0 }],
    ['prices calls that failed before an answer at 0', 'failed', { count: 3 }, { picoUsd: 0n, unpriced: 0 }],
    ['leaves calls without known tokens unpriced', 'unpriced', { count: 3 }, { picoUsd: 0n, unpriced: 3 }],
    [
      'prices unpriced calls if the price of their tokens is known now',
      'unpriced',
      { count: 3, outputTokens: 1_000_000 },
      { picoUsd: 15_000_000_000_000n, unpriced: 0, ...BARE_IDS },
    ],
    [
      'prices failed calls if the price of their tokens is known now',
      'failedUnpriced',
      { count: 3, outputTokens: 1_000_000 },
      { picoUsd: 15_000_000_000_000n, unpriced: 0, ...BARE_IDS },
    ],
  ])('%s', (_what, kind, sums, expected) => {
    expect(price({ kind, sums })).toEqual(expected);
  });

  test('counts failed calls of an unpriced model as unpriced if they had begun to answer', () => {
    expect(
      price({
        kind: 'failed',
        modelId: 'vendor.unknown',
        model: 'vendor.unknown',
        sums: { count: 100, partial: 2, outputTokens: 5 },
      }),
    ).toEqual({ picoUsd: 0n, unpriced: 2 });
  });

  test('prices a part at the prices of its day', () => {
    const luna = {
      model: 'openai.gpt-5.6-luna',
      modelId: 'openai.gpt-5.6-luna',
      sums: { outputTokens: 1_000_000 },
    };

    expect([price(luna, '2026-07-29').picoUsd, price(luna, '2026-07-30').picoUsd]).toEqual([
      6_600_000_000_000n,
      1_320_000_000_000n,
    ]);
    expect(
      price(
        {
          model: 'anthropic.claude-3-5-sonnet-20241022-v2:0',
          modelId: 'anthropic.claude-3-5-sonnet-20241022-v2:0',
          sums: { outputTokens: 1 },
        },
        '2025-12-01',
      ),
    ).toEqual({ picoUsd: 0n, unpriced: 1 });
  });

  test('prices a part at the long-prompt rate if all its prompts are long, and not at all if that is unknown', () => {
    const haiku = (promptAbove: number) => ({
      model: 'anthropic.claude-haiku-5-5',
      modelId: 'us.anthropic.claude-haiku-5-5',
      scope: 'geo',
      promptAbove,
      sums: { outputTokens: 1_000_000 },
    });
    const stepped = repricer({
      customPrices: { '*': { input: 1, output: 1, longPrompt: { above: 150_000, input: 1, output: 2 } } },
    });

    expect([price(haiku(0)).picoUsd, price(haiku(100_000)).picoUsd]).toEqual([
      550_000_000_000n,
      2_750_000_000_000n,
    ]);
    expect(
      [0, 128_000, 200_000].map(promptAbove => stepped.priceOfPart('2026-11-20', partOf(haiku(promptAbove)))),
    ).toEqual([
      { picoUsd: 10n ** 12n, unpriced: 0 },
      { picoUsd: 0n, unpriced: 1 },
      { picoUsd: 2n * 10n ** 12n, unpriced: 0 },
    ]);
    expect(
      stepped.priceOfTrace(
        trace({
          uncachedInputTokens: 150_001,
          cacheReadTokens: 0,
          cacheWrite5mTokens: 0,
          cacheWrite1hTokens: 0,
          outputTokens: 0,
        }),
      ),
    ).toEqual({ picoUsd: 150_001_000_000n, unpriced: 0 });
  });

  test('prices a part at the price of the given region, unless the id names a region', () => {
    const lite = (modelId: string) =>
      partOf({ model: 'amazon.nova-lite-v1:0', modelId, sums: { outputTokens: 1_000_000 } });
    const arn = 'arn:aws:bedrock:ap-southeast-2::foundation-model/amazon.nova-lite-v1:0';
    const inFrankfurt = repricer(true, 'eu-central-1');

    expect(inFrankfurt.priceOfPart('2026-11-20', lite('amazon.nova-lite-v1:0')).picoUsd).toBe(
      312_000_000_000n,
    );
    expect(inFrankfurt.priceOfPart('2026-11-20', lite(arn)).picoUsd).toBe(252_000_000_000n);
    expect(
      repricer({ region: 'eu-west-1' }, 'eu-central-1').priceOfPart(
        '2026-11-20',
        lite('amazon.nova-lite-v1:0'),
      ),
    ).toEqual({ picoUsd: 0n, unpriced: 1 });
  });
});

describe('ids that hide their model', () => {
  const DAY = '2026-11-20';
  const hidden = (modelId: string, scope: string, model = SONNET) =>
    partOf({ modelId, scope, model, sums: { outputTokens: 1_000_000 } });

  test.each([
    ['a profile of a geography', PROFILE, 'geo', 16_500_000_000_000n],
    ['a global profile', PROFILE, 'global', 15_000_000_000_000n],
    ['a profile of the region', PROFILE, 'in-region', 16_500_000_000_000n],
    [
      'a prompt router',
      'arn:aws:bedrock:us-east-1:123456789012:default-prompt-router/anthropic.claude:1',
      'geo',
      16_500_000_000_000n,
    ],
    [
      'an ARN that was cut',
      'arn:aws-us-gov:bedrock:us-gov-west-1:123456789012:inference-profile/us-gov.anthropic.claude-sonnet-4-5-2~0a1b2c3d',
      'geo',
      18_000_000_000_000n,
    ],
  ])(
    'prices %s, which hides its model, by the model and scope in the trace',
    (_what, modelId, scope, picoUsd) => {
      expect(repricer(true).priceOfPart(DAY, hidden(modelId, scope))).toEqual({ picoUsd, unpriced: 0 });
    },
  );

  test('prices an id that hides its model in the region of its ARN', () => {
    const model = 'amazon.nova-lite-v1:0';

    expect(repricer(true, 'us-east-1').priceOfPart(DAY, hidden(PROFILE, 'in-region', model)).picoUsd).toBe(
      312_000_000_000n,
    );
    expect(
      repricer(true).priceOfPart(DAY, hidden(PROFILE.replace('eu-central-1', 'eu-west-3'), 'geo', model)),
    ).toEqual({ picoUsd: 0n, unpriced: 1 });
  });

  test('prefers a given model or price for an id that hides its model, and leaves it unpriced if the model is unknown', () => {
    const given = { inferenceProfiles: { abcdefghijkl: `global.${SONNET}` } };
    const custom = { customPrices: { [PROFILE]: { input: 0, output: 1 } } };

    expect(repricer(given).priceOfPart(DAY, hidden(PROFILE, 'geo')).picoUsd).toBe(15_000_000_000_000n);
    expect(repricer(custom).priceOfPart(DAY, hidden(PROFILE, 'geo')).picoUsd).toBe(1_000_000_000_000n);
    expect(
      repricer(true).priceOfPart(
        DAY,
        hidden(PROFILE, 'in-region', 'application-inference-profile/abcdefghijkl'),
      ),
    ).toEqual({ picoUsd: 0n, unpriced: 1 });
  });
});

test('prices a call by the fields of its trace', () => {
  const { priceOfTrace } = repricer(true);

  expect(priceOfTrace(trace())).toEqual({
    picoUsd:
      1000n * 3_000_000n + 2000n * 300_000n + 300n * 3_750_000n + 40n * 6_000_000n + 500n * 15_000_000n,
    unpriced: 0,
    lowerBound: 1,
    reasons: new Map([['bareId', 1]]),
  });
  expect(priceOfTrace(trace({ cached: true }))).toEqual({ picoUsd: 0n, unpriced: 0 });
  const untold = {
    uncachedInputTokens: 0,
    cacheReadTokens: 0,
    cacheWrite5mTokens: 0,
    cacheWrite1hTokens: 0,
    outputTokens: 0,
    source: undefined,
    picoUsd: undefined,
  };
  expect(priceOfTrace(trace({ ...untold, error: 'ThrottlingException' }))).toEqual({
    picoUsd: 0n,
    unpriced: 0,
  });
  for (const unknown of [trace(untold), trace({ model: 'vendor.unknown', modelId: 'vendor.unknown' })]) {
    expect(priceOfTrace(unknown)).toEqual({ picoUsd: 0n, unpriced: 1 });
  }
});

test('refuses an invalid custom price', () => {
  expect(() => repricer({ customPrices: { 'vendor.model': { input: -1, output: 1 } } })).toThrow(RangeError);
});

test('a priced call without tokens and units keeps its cost of 0', () => {
  const sums = { ...noSums(), count: 1 };

  expect(recordedPrice({ kind: 'answered', sums })).toMatchObject({ picoUsd: 0n, unpriced: 0 });
  expect(recordedPrice({ kind: 'unpriced', sums })).toBeUndefined();
  expect(recordedPrice({ kind: 'answered', sums: { ...sums, outputTokens: 1 } })).toBeUndefined();
});
