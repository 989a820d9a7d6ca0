import type { TracedCall } from './trace-engine';
import type { Cost, LowerBoundReason, UnitCost } from '../../lambda/pricing/cost';
import { usdToPico } from '../../lambda/pricing/pico';

export const SONNET = 'anthropic.claude-sonnet-4-5-20250929-v1:0';
const GEO = { model: SONNET, modelId: `us.${SONNET}`, scope: 'geo' } as const;

/** Units of the call with a unit without a price, and their cost. */
const UNITS: readonly UnitCost[] = [
  { unit: 'guardrailContent', quantity: 2, usdPerUnit: '0.25', picoUsd: usdToPico('0.5') },
  { unit: 'images', quantity: 1 },
];

/** Returns a cost in whole US dollars that is a lower bound for the given reasons. */
export function costOf(
  usd: number,
  lowerBound?: readonly LowerBoundReason[],
  units?: readonly UnitCost[],
): Cost {
  return {
    usd,
    picoUsd: usdToPico(usd),
    breakdown: { input: 0n, output: 0n, cacheRead: 0n, cacheWrite5m: 0n, cacheWrite1h: 0n },
    price: { input: 1, output: 1, asOf: '2026-11-01', source: 's' },
    ...(lowerBound && { lowerBound }),
    ...(units && { units }),
  };
}

const usage = (cacheWrite5mTokens: number) =>
  ({
    uncachedInputTokens: 1000,
    cacheReadTokens: 0,
    cacheWrite5mTokens,
    cacheWrite1hTokens: 0,
    outputTokens: 100,
    source: 'usage',
    partial: false,
  }) as const;

/**
 * Returns six calls that begin at `start`, one each minute. One cost is exact, four are a lower bound for one
 * reason each, and one is unknown. The known costs are 1, 2, 3, 4 and 5 US dollars.
 */
export function lowerBoundCalls(start: string): TracedCall[] {
  const calls: Omit<TracedCall, 'at'>[] = [
    { requestId: 'exact', agentId: 'triage', usage: usage(0), cost: costOf(1) },
    {
      requestId: 'guardrail',
      agentId: 'triage',
      ...GEO,
      usage: usage(0),
      cost: costOf(2, ['guardrailUnits']),
    },
    {
      requestId: 'bare',
      agentId: 'triage',
      model: SONNET,
      modelId: SONNET,
      usage: usage(0),
      cost: costOf(3, ['bareId']),
    },
    { requestId: 'ttl', agentId: 'writer', ...GEO, usage: usage(500), cost: costOf(4, ['cacheWriteTtl']) },
    {
      requestId: 'unit',
      agentId: 'writer',
      ...GEO,
      usage: usage(0),
      units: { guardrailContent: 2, images: 1 },
      cost: costOf(5, ['unitPrice'], UNITS),
    },
    {
      requestId: 'unpriced',
      agentId: 'writer',
      model: 'vendor.new-v1',
      modelId: 'vendor.new-v1',
      usage: usage(0),
    },
  ];
  return calls.map((call, index) => ({
    incidentId: 'INC-1',
    latencyMs: 500,
    ...call,
    at: new Date(Date.parse(start) + index * 60_000),
  }));
}

/** Sentence about the calls of {@link lowerBoundCalls} whose true cost may be higher. */
export const AT_LEAST =
  '4 calls may have cost more: 1 × bare model id without a region, 1 × time to live of cache writes not ' +
  'known, 1 × guardrail text units not known, 1 × unit without a price.';
/** Sentence about the units of {@link lowerBoundCalls}. */
export const UNITS_NOTE = 'Units besides tokens cost $0.50: 2 guardrailContent, 1 images.';
/** Number of calls of {@link lowerBoundCalls} for each reason. */
export const REASONS = { bareId: 1, cacheWriteTtl: 1, guardrailUnits: 1, unitPrice: 1 };
