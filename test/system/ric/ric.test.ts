import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { isInstalled, NODES, runFunction } from './runtime-api';
import type { AgentTask } from '../../../examples/quick-start/agent';
import { validateEmf } from '../../../local/emulators/cloudwatch/metrics/emf';
import { ANSWER, Bedrock, SECRET } from '../../lambda/instrument/support';
import { type FaultyTable, spilledIn, startFaultyTable } from '../../support/faulty-table';
import { REPOSITORY } from '../../support/run';
import { type EmfLine } from '../../support/stdout';

if (!isInstalled) {
  process.stderr.write(
    "SKIPPED: AWS's runtime interface client is not installed (npm ci --prefix test/system/ric, which " +
      'compiles native code), so no function is tested with it\n',
  );
}

const NOVA = 'amazon.nova-micro-v1:0';
const CLAUDE = 'anthropic.claude-3-haiku-20240307-v1:0';
const AGENT = path.join(REPOSITORY, 'lib', 'cli', 'quick-start-agent');
const FORMATS = [
  ['text', {}],
  ['JSON', { AWS_LAMBDA_LOG_FORMAT: 'JSON' }],
  ['JSON at WARN', { AWS_LAMBDA_LOG_FORMAT: 'JSON', AWS_LAMBDA_LOG_LEVEL: 'WARN' }],
] as const;
const CASES = NODES.flatMap(([version, node]) =>
  FORMATS.map(([format, environment]) => [version, format, node, environment] as const),
);

const task = (
  agentId: string,
  apis: readonly AgentTask['steps'][number]['api'][],
  incidentId = 'INC-7',
): AgentTask => ({
  agentId,
  incidentId,
  steps: apis.map(api => ({ api, modelId: api === 'InvokeModel' ? CLAUDE : NOVA, prompt: SECRET })),
});

/**
 * Returns the metrics in log lines (EMF). Ignores lines with a prefix, because CloudWatch does not read them.
 */
const bare = (lines: readonly string[]) =>
  lines.filter(line => line.startsWith('{"_aws"')).map(line => JSON.parse(line) as EmfLine);
const valuesOf = (documents: readonly EmfLine[], metric: string) =>
  documents.flatMap(document => [document[metric] ?? []].flat() as number[]);

