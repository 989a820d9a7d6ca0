import { DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { type CapabilityName, LACKS } from './dynamodb-capabilities';
import { type Engine, ENGINES } from './dynamodb-engines';
import type { Invocation } from '../../../lambda/invocation/invocation';
import { type DayRollup, type RollUpOptions, rollUpDay } from '../../../lambda/rollup/roll-up-day';
import { RollupTable } from '../../../lambda/rollup/rollup-table.aws';
import type { SharedTableOptions } from '../../../lambda/traces/table-options';
import type { StoredItem, Trace } from '../../../lambda/traces/trace';
import { TraceReader } from '../../../lambda/traces/trace-reader.aws';
import { TraceWriter } from '../../../lambda/traces/trace-writer';
import type { LoopbackServer } from '../../../local/emulators/http-server';
import { UsageReports } from '../../../reports/usage-reports';
import { stdoutOf } from '../../support/stdout';
import { startTraceEngine, type TraceEngine } from '../../support/trace-engine';

/** Trace table in one of the emulators, with the project's own code to write and read it. */
export interface EngineTable extends TraceEngine {
  /** Location of the table at the proxy, which sees all requests. */
  readonly location: { readonly tableName: string; readonly endpoint: string; readonly region: string };
  /** Client of the proxy. */
  readonly front: DynamoDBClient;
  readonly reader: TraceReader;
  /** Writes a trace for each invocation with a {@link TraceWriter}. */
  write(calls: readonly Invocation[], options?: Partial<SharedTableOptions>): Promise<void>;
  /** Returns all items of the table, sorted by key. */
  items(): Promise<StoredItem[]>;
  tracesOf(partition: string): Promise<Trace[]>;
  rollUp(day: string, now: Date, options?: Partial<RollUpOptions>): Promise<DayRollup>;
  /** Makes reports at the time `now`. */
  withReports<Result>(
    now: Date,
    make: (reports: UsageReports) => Promise<Result>,
    options?: { readonly tableName?: string; readonly timeZone?: string },
  ): Promise<Result>;
}

const running = new Map<string, LoopbackServer>();
let tables = 0;

/** Starts the emulators that are installed before the tests of a file, and stops them afterwards. */
export function startEngines(): void {
  beforeAll(async () => {
    await Promise.all(
      ENGINES.filter(({ missing }) => missing === undefined).map(async ({ name, start }) => {
        running.set(name, await start());
      }),
    );
  });
  afterAll(async () => {
    await Promise.all([...running.values()].map(server => server.close()));
  });
}

/**
 * Defines a test for each emulator, with a table of its own. The test is skipped if the emulator is not
 * installed, or lacks the capability `needs`. The name of the test then says why.
 *
 * @param claim name of the test after the name of the emulator
 */
export function testEach(
  claim: string | ((engine: Engine) => string),
  check: (table: EngineTable, engine: Engine) => Promise<void>,
  needs?: CapabilityName,
): void {
  for (const engine of ENGINES) {
    const name = `on ${engine.name}, ${typeof claim === 'string' ? claim : claim(engine)}`;
    const reason = engine.missing ?? (needs && LACKS[engine.name][needs]);
    if (reason) test.skip(`${name} (skipped: ${reason})`, () => undefined);
    else test(name, () => withTable(engine, table => check(table, engine)));
  }
}

/** Creates a table in an emulator that {@link startEngines} has started. Closes it after `use`. */
export async function withTable<Result>(
  engine: Engine,
  use: (table: EngineTable) => Promise<Result>,
): Promise<Result> {
  const table = await startTable(running.get(engine.name));
  try {
    return await use(table);
  } finally {
    await table.close();
  }
}

async function startTable(server: LoopbackServer | undefined): Promise<EngineTable> {
  if (!server) throw new Error('the emulator must run');
  tables += 1;
  const engine = await startTraceEngine(`Traces${tables}`, server);
  const { tableName, endpoint, close } = engine;
  const location = { tableName, endpoint, region: 'us-east-1' };
  const front = new DynamoDBClient({ endpoint, region: 'us-east-1' });
  const reader = new TraceReader(front, tableName);
  // Not a copy, because tests replace members of `engine`, which the proxy reads.
  return Object.assign(engine, {
    location,
    front,
    reader,
    write: async (calls: readonly Invocation[], options: Partial<SharedTableOptions> = {}) => {
      const writer = new TraceWriter({ maxQueue: calls.length, ...location, ...options });
      for (const call of calls) writer.enqueue(call);
      await writer.flush({ deadlineMs: 50_000 });
    },
    items: async () => {
      const found: StoredItem[] = [];
      const pages = paginateScan({ client: engine.client }, { TableName: tableName, ConsistentRead: true });
      for await (const { Items = [] } of pages) found.push(...(Items as StoredItem[]));
      const keyOf = ({ pk, sk }: StoredItem) => `${pk.S} ${sk.S}`;
      return found.sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
    },
    tracesOf: async (partition: string) => {
      const traces: Trace[] = [];
      await reader.read([partition], page => void traces.push(...page));
      return traces;
    },
    rollUp: (day: string, now: Date, options: Partial<RollUpOptions> = {}) =>
      rollUpDay(
        day,
        { traces: reader, rollups: new RollupTable(front, tableName) },
        { now, ttlDays: 90, allowFewer: false, ...options },
      ),
    withReports: async <Result>(
      now: Date,
      make: (reports: UsageReports) => Promise<Result>,
      options: { readonly tableName?: string; readonly timeZone?: string } = {},
    ) => {
      const reports = new UsageReports({ ...location, now: () => now, ...options });
      try {
        return await make(reports);
      } finally {
        reports.close();
      }
    },
    close: async () => {
      front.destroy();
      await close();
    },
  });
}

/** Returns the log lines of traces that are written to the log instead of the table. */
export async function spillsOf(
  calls: readonly Invocation[],
  { provisional = false }: { readonly provisional?: boolean } = {},
): Promise<string[]> {
  const writer = new TraceWriter({ tableName: 'Unused', maxQueue: calls.length });
  for (const call of calls) writer.enqueue(call, { provisional });
  return stdoutOf(() => writer.spill());
}
