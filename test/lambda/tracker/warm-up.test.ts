import { NOVA, usageOf } from './support';
import { run } from '../../support/run';
import { emfOf } from '../../support/stdout';
import { RUNTIME } from '../process/support';

const USAGE = usageOf(10, 0, 5);

/** Runs a program that creates a tracker, as Lambda does before the first event. */
function runInLambda(program: string, env: NodeJS.ProcessEnv = {}) {
  const code = `
    const { TokenTracker } = require(${JSON.stringify(RUNTIME)});
    const state = () => process[Symbol.for('cdk-token-analytics')].get('warm-up');
    ${program}`;
  // No server listens on this port, so a request of the warm-up would fail and be logged.
  return run(process.execPath, ['-e', code], {
    env: {
      PATH: process.env.PATH,
      AWS_LAMBDA_FUNCTION_NAME: 'agent',
      AWS_REGION: 'us-east-1',
      AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
      TOKEN_ANALYTICS_TABLE: 'Traces',
      NODE_NO_WARNINGS: '1',
      ...env,
    },
  });
}

test('a tracker in Lambda runs its code once before the first call, and prints and sends nothing', async () => {
  const { code, stdout, stderr } = await runInLambda(`
    TokenTracker.fromEnvironment();
    const { isDone } = state();
    new TokenTracker();
    setTimeout(() => process.exit(isDone ? 0 : 3), 50);`);

  expect([code, stdout, stderr]).toEqual([0, '', '']);
});

test.each([
  ['at once', 'process.exit(0);'],
  ['a microtask later', 'process.nextTick(() => process.exit(0));'],
  ['a turn of the event loop later', 'setImmediate(() => process.exit(0));'],
])('a process that ends %s after it created a tracker prints nothing', async (_when, end) => {
  const { code, stdout, stderr } = await runInLambda(`TokenTracker.fromEnvironment(); ${end}`);

  expect([code, stdout, stderr]).toEqual([0, '', '']);
});

test('a tracker in Lambda adds no listener to the process, and no asynchronous context, before the first call', async () => {
  const { stdout } = await runInLambda(`
    TokenTracker.fromEnvironment();
    const { AsyncLocalStorage, executionAsyncResource } = require('node:async_hooks');
    Promise.resolve().then(() => {
      const countContexts = () => Object.getOwnPropertySymbols(executionAsyncResource()).length;
      const events = ['beforeExit', 'exit', 'SIGTERM', 'SIGINT'].map(event => process.listenerCount(event));
      const before = countContexts();
      return new AsyncLocalStorage().run({}, async () => {
        await undefined;
        process.stdout.write(JSON.stringify({ events, before, inContext: countContexts() }));
      });
    });`);

  const { events, before, inContext } = JSON.parse(stdout) as {
    readonly events: readonly number[];
    readonly before: number;
    readonly inContext: number;
  };
  expect(events).toEqual([0, 0, 0, 0]);
  // Before Node.js 24, a used AsyncLocalStorage adds symbols to each promise.
  const isAdded = Number(process.versions.node.split('.')[0]) < 24;
  expect([before, inContext > 0]).toEqual([0, isAdded]);
});

test('a wrong clock causes no warning at the start, and one warning at the first call', async () => {
  const { stdout, stderr } = await runInLambda(`
    Date.now = () => 1577836800000;
    const tracker = TokenTracker.fromEnvironment();
    process.stdout.write('created ');
    process.stderr.write('created ');
    tracker.handler(() => tracker.record({ modelId: '${NOVA}', timestamp: new Date(5) }))().then(() => {
      process.exit(0);
    });`);

  expect(stderr).toMatch(/^created \{/);
  expect(stderr.match(/The time of a trace cannot be that of a call/g)).toHaveLength(1);
  expect(stdout).toMatch(/^created /);
});

test.each([
  ['process.hrtime = { bigint: () => 5n };'],
  ['process.hrtime = () => [NaN, 0];'],
  ['process.hrtime = () => { throw new Error("fake"); };'],
])('a tracker works with the replaced clock %s', async replace => {
  const { code, stdout, stderr } = await runInLambda(
    `${replace}
     const tracker = new TokenTracker({ agentId: 'triage' });
     const answer = { usage: { inputTokens: 10, outputTokens: 5, totalTokens: 15 } };
     const handler = tracker.handler(async () => {
       await tracker.track({ modelId: '${NOVA}' }, async () => answer);
       return 'answer';
     });
     handler().then(result => process.stdout.write(result));`,
    { TOKEN_ANALYTICS_TABLE: '' },
  );

  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toContain('"InvocationCount":1');
  expect(stdout).toMatch(/answer$/);
});

test.each([
  ['outside of Lambda', { AWS_LAMBDA_FUNCTION_NAME: '' }],
  ['if the tracker is off', { TOKEN_ANALYTICS_ENABLED: 'false' }],
])('does not run its code before the first call %s', async (_where, env) => {
  const { code, stderr } = await runInLambda(
    'TokenTracker.fromEnvironment(); process.exit(state() === undefined ? 0 : 3);',
    env,
  );

  expect([code, stderr]).toEqual([0, '']);
});

test('the code that runs before the first call counts nothing', async () => {
  const { stdout } = await runInLambda(
    `const tracker = new TokenTracker({ agentId: 'triage' });
     tracker.handler(() => tracker.record({ modelId: '${NOVA}', usage: ${JSON.stringify(USAGE)} }))().then(() => {
       process.stdout.write(JSON.stringify(tracker.summary().answered) + '\\n');
     });`,
    { TOKEN_ANALYTICS_TABLE: '' },
  );
  const lines = stdout.trim().split('\n');

  expect(
    emfOf(lines.filter(line => line.startsWith('{'))).map(line => [line.AgentId, line.InvocationCount]),
  ).toEqual([['triage', 1]]);
  expect(stdout).not.toContain('warm-up');
  expect(lines.at(-1)).toBe('0');
});