(isInstalled ? describe : describe.skip)("under AWS's runtime interface client", () => {
  let table: FaultyTable;
  let bedrock: Bedrock;
  beforeEach(async () => {
    table = await startFaultyTable();
    bedrock = await Bedrock.start();
  });
  afterEach(async () => {
    await bedrock.close();
    await table.close();
  });

  // Returns environment variables with a long timeout for writing traces. After a timeout, a trace can be
  // both in the table and in the log.
  const environment = (changes: Readonly<Record<string, string>> = {}) => ({
    TOKEN_ANALYTICS_FLUSH_TIMEOUT_MS: '30000',
    AWS_ENDPOINT_URL_BEDROCK_RUNTIME: bedrock.endpoint,
    AWS_ENDPOINT_URL_DYNAMODB: table.endpoint,
    TOKEN_ANALYTICS_TABLE: 'Traces',
    ...changes,
  });

  test.each(CASES)(
    "%s, %s format: the built handler's metric lines are bare and valid, and have only our dimensions",
    async (_version, format, node, changes) => {
      const { results, stdout } = await runFunction(
        [
          task('triage', ['Converse', 'ConverseStream', 'InvokeModel']),
          task('report', ['Converse']),
          task('triage', ['Converse', 'Converse']),
        ],
        { node, root: AGENT, handler: 'index.handler', environment: environment(changes) },
      );

      expect(results.map(({ body }) => JSON.parse(body) as unknown)).toEqual([
        { steps: 3, failed: 0 },
        { steps: 1, failed: 0 },
        { steps: 2, failed: 0 },
      ]);
      const documents = bare(stdout);
      expect(documents).toHaveLength(stdout.filter(line => line.includes('_aws')).length);
      for (const document of documents) {
        expect(validateEmf(document)).toEqual([]);
        expect(document._aws.CloudWatchMetrics.map(({ Dimensions }) => Dimensions)).toEqual([
          [[], ['AgentId', 'Model']],
        ]);
      }
      expect(
        documents.map(({ AgentId, Model, InvocationCount }) => [AgentId, Model, InvocationCount]),
      ).toEqual([
        ['triage', NOVA, [1, 1]],
        ['triage', CLAUDE, 1],
        ['report', NOVA, 1],
        ['triage', NOVA, [1, 1]],
      ]);
      expect(valuesOf(documents, 'InputTokens')).toEqual([3702, 3702, 3702, 3702, 3702, 3702]);
      // If the log level is WARN, metric lines must also have it. Lambda removes lines with a lower level.
      expect(new Set(documents.map(({ level }) => level))).toEqual(
        new Set([format === 'JSON at WARN' ? 'WARN' : undefined]),
      );
      expect(stdout.filter(line => line.includes('Bedrock API token usage'))).toHaveLength(
        format === 'JSON at WARN' ? 0 : 3,
      );
      expect([table.traces.size, spilledIn(stdout).length]).toEqual([6, 0]);
      expect(stdout.join()).not.toContain(SECRET);
    },
  );

  test.each(NODES)(
    '%s: a run killed at its deadline during a model call has delivered its earlier records',
    async (_version, node) => {
      bedrock.answer = (_request, number) =>
        number === 2 ? { ...ANSWER, pace: { delayMs: 3_000 } } : ANSWER;

      const { results, stdout } = await runFunction([task('triage', ['Converse', 'Converse'])], {
        node,
        root: AGENT,
        handler: 'index.handler',
        environment: environment(),
        timeoutMs: 1500,
      });

      expect(results).toEqual([]);
      expect(valuesOf(bare(stdout), 'InvocationCount')).toEqual([1]);
      expect(valuesOf(bare(stdout), 'InvocationErrors')).toEqual([1]);
      expect(new Set([...table.traces, ...spilledIn(stdout)]).size).toBe(2);
    },
  );

  test.each(NODES)(
    '%s: a run that times out while the table hangs spills its traces',
    async (_version, node) => {
      table.fault = () => ({ hangs: true });

      const { results, stdout } = await runFunction(
        [task('triage', ['Converse', 'Converse', 'InvokeModel'])],
        { node, root: AGENT, handler: 'index.handler', environment: environment(), timeoutMs: 1200 },
      );

      expect(results.map(({ ok }) => ok)).toEqual([true]);
      expect([table.traces.size, spilledIn(stdout).length]).toEqual([0, 3]);
      expect(valuesOf(bare(stdout), 'TracesSpilled').reduce((sum, count) => sum + count, 0)).toBe(3);
    },
  );

  test.each(NODES)(
    '%s: concurrent runs on a Managed Instance have separate agents, incidents and sums',
    async (_version, node) => {
      bedrock.answer = (_request, number) => ({ ...ANSWER, pace: { delayMs: number % 5 } });
      const events = Array.from({ length: 40 }, (_, index) =>
        task(
          `agent-${'abcd'[index % 4]}`,
          Array.from({ length: 1 + (index % 3) }, () =>
            index % 2 ? ('Converse' as const) : ('ConverseStream' as const),
          ),
          `INC-${index}`,
        ),
      );

      const { results, stdout } = await runFunction(events, {
        node,
        root: AGENT,
        handler: 'index.handler',
        environment: environment({ AWS_LAMBDA_LOG_FORMAT: 'JSON' }),
        concurrency: 16,
      });

      const wanted = events.reduce((sum, { steps }) => sum + steps.length, 0);
      expect(results.map(({ body }) => JSON.parse(body) as unknown)).toEqual(
        events.map(({ steps }) => ({ steps: steps.length, failed: 0 })),
      );
      expect(stdout.filter(line => line.includes('_aws') && !line.startsWith('{"_aws"'))).toEqual([]);
      expect(valuesOf(bare(stdout), 'InvocationCount')).toHaveLength(wanted);
      for (const agent of 'abcd') {
        const ofAgent = events
          .filter(({ agentId }) => agentId === `agent-${agent}`)
          .reduce((sum, { steps }) => sum + steps.length, 0);
        expect(
          valuesOf(
            bare(stdout).filter(({ AgentId }) => AgentId === `agent-${agent}`),
            'InvocationCount',
          ),
        ).toHaveLength(ofAgent);
      }
      const summaries = stdout
        .filter(line => line.includes('Bedrock API token usage'))
        .map(line => (JSON.parse(line) as { usage: { answered: number } }).usage.answered);
      expect(summaries.sort()).toEqual(events.map(({ steps }) => steps.length).sort());
      expect([table.traces.size, spilledIn(stdout).length]).toEqual([wanted, 0]);
    },
  );

  test.each(NODES)(
    '%s: a tracked streaming handler still streams and is recorded',
    async (_version, node) => {
      const root = mkdtempSync(path.join(tmpdir(), 'token-analytics-ric-'));
      writeFileSync(
        path.join(root, 'index.js'),
        `
      const { TokenTracker } = require(${JSON.stringify(path.join(REPOSITORY, 'lib', 'runtime', 'index.js'))});
      const tracker = TokenTracker.fromEnvironment();
      const usage = { uncachedInputTokens: 100, cacheReadTokens: 0, cacheWrite5mTokens: 0, cacheWrite1hTokens: 0, outputTokens: 20, source: 'usage', partial: false };
      const inner = async (event, stream, context) => {
        for (const part of event.parts) stream.write(part);
        tracker.record({ agentId: 'streamer', modelId: ${JSON.stringify(NOVA)}, usage });
        stream.end();
        await stream.finished?.();
      };
      exports.outside = awslambda.streamifyResponse(tracker.handler(inner));
      exports.inside = tracker.handler(awslambda.streamifyResponse(inner));`,
      );

      for (const handler of ['index.outside', 'index.inside']) {
        const { results, stdout } = await runFunction([{ parts: ['one ', 'two'] }], {
          node,
          root,
          handler,
          environment: environment(),
        });

        expect(results).toEqual([{ ok: true, body: 'one two' }]);
        expect(bare(stdout).map(({ AgentId, InvocationCount }) => [AgentId, InvocationCount])).toEqual([
          ['streamer', 1],
        ]);
      }
      rmSync(root, { recursive: true });
    },
  );

  test.each(NODES)(
    '%s: a tracked handler with a callback fails with the same error of the runtime as an untracked one',
    async (_version, node) => {
      const root = mkdtempSync(path.join(tmpdir(), 'token-analytics-ric-'));
      writeFileSync(
        path.join(root, 'index.js'),
        `
      const { TokenTracker } = require(${JSON.stringify(path.join(REPOSITORY, 'lib', 'runtime', 'index.js'))});
      exports.plain = (event, context, callback) => callback(null, 'one');
      exports.tracked = TokenTracker.fromEnvironment().handler(exports.plain);`,
      );

      for (const handler of ['index.plain', 'index.tracked']) {
        const { stdout, stderr } = await runFunction([{}], {
          node,
          root,
          handler,
          environment: environment(),
        });

        expect([...stdout, stderr].join('\n')).toContain('Runtime.CallbackHandlerDeprecated');
      }
      rmSync(root, { recursive: true });
    },
  );
});
