import type { PlannedCall, Tokens } from './fault-plan';
import type { EmfLine } from '../../support/stdout';

/** One recorded call, from the plan, a trace, a spilled trace or a row of an export. */
export interface CallRecord {
  readonly day: string;
  /** Time of the call in ISO 8601, which identifies the call. */
  readonly time: string;
  readonly agentId: string;
  readonly model: string;
  readonly incidentId: string | undefined;
  readonly isFailed: boolean;
  readonly isPartial: boolean;
  readonly tokens: Tokens;
  /** Cost in pico-dollars. Undefined if the cost is unknown. */
  readonly picoUsd: bigint | undefined;
}

/** Sums of calls, as text, so that a failed comparison shows the numbers. */
export interface Sums extends Tokens {
  readonly answered: number;
  readonly failed: number;
  readonly partial: number;
  readonly picoUsd: string;
}

export const TOKEN_NAMES = [
  'uncachedInputTokens',
  'cacheReadTokens',
  'cacheWrite5mTokens',
  'cacheWrite1hTokens',
  'outputTokens',
] as const satisfies readonly (keyof Tokens)[];

/** Item of the trace table, in the JSON form of DynamoDB. */
export type Item = Readonly<
  Record<string, { readonly S?: string; readonly N?: string; readonly BOOL?: boolean } | undefined>
>;

const DAY_LENGTH = '2026-11-28'.length;
const PLACES = 12;

export function recordOfPlan(call: PlannedCall): CallRecord {
  const { day, time, agentId, model, incidentId, isFailed, isPartial, tokens, picoUsd } = call;
  return { day, time, agentId, model, incidentId, isFailed, isPartial, tokens, picoUsd };
}

/** Reads a trace or a spilled trace. The day comes from the partition key. */
export function recordOfItem(item: Item): CallRecord {
  const text = (name: string) => item[name]?.S;
  return {
    day: text('pk')?.split('#')[2] ?? '',
    time: text('timestamp') ?? '',
    agentId: text('agentId') ?? '',
    model: text('model') ?? '',
    incidentId: text('incidentId'),
    isFailed: text('error') !== undefined,
    isPartial: item.partial?.BOOL === true,
    tokens: tokensOf(name => item[name]?.N),
    picoUsd: picoOf(item.costUsd?.N),
  };
}

/** Reads a line of an export in JSON Lines. */
export function recordOfExport(row: Readonly<Record<string, unknown>>): CallRecord {
  const text = (name: string) =>
    row[name] === undefined || row[name] === null ? undefined : String(row[name]);
  const pico = text('picoUsd');
  return {
    day: text('day') ?? '',
    time: text('timestampUtc') ?? '',
    agentId: text('agentId') ?? '',
    model: text('model') ?? '',
    incidentId: text('incidentId'),
    isFailed: text('kind') === 'failed',
    isPartial: row.partial === true,
    tokens: tokensOf(text),
    picoUsd: pico === undefined ? undefined : BigInt(pico),
  };
}

/** Converts decimal US dollars to pico-dollars, without rounding. */
export function picoOf(usd: string): bigint;
export function picoOf(usd: string | undefined): bigint | undefined;
export function picoOf(usd: string | undefined): bigint | undefined {
  if (usd === undefined) return undefined;
  const [whole, fraction = ''] = usd.split('.');
  if (fraction.length > PLACES) throw new Error(`an amount must have at most 12 decimal places, got: ${usd}`);
  return BigInt(whole + fraction.padEnd(PLACES, '0'));
}

/** Returns one line of text for each record, in the order of time. Equal lists have the same lines. */
export function linesOf(records: readonly CallRecord[]): string[] {
  return records
    .map(({ day, time, agentId, model, incidentId = '-', isFailed, isPartial, tokens, picoUsd = '-' }) =>
      [
        time,
        day,
        agentId,
        model,
        incidentId,
        isFailed ? 'failed' : 'answered',
        isPartial ? 'partial' : 'whole',
        ...TOKEN_NAMES.map(name => tokens[name]),
        picoUsd,
      ].join(' '),
    )
    .sort();
}

/** Sums the records, by the key that `keyOf` returns. Omits records without a key. */
export function sumsBy(
  records: readonly CallRecord[],
  keyOf: (record: CallRecord) => string | undefined,
): Record<string, Sums> {
  const groups = grouped(records, keyOf);
  return sorted(Object.fromEntries([...groups].map(([key, group]) => [key, sumOf(group)])));
}

