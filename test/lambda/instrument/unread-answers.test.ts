import * as path from 'node:path';
import { ANSWER, Bedrock, HAIKU, KeepingTracker, NOVA, tokensOf } from './support';
import { setMonotonicTime } from '../../support/monotonic-time';
import { REPOSITORY, run } from '../../support/run';
import { emfOf, stdoutOf } from '../../support/stdout';
import { TokenTracker } from 'cdk-token-analytics/runtime';

const BODY = { usage: { input_tokens: 24, output_tokens: 12 }, stop_reason: 'end_turn' };
const MARK = 'what only the answer has';

/** Creates a response body. `reads` returns how often code has accessed the bytes of `body`. */
function watchedBody(): { readonly body: Uint8Array; readonly reads: () => number } {
  const body = Buffer.from(JSON.stringify(BODY));
  let reads = 0;
  const { buffer } = body;
  Object.defineProperty(body, 'buffer', {
    get: () => {
      reads += 1;
      return buffer;
    },
  });
  return { body, reads: () => reads };
}

describe('a response with a body to parse', () => {
  let bedrock: Bedrock;
  let tracker: KeepingTracker;
  beforeEach(async () => {
    bedrock = await Bedrock.start();
    tracker = new KeepingTracker({ agentId: 'triage' });
    tracker.instrument(bedrock.client);
    bedrock.answer = { response: { ...BODY, content: [{ type: 'text', text: MARK }] } };
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await bedrock.close();
  });

  test('the tracker parses a body once, after the caller continues', async () => {
    const parse = jest.spyOn(JSON, 'parse');
    const parsed = () => parse.mock.calls.filter(([text]) => text.includes(MARK)).length;

    await bedrock.invoke();
    const before = parsed();
    await new Promise(resolve => setImmediate(resolve));

    expect([before, parsed()]).toEqual([0, 1]);
    expect(tracker.invocations.map(tokensOf)).toEqual([[24, 0, 0, 0, 12]]);
  });

  test('a summary includes a response that was not read yet', async () => {
    await bedrock.invoke();

    expect(tracker.summary()).toEqual(
      expect.objectContaining({ answered: 1, unpriced: 0, inputTokens: 24, outputTokens: 12 }),
    );
  });

  test('track returns the invocation of a response at once, with and without an instrumented client', async () => {
    for (const client of [bedrock.client, bedrock.newClient()]) {
      const { invocation } = await tracker.track({ modelId: HAIKU }, () => bedrock.invoke(client));
      expect(tokensOf(invocation)).toEqual([24, 0, 0, 0, 12]);
    }
    expect(tracker.invocations).toHaveLength(2);
  });

  test('the latency of a call does not include the time until its response is read', async () => {
    await bedrock.invoke();
    setMonotonicTime(1e12);

    expect(tracker.invocations[0].latencyMs).toBeLessThan(1e8);
  });

  test('a body that is not JSON is recorded without usage', async () => {
    const { recorded } = await tracker.track({ modelId: HAIKU }, () => ({ body: Buffer.from('{"usage":') }));

    expect(await recorded).toEqual(expect.objectContaining({ operation: 'InvokeModel', usage: undefined }));
  });

  test('at most one hundred bodies wait to be read, however many responses come in one turn', async () => {
    const bodies = Array.from({ length: 150 }, watchedBody);
    const ask = tracker.tracked({ modelId: HAIKU })((body: Uint8Array) => Promise.resolve({ body }));

    for (const { body } of bodies) await ask(body as never);

    expect(bodies.filter(({ reads }) => reads() === 0)).toHaveLength(100);
    expect(tracker.invocations).toHaveLength(150);
  });
});

describe.each([
  ['a handler that returns', undefined],
  ['a handler that throws', new Error('no')],
])('%s before a response is read', (_how, failure) => {
  test('the summary line and the metrics of a handler include a response that was not read yet', async () => {
    const bedrock = await Bedrock.start();
    bedrock.answer = { response: BODY };
    const tracker = new TokenTracker({ sink: 'emf', agentId: 'triage' });
    tracker.instrument(bedrock.client);
    const handler = tracker.handler(async () => {
      await bedrock.invoke();
      if (failure) throw failure;
    });

    const lines = await stdoutOf(() => handler().catch(() => undefined));
    await bedrock.close();

    expect(emfOf(lines)).toEqual([expect.objectContaining({ InputTokens: 24, OutputTokens: 12 })]);
    expect(lines.join()).toContain('Bedrock API token usage: Input tokens: 24, Output tokens: 12');
  });
});

test('a flush outside a handler first reads the responses that wait', async () => {
  const bedrock = await Bedrock.start();
  bedrock.answer = { response: BODY };
  const tracker = new TokenTracker({ sink: 'emf', agentId: 'triage' });
  tracker.instrument(bedrock.client);

  const lines = await stdoutOf(async () => {
    await bedrock.invoke();
    await tracker.flush();
  });
  await bedrock.close();

  expect(emfOf(lines)).toEqual([expect.objectContaining({ InputTokens: 24, OutputTokens: 12 })]);
});

/** Each program ends right after its last response arrives, before the tracker has parsed the response. */
test.each([
  ['by itself', ''],
  ['by process.exit', 'process.exit(0);'],
  ['by an uncaught error', "throw new Error('no');"],
])('a program that ends %s before a response is read has its call in the log', async (_how, end) => {
  const { stdout } = await run(process.execPath, [
    '--no-warnings',
    '-e',
    `const { TokenTracker } = require(${JSON.stringify(path.join(REPOSITORY, 'lib', 'runtime', 'index.js'))});
    const tracker = new TokenTracker({ sink: 'emf', agentId: 'triage' });
    const ask = tracker.tracked({ modelId: '${HAIKU}' })(async () => ({ body: Buffer.from('${JSON.stringify(BODY)}') }));
    (async () => { await ask(); ${end} })();`,
  ]);

  expect(emfOf(stdout.split('\n').filter(line => line.startsWith('{')))).toEqual([
    expect.objectContaining({ InputTokens: 24, OutputTokens: 12 }),
  ]);
});

test('a response that the SDK has parsed is read before the caller continues', async () => {
  const bedrock = await Bedrock.start();
  bedrock.answer = ANSWER;
  const tracker = new TokenTracker({ sink: 'emf', agentId: 'triage' });
  tracker.instrument(bedrock.client);
  const lines = await stdoutOf(async () => {
    await bedrock.converse(undefined, NOVA);
  });
  await bedrock.close();

  expect(emfOf(lines)).toHaveLength(1);
});
