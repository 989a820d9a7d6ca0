import * as path from 'node:path';
import { Bedrock } from '../../../lambda/instrument/support';
import { startFaultyTable } from '../../../support/faulty-table';
import { REPOSITORY, run } from '../../../support/run';

const RUNS = 2000;
const RECORDS_PER_RUN = 100;
const MAX_GROWTH_BYTES = 10_000_000;

/**
 * Program that runs a handler 2,000 times. Each run records 99 calls and one stream. The program then prints
 * the growth of its memory, and the number of its listeners before and after the runs.
 */
const PROGRAM = `
  const { TokenTracker } = require(${JSON.stringify(path.join(REPOSITORY, 'lib', 'runtime', 'index.js'))});
  const { BedrockRuntimeClient, ConverseStreamCommand } = require('@aws-sdk/client-bedrock-runtime');
  const rejections = [];
  process.on('unhandledRejection', error => rejections.push(String(error)));
  const tracker = new TokenTracker({ sink: 'emf', tableName: 'Traces', endpoint: process.env.TABLE, region: 'us-east-1', flushTimeoutMs: 20000 });
  const bedrock = tracker.instrument(new BedrockRuntimeClient({ endpoint: process.env.BEDROCK, region: 'us-east-1' }), { agentId: 'streamer' });
  const usage = { uncachedInputTokens: 100, cacheReadTokens: 0, cacheWrite5mTokens: 0, cacheWrite1hTokens: 0, outputTokens: 20, source: 'usage', partial: false };
  const listeners = () => ['beforeExit', 'exit', 'SIGTERM', 'SIGINT', 'warning'].map(name => process.listenerCount(name)).concat(process.stdout.listenerCount('error'), process.stderr.listenerCount('error'));
  const heap = () => { gc(); gc(); return process.memoryUsage().heapUsed; };
  const handler = tracker.handler(async (run) => {
    for (let i = 1; i < ${RECORDS_PER_RUN}; i += 1) {
      tracker.run({ incidentId: 'INC-' + run }, () => tracker.record({ agentId: 'agent-' + 'abcdefghij'[i % 10], modelId: 'amazon.nova-micro-v1:0', usage, latencyMs: i }));
    }
    const { stream } = await bedrock.send(new ConverseStreamCommand({ modelId: 'amazon.nova-micro-v1:0', messages: [{ role: 'user', content: [{ text: 'x' }] }] }));
    for await (const event of stream) if (run % 2 && event.contentBlockDelta) break;
  });
  (async () => {
    let before, listenersBefore;
    for (let run = 0; run < ${RUNS}; run += 1) {
      if (run === ${RUNS / 10}) { before = heap(); listenersBefore = listeners(); }
      await handler(run);
    }
    const growth = heap() - before;
    process.stderr.write(JSON.stringify({ growth, rejections, listenersBefore, listenersAfter: listeners() }) + '\\n');
    process.exit(0);
  })();`;

test(`${RUNS * RECORDS_PER_RUN} records in one process do not leak memory or listeners, and all traces are in the table`, async () => {
  const table = await startFaultyTable();
  const bedrock = await Bedrock.start();

  const { code, stdout, stderr } = await run(process.execPath, ['--expose-gc', '-e', PROGRAM], {
    env: {
      PATH: process.env.PATH,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_REGION: 'us-east-1',
      NODE_NO_WARNINGS: '1',
      TABLE: table.endpoint,
      BEDROCK: bedrock.endpoint,
    },
  });
  await bedrock.close();
  await table.close();

  expect(code).toBe(0);
  const report = JSON.parse(stderr) as {
    growth: number;
    rejections: string[];
    listenersBefore: number[];
    listenersAfter: number[];
  };
  expect(report.rejections).toEqual([]);
  expect(report.listenersAfter).toEqual(report.listenersBefore);
  expect(report.growth).toBeLessThan(MAX_GROWTH_BYTES);
  expect([table.traces.size, stdout.includes('TraceSpill')]).toEqual([RUNS * RECORDS_PER_RUN, false]);
}, 300_000);
