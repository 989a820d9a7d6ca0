import fc from 'fast-check';
import { INVOCATION_KINDS } from '../../../lambda/invocation/invocation-counts';
import { STANDARD } from '../../../lambda/pricing/billing-buckets';
import { CATALOG } from '../../../lambda/pricing/list-prices/catalog';
import { OVERRIDES } from '../../../lambda/pricing/list-prices/overrides';
import type { PricePeriod } from '../../../lambda/pricing/list-prices/price-types';
import { listedFactor } from '../../../lambda/pricing/list-prices/tier-factors';
import { usdToPico } from '../../../lambda/pricing/pico';
import {
  toStoredMarker,
  toStoredRollup,
  parseStoredMarker,
  type RollupAttributes,
  parseStoredRollup,
  rollupItem,
  type StoredAttributes,
} from '../../../lambda/rollup/rollup-item';
import { boundedParts, MAX_PARTS } from '../../../lambda/rollup/usage-part';
import { idOfPart, isLongPrompt, PROMPT_STEPS, type RollupPart } from '../../../lambda/rollup/usage-part';
import { totalsOf, wholeDay } from '../../../lambda/rollup/usage-sums';
import { type Sums } from '../../../lambda/rollup/usage-sums';
import { UNITS } from '../../../lambda/usage/billed-units';
import { PRICE_TIERS } from '../../../src/contract';
import { fuzz } from '../../support/fuzz';

const DAY = '2026-11-20';
/** Maximum bytes of a DynamoDB item (Developer Guide, "Item sizes and formats"). */
const MAX_ITEM_BYTES = 400 * 1024;

const count = fc.oneof(fc.constant(0), fc.nat(), fc.nat({ max: 2 ** 40 }));
const named = (names: readonly string[]) =>
  fc.option(
    fc
      .uniqueArray(fc.tuple(fc.constantFrom(...names), fc.integer({ min: 1, max: 2 ** 40 })), {
        minLength: 1,
        selector: ([name]) => name,
      })
      .map(entries => new Map(entries.sort(([one], [other]) => (one < other ? -1 : 1)))),
    { nil: undefined },
  );
const sums: fc.Arbitrary<Sums> = fc.record({
  count: fc.integer({ min: 1, max: 10_000_000 }),
  uncachedInputTokens: count,
  cacheReadTokens: count,
  cacheWrite5mTokens: count,
  cacheWrite1hTokens: count,
  outputTokens: count,
  picoUsd: fc.bigInt({ min: 0n, max: 10n ** 21n }),
  partial: count,
  latencyCalls: fc.integer({ min: 1, max: 10_000_000 }),
  latencyMicros: count,
  minLatencyMicros: count,
  maxLatencyMicros: count,
  milliItems: count,
  itemTokens: count,
  speechInputTokens: count,
  speechOutputTokens: count,
  unitPicoUsd: fc.bigInt({ min: 0n, max: 10n ** 18n }),
  lowerBound: count,
  units: named(UNITS),
  reasons: named(['bareId', 'cacheWriteTtl', 'cacheTokens', 'guardrailUnits', 'unitPrice', 'speechTokens']),
});
const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
const part: fc.Arbitrary<RollupPart> = fc.record({
  kind: fc.constantFrom(...INVOCATION_KINDS),
  mixed: fc.constant(false),
  modelId: text,
  scope: fc.option(fc.constantFrom('global', 'geo', 'in-region'), { nil: undefined }),
  serviceTier: fc.option(text, { nil: undefined }),
  batch: fc.boolean(),
  promptAbove: fc.constantFrom(0, ...PROMPT_STEPS),
  priceAsOf: fc.option(fc.record({ first: text, last: text }), { nil: undefined }),
  quarters: fc
    .uniqueArray(fc.tuple(fc.nat({ max: 95 }), sums), {
      selector: ([quarter]) => quarter,
      minLength: 1,
      maxLength: 12,
    })
    .map(rows => new Map(rows)),
});
const parts = fc.uniqueArray(part, { selector: idOfPart, minLength: 1, maxLength: 30 });
/** Parts whose units and reasons are short enough to be stored for each quarter-hour. */
const fewParts = fc.uniqueArray(part, { selector: idOfPart, minLength: 1, maxLength: 2 });

