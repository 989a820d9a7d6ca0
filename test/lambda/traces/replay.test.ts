import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { replayLines } from '../../../cli/replay/replay-lines';
import { traceItem } from '../../../lambda/traces/trace-item';
import { type CloudWatchEmulator, startCloudWatch } from '../../../local/emulators/cloudwatch/server';
import { listenOnLoopback, readBody, send } from '../../../local/emulators/http-server';
import { type Front, startFront } from '../../cli/front';
import { type HeldClock, holdClock } from '../../support/held-clock';
import { refusal } from '../../support/table-front';
import { call, type RollupTestTable, startRollupTable, TABLE } from '../rollup/support';
import { type ReplayOptions, replaySpills } from 'cdk-token-analytics/runtime';

const ITEM_OPTIONS = { ttlDays: 90, writeShards: 1 };
const NOW = Math.floor(Date.now() / 60_000) * 60_000;

let table: RollupTestTable;
let front: Front;
let folder: string;
let writes: string[];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'replay-'));
  table = await startRollupTable();
  front = await startFront(table.endpoint);
  writes = [];
});
afterEach(async () => {
  await front.close();
  await table.close();
  await rm(folder, { recursive: true });
});

const options = (): ReplayOptions => ({ tableName: TABLE, region: 'us-east-1', endpoint: front.endpoint });
const itemOf = (requestId: string, changes: object = {}) => ({
  ...traceItem(call({ requestId, timestamp: new Date(NOW) }), ITEM_OPTIONS),
  ...changes,
});
const spillOf = (requestId: string, changes: object = {}) =>
  JSON.stringify({ TraceSpill: itemOf(requestId, changes) });
const provisionalOf = (requestId: string) =>
  spillOf(requestId, { provisional: { BOOL: true }, error: { S: 'FunctionTimeout' } });
const spillsOf = (count: number, prefix = 'r') =>
  Array.from({ length: count }, (_, index) => spillOf(`${prefix}${index}`));

async function fileOf(content: string | Buffer): Promise<string> {
  const file = path.join(folder, 'function.log');
  await writeFile(file, content);
  return file;
}

/**
 * Returns the kind of each trace in the table, by request id: `provisional` for a provisional trace, and
 * otherwise `answer`.
 */
async function tracesInTable(): Promise<Record<string, 'answer' | 'provisional'>> {
  const { Items = [] } = await table.client.send(new ScanCommand({ TableName: TABLE }));
  return Object.fromEntries(
    Items.filter(({ requestId }) => requestId).map(({ requestId, provisional }) => [
      String(requestId.S),
      provisional ? 'provisional' : 'answer',
    ]),
  );
}

/** Makes the table refuse every write request that contains an item with one of the request ids. */
function poison(...requestIds: string[]): void {
  front.see = ({ operation, body }) => {
    if (operation !== 'BatchWriteItem' && operation !== 'PutItem') return undefined;
    writes.push(body);
    return requestIds.some(id => body.includes(`{"S":"${id}"}`)) ? refusal('ValidationException') : undefined;
  };
}

