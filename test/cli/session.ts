import { mkdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { startFront } from './front';
import { CostCalculator } from '../../lambda/pricing/cost-calculator';
import { parseModelId } from '../../lambda/pricing/model-id';
import { addUtcDays, MS_PER_DAY } from '../../lambda/rollup/utc-day';
import { traceItem } from '../../lambda/traces/trace-item';
import { dayOf } from '../../lambda/traces/trace-keys';
import type { TokenUsage } from '../../lambda/usage/token-usage';
import { synthesiseQuickStart } from '../../local/demo/synthesise';
import { answeredCall, putCallMetrics } from '../../local/emulators/bedrock/account-metrics';
import { startCloudWatch } from '../../local/emulators/cloudwatch/server';
import { listenOnLoopback, type LoopbackServer, readBody, send } from '../../local/emulators/http-server';
import { DEFAULT_NAMESPACE } from '../../src/contract';
import { startCloudFormation } from '../fakes/cloudformation/server';
import type { BillLine } from '../fakes/cost-explorer/bill-lines';
import { startCostExplorer } from '../fakes/cost-explorer/server';
import { startLambda } from '../fakes/lambda/server';
import { startSts } from '../fakes/sts/server';
import { invocationOf, startTraceEngine, type TracedCall } from '../support/trace-engine';

/** Time that the fixed clock shows in the example sessions of docs/cli.md. */
export const NOW = new Date('2026-11-26T12:00:00.000Z');
const TABLE = 'TokenTraces';
const DAYS = 63;
/**
 * Factor from recorded to billed tokens of one model on one day. It simulates calls that were not recorded.
 */
const UNRECORDED = 1.08;
/** Calls of a program without instrumentation. Bedrock counts them, and the trace table lacks them. */
const UNINSTRUMENTED = {
  modelId: 'us.meta.llama3-3-70b-instruct-v1:0',
  calls: 41,
  usage: { inputTokens: 350, outputTokens: 40 },
};
/** Milliseconds between the last call of a day and noon. */
const LAST_MS = 400_000;
/** Calls on each weekday, in percent of an average day. The week starts on Sunday. */
const WEEK = [40, 100, 110, 115, 105, 95, 50];

const SONNET = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
const HAIKU = 'us.anthropic.claude-haiku-4-5-20251001-v1:0';
const LITE = 'us.amazon.nova-lite-v1:0';

const WORK = [
  {
    agentId: 'triage',
    modelId: HAIKU,
    calls: 9,
    input: 9_000,
    cacheRead: 21_000,
    cacheWrite: 900,
    output: 1_400,
  },
  {
    agentId: 'root-cause',
    modelId: SONNET,
    calls: 5,
    input: 26_000,
    cacheRead: 60_000,
    cacheWrite: 4_000,
    output: 3_100,
  },
  {
    agentId: 'knowledge',
    modelId: LITE,
    calls: 6,
    input: 48_000,
    cacheRead: 0,
    cacheWrite: 0,
    output: 2_600,
  },
];

/**
 * Starts the fake AWS services for the example sessions of docs/cli.md. The services contain nine weeks of
 * calls, functions, stacks and a bill.
 */
async function main(folder: string, agentCode: string): Promise<void> {
  const engine = await startTraceEngine(TABLE);
  const calls = history();
  await engine.put(calls);
  const front = await startFront(engine.endpoint);
  front.see = ({ operation }) => {
    if (operation === 'DescribeTimeToLive') {
      return {
        status: 200,
        body: { TimeToLiveDescription: { TimeToLiveStatus: 'ENABLED', AttributeName: 'ttl' } },
      };
    }
    if (operation === 'DescribeContinuousBackups') {
      return {
        status: 200,
        body: {
          ContinuousBackupsDescription: {
            ContinuousBackupsStatus: 'ENABLED',
            PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: 'ENABLED' },
          },
        },
      };
    }
    return undefined;
  };
  const cloudWatch = await startCloudWatch();
  cloudWatch.store.putDatum({
    namespace: DEFAULT_NAMESPACE,
    name: 'InvocationCount',
    dimensions: {},
    timestamp: new Date(NOW.getTime() - 3_600_000),
    values: [25],
  });
  for (const { modelId = '', at, usage } of calls.filter(call => call.usage !== undefined)) {
    const { uncachedInputTokens: inputTokens = 0, outputTokens = 0 } = usage ?? {};
    putCallMetrics(cloudWatch.store, modelId, new Date(at), answeredCall({ inputTokens, outputTokens }));
  }
  for (let call = 0; call < UNINSTRUMENTED.calls; call += 1) {
    putCallMetrics(
      cloudWatch.store,
      UNINSTRUMENTED.modelId,
      new Date('2026-11-25T09:00:00.000Z'),
      answeredCall(UNINSTRUMENTED.usage),
    );
  }
  const variables = { TOKEN_ANALYTICS_TABLE: TABLE, TOKEN_ANALYTICS_NAMESPACE: DEFAULT_NAMESPACE };
  const [lambda, sts, stacks, bill] = await Promise.all([
    startLambda({
      functions: [
        { name: 'triage', environment: { ...variables, TOKEN_ANALYTICS_AGENT_ID: 'triage' }, memoryMb: 512 },
        { name: 'root-cause', environment: variables, memoryMb: 512 },
      ],
    }),
    startSts(),
    startCloudFormation({
      stacks: [
        {
          name: 'Agents',
          outputs: {
            TokenAnalyticsTraceTableAgentsAnalytics0F1E2D3C: TABLE,
            TokenAnalyticsNamespaceAgentsAnalytics0F1E2D3C: DEFAULT_NAMESPACE,
          },
        },
        { name: 'Website', outputs: { Url: 'https://example.org' } },
      ],
    }),
    startCostExplorer({ lines: billOf(calls), estimatedFrom: '2026-11-25' }),
  ]);
  writeFiles(folder, calls[calls.length - 1]);
  synthesiseQuickStart(agentCode, path.join(folder, 'cdk.out'));
  process.send?.({
    AWS_ENDPOINT_URL_DYNAMODB: front.endpoint,
    AWS_ENDPOINT_URL_CLOUDFORMATION: stacks.endpoint,
    AWS_ENDPOINT_URL_CLOUDWATCH: cloudWatch.endpoint,
    AWS_ENDPOINT_URL_LAMBDA: lambda.endpoint,
    AWS_ENDPOINT_URL_STS: (await datedNow(sts.endpoint)).endpoint,
    AWS_ENDPOINT_URL_COST_EXPLORER: bill.endpoint,
  });
}

