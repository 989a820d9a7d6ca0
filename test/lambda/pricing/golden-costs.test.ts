import { million, tokens } from './support';
import { emfOf, stdoutOf } from '../../support/stdout';
import {
  CostCalculator,
  type CostCalculatorOptions,
  extractUsage,
  picoToDecimalString,
  type PricedCall,
  TokenTracker,
  type TokenUsage,
} from 'cdk-token-analytics/runtime';

const AT = new Date('2026-11-01T00:00:00Z');
const CLAUDE = 'anthropic.claude-sonnet-4-5-20250929-v1:0';
const QWEN = 'qwen.qwen3-coder-30b-a3b-v1:0';

interface Golden {
  readonly usage: TokenUsage | undefined;
  readonly call: PricedCall;
  readonly options?: CostCalculatorOptions;
  /** Expected cost in US dollars. Undefined if the calculator must return no cost. */
  readonly usd: string | undefined;
}

const converse = (modelId: string, usage: object) =>
  extractUsage({ operation: 'Converse', modelId, response: { usage } });
const sonnet = (prefix: string, usd: string): Golden => ({
  usage: million,
  call: { modelId: `${prefix}${CLAUDE}` },
  usd,
});
const tier = (serviceTier: string | undefined, usd: string): Golden => ({
  usage: million,
  call: { modelId: QWEN, serviceTier },
  options: { region: 'ap-southeast-2' },
  usd,
});

/** Numbered model calls with their expected costs. Each case covers a rule that is easy to get wrong. */
const CASES: readonly (readonly [string, Golden])[] = [
  [
    '1: Nova Micro, plain',
    {
      usage: tokens({ uncachedInputTokens: 3702, outputTokens: 1701 }),
      call: { modelId: 'amazon.nova-micro-v1:0' },
      usd: '0.00036771',
    },
  ],
  [
    '2: cache counted apart from input, geographic premium',
    {
      usage: converse(`us.${CLAUDE}`, {
        inputTokens: 1,
        outputTokens: 672,
        totalTokens: 34_497,
        cacheReadInputTokens: 32_634,
        cacheWriteInputTokens: 1190,
      }),
      call: { modelId: `us.${CLAUDE}` },
      usd: '0.02676927',
    },
  ],
  [
    '3: cache counted inside input',
    {
      usage: converse('openai.gpt-5.6-luna', {
        inputTokens: 5072,
        outputTokens: 40,
        totalTokens: 5112,
        cacheReadInputTokens: 5018,
        cacheWriteInputTokens: 52,
      }),
      call: { modelId: 'openai.gpt-5.6-luna' },
      usd: '0.000177936',
    },
  ],
  [
    '4: writes for an hour',
    {
      usage: tokens({ cacheWrite1hTokens: 9634 }),
      call: { modelId: 'global.anthropic.claude-opus-4-8' },
      usd: '0.09634',
    },
  ],
  [
    '5: writes for an hour, geographic',
    {
      usage: tokens({ cacheWrite1hTokens: 10_000, uncachedInputTokens: 6, outputTokens: 70 }),
      call: { modelId: `us.${CLAUDE}` },
      usd: '0.0671748',
    },
  ],
  ['6: global', sonnet('global.', '18')],
  ...['us.', 'eu.', 'jp.', 'au.'].map(
    prefix => [`6: region premium, ${prefix}`, sonnet(prefix, '19.8')] as const,
  ),
  [
    '7: no premium for older models',
    { usage: million, call: { modelId: 'us.anthropic.claude-sonnet-4-20250514-v1:0' }, usd: '18' },
  ],
  [
    '8: a long prompt reprices the whole call',
    {
      usage: tokens({ uncachedInputTokens: 301_016 }),
      call: { modelId: 'us.openai.gpt-5.6-sol', at: new Date('2026-08-10T00:00:00Z') },
      usd: '3.311176',
    },
  ],
  [
    '8: a prompt at the threshold does not',
    {
      usage: tokens({ uncachedInputTokens: 272_000 }),
      call: { modelId: 'us.openai.gpt-5.6-sol', at: new Date('2026-08-10T00:00:00Z') },
      usd: '1.496',
    },
  ],
  [
    '8: cached tokens count towards the threshold, and are repriced',
    {
      usage: tokens({ uncachedInputTokens: 1, cacheReadTokens: 272_000 }),
      call: { modelId: 'us.openai.gpt-5.6-sol', at: new Date('2026-08-10T00:00:00Z') },
      usd: '0.299211',
    },
  ],
  ['9: standard', tier(undefined, '0.7725')],
  ['9: the tier of the response, default', tier('default', '0.7725')],
  ['9: the tier of the response, flex', tier('flex', '0.38625')],
  ['9: the tier of the response, priority', tier('priority', '1.351875')],
  [
    '10: Haiku 4.5, global',
    { usage: million, call: { modelId: 'global.anthropic.claude-haiku-4-5-20251001-v1:0' }, usd: '6' },
  ],
  [
    '10: Haiku 4.5, bare, in no known region',
    { usage: million, call: { modelId: 'anthropic.claude-haiku-4-5-20251001-v1:0' }, usd: '6' },
  ],
  [
    '10: Haiku 4.5, bare, in a region',
    {
      usage: million,
      call: { modelId: 'anthropic.claude-haiku-4-5-20251001-v1:0' },
      options: { region: 'us-east-1' },
      usd: '6.6',
    },
  ],
  [
    '11: an unknown model',
    { usage: million, call: { modelId: 'anthropic.claude-sonnet-4-7' }, usd: undefined },
  ],
  ['11: an unknown vendor', { usage: million, call: { modelId: 'vendor.unknown-v1:0' }, usd: undefined }],
];

test.each(CASES)('golden cost %s', (_what, { usage, call, options, usd }) => {
  const cost = usage && new CostCalculator(options).calculate(usage, { at: AT, ...call });

  expect(cost && picoToDecimalString(cost.picoUsd)).toBe(usd);
  expect(cost?.usd).toBe(usd === undefined ? undefined : Number(usd));
  expect(Object.values(cost?.breakdown ?? {}).reduce((sum, part) => sum + part, 0n)).toBe(
    cost?.picoUsd ?? 0n,
  );
});

test('golden cost 11: an unknown model is counted as unpriced, and no cost is sent', async () => {
  const tracker = new TokenTracker({ sink: 'emf' });

  const lines = await stdoutOf(async () => {
    expect(
      tracker.record({ agentId: 'triage', modelId: 'vendor.unknown-v1:0', usage: million }).cost,
    ).toBeUndefined();
    await tracker.flush();
  });

  expect(emfOf(lines)).toEqual([expect.objectContaining({ UnpricedInvocations: 1 })]);
  expect(emfOf(lines)[0]).not.toHaveProperty('TotalCost');
});

test.each(['amazon.nova-lite-v1:0', 'vendor.unknown-v1:0'])(
  "golden cost 12: an answer from the application's own cache is free (%s)",
  async modelId => {
    const tracker = new TokenTracker({ sink: 'emf' });

    const lines = await stdoutOf(async () => {
      const { cost, usage } = tracker.record({
        agentId: 'triage',
        modelId,
        cached: true,
        usage: { ...million, source: 'estimate' },
      });
      expect([cost?.picoUsd, usage?.source]).toEqual([0n, 'estimate']);
      await tracker.flush();
    });

    expect(emfOf(lines)).toEqual([expect.objectContaining({ CachedResponses: 1 })]);
    expect(emfOf(lines)[0]).not.toHaveProperty('UnpricedInvocations');
  },
);
