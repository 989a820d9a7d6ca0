import { rollupItem } from '../../../lambda/rollup/rollup-item';
import type { RollupPart } from '../../../lambda/rollup/usage-part';
import { noSums, type Sums } from '../../../lambda/rollup/usage-sums';
import type { PricedCell } from '../../../reports/prices/part-prices';
import type { Progress, Repricing } from '../../../reports/results';
import type { Span } from '../../../reports/source/day-range';
import type { ReportSource, UtcDay } from '../../../reports/source/usage-source.aws';
import { CacheSavingsSum } from '../../../reports/what-if/cache-savings';
import { CacheTtlSum } from '../../../reports/what-if/cache-ttl-break-even';
import { type WhatIfQuestion, whatIfReport, WhatIfSum } from '../../../reports/what-if/what-if';
import type { WhatIfTarget } from '../../../reports/what-if/what-if-target';

const M = 1_000_000;
const USD = 10n ** 12n;
const DAY = '2026-11-20';
const SONNET = 'anthropic.claude-sonnet-4-5-20250929-v1:0';
const HAIKU = 'anthropic.claude-haiku-4-5-20251001-v1:0';
const OLD_SONNET = 'anthropic.claude-sonnet-4-20250514-v1:0';
const NOVA = 'amazon.nova-pro-v1:0';

type Changes = Partial<Omit<PricedCell['part'], 'sums'>> & {
  readonly model?: string;
  readonly day?: string;
  readonly sums?: Partial<Sums>;
};

/**
 * Returns the sums of ten calls with a million input and a million output tokens. By default, the model is
 * Claude Sonnet, used through its US inference profile.
 */
function cell({ model = SONNET, day = DAY, sums = {}, ...part }: Changes = {}): PricedCell {
  const all = {
    ...noSums(),
    count: 10,
    uncachedInputTokens: M,
    outputTokens: M,
    picoUsd: 20n * USD,
    ...sums,
  };
  return {
    day,
    model,
    agentId: 'triage',
    part: {
      modelId: `us.${model}`,
      scope: 'geo',
      kind: 'answered',
      mixed: false,
      batch: false,
      promptAbove: 0,
      ...part,
      sums: all,
    },
  };
}

function whatIf(cells: readonly PricedCell[], question: WhatIfQuestion, repricing?: Repricing) {
  const sum = new WhatIfSum(question, repricing);
  for (const each of cells) sum.add(each);
  return sum.result();
}

function cacheSavings(cells: readonly PricedCell[], repricing?: Repricing) {
  const sum = new CacheSavingsSum(repricing);
  for (const each of cells) sum.add(each);
  return sum.result();
}

function cacheTtlBreakEven(
  days: readonly Pick<UtcDay, 'day' | 'entries'>[],
  repricing?: Repricing,
  span?: Span,
) {
  const sum = new CacheTtlSum(repricing, span);
  for (const day of days) sum.add(day);
  return sum.result();
}

const ask = (to: WhatIfQuestion['to'], cells: PricedCell[] = [cell()], repricing?: Repricing) =>
  whatIf(cells, { to }, repricing);

