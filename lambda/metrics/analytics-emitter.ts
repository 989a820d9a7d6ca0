import { CardinalityRule } from './cardinality';
import { EmfPublisher } from './emf-publisher';
import { type MetricBatch, type MetricSink, isInMetricWindow } from './metric-batch';
import { MetricDataConnection, MetricDataPublisher } from './metric-data-publisher';
import {
  DEFAULT_DETAIL_LEVEL,
  DEFAULT_NAMESPACE,
  DETAIL_LEVELS,
  type DetailLevel,
  METRICS,
  type MetricKey,
  type MetricSinkName,
} from '../../src/contract';
import { type Invocation, tokensPerItemOf } from '../invocation/invocation';
import { parseBoolean } from '../process/parse-boolean';
import { warnOnce } from '../process/warn-once';
import { totalInputTokens } from '../usage/token-usage';

export interface AnalyticsEmitterOptions {
  /** @default 'OPX/Analytics' */
  readonly namespace?: string;
  /** @default 'core' */
  readonly detailLevel?: DetailLevel;
  /**
   * The agents that become dimension values; any other is counted under `Other`.
   *
   * @default - each agent id that looks like a name, the first 50 of them
   */
  readonly agents?: readonly string[];
  /** @default true */
  readonly enabled?: boolean;
  /**
   * How metrics reach CloudWatch: printed in the embedded metric format, which
   * Lambda's log and the CloudWatch agent read, or sent with PutMetricData.
   *
   * @default 'emf'
   */
  readonly sink?: MetricSinkName;
  /**
   * CloudWatch's region, for `putMetricData`.
   *
   * @default - the SDK's own
   */
  readonly region?: string;
  /**
   * Where CloudWatch is, for `putMetricData`.
   *
   * @default - the SDK's own
   */
  readonly cloudWatchEndpoint?: string;
}

const DEFAULT_SEND_MS = 1000;
/** For sending that nobody waits for. */
const BACKGROUND_SEND_MS = 10_000;

/** Values of one pair in one minute: CloudWatch keeps no finer time, so they can share a line. */
interface MinuteValues extends MetricBatch {
  readonly values: Map<MetricKey, number[]>;
}

/** In place of an agent and a model, for metrics that have none: no agent's name is empty. */
const TOTAL = '';

const MINUTE_MS = 60_000;
/** So many values are flushed without being asked: some 10,000 invocations, some MB. */
const MAX_BUFFERED_VALUES = 50_000;

/**
 * State that all emitters of one tracker share: dimension values in use, and the connection to CloudWatch.
 */
export class SharedMetrics {
  readonly rule: CardinalityRule;
  private readonly printer: EmfPublisher | undefined;
  private readonly connection: MetricDataConnection | undefined;

  constructor({
    agents,
    sink,
    namespace = DEFAULT_NAMESPACE,
    region,
    cloudWatchEndpoint: endpoint,
  }: AnalyticsEmitterOptions) {
    this.rule = new CardinalityRule(agents);
    if (sink === 'putMetricData') this.connection = new MetricDataConnection(namespace, { region, endpoint });
    else this.printer = new EmfPublisher(namespace);
  }

  /**
   * Returns the sink of one emitter.
   *
   * @param onSpilled called with the number of requests that are spilled
   */
  newSink(onSpilled: (requests: number) => void): MetricSink {
    return this.connection
      ? new MetricDataPublisher(this.connection, onSpilled)
      : (this.printer as MetricSink);
  }
}

/**
 * Turns invocations into CloudWatch metrics, under `[AgentId, Model]` and under no dimension, and never under
 * another. Values are kept until {@link flush}, those of each pair apart, so calls that run at the same time
 * cannot mix.
 */
export class AnalyticsEmitter {
  private readonly detailLevel: DetailLevel;
  private readonly enabled: boolean;
  private readonly sink: MetricSink;
  /** What was taken in, in order; and the same by minute, agent and model. */
  private batches: MinuteValues[] = [];
  private index = new Map<number, Map<string, Map<string, MinuteValues>>>();
  private buffered = 0;