/** Starts a proxy in front of a fake service. The proxy sets the date header of each response to `NOW`. */
async function datedNow(service: string): Promise<LoopbackServer> {
  return listenOnLoopback(async (request, response) => {
    const headers = Object.fromEntries(
      ['content-type', 'authorization', 'x-amz-date'].map(name => [name, String(request.headers[name])]),
    );
    const answer = await fetch(service, {
      method: 'POST',
      headers,
      body: (await readBody(request)).toString(),
    });
    send(
      response,
      answer.status,
      { 'content-type': answer.headers.get('content-type') ?? 'text/xml', 'date': NOW.toUTCString() },
      await answer.text(),
    );
  });
}

function history(): TracedCall[] {
  const calculator = new CostCalculator();
  const today = dayOf(NOW);
  return Array.from({ length: DAYS }, (_, index) => index - DAYS + 1)
    .flatMap(offset => {
      const day = addUtcDays(today, offset);
      const start = Date.parse(day);
      const share = (WEEK[new Date(start).getUTCDay()] / 100) * (1 + (DAYS + offset) / 250);
      return WORK.flatMap(({ agentId, modelId, calls, ...tokens }) =>
        Array.from({ length: Math.max(1, Math.round(calls * share)) }, (_, number): TracedCall => {
          const size = 0.7 + ((number * 7 + spread(offset, agentId)) % 13) / 20;
          // All calls of a day are before noon, because the clock of the sessions shows noon. The current day
          // is therefore complete.
          const at = new Date(
            start + Math.round((((number + 1) / Math.round(calls * share)) * MS_PER_DAY) / 2) - LAST_MS,
          );
          const usage = {
            uncachedInputTokens: Math.round(tokens.input * size),
            cacheReadTokens: Math.round(tokens.cacheRead * size),
            cacheWrite5mTokens: number % 3 === 0 ? tokens.cacheWrite : 0,
            cacheWrite1hTokens: 0,
            outputTokens: Math.round(tokens.output * size),
            source: 'usage',
            partial: false,
          } as const;
          const { model, scope } = parseModelId(modelId);
          const failed = agentId === 'triage' && number === 4 && offset % 5 === 0;
          return {
            requestId: `${day}-${agentId}-${number}`,
            agentId,
            model,
            modelId,
            scope,
            operation: 'Converse',
            at,
            latencyMs: 400 + usage.outputTokens,
            incidentId: agentId !== 'knowledge' && offset % 4 === 0 ? `INC-${2000 + offset}` : undefined,
            ...(failed
              ? { error: 'ThrottlingException', usage: undefined }
              : { usage, usd: calculator.calculate(usage, { modelId, at })?.usd }),
          };
        }),
      );
    })
    .concat([
      {
        requestId: 'unpriced',
        agentId: 'knowledge',
        model: 'acme.preview-v1',
        modelId: 'acme.preview-v1',
        at: '2026-11-24T10:00:00.000Z',
      },
    ]);
}

