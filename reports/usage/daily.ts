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
import { headOf, ReadCount, readCells, type Reading, Cell } from '../source/read-report';

/**
 * Data source and options of a report. If the option `reprice` is set, `repricer` calculates the second cost.
 */
export interface RepricedReading extends Reading {
  readonly repricer?: Repricer;
}

/** Running totals of usage and cost: for all invocations, for each agent and for each model. */
class UsageSums {
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

/** Makes the report of `UsageReports.daily`: the figures of each day, and the total of all days. */
export async function dailyReport(days: Days, reading: RepricedReading): Promise<DailyReport> {
  const names = eachDay(days);
  const spans = names.map((day): Span => ({
    start: startOfDayIn(day, days.timeZone),
    end: startOfDayIn(addUtcDays(day, 1), days.timeZone),
  }));
  const count = new ReadCount();
  const byDay = names.map(() => new UsageSums());
  const all = new UsageSums();
  for await (const cells of readCells(spans, reading, count)) {
    for (const cell of cells) {
      byDay[cell.span].add(cell, reading.repricer);
      all.add(cell, reading.repricer);
    }
  }
  return {
    ...headOf(days, reading, count),
    days: byDay.map(({ total, agents, models }, index) => ({
      day: names[index],
      complete: spans[index].end <= reading.now,
      ...total.figures(),
      agents: agents.figures(),
      models: models.figures(),
    })),
    agents: all.agents.figures(),
    models: all.models.figures(),
    total: all.total.figures(),
  };
}

/** Makes the report of `UsageReports.agents`: the figures of each agent, also divided by model. */
export async function agentsReport(days: Days, reading: RepricedReading): Promise<AgentsReport> {
  const { groups, total, count } = await readGroups(days, reading, cell => [cell.agentId, cell.model]);
  return {
    ...headOf(days, reading, count),
    agents: groups.map(({ inner, ...figures }) => ({ ...figures, models: inner })),
    total,
  };
}

/** Makes the report of `UsageReports.models`: the figures of each model, also divided by agent. */
export async function modelsReport(days: Days, reading: RepricedReading): Promise<ModelsReport> {
  const { groups, total, count } = await readGroups(days, reading, cell => [cell.model, cell.agentId]);
  return {
    ...headOf(days, reading, count),
    models: groups.map(({ inner, ...figures }) => ({ ...figures, agents: inner })),
    total,
  };
}

/** Makes the report of `UsageReports.totals`: the figures of all invocations together. */
export async function totalsReport(days: Days, reading: RepricedReading): Promise<TotalsReport> {
  const sum = new FigureSum();
  const count = new ReadCount();
  for await (const cells of readCells([spanOf(days)], reading, count)) {
    for (const { day, model, part } of cells) {
      sum.add(part.kind, part.sums, reading.repricer?.priceOfPart(day, { ...part, model }));
    }
  }
  const total = sum.figures();
  return {
    ...headOf(days, reading, count),
    invocations: total.answered + total.failed + total.fromCache,
    tokens: total.totalTokens,
    cost: total.cost,
    total,
  };
}

interface Group extends NamedFigures {
  readonly inner: readonly NamedFigures[];
}

async function readGroups(
  days: Days,
  reading: RepricedReading,
  namesOf: (cell: Cell) => readonly [outer: string, inner: string],
): Promise<{ groups: Group[]; total: Figures; count: ReadCount }> {
  const total = new FigureSum();
  const outers = new NamedSums();
  const inners = new Map<string, NamedSums>();
  const count = new ReadCount();
  for await (const cells of readCells([spanOf(days)], reading, count)) {
    for (const cell of cells) {
      const [outer, inner] = namesOf(cell);
      const price = reading.repricer?.priceOfPart(cell.day, { ...cell.part, model: cell.model });
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
