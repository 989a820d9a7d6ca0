import Table from 'cli-table3';
import type { DemoResult } from './demo';
import { picoToDecimalString } from '../../lambda/pricing/pico';

/**
 * Converts the figures of the simulated day for JSON output. `usd` of an agent is in US dollars. The totals
 * in `picoUsd` are in pico-dollars.
 */
export function demoJson(result: DemoResult): object {
  return {
    answered: result.answered,
    agents: result.agents.map(({ picoUsd, ...agent }) => ({
      ...agent,
      usd: Number(picoToDecimalString(picoUsd)),
    })),
    picoUsd: result.picoUsd,
    coveredShare: result.coveredShare,
    alarms: result.alarms,
    widgets: result.widgets.map(({ title, kind, series, points }) => ({ title, kind, series, points })),
    html: result.html,
  };
}

/**
 * Formats the figures of the simulated day as text: tables of agents and total costs, and a list of alarms.
 */
export function demoText(result: DemoResult): string {
  const agents = new Table({
    head: ['Agent', 'Calls', 'Input tokens', 'Output tokens', 'Cost, USD'],
    colAligns: ['left', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [] },
  });
  for (const agent of result.agents) {
    agents.push([
      agent.agentId,
      formatCount(agent.answered),
      formatCount(agent.inputTokens),
      formatCount(agent.outputTokens),
      picoToDecimalString(agent.picoUsd),
    ]);
  }
  const total = (pick: (agent: DemoResult['agents'][number]) => number) =>
    formatCount(result.agents.reduce((sum, agent) => sum + pick(agent), 0));
  agents.push([
    'Total',
    total(agent => agent.answered),
    total(agent => agent.inputTokens),
    total(agent => agent.outputTokens),
    picoToDecimalString(result.picoUsd.traces),
  ]);

  const { expected, traces, metrics } = result.picoUsd;
  const sums = new Table({
    head: ['Sum of', 'USD', 'Compared with expected'],
    colAligns: ['left', 'right', 'left'],
    style: { head: [], border: [] },
  });
  sums.push(
    ['expected, from the price list', picoToDecimalString(expected), ''],
    ['traces in DynamoDB', picoToDecimalString(traces), formatDifference(traces - expected)],
    ['metrics in CloudWatch', picoToDecimalString(metrics), formatDifference(metrics - expected)],
  );

  const alarms = result.alarms.map(
    alarm => `  ${alarm.state.padEnd(17)} ${alarm.name}\n${' '.repeat(20)}${alarm.reason}`,
  );
  return [
    agents.toString(),
    '',
    sums.toString(),
    '',
    'Calls of the account, as Bedrock counts them',
    `  ${result.coveredShare.summary}`,
    '',
    'Alarms at the end of the day',
    ...alarms,
    '',
    `Dashboard: ${result.html}  (${result.widgets.length} widgets, drawn locally, not by CloudWatch)`,
    '',
  ].join('\n');
}

function formatCount(value: number): string {
  return value.toLocaleString('en-US');
}

function formatDifference(picoUsd: bigint): string {
  return picoUsd === 0n ? 'equal' : `differs by ${picoUsd} pico-dollars`;
}