  /** @param shared state of all emitters of one tracker */
  constructor(
    options: AnalyticsEmitterOptions = {},
    private readonly shared = new SharedMetrics(options),
  ) {
    this.detailLevel = options.detailLevel ?? DEFAULT_DETAIL_LEVEL;
    this.enabled = options.enabled ?? true;
    this.sink = shared.newSink(requests => this.emitTotal('metricsSpilled', requests));
  }

  /** Takes the metrics of an invocation in. */
  emit(invocation: Invocation): void {
    if (!this.enabled) return;
    const { values } = this.bufferOf(
      this.shared.rule.agentOf(invocation),
      this.shared.rule.modelOf(invocation),
      invocation.timestamp,
    );
    eachMetricValue(invocation, this.detailLevel, (metric, value) => this.add(values, metric, value));
    this.flushWhereFull();
  }

  /**
   * Takes a value of a metric in that has no dimensions, such
   * as `tracesSpilled`. What is no finite number is left out.
   */
  emitTotal(metric: DimensionlessMetric, value: number): void {
    if (!this.enabled || !Number.isFinite(value)) return;
    this.add(this.bufferOf(TOTAL, TOTAL, new Date()).values, metric, value);
    this.flushWhereFull();
  }

  /** Whether values leave with {@link publish}: there is nothing to send afterwards. */
  get isImmediate(): boolean {
    return this.sink.sending === undefined;
  }

  /** Whether something waits to be published or sent. */
  get isPending(): boolean {
    return this.batches.length > 0 || (this.sink.sending?.pending ?? 0) > 0;
  }

  /**
   * Prints the buffered values, or with `putMetricData` queues them for sending. It does nothing if there are
   * none. Values whose time CloudWatch does not accept are counted instead, because it would refuse the whole
   * request.
   */
  publish(): void {
    const batches = this.takeBatches();
    if (batches.length === 0 || metricsAreOff()) return;
    for (const batch of batches) if (isInMetricWindow(batch.timestamp)) this.sink.publish(batch);
    const outside = batches.filter(({ timestamp }) => !isInMetricWindow(timestamp));
    if (outside.length === 0) return;
    warnOnce(
      'metrics:window',
      'CloudWatch takes no metric values older than two weeks or more than two hours ahead: they are left ' +
        'out, and counted by MetricsDropped.',
    );
    this.emitTotal(
      'metricsDropped',
      outside.flatMap(({ values }) => [...values.values()]).reduce((sum, { length }) => sum + length, 0),
    );
    for (const batch of this.takeBatches()) this.sink.publish(batch);
  }

  /**
   * Publishes what was taken in, and sends it where it is to be
   * sent. What is printed is so before the promise is given.
   *
   * @param deadlineMs time limit in milliseconds. Then the rest is printed, or spilled if CloudWatch may have
   * taken it (default: 1000)
   * @param ownOnly true if it does not wait for what earlier flushes send. Default: false
   */
  async flush({
    deadlineMs = DEFAULT_SEND_MS,
    ownOnly = false,
  }: { readonly deadlineMs?: number; readonly ownOnly?: boolean } = {}): Promise<void> {
    this.publish();
    await this.sink.sending?.send(deadlineMs, ownOnly);
  }

  /** Prints all values that are not sent, and spills requests that CloudWatch may have taken. */
  spill(): void {
    this.publish();
    this.sink.sending?.spill();
    // The count of these spills.
    this.publish();
    this.sink.sending?.spill();
  }

  private takeBatches(): MinuteValues[] {
    const { batches } = this;
    this.batches = [];
    this.index = new Map();
    this.buffered = 0;
    return batches;
  }

  private bufferOf(agentId: string, model: string, timestamp: Date): MinuteValues {
    const minute = Math.floor(timestamp.getTime() / MINUTE_MS);
    const agents = memberOf(this.index, minute, newMap<string, Map<string, MinuteValues>>);
    const models = memberOf(agents, agentId, newMap<string, MinuteValues>);
    return memberOf(models, model, () => {
      const batch = {
        pair: agentId === TOTAL ? undefined : { agentId, model },
        timestamp,
        values: new Map<MetricKey, number[]>(),
      };
      this.batches.push(batch);
      return batch;
    });
  }