describe('poisoned items', () => {
  test('an item that the table refuses is reported, and the rest of its batch is written', async () => {
    poison('r7', 'r40');

    const replayed = await replaySpills(spillsOf(60), options());

    expect(replayed).toEqual(expect.objectContaining({ written: 58, left: 0, poisoned: 2, refused: 0 }));
    expect(replayed.poisonedKeys).toEqual(
      ['r7', 'r40'].map(id => [itemOf(id).pk, itemOf(id).sk].map(key => ('S' in key ? key.S : ''))),
    );
    expect(Object.keys(await tracesInTable())).toHaveLength(58);
    // The 60 traces need 3 requests. To find each of the 2 bad traces, the replay halves a batch of 25
    // repeatedly. Each halving takes 2 requests.
    expect(writes.length).toBeLessThanOrEqual(3 + 2 * 2 * Math.ceil(Math.log2(25)));
  });

  test('an item that the table refuses does not stop the replay of later batches', async () => {
    poison('r3', 'r30', 'r55', 'r80');

    const replayed = await replayLines(
      [
        {
          name: 'x',
          lines: async function* () {
            yield* await Promise.resolve(spillsOf(100));
          },
        },
      ],
      {
        table: options(),
        explain: String,
      },
    );

    expect([replayed.written, replayed.poisoned, replayed.left]).toEqual([96, 4, 0]);
  });

  test('an item that the table refuses is reported once if it is provisional', async () => {
    poison('late');

    const replayed = await replaySpills([provisionalOf('late'), spillOf('r1')], options());

    expect([replayed.written, replayed.poisoned, replayed.left]).toEqual([1, 1, 0]);
  });

  test('an item that the table refuses is refused as a line if its keys are too long for DynamoDB', async () => {
    const agent = 'é'.repeat(600);
    const long = {
      agentId: { S: agent },
      pk: { S: `AGENT#${agent}#${new Date(NOW).toISOString().slice(0, 10)}` },
    };

    const replayed = await replaySpills([spillOf('r1'), spillOf('x', long)], options());

    expect([replayed.written, replayed.refused, replayed.left]).toEqual([1, 1, 0]);
  });

  test.each([
    ['no map', { S: 'gc2' }],
    ['a list', { M: [] }],
    ['a unit that does not exist', { M: { tokens: { N: '1' } } }],
    ['an inherited name', JSON.parse('{"M":{"__proto__":{"N":"1"}}}') as object],
    ['a text', { M: { images: { S: 'x' } } }],
    ['a nested map', { M: { images: { M: {} } } }],
  ])('a line whose units have %s is refused', async (_what, units) => {
    const good = { units: { M: { guardrailContent: { N: '2' } } } };

    const replayed = await replaySpills([spillOf('r1', good), spillOf('x', { units })], options());

    expect([replayed.written, replayed.refused, Object.keys(await tracesInTable())]).toEqual([1, 1, ['r1']]);
  });

  test('an item that the table refuses is not searched for by the command if the table refuses all items', async () => {
    front.see = ({ body }) => {
      writes.push(body);
      return refusal('ValidationException');
    };
    const replayed = await replayLines(
      [
        {
          name: 'x',
          lines: async function* () {
            yield* await Promise.resolve(spillsOf(200));
          },
        },
      ],
      { table: options(), explain: String },
    );

    expect(replayed.written).toBe(0);
    expect(replayed.poisoned).toBeLessThanOrEqual(75);
    expect(replayed.poisoned + replayed.left).toBe(201);
    expect(replayed.poisonedKeys).toHaveLength(20);
  });
});

describe('sources', () => {
  const LOG = ['START RequestId: 1', spillOf('r1'), `2026-11-20 stream ${spillOf('r2')}`, ''].join('\n');

  test.each<[string, () => Promise<string | Readable | readonly string[]>]>([
    ['the path of a file', () => fileOf(LOG)],
    ['the path of a gzipped file', () => fileOf(gzipSync(LOG))],
    ['a stream of bytes', async () => createReadStream(await fileOf(gzipSync(LOG)))],
    ['a stream of lines', () => Promise.resolve(Readable.from(LOG.split('\n')))],
    ['lines', () => Promise.resolve(LOG.split('\n'))],
  ])('a source of lines can be %s', async (_what, source) => {
    expect(await replaySpills(await source(), options())).toEqual(
      expect.objectContaining({ written: 2, refused: 0 }),
    );
    expect(Object.keys(await tracesInTable()).sort()).toEqual(['r1', 'r2']);
  });

  test('a source of lines is read to its end after a very long line, of which only the first part is kept', async () => {
    const long = `{"TraceSpill":"${'x'.repeat(8_000_000)}"}`;

    const replayed = await replaySpills(
      await fileOf([spillOf('r1'), long, spillOf('r2')].join('\n')),
      options(),
    );

    expect([replayed.written, replayed.refused]).toEqual([2, 1]);
  });

  test('a source of lines can contain messages that mention spills, such as warnings of the runtime', async () => {
    const warning = (text: string) =>
      JSON.stringify({ level: 'WARN', message: `they are in the log as ${text} lines` });

    const replayed = await replaySpills(
      [warning('TraceSpill'), warning('MetricSpill'), spillOf('r1')],
      options(),
    );

    expect([replayed.written, replayed.refused]).toEqual([1, 0]);
  });

  test('a source of lines causes an error if it breaks off, after the lines before are written', async () => {
    const packed = gzipSync(`${spillsOf(400).join('\n')}\n`);
    const file = await fileOf(packed.subarray(0, packed.length - 9));

    await expect(replaySpills(file, options())).rejects.toThrow('unexpected end of file');

    expect(Object.keys(await tracesInTable()).length).toBeGreaterThan(300);
  });
});

