import { TZDate } from '@date-fns/tz';
import type { Command } from 'commander';
import { format } from 'date-fns';
import { usdToPico } from '../../lambda/pricing/pico';
import { usdText } from '../../lambda/pricing/usd-text';
import { plain } from '../../lambda/process/safe-text';
import { reasonText } from '../../lambda/traces/reason-texts';
import { costText } from '../../reports/figures/figures';
import type { IncidentInvocation, IncidentReport } from '../../reports/results';
import { addLimit, addReprice, filled, newCommand, type RepriceFlags, repricingOf } from '../options';
import {
  costLines,
  countText,
  figureCells,
  figureColumns,
  millisecondsText,
  omittedText,
  partRows,
  totalRow,
} from '../output/report-text';
import { type Column, type Row, tableText } from '../output/table';
import { colors } from '../output/terminal';
import { action } from '../run';

interface Flags extends RepriceFlags {
  readonly limit: number;
}

const DEFAULT_CALLS = 20;
const UNKNOWN = 'unknown';

/**
 * Adds the command `incident`, which prints the total cost of one incident and the cost of each invocation.
 */
export function addIncidentCommand(program: Command): void {
  const command = newCommand(program, {
    name: 'incident',
    summary: 'cost of one incident: calls in order, agents, models and duration',
    description: 'It includes an expired trace until DynamoDB has deleted it.',
    examples: [
      ['incident INC-4711', 'an incident as a table'],
      ['incident INC-4711 --limit 200', 'with the first 200 calls'],
      ['incident INC-4711 --json | jq -r .total.cost.usd', 'its exact cost'],
    ],
    ignores: ['since', 'until'],
  }).argument('<id>', 'id of the incident', filled);
  addLimit(command, 'number of calls to list', DEFAULT_CALLS);
  action<Flags>(addReprice(command), async (context, id) => {
    const reprice = await repricingOf(context.options);
    const reports = await context.reports();
    const report = await reports.incident(id, { ...(await context.reportOptions('Reading calls')), reprice });
    await context.print(report, () => incidentText(report, context.options.limit));
    if (report.invocations.length === 0) {
      context.note(
        'token-analytics: the table has no calls of this incident: check its id, --table and --region',
      );
      context.endWith('failure');
    }
  });
}

function incidentText(report: IncidentReport, limit: number): string {
  const { invocations, invocationsOmitted, agents, models, total, start, end, durationMs, timeZone } = report;
  const name = colors().bold(plain(`Incident ${report.incidentId}`));
  if (start === undefined || end === undefined) return `${name}: no calls.\n${omittedText(report)}`;
  const repriced = total.repriced !== undefined;
  const all = invocations.length + invocationsOmitted;
  const listed = invocations.slice(0, limit);
  return [
    `${name} ${costText(total.cost)}\n`,
    `${timeText(start, timeZone)} to ${timeText(end, timeZone)} (${timeZone}), ` +
      `${millisecondsText(durationMs)}\n`,
    tableText(
      [{ header: 'Agents and models', align: 'left' }, ...figureColumns(repriced)],
      [
        ...agents.map(agent => ({ cells: [agent.name, ...figureCells(agent, repriced)] })),
        ...withRuleAbove(partRows(models, repriced)),
        totalRow(['Total'], total, repriced),
      ],
      { hint: false },
    ),
    tableText(
      callColumns(repriced),
      listed.map(call => callRow(call, timeZone)),
    ),
    all > listed.length
      ? `${countText(listed.length)} of ${countText(all)} calls. Show more with --limit.\n`
      : '',
    costLines(total),
    omittedText(report),
  ].join('');
}

function withRuleAbove(rows: readonly Row[]): Row[] {
  return rows.map((row, index) => ({ ...row, rule: index === 0 }));
}

function callColumns(repriced: boolean): readonly Column[] {
  return [
    { header: 'Time', align: 'left' },
    { header: 'Agent', align: 'left' },
    { header: 'Model', align: 'left', drop: 2 },
    { header: 'Input', drop: 4 },
    { header: 'Cache read', drop: 6, wide: true },
    { header: 'Output', drop: 4 },
    { header: 'Latency', drop: 3 },
    { header: 'Note', align: 'left', drop: 5, optional: true },
    { header: 'Cost' },
    ...(repriced ? [{ header: 'Repriced' }] : []),
  ];
}

function callRow(call: IncidentInvocation, timeZone: string): Row {
  const { costIsLowerBound = [], repricedIsLowerBound = [] } = call;
  const note = [
    call.error ?? '',
    call.cached ? 'cached' : '',
    call.partial ? 'partial' : '',
    ...[...new Set([...costIsLowerBound, ...repricedIsLowerBound])].map(reasonText),
  ]
    .filter(text => text !== '')
    .join(', ');
  return {
    cells: [
      timeText(call.timestamp, timeZone),
      call.agentId,
      call.model,
      countText(call.inputTokens),
      countText(call.cacheReadTokens),
      countText(call.outputTokens),
      millisecondsText(call.latencyMs),
      note,
      amountText(call, call.costUsd, costIsLowerBound),
      amountText(call, call.repricedUsd, repricedIsLowerBound),
    ],
    tone: call.error === undefined ? undefined : 'faint',
  };
}

/**
 * Formats the cost of an invocation. If there are reasons why it is a lower bound, begins with `≥`. Returns a
 * dash for a cached response or for a failure without tokens, because neither has a cost.
 */
function amountText(
  { cached, error, outputTokens, inputTokens }: IncidentInvocation,
  usd: string | undefined,
  reasons: readonly string[],
): string {
  if (cached || (error !== undefined && inputTokens + outputTokens === 0)) return '–';
  return usd === undefined ? UNKNOWN : `${reasons.length > 0 ? '≥ ' : ''}${usdText(usdToPico(usd))}`;
}

function timeText(iso: string, timeZone: string): string {
  return format(new TZDate(Date.parse(iso), timeZone), 'yyyy-MM-dd HH:mm:ss');
}
