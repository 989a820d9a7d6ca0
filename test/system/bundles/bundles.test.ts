import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { type App, isInstalled, makeApp, NODES, type Program, runProgram } from './app';
import { Backends, type MetricTotal } from './backends';
import { REPORTS_SET_UPS, RUNTIME_SET_UPS } from './set-ups';
import { ENV } from '../../../src/contract';
import { ASSETS_FOLDER } from '../../../src/private/entry-points';
import { usageEvent } from '../../lambda/ingest/support';
import { spilledIn } from '../../support/faulty-table';

/** Environment variables by the way to send metrics: in log lines (`emf`) or by PutMetricData. */
const SINKS = {
  emf: { [ENV.sink]: 'emf', AWS_LAMBDA_FUNCTION_NAME: 'Function' },
  putMetricData: { [ENV.sink]: 'putMetricData' },
} as const;
const SINK_NAMES = Object.keys(SINKS) as (keyof typeof SINKS)[];

const MODEL = 'amazon.nova-micro-v1:0';
const EVENT = { incidentId: 'INC-7', questions: ['one', 'two', 'three'] };
const ANSWERS = ['forty-two', 'forty-two', 'forty-two'];
const TRACE = { agentId: 'triage', incidentId: 'INC-7', inputTokens: 3702, outputTokens: 1701 };
const TRACES = [TRACE, TRACE, TRACE];
/**
 * Expected metrics of three calls. Each row of the list contains a name, the number of values, and their sum.
 * Each metric occurs twice: without dimensions, and with agent and model.
 */
const METRICS_OF_CALLS = (
  [
    ['CacheReadTokens', 3, 0],
    ['CacheWriteTokens', 3, 0],
    ['InputTokens', 3, 11_106],
    ['InvocationCount', 3, 3],
    ['OutputTokens', 3, 5103],
    ['ResponseLatency', 3, 'any'],
    ['TokenEfficiency', 3, 1.378443],
    ['TotalCost', 3, 0.00110313],
    ['TotalTokens', 3, 16_209],
  ] as const
).flatMap(([name, ...totals]): MetricTotal[] => [
  [name, '', ...totals],
  [name, `triage ${MODEL}`, ...totals],
]);
const METRICS_OF_SPILLS: MetricTotal = ['TracesSpilled', '', 1, 3];