describe('provisional traces', () => {
  const FILLERS = spillsOf(40, 'filler');
  test.each<[string, string[]]>([
    ['before its answer', [provisionalOf('r'), spillOf('r')]],
    ['after its answer', [spillOf('r'), provisionalOf('r')]],
    ['a batch before its answer', [provisionalOf('r'), ...FILLERS, spillOf('r')]],
    ['a batch after its answer', [spillOf('r'), ...FILLERS, provisionalOf('r')]],
    [
      'on both sides of its answer',
      [provisionalOf('r'), ...FILLERS, spillOf('r'), ...FILLERS, provisionalOf('r')],
    ],
  ])('a provisional trace never replaces its answer: %s', async (_what, lines) => {
    const replayed = await replaySpills(lines, options());

    expect([replayed.left, replayed.poisoned, replayed.refused]).toEqual([0, 0, 0]);
    expect((await tracesInTable()).r).toBe('answer');
  });

  test('a provisional trace does not replace an answer in the table, and counts as written', async () => {
    await replaySpills([spillOf('r')], options());

    const replayed = await replaySpills([provisionalOf('r')], options());

    expect([replayed.written, replayed.left]).toEqual([1, 0]);
    expect((await tracesInTable()).r).toBe('answer');
  });

  test('a provisional trace is written with its day-index entry if the table has no trace, any number of times', async () => {
    for (const [id, before] of [
      ['one', []],
      ['one', [provisionalOf('one')]],
    ] as const) {
      await replaySpills(before, options());
      expect((await replaySpills([provisionalOf(id)], options())).written).toBe(1);
      expect(await tracesInTable()).toEqual({ one: 'provisional' });
    }
    const { Items = [] } = await table.client.send(new ScanCommand({ TableName: TABLE }));
    expect(Items.filter(({ pk }) => pk.S?.startsWith('DAY#'))).toHaveLength(1);
  });

  test('a provisional trace is replaced by its answer', async () => {
    await replaySpills([provisionalOf('r')], options());
    await replaySpills([spillOf('r')], options());

    expect((await tracesInTable()).r).toBe('answer');
  });

  test('a provisional trace is retried if the table throttles', async () => {
    front.see = ({ operation, number }) =>
      operation === 'PutItem' && number < 4 ? refusal('ProvisionedThroughputExceededException') : undefined;

    const replayed = await replaySpills([provisionalOf('r')], options());

    expect([replayed.written, replayed.left]).toEqual([1, 0]);
  });

  test('a provisional trace is left, with the reason, if the table does not take it', async () => {
    front.see = ({ operation }) => (operation === 'PutItem' ? refusal('AccessDeniedException') : undefined);

    const replayed = await replaySpills([provisionalOf('r'), spillOf('q')], options());

    expect([replayed.written, replayed.left, replayed.reason]).toEqual([1, 1, 'AccessDeniedException']);
  });
});

