import * as path from 'node:path';
import { REPOSITORY, run } from '../../support/run';
import { emfOf, stdoutOf } from '../../support/stdout';
import { TokenTracker } from 'cdk-token-analytics/runtime';

const NOVA = 'amazon.nova-micro-v1:0';
type Callback = (error: Error | null, result?: string) => void;
type Handle = (...args: unknown[]) => unknown;

let tracker: TokenTracker;
beforeEach(() => {
  tracker = new TokenTracker({ sink: 'emf' });
});
const record = () => tracker.record({ agentId: 'triage', modelId: NOVA });
const answerLater = (callback: unknown, ...answer: Parameters<Callback>) =>
  void setImmediate(() => {
    record();
    (callback as Callback)(...answer);
  });

/**
 * Calls a wrapped handler with a callback, as Lambda does on Node.js 22 and earlier. Returns its result, the
 * arguments of the callback, and the number of printed lines.
 */
async function called(handle: Handle) {
  const answers: unknown[] = [];
  const order: string[] = [];
  let returned: unknown;
  const lines = await stdoutOf(async () => {
    await new Promise<void>(resolve => {
      returned = tracker.handler(handle)({ id: 1 }, {}, (...answer: unknown[]) => {
        answers.push(answer);
        order.push('callback');
        resolve();
      });
      const done = () => {
        order.push('promise');
        resolve();
      };
      (returned as Promise<unknown> | undefined)?.then?.(done, done);
    });
  });
  return { returned, answers, order, metrics: emfOf(lines).length, summaries: summariesIn(lines) };
}

const summariesIn = (lines: readonly string[]) => lines.filter(line => line.includes('token usage')).length;

// Handlers that use a callback although their `length` is less than 3, e.g. with rest parameters.
const CALLBACK_STYLES: readonly (readonly [string, Handle])[] = [
  ['rest parameters', (...args) => answerLater(args[2], null, 'result')],
  ['a rest parameter after the event', (_event, ...others) => answerLater(others[1], null, 'result')],
  [
    'a default for the callback',
    (_event, _context, callback = () => undefined) => answerLater(callback, null, 'result'),
  ],
  [
    'arguments',
    function () {
      // eslint-disable-next-line prefer-rest-params
      answerLater(arguments[2], null, 'result');
    },
  ],
  [
    'rest parameters, and returns a timer',
    (...args) => setImmediate(() => (record(), (args[2] as Callback)(null, 'result'))),
  ],
];

describe('handlers with a callback', () => {
  test.each(CALLBACK_STYLES)(
    'a handler with a callback that uses %s answers with the value of the callback, after sending',
    async (_how, handle) => {
      const { returned, answers, metrics, summaries } = await called(handle);

      expect((returned as Partial<Promise<unknown>> | undefined)?.then).toBeUndefined();
      expect(answers).toEqual([[null, 'result']]);
      expect([metrics, summaries]).toEqual([1, 1]);
    },
  );

  test('a handler with a callback that uses rest parameters answers with the same error object', async () => {
    const failure = new Error('mine');

    const { answers } = await called((...args) => answerLater(args[2], failure));

    expect(answers).toEqual([[failure, undefined]]);
    expect((answers[0] as unknown[])[0]).toBe(failure);
  });

  test('a handler that calls its callback before it returns ends once', async () => {
    const { answers, summaries } = await called((...args) => {
      record();
      (args[2] as Callback)(null, 'result');
    });

    expect([answers, summaries]).toEqual([[[null, 'result']], 1]);
  });

  test('a handler whose callback is called from another context is counted in its own run', async () => {
    let callOutside: (() => void) | undefined;
    const outside = new Promise<void>(resolve => (callOutside = resolve));
    const calls: (() => void)[] = [];
    void outside.then(() => calls.forEach(call => call()));

    const { summaries } = await called((...args) => {
      record();
      calls.push(() => (args[2] as Callback)(null, 'result'));
      callOutside?.();
    });

    expect(summaries).toBe(1);
  });

  test('an asynchronous handler that also calls its callback ends once', async () => {
    const { returned, answers, order, summaries } = await called(async (...args) => {
      record();
      await Promise.resolve();
      (args[2] as Callback)(null, 'called back');
      return 'promised';
    });
    expect(await returned).toBe('promised');
    expect([answers, summaries, order.length > 0]).toEqual([[[null, 'called back']], 1, true]);
  });
});

describe('handlers that return a promise', () => {
  test.each<[string, Handle]>([
    ['async', async () => Promise.resolve(record().agentId)],
    ['async, with rest parameters', async (...args) => Promise.resolve(args.length && record().agentId)],
    ['a promise', (_event, _context, _callback) => Promise.resolve(record().agentId)],
    ['a thenable', () => ({ then: (resolve: (value: string) => void) => resolve(record().agentId) })],
  ])(
    'a handler that returns a promise answers with its value, with or without a callback (Node.js 24): %s',
    async (_how, handle) => {
      const { returned, answers, metrics } = await called(handle);
      expect([await returned, answers, metrics]).toEqual(['triage', [], 1]);

      const lines = await stdoutOf(async () => expect(await tracker.handler(handle)({}, {})).toBe('triage'));
      expect([emfOf(lines).length, summariesIn(lines)]).toEqual([1, 1]);
    },
  );
});

describe('synchronous handlers', () => {
  test('a synchronous handler answers with its result if there is no callback (Node.js 24)', async () => {
    const lines = await stdoutOf(async () => {
      expect(await tracker.handler(() => record().agentId)({}, {})).toBe('triage');
      expect(await tracker.handler(() => void record())({}, {})).toBeUndefined();
    });

    expect(summariesIn(lines)).toBe(2);
  });

  test('a synchronous handler throws the same error, with or without a callback', async () => {
    const failure = new Error('mine');
    const handler = tracker.handler(() => {
      throw failure;
    });

    await expect(handler({}, {})).rejects.toBe(failure);
    await expect(handler({}, {}, () => undefined)).rejects.toBe(failure);
  });

  // When the event loop is empty, Lambda ends the invocation with null. In this test, the process ends.
  test('a synchronous handler that returns no promise and calls no callback ends when the event loop is empty', async () => {
    const { code, stdout, stderr } = await run(process.execPath, [
      '-e',
      `const { TokenTracker } = require(${JSON.stringify(path.join(REPOSITORY, 'lib', 'runtime'))});
      const tracker = new TokenTracker({ sink: 'emf' });
      const record = () => void tracker.record({ agentId: 'triage', modelId: 'amazon.nova-micro-v1:0' });
      const handler = tracker.handler(event => { record(); setTimeout(record, event.ms); });
      for (let index = 0; index < 20; index += 1) handler({ ms: index }, {}, () => console.log('never'));
      process.once('beforeExit', () => console.error(process.listenerCount('beforeExit') < 5));`,
    ]);

    expect([code, stderr]).toEqual([0, 'true\n']);
    const lines = stdout.split('\n').filter(line => line !== '');
    expect(summariesIn(lines)).toBe(20);
    const counts = emfOf(lines).flatMap(({ InvocationCount }) => InvocationCount as number | number[]);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(40);
    expect(stdout).not.toContain('never');
  });
});
