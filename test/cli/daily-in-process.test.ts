import { Command } from 'commander';
import { addDailyCommand } from '../../cli/commands/daily';
import { addCommonOptions } from '../../cli/options';
import { run } from '../../cli/run';
import { startTraceEngine, type TraceEngine } from '../support/trace-engine';

const TABLE = 'TokenTraces';
let engine: TraceEngine;

beforeAll(async () => {
  engine = await startTraceEngine(TABLE);
});
afterAll(async () => engine.close());

test('runs the daily report in the process of the test', async () => {
  const today = new Date();
  await engine.put([
    {
      at: new Date(today.getTime() - 1000).toISOString(),
      agentId: 'triage',
      model: 'amazon.nova-micro-v1:0',
      usage: {
        uncachedInputTokens: 100,
        cacheReadTokens: 0,
        cacheWrite5mTokens: 0,
        cacheWrite1hTokens: 0,
        outputTokens: 50,
        source: 'usage',
        partial: false,
      },
      usd: 0.25,
      latencyMs: 300,
    },
  ]);
  const written = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  jest.spyOn(process.stderr, 'write').mockReturnValue(true);

  const program = new Command('token-analytics').exitOverride();
  addCommonOptions(program);
  addDailyCommand(program);
  await run(program, ['daily', '--table', TABLE, '--endpoint', engine.endpoint, '--region', 'us-east-1']);
  const text = written.mock.calls.map(([chunk]) => String(chunk)).join('');
  jest.restoreAllMocks();

  expect(text).toContain('$0.25');
});