describe('MetricSpill lines', () => {
  const DATUM = {
    MetricName: 'InvocationCount',
    Unit: 'Count',
    Timestamp: new Date(NOW).toISOString(),
    Dimensions: [
      { Name: 'AgentId', Value: 'triage' },
      { Name: 'Model', Value: 'amazon.nova-lite-v1:0' },
    ],
    Values: [1],
    Counts: [7],
  };
  const lineOf = (changes: object = {}, request: object = {}) =>
    JSON.stringify({
      MetricSpill: { namespace: 'OPX/Analytics', data: [{ ...DATUM, ...changes }], ...request },
    });

  let cloudWatch: CloudWatchEmulator;
  beforeEach(async () => {
    cloudWatch = await startCloudWatch();
  });
  afterEach(() => cloudWatch.close());

  const sending = (): ReplayOptions => ({
    ...options(),
    metrics: true,
    cloudWatchEndpoint: cloudWatch.endpoint,
  });
  const sum = () =>
    cloudWatch.store
      .list()
      .flatMap(identity =>
        cloudWatch.store.points(identity, {
          start: new Date(NOW - 3_600_000),
          end: new Date(NOW + 3_600_000),
          periodSeconds: 60,
          statistic: 'Sum',
        }),
      )
      .reduce((total, { value }) => total + value, 0);

  test('spilled requests of metrics are counted and not sent by default', async () => {
    const replayed = await replaySpills([lineOf(), spillOf('r1'), lineOf({ Counts: [8] })], options());

    expect(replayed).toEqual(
      expect.objectContaining({ written: 1, metricsSent: 0, metricsLeft: 2, refused: 0 }),
    );
    expect(replayed.metricsReason).toBeUndefined();
    expect(cloudWatch.store.list()).toEqual([]);
  });

  test('spilled requests of metrics are sent if `metrics` is true, a repeated line once', async () => {
    const inAnEvent = JSON.stringify({ timestamp: 't', level: 'INFO', message: lineOf({ Counts: [8] }) });

    const replayed = await replaySpills([lineOf(), `stream ${lineOf()}`, inAnEvent], sending());

    expect([replayed.metricsSent, replayed.metricsLeft, replayed.refused]).toEqual([2, 0, 0]);
    expect(sum()).toBe(15);
  });

  test('spilled requests of metrics are left if they are too old for CloudWatch', async () => {
    const old = lineOf({ Timestamp: new Date(NOW - 15 * 86_400_000).toISOString() });

    const replayed = await replaySpills([old, lineOf()], sending());

    expect([replayed.metricsSent, replayed.metricsLeft, replayed.metricsReason]).toEqual([
      1,
      1,
      'older than two weeks',
    ]);
  });

  test('spilled requests of metrics are left if CloudWatch may have accepted them, and are no longer sent after three in a row', async () => {
    let requests = 0;
    const failing = await listenOnLoopback(async (request, response) => {
      await readBody(request);
      requests += 1;
      send(
        response,
        500,
        { 'content-type': 'application/x-amz-json-1.0' },
        '{"__type":"InternalServiceFault"}',
      );
    });
    const lines = Array.from({ length: 10 }, (_, index) => lineOf({ Counts: [index + 1] }));

    const replayed = await replaySpills(lines, { ...sending(), cloudWatchEndpoint: failing.endpoint });
    await failing.close();

    expect([replayed.metricsSent, replayed.metricsLeft, requests]).toEqual([0, 10, 3]);
    expect(replayed.metricsReason).toBe('unknown: InternalServiceFault');
  });

  describe('with a held clock', () => {
    let clock: HeldClock;
    beforeEach(() => {
      clock = holdClock();
    });
    afterEach(() => clock.release());

    test('spilled requests of metrics are left at the deadline', async () => {
      const hanging = await listenOnLoopback(async request => {
        await readBody(request);
      });
      const replaying = replaySpills([lineOf()], {
        ...sending(),
        cloudWatchEndpoint: hanging.endpoint,
        deadlineMs: 300,
      });

      const replayed = await clock.expectEndAfter(300, replaying, { unanswered: 1 });
      await hanging.close();

      expect([replayed.metricsLeft, replayed.metricsReason]).toEqual([
        1,
        expect.stringMatching(/^unknown: /),
      ]);
    });
  });

  test.each<[string, string]>([
    ['another metric', lineOf({ MetricName: 'Mine' })],
    ['a name of Object', lineOf({ MetricName: '__proto__' })],
    ['another unit', lineOf({ Unit: 'Bytes' })],
    ['another dimension', lineOf({ Dimensions: [{ Name: 'UserId', Value: 'u' }] })],
    ['an additional dimension', lineOf({ Dimensions: [...DATUM.Dimensions, { Name: 'X', Value: 'y' }] })],
    ['only one dimension', lineOf({ Dimensions: DATUM.Dimensions.slice(0, 1) })],
    ['a dimension twice', lineOf({ Dimensions: [DATUM.Dimensions[0], DATUM.Dimensions[0]] })],
    [
      'a value with a line end',
      lineOf({ Dimensions: [{ Name: 'AgentId', Value: 'a\nb' }, DATUM.Dimensions[1]] }),
    ],
    [
      'an agent that is too long',
      lineOf({ Dimensions: [{ Name: 'AgentId', Value: 'a'.repeat(65) }, DATUM.Dimensions[1]] }),
    ],
    ['dimensions of a metric without dimensions', lineOf({ MetricName: 'TracesSpilled' })],
    ['a value that is not finite', lineOf().replace('"Values":[1]', '"Values":[1e999]')],
    ['a value that is not a number', lineOf({ Values: ['1'] })],
    ['more values than counts', lineOf({ Values: [1, 2] })],
    ['no value', lineOf({ Values: [], Counts: [] })],
    ['a count with a fraction', lineOf({ Counts: [0.5] })],
    ['too many values', lineOf({ Values: Array(151).fill(1), Counts: Array(151).fill(1) })],
    ['an additional member', lineOf({ StorageResolution: 1 })],
    ['a missing member', lineOf({ Unit: undefined })],
    ['an invalid time', lineOf({ Timestamp: '2026-11-31T00:00:00.000Z' })],
    ["a namespace of AWS'", lineOf({}, { namespace: 'AWS/Lambda' })],
    ['a namespace with a quote', lineOf({}, { namespace: 'a"b' })],
    ['too many metrics', lineOf({}, { data: Array(1001).fill(DATUM) })],
    ['no metric', lineOf({}, { data: [] })],
    ['no list', lineOf({}, { data: { length: 1, 0: DATUM } })],
    ['an additional member of the request', lineOf({}, { EntityMetricData: [] })],
    ['a missing end', lineOf().slice(0, -5)],
  ])('spilled requests of metrics are refused with %s, and not sent', async (_what, line) => {
    const replayed = await replaySpills([line], sending());

    expect([replayed.refused, replayed.metricsSent, replayed.metricsLeft]).toEqual([1, 0, 0]);
    expect(cloudWatch.store.list()).toEqual([]);
  });
});
