import type { MODELS, PlannedCall } from './traffic';

/**
 * Prices in pico-dollars per token, copied by hand from the price list of AWS (us-east-1, on demand,
 * 2026-11). A price of one US dollar per million tokens is 10⁶ pico-dollars per token. The demo checks the
 * costs of the runtime with these prices, so they do not come from the catalog of the runtime.
 */
const PICO_PER_TOKEN: Record<
  keyof typeof MODELS,
  { input: bigint; output: bigint; cacheRead: bigint; cacheWrite5m: bigint }
> = {
  sonnet: { input: 3_300_000n, output: 16_500_000n, cacheRead: 330_000n, cacheWrite5m: 4_125_000n },
  haiku: { input: 250_000n, output: 1_250_000n, cacheRead: 30_000n, cacheWrite5m: 300_000n },
  novaLite: { input: 60_000n, output: 240_000n, cacheRead: 15_000n, cacheWrite5m: 60_000n },
};

/** Sums over the answered calls of one agent. */
export interface AgentTotal {
  readonly agentId: string;
  readonly answered: number;
  /** Input tokens, including cache reads and cache writes. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly picoUsd: bigint;
}

/** Calculates the expected sums of each agent from the planned calls. The result is sorted by agent. */
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

/** Adds up the rows of each agent. The result is sorted by agent. */
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
