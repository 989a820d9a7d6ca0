import { NOVA, usageOf } from './support';
import { type CloudWatchEmulator, startCloudWatch } from '../../../local/emulators/cloudwatch/server';
import { listenOnLoopback, type LoopbackServer, readBody, send } from '../../../local/emulators/http-server';
import { type HeldClock, holdClock, turns, until } from '../../support/held-clock';
import { emfOf, stdoutOf } from '../../support/stdout';
import { type RecordInput, TokenTracker, type TokenTrackerOptions } from 'cdk-token-analytics/runtime';

const USAGE = usageOf(3702, 1701);
const call = (changes: Partial<RecordInput> = {}): RecordInput => ({
  agentId: 'triage',
  modelId: NOVA,
  usage: USAGE,
  ...changes,
});

/** URL of a local port without a server, so that connections are refused. */
const NOWHERE = 'http://127.0.0.1:9';

async function withEnv<Result>(
  env: Readonly<Record<string, string>>,
  action: () => Promise<Result>,
): Promise<Result> {
  const before = { ...process.env };
  Object.assign(process.env, env);
  try {
    return await action();
  } finally {
    for (const name of Object.keys(env)) delete process.env[name];
    Object.assign(process.env, before);
  }
}

let clock: HeldClock;
beforeEach(() => {
  clock = holdClock();
});
afterEach(() => clock.release());

function contextWith(remainingMs: number) {
  const end = Date.now() + remainingMs;
  return { getRemainingTimeInMillis: () => Math.max(0, end - Date.now()) };
}

describe('the sink emf', () => {
  test('printed metrics appear at once outside of a handler, and at its end inside', async () => {
    const tracker = new TokenTracker({ sink: 'emf' });

    const outside = await stdoutOf(() => {
      tracker.record(call());
      tracker.record(call());
    });
    const inside = await stdoutOf(() =>
      tracker.handler(async () => {
        tracker.record(call());
        await turns();
        process.stdout.write('{"still":"running"}\n');
        tracker.record(call());
      })(),
    );

    expect(emfOf(outside).map(({ InvocationCount }) => InvocationCount)).toEqual([1, 1]);
    expect(inside[0]).toBe('{"still":"running"}');
    expect(emfOf(inside).map(({ InvocationCount }) => InvocationCount)).toEqual([[1, 1]]);
  });

  test.each([
    ['Lambda', 'TestFunction', 1],
    ['any other process', '', 0],
  ])('printed metrics are the default in %s', async (_where, AWS_LAMBDA_FUNCTION_NAME, wanted) => {
    const lines = await withEnv({ AWS_LAMBDA_FUNCTION_NAME }, () =>
      stdoutOf(() => new TokenTracker({ flushIntervalSeconds: 1000 }).record(call())),
    );

    expect(emfOf(lines)).toHaveLength(wanted);
  });

  test("printed metrics have the level that passes Lambda's log filter, only if it is above INFO", async () => {
    const print = () => stdoutOf(() => new TokenTracker({ sink: 'emf' }).record(call()));
    const warn = await withEnv({ AWS_LAMBDA_LOG_FORMAT: 'JSON', AWS_LAMBDA_LOG_LEVEL: 'WARN' }, print);
    const info = await withEnv({ AWS_LAMBDA_LOG_FORMAT: 'JSON', AWS_LAMBDA_LOG_LEVEL: 'INFO' }, print);
    const text = await withEnv({ AWS_LAMBDA_LOG_LEVEL: 'WARN' }, print);

    expect(emfOf(warn)[0]).toEqual(
      expect.objectContaining({
        level: 'WARN',
        timestamp: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T.*Z$/) as unknown,
        InvocationCount: 1,
      }),
    );
    for (const [document] of [info, text].map(emfOf)) {
      expect(document).toEqual(expect.not.objectContaining({ level: expect.anything() as unknown }));
    }
  });

  test('printed metrics appear 500 ms before the timeout of the function, and later ones at once', async () => {
    const tracker = new TokenTracker({ sink: 'emf' });
    const lines: Record<string, string[]> = {};

    await tracker.handler(async (_event: unknown, _context: unknown) => {
      lines.early = await stdoutOf(async () => {
        tracker.record(call());
        await clock.advance(99);
      });
      lines.late = await stdoutOf(() => clock.advance(1));
      lines.after = await stdoutOf(() => tracker.record(call()));
    })({}, contextWith(600));

    expect(emfOf(lines.early)).toEqual([]);
    expect(emfOf(lines.late)).toHaveLength(1);
    expect(emfOf(lines.after)).toHaveLength(1);
  });

  test('printed metrics of calls and streams that the timeout cuts off are not lost', async () => {
    const tracker = new TokenTracker({ sink: 'emf' });
    const handler = tracker.handler((_event: unknown, _context: unknown) =>
      tracker.track({ agentId: 'triage', modelId: NOVA }, () => new Promise(() => undefined)),
    );

    const early = await stdoutOf(async () => {
      void handler({}, contextWith(200));
      await clock.advance(99);
    });
    const late = await stdoutOf(() => clock.advance(75));
    const last = await stdoutOf(() => clock.advance(1));

    // The answer to a call may arrive until shortly before the timeout. A call without an answer is therefore
    // recorded only 25 ms before the timeout.
    expect([early, late]).toEqual([[], []]);
    expect(emfOf(last)).toEqual([expect.objectContaining({ InvocationErrors: 1, AgentId: 'triage' })]);
  });

  test('printed metrics have at most 45 bytes for each of 100 calls in a handler, including its summary and its warnings', async () => {
    const tracker = new TokenTracker({ sink: 'emf' });

    const lines = await stdoutOf(() =>
      tracker.handler(() => {
        for (let index = 0; index < 100; index += 1) {
          tracker.record(
            call({
              usage: { ...USAGE, uncachedInputTokens: 1000 + 37 * index, outputTokens: 100 + 13 * index },
            }),
          );
        }
      })(),
    );

    expect(lines.reduce((bytes, line) => bytes + Buffer.byteLength(line) + 1, 0) / 100).toBeLessThanOrEqual(
      45,
    );
  });
});

