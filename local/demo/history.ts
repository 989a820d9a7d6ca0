import { BatchWriteItemCommand, DynamoDBClient, type WriteRequest } from '@aws-sdk/client-dynamodb';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { DEMO_CREDENTIALS, DEPLOYMENT } from './synthesise';
import { DAY_START, MODELS } from './traffic';
import { SCRIPT, scriptTimes } from './unrecorded-script';
import type { Invocation } from '../../lambda/invocation/invocation';
import { CostCalculator } from '../../lambda/pricing/cost-calculator';
import { parseModelId } from '../../lambda/pricing/model-id';
import { rollUpDay } from '../../lambda/rollup/roll-up-day';
import { RollupTable } from '../../lambda/rollup/rollup-table.aws';
import { startOfDay } from '../../lambda/rollup/utc-day';
import { dayIndexItem, identityOf, type ItemOptions, traceItem } from '../../lambda/traces/trace-item';
import { dayOf } from '../../lambda/traces/trace-keys';
import { TraceReader } from '../../lambda/traces/trace-reader.aws';
import { answeredCall, putCallMetrics } from '../emulators/bedrock/account-metrics';
import type { MetricStore } from '../emulators/cloudwatch/metrics/metric-store';

/** Number of days before the simulated day for which `makeHistory` creates invocations. */
export const HISTORY_DAYS = 29;
const DAY_MS = 86_400_000;
const OPTIONS: ItemOptions = { writeShards: 1, ttlDays: 90 };
/** Maximum number of items in one BatchWriteItem request (API reference). */
const MAX_BATCH = 25;

/**
 * Model that has no known price. The history includes some calls of this model, so that the reports show
 * unpriced invocations.
 */
const UNPRICED_MODEL = 'us.acme.research-preview-v1:0';
/** Number of calls on each weekday, in percent of a usual day. The first value is for Sunday. */
const WEEKDAY_PERCENT = [45, 100, 110, 112, 108, 96, 52];
/** Daily growth of the number of calls, in thousandths of the calls on the first day. */
const DAILY_GROWTH_PER_MILLE = 8;

interface Workload {
  readonly agentId: string;
  readonly modelId: string;
  /** Number of calls on a usual day. */
  readonly calls: number;
  readonly input: number;
  readonly output: number;
}

const WORKLOADS: readonly Workload[] = [
  { agentId: 'signal-intelligence', modelId: MODELS.novaLite, calls: 24, input: 62_000, output: 5200 },
  { agentId: 'triage', modelId: MODELS.haiku, calls: 22, input: 41_000, output: 4100 },
  { agentId: 'root-cause', modelId: MODELS.sonnet, calls: 22, input: 52_000, output: 3900 },
  { agentId: 'remediation', modelId: MODELS.sonnet, calls: 10, input: 24_000, output: 3000 },
  { agentId: 'knowledge', modelId: MODELS.novaLite, calls: 14, input: 60_000, output: 5000 },
  { agentId: 'postmortem', modelId: MODELS.haiku, calls: 6, input: 37_000, output: 5000 },
];
/** Additional calls on a day with an incident. All of them are made within three hours. */
const INCIDENT_WORKLOADS: readonly Workload[] = [
  { agentId: 'root-cause', modelId: MODELS.sonnet, calls: 9, input: 30_000, output: 2600 },
  { agentId: 'triage', modelId: MODELS.haiku, calls: 6, input: 20_000, output: 2000 },
  { agentId: 'remediation', modelId: MODELS.sonnet, calls: 3, input: 18_000, output: 1800 },
];
const FIRST_INCIDENT = 1987;

/**
 * Creates random invocations for the {@link HISTORY_DAYS} days before the simulated day. Each inner array has
 * the invocations of one day. The same seed gives the same invocations.
 */
