/**
 * Runtime that reads the token usage of Bedrock responses, calculates the cost, and sends usage and cost to
 * CloudWatch and DynamoDB.
 *
 * @packageDocumentation
 */
export type { InstrumentableClient } from './instrument/client-middleware';
export type { Invocation, InvocationJson } from './invocation/invocation';
export {
  AnalyticsEmitter,
  type AnalyticsEmitterOptions,
  type DimensionlessMetric,
} from './metrics/analytics-emitter';
export type { Cost, CostJson } from './pricing/cost';
export { CostCalculator, type CostCalculatorOptions, type PricedCall } from './pricing/cost-calculator';
export type { CustomPrice, CustomPrices } from './pricing/custom-prices';
export type { Discount } from './pricing/billing-buckets';
export type { Discounts } from './pricing/custom-prices';
export { explain } from './pricing/explain';
export type { InferenceProfiles } from './pricing/model-id';
export type { LowerBoundReason } from './pricing/cost';
export { type ModelScope, type ParsedModelId, parseModelId } from './pricing/model-id';
export type { Bucket, ModelPrice, TokenRates } from './pricing/billing-buckets';
export { picoToDecimalString, picoToUsdNumber, usdToPico } from './pricing/pico';
export type { BareIdPrice } from './pricing/price-lookup';
export type { TierName } from './pricing/list-prices/price-types';
export type { MetricReplay, Replay, ReplayOptions, ReplaySource } from './traces/replay';
export { replaySpills } from './traces/replay-spills';
export type { TableLocation } from './traces/trace';
export { type TraceCount, TraceWriter, type TraceWriterOptions } from './traces/trace-writer';
export type { CachedInput, CallContext, CallDefaults, RecordInput } from './invocation/record-input';
export type { DurablePlugin } from './tracker/handler-run';
export type { TokenTrackerOptions, TrackerSettings } from './tracker/settings';
export type { UsageSummary, UsageSummaryJson, UsageTotals, UsageTotalsJson } from './tracker/summary';
export type { FetchFunction, GlobalFetch } from './instrument/recording-fetch';
export type { StrandsMiddleware } from './instrument/strands-call';
export {
  type FetchOptions,
  type InstrumentOptions,
  type StrandsOptions,
  TokenTracker,
  type Tracked,
  type TrackedHandler,
} from './tracker/token-tracker';
export type { TrackedContext, TrackedDecorator } from './tracker/tracked-function';
export type { AgentModelCall } from './usage/agent-calls';
export { estimateTokens, estimateUsage } from './usage/estimate-tokens';
export { extractAgentCalls, extractUsage, readUsage } from './usage/extract-usage';
export {
  type TokenUsage,
  totalInputTokens,
  type UsageOperation,
  type UsageOrigin,
  type UsageReading,
  type UsageSource,
} from './usage/token-usage';
