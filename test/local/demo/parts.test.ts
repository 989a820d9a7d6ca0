import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { build } from 'esbuild';
import { addUp, expectedTotals } from '../../../local/demo/expected';
import { HISTORY_DAYS, makeHistory } from '../../../local/demo/history';
import { runAgent } from '../../../local/demo/run-agent';
import { DAY_END, DAY_START, INCIDENT, makeTraffic } from '../../../local/demo/traffic';
import { REPOSITORY } from '../../support/run';

describe('makeTraffic', () => {
  test('makes the same day from the same seed, and a different day from another seed', () => {
    expect(makeTraffic(7)).toEqual(makeTraffic(7));
    expect(makeTraffic(7)).not.toEqual(makeTraffic(8));
  });

  test('makes traffic of six agents, three models and one incident within one day', () => {
    const { calls, tasks } = makeTraffic(7);

    expect(new Set(calls.map(call => call.agentId)).size).toBe(6);
    expect(new Set(calls.map(call => call.model)).size).toBe(3);
    expect(new Set(tasks.map(task => task.incidentId))).toEqual(new Set([undefined, INCIDENT.id]));
    for (const step of tasks.flatMap(task => task.steps)) {
      expect(new Date(step.time ?? '').getTime()).toBeGreaterThanOrEqual(DAY_START.getTime());
      expect(new Date(step.time ?? '').getTime()).toBeLessThan(DAY_END.getTime());
    }
  });
});

describe('expectedTotals', () => {
  test('multiplies tokens by hand-written prices and omits refused calls', () => {
    const call = {
      agentId: 'a',
      model: 'sonnet',
      time: '2026-11-21T12:00:00.000Z',
      inputTokens: 1,
      cacheReadTokens: 32_634,
      cacheWrite5mTokens: 1190,
      outputTokens: 672,
      refused: false,
    } as const;

    const totals = expectedTotals([call, { ...call, refused: true }]);

    expect(totals).toEqual([
      { agentId: 'a', answered: 1, inputTokens: 33_825, outputTokens: 672, picoUsd: 26_769_270_000n },
    ]);
  });

  test('adds rows up by agent, sorted by name', () => {
    const row = { answered: 1, inputTokens: 2, outputTokens: 3, picoUsd: 4n };

    expect(
      addUp([
        { agentId: 'b', ...row },
        { agentId: 'a', ...row },
        { agentId: 'b', ...row },
      ]),
    ).toEqual([
      { agentId: 'a', ...row },
      { agentId: 'b', answered: 2, inputTokens: 4, outputTokens: 6, picoUsd: 8n },
    ]);
  });
});

describe('runAgent', () => {
  let scratch: string;
  let host: string;
  beforeAll(async () => {
    scratch = mkdtempSync(path.join(tmpdir(), 'token-analytics-agent-'));
    host = path.join(scratch, 'host.js');
    await build({
      entryPoints: [path.join(REPOSITORY, 'local/demo/agent-process.ts')],
      outfile: host,
      bundle: true,
      platform: 'node',
      logLevel: 'error',
    });
  });
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  function runWith(source: string, onLogLine: (line: string) => void = () => undefined) {
    const handler = path.join(scratch, `handler-${Math.random()}.js`);
    writeFileSync(handler, source);
    const tasks = [
      { agentId: 'a', steps: [] },
      { agentId: 'b', steps: [] },
    ];
    return runAgent(tasks, {
      host,
      handler,
      environment: { GREETING: 'hello' },
      onLogLine,
      onProgress: () => undefined,
    });
  }

  test('passes each task to the handler, and returns its log lines including the last ones', async () => {
    const lines: string[] = [];

    await runWith(
      'exports.handler = async (event) => console.log(process.env.GREETING, event.agentId);',
      line => lines.push(line),
    );

    expect(lines).toEqual(['hello a', 'hello b']);
  });

  test('gives the function only the environment variables in the options', async () => {
    const lines: string[] = [];

    await runWith(
      'exports.handler = async () => console.log(Object.keys(process.env).sort().join());',
      line => lines.push(line),
    );

    expect(lines[0].split(',').filter(name => !name.startsWith('NODE_'))).toEqual(['GREETING', 'PATH', 'TZ']);
  });

  test.each([
    [
      'fails',
      'exports.handler = async () => { throw new Error("no"); };',
      "the agent's handler failed: Error: no",
    ],
    [
      'ends its process',
      'exports.handler = async () => process.exit(3);',
      "the agent's process ended with 3",
    ],
    ['cannot be loaded', 'throw new Error("not loadable");', 'not loadable'],
  ])('rejects if a handler %s', async (_name, source, message) => {
    await expect(runWith(source)).rejects.toThrow(message);
  });
});

describe('makeHistory', () => {
  test('makes the same history from the same seed, and a different one from another seed', () => {
    expect(makeHistory(7)).toEqual(makeHistory(7));
    expect(makeHistory(7)).not.toEqual(makeHistory(8));
  });

  test('makes a history that ends on the day before the simulated day, with each call on its day', () => {
    const days = makeHistory(7);

    expect(days).toHaveLength(HISTORY_DAYS);
    days.forEach((calls, index) => {
      const start = DAY_START.getTime() - (HISTORY_DAYS - index) * 86_400_000;
      for (const { timestamp } of calls) {
        expect(Math.floor((timestamp.getTime() - start) / 86_400_000)).toBe(0);
      }
    });
    const ids = days.flat().map(({ requestId }) => requestId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('makes a history with a weekday pattern, incidents and a model without a price', () => {
    const days = makeHistory(7);
    const costOf = (calls: (typeof days)[number]) =>
      calls.reduce((sum, { cost }) => sum + (cost?.usd ?? 0), 0);
    const weekend = days.filter(([{ timestamp }]) => [0, 6].includes(timestamp.getUTCDay()));
    const others = days.filter(([{ timestamp }]) => ![0, 6].includes(timestamp.getUTCDay()));
    const mean = (some: typeof days) => some.reduce((sum, calls) => sum + costOf(calls), 0) / some.length;

    expect(mean(weekend)).toBeLessThan(mean(others) * 0.7);
    expect(new Set(days.flat().map(({ incidentId }) => incidentId)).size).toBeGreaterThan(5);
    const unpriced = days.flat().filter(({ cost }) => cost === undefined);
    expect(new Set(unpriced.map(({ model }) => model))).toEqual(new Set(['acme.research-preview-v1:0']));
    expect(new Set(days.flat().map(({ agentId }) => agentId)).size).toBe(6);
  });
});
