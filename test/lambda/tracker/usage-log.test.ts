import { NOVA, usageOf } from './support';
import { stdoutOf } from '../../support/stdout';
import { TokenTracker, type TokenTrackerOptions } from 'cdk-token-analytics/runtime';

const USAGE = usageOf(3000, 1701, 702);

interface Line {
  readonly level: string;
  readonly message: string;
  readonly usage: Readonly<Record<string, unknown>>;
}

/** Runs a handler and returns its log lines, without those that contain metrics. */
async function linesOf(
  run: (tracker: TokenTracker) => void,
  options: TokenTrackerOptions = {},
  level?: string,
): Promise<Line[]> {
  if (level) process.env.POWERTOOLS_LOG_LEVEL = level;
  const tracker = new TokenTracker({ sink: 'emf', agentId: 'triage', ...options });
  delete process.env.POWERTOOLS_LOG_LEVEL;
  const lines = await stdoutOf(() => tracker.handler(() => Promise.resolve(run(tracker)))());
  return lines.filter(line => !line.includes('_aws')).map(line => JSON.parse(line) as Line);
}

const textOf = ({ level, message }: Line) => `${level} ${message}`;
const batch = (tracker: TokenTracker) => {
  tracker.recordBatch({ modelId: NOVA, usage: USAGE, latencyMs: 811.6 }, 2);
  tracker.recordBatch({ modelId: NOVA, usage: USAGE }, 7);
};

test('logs the totals of a handler in one line', async () => {
  expect((await linesOf(batch)).map(textOf)).toEqual([
    'INFO Bedrock API token usage: Input tokens: 7404, Output tokens: 3402, Total tokens: 10806, ' +
      'Items: 9, Average tokens per item: 1200.7, Calls: 2, Cost: $0.0006986',
  ]);
});

test.each([
  ['INFO', { logCalls: true }, undefined],
  ['DEBUG', {}, 'DEBUG'],
])('logs a line at %s for each call, with all known values', async (level, options, configured) => {
  const [first, second, ofRun] = await linesOf(batch, options, configured);

  expect([first, second].map(textOf)).toEqual([
    `${level} Bedrock API token usage: Input tokens: 3702, Output tokens: 1701, Total tokens: 5403, ` +
      'Items: 2, Tokens per item: 2701.5, Duration: 812 ms, Cost: $0.0003493',
    `${level} Bedrock API token usage: Input tokens: 3702, Output tokens: 1701, Total tokens: 5403, ` +
      'Items: 7, Tokens per item: 771.9, Cost: $0.0003493',
  ]);
  expect(first.usage).toEqual(
    expect.objectContaining({
      inputTokens: 3702,
      outputTokens: 1701,
      totalTokens: 5403,
      items: 2,
      tokensPerItem: 2701.5,
      latencyMs: 811.6,
    }),
  );
  expect(ofRun.message).toContain('Calls: 2, Cost: $0.0006986');
});

test('marks a call with unknown usage, a failed call and a cached response in their lines', async () => {
  const lines = await linesOf(
    tracker => {
      tracker.record({ modelId: 'vendor.unknown' });
      tracker.record({ modelId: NOVA, error: { name: 'ThrottlingException' } });
      tracker.recordCached({ modelId: NOVA, input: 10, output: 1 });
    },
    { logCalls: true },
  );

  const unknown = 'Input tokens: unknown, Output tokens: unknown, Total tokens: unknown, Cost: unknown';
  expect(lines.map(({ message }) => message.replace('Bedrock API token usage: ', ''))).toEqual([
    unknown,
    `${unknown}, Error: ThrottlingException`,
    'Input tokens: 10, Output tokens: 1, Total tokens: 11, Cost: $0.00, Cached: true',
    'Input tokens: 0, Output tokens: 0, Total tokens: 0, Calls: 1, Cost: ≥ $0.00',
  ]);
});

test('logs no line for a call at INFO by default', async () => {
  expect(await linesOf(batch)).toHaveLength(1);
});

test('logs neither calls nor runs at a level above INFO', async () => {
  expect(await linesOf(batch, { logCalls: true }, 'WARN')).toEqual([]);
});

test('logs calls at INFO if TOKEN_ANALYTICS_LOG_CALLS is true', async () => {
  const tracker = TokenTracker.fromEnvironment({ TOKEN_ANALYTICS_LOG_CALLS: 'true' }, { sink: 'emf' });

  const lines = await stdoutOf(() => tracker.record({ modelId: NOVA, usage: USAGE }));

  expect(lines.filter(line => line.includes('"level":"INFO"'))).toHaveLength(1);
});

test('lists billed units, and no unknown tokens of a call that is billed by units alone', async () => {
  const lines = await linesOf(
    tracker => {
      const modelId = 'bedrock-guardrails';
      tracker.record({ modelId, units: { guardrailContent: 2, guardrailTopics: 1 } });
      tracker.record({ modelId: NOVA, usage: USAGE, units: { guardrailContent: 1 } });
    },
    { logCalls: true },
  );

  expect(lines.slice(0, 2).map(({ message }) => message.replace('Bedrock API token usage: ', ''))).toEqual([
    'Units: 2 guardrailContent, 1 guardrailTopics, Cost: $0.00045',
    'Input tokens: 3702, Output tokens: 1701, Total tokens: 5403, Units: 1 guardrailContent, Cost: $0.0004993',
  ]);
  expect(lines[0].usage).toMatchObject({ units: { guardrailContent: 2, guardrailTopics: 1 } });
});