function spread(offset: number, agentId: string): number {
  return Math.abs(offset) * 3 + agentId.length;
}

/**
 * Kinds of bill lines for each model, such as input tokens. `usd` is the price of a million tokens, and `of`
 * returns the number of tokens of a call.
 */
const BILLED: Readonly<
  Record<
    string,
    readonly {
      readonly service: string;
      readonly usageType: string;
      readonly usd: number;
      readonly of: (usage: TokenUsage) => number;
    }[]
  >
> = {
  [SONNET]: claude('Claude Sonnet 4.5', [3.3, 0.33, 4.125, 16.5]),
  [HAIKU]: claude('Claude Haiku 4.5', [1.1, 0.11, 1.375, 5.5]),
  [LITE]: [
    {
      service: 'Amazon Bedrock',
      usageType: 'USE1-NovaLite-input-tokens',
      usd: 0.06,
      of: ({ uncachedInputTokens }) => uncachedInputTokens,
    },
    {
      service: 'Amazon Bedrock',
      usageType: 'USE1-NovaLite-output-tokens',
      usd: 0.24,
      of: ({ outputTokens }) => outputTokens,
    },
  ],
};

function claude(name: string, [input, read, write, output]: readonly number[]): (typeof BILLED)[string] {
  const line = (tokens: string, usd: number, of: (usage: TokenUsage) => number) => ({
    service: `${name} (Amazon Bedrock Edition)`,
    usageType: `USE1-MP:USE1_${tokens}-Units`,
    usd,
    of,
  });
  return [
    line('InputTokenCount', input, usage => usage.uncachedInputTokens),
    line('CacheReadInputTokenCount', read, usage => usage.cacheReadTokens),
    line('CacheWriteInputTokenCount', write, usage => usage.cacheWrite5mTokens),
    line('OutputTokenCount', output, usage => usage.outputTokens),
  ];
}

/**
 * Returns the bill for the given calls. The tokens of Claude Haiku on 24 November are multiplied by
 * `UNRECORDED`.
 */
function billOf(calls: readonly TracedCall[]): BillLine[] {
  const lines = new Map<string, BillLine & { readonly tokens: number; readonly usd: number }>();
  for (const { at, modelId = '', usage } of calls) {
    const day = dayOf(new Date(at));
    for (const { service, usageType, usd, of } of usage ? (BILLED[modelId] ?? []) : []) {
      const key = `${day} ${service} ${usageType}`;
      const tokens =
        (lines.get(key)?.tokens ?? 0) +
        (usage ? of(usage) : 0) * (day === '2026-11-24' && modelId === HAIKU ? UNRECORDED : 1);
      lines.set(key, {
        day,
        service,
        usageType,
        usd,
        tokens,
        amount: ((tokens * usd) / 1e6).toFixed(10),
        quantity: (tokens / 1e6).toFixed(9),
        unit: '1M tokens',
      });
    }
  }
  return [...lines.values()];
}

/**
 * Writes the files that the sessions read: function.log with traces that did not reach the table, and
 * prices.json with custom prices.
 */
function writeFiles(folder: string, last: TracedCall): void {
  mkdirSync(folder, { recursive: true });
  const spilled = [1, 2].map(number =>
    invocationOf(
      { ...last, requestId: `spilled-${number}`, at: '2026-11-26T09:00:00.000Z', usd: 0.01 },
      number,
    ),
  );
  writeFileSync(
    path.join(folder, 'function.log'),
    [
      'START RequestId: 6f1c Version: $LATEST',
      ...spilled.map(invocation =>
        JSON.stringify({ TraceSpill: traceItem(invocation, { writeShards: 1, ttlDays: 90 }) }),
      ),
      'END RequestId: 6f1c',
    ].join('\n'),
  );
  writeFileSync(
    path.join(folder, 'prices.json'),
    `${JSON.stringify({ 'acme.preview-v1': { input: 2, output: 8, source: 'our contract', asOf: '2026-11-01' } }, undefined, 2)}\n`,
  );
}

void main(process.argv[2], process.argv[3]);