describe('the sink putMetricData', () => {
  let cloudWatch: CloudWatchEmulator;
  let denying: LoopbackServer | undefined;
  let tracker: TokenTracker;
  const options = (): TokenTrackerOptions => ({
    sink: 'putMetricData',
    cloudWatchEndpoint: cloudWatch.endpoint,
    region: 'us-east-1',
  });
  beforeEach(async () => {
    cloudWatch = await startCloudWatch();
    tracker = new TokenTracker(options());
  });
  afterEach(async () => {
    await denying?.close();
    await cloudWatch.close();
  });

  const sumsOf = (name: string) =>
    Object.fromEntries(
      cloudWatch.store
        .list()
        .filter(identity => identity.name === name)
        .map(identity => [
          Object.values(identity.dimensions).join(' '),
          cloudWatch.store
            .points(identity, {
              start: new Date(Date.now() - 3_600_000),
              end: new Date(Date.now() + 3_600_000),
              periodSeconds: 60,
              statistic: 'Sum',
            })
            .reduce((sum, { value }) => sum + value, 0),
        ]),
    );

  test('sent metrics arrive once under their agent and model and in the total, within the limits of a request', async () => {
    const calls = 10_000;
    for (let index = 0; index < calls; index += 1) {
      tracker.record(
        call({
          agentId: `agent-${'abcd'[index % 4]}`,
          modelId: [NOVA, 'amazon.nova-lite-v1:0', 'amazon.nova-pro-v1:0'][index % 3],
          usage: { ...USAGE, outputTokens: index },
        }),
      );
    }
    const lines = await stdoutOf(() => tracker.flush({ deadlineMs: 30_000 }));

    expect(lines).toEqual([]);
    const counts = sumsOf('InvocationCount');
    expect(Object.keys(counts)).toHaveLength(13);
    expect(counts['']).toBe(calls);
    expect(sumsOf('OutputTokens')['']).toBe((calls * (calls - 1)) / 2);
    expect(
      Object.entries(counts)
        .filter(([pair]) => pair !== '')
        .reduce((sum, [, count]) => sum + count, 0),
    ).toBe(calls);
  });

  test('sent metrics are collected, and sent at the end of a handler', async () => {
    tracker.record(call());
    await clock.advance(59_999);
    expect(cloudWatch.store.list()).toEqual([]);

    await stdoutOf(() => tracker.handler(() => tracker.record(call()))());

    expect(sumsOf('InvocationCount')).toEqual({ '': 2, [`triage ${NOVA}`]: 2 });
  });

  test('sent metrics leave the process after the interval', async () => {
    tracker = new TokenTracker({ ...options(), flushIntervalSeconds: 10 });
    tracker.record(call());

    await clock.advance(9_999);
    expect(cloudWatch.store.list()).toEqual([]);
    await clock.advance(1);
    await until(() => cloudWatch.store.list().length > 0);

    expect(sumsOf('InvocationCount')['']).toBe(1);
  });

  test.each([
    ['cannot be reached', NOWHERE],
    ['does not allow it', undefined],
  ])('sent metrics are in the log if CloudWatch %s', async (_what, endpoint) => {
    denying = await listenOnLoopback(async (request, response) => {
      await readBody(request);
      send(response, 403, { 'x-amzn-errortype': 'AccessDeniedException' }, '');
    });
    tracker = new TokenTracker({ ...options(), cloudWatchEndpoint: endpoint ?? denying.endpoint });
    tracker.record(call());
    const lines = await stdoutOf(() => clock.pass(() => tracker.flush({ deadlineMs: 20_000 })));

    expect(emfOf(lines)).toEqual([expect.objectContaining({ InvocationCount: 1, AgentId: 'triage' })]);
    expect(await stdoutOf(() => tracker.flush())).toEqual([]);
  });

  test.each([
    ['POWERTOOLS_METRICS_DISABLED', 'true', 0],
    ['POWERTOOLS_DEV', '1', 0],
    ['POWERTOOLS_METRICS_DISABLED', 'false', 13],
  ])('sent metrics follow the variable %s=%s', async (variable, value, wanted) => {
    await withEnv({ [variable]: value }, async () => {
      for (let index = 0; index < 12; index += 1) {
        tracker.record(call({ agentId: `agent-${'abcdefghijkl'[index]}` }));
      }
      await tracker.flush({ deadlineMs: 20_000 });
    });

    expect(Object.keys(sumsOf('InvocationCount'))).toHaveLength(wanted);
  });
});

