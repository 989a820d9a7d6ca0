import type { Item } from '../../../lambda/traces/attributes';
import { traceItem } from '../../../lambda/traces/trace-item';
import type { TokenUsage } from '../../../lambda/usage/token-usage';
import { DEFAULT_NAMESPACE, ENV } from '../../../src/contract';
import type { BillLine } from '../../fakes/cost-explorer/bill-lines';
import type { LambdaFunction } from '../../fakes/lambda/server';
import { invocationOf, type TracedCall } from '../../support/trace-engine';
import { misplacedTraces } from '../../support/wrong-times';
import { TABLE } from '../support';

/** Day whose rollup fails, because the table denies reads of its traces. */
export const DENIED_DAY = '2026-09-02';
/**
 * Request ids of two traces that the fake table refuses: `content` with a ValidationException, and `access`
 * with an AccessDeniedException.
 */
export const REFUSED = { content: 'refused-content', access: 'refused-access' } as const;

const SONNET = 'anthropic.claude-sonnet-4-5-20250929-v1:0';
const MICRO = 'amazon.nova-micro-v1:0';
/**
 * `BRAIN`, `PLAIN` and `UNKNOWN` are not in the price catalog. The file prices.json has all prices for
 * `BRAIN`, no cache prices for `PLAIN`, and no prices for `UNKNOWN`.
 */
const BRAIN = 'acme.brain-9';
const PLAIN = 'acme.plain-2';
const UNKNOWN = 'acme.unknown-1';
const TRACE_OPTIONS = { ttlDays: 90, writeShards: 1 };

type Tokens = readonly [input: number, cacheRead?: number, output?: number];

function usage([input, cacheRead = 0, output = 0]: Tokens, more: Partial<TokenUsage> = {}): TokenUsage {
  return {
    uncachedInputTokens: input,
    cacheReadTokens: cacheRead,
    cacheWrite5mTokens: 0,
    cacheWrite1hTokens: 0,
    outputTokens: output,
    source: 'usage',
    partial: false,
    ...more,
  };
}

const sonnet = { model: SONNET, modelId: `us.${SONNET}`, scope: 'geo', operation: 'Converse' } as const;
const micro = { model: MICRO, modelId: MICRO, scope: 'in-region', operation: 'Converse' } as const;

/**
 * Calls of the last five days. Each kind of call, such as a failed call, and each optional field occurs at
 * least once.
 */
