import type { Command } from 'commander';
import { addSharesCommand } from '../shares';

/** `models`: what each model was used for and cost. */
export function addModelsCommand(program: Command): void {
  addSharesCommand(program, {
    name: 'models',
    title: 'Model',
    part: 'agents',
    summary: 'what each model was used for and cost, with its agents',
    examples: [
      ['models', 'the last seven days, the dearest model first'],
      ['models --agents --since 2026-11-01 --until 2026-11-30', "a month, with each model's agents"],
      ['models --reprice prices.json', 'beside it, what the same tokens cost by your prices'],
    ],
    read: async (reports, range, options) => {
      const report = await reports.models(range, options);
      return { report, entries: report.models.map(model => ({ ...model, parts: model.agents })) };
    },
  });
}
