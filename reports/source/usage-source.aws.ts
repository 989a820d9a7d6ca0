import { DynamoDBClient, paginateQuery } from '@aws-sdk/client-dynamodb';
import type { Span } from './day-range';
import { traceStream } from './trace-stream.aws';
import { addUpAgents, itemsOfAgent, partitionsByAgent } from '../../lambda/rollup/agent-day';
import type { RollupItem } from '../../lambda/rollup/rollup-item';
import { readRollups, type DailyRollup } from '../../lambda/rollup/rollup-table.aws';
import { countDays, addUtcDays, isInDay } from '../../lambda/rollup/utc-day';
import { TableLocation, type StoredItem, type Trace, traceFromItem } from '../../lambda/traces/trace';
import { dayOf } from '../../lambda/traces/trace-keys';
import { TraceReader } from '../../lambda/traces/trace-reader.aws';
import { TRACE_TABLE } from '../../src/contract';

/** Sums of one UTC day by agent and model. `sliceByTime` cuts them at quarter-hours. */
export interface UtcDay {
  readonly day: string;
  readonly entries: readonly RollupItem[];
  /** True if the sums are those of the rollup. Otherwise they were calculated from traces. */
  readonly isRolledUp: boolean;
}

/** Counts the reads of a report. */
export interface Meter {
  requests: number;
  units: number;
  /** Number of traces whose time is outside the day of their partition. */
  unreadable: number;
}

/** Options of a read. */
export interface SourceOptions {
  readonly meter: Meter;
  readonly signal?: AbortSignal;
  /** Agent of the traces. Default: all. */
  readonly agentId?: string;
}

/** Reads the trace table by key, never by a scan. */
export interface ReportSource {
  readonly reader: TraceReader;
  /**
   * Reads UTC days in order, both inclusive: from rollups, or from the traces of days that are not rolled up.
   */
  utcDays(from: string, to: string, today: string, options: SourceOptions): AsyncGenerator<UtcDay>;
  /** Passes the traces of a span to `onPage`, page by page and in any order. */
  traces(
    span: Span,
    attributes: readonly string[],
    onPage: (traces: readonly Trace[]) => void,
    options: SourceOptions & { readonly onDay?: () => void },
  ): Promise<void>;
  /** Reads all traces of a span page by page, in a stable order. */
  stream(span: Span, options: SourceOptions): AsyncGenerator<readonly Trace[], void, undefined>;
  /** Reads the traces of an incident page by page, in the order of time. */
  incident(incidentId: string, options: SourceOptions): AsyncGenerator<readonly Trace[]>;
  close(): void;
}

/**
 * Maximum attempts for each request. All attempts together take only some seconds, because a person waits for
 * the report.
 */
const MAX_ATTEMPTS = 6;

/** Connects to the trace table. */
export function connectReportSource({ tableName, region, endpoint }: TableLocation): ReportSource {
  const client = new DynamoDBClient({ region, endpoint, maxAttempts: MAX_ATTEMPTS });
  const reader = new TraceReader(client, tableName);
  return {
    reader,
    utcDays: (from, to, today, options) => utcDays(client, tableName, reader, { from, to, today }, options),
    traces: async ({ start, end }, attributes, onPage, { meter, signal, agentId, onDay }) => {
      for (const day of daysIn(start, end)) {
        const options = { signal, onReadUnits: counting(meter) };
        const partitions = await partitionsOf(reader, day, options, agentId);
        await reader.read(
          [...partitions.values()].flat(),
          page => {
            const ofDay = page.filter(({ timestamp }) => isInDay(timestamp, day));
            meter.unreadable += page.length - ofDay.length;
            onPage(ofDay.filter(({ timestamp }) => timestamp >= start && timestamp < end));
          },
          { ...options, attributes, byHours: true, ...sortKeyBounds(day, start, end) },
        );
        onDay?.();
      }
    },
    stream: ({ start, end }, { meter, signal, agentId }) =>
      traceStream(reader, { from: start, to: end, agentId, signal, onReadUnits: counting(meter) }),
    incident: (incidentId, options) => incident(client, tableName, incidentId, options),
    close: () => client.destroy(),
  };
}

