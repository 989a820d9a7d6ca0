import { addUtcDays } from '../../lambda/rollup/utc-day';
import { FigureSum, NamedSums } from '../figures/figure-sum';
import { sortByCost } from '../figures/figures';
import type { Repricer } from '../prices/part-prices';
import type {
  AgentsReport,
  DailyReport,
  Figures,
  ModelsReport,
  NamedFigures,
  TotalsReport,
} from '../results';
import { type Days, eachDay, type Span, spanOf, startOfDayIn } from '../source/day-range';
import { headOf, ReadCount, readCells, type Reading } from '../source/read-report';
import type { Cell } from '../source/usage-cells';

/** What a report adds up, and by which prices it does so besides. */
export interface Adding extends Reading {
  readonly repricer?: Repricer;
}

/** Sums of calls, by agent and by model. */
class BothSums {
  readonly total = new FigureSum();
  readonly agents = new NamedSums();
  readonly models = new NamedSums();

  add({ agentId, model, day, part }: Cell, repricer: Repricer | undefined): void {
    const price = repricer?.priceOfPart(day, { ...part, model });
    for (const sum of [this.total, this.agents.of(agentId), this.models.of(model)]) {
      sum.add(part.kind, part.sums, price);
    }
  }
}

/** Each day by itself, and all of them. */
export async function dailyReport(days: Days, adding: Adding): Promise<DailyReport> {
  const names = eachDay(days);
  const spans = names.map((day): Span => ({
    start: startOfDayIn(day, days.timeZone),
    end: startOfDayIn(addUtcDays(day, 1), days.timeZone),
  }));
  const count = new ReadCount();
  const byDay = names.map(() => new BothSums());
  const all = new BothSums();
  for await (const cells of readCells(spans, adding, count)) {
    for (const cell of cells) {
      byDay[cell.span].add(cell, adding.repricer);
      all.add(cell, adding.repricer);
    }
  }
  return {
    ...headOf(days, adding, count),
    days: byDay.map(({ total, agents, models }, index) => ({
      day: names[index],
      complete: spans[index].end <= adding.now,
      ...total.figures(),
      agents: agents.figures(),
      models: models.figures(),
    })),
    agents: all.agents.figures(),
    models: all.models.figures(),
    total: all.total.figures(),
  };
}

/** Each agent, with its models. */
export async function agentsReport(days: Days, adding: Adding): Promise<AgentsReport> {
  const { groups, total, count } = await grouped(days, adding, cell => [cell.agentId, cell.model]);
  return {
    ...headOf(days, adding, count),
    agents: groups.map(({ inner, ...figures }) => ({ ...figures, models: inner })),
    total,
  };
}

/** Each model, with its agents. */
export async function modelsReport(days: Days, adding: Adding): Promise<ModelsReport> {
  const { groups, total, count } = await grouped(days, adding, cell => [cell.model, cell.agentId]);
  return {
    ...headOf(days, adding, count),
    models: groups.map(({ inner, ...figures }) => ({ ...figures, agents: inner })),
    total,
  };
}

/** All of it in a few figures. */
export async function totalsReport(days: Days, adding: Adding): Promise<TotalsReport> {
  const sum = new FigureSum();
  const count = new ReadCount();
  for await (const cells of readCells([spanOf(days)], adding, count)) {
    for (const { day, model, part } of cells) {
      sum.add(part.kind, part.sums, adding.repricer?.priceOfPart(day, { ...part, model }));
    }
  }
  const total = sum.figures();
  return {
    ...headOf(days, adding, count),
    invocations: total.answered + total.failed + total.fromCache,
    tokens: total.totalTokens,
    cost: total.cost,
    total,
  };
}

interface Group extends NamedFigures {
  readonly inner: readonly NamedFigures[];
}

async function grouped(
  days: Days,
  adding: Adding,
  namesOf: (cell: Cell) => readonly [outer: string, inner: string],
): Promise<{ groups: Group[]; total: Figures; count: ReadCount }> {
  const total = new FigureSum();
  const outers = new NamedSums();
  const inners = new Map<string, NamedSums>();
  const count = new ReadCount();
  for await (const cells of readCells([spanOf(days)], adding, count)) {
    for (const cell of cells) {
      const [outer, inner] = namesOf(cell);
      const price = adding.repricer?.priceOfPart(cell.day, { ...cell.part, model: cell.model });
      let ofOuter = inners.get(outer);
      if (!ofOuter) inners.set(outer, (ofOuter = new NamedSums()));
      for (const sum of [total, outers.of(outer), ofOuter.of(inner)]) {
        sum.add(cell.part.kind, cell.part.sums, price);
      }
    }
  }
  const groups = outers
    .figures()
    .map(figures => ({ ...figures, inner: inners.get(figures.name)?.figures() ?? [] }));
  return { groups: sortByCost(groups), total: total.figures(), count };
}
