import { dayOf } from '../../../lambda/traces/trace-keys';
import { TraceReader } from '../../../lambda/traces/trace-reader.aws';
import { type BedrockEmulator, startBedrock } from '../../../local/emulators/bedrock/server';
import { type CloudWatchEmulator, startCloudWatch } from '../../../local/emulators/cloudwatch/server';
import { ENV, METRICS } from '../../../src/contract';
import { startTraceEngine, type TraceEngine } from '../../support/trace-engine';

/** Attributes of a trace that tests compare. */
interface TraceFacts {
  readonly agentId: string;
  readonly incidentId?: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** Metric with the number and the sum of its values. `dimensions` is, for example, `triage nova`. */
export type MetricTotal = readonly [metric: string, dimensions: string, count: number, sum: number | 'any'];

const DAY_MS = 86_400_000;
/** Metrics of durations. Their sums differ in each run, so tests do not compare them. */
const TIMES: ReadonlySet<string> = new Set([METRICS.responseLatency.name]);

/** Emulators of the services that a program calls: Bedrock, CloudWatch, and DynamoDB with a trace table. */
export class Backends {
  static async start(): Promise<Backends> {
    const bedrock = await startBedrock({
      answer: () => ({ text: 'forty-two', usage: { inputTokens: 3702, outputTokens: 1701 } }),
    });
    return new Backends(await startTraceEngine(), bedrock, await startCloudWatch());
  }

  private constructor(
    readonly table: TraceEngine,
    private readonly bedrock: BedrockEmulator,
    private readonly cloudWatch: CloudWatchEmulator,
  ) {}

  get environment(): Readonly<Record<string, string>> {
    return {
      AWS_ENDPOINT_URL_BEDROCK_RUNTIME: this.bedrock.endpoint,
      AWS_ENDPOINT_URL_DYNAMODB: this.table.endpoint,
      AWS_ENDPOINT_URL_CLOUDWATCH: this.cloudWatch.endpoint,
      [ENV.tableName]: this.table.tableName,
      [ENV.detailLevel]: 'standard',
      // Raises the time limit for sending metrics and traces, because one second can be too short on a busy
      // machine.
      [ENV.flushTimeoutMs]: '30000',
    };
  }

  /** Returns the traces of yesterday and today in the table. Reads them with the code of the reports. */
  async traces(): Promise<TraceFacts[]> {
    const { client, tableName } = this.table;
    const reader = new TraceReader(client, tableName);
    const facts: TraceFacts[] = [];
    for (const time of [Date.now() - DAY_MS, Date.now()]) {
      await reader.day(dayOf(new Date(time)), traces => {
        for (const { agentId, incidentId, uncachedInputTokens, outputTokens } of traces) {
          facts.push({ agentId, incidentId, inputTokens: uncachedInputTokens, outputTokens });
        }
      });
    }
    return facts;
  }

  /** Adds up all metrics: those sent to CloudWatch, and those in the program's log lines. */
  metrics(lines: readonly string[]): MetricTotal[] {
    const { store } = this.cloudWatch;
    for (const line of lines) store.ingestEmf(line);
    if (store.emfErrors.length > 0) throw new Error(store.emfErrors.join('\n'));
    const totals = new Map<string, { count: number; sum: number }>();
    for (const {
      name,
      dimensions,
      values: [value],
      counts: [count] = [1],
    } of store.data()) {
      const key = `${name} ${Object.values(dimensions).join(' ')}`;
      const total = totals.get(key) ?? { count: 0, sum: 0 };
      totals.set(key, { count: total.count + count, sum: total.sum + value * count });
    }
    return [...totals]
      .map(([key, { count, sum }]): MetricTotal => {
        const [name, ...dimensions] = key.split(' ');
        return [name, dimensions.join(' '), count, TIMES.has(name) ? 'any' : Number(sum.toPrecision(12))];
      })
      .sort(([one, oneOf], [other, otherOf]) => `${one} ${oneOf}`.localeCompare(`${other} ${otherOf}`));
  }

  async close(): Promise<void> {
    await Promise.all([this.bedrock.close(), this.cloudWatch.close()]);
    await this.table.close();
  }
}