export function makeHistory(seed: number): Invocation[][] {
  const random = xoroshiro128plus(seed);
  const between = (min: number, max: number) => uniformInt(random, min, max);
  const calculator = new CostCalculator();
  let number = 0;

  const makeCall = (
    { agentId, modelId, input, output }: Workload,
    day: Date,
    fromHour: number,
    toHour: number,
    incidentId?: string,
  ): Invocation => {
    number += 1;
    const inputTokens = Math.round((input * between(60, 140)) / 100);
    const timestamp = new Date(day.getTime() + between(fromHour * 3_600_000, toHour * 3_600_000 - 1));
    const usage = {
      uncachedInputTokens: inputTokens,
      cacheReadTokens: 0,
      cacheWrite5mTokens: 0,
      cacheWrite1hTokens: 0,
      outputTokens: Math.round((output * between(60, 140)) / 100),
      source: 'usage',
      partial: false,
    } as const;
    const { model, scope } = parseModelId(modelId);
    return {
      requestId: `history-${number}`,
      agentId,
      model,
      modelId,
      scope,
      operation: 'Converse',
      timestamp,
      usage,
      incidentId,
      cost: calculator.calculate(usage, { modelId, at: timestamp }),
      latencyMs: 200 + usage.outputTokens * 2,
    };
  };
  const makeCalls = (
    workload: Workload,
    share: number,
    ...rest: [day: Date, fromHour: number, toHour: number, incidentId?: string]
  ) =>
    Array.from({ length: Math.max(1, Math.round((workload.calls * share * between(85, 115)) / 100)) }, () =>
      makeCall(workload, ...rest),
    );

  return Array.from({ length: HISTORY_DAYS }, (_, index) => {
    const day = new Date(DAY_START.getTime() - (HISTORY_DAYS - index) * DAY_MS);
    const share = (WEEKDAY_PERCENT[day.getUTCDay()] / 100) * (1 + (index * DAILY_GROWTH_PER_MILLE) / 1000);
    const calls = WORKLOADS.flatMap(workload => makeCalls(workload, share, day, 0, 24));
    // With a probability of one in three, the day has an incident. `size` scales the number of calls in the
    // incident.
    if (between(1, 3) === 1) {
      const size = between(40, 220) / 100;
      const hour = between(6, 18);
      calls.push(
        ...INCIDENT_WORKLOADS.flatMap(workload =>
          makeCalls(workload, size, day, hour, hour + 3, `INC-${FIRST_INCIDENT + index}`),
        ),
      );
    }
    if (index % 9 === 4) {
      calls.push(
        ...makeCalls(
          { agentId: 'knowledge', modelId: UNPRICED_MODEL, calls: 3, input: 9000, output: 900 },
          1,
          day,
          9,
          17,
        ),
      );
    }
    return calls;
  });
}

/**
 * Writes invocations of the days before the simulated day into the trace table, and creates the rollup of
 * each day. Puts the metrics that Bedrock publishes for these days into `metrics`. They include the calls of
 * the script without instrumentation.
 */
export async function writeHistory({
  endpoint,
  tableName,
  seed,
  metrics,
}: {
  readonly endpoint: string;
  readonly tableName: string;
  readonly seed: number;
  readonly metrics: MetricStore;
}): Promise<void> {
  const client = new DynamoDBClient({ endpoint, region: DEPLOYMENT.region, credentials: DEMO_CREDENTIALS });
  try {
    const tools = { traces: new TraceReader(client, tableName), rollups: new RollupTable(client, tableName) };
    for (const calls of makeHistory(seed)) {
      await write(client, tableName, calls);
      putAccountMetrics(metrics, calls);
      // Time of the rollup: one hour after the end of the day, like the nightly rollup.
      const rolledUpAt = new Date(Date.parse(dayOf(calls[0].timestamp)) + DAY_MS + 3_600_000);
      await rollUpDay(dayOf(calls[0].timestamp), tools, {
        now: rolledUpAt,
        ttlDays: OPTIONS.ttlDays,
        allowFewer: false,
      });
    }
  } finally {
    client.destroy();
  }
}

function putAccountMetrics(store: MetricStore, calls: readonly Invocation[]): void {
  for (const { modelId, timestamp, usage } of calls) {
    const { uncachedInputTokens: inputTokens = 0, outputTokens = 0 } = usage ?? {};
    putCallMetrics(store, modelId, timestamp, answeredCall({ inputTokens, outputTokens }));
  }
  for (const time of scriptTimes(startOfDay(dayOf(calls[0].timestamp)))) {
    putCallMetrics(store, SCRIPT.modelId, time, answeredCall(SCRIPT.usage));
  }
}

async function write(client: DynamoDBClient, tableName: string, calls: readonly Invocation[]): Promise<void> {
  const items = calls.flatMap(call => [traceItem(call, OPTIONS), dayIndexItem(identityOf(call), OPTIONS)]);
  const byKey = new Map(items.map(item => [JSON.stringify([item.pk, item.sk]), item]));
  const requests = [...byKey.values()].map((Item): WriteRequest => ({
    PutRequest: { Item: Item as Record<string, { S: string }> },
  }));
  for (let first = 0; first < requests.length; first += MAX_BATCH) {
    await client.send(
      new BatchWriteItemCommand({ RequestItems: { [tableName]: requests.slice(first, first + MAX_BATCH) } }),
    );
  }
}
