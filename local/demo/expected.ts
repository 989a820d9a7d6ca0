import type { MODELS, PlannedCall } from './traffic';

/**
 * Prices in pico-dollars per token, copied by hand from the price list of AWS (us-east-1, on demand,
 * 2026-11). `3_300_000n` is $3.30 per million tokens. The demo checks the library's costs with these prices,
 * so they must not come from the library's own price list.
 */
const PICO_PER_TOKEN: Record<
  keyof typeof MODELS,
  { input: bigint; output: bigint; cacheRead: bigint; cacheWrite5m: bigint }
> = {
  sonnet: { input: 3_300_000n, output: 16_500_000n, cacheRead: 330_000n, cacheWrite5m: 4_125_000n },
  haiku: { input: 250_000n, output: 1_250_000n, cacheRead: 30_000n, cacheWrite5m: 300_000n },
  novaLite: { input: 60_000n, output: 240_000n, cacheRead: 15_000n, cacheWrite5m: 60_000n },
};

/** Token counts and cost of one agent, added up over its answered calls. Refused calls are not included. */
export interface AgentTotal {
  readonly agentId: string;
  readonly answered: number;
  /** Input tokens, including cache reads and cache writes. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly picoUsd: bigint;
}

/**
 * Calculates the token counts and the cost that the planned calls of each agent must have. The result is
 * sorted by agent.
 */
export function expectedTotals(calls: readonly PlannedCall[]): AgentTotal[] {
  return addUp(
    calls
      .filter(call => !call.refused)
      .map(call => {
        const price = PICO_PER_TOKEN[call.model];
        return {
          agentId: call.agentId,
          answered: 1,
          inputTokens: call.inputTokens + call.cacheReadTokens + call.cacheWrite5mTokens,
          outputTokens: call.outputTokens,
          picoUsd:
            BigInt(call.inputTokens) * price.input +
            BigInt(call.cacheReadTokens) * price.cacheRead +
            BigInt(call.cacheWrite5mTokens) * price.cacheWrite5m +
            BigInt(call.outputTokens) * price.output,
        };
      }),
  );
}

/** Merges the rows of each agent into one row with their sums. The result is sorted by agent. */
export function addUp(rows: readonly AgentTotal[]): AgentTotal[] {
  const totals = new Map<string, AgentTotal>();
  for (const row of rows) {
    const sum = totals.get(row.agentId);
    totals.set(
      row.agentId,
      sum === undefined
        ? row
        : {
            agentId: row.agentId,
            answered: sum.answered + row.answered,
            inputTokens: sum.inputTokens + row.inputTokens,
            outputTokens: sum.outputTokens + row.outputTokens,
            picoUsd: sum.picoUsd + row.picoUsd,
          },
    );
  }
  return [...totals.values()].sort((a, b) => a.agentId.localeCompare(b.agentId));
}