/** Patterns for parts of the package. A pattern matches once for each copy of its part in a bundle. */
const RUNTIME_PARTS = {
  'entry point': /so its events cannot be observed/g,
  'client of DynamoDB': /serviceTarget:\s*["'`]DynamoDB_20120810/g,
  'client of CloudWatch': /serviceTarget:\s*["'`]GraniteServiceVersion20100801/g,
};
const REPORTS_PARTS = {
  'entry point': /argument:\s*["'`]tableName["'`]/g,
  'client of DynamoDB': RUNTIME_PARTS['client of DynamoDB'],
};

/** Returns the code of all JavaScript files in the folder of a bundle. */
function codeOf({ file }: Program): string {
  return readdirSync(path.dirname(file), { recursive: true, withFileTypes: true })
    .filter(item => item.isFile() && /\.[cm]?js$/.test(item.name))
    .map(item => readFileSync(path.join(item.parentPath, item.name), 'utf8'))
    .join('\n');
}

/** Counts the copies of each part of the package in a bundle. */
function copiesOf(parts: Readonly<Record<string, RegExp>>, program: Program): Record<string, number> {
  const code = codeOf(program);
  return Object.fromEntries(
    Object.entries(parts).map(([part, text]) => [part, code.match(text)?.length ?? 0]),
  );
}

const oneOfEach = (parts: object) => Object.fromEntries(Object.keys(parts).map(part => [part, 1]));
const isPrinted = (lines: readonly string[]) => lines.some(line => line.includes('"_aws"'));

(isInstalled ? describe : describe.skip)('the packed package', () => {
  let app: App;
  let backends: Backends;
  beforeAll(async () => {
    app = await makeApp();
  }, 240_000);
  afterAll(() => app.remove());
  beforeEach(async () => {
    backends = await Backends.start();
  });
  afterEach(() => backends.close());

  describe.each(RUNTIME_SET_UPS)('$name', ({ name, nodes, isBundled, prepare }) => {
    const cells = nodes.flatMap(node => SINK_NAMES.map(sink => ({ node, on: node[0], sink })));
    let program: Program;
    beforeAll(async () => {
      program = await prepare(app, 'handler');
    }, 240_000);

    test.each(cells)(
      `${name}, $sink, $on: three calls leave three traces and their metrics`,
      async ({ node, sink }) => {
        const { results, lines, stderr } = await runProgram(program, [['handler', EVENT]], {
          node,
          environment: { ...backends.environment, ...SINKS[sink] },
        });

        expect({ results, stderr, spilled: spilledIn(lines), traces: await backends.traces() }).toEqual({
          results: [ANSWERS],
          stderr: '',
          spilled: [],
          traces: TRACES,
        });
        expect(isPrinted(lines)).toBe(sink === 'emf');
        expect(backends.metrics(lines)).toEqual(METRICS_OF_CALLS);
      },
    );

    test.each(cells)(
      `${name}, $sink, $on: traces refused by the table are spilled, and replay writes them`,
      async ({ node, sink }) => {
        const options = { node, environment: { ...backends.environment, ...SINKS[sink] } };
        backends.table.refuses = operation => operation === 'BatchWriteItem';
        const { results, lines } = await runProgram(program, [['handler', EVENT]], options);
        expect(results).toEqual([ANSWERS]);
        expect(spilledIn(lines)).toHaveLength(3);
        expect(await backends.traces()).toEqual([]);
        expect(backends.metrics(lines)).toEqual([...METRICS_OF_CALLS, METRICS_OF_SPILLS]);

        backends.table.refuses = () => false;
        const replayed = await runProgram(program, [['replay', lines]], options);

        expect({ results: replayed.results, stderr: replayed.stderr }).toEqual({
          results: [expect.objectContaining({ written: 3, left: 0, refused: 0, poisoned: 0 })],
          stderr: '',
        });
        expect(await backends.traces()).toEqual(TRACES);
      },
    );

    if (isBundled) {
      test(`${name}: the bundle contains each part of the runtime once`, () => {
        expect(copiesOf(RUNTIME_PARTS, program)).toEqual(oneOfEach(RUNTIME_PARTS));
      });

      test(`${name}: the bundle does not contain the path of its build folder`, () => {
        expect(codeOf(program).includes(app.root)).toBe(false);
      });
    }
  });

  test.each(NODES)('%s: the packaged ingest writes traces and metrics', async (...node) => {
    const file = path.join(
      app.root,
      'node_modules',
      'cdk-token-analytics',
      ASSETS_FOLDER,
      'ingest-events.mjs',
    );
    const events = EVENT.questions.map(requestId =>
      usageEvent({
        requestId,
        agentId: 'triage',
        incidentId: 'INC-7',
        modelId: MODEL,
        latencyMs: 321,
        timestamp: new Date().toISOString(),
        usage: { uncachedInputTokens: 3702, outputTokens: 1701 },
      }),
    );

    const { lines, stderr } = await runProgram(
      { file, load: 'import' },
      events.map(event => ['handler', event] as const),
      {
        node,
        environment: { ...backends.environment, ...SINKS.emf, [ENV.ingestQueue]: 'http://127.0.0.1:9/q' },
      },
    );

    expect({ stderr, traces: await backends.traces() }).toEqual({ stderr: '', traces: TRACES });
    expect(backends.metrics(lines)).toEqual(METRICS_OF_CALLS);
  });

  describe.each(REPORTS_SET_UPS)('reports, $name', ({ name, nodes, isBundled, prepare }) => {
    let program: Program;
    beforeAll(async () => {
      program = await prepare(app, 'report');
    }, 240_000);

    test.each(nodes)(`reports, ${name}, %s: the cost of a day is the cost of its traces`, async (...node) => {
      const { endpoint, tableName, put } = backends.table;
      await put([
        { at: '2026-11-20T01:00:00Z', usd: 0.1 },
        { at: '2026-11-20T12:00:00Z', usd: 0.02 },
        { at: '2026-11-20T23:59:59Z', usd: 0.003 },
      ]);

      const { results, stderr } = await runProgram(
        program,
        [['costOf', { day: '2026-11-20', tableName, endpoint }]],
        { node, environment: {} },
      );

      expect({ results, stderr }).toEqual({ results: ['123000000000'], stderr: '' });
    });

    if (isBundled) {
      test(`reports, ${name}: the bundle contains each part of the reports once`, () => {
        expect(copiesOf(REPORTS_PARTS, program)).toEqual(oneOfEach(REPORTS_PARTS));
      });
    }
  });
});