/** Copies an item as if it had been written to DynamoDB and read by the SDK. */
const stored = (item: RollupAttributes) => JSON.parse(JSON.stringify(item)) as StoredAttributes;
const totalsOfParts = (list: readonly RollupPart[]) =>
  totalsOf(list.map(each => ({ kind: each.kind, sums: wholeDay(each) })));

/** Returns the size of a value in bytes by DynamoDB's rules (Developer Guide, "Item sizes and formats"). */
function bytesOf(value: StoredAttributes[string]): number {
  if (value.S !== undefined) return Buffer.byteLength(value.S);
  if (value.N !== undefined) return Math.ceil(value.N.replace(/\D/g, '').length / 2) + 1;
  if (value.L) return 3 + value.L.reduce((sum, each) => sum + 1 + bytesOf(each), 0);
  if (value.M) return 3 + bytesOfAll(value.M) + Object.keys(value.M).length;
  return 1;
}
function bytesOfAll(item: StoredAttributes): number {
  return Object.entries(item).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + bytesOf(value),
    0,
  );
}

describe('rollup items', () => {
  test('rollup items are equal after they were stored and parsed', () => {
    fuzz(
      fc.property(text, text, fewParts, (agentId, model, list) => {
        const item = rollupItem(DAY, agentId, model, list);

        expect(parseStoredRollup(stored(toStoredRollup(item)))).toEqual(item);
      }),
    );
  });

  test('rollup items keep their totals if they have too many units and reasons for each quarter-hour', () => {
    fuzz(
      fc.property(parts, list => {
        const item = rollupItem(DAY, 'a', 'm', list);
        const once = stored(toStoredRollup(item));
        const parsed = parseStoredRollup(once);

        expect(parsed.totals).toEqual(item.totals);
        expect(stored(toStoredRollup(parsed))).toEqual(once);
      }),
    );
  });

  test('rollup items do not depend on the order of their parts and quarter-hours', () => {
    fuzz(
      fc.property(parts, fc.infiniteStream(fc.nat()), (list, numbers) => {
        const shuffled = <Each>(values: readonly Each[]) =>
          values
            .map(value => [numbers.next().value as number, value] as const)
            .sort(([a], [b]) => a - b)
            .map(([, value]) => value);
        const others = shuffled(list).map(each => ({
          ...each,
          quarters: new Map(shuffled([...each.quarters])),
        }));

        expect(stored(toStoredRollup(rollupItem(DAY, 'a', 'm', others)))).toEqual(
          stored(toStoredRollup(rollupItem(DAY, 'a', 'm', list))),
        );
      }),
    );
  });

  test('rollup items have a maximum of parts with the totals of all parts', () => {
    fuzz(
      fc.property(parts, list => {
        const bounded = boundedParts(list);

        expect(bounded.length).toBeLessThanOrEqual(MAX_PARTS);
        expect(totalsOfParts(bounded)).toEqual(totalsOfParts(list));
        expect(bounded.some(({ mixed }) => mixed)).toBe(list.length > MAX_PARTS);
      }),
    );
  });

  test('rollup items are below 400 KB with the most parts, all quarter-hours and the longest figures', () => {
    const longest = {
      ...Object.fromEntries(
        [
          'count',
          'uncachedInputTokens',
          'cacheReadTokens',
          'cacheWrite5mTokens',
          'cacheWrite1hTokens',
          'outputTokens',
          'partial',
          'latencyCalls',
          'latencyMicros',
          'minLatencyMicros',
          'maxLatencyMicros',
          'milliItems',
          'itemTokens',
          'speechInputTokens',
          'speechOutputTokens',
          'lowerBound',
        ].map(name => [name, Number.MAX_SAFE_INTEGER]),
      ),
      picoUsd: 10n ** 24n,
      unitPicoUsd: 10n ** 24n,
      units: new Map([...UNITS].sort().map(unit => [unit, 1e9])),
      reasons: new Map(['bareId', 'guardrailUnits', 'unitPrice'].map(reason => [reason, 1e9])),
    } as unknown as Sums;
    const list: RollupPart[] = Array.from({ length: 100 }, (_, index) => ({
      kind: INVOCATION_KINDS[index % INVOCATION_KINDS.length],
      mixed: false,
      modelId: `${index}`.padEnd(112, 'x'),
      scope: 'in-region',
      serviceTier: `${index}`.padEnd(24, 'x'),
      batch: true,
      promptAbove: 272_000,
      priceAsOf: { first: 'x'.repeat(24), last: 'x'.repeat(24) },
      quarters: new Map(Array.from({ length: 96 }, (__, quarter) => [quarter, longest])),
    }));

    const item = stored(toStoredRollup(rollupItem(DAY, 'a'.repeat(64), 'm'.repeat(64), list)));

    expect(item.parts.L).toHaveLength(MAX_PARTS);
    expect(bytesOfAll(item)).toBeGreaterThan(MAX_ITEM_BYTES / 2);
    expect(bytesOfAll(item)).toBeLessThan(MAX_ITEM_BYTES);
  });

  test('rollup items have their totals as attributes', () => {
    const sumsOfOne = {
      ...wholeDay({ quarters: new Map() }),
      count: 2,
      outputTokens: 7,
      picoUsd: 1_000_000_000_001n,
    };
    const key = { mixed: false, batch: false, promptAbove: 0, quarters: new Map([[3, sumsOfOne]]) };

    const item = toStoredRollup(
      rollupItem(DAY, 'in#box', 'a:0', [
        { ...key, kind: 'answered', modelId: 'us.a:0' },
        { ...key, kind: 'cached', modelId: 'us.a:0' },
      ]),
    );

    expect(item).toMatchObject({
      pk: { S: 'ROLLUP#2026-11' },
      sk: { S: '20#in%23box#a:0' },
      agentId: { S: 'in#box' },
      model: { S: 'a:0' },
      day: { S: DAY },
      traces: { N: '4' },
      answered: { N: '2' },
      fromCache: { N: '2' },
      failed: { N: '0' },
      outputTokens: { N: '7' },
      costUsd: { N: '1.000000000001' },
      parts: {
        L: [
          {
            M: { kind: { S: 'answered' }, modelId: { S: 'us.a:0' }, quarters: { S: '3:2,,7,1000000000001' } },
          },
          { M: { kind: { S: 'cached' } } },
        ],
      },
    });
    expect(item).not.toHaveProperty('ttl');
  });

  test('rollup items of a version without speech tokens have none', () => {
    const before = stored(
      toStoredRollup(
        rollupItem(DAY, 'a', 'm', [
          { kind: 'answered', mixed: false, batch: false, promptAbove: 0, quarters: new Map() },
        ]),
      ),
    );
    const { speechInputTokens: _in, speechOutputTokens: _out, ...others } = before;
    const quarters = { S: '3:2,700,1000,12215700000,,,,,,,,,,1;4:1,5' };
    const item = parseStoredRollup({
      ...others,
      parts: { L: [{ M: { ...before.parts.L![0].M, quarters } }] },
    });

    expect(item.totals).toMatchObject({ speechInputTokens: 0, speechOutputTokens: 0 });
    expect(item.parts[0].quarters.get(3)).toMatchObject({
      count: 2,
      uncachedInputTokens: 700,
      outputTokens: 1000,
      picoUsd: 12_215_700_000n,
      partial: 1,
      speechInputTokens: 0,
      speechOutputTokens: 0,
    });
  });

  test('rollup items have speech tokens last in a row, so that earlier versions can parse the other figures', () => {
    const sumsOfTalk = {
      ...wholeDay({ quarters: new Map() }),
      count: 1,
      uncachedInputTokens: 700,
      outputTokens: 1000,
      speechInputTokens: 410,
      speechOutputTokens: 880,
    };
    const item = toStoredRollup(
      rollupItem(DAY, 'a', 'm', [
        {
          kind: 'answered',
          mixed: false,
          batch: false,
          promptAbove: 0,
          quarters: new Map([
            [3, sumsOfTalk],
            [4, sumsOfTalk],
          ]),
        },
      ]),
    );

    expect(item).toMatchObject({
      speechInputTokens: { N: '820' },
      speechOutputTokens: { N: '1760' },
      parts: {
        L: [{ M: { quarters: { S: '3:1,700,1000,,,,,,,,,,,,410,880;4:1,700,1000,,,,,,,,,,,,410,880' } } }],
      },
    });
  });

  test('rollup items with a kind of a later version are refused', () => {
    const item = stored(
      toStoredRollup(
        rollupItem(DAY, 'a', 'm', [
          { kind: 'answered', mixed: false, batch: false, promptAbove: 0, quarters: new Map() },
        ]),
      ),
    );
    const later = { ...item, parts: { L: [{ M: { kind: { S: 'streamed' } } }] } };

    expect(() => parseStoredRollup(later)).toThrow(
      'must be one of answered, unpriced, cached, failed, failedUnpriced, got: streamed',
    );
  });

  test('rollup items have a marker that is equal after it was stored and parsed', () => {
    const marker = { day: DAY, traces: 12, items: 3, rolledUpAt: new Date('2026-11-21T01:30:00.000Z') };

    expect(parseStoredMarker(stored(toStoredMarker(marker)))).toEqual(marker);
    expect(parseStoredMarker(stored(toStoredMarker({ ...marker, unreadable: 6 })))).toEqual({
      ...marker,
      unreadable: 6,
    });
    expect(toStoredMarker({ ...marker, unreadable: 0 })).not.toHaveProperty('unreadable');
    expect(parseStoredMarker(stored(toStoredRollup(rollupItem(DAY, 'a', 'm', []))))).toBeUndefined();
  });
});