const LAST_DAYS: readonly TracedCall[] = [
  {
    ...sonnet,
    at: '2026-11-22T08:15:00.000Z',
    agentId: 'triage',
    usage: usage([12_000, 30_000, 900], { cacheWrite5mTokens: 4_000 }),
    usd: 0.0735,
    latencyMs: 1900,
    incidentId: 'INC-1',
    sessionId: 'S-1',
  },
  {
    ...micro,
    at: '2026-11-22T09:00:00.000Z',
    agentId: 'research',
    usage: usage([5_000, 0, 700]),
    usd: 0.000273,
    latencyMs: 310,
  },
  {
    ...sonnet,
    at: '2026-11-23T22:40:00.000Z',
    agentId: 'triage',
    usage: usage([9_000, 12_000, 450], { cacheWrite1hTokens: 2_500 }),
    usd: 0.052,
    latencyMs: 1500.5,
    incidentId: 'INC-1',
  },
  {
    ...micro,
    at: '2026-11-23T23:10:00.000Z',
    agentId: 'research',
    error: 'ThrottlingException',
    usage: undefined,
  },
  {
    ...sonnet,
    at: '2026-11-24T10:00:00.000Z',
    agentId: 'triage',
    usage: usage([15_000, 40_000, 1_200], { cacheWrite5mTokens: 6_000 }),
    usd: 0.0975,
    latencyMs: 2200,
    timeToFirstTokenMs: 640,
    stopReason: 'end_turn',
    incidentId: 'INC-1',
    sessionId: 'S-1',
  },
  {
    ...sonnet,
    at: '2026-11-24T10:20:00.000Z',
    agentId: 'triage',
    usage: usage([1_000, 55_000, 300], { cacheWrite5mTokens: 6_000 }),
    usd: 0.0465,
    latencyMs: 1200,
    incidentId: 'INC-1',
    sessionId: 'S-1',
  },
  {
    ...micro,
    at: '2026-11-24T10:00:30.000Z',
    agentId: 'writer',
    usage: usage([800, 0, 60], { partial: true }),
    usd: 0.00003640000125,
    latencyMs: 200,
    incidentId: 'INC-1',
  },
  {
    ...micro,
    at: '2026-11-24T10:01:00.000Z',
    agentId: 'writer',
    usage: usage([800, 0, 60], { source: 'estimate' }),
    cached: true,
    incidentId: 'INC-1',
  },
  {
    at: '2026-11-24T11:00:00.000Z',
    agentId: 'writer',
    model: UNKNOWN,
    modelId: UNKNOWN,
    scope: 'in-region',
    usage: usage([100, 0, 50]),
    latencyMs: 250,
    incidentId: 'INC-2',
  },
  {
    ...sonnet,
    at: '2026-11-25T14:00:00.000Z',
    agentId: 'research',
    usage: usage([20_000, 0, 2_000]),
    usd: 0.09,
    latencyMs: 3100,
    serviceTier: 'priority',
    incidentId: 'INC-2',
  },
  {
    ...sonnet,
    at: '2026-11-25T14:05:00.000Z',
    agentId: 'research',
    error: 'ModelStreamErrorException',
    usage: usage([3_000, 0, 10], { partial: true }),
    usd: 0.00915,
    incidentId: 'INC-2',
  },
  {
    at: '2026-11-25T15:00:00.000Z',
    agentId: 'writer',
    model: BRAIN,
    modelId: BRAIN,
    scope: 'in-region',
    operation: 'InvokeModel',
    usage: usage([2_000, 0, 900], { speechInputTokens: 1_500, speechOutputTokens: 600 }),
    latencyMs: 800,
    incidentId: 'INC-2',
  },
  {
    at: '2026-11-25T15:01:00.000Z',
    agentId: 'writer',
    model: BRAIN,
    modelId: BRAIN,
    error: 'ModelStreamErrorException',
    usage: usage([900, 0, 20], { partial: true }),
  },
  {
    ...micro,
    at: '2026-11-26T08:00:00.000Z',
    agentId: 'research',
    operation: 'BatchOutput',
    usage: usage([50_000, 0, 4_000]),
    usd: 0.001155,
  },
  {
    ...sonnet,
    at: '2026-11-26T11:30:00.000Z',
    agentId: 'triage',
    usage: usage([30_000, 10_000, 5_000]),
    usd: 0.168,
    latencyMs: 4100,
    incidentId: 'INC-3',
  },
  {
    ...sonnet,
    at: '2026-11-26T11:57:10.000Z',
    agentId: 'triage',
    usage: usage([2_000, 38_000, 600]),
    usd: 0.0264,
    latencyMs: 1300,
    incidentId: 'INC-3',
  },
  {
    ...micro,
    at: '2026-11-26T11:58:00.000Z',
    agentId: 'research',
    error: 'ThrottlingException',
    usage: undefined,
  },
  {
    ...micro,
    at: '2026-11-26T11:58:30.000Z',
    agentId: 'writer',
    usage: usage([400, 0, 80], { source: 'estimate' }),
    cached: true,
  },
  {
    at: '2026-11-26T11:59:00.000Z',
    agentId: 'writer',
    model: UNKNOWN,
    modelId: UNKNOWN,
    scope: 'in-region',
    usage: usage([10, 0, 5]),
    incidentId: 'INC-3',
  },
];

const HISTORY_DAYS = 56;
const MS_PER_DAY = 86_400_000;
const FIRST_NIGHT = Date.parse('2026-10-01T03:00:00.000Z');
/** Cost of each day of a week, in thousandths of a US dollar. The week starts on Thursday. */
const WEEK = [110, 104, 48, 40, 101, 112, 118];
const EXTRAORDINARY_DAY = 30;

