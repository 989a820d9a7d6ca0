import type { Over } from './command-process';
import { NOW, runAt, validated } from './support';
import { startTraceEngine, type TraceEngine } from '../support/trace-engine';

let engine: TraceEngine;

beforeAll(async () => {
  engine = await startTraceEngine();
  const now = new Date(Date.parse(NOW) - 30_000);
  await engine.put([
    { at: now, usd: 0.5, agentId: 'triage' },
    { at: now, usd: 0.25, agentId: 'billing' },
    { at: now, agentId: 'billing', model: 'other' },
  ]);
});

afterAll(async () => {
  await engine.close();
});

const live = async (...args: string[]): Promise<Over> =>
  runAt(NOW, ['live', '--table', engine.tableName, '--endpoint', engine.endpoint, ...args]);

test('prints one live view and ends if standard output is not a terminal', async () => {
  const { code, stdout, stderr } = await live('--timezone', 'Europe/Berlin');

  expect([code, stderr]).toEqual([0, `Table ${engine.tableName} in us-east-1 (from --table)\n`]);
  expect(stdout).toMatch(/^Today, 2026-11-26 \(Europe\/Berlin\)$/m);
  expect(stdout).toMatch(/^per minute {2,}≥ \$0\.1875 \(1 unpriced\), 0\.75 calls, 1\.5 tokens$/m);
  expect(stdout).toMatch(/^cost {2,}▁{58}█▁$/m);
  expect(stdout).toMatch(/^triage .*\n.*billing/m);
});

test('prints the live view of an agent and a model as one JSON document', async () => {
  const { code, stdout } = await live('--json', '--agent', 'billing', '--model', 'amazon.nova-micro-v1:0');

  expect(code).toBe(0);
  const view = validated('live', stdout) as { readonly minutes: readonly unknown[] };
  expect(view.minutes).toHaveLength(60);
  expect(view).toEqual(
    expect.objectContaining({
      agentId: 'billing',
      model: 'amazon.nova-micro-v1:0',
      agents: [
        expect.objectContaining({
          name: 'billing',
          answered: 1,
          cost: { picoUsd: '250000000000', usd: '0.25', atLeast: false, unpriced: 0 },
        }),
      ],
      reads: expect.objectContaining({ requests: expect.any(Number) }),
    }),
  );
});

test('fails with an explanation if live cannot read the table', async () => {
  const { code, stdout, stderr } = await live('--table', 'Missing');

  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toContain('the table Missing in us-east-1, or an index of it, does not exist');
});

test.each(['0', '1.5', 'often'])('refuses the interval %s as a usage error', async interval => {
  const { code, stderr } = await live('--interval', interval);

  expect(code).toBe(2);
  expect(stderr).toContain('--interval');
});
