import { DynamoDBClient, paginateQuery } from '@aws-sdk/client-dynamodb';
import type { Span } from './day-range';
import { traceStream } from './trace-stream.aws';
import { addUpAgents, itemsOfAgent, partitionsByAgent } from '../../lambda/rollup/agent-day';
import type { RollupItem } from '../../lambda/rollup/rollup-item';
import { readRollups, type DailyRollup } from '../../lambda/rollup/rollup-table.aws';
import { countDays, addUtcDays, isInDay } from '../../lambda/rollup/utc-day';
import { tableRegion } from '../../lambda/traces/table-region';
import { TableLocation, type StoredItem, type Trace, traceFromItem } from '../../lambda/traces/trace';
import { dayOf } from '../../lambda/traces/trace-keys';
import { TraceReader } from '../../lambda/traces/trace-reader.aws';
import { TRACE_TABLE } from '../../src/contract';

/**
 * Sums of one UTC day, by agent and model. `sliceByTime` can extract the sums of a part of the day, in
 * quarter-hours.
 */
export interface UtcDay {
  readonly day: string;
  readonly entries: readonly RollupItem[];
  /**
   * True if the sums were read from the nightly rollup. False if they were calculated from the traces of the
   * day.
   */
  readonly isRolledUp: boolean;
}

/** Counters for a report: requests to the table, consumed read units and unreadable traces. */
export interface Meter {
  requests: number;
  units: number;
  /** Number of traces that were ignored because their timestamp is not on the UTC day in their key. */
  unreadable: number;
}

export interface SourceOptions {
  readonly meter: Meter;
  readonly signal?: AbortSignal;
  /** Agent whose traces are read. Default: all agents. */
  readonly agentId?: string;
}

/** Reads the data of reports from the trace table. All reads use keys, and none scans the table. */
export interface ReportSource {
  readonly reader: TraceReader;
  /**
   * Reads the sums of each UTC day from `from` to `to`, both inclusive, in order. Sums come from the rollup
   * of the day. If there is no rollup, they are calculated from the traces of the day.
   */
  utcDays(from: string, to: string, today: string, options: SourceOptions): AsyncGenerator<UtcDay>;
  /**
   * Reads the traces of a time span page by page, and passes each page to `onPage`. The pages are in no fixed
   * order.
   */
  traces(
    span: Span,
    attributes: readonly string[],
    onPage: (traces: readonly Trace[]) => void,
    options: SourceOptions & { readonly onDay?: () => void },
  ): Promise<void>;
  /** Reads all traces of a time span page by page, always in the same order. */
  stream(span: Span, options: SourceOptions): AsyncGenerator<readonly Trace[], void, undefined>;
  /** Reads the traces of an incident page by page, in order of time. */
  incident(incidentId: string, options: SourceOptions): AsyncGenerator<readonly Trace[]>;
  close(): void;
}

/**
 * Maximum number of attempts for each request. Six attempts take only some seconds, because a person is
 * waiting for the report.
 */
const MAX_ATTEMPTS = 6;

/** Creates a source of report data that reads a trace table. No request is sent yet. */
export function connectReportSource(location: TableLocation): ReportSource {
  const { tableName, endpoint } = location;
  const client = new DynamoDBClient({ region: tableRegion(location), endpoint, maxAttempts: MAX_ATTEMPTS });
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
      // If the report is on a single agent, the count is ignored, because it includes all agents.
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

/** Calculates the sums of a day from its traces. They are equal to the sums in a rollup. */
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

/** Returns the UTC days that are completely or partly in a time span. */
function daysIn(start: Date, end: Date): string[] {
  const first = dayOf(start);
  const count = countDays(first, dayOf(new Date(end.getTime() - 1)));
  return Array.from({ length: Math.max(0, count) }, (_, index) => addUtcDays(first, index));
}

/**
 * Returns the sort keys between which the traces of a time span are stored. Returns an empty object if the
 * span covers the entire day.
 */
function sortKeyBounds(
  day: string,
  start: Date,
  end: Date,
): { readonly between?: readonly [string, string] } {
  const whole = start.toISOString() <= `${day}T00:00:00.000Z` && end.toISOString() > `${day}T23:59:59.999Z`;
  return whole ? {} : { between: [start.toISOString(), end.toISOString()] };
}
