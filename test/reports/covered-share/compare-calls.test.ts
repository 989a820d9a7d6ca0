import fc from 'fast-check';
import { compareCalls } from '../../../reports/covered-share/compare-calls';
import type { CallCounts, CoveredCalls } from '../../../reports/covered-share/covered-share';
import { percentText } from '../../../reports/covered-share/share-text';

const PROFILE = 'application-inference-profile/a1b2c3d4e5f6';
/** Model ids of the account, of which the last belongs to the profile in {@link PROFILE}. */
const ACCOUNT_IDS = [
  'amazon.nova-lite-v1:0',
  'us.amazon.nova-lite-v1:0',
  'global.anthropic.claude-sonnet-4-5-20250929-v1:0',
  'anthropic.claude-sonnet-4-5-20250929-v1:0',
  'a1b2c3d4e5f6',
];
/** Models in traces, with the id in the request. */
const RECORDED = [
  { model: 'amazon.nova-lite-v1:0', modelId: 'us.amazon.nova-lite-v1:0' },
  { model: 'amazon.nova-lite-v1:0', modelId: `arn:aws:bedrock:us-east-1:123456789012:${PROFILE}` },
  { model: PROFILE, modelId: `arn:aws:bedrock:us-east-1:123456789012:${PROFILE}` },
  { model: PROFILE },
  { model: 'anthropic.claude-sonnet-4-5-20250929-v1:0' },
  { model: 'cohere.command-r-v1:0', modelId: 'cohere.command-r-v1:0' },
];
const count = fc.nat({ max: 1_000_000_000 });
const counts = { invocations: count, inputTokens: count };
const calls = fc.record({
  account: fc.uniqueArray(fc.record({ modelId: fc.constantFrom(...ACCOUNT_IDS), ...counts }), {
    selector: ({ modelId }) => modelId,
  }),
  recorded: fc.array(
    fc
      .tuple(fc.constantFrom(...RECORDED), fc.record({ ...counts, failed: count }))
      .map(([id, of]) => ({ ...id, ...of })),
  ),
});

const add = (one: CallCounts, other: CallCounts): CallCounts => ({
  invocations: one.invocations + other.invocations,
  inputTokens: one.inputTokens + other.inputTokens,
});
const sumOf = (all: readonly CallCounts[]) => all.reduce(add, { invocations: 0, inputTokens: 0 });

describe('compareCalls', () => {
  test('gives shares from 0 to 1, and parts that add up to the calls of the account and of the table', () => {
    fc.assert(
      fc.property(calls, ({ account, recorded }) => {
        const { total, models } = compareCalls(account, recorded);

        expect(total.account).toEqual(sumOf(account.map(({ modelId: _, ...of }) => of)));
        expect(total.recorded).toEqual(sumOf(recorded));
        for (const row of [total, ...models]) {
          expect(add(row.covered, row.missing)).toEqual(row.account);
          expect(add(row.covered, row.excess)).toEqual(row.recorded);
          for (const share of Object.values(row.share) as number[]) {
            expect(share).toBeGreaterThanOrEqual(0);
            expect(share).toBeLessThanOrEqual(1);
          }
        }
        for (const part of ['account', 'recorded', 'covered', 'missing', 'excess'] as const) {
          expect(sumOf(models.map(row => row[part]))).toEqual(total[part]);
        }
      }),
    );
  });

  test('gives a reason exactly for the models whose calls differ', () => {
    fc.assert(
      fc.property(calls, ({ account, recorded }) => {
        const differs = ({ missing, excess }: CoveredCalls) =>
          [missing, excess].some(({ invocations, inputTokens }) => invocations + inputTokens > 0);

        for (const row of compareCalls(account, recorded).models) {
          expect(row.reason !== undefined).toBe(differs(row));
        }
      }),
    );
  });

  test('maps a profile to its model also if the rollup has lost the id in the request', () => {
    const { models } = compareCalls(
      [{ modelId: 'a1b2c3d4e5f6', invocations: 2, inputTokens: 20 }],
      [{ model: PROFILE, invocations: 2, inputTokens: 20, failed: 0 }],
    );

    expect(models.map(({ model, modelIds, reason }) => [model, modelIds, reason])).toEqual([
      [PROFILE, ['a1b2c3d4e5f6'], undefined],
    ]);
  });
});

test.each([
  [2, 2, 'failed-calls'],
  [2, 1, 'partly-recorded'],
  [2, 0, 'partly-recorded'],
])(
  'explains %d missing invocations without missing tokens, with %d failed calls in the table: %s',
  (missing, failed, reason) => {
    const { models } = compareCalls(
      [{ modelId: 'amazon.nova-lite-v1:0', invocations: 8 + missing, inputTokens: 80 }],
      [{ model: 'amazon.nova-lite-v1:0', invocations: 8, inputTokens: 80, failed }],
    );

    expect(models.map(each => [each.failed, each.reason])).toEqual([[failed, reason]]);
  },
);

describe('percentText', () => {
  test.each([
    [972, 1000, '97.2 %'],
    [999_999, 1_000_000, '99.9 %'],
    [7, 7, '100 %'],
    [0, 7, '0 %'],
    [289, 1000, '28.9 %'],
  ])('formats %d of %d, rounded down', (part, whole, text) => {
    expect(percentText(part, whole)).toBe(text);
  });
});
