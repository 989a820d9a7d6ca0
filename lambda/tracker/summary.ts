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

/** What some calls came to. */
export interface UsageTotals {
  /** Calls that the model answered. */
  readonly answered: number;
  /** Calls that failed, also in the middle of a stream: the tokens of that are in the sums. */
  readonly failed: number;
  readonly fromCache: number;
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
  /** Makes `JSON.stringify` work. Copies, such as `{ ...totals }`, do not have it. */
  toJSON(): UsageTotalsJson;
}

/** The totals of one handler run, as a whole and in parts. */
export interface UsageSummary extends UsageTotals {
  readonly agents: readonly (UsageTotals & { readonly agentId: string })[];
  readonly models: readonly (UsageTotals & { readonly model: string })[];
  /** Makes `JSON.stringify` work. In place of `{ ...summary }`, write `{ ...summary.toJSON() }`. */
  toJSON(): UsageSummaryJson;
}

/** Totals in JSON: their money is exact decimals as text. */
export type UsageTotalsJson = MoneyJson<UsageTotals>;
/** A summary in JSON. */
export type UsageSummaryJson = MoneyJson<UsageSummary>;

/** How many agents, and how many models, a summary tells apart. */
const MAX_PARTS = 100;
/** What is beyond that is in the sums alone. No agent's or model's name is empty. */
const OTHERS = '';

/** Sums of some invocations. */
interface Totals extends MutableCounts {
  items: number;
  /** Items of invocations with known tokens, and those tokens. */
  countedItems: number;
  itemTokens: number;
  inputTokens: number;
  outputTokens: number;
}

function noTotals(): Totals {
  return { ...noCounts(), items: 0, countedItems: 0, itemTokens: 0, inputTokens: 0, outputTokens: 0 };
}

function addInvocation(into: Totals, { usage, cost, error, cached, items = 0 }: Invocation): void {
  const attributes = { cached, error, picoUsd: cost?.picoUsd, source: usage?.source };
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
 * Adds invocations up: once for each pair of agent and model,
 * from which all other sums are made when they are asked for.
 */
export class SummaryBuilder {
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

  /** @param more invocations that are summed up, too, and not kept */
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
      agents: agents.filter(({ agentId }) => agentId !== OTHERS),
      models: models.filter(({ model }) => model !== OTHERS),
    });
  }

  private with(more: readonly Invocation[]): SummaryBuilder {
    const copy = new SummaryBuilder();
    for (const model of this.models) copy.models.add(model);
    for (const [agentId, models] of this.agents) {
      const copied = [...models].map(([model, totals]) => [model, { ...totals }] as const);
      copy.agents.set(agentId, new Map(copied));
    }
    for (const invocation of more) copy.add(invocation);
    return copy;
  }
}
