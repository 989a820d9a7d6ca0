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
