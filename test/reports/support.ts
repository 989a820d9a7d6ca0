import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Invocation } from '../../lambda/invocation/invocation';
import { picoToDecimalString } from '../../lambda/pricing/pico';
import { rollUpDay } from '../../lambda/rollup/roll-up-day';
import { RollupTable } from '../../lambda/rollup/rollup-table.aws';
import type { Trace } from '../../lambda/traces/trace';
import { TraceReader } from '../../lambda/traces/trace-reader.aws';
import type { Figures } from '../../reports/results';
import { UsageReports } from '../../reports/usage-reports';
import { call, type RollupTestTable, TABLE, totalsOfTraces } from '../lambda/rollup/support';

export const MODELS = {
  sonnet: {
    model: 'anthropic.claude-sonnet-4-5-20250929-v1:0',
    modelId: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
    scope: 'geo',
  },
  nova: { model: 'amazon.nova-lite-v1:0', modelId: 'amazon.nova-lite-v1:0', scope: 'in-region' },
} as const;
const AGENTS = ['triage', 'root-cause', 'a#b%'];

/** Returns `count` random calls on the given days. The same `seed` always gives the same calls. */
export function someCalls(seed: number, from: string, days: number, count: number): Invocation[] {
  const random = xoroshiro128plus(seed);
  const upTo = (most: number) => uniformInt(random, 0, most);
  const start = Date.parse(`${from}T00:00:00.000Z`);
  return Array.from({ length: count }, (_, index) => {
    const fate = upTo(19);
    const [failed, cached, unpriced] = [fate === 0, fate === 1, fate === 2];
    const usage = {
      uncachedInputTokens: upTo(5000),
      cacheReadTokens: upTo(1) * upTo(9000),
      cacheWrite5mTokens: 0,
      cacheWrite1hTokens: 0,
      outputTokens: upTo(900),
      source: 'usage',
      partial: false,
    } as const;
    const made = call({
      requestId: `req-${seed}-${index}`,
      agentId: AGENTS[upTo(AGENTS.length - 1)],
      ...(upTo(2) === 0 ? MODELS.nova : MODELS.sonnet),
      timestamp: new Date(start + upTo(days * 86_400_000 - 1)),
      incidentId: upTo(2) === 0 ? `INC-${upTo(9)}` : undefined,
      usage: failed ? undefined : usage,
      picoUsd: cached ? 0n : BigInt(upTo(2 ** 31 - 1)) * 1000n + BigInt(upTo(999)),
      error: failed ? 'ThrottlingException' : undefined,
      cached: cached || undefined,
    });
    return failed || unpriced ? { ...made, cost: undefined } : made;
  });
}

export async function rollUp(table: RollupTestTable, days: readonly string[], now: Date): Promise<void> {
  const tools = {
    traces: new TraceReader(table.client, TABLE),
    rollups: new RollupTable(table.client, TABLE),
  };
  for (const day of days) await rollUpDay(day, tools, { now, ttlDays: 0, allowFewer: false });
}

export function reportsOn(table: RollupTestTable, now: string, timeZone?: string): UsageReports {
  return new UsageReports({
    tableName: TABLE,
    endpoint: table.endpoint,
    region: 'us-east-1',
    timeZone,
    now: () => new Date(now),
  });
}

/** Returns the expected figures of a report: adds up one trace after another, without rollup items. */
export function expectedOf(
  traces: readonly Trace[],
): Pick<Figures, 'answered' | 'failed' | 'fromCache' | 'outputTokens' | 'cost'> {
  const { answered, failed, fromCache, unpriced, outputTokens, picoUsd } = totalsOfTraces(traces);
  return {
    answered,
    failed,
    fromCache,
    outputTokens,
    cost: { picoUsd, usd: picoToDecimalString(picoUsd), atLeast: unpriced > 0, unpriced },
  };
}
