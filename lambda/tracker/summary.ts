import type { Invocation } from '../invocation/invocation';
import {
  addCounts,
  countInvocation,
  isInSums,
  type MutableCounts,
  noCounts,
} from '../invocation/invocation-counts';
import { type MoneyJson, withMoneyJson } from '../pricing/pico';
import { picoToUsdNumber } from '../pricing/pico';
import { totalInputTokens } from '../usage/token-usage';

/** Sums over several calls. */
export interface UsageTotals {
  /** Number of calls that the model answered. */
  readonly answered: number;
  /** Number of calls that failed. If a stream failed after it began, its tokens and cost are in the sums. */
  readonly failed: number;
  /** Number of answers from the application's own cache. Their tokens are not in the sums. */
  readonly fromCache: number;
  /**
   * Number of calls whose cost is not known. `usd` does not include these calls, so the true cost is higher.
   */
  readonly unpriced: number;
  /** Number of calls whose true cost may be higher than their part of `usd`. */
  readonly lowerBound: number;
  /** Number of items of work, such as documents to classify. */
  readonly items: number;
  /** Input tokens, including cache reads and cache writes. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly totalTokens: number;
  /**
   * Average number of tokens for each item of work. Only calls with known tokens and items are included.
   * Undefined if there are no such calls.
   */
  readonly averageTokensPerItem?: number;
  /** Known cost in US dollars. It does not include unpriced calls. */
  readonly usd: number;
  /** Known cost as an exact number of pico-dollars (10⁻¹² US dollars). */
  readonly picoUsd: bigint;
  /**
   * Converts the totals for `JSON.stringify`, which cannot write a `bigint`. A copy such as `{ ...totals }`
   * does not have this method.
   */
  toJSON(): UsageTotalsJson;
}

/**
 * Totals of one handler run, with the totals of each agent and of each model. At most 100 agents and 100
 * models are listed.
 */
export interface UsageSummary extends UsageTotals {
  /**
   * Number of calls of AgentCore clients that were not recorded, because `recordAgentCore` is false.
   * AgentCore does not bill calls, but CPU and memory.
   */
  readonly agentCoreCalls: number;
  readonly agents: readonly (UsageTotals & { readonly agentId: string })[];
  readonly models: readonly (UsageTotals & { readonly model: string })[];
  /** Converts the summary for `JSON.stringify`. To copy the summary, use `{ ...summary.toJSON() }`. */
  toJSON(): UsageSummaryJson;
}

/** JSON form of totals. Amounts of money are exact decimals in text. */
export type UsageTotalsJson = MoneyJson<UsageTotals>;
/** JSON form of a summary. Amounts of money are exact decimals in text. */
export type UsageSummaryJson = MoneyJson<UsageSummary>;

/** Maximum number of agents and of models in the lists of a summary. */
const MAX_PARTS = 100;
/**
 * Key for the sums of all agents or models above `MAX_PARTS`. These sums are in the totals of a summary, but
 * not in its lists. The key is empty, because real names are never empty.
 */
const OTHERS = '';

/** Running sums over invocations. */
interface Totals extends MutableCounts {
  items: number;
  /**
   * Number of items in invocations with known tokens. `averageTokensPerItem` is `itemTokens` divided by
   * `countedItems`.
   */
  countedItems: number;
  /** Number of tokens in invocations with items and known tokens. */
  itemTokens: number;
  inputTokens: number;
  outputTokens: number;
}

function noTotals(): Totals {
  return { ...noCounts(), items: 0, countedItems: 0, itemTokens: 0, inputTokens: 0, outputTokens: 0 };
}

function addInvocation(into: Totals, { usage, cost, error, cached, items = 0 }: Invocation): void {
  const attributes = {
    cached,
    error,
    picoUsd: cost?.picoUsd,
    source: usage?.source,
    costIsLowerBound: cost?.lowerBound,
  };
  if (!isInSums(countInvocation(into, attributes))) return;
  into.items += items;
  if (!usage) return;
  const input = totalInputTokens(usage);
  into.inputTokens += input;
  into.outputTokens += usage.outputTokens;
  if (items) {
    into.countedItems += items;
    into.itemTokens += input + usage.outputTokens;
  }
}

function addTotals(into: Totals, totals: Totals): void {
  addCounts(into, totals);
  into.items += totals.items;
  into.countedItems += totals.countedItems;
  into.itemTokens += totals.itemTokens;
  into.inputTokens += totals.inputTokens;
  into.outputTokens += totals.outputTokens;
}

function toUsageTotals({ picoUsd, countedItems, itemTokens, ...sums }: Totals): Omit<UsageTotals, 'toJSON'> {
  return {
    ...sums,
    totalTokens: sums.inputTokens + sums.outputTokens,
    ...(countedItems > 0 ? { averageTokensPerItem: itemTokens / countedItems } : {}),
    usd: picoToUsdNumber(picoUsd),
    picoUsd,
  };
}

/**
 * Adds up invocations for each pair of agent and model. `build` computes the sums of each agent, of each
 * model and of all invocations.
 */
export class SummaryBuilder {
  /** Number of calls of AgentCore clients that were not recorded. */
  agentCoreCalls = 0;
  private readonly agents = new Map<string, Map<string, Totals>>();
  private readonly models = new Set<string>();

  add(invocation: Invocation): void {
    const agentId =
      this.agents.has(invocation.agentId) || this.agents.size < MAX_PARTS ? invocation.agentId : OTHERS;
    const model =
      this.models.has(invocation.model) || this.models.size < MAX_PARTS ? invocation.model : OTHERS;
    this.models.add(model);
    const models = this.agents.get(agentId) ?? new Map<string, Totals>();
    this.agents.set(agentId, models);
    const totals = models.get(model) ?? noTotals();
    models.set(model, totals);
    addInvocation(totals, invocation);
  }

  /**
   * Returns the summary of the invocations that were added.
   *
   * @param more further invocations to include in this summary. They are not added to the builder
   */
  build(more: readonly Invocation[] = []): UsageSummary {
    if (more.length > 0) return this.with(more).build();
    const byModel = new Map([...this.models].map(model => [model, noTotals()]));
    const all = noTotals();
    const agents = [...this.agents].map(([agentId, models]) => {
      const ofAgent = noTotals();
      for (const [model, totals] of models) {
        for (const sum of [all, ofAgent, byModel.get(model)]) if (sum) addTotals(sum, totals);
      }
      return withMoneyJson({ agentId, ...toUsageTotals(ofAgent) });
    });
    const models = [...byModel].map(([model, totals]) => withMoneyJson({ model, ...toUsageTotals(totals) }));
    return withMoneyJson({
      ...toUsageTotals(all),
      agentCoreCalls: this.agentCoreCalls,
      agents: agents.filter(({ agentId }) => agentId !== OTHERS),
      models: models.filter(({ model }) => model !== OTHERS),
    });
  }

  private with(more: readonly Invocation[]): SummaryBuilder {
    const copy = new SummaryBuilder();
    copy.agentCoreCalls = this.agentCoreCalls;
    for (const model of this.models) copy.models.add(model);
    for (const [agentId, models] of this.agents) {
      const copied = [...models].map(([model, totals]) => [model, { ...totals }] as const);
      copy.agents.set(agentId, new Map(copied));
    }
    for (const invocation of more) copy.add(invocation);
    return copy;
  }
}