  private add(values: Map<MetricKey, number[]>, metric: MetricKey, value: number): void {
    const points = values.get(metric);
    if (points) points.push(value);
    else values.set(metric, [value]);
    this.buffered += 1;
  }

  /** Between two invocations only: a flush takes the buffers away. */
  private flushWhereFull(): void {
    if (this.buffered >= MAX_BUFFERED_VALUES) void this.flush({ deadlineMs: BACKGROUND_SEND_MS });
  }
}

function memberOf<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

function newMap<Key, Value>(): Map<Key, Value> {
  return new Map();
}

/** The metrics that have no dimensions. */
export type DimensionlessMetric = {
  [Key in MetricKey]: (typeof METRICS)[Key]['scope'] extends 'total' ? Key : never;
}[MetricKey];

const RATIO_DIGITS = 6;
const RATIO_SCALE = 1e6;

/** The detail levels that send each metric. */
const SENT: Readonly<Record<DetailLevel, ReadonlySet<MetricKey>>> = {
  core: keysAt('core'),
  standard: keysAt('standard'),
};

/**
 * Gives the values that an invocation sends at a detail level, one by
 * one: what the contract's "sent when" says, and finite numbers only.
 */
export function eachMetricValue(
  invocation: Invocation,
  detailLevel: DetailLevel,
  take: (metric: MetricKey, value: number) => void,
): void {
  const sent = SENT[detailLevel];
  const send = (metric: MetricKey, value: number) => {
    if (sent.has(metric) && Number.isFinite(value)) take(metric, value);
  };
  const { error, cached, usage, cost, latencyMs } = invocation;
  if (cached) {
    send('cachedResponses', 1);
    return;
  }
  const failed = error !== undefined;
  send(failed ? 'invocationErrors' : 'invocationCount', 1);
  // A call that failed before the model answered has neither tokens nor a price.
  if (failed && !usage) return;
  if (cost) send('totalCost', cost.usd);
  else send('unpricedInvocations', 1);
  if (latencyMs !== undefined && !failed) send('responseLatency', latencyMs);
  if (!usage) return;
  const input = totalInputTokens(usage);
  send('inputTokens', input);
  send('outputTokens', usage.outputTokens);
  send('totalTokens', input + usage.outputTokens);
  send('cacheReadTokens', usage.cacheReadTokens);
  send('cacheWriteTokens', usage.cacheWrite5mTokens + usage.cacheWrite1hTokens);
  if (input > 0) send('tokenEfficiency', rounded(usage.outputTokens / input));
  const tokensPerItem = tokensPerItemOf(invocation);
  if (tokensPerItem !== undefined) send('tokensPerItem', rounded(tokensPerItem));
}

/** A ratio needs no sixteen digits on each line of the log: six of them tell. */
function rounded(ratio: number): number {
  return ratio >= 1 / RATIO_SCALE ** 0.5
    ? Math.round(ratio * RATIO_SCALE) / RATIO_SCALE
    : Number(ratio.toPrecision(RATIO_DIGITS));
}

function keysAt(detailLevel: DetailLevel): ReadonlySet<MetricKey> {
  const rank = DETAIL_LEVELS.indexOf(detailLevel);
  const keys = Object.keys(METRICS) as MetricKey[];
  return new Set(keys.filter(key => DETAIL_LEVELS.indexOf(METRICS[key].level) <= rank));
}

/**
 * Returns true if Powertools' own variables switch metrics off. Powertools obeys them when it prints, and
 * sent metrics do the same. The name `POWERTOOLS_DEV` does not mention metrics, so it causes a warning.
 */
export function metricsAreOff(
  { POWERTOOLS_METRICS_DISABLED: disabled = '', POWERTOOLS_DEV: dev = '' }: NodeJS.ProcessEnv = process.env,
): boolean {
  const own = parseBoolean(disabled);
  const isOff = own ?? parseBoolean(dev) ?? false;
  if (isOff && own === undefined) {
    warnOnce(
      'metrics:dev',
      'POWERTOOLS_DEV is on: no metric is published. Unset it, or set POWERTOOLS_METRICS_DISABLED=false.',
    );
  }
  return isOff;
}
