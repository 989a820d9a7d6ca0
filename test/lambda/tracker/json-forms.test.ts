import * as path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { NOVA, usageOf } from './support';
import { REPOSITORY, run } from '../../support/run';
import { stdoutOf } from '../../support/stdout';
import {
  CostCalculator,
  type CostJson,
  type Invocation,
  type InvocationJson,
  TokenTracker,
  type UsageSummary,
  type UsageSummaryJson,
  type UsageTotalsJson,
} from 'cdk-token-analytics/runtime';

const USAGE = usageOf(3702, 1701);
const AT = new Date('2026-11-25T10:20:30.400Z');

const COST: CostJson = {
  usd: '0.00036771',
  picoUsd: '367710000',
  breakdown: {
    input: '129570000',
    output: '238140000',
    cacheRead: '0',
    cacheWrite5m: '0',
    cacheWrite1h: '0',
  },
  price: expect.objectContaining({ input: 0.035, output: 0.14 }) as unknown as CostJson['price'],
  usage: USAGE,
};
const INVOCATION: InvocationJson = {
  requestId: 'req-1',
  agentId: 'triage',
  model: NOVA,
  modelId: NOVA,
  scope: expect.any(String) as unknown as InvocationJson['scope'],
  timestamp: '2026-11-25T10:20:30.400Z',
  usage: USAGE,
  cost: COST,
};
const TOTALS: UsageTotalsJson = {
  answered: 1,
  failed: 0,
  fromCache: 0,
  unpriced: 0,
  lowerBound: 0,
  items: 0,
  inputTokens: 3702,
  outputTokens: 1701,
  totalTokens: 5403,
  usd: '0.00036771',
  picoUsd: '367710000',
};
const SUMMARY: UsageSummaryJson = {
  ...TOTALS,
  agentCoreCalls: 0,
  agents: [{ ...TOTALS, agentId: 'triage' }],
  models: [{ ...TOTALS, model: NOVA }],
};

/** Returns the value that a client receives if the value is sent to it as JSON. */
const sent = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('toJSON', () => {
  let invocation: Invocation;
  let summary: UsageSummary;
  beforeEach(async () => {
    const tracker = new TokenTracker({ sink: 'emf', agentId: 'triage' });
    await stdoutOf(() => {
      invocation = tracker.record({ modelId: NOVA, usage: USAGE, requestId: 'req-1', timestamp: AT });
      summary = tracker.summary();
    });
  });

  test('the JSON of an invocation has exact money as text', () => {
    expect(sent(invocation)).toEqual(INVOCATION);
    expect(invocation.toJSON?.()).toEqual({ ...INVOCATION });
  });

  test('the JSON of an invocation without a cost has no cost', () => {
    const unpriced = new TokenTracker({ enabled: false }).record({ modelId: 'x' });

    expect(sent(unpriced)).not.toHaveProperty('cost');
  });

  test('the JSON of a cost has exact money as text', () => {
    expect(sent(invocation.cost)).toEqual(COST);
    expect(sent(new CostCalculator().calculate(USAGE, { modelId: NOVA, at: AT }))).toEqual(COST);
  });

  test('the JSON of the cost of a cached response is text', () => {
    const tracker = new TokenTracker({ enabled: false });

    expect(sent(tracker.recordCached({ modelId: NOVA, input: 1, output: 1 }).cost)).toEqual(
      expect.objectContaining({ usd: '0', picoUsd: '0' }),
    );
  });

  test('the JSON of a summary and each of its parts has exact money as text', () => {
    expect(sent(summary)).toEqual(SUMMARY);
    expect(summary.toJSON()).toEqual(SUMMARY);
    expect(sent(summary.agents[0])).toEqual(SUMMARY.agents[0]);
    expect(sent(summary.models)).toEqual(SUMMARY.models);
  });

  test('the JSON of a summary has an amount that a number cannot hold exactly', async () => {
    const tracker = new TokenTracker({
      sink: 'emf',
      customPrices: { [NOVA]: { input: 900_000, output: 0.000001 } },
    });
    await stdoutOf(() =>
      tracker.record({
        modelId: NOVA,
        usage: { ...USAGE, uncachedInputTokens: 900_000_010, outputTokens: 1 },
      }),
    );

    expect(sent(tracker.summary())).toEqual(
      expect.objectContaining({ picoUsd: '810000009000000000001', usd: '810000009.000000000001' }),
    );
  });

  test('the JSON of a spread copy of an invocation has its members and the added ones', () => {
    expect(sent({ ...invocation, answer: 'yes' })).toEqual({ ...INVOCATION, answer: 'yes' });
  });

  test('the JSON of a summary is copied with `toJSON` to add members', () => {
    expect(sent({ ...summary.toJSON(), answer: 'yes' })).toEqual({ ...SUMMARY, answer: 'yes' });
  });
});

test('hides the JSON form from copies and comparisons', async () => {
  const tracker = new TokenTracker({ sink: 'emf' });
  await stdoutOf(() => {
    const invocation = tracker.record({ modelId: NOVA, usage: USAGE });
    for (const value of [
      invocation,
      invocation.cost,
      tracker.summary(),
      tracker.summary().agents[0],
    ] as object[]) {
      const clone = structuredClone(value);
      expect(clone).toEqual(value);
      expect([clone, { ...value }].map(copy => 'toJSON' in copy)).toEqual([false, false]);
      expect(Object.keys(value)).not.toContain('toJSON');
      expect(isDeepStrictEqual({ ...value }, value)).toBe(true);
    }
  });
});

/** Program that runs three handlers and prints their results as JSON, as Lambda returns them. */
const PROGRAM = `
  const record = { modelId: ${JSON.stringify(NOVA)}, usage: ${JSON.stringify(USAGE)}, requestId: 'req-1',
    timestamp: new Date(${AT.getTime()}) };
  const tracker = new TokenTracker({ sink: 'emf', agentId: 'triage' });
  const handlers = [
    async () => { tracker.record(record); return tracker.summary(); },
    async () => tracker.record(record),
    async () => (await tracker.track({ modelId: record.modelId, timestamp: record.timestamp },
      () => ({ $metadata: { requestId: 'req-1' }, usage: { inputTokens: 3702, outputTokens: 1701, totalTokens: 5403 } }))).invocation,
  ];
  const answers = [];
  for (const handle of handlers) answers.push(JSON.stringify(await tracker.handler(handle)({}, {})));
  process.stderr.write(answers.join('\\n'));
`;

test.each([
  [
    'CommonJS',
    ['-e', `const { TokenTracker } = require('RUNTIME'); (async () => { ${PROGRAM} })();`],
    'index.js',
  ],
  [
    'an ES module',
    ['--input-type=module', '-e', `import { TokenTracker } from 'RUNTIME'; ${PROGRAM}`],
    'index.mjs',
  ],
])(
  'handlers of the built runtime as %s can return summaries and invocations',
  async (_format, args, file) => {
    const runtime = path.join(REPOSITORY, 'lib', 'runtime', file);
    const { code, stderr } = await run(process.execPath, [
      '--no-warnings',
      ...args.map(arg => arg.replace('RUNTIME', runtime)),
    ]);

    expect(code).toBe(0);
    expect(stderr.split('\n').map(line => JSON.parse(line) as unknown)).toEqual([
      SUMMARY,
      INVOCATION,
      expect.objectContaining({ ...INVOCATION, latencyMs: expect.any(Number) as number }),
    ]);
  },
);