/** One call per day for eight weeks. The forecast needs this history. */
const HISTORY: readonly TracedCall[] = Array.from({ length: HISTORY_DAYS }, (_, index) => {
  const spread = ((index * 7) % 11) - 5;
  const thousandths = index === EXTRAORDINARY_DAY ? 1_900 : WEEK[index % WEEK.length] + index + spread;
  return {
    ...micro,
    at: new Date(FIRST_NIGHT + index * MS_PER_DAY),
    agentId: 'writer',
    usage: usage([thousandths * 100, 0, thousandths * 10]),
    usd: thousandths / 1000,
    latencyMs: 500 + index,
  };
});

export const CALLS: readonly TracedCall[] = [...HISTORY, ...LAST_DAYS].map((call, index) => ({
  requestId: `call-${index + 1}`,
  ...call,
}));

/** Traces with an invalid time. One day of these traces has a rollup, and the other day has no rollup. */
export const UNREADABLE_ITEMS: readonly Item[] = ['2026-11-24T16:00:00.000Z', '2026-11-26T07:00:00.000Z']
  .map(at =>
    invocationOf(
      { ...micro, requestId: 'unreadable', at, agentId: 'writer', incidentId: 'INC-3', usd: 9 },
      0,
    ),
  )
  .flatMap(misplacedTraces);

function spilled(requestId: string, at: string): string {
  const invocation = invocationOf(
    { ...micro, requestId, at, agentId: 'research', usage: usage([100, 0, 10]), usd: 0.0001 },
    0,
  );
  return JSON.stringify({ TraceSpill: traceItem(invocation, TRACE_OPTIONS) });
}

function spilledMetric(at: string): string {
  return JSON.stringify({
    MetricSpill: {
      namespace: 'Spilled',
      data: [
        {
          MetricName: 'InvocationCount',
          Unit: 'Count',
          Timestamp: at,
          Dimensions: [],
          Values: [1],
          Counts: [3],
        },
      ],
    },
  });
}

const lines = (...all: readonly string[]) => `${all.join('\n')}\n`;
const json = (value: unknown) => `${JSON.stringify(value, undefined, 2)}\n`;

/** Files that the commands read. Each key is the name of a file, and each value is its content. */
export const FILES: Readonly<Record<string, string>> = {
  'function.log': lines(
    'START RequestId: 6f1c Version: $LATEST',
    spilled('spilled-1', '2026-11-23T09:00:00.000Z'),
    spilled('spilled-2', '2026-11-26T09:00:00.000Z'),
    spilled('cut-off', '2026-11-26T09:00:00.000Z').slice(0, -20),
    spilledMetric('2026-11-26T09:00:00.000Z'),
    'END RequestId: 6f1c',
  ),
  'refused.log': lines(
    spilled('spilled-3', '2026-11-26T09:30:00.000Z'),
    spilled(REFUSED.content, '2026-11-26T09:31:00.000Z'),
    spilledMetric('2026-11-26T09:00:00.000Z'),
    // CloudWatch rejects this metric, because it is too old.
    spilledMetric('2026-10-01T09:00:00.000Z'),
  ),
  'denied.log': lines(spilled(REFUSED.access, '2026-11-26T09:32:00.000Z')),
  // Invalid gzip file: only the first two bytes are correct.
  'broken.gz': '\u001f\u008bbroken',
  // Prices of all models in the data set except `UNKNOWN`. With this file, a new price catalog does not
  // change the outputs.
  'prices.json': json({
    'anthropic.claude-sonnet-4-5-*': {
      input: 3,
      output: 15,
      cacheRead: 0.3,
      cacheWrite5m: 3.75,
      cacheWrite1h: 6,
      source: 'our contract',
      asOf: '2026-11-01',
    },
    [MICRO]: {
      input: 0.04,
      output: 0.15,
      cacheRead: 0.01,
      cacheWrite5m: 0.05,
      cacheWrite1h: 0.08,
      tierFactors: { batch: 0.5, priority: 1.75 },
      source: 'our contract',
      asOf: '2026-11-01',
    },
    [BRAIN]: {
      input: 2,
      output: 8,
      cacheRead: 0.2,
      speechInput: 4,
      speechOutput: 16,
      cacheWrite5m: 2.5,
      cacheWrite1h: 4,
      longPrompt: {
        above: 200_000,
        input: 4,
        output: 16,
        cacheRead: 0.4,
        cacheWrite5m: 5,
        cacheWrite1h: 8,
        speechInput: 8,
        speechOutput: 32,
      },
      tierFactors: { batch: 0.5, flex: 0.6, optimized: 1.2, priority: 1.75 },
      source: 'our contract',
      asOf: '2026-11-01',
    },
    [PLAIN]: { input: 1, output: 3, source: 'our contract', asOf: '2026-11-01' },
  }),
  'cdk.out/Agents.template.json': json({
    Resources: {
      Dashboard: {
        Type: 'AWS::CloudWatch::Dashboard',
        Properties: {
          DashboardName: 'Agents',
          DashboardBody: JSON.stringify({
            widgets: [
              { type: 'text', x: 0, y: 0, width: 6, height: 3, properties: { markdown: 'Calls of agents' } },
            ],
          }),
        },
      },
    },
  }),
};