const listed = [CATALOG, ...OVERRIDES.map(({ prices }) => prices)]
  .flatMap(table => Object.entries(table))
  .flatMap(([model, markets]) =>
    (Object.values(markets) as (readonly PricePeriod[])[]).flat().map(period => ({ model, ...period })),
  );

test('each listed rate, in each tier of its model, is whole pico-dollars a token, so that sums are priced exactly', () => {
  const broken: string[] = [];
  for (const { model, rates: standard, tierRates = {}, longPrompt } of listed) {
    const factors = [STANDARD, ...PRICE_TIERS.map(tier => listedFactor(tier, model))].filter(
      factor => factor !== undefined,
    );
    for (const rate of [standard, ...(longPrompt ? [longPrompt.rates] : [])].flatMap(
      each => Object.values(each) as string[],
    )) {
      for (const { numerator, denominator } of factors) {
        if ((usdToPico(rate) * numerator) % (1_000_000n * denominator) !== 0n) {
          broken.push(`${model} ${rate} × ${numerator}/${denominator}`);
        }
      }
    }
    for (const [tier, rates] of Object.entries(tierRates)) {
      for (const [bucket, rate] of Object.entries(rates)) {
        if (usdToPico(rate) % 1_000_000n !== 0n) broken.push(`${model} ${tier} ${bucket} ${rate}`);
      }
    }
  }

  expect(listed.length).toBeGreaterThan(100);
  expect(broken).toEqual([]);
});

describe('long prompts', () => {
  test('the prompt steps of rollup items include the long-prompt threshold of each listed price', () => {
    const thresholds = listed.flatMap(({ longPrompt }) => (longPrompt ? [longPrompt.above] : []));

    expect(thresholds.length).toBeGreaterThan(0);
    expect(thresholds.filter(above => !PROMPT_STEPS.includes(above))).toEqual([]);
  });

  test.each([
    [0, 200_000, false],
    [128_000, 128_000, true],
    [128_000, 200_000, false],
    [272_000, 200_000, true],
    [272_000, 300_000, undefined],
    [128_000, 150_000, undefined],
    [0, 0, true],
    [0, 100, undefined],
  ])('prompts above %d tokens are long for a price with a step at %d: %s', (promptAbove, above, isLong) => {
    expect(isLongPrompt({ mixed: false, promptAbove }, above)).toBe(isLong);
    expect(isLongPrompt({ mixed: true, promptAbove }, above)).toBeUndefined();
  });
});