async function* utcDays(
  client: DynamoDBClient,
  tableName: string,
  reader: TraceReader,
  { from, to, today }: Readonly<Record<'from' | 'to' | 'today', string>>,
  options: SourceOptions,
): AsyncGenerator<UtcDay> {
  const { meter, signal } = options;
  const yesterday = addUtcDays(today, -1);
  const rollups = readRollups(client, tableName, from, to < yesterday ? to : yesterday, {
    signal,
    onReadUnits: counting(meter),
  });
  let next: DailyRollup | undefined;
  let ended = from > yesterday;
  for (let day = from; day <= to; day = addUtcDays(day, 1)) {
    while (!ended && (next === undefined || next.day < day)) {
      const { value, done } = await rollups.next();
      next = done ? undefined : value;
      ended = done === true;
    }
    if (next?.day === day) {
      // A rollup contains this count only for all agents together.
      if (options.agentId === undefined) meter.unreadable += next.unreadable ?? 0;
      yield { day, entries: next.entries, isRolledUp: true };
    } else if (day <= today) {
      yield {
        day,
        entries: await sumTraces(reader, day, options),
        isRolledUp: false,
      };
    }
  }
}

/** Calculates the sums of a day that is not rolled up, as its rollup would. */
async function sumTraces(
  reader: TraceReader,
  day: string,
  { meter, signal, agentId }: SourceOptions,
): Promise<RollupItem[]> {
  const options = { signal, onReadUnits: counting(meter) };
  const entries: RollupItem[] = [];
  await addUpAgents(
    await partitionsOf(reader, day, options, agentId),
    day,
    reader,
    options,
    (agent, sums) => {
      meter.unreadable += sums.unreadable;
      entries.push(...itemsOfAgent(agent, sums));
    },
  );
  return entries;
}

async function partitionsOf(
  reader: TraceReader,
  day: string,
  options: Parameters<TraceReader['dayIndex']>[1],
  agentId: string | undefined,
): Promise<Map<string, string[]>> {
  const agents = partitionsByAgent(await reader.dayIndex(day, options));
  if (agentId === undefined) return agents;
  return new Map([...agents].filter(([agent]) => agent === agentId));
}

async function* incident(
  client: DynamoDBClient,
  tableName: string,
  incidentId: string,
  { meter, signal }: SourceOptions,
): AsyncGenerator<readonly Trace[]> {
  const { name, partitionKey } = TRACE_TABLE.incidentIndex;
  const pages = paginateQuery(
    { client },
    {
      TableName: tableName,
      IndexName: name,
      KeyConditionExpression: '#id = :id',
      ExpressionAttributeNames: { '#id': partitionKey },
      ExpressionAttributeValues: { ':id': { S: incidentId } },
      ReturnConsumedCapacity: 'TOTAL',
    },
    { abortSignal: signal },
  );
  const count = counting(meter);
  for await (const { Items, ConsumedCapacity } of pages) {
    count(ConsumedCapacity?.CapacityUnits ?? 0);
    yield ((Items as StoredItem[]) ?? []).map(traceFromItem);
  }
}

function counting(meter: Meter): (units: number) => void {
  return units => {
    meter.requests += 1;
    meter.units += units;
  };
}

/** Returns the UTC days that a span overlaps. */
function daysIn(start: Date, end: Date): string[] {
  const first = dayOf(start);
  const count = countDays(first, dayOf(new Date(end.getTime() - 1)));
  return Array.from({ length: Math.max(0, count) }, (_, index) => addUtcDays(first, index));
}

/**
 * Returns the bounds of sort keys for a span in the partition of a day. There are no bounds if the span
 * covers the entire day.
 */
function sortKeyBounds(
  day: string,
  start: Date,
  end: Date,
): { readonly between?: readonly [string, string] } {
  const whole = start.toISOString() <= `${day}T00:00:00.000Z` && end.toISOString() > `${day}T23:59:59.999Z`;
  return whole ? {} : { between: [start.toISOString(), end.toISOString()] };
}