describe('whatIf', () => {
  test("compares another model for the same tokens with the recorded cost and with today's prices of the original model", () => {
    const result = ask(HAIKU);

    expect(result).toMatchObject({
      question: { to: { model: HAIKU } },
      invocations: 10,
      recorded: { usd: '20', unpriced: 0 },
      asIs: { usd: '19.8', atLeast: false, unpriced: 0 },
      other: { usd: '6.6', unpriced: 0 },
      compared: {
        invocations: 10,
        asIs: { usd: '19.8' },
        other: { usd: '6.6' },
        difference: { picoUsd: -13_200_000_000_000n, usd: '-13.2' },
      },
      notCompared: 0,
      buckets: [
        {
          bucket: 'input',
          tokens: M,
          asIs: { usd: '3.3' },
          other: { usd: '1.1' },
          difference: { usd: '-2.2' },
        },
        {
          bucket: 'output',
          tokens: M,
          asIs: { usd: '16.5' },
          other: { usd: '5.5' },
          difference: { usd: '-11' },
        },
      ],
      models: [{ model: SONNET, invocations: 10, difference: { usd: '-13.2' } }],
      notes: [expect.stringContaining('Another model counts the same text differently')],
    });
    expect(result.compared.change).toBeCloseTo(-2 / 3, 12);
    expect(result).not.toHaveProperty('withoutCache');
  });

  test('prices bare ids by a known region, and otherwise notes that their price may be too low', () => {
    const bare = cell({ modelId: SONNET, scope: 'in-region' });
    const known = ask({ scope: 'geo' }, [bare], { region: 'us-west-2' });
    const unknown = ask({ scope: 'geo' }, [bare, cell()]);
    const single = ask({ modelId: SONNET }, [cell({ sums: { count: 1 } })]);

    expect([known.asIs.usd, known.other.usd, known.notes]).toEqual(['19.8', '19.8', []]);
    expect([unknown.asIs.usd, unknown.other.usd, unknown.notes]).toEqual([
      '37.8',
      '39.6',
      [
        '10 calls are compared at the global price of a Claude model, because the model id has no prefix and ' +
          'the region is unknown. The model costs more in a region. Name the region to compare that price.',
        'As is, at least: 10 calls may have cost more: 10 × bare model id without a region.',
      ],
    ]);
    expect([unknown.asIs, unknown.other, unknown.compared]).toMatchObject([
      { atLeast: true, lowerBound: 10, reasons: { bareId: 10 } },
      { atLeast: false, unpriced: 0 },
      { asIsLowerBound: 10 },
    ]);
    expect(unknown.compared).not.toHaveProperty('otherLowerBound');
    expect([single.other.usd, single.notes[0]]).toEqual([
      '18',
      expect.stringMatching(/^1 call is compared at the global price/),
    ]);
    expect(ask({ scope: 'geo' }, [bare], { bareIdPrice: 'global' }).notes).toEqual([]);
  });

  test('applies the discounts of each model to both sides, as to the recorded cost', () => {
    const discounts = { anthropic: 0.1, [NOVA]: 0.25 };
    const recorded = cell({ sums: { picoUsd: (198n * USD * 9n) / 100n } });

    const result = ask(NOVA, [recorded], { discounts });

    expect([result.recorded.usd, result.asIs.usd, result.other.usd]).toEqual(['17.82', '17.82', '3']);
    expect(result.notes[0]).toBe(
      'Discounts on list prices: anthropic (10 % less), amazon.nova-pro-v1:0 (25 % less).',
    );
    expect(ask(NOVA).notes.join()).not.toContain('Discount');
    expect(
      cacheSavings([cell({ sums: { outputTokens: 0, cacheReadTokens: M } })], { discounts }),
    ).toMatchObject({ paid: { usd: '3.267' }, net: { usd: '2.673' } });
  });

  describe('whatIf with speech tokens', () => {
    const talk = cell({
      model: 'vendor.speech',
      modelId: 'vendor.speech',
      scope: 'in-region',
      sums: { speechInputTokens: 400_000, speechOutputTokens: 900_000 },
    });
    const rates = { input: 1, output: 2, speechInput: 3, speechOutput: 12 };
    const customPrices = {
      'vendor.speech': rates,
      'vendor.louder': { ...rates, speechOutput: 24 },
      'vendor.mute': { input: 1, output: 1 },
    };

    test('compares speech tokens in separate buckets', () => {
      const result = ask('vendor.louder', [talk], { customPrices });

      expect(result.asIs.usd).toBe('12.8');
      expect(result.other.usd).toBe('23.6');
      expect(
        result.buckets.map(({ bucket, tokens, asIs, other }) => [bucket, tokens, asIs.usd, other.usd]),
      ).toEqual([
        ['input', 600_000, '0.6', '0.6'],
        ['output', 100_000, '0.2', '0.2'],
        ['speechInput', 400_000, '1.2', '1.2'],
        ['speechOutput', 900_000, '10.8', '21.6'],
      ]);
      expect(cacheSavings([talk], { customPrices }).paid.usd).toBe('1.8');
    });

    test('does not compare speech tokens with a model that has no price for speech', () => {
      const result = ask('vendor.mute', [talk], { customPrices });

      expect(result).toMatchObject({ notCompared: 10, other: { unpriced: 10 } });
      expect(result.notes[0]).toBe(
        '10 calls are not compared: the price of vendor.mute for speech input and speech output is unknown.',
      );
      expect(result).not.toHaveProperty('withoutCache');
    });
  });

  test.each<[string, string | WhatIfTarget, Changes, string | undefined]>([
    ['the global profile', { scope: 'global' }, {}, '18'],
    ['a call in the region, at the price of the region', { scope: 'in-region' }, {}, '19.8'],
    ['another model by the id of its profile', `global.${HAIKU}`, {}, '6'],
    ['a bare id, at the global price', { modelId: SONNET }, {}, '18'],
    ['an ARN', `arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.${HAIKU}`, {}, '6.6'],
    ['GovCloud', { region: 'us-gov-west-1' }, {}, '21.6'],
    ['back from GovCloud', { region: 'us-east-1' }, { modelId: `us-gov.${SONNET}` }, '19.8'],
    ['a batch job', { batch: true }, {}, '9.9'],
    ['no batch job', { batch: false }, { batch: true }, '19.8'],
    ['a batch job of calls in a tier', { batch: true }, { model: NOVA, serviceTier: 'flex' }, '2'],
    ['the flex tier', { serviceTier: 'flex' }, { model: NOVA }, '2'],
    [
      'the priority tier instead of a batch job',
      { serviceTier: 'priority' },
      { model: NOVA, batch: true },
      '7',
    ],
    ['the standard tier', { serviceTier: 'default' }, { model: NOVA, serviceTier: 'flex' }, '4'],
    ['another region, where the price is another', { region: 'eu-central-1' }, { model: NOVA }, '5.25'],
    [
      'another region of an ARN',
      { region: 'eu-central-1' },
      { model: NOVA, modelId: `arn:aws:bedrock:us-west-2::foundation-model/${NOVA}`, scope: 'in-region' },
      '5.25',
    ],
    [
      'another model, in the region and scope of the calls',
      NOVA,
      { modelId: `arn:aws:bedrock:eu-central-1:123456789012:inference-profile/eu.${SONNET}` },
      '5.25',
    ],
    [
      'another model for a profile that hides its own',
      HAIKU,
      { modelId: 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdefghijkl' },
      '6.6',
    ],
    ['a tier that the model does not have', { serviceTier: 'flex' }, {}, undefined],
    ['a region whose price is not listed', { region: 'eu-west-1' }, { model: NOVA }, undefined],
    [
      'another model in a scope that it is not listed in',
      'openai.gpt-5.4',
      { modelId: `global.${SONNET}`, scope: 'global' },
      undefined,
    ],
  ])('prices the same calls with the target: %s', (_what, to, changes, expected) => {
    const { other, compared, notCompared } = ask(to, [cell(changes)]);

    expect(
      expected === undefined ? other : { usd: compared.other.usd, invocations: compared.invocations },
    ).toMatchObject(expected === undefined ? { usd: '0', unpriced: 10 } : { usd: expected, invocations: 10 });
    expect(notCompared).toBe(expected === undefined ? 10 : 0);
  });

  test('compares only calls of the model in `from`, for any id of that model', () => {
    const cells = [cell(), cell({ model: NOVA })];

    expect(whatIf(cells, { from: `eu.${SONNET}`, to: HAIKU })).toMatchObject({
      question: { from: `eu.${SONNET}` },
      invocations: 10,
      models: [{ model: SONNET }],
    });
    expect(whatIf(cells, { to: HAIKU })).toMatchObject({
      invocations: 20,
      models: [{ model: SONNET }, { model: NOVA }],
    });
    expect(whatIf(cells, { from: HAIKU, to: SONNET })).toMatchObject({
      invocations: 0,
      compared: { invocations: 0, asIs: { usd: '0' } },
      notes: [],
    });
  });

  test('compares only calls with both prices, and lists omitted calls with the reason', () => {
    const stepped = { input: 1, output: 1, longPrompt: { above: 150_000, input: 2, output: 2 } };
    const result = ask(
      'vendor.stepped',
      [
        cell({ sums: { count: 2 } }),
        cell({
          model: 'vendor.unknown',
          modelId: 'vendor.unknown',
          scope: 'in-region',
          kind: 'unpriced',
          sums: { count: 3, picoUsd: 0n },
        }),
        cell({ kind: 'unpriced', sums: { count: 4, uncachedInputTokens: 0, outputTokens: 0, picoUsd: 0n } }),
        cell({ mixed: true, modelId: undefined, scope: undefined, sums: { count: 1234 } }),
        cell({ promptAbove: 128_000, sums: { count: 1 } }),
        cell({ serviceTier: 'turbo', sums: { count: 6 } }),
        cell({ model: OLD_SONNET, sums: { count: 7, cacheWrite1hTokens: 1 } }),
        cell({ kind: 'cached', sums: { count: 8 } }),
        cell({ kind: 'failed', sums: { count: 9, uncachedInputTokens: 0, outputTokens: 0, picoUsd: 0n } }),
      ],
      { customPrices: { 'vendor.stepped': stepped }, region: 'us-east-1' },
    );

    expect(result).toMatchObject({
      invocations: 2 + 3 + 4 + 1234 + 1 + 6 + 7,
      recorded: { usd: '100', unpriced: 7 },
      asIs: { usd: '39.6', unpriced: 3 + 4 + 1234 + 6 + 7, atLeast: true },
      other: { unpriced: 4 + 1234 + 1 + 6 + 7 },
      compared: { invocations: 2, asIs: { usd: '19.8' }, other: { usd: '2' } },
      notCompared: 3 + 4 + 1234 + 1 + 6 + 7,
    });
    expect(result.notes).toEqual([
      '1,234 calls are not compared: the rollup merged calls with different prices, because the agent and ' +
        'the model had too many kinds of calls on one day.',
      '7 calls are not compared: the price of us.anthropic.claude-sonnet-4-20250514-v1:0 for 1-hour cache ' +
        'writes is unknown.',
      '6 calls are not compared: the price of us.anthropic.claude-sonnet-4-5-20250929-v1:0 in the tier ' +
        'turbo is unknown.',
      '4 calls are not compared: their tokens are unknown.',
      '3 calls are not compared: the price of vendor.unknown in us-east-1 is unknown on their days.',
      '1 call is not compared: us.vendor.stepped has other rates above 150,000 input tokens, and the rollup ' +
        'does not have the length of each prompt.',
      expect.stringContaining('Another model counts'),
    ]);
  });

  test('also compares at the full input price if the target has no known cache price', () => {
    const cached = { cacheReadTokens: 3 * M, cacheWrite1hTokens: M };
    const result = ask(OLD_SONNET, [cell({ sums: cached }), cell({ sums: { count: 5 } })]);

    expect(result).toMatchObject({
      other: { unpriced: 10 },
      compared: { invocations: 5, asIs: { usd: '19.8' }, other: { usd: '18' } },
      withoutCache: { invocations: 15, asIs: { usd: '47.19' }, other: { usd: '48' } },
    });
    expect(result.notes[0]).toBe(
      '10 calls are not compared: the price of us.anthropic.claude-sonnet-4-20250514-v1:0 for 1-hour cache ' +
        'writes is unknown.',
    );
    expect(result.notes[1]).toMatch(/^The comparison without cache .* unknown for 1-hour cache writes\.$/);
  });

  test('prices calls at the prices of their day', () => {
    const luna = { model: 'openai.gpt-5.6-luna' };

    expect(ask({ batch: false }, [cell({ ...luna, day: '2026-07-29' })]).asIs.usd).toBe('7.7');
    expect(ask({ batch: false }, [cell({ ...luna, day: '2026-07-30' })]).asIs.usd).toBe('1.54');
  });

  test('notes the assumed region of the calls if the target is another region', () => {
    expect(ask({ region: 'eu-central-1' }).notes).toEqual([
      'Traces have no region. Calls whose model id has none are compared as calls in the United States.',
    ]);
    expect(ask({ region: 'eu-central-1' }, [cell()], { region: 'us-west-2' }).notes[0]).toContain(
      'in us-west-2.',
    );
  });

  test.each<[unknown, string]>([
    [
      {},
      'to must be a model, or an object with some of model, modelId, region, scope, serviceTier, ' +
        'batch, got: nothing',
    ],
    [undefined, 'got: nothing'],
    [{ tier: 'flex' }, 'got: tier'],
    [{ model: HAIKU, modelId: HAIKU }, 'must not be given together'],
    [
      { model: `us.${HAIKU}` },
      `to.model must be the id of a foundation model without a prefix, got: us.${HAIKU}. Pass it as to.modelId`,
    ],
    [
      { modelId: `us.${HAIKU}`, scope: 'global' },
      'to.scope must not be given with an inference profile or an ARN',
    ],
    [{ scope: 'local' }, 'to.scope must be one of global, geo, in-region, got: local'],
    [{ serviceTier: 'turbo' }, 'to.serviceTier must be one of default, flex, priority, got: turbo'],
    [{ batch: 'yes' }, 'to.batch must be true or false, got: yes'],
    [
      { batch: true, serviceTier: 'flex' },
      'to.serviceTier must not be given with to.batch, because a batch job has no service tier, got: flex',
    ],
    [{ region: 'Frankfurt' }, 'to.region must be an AWS region such as eu-central-1, got: Frankfurt'],
    [
      { modelId: `arn:aws:bedrock:us-east-1::foundation-model/${HAIKU}`, region: 'us-west-2' },
      'to.region must be the region of the ARN, got: us-west-2',
    ],
    [
      'anthropic.claude-haiku-4-4',
      'to must be a model that has a price, got: anthropic.claude-haiku-4-4. Did you mean ' +
        'anthropic.claude-haiku-4-5-20251001-v1,',
    ],
    ['zzz', 'got: zzz. Add its price to prices.customPrices'],
  ])('refuses the invalid target %j', (to, message) => {
    expect(() => ask(to as string)).toThrow(RangeError);
    expect(() => ask(to as string)).toThrow(message);
  });
});

describe('cacheSavings', () => {
  test('subtracts the extra cost of cache writes from the savings of cache reads', () => {
    const saved = cacheSavings([
      cell({ sums: { cacheReadTokens: 10 * M, cacheWrite5mTokens: 2 * M, cacheWrite1hTokens: M } }),
      cell({ model: NOVA, kind: 'cached' }),
    ]);

    const expected = {
      cacheReadTokens: 10 * M,
      cacheWriteTokens: 3 * M,
      paid: { usd: '21.45' },
      uncached: { usd: '46.2' },
      savedByReads: { usd: '29.7' },
      extraForWrites: { usd: '4.95' },
      net: { usd: '24.75' },
      unpriced: 0,
    };
    expect(saved).toMatchObject({ ...expected, models: [{ model: SONNET, ...expected }] });
  });

  test('returns negative net savings if cache writes cost more than reads saved, and positive ones for free writes', () => {
    const { models, net } = cacheSavings([
      cell({ sums: { cacheWrite5mTokens: M } }),
      cell({ model: NOVA, sums: { cacheWrite5mTokens: M } }),
    ]);

    expect(
      models.map(({ model, extraForWrites, net: ofModel }) => [model, extraForWrites.usd, ofModel.usd]),
    ).toEqual([
      [NOVA, '-0.8', '0.8'],
      [SONNET, '0.825', '-0.825'],
    ]);
    expect(net.usd).toBe('-0.025');
  });

  test('halves cache savings for batch calls, and omits unpriced calls', () => {
    const saved = cacheSavings([
      cell({ batch: true, sums: { cacheReadTokens: 10 * M } }),
      cell({ model: 'vendor.unknown', sums: { count: 4, cacheReadTokens: M } }),
      cell({ model: HAIKU }),
    ]);

    expect(saved.models.map(({ model, net, unpriced }) => [model, net.usd, unpriced])).toEqual([
      [SONNET, '14.85', 0],
      ['vendor.unknown', '0', 4],
    ]);
    expect(saved).toMatchObject({ net: { usd: '14.85' }, unpriced: 4 });
  });
});

test('combines comparison, cache savings and TTL break-even in one report, and reads the day before for earlier cache writes', async () => {
  const rolledUp = (day: string, quarter: number): UtcDay => {
    const quarters = new Map([
      [quarter, { ...noSums(), count: 1, uncachedInputTokens: M, cacheWrite5mTokens: M }],
    ]);
    const entry = (agentId: string) =>
      rollupItem(day, agentId, SONNET, [
        {
          kind: 'answered',
          mixed: false,
          modelId: `us.${SONNET}`,
          scope: 'geo',
          batch: false,
          promptAbove: 0,
          quarters,
        },
      ]);
    return { day, entries: [entry('triage'), entry('inbox')], isRolledUp: true };
  };
  const read: string[] = [];
  const source: Pick<ReportSource, 'utcDays'> = {
    utcDays: async function* (from, to) {
      read.push(`${from} to ${to}`);
      yield await Promise.resolve(rolledUp('2026-11-19', 95));
      yield rolledUp(DAY, 0);
    },
  };
  const progress: number[] = [];
  const reading = {
    source: source as ReportSource,
    now: new Date('2026-11-22T00:00:00Z'),
    agentId: 'triage',
    onProgress: ({ done, total }: Progress) => progress.push(done / total),
  };

  const report = await whatIfReport({ from: DAY, to: DAY, timeZone: 'UTC' }, { to: HAIKU }, reading);

  expect(read).toEqual(['2026-11-19 to 2026-11-20']);
  expect(progress).toEqual([0.5, 1]);
  expect(report).toMatchObject({
    from: DAY,
    to: DAY,
    agentId: 'triage',
    reads: { rollupDays: 2, tracedDays: 0 },
    invocations: 1,
    compared: { asIs: { usd: '7.425' }, other: { usd: '2.475' } },
    cacheSavings: { net: { usd: '-0.825' } },
    cacheTtlBreakEven: { entries: [{ agentId: 'triage', writtenTokens: M, rewrittenTokens: M }] },
  });
});

describe('cacheTtlBreakEven', () => {
  const part = (
    rows: readonly (readonly [quarter: number, sums: Partial<Sums>])[],
    changes: Partial<RollupPart> = {},
  ): RollupPart => ({
    kind: 'answered',
    mixed: false,
    modelId: `us.${SONNET}`,
    scope: 'geo',
    batch: false,
    promptAbove: 0,
    quarters: new Map(rows.map(([quarter, sums]) => [quarter, { ...noSums(), count: 1, ...sums }])),
    ...changes,
  });
  const day = (name: string, ...parts: RollupPart[]) => ({
    day: name,
    entries: [rollupItem(name, 'triage', SONNET, parts)],
  });
  const written = (tokens: number) => ({ cacheWrite5mTokens: tokens });

  test('gives the range of costs with a one-hour TTL, from no rewrites within the hour to all possible ones', () => {
    const twoCalls = { ...written(M), count: 2 };
    const { entries } = cacheTtlBreakEven([
      day(
        DAY,
        part([
          [10, written(M)],
          [14, written(M)],
          [19, written(M)],
          [20, twoCalls],
          [40, twoCalls],
        ]),
      ),
    ]);

    expect(entries).toEqual([
      {
        agentId: 'triage',
        model: SONNET,
        writtenTokens: 5 * M,
        // Only the writes in quarter-hours 14, 20 and 40 may repeat an earlier write. In 14 and 20, they may
        // repeat the writes in 10 and 19. In 40, the second of the two calls may repeat the first.
        rewrittenTokens: 3 * M,
        rewrittenShare: 0.6,
        breakEvenShare: expect.closeTo((6 - 3.75) / (6 - 0.3), 12) as number,
        costAt5m: { picoUsd: 20_625_000_000_000n, usd: '20.625' },
        costAt1h: { picoUsd: 33n * USD, usd: '33' },
        costAt1hAtLeast: { picoUsd: 14_190_000_000_000n, usd: '14.19' },
        unpricedTokens: 0,
      },
    ]);
  });

  test('gives equal costs for both TTLs at the break-even share', () => {
    const [{ breakEvenShare = NaN, costAt5m, costAt1h }] = cacheTtlBreakEven([
      day(DAY, part([[1, written(M)]])),
    ]).entries;

    const asReads = 0.33;
    expect(breakEvenShare * asReads + (1 - breakEvenShare) * Number(costAt1h.usd)).toBeCloseTo(
      Number(costAt5m.usd),
      12,
    );
  });

  test('counts a cache write as a rewrite after calls of another price or of the day before', () => {
    const rewritten = (...days: ReturnType<typeof day>[]) =>
      cacheTtlBreakEven(days).entries.map(({ rewrittenTokens }) => rewrittenTokens);

    expect(
      rewritten(day(DAY, part([[14, written(M)]]), part([[10, { cacheReadTokens: 1 }]], { batch: true }))),
    ).toEqual([M]);
    expect(
      rewritten(
        day(
          DAY,
          part([[14, written(M)]]),
          part([
            [9, { cacheReadTokens: 1 }],
            [10, { count: 5 }],
          ]),
        ),
      ),
    ).toEqual([0]);
    expect(
      rewritten(day('2026-11-19', part([[92, { cacheReadTokens: 1 }]])), day(DAY, part([[0, written(M)]]))),
    ).toEqual([M]);
    expect(
      rewritten(day('2026-11-19', part([[91, { cacheReadTokens: 1 }]])), day(DAY, part([[0, written(M)]]))),
    ).toEqual([0]);
    expect(rewritten(day('2026-11-18', part([[95, written(7)]])), day(DAY, part([[0, written(M)]])))).toEqual(
      [0],
    );
  });

  test('counts only cache writes in the span, and considers calls before it', () => {
    const span = { start: new Date('2026-11-20T00:30:00Z'), end: new Date('2026-11-20T01:00:00Z') };

    expect(
      cacheTtlBreakEven(
        [
          day(
            DAY,
            part([
              [1, written(5)],
              [2, written(7)],
              [4, written(11)],
            ]),
          ),
        ],
        {},
        span,
      ).entries,
    ).toMatchObject([{ writtenTokens: 7, rewrittenTokens: 7 }]);
  });

  test('gives no cost if the model has no price for one-hour cache writes', () => {
    const nova = {
      day: DAY,
      entries: [
        rollupItem(DAY, 'triage', NOVA, [part([[1, written(M)]], { modelId: NOVA, scope: 'in-region' })]),
      ],
    };

    const [figures] = cacheTtlBreakEven([nova]).entries;

    expect(figures).toMatchObject({ writtenTokens: M, unpricedTokens: M, costAt1h: { usd: '0' } });
    expect(figures).not.toHaveProperty('breakEvenShare');
    expect(
      cacheTtlBreakEven([
        day(DAY, part([[1, { cacheReadTokens: M }]]), part([[1, written(M)]], { kind: 'cached' })),
      ]).entries,
    ).toEqual([]);
  });
});
