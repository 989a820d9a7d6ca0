import { estimateUsage } from '../../../lambda/usage/estimate-tokens';
import { estimateTokens, TokenTracker } from 'cdk-token-analytics/runtime';

/** Names, texts and their exact token counts in the encoding o200k_base. */
const COUNTED: readonly (readonly [string, string, number])[] = [
  [
    'English',
    'The model answered in two seconds, and the incident was closed before anyone on the night shift ' +
      'had to read a log file.',
    25,
  ],
  ['JSON', '{"agentId":"triage","inputTokens":1234,"outputTokens":567,"model":"amazon.nova-lite-v1:0"}', 29],
  ['code', 'export function add(a: number, b: number): number {\n  return a + b;\n}\n', 20],
];

test.each(COUNTED)('the estimate of %s is within 25 %% of the count', (_kind, text, count) => {
  expect(Math.abs(estimateTokens(text) / count - 1)).toBeLessThan(0.25);
});

test('an estimate follows the documented rule', () => {
  expect(estimateTokens('')).toBe(0);
  expect(estimateTokens('a'.repeat(100))).toBe(22);
  expect(estimateTokens(' \n'.repeat(50))).toBe(12);
  expect(estimateTokens('7'.repeat(100))).toBe(55);
  expect(estimateTokens(';'.repeat(100))).toBe(50);
  expect(estimateTokens('é'.repeat(100))).toBe(90);
  expect(estimateTokens('ж'.repeat(100))).toBe(50);
  expect(estimateTokens('中'.repeat(100))).toBe(90);
  expect(estimateTokens('🔥'.repeat(100))).toBe(90);
  expect(estimateTokens('a')).toBe(1);
});

test('an estimated usage has the source `estimate`', () => {
  expect(estimateUsage({ input: 'a'.repeat(100), output: 'b'.repeat(50) })).toEqual({
    uncachedInputTokens: 22,
    cacheReadTokens: 0,
    cacheWrite5mTokens: 0,
    cacheWrite1hTokens: 0,
    outputTokens: 11,
    source: 'estimate',
    partial: false,
  });
  expect(
    new TokenTracker({ enabled: false }).record({
      agentId: 'a',
      modelId: 'm',
      usage: estimateUsage({ input: 'x', output: 'y' }),
    }).usage?.source,
  ).toBe('estimate');
});
