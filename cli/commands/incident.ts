import { TZDate } from '@date-fns/tz';
import { type Command, InvalidArgumentError } from 'commander';
import { format } from 'date-fns';
import { usdToPico } from '../../lambda/pricing/pico';
import { usdText } from '../../lambda/pricing/usd-text';
import { plain } from '../../lambda/process/safe-text';
import { costText } from '../../reports/figures/figures';
import type { IncidentInvocation, IncidentReport } from '../../reports/results';
import { newCommand } from '../new-command';
import { addLimit } from '../options/number-options';
import {
  countText,
  figureCells,
  figureColumns,
  millisecondsText,
  partRows,
  totalRow,
} from '../output/figures-table';
import { leftOutText } from '../output/report-text';
import { type Column, colours, type Row, tableText } from '../output/table';
import { addReprice, type RepriceFlags, repriceOf } from '../reprice';
import { action } from '../run';

interface Flags extends RepriceFlags {
  readonly limit: number;
}

const DEFAULT_CALLS = 20;
const UNKNOWN = 'unknown';

/** `incident`: what one incident cost, call by call. */
export function addIncidentCommand(program: Command): void {
  const command = newCommand(program, {
    name: 'incident',
    summary: 'what one incident cost: its calls in order, agents, models and duration',
    description: 'It looks through all of the time that traces are kept.',
    examples: [
      ['incident INC-4711', 'an incident as a table'],
      ['incident INC-4711 --limit 200', 'with its first 200 calls'],
      ['incident INC-4711 --json | jq -r .total.cost.usd', 'its exact cost'],
    ],
    ignores: ['since', 'until'],
  }).argument('<id>', "the incident's id", incidentId);
  addLimit(command, 'how many calls are listed', DEFAULT_CALLS);
  action<Flags>(addReprice(command), async (context, id) => {
    const reprice = await repriceOf(context);
    const reports = await context.reports();
    const report = await reports.incident(id, { ...(await context.reportOptions('Reading calls')), reprice });
    await context.print(report, () => incidentText(report, context.options.limit));
    if (report.invocations.length === 0) {
      context.note(
        'token-analytics: no call of this incident is in the table: look at its spelling, --table ' +
          'and --region',
      );
      context.endWith('failure');
    }
  });
}

function incidentId(value: string): string {
  if (value.trim() === '') throw new InvalidArgumentError('It must not be empty.');
  return value;
}

function incidentText(report: IncidentReport, limit: number): string {
  const { invocations, invocationsOmitted, agents, models, total, start, end, durationMs, timeZone } = report;
  const name = colours().bold(plain(`Incident ${report.incidentId}`));
  if (start === undefined || end === undefined) return `${name}: no calls.\n${leftOutText(report)}`;
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
        ...ruled(partRows(models, repriced)),
        totalRow(['Total'], total, repriced),
      ],
      { hint: false },
    ),
    tableText(
      callColumns(repriced),
      listed.map(call => callRow(call, timeZone)),
    ),
    all > listed.length ? `${countText(listed.length)} of ${countText(all)} calls; more with --limit.\n` : '',
    leftOutText(report),
  ].join('');
}

function ruled(rows: readonly Row[]): Row[] {
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
  const note = [call.error ?? '', call.cached ? 'cached' : '', call.partial ? 'partial' : '']
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
      amountText(call, call.costUsd),
      amountText(call, call.repricedUsd),
    ],
    tone: call.error === undefined ? undefined : 'faint',
  };
}

/** A call that failed before it had tokens has no cost that could be known. */
function amountText(
  { cached, error, outputTokens, inputTokens }: IncidentInvocation,
  usd: string | undefined,
): string {
  if (cached || (error !== undefined && inputTokens + outputTokens === 0)) return '–';
  return usd === undefined ? UNKNOWN : usdText(usdToPico(usd));
}

function timeText(iso: string, timeZone: string): string {
  return format(new TZDate(Date.parse(iso), timeZone), 'yyyy-MM-dd HH:mm:ss');
}
