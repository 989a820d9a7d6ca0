import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { gzipSync } from 'node:zlib';
import { INCIDENTS, type Plan } from './fault-plan';
import {
  type CallRecord,
  type Item,
  picoOf,
  recordOfExport,
  recordOfItem,
  type Sums,
  TOKEN_NAMES,
} from './fault-records';
import { type Deployed, tableItems } from './fault-run';
import { runCommand } from '../../cli/command-process';

/** Content of the table, the reports and the export at one moment. */
export interface Evidence {
  readonly items: readonly Item[];
  readonly daily: DailySums;
  /** Sums in the report `agents --models`, by agent and model. */
  readonly agents: Readonly<Record<string, Sums>>;
  /** Sums in the report of each incident: its total, and those of its agents and models. */
  readonly incidents: Readonly<Record<string, Readonly<Record<string, Sums>>>>;
  /** Rows of the export. */
  readonly exported: readonly CallRecord[];
}

/** Sums in the report `daily`. */
export interface DailySums {
  /** Number of days whose figures come from rollups. */
  readonly rollupDays: number;
  readonly total: Sums;
  /** Sums by day, by day and agent, and by day and model. */
  readonly days: Readonly<Record<string, Sums>>;
}

/** Figures in the JSON of a report. */
type Figures = Readonly<Record<string, unknown>> & { readonly cost: { readonly usd: string } };
type Named = Figures & { readonly name: string };

export interface Replayed {
  readonly found: number;
  readonly written: number;
  readonly refused: number;
  readonly left: number;
  readonly poisoned: number;
  readonly metricsLeft: number;
}

/** Rolls up both days with the deployed function. */
export async function rollUp({ account, rollupName }: Deployed, { days: [from, to] }: Plan): Promise<void> {
  await account.invoke(rollupName, { from, to });
}

/** Runs the report `daily` of both days. */
export async function readDaily(deployed: Deployed, { days: [from, to] }: Plan): Promise<DailySums> {
  const { days, total, reads } = await report<{
    readonly days: readonly (Figures & {
      readonly day: string;
      readonly agents: readonly Named[];
      readonly models: readonly Named[];
    })[];
    readonly total: Figures;
    readonly reads: { readonly rollupDays: number };
  }>(deployed, ['daily', '--since', from, '--until', to]);
  return {
    rollupDays: reads.rollupDays,
    total: sumsOf(total),
    days: Object.fromEntries(
      days.flatMap(day => [
        [day.day, sumsOf(day)],
        ...[...day.agents, ...day.models].map(each => [`${day.day} ${each.name}`, sumsOf(each)]),
      ]),
    ),
  };
}

/** Reads the table, the reports and the export. */
export async function collectEvidence(deployed: Deployed, plan: Plan): Promise<Evidence> {
  const [from, to] = plan.days;
  const items = await tableItems(deployed);
  const { agents } = await report<{
    readonly agents: readonly (Named & { readonly models: readonly Named[] })[];
  }>(deployed, ['agents', '--models', '--since', from, '--until', to]);
  return {
    items,
    daily: await readDaily(deployed, plan),
    agents: Object.fromEntries(
      agents.flatMap(({ name, models }) => models.map(each => [`${name} ${each.name}`, sumsOf(each)])),
    ),
    incidents: Object.fromEntries(
      await Promise.all(INCIDENTS.map(async id => [id, await incidentSums(deployed, id)] as const)),
    ),
    exported: await exported(deployed, plan),
  };
}

/** Reads the traces among the items of the table. */
export function tracesIn(items: readonly Item[]): CallRecord[] {
  return items.filter(({ pk }) => pk?.S?.startsWith('AGENT#')).map(recordOfItem);
}

/** Reads the rollups among the items of the table, by day, agent and model. */
export function rollupsIn(items: readonly Item[]): Record<string, Sums> {
  const rollups = items.filter(({ pk, agentId }) => pk?.S?.startsWith('ROLLUP#') && agentId !== undefined);
  return Object.fromEntries(
    rollups.map(item => [
      [item.day?.S, item.agentId?.S, item.model?.S].join(' '),
      sumsFrom(name => item[name]?.N, item.costUsd?.N ?? ''),
    ]),
  );
}

async function incidentSums(deployed: Deployed, id: string): Promise<Record<string, Sums>> {
  const { total, agents, models } = await report<{
    readonly total: Figures;
    readonly agents: readonly Named[];
    readonly models: readonly Named[];
  }>(deployed, ['incident', id]);
  return Object.fromEntries([
    ['total', sumsOf(total)],
    ...[...agents, ...models].map(each => [each.name, sumsOf(each)] as const),
  ]);
}

async function exported(deployed: Deployed, { days: [from, to] }: Plan): Promise<CallRecord[]> {
  return withFolder(async folder => {
    const file = path.join(folder, 'calls.jsonl');
    await command(deployed, ['export', '--since', from, '--until', to, '--output', file]);
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter(line => line !== '')
      .map(line => recordOfExport(JSON.parse(line) as Record<string, unknown>));
  });
}

/** Replays the lines of a log with the command `replay`, through the proxy. */
export async function replayLog(deployed: Deployed, lines: readonly string[]): Promise<Replayed> {
  return withFolder(async folder => {
    const file = path.join(folder, 'function.log.gz');
    writeFileSync(file, gzipSync(lines.join('\n')));
    const env = { AWS_ENDPOINT_URL_DYNAMODB: deployed.front.endpoint };
    return JSON.parse(await command(deployed, ['replay', '--json', file], env)) as Replayed;
  });
}

async function report<Output>(deployed: Deployed, args: readonly string[]): Promise<Output> {
  return JSON.parse(await command(deployed, [...args, '--json'])) as Output;
}

/** Runs the built command. It finds the table in the outputs of the stack. */
async function command(
  { ministack }: Deployed,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<string> {
  const { code, stdout, stderr } = await runCommand(args, { env: { ...ministack.environment, ...env } });
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${stderr}${stdout}`);
  return stdout;
}

async function withFolder<Result>(act: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = mkdtempSync(path.join(tmpdir(), 'token-analytics-faults-'));
  try {
    return await act(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function sumsOf(figures: Figures): Sums {
  return sumsFrom(name => figures[name], figures.cost.usd);
}

function sumsFrom(valueOf: (name: string) => unknown, usd: string): Sums {
  const numbers = [...TOKEN_NAMES, 'answered', 'failed', 'partial'].map(name => [
    name,
    Number(valueOf(name)),
  ]);
  return { ...(Object.fromEntries(numbers) as Omit<Sums, 'picoUsd'>), picoUsd: String(picoOf(usd)) };
}
