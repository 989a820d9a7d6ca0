import type { Invocation } from '../invocation';
import { picoToUsdNumber } from '../pricing/pico';
import { totalInputTokens } from '../usage/token-usage';

/** What some calls came to. */
export interface UsageTotals {
  /** Calls that the model answered. */
  readonly calls: number;
  /** Calls that failed, also in the middle of a stream: the tokens of that are in the sums. */
  readonly errors: number;
  readonly cached: number;
  /** Calls whose cost is not known: the cost is at least what is said. */
  readonly unpriced: number;
  readonly items: number;
  /** Cached tokens included. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly totalTokens: number;
  /** Of the calls that told both; undefined where none did. */
  readonly averageTokensPerItem?: number;
  readonly usd: number;
  /** Exact, in pico-dollars. */
  readonly picoUsd: bigint;
}

/** The totals of one handler run, as a whole and in parts. */
export interface UsageSummary extends UsageTotals {
  readonly agents: readonly (UsageTotals & { readonly agentId: string })[];
  readonly models: readonly (UsageTotals & { readonly model: string })[];
}

/** How many agents, and how many models, a summary tells apart. */
const MAX_PARTS = 100;

class Totals {
  calls = 0;
  errors = 0;
  cached = 0;
  unpriced = 0;
  items = 0;
  countedItems = 0;
  itemTokens = 0;
  inputTokens = 0;
  outputTokens = 0;
  picoUsd = 0n;

  add({ usage, cost, error, cached, items }: Invocation): void {
    if (cached) {
      this.cached += 1;
      return;
    }
    const failed = error !== undefined;
    if (failed) this.errors += 1;
    else this.calls += 1;
    if (cost) this.picoUsd += cost.picoUsd;
    else if (!failed || usage) this.unpriced += 1;
    const input = usage ? totalInputTokens(usage) : 0;
    const output = usage?.outputTokens ?? 0;
    this.inputTokens += input;
    this.outputTokens += output;
    this.items += items ?? 0;
    // A call of unknown usage says nothing of its items' share.
    if (usage && items) {
      this.countedItems += items;
      this.itemTokens += input + output;
    }
  }

  toJSON(): UsageTotals {
    const { calls, errors, cached, unpriced, items, inputTokens, outputTokens, picoUsd } = this;
    return {
      calls,
      errors,
      cached,
      unpriced,
      items,
      inputTokens,
      outputTokens,
      totalTokens: inputTokens + outputTokens,
      ...(this.countedItems > 0 ? { averageTokensPerItem: this.itemTokens / this.countedItems } : {}),
      usd: picoToUsdNumber(picoUsd),
      picoUsd,
    };
  }
}

/** Adds invocations up. */
export class SummaryBuilder {
  private readonly all = new Totals();
  private readonly agents = new Map<string, Totals>();
  private readonly models = new Map<string, Totals>();

  add(invocation: Invocation): void {
    this.all.add(invocation);
    partOf(this.agents, invocation.agentId)?.add(invocation);
    partOf(this.models, invocation.model)?.add(invocation);
  }

  build(): UsageSummary {
    return {
      ...this.all.toJSON(),
      agents: [...this.agents].map(([agentId, totals]) => ({ agentId, ...totals.toJSON() })),
      models: [...this.models].map(([model, totals]) => ({ model, ...totals.toJSON() })),
    };
  }
}

function partOf(parts: Map<string, Totals>, name: string): Totals | undefined {
  const known = parts.get(name);
  if (known || parts.size >= MAX_PARTS) return known;
  const totals = new Totals();
  parts.set(name, totals);
  return totals;
}