function grouped<Member>(
  members: readonly Member[],
  keyOf: (member: Member) => string | undefined,
): Map<string, Member[]> {
  const groups = new Map<string, Member[]>();
  for (const member of members) {
    const key = keyOf(member);
    if (key === undefined) continue;
    const group = groups.get(key);
    if (group) group.push(member);
    else groups.set(key, [member]);
  }
  return groups;
}

export function sumOf(records: readonly CallRecord[]): Sums {
  const sums = Object.fromEntries(
    TOKEN_NAMES.map(name => [name, records.reduce((sum, { tokens }) => sum + tokens[name], 0)]),
  ) as unknown as Tokens;
  const failed = records.filter(({ isFailed }) => isFailed).length;
  const picoUsd = records.reduce((sum, record) => sum + (record.picoUsd ?? 0n), 0n);
  const partial = records.filter(({ isPartial }) => isPartial).length;
  return { ...sums, answered: records.length - failed, failed, partial, picoUsd: String(picoUsd) };
}

/** Returns an object with the same members in the order of their names. */
export function sorted<Value>(object: Readonly<Record<string, Value>>): Record<string, Value> {
  return Object.fromEntries(Object.entries(object).sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** Metrics of one agent, model and UTC day. */
export interface MetricSums {
  readonly answered: number;
  readonly failed: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Cost of each call in pico-dollars, in ascending order, so that each call is compared exactly. */
  readonly picoUsd: readonly string[];
}

const keyOfMetrics = ({ agentId, model, day }: Pick<CallRecord, 'agentId' | 'model' | 'day'>) =>
  [agentId, model, day].join(' ');

/** Returns the metrics that CloudWatch must get for the records. */
export function metricsOfRecords(records: readonly CallRecord[]): Record<string, MetricSums> {
  const metrics = [...grouped(records, keyOfMetrics)].map(([key, group]): [string, MetricSums] => {
    const { answered, failed, outputTokens, ...sums } = sumOf(group);
    return [
      key,
      {
        answered,
        failed,
        inputTokens:
          sums.uncachedInputTokens + sums.cacheReadTokens + sums.cacheWrite5mTokens + sums.cacheWrite1hTokens,
        outputTokens,
        picoUsd: ascending(group.flatMap(({ picoUsd }) => (picoUsd === undefined ? [] : [picoUsd]))),
      },
    ];
  });
  return sorted(Object.fromEntries(metrics));
}

/** Returns the metrics in log lines, by agent, model and UTC day. */
export function metricsOfLines(lines: readonly EmfLine[]): Record<string, MetricSums> {
  const keyOf = ({ AgentId: agentId, Model: name, _aws: { Timestamp } }: EmfLine) => {
    if (agentId === undefined || name === undefined) return undefined;
    const day = new Date(Timestamp).toISOString().slice(0, DAY_LENGTH);
    return keyOfMetrics({ agentId, model: name, day });
  };
  const metrics = [...grouped(lines, keyOf)].map(([key, group]): [string, MetricSums] => [
    key,
    {
      answered: totalOf(group, 'InvocationCount'),
      failed: totalOf(group, 'InvocationErrors'),
      inputTokens: totalOf(group, 'InputTokens'),
      outputTokens: totalOf(group, 'OutputTokens'),
      // A cost below 9,007 US dollars is exact as a number, when it is rounded to 12 decimal places.
      picoUsd: ascending(valuesOf(group, 'TotalCost').map(usd => BigInt(Math.round(usd * 1e12)))),
    },
  ]);
  return sorted(Object.fromEntries(metrics));
}

/** Returns the sum of all values of one metric. */
export function totalOf(lines: readonly EmfLine[], name: string): number {
  return valuesOf(lines, name).reduce((sum, value) => sum + value, 0);
}

function valuesOf(lines: readonly EmfLine[], name: string): number[] {
  return lines.flatMap(line => {
    const isListed = line._aws.CloudWatchMetrics.some(({ Metrics }) =>
      Metrics.some(metric => metric.Name === name),
    );
    return isListed ? [line[name]].flat().map(Number) : [];
  });
}

function ascending(amounts: readonly bigint[]): string[] {
  return [...amounts].sort((one, other) => (one < other ? -1 : 1)).map(String);
}

function tokensOf(valueOf: (name: string) => string | undefined): Tokens {
  return Object.fromEntries(TOKEN_NAMES.map(name => [name, Number(valueOf(name) ?? 0)])) as unknown as Tokens;
}