/** Lambda functions in the account. `doctor` reads their settings. */
export const FUNCTIONS: readonly LambdaFunction[] = [
  {
    name: 'triage',
    environment: { [ENV.tableName]: TABLE, [ENV.namespace]: DEFAULT_NAMESPACE },
    applicationLogLevel: 'WARN',
  },
  { name: 'writer', environment: { [ENV.enabled]: 'false' } },
];

/** Values of CloudWatch metrics in the account, each with its age in hours. */
export const METRICS: readonly (readonly [name: string, value: number, hoursAgo: number])[] = [
  ['InvocationCount', 25, 1],
  ['TracesSpilled', 4, 30],
  ['TracesDropped', 2, 30],
  ['BreakerOpened', 3, 30],
  ['UnpricedInvocations', 7, 30],
];

const bedrock = { service: 'Amazon Bedrock', unit: '1K tokens' };
const claude = { service: 'Claude Sonnet 4.5 (Amazon Bedrock Edition)', unit: '1M tokens' };

/** Bill of the account. Its amounts differ from those of the recorded calls. */
export const BILL: readonly BillLine[] = [
  {
    ...claude,
    day: '2026-11-22',
    usageType: 'USE1-MP:USE1_InputTokenCount-Units',
    amount: '0.0396',
    quantity: '0.012',
  },
  {
    ...claude,
    day: '2026-11-22',
    usageType: 'USE1-MP:USE1_OutputTokenCount-Units',
    amount: '0.0149',
    quantity: '0.0009',
  },
  {
    ...claude,
    day: '2026-11-22',
    usageType: 'USE1-MP:USE1_CacheReadInputTokenCount-Units',
    amount: '0.0099',
    quantity: '0.03',
  },
  {
    ...claude,
    day: '2026-11-23',
    usageType: 'USE1-MP:USE1_InputTokenCount-Units',
    amount: '0.06',
    quantity: '0.02',
  },
  {
    ...claude,
    day: '2026-11-25',
    usageType: 'USE1-MP:USE1_InputTokenCount-Units',
    amount: '0.09',
    quantity: '0.03',
  },
  {
    ...bedrock,
    day: '2026-11-22',
    usageType: 'USE1-NovaMicro-input-tokens',
    amount: '0.0002',
    quantity: '5',
  },
  {
    ...bedrock,
    day: '2026-11-22',
    usageType: 'USE1-NovaLite-input-tokens',
    amount: '0.12',
    quantity: '2000',
  },
  {
    ...bedrock,
    day: '2026-11-23',
    usageType: 'USE1-NovaMicro-output-tokens',
    amount: '0.02',
    quantity: '1',
    unit: 'Boxes',
  },
  { ...bedrock, day: '2026-11-23', usageType: 'USE1-Who-input-tokens', amount: '0.5', quantity: '7' },
  {
    ...bedrock,
    day: '2026-11-23',
    usageType: 'USE1-Guardrail-ContentPolicyUnitsConsumed',
    amount: '0.25',
    quantity: '10',
  },
];
/** First day on which the amounts of the bill are estimates. */
export const BILL_ESTIMATED_FROM = '2026-11-23';