describe('on Lambda Managed Instances', () => {
  test('50 concurrent runs of 200 calls emit 10,000 values, each once under its own agent and model', async () => {
    await withEnv(
      {
        AWS_LAMBDA_MAX_CONCURRENCY: '64',
        AWS_LAMBDA_FUNCTION_NAME: 'TestFunction',
        AWS_LAMBDA_INITIALIZATION_TYPE: 'lambda-managed-instances',
      },
      async () => {
        const tracker = new TokenTracker();
        const models = [NOVA, 'amazon.nova-lite-v1:0', 'amazon.nova-pro-v1:0'];
        const summaries: number[] = [];
        const handler = tracker.handler(async (run: number) => {
          for (let index = 0; index < 200; index += 1) {
            tracker.run({ agentId: `agent-${'abcd'[index % 4]}` }, () =>
              tracker.record({
                modelId: models[run % 3],
                usage: { ...USAGE, outputTokens: run * 200 + index },
              }),
            );
            if (index % 13 === run % 13) await new Promise(resolve => setImmediate(resolve));
            if (index % 61 === 0) await tracker.flush();
          }
          summaries.push(tracker.summary().answered);
        });

        const lines = await stdoutOf(() => Promise.all(Array.from({ length: 50 }, (_, run) => handler(run))));

        const seen = emfOf(lines).flatMap(document =>
          ([document.OutputTokens].flat() as number[]).map(
            value => `${document.AgentId} ${document.Model} ${value}`,
          ),
        );
        const wanted = Array.from(
          { length: 10_000 },
          (_, value) => `agent-${'abcd'[(value % 200) % 4]} ${models[Math.floor(value / 200) % 3]} ${value}`,
        );
        expect(seen.sort()).toEqual(wanted.sort());
        expect(summaries).toEqual(Array.from({ length: 50 }, () => 200));
        for (const {
          _aws: {
            CloudWatchMetrics: [directive],
          },
        } of emfOf(lines)) {
          expect(directive.Dimensions).toEqual([[], ['AgentId', 'Model']]);
        }
      },
    );
  });
});
