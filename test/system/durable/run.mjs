// Runs a durable function with AWS's local runner: `node run.mjs <set-up>`. After each invocation, sends its
// calls to the parent process and waits for a reply.
import { withDurableExecution } from '@aws/durable-execution-sdk-js';
import { LocalDurableTestRunner, WaitingOperationStatus } from '@aws/durable-execution-sdk-js-testing';
import { TokenTracker } from '../../../lib/runtime/index.mjs';

const lines = [];
const { write } = process.stdout;
process.stdout.write = function (chunk, ...others) {
  lines.push(...String(chunk).split('\n'));
  return write.call(this, chunk, ...others);
};

const tracker = TokenTracker.fromEnvironment(process.env, {
  endpoint: process.env.TABLE,
  region: 'us-east-1',
});
const USAGE = {
  uncachedInputTokens: 100,
  cacheReadTokens: 0,
  cacheWrite5mTokens: 0,
  cacheWrite1hTokens: 0,
  outputTokens: 20,
  source: 'usage',
  partial: false,
};
const made = [];
const call = requestId => {
  made.push(requestId);
  tracker.record({
    agentId: 'triage',
    modelId: 'amazon.nova-micro-v1:0',
    usage: USAGE,
    requestId,
  });
};

/**
 * Durable function that records model calls. It is suspended after the first call and before the last call.
 * Between them, it runs two branches. One branch retries a step.
 */
async function run(event, context) {
  await context.step('first', async () => call('first'));
  await context.waitForCallback('approval', async () => undefined);
  await context.parallel('branches', [
    branch => branch.step('second', async () => call('second')),
    branch =>
      branch.step(
        'third',
        async ({ attempt }) => {
          call(`third${attempt}`);
          if (attempt === 1) throw new Error('retry requested by the test');
        },
        { retryStrategy: (_error, made) => ({ shouldRetry: made < 2, delay: { seconds: 60 } }) },
      ),
  ]);
  await context.wait('another pause', { seconds: 60 });
  await context.step('fourth', async () => call('fourth'));
  return 'done';
}

const plugins = [tracker.durablePlugin?.()].filter(Boolean);
const SET_UPS = {
  'outside': () => tracker.handler(withDurableExecution(run)),
  'inside': () => withDurableExecution(tracker.handler(run)),
  'inside, with the plugin': () => withDurableExecution(tracker.handler(run), { plugins }),
  'by the plugin alone': () => withDurableExecution(run, { plugins }),
  'inside and outside': () => tracker.handler(withDurableExecution(tracker.handler(run))),
};
const handler = SET_UPS[process.argv[2]]();

/** Sends the calls and log lines of an invocation to the test, and waits for its reply. */
const reportInvocation = status =>
  new Promise(resolve => {
    process.once('message', resolve);
    process.send({ status, made: made.splice(0), lines: lines.splice(0) });
  });

let suspend;
const suspended = new Promise(resolve => (suspend = resolve));
await LocalDurableTestRunner.setupTestEnvironment({ skipTime: true });
const runner = new LocalDurableTestRunner({
  handlerFunction: async (event, context) => {
    const answer = await handler(event, context);
    await reportInvocation(answer.Status);
    suspend();
    return answer;
  },
});
const running = runner.run({ payload: {} });
const approval = runner.getOperation('approval');
await approval.waitForData(WaitingOperationStatus.SUBMITTED);
// Waits until the function is suspended, because the approval must come after the first invocation.
await suspended;
await approval.sendCallbackSuccess('yes');
const execution = await running;
console.error(execution.getStatus(), JSON.stringify(execution.getResult()));
await LocalDurableTestRunner.teardownTestEnvironment();
process.disconnect();
