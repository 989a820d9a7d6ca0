/**
 * The runtime: reads the usage of Bedrock responses, prices it, and sends it to CloudWatch and DynamoDB.
 *
 * @packageDocumentation
 */
export type { Invocation } from './invocation';
export { AnalyticsEmitter, type AnalyticsEmitterOptions, type DimensionlessMetric } from './metrics/analytics-emitter';
export { type Cost, CostCalculator, type CostCalculatorOptions, type CustomPrice, type ModelPrice, type PricedCall } from './pricing/cost-calculator';
export { type ModelScope, type ParsedModelId, parseModelId } from './pricing/model-id';
export { picoToDecimalString, picoToUsdNumber, usdToPico } from './pricing/pico';
export { TraceWriter, type TraceWriterOptions } from './traces/trace-writer';
export type { CallContext, RecordInput } from './tracker/record-input';
export type { TrackerSettings } from './tracker/settings';
export type { UsageSummary, UsageTotals } from './tracker/summary';
export { TokenTracker, type TokenTrackerOptions } from './tracker/token-tracker';
export { extractUsage } from './usage/extract-usage';
export { type TokenUsage, totalInputTokens, type UsageOperation, type UsageOrigin, type UsageSource } from './usage/token-usage';
