import type { SpanCall } from './span-call';
import { SPAN_MAKERS } from '../../../src/contract';

/** Facts of a span that decide how its token counts are read. */
export interface ScopedCall {
  /** Version of the instrumentation. Empty if the span does not have it. */
  readonly version: string;
  /** Operation of Bedrock, such as `Converse`. Undefined if the span does not have it. */
  readonly operation: string | undefined;
  readonly modelId: string;
  /** Version of the AWS Distro for OpenTelemetry, such as `0.21.0-aws`. */
  readonly distroVersion: string | undefined;
}

/** Rules for the spans of one instrumentation. */
export interface ScopeRule {
  readonly maker: SpanCall['maker'];
  /** True if the instrumentation copies Bedrock's own counts, whose input excludes the cache tokens. */
  readonly hasServiceCounts?: boolean;
  /** Returns true if the instrumentation cannot report cache tokens for this call. */
  readonly lacksCacheCounts?: (call: ScopedCall) => boolean;
  /** True if cache writes can be part of the input count, although their own count is 0. */
  readonly hidesCacheWrites?: boolean;
  /** Returns true if the instrumentation estimates the token counts of this call from its text. */
  readonly isEstimate?: (call: ScopedCall) => boolean;
  /** Returns true if the counts of the span are running totals of several calls. They are not used. */
  readonly hasRunningTotals?: (call: ScopedCall) => boolean;
  /** True if durations are in milliseconds. OpenTelemetry defines the same attributes in seconds. */
  readonly isInMilliseconds?: boolean;
  /** True if the instrumentation observes only calls of Bedrock. */
  readonly isBedrock?: boolean;
}

const always = () => true;

/**
 * Models whose token counts the instrumentations of the AWS SDKs estimate from the length of the text. The
 * counts of Converse are not estimated.
 */
const ESTIMATED_MODELS = /(?:^|[./])(?:cohere\.command|mistral\.)/;
const CONVERSE = /^Converse/;

const isEstimatedByText = ({ operation = '', modelId }: ScopedCall) =>
  !CONVERSE.test(operation) && ESTIMATED_MODELS.test(modelId);

/**
 * Lowest version of the instrumentation of boto3 that reports cache tokens: 0.66b0. It does so only for
 * Converse and ConverseStream.
 */
const BOTO_CACHE_VERSION = [0, 66];
/** Lowest version of the AWS distro that reports the tokens of each CrewAI call instead of running totals. */
const CREWAI_PER_CALL_VERSION = [0, 19];

const STRANDS: ScopeRule = { maker: SPAN_MAKERS.framework, isInMilliseconds: true };

/**
 * Rules by the name of an instrumentation (`scope.name`). Two instrumentations have no rule, although their
 * costs can be too high. Their input counts include the cached tokens, which have no count of their own, so
 * all input is priced as uncached. Such a cost is not marked, because it is not a lower bound:
 * - LangSmith.
 * - The AI SDK 6, only in `ai.generateObject.doGenerate`, which has `ai.usage.promptTokens` alone.
 */
const SCOPES: readonly { readonly scope: RegExp; readonly rule: ScopeRule }[] = [
  {
    scope: /(?:^|\.)botocore\.bedrock-runtime$/,
    rule: {
      maker: SPAN_MAKERS.client,
      hasServiceCounts: true,
      lacksCacheCounts: ({ operation = '', version }) =>
        !CONVERSE.test(operation) || !isAtLeast(version, BOTO_CACHE_VERSION),
      isEstimate: isEstimatedByText,
      isBedrock: true,
    },
  },
  {
    scope: /^@opentelemetry\/instrumentation-aws-sdk$/,
    rule: {
      maker: SPAN_MAKERS.client,
      hasServiceCounts: true,
      lacksCacheCounts: always,
      isEstimate: isEstimatedByText,
    },
  },
  {
    scope: /^opentelemetry\.instrumentation\.bedrock$/,
    rule: { maker: SPAN_MAKERS.client, hasServiceCounts: true, isBedrock: true },
  },
  {
    // OpenInference and other instrumentations of the AWS SDKs
    scope: /[./-]bedrock(?:-runtime)?$/,
    rule: { maker: SPAN_MAKERS.client, isBedrock: true },
  },
  {
    scope: /(?:^|\.)distro\.instrumentation\.crewai$/,
    rule: {
      maker: SPAN_MAKERS.framework,
      hasServiceCounts: true,
      // This instrumentation looks for members that the response of Converse does not have.
      lacksCacheCounts: always,
      hasRunningTotals: ({ distroVersion, version }) =>
        !isAtLeast(distroVersion ?? version, CREWAI_PER_CALL_VERSION),
    },
  },
  {
    // LangChain reports no cache writes if the response has `cacheDetails` (`langchain-aws` 1.9.1).
    scope: /[./]langchain$/,
    rule: { maker: SPAN_MAKERS.framework, hidesCacheWrites: true },
  },
  { scope: /^strands[.-]/, rule: STRANDS },
];

const OTHER_SCOPE: ScopeRule = { maker: SPAN_MAKERS.framework };
/** Provider in spans of Strands for Python. */
const STRANDS_PROVIDER = 'strands-agents';

/**
 * Returns the rules for the spans of an instrumentation.
 *
 * @param providers names of the provider in the span, in lower case. Strands for Python writes its own name
 * there. Strands for TypeScript writes the name of the service there, which is also the name of the scope
 */
export function findScopeRule(scope: string, providers: readonly string[]): ScopeRule {
  const found = SCOPES.find(({ scope: pattern }) => pattern.test(scope))?.rule;
  const isStrands = providers.includes(STRANDS_PROVIDER) || providers.includes(scope.toLowerCase());
  return found ?? (isStrands ? STRANDS : OTHER_SCOPE);
}

/** Returns true if a version such as `0.66b2` is at least the given one. Returns false if it is not known. */
function isAtLeast(version: string, [leastMajor, leastMinor]: readonly number[]): boolean {
  const [, major, minor] = /^v?(\d{1,6})\.(\d{1,6})/.exec(version) ?? [];
  if (major === undefined) return false;
  return Number(major) > leastMajor || (Number(major) === leastMajor && Number(minor) >= leastMinor);
}
