import type { Attributes } from './span-attributes';
import type { ScopedCall, ScopeRule } from './span-scopes';
import type { RecordInput } from '../../invocation/record-input';
import { type TokenUsage, totalInputTokens, toUsageReading } from '../../usage/token-usage';

/** Token counts of a span, and facts about them. */
export interface SpanUsage {
  /** True if the counts can be used: the input is known, and the sum of the counts is above 0. */
  readonly hasUsage: boolean;
  readonly hasCacheCounts: boolean;
  readonly reading: Partial<RecordInput>;
}

/** Token counts as a span contains them. A count is undefined if the span does not contain it. */
interface SpanCounts {
  readonly input?: number;
  readonly output?: number;
  readonly total?: number;
  readonly cacheRead?: number;
  readonly cacheWrite?: number;
}

/**
 * Reads the token counts of a span, and splits them into billing buckets.
 *
 * @param isComplete true if the call neither failed nor was cancelled. Otherwise, the counts can be too low
 */
export function readSpanUsage(
  attributes: Attributes,
  {
    call,
    rule,
    isComplete,
  }: { readonly call: ScopedCall; readonly rule: ScopeRule; readonly isComplete: boolean },
): SpanUsage {
  if (rule.hasRunningTotals?.(call)) return { hasUsage: false, hasCacheCounts: false, reading: {} };
  const counts = readSpanCounts(attributes);
  const { input, output, cacheRead, cacheWrite } = counts;
  const hasCacheCounts = cacheRead !== undefined || cacheWrite !== undefined;
  const reading = toUsageReading(
    {
      cacheRead,
      cacheWrite,
      // Some instrumentations omit counts of 0, and embeddings have no output.
      input: input ?? (countCached(counts) > 0 ? 0 : undefined),
      output: output ?? (input === undefined ? undefined : 0),
      cacheInside: rule.hasServiceCounts || isAiSdk5(attributes) ? undefined : isCacheInside(counts),
    },
    {
      source: rule.isEstimate?.(call) ? 'estimate' : 'usage',
      modelId: call.modelId,
      operation: call.operation,
      partial: !isComplete,
    },
  );
  // No call has 0 tokens. Some instrumentations write zeros if the response has no counts.
  if (!reading || isEmpty(reading.usage)) return { hasUsage: false, hasCacheCounts, reading: {} };
  const isUncounted = isAiSdk5(attributes) ? !cacheWrite : lacksCacheTokens(counts, call, rule);
  return {
    hasUsage: true,
    hasCacheCounts,
    reading: { ...reading, ...(isUncounted && { uncounted: ['cacheTokens'] as const }) },
  };
}

function readSpanCounts(attributes: Attributes): SpanCounts {
  return {
    input: attributes.count('input'),
    output: attributes.count('output'),
    total: attributes.count('total'),
    cacheRead: attributes.count('cacheRead'),
    cacheWrite: attributes.count('cacheWrite'),
  };
}

/**
 * Returns true if the input count includes the cache tokens. The total shows this. If it is not known,
 * assumes that the input count includes them, as in the semantic conventions of OpenTelemetry.
 */
function isCacheInside(counts: SpanCounts): boolean {
  const { input = 0, output = 0, total } = counts;
  return total !== input + output + countCached(counts);
}

/**
 * Returns true for the AI SDK 5. It copies the counts of Bedrock, whose input excludes the cache tokens, and
 * its total does not show this. It reports no cache writes. Later versions have `inputTokenDetails`.
 */
function isAiSdk5(attributes: Attributes): boolean {
  return (
    attributes.text('aiSdkOperation') !== undefined &&
    attributes.count('aiSdkCacheRead') !== undefined &&
    attributes.count('aiSdkInputDetails') === undefined
  );
}

/** Returns true if the call may have cache tokens that the span does not report. */
function lacksCacheTokens(counts: SpanCounts, call: ScopedCall, rule: ScopeRule): boolean {
  const { cacheRead, cacheWrite } = counts;
  if (rule.hidesCacheWrites && !cacheWrite) return true;
  if (cacheRead !== undefined || cacheWrite !== undefined) return false;
  return rule.lacksCacheCounts?.(call) === true || hidesTokens(counts);
}

/** Returns true if the total is larger than input and output, so that cache tokens are missing. */
function hidesTokens({ input, output, total = 0 }: SpanCounts): boolean {
  return input !== undefined && output !== undefined && total > input + output;
}

function isEmpty(usage: TokenUsage): boolean {
  return totalInputTokens(usage) + usage.outputTokens === 0;
}

function countCached({ cacheRead = 0, cacheWrite = 0 }: SpanCounts): number {
  return cacheRead + cacheWrite;
}
