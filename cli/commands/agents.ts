import type { Command } from 'commander';
import { addSharesCommand } from '../shares';

/** `agents`: what each agent used and cost. */
export function addAgentsCommand(program: Command): void {
  addSharesCommand(program, {
    name: 'agents',
    title: 'Agent',
    part: 'models',
    summary: 'what each agent used and cost, with its models',
    examples: [
      ['agents', 'the last seven days, the dearest agent first'],
      ['agents --since 4w --limit 5', 'the five dearest of four weeks and a day'],
      ['agents --agent triage --models', 'one agent, with its models'],
    ],
    read: async (reports, range, options) => {
      const report = await reports.agents(range, options);
      return { report, entries: report.agents.map(agent => ({ ...agent, parts: agent.models })) };
    },
  });
}
