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
import type { Invocation } from '../invocation/invocation';
import { parseBoolean } from '../process/parse-boolean';
import { warnOnce } from '../process/warn-once';
import { SERVICE_NAMES } from '../usage/model-calls';
import { tokensPerItemOf, totalInputTokens } from '../usage/token-usage';

export interface AnalyticsEmitterOptions {
  /**
   * CloudWatch namespace of the metrics.
   *
   * @default 'OPX/Analytics'
   */
  readonly namespace?: string;
  /**
   * Set of metrics that are emitted: `core`, or `standard` for all metrics.
   *
   * @default 'core'
   */
  readonly detailLevel?: DetailLevel;
  /**
   * Ids of agents that become dimension values. Other agents are counted under `Other`.
   *
   * @default - the first 50 agent ids that look like names
   */
  readonly agents?: readonly string[];
  /**
   * True if metrics are emitted.
   *
   * @default true
   */
  readonly enabled?: boolean;
  /**
   * Destination of the metrics. `emf` prints log lines in the embedded metric format, and `putMetricData`
   * calls the PutMetricData API.
   *
   * @default 'emf'
   */
  readonly sink?: MetricSinkName;
  /**
   * Region of CloudWatch. Only the sink `putMetricData` uses it.
   *
   * @default - region of the AWS SDK
   */
  readonly region?: string;
  /**
   * Endpoint URL of CloudWatch. Only the sink `putMetricData` uses it.
   *
   * @default - endpoint of the AWS SDK
   */
  readonly cloudWatchEndpoint?: string;
}

const DEFAULT_SEND_MS = 1000;
/** Time limit of an automatic flush of full buffers, in milliseconds. */
const BACKGROUND_SEND_MS = 10_000;

/** Buffered values of one agent and model in one minute. */
interface MinuteValues extends MetricBatch {
  readonly values: Map<MetricKey, number[]>;
}

/** Agent id and model id of buffered metrics without dimensions. Real agent ids are never empty. */
const TOTAL = '';

const MINUTE_MS = 60_000;
/**
 * Number of buffered values that starts a flush. About 10,000 invocations produce this number. The values
 * take a few megabytes of memory.
 */
const MAX_BUFFERED_VALUES = 50_000;

/**
 * State that all emitters of one tracker share: the dimension values in use, and the connection to
 * CloudWatch.
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
    isSilent,
  }: AnalyticsEmitterOptions & { readonly isSilent?: boolean }) {
    this.rule = new CardinalityRule(agents);
    if (sink === 'putMetricData') this.connection = new MetricDataConnection(namespace, { region, endpoint });
    else this.printer = new EmfPublisher(namespace, isSilent);
  }

  /**
   * Returns a sink for the metrics of one emitter. The sink prints the metrics or sends them to CloudWatch.
   *
   * @param onSpilled called with the number of spilled PutMetricData requests. A request is spilled to the
   * log if CloudWatch may have accepted it
   */
  newSink(onSpilled: (requests: number) => void): MetricSink {
    return this.connection
      ? new MetricDataPublisher(this.connection, onSpilled)
      : (this.printer as MetricSink);
  }
}

/**
 * Turns invocations into CloudWatch metrics. Buffers the values until {@link publish} or {@link flush}.
 * Publishes each metric of an invocation twice: with the dimensions `AgentId` and `Model`, and without
 * dimensions.
 */
export class AnalyticsEmitter {
  private readonly detailLevel: DetailLevel;
  private readonly enabled: boolean;
  private readonly sink: MetricSink;
  /** Buffered values, with one element for each minute, agent and model. */
  private batches: MinuteValues[] = [];
  private index = new Map<number, Map<string, Map<string, MinuteValues>>>();
  private buffered = 0;

  /**
   * Creates an emitter.
   *
   * @param shared state that all emitters of one tracker share. Default: a new state
   */
  constructor(
    options: AnalyticsEmitterOptions = {},
    private readonly shared = new SharedMetrics(options),
  ) {
    this.detailLevel = options.detailLevel ?? DEFAULT_DETAIL_LEVEL;
    this.enabled = options.enabled ?? true;
    this.sink = shared.newSink(requests => this.emitTotal('metricsSpilled', requests));
  }

  /** Buffers the metrics of an invocation. */
  emit(invocation: Invocation): void {
    if (!this.enabled) return;
    const { values } = this.bufferOf(
      this.shared.rule.agentOf(invocation),
      this.shared.rule.modelOf(invocation),
      invocation.timestamp,
    );
    eachMetricValue(invocation, this.detailLevel, (metric, value) => this.add(values, metric, value));
    this.flushIfFull();
  }

  /**
   * Buffers a value of a metric that has no dimensions, such as `tracesSpilled`. Ignores a value that is not
   * a finite number.
   */
  emitTotal(metric: DimensionlessMetric, value: number): void {
    if (!this.enabled || !Number.isFinite(value)) return;
    this.add(this.bufferOf(TOTAL, TOTAL, new Date()).values, metric, value);
    this.flushIfFull();
  }

  /** True if {@link publish} prints the values at once, so that a flush is not needed. */
  get isImmediate(): boolean {
    return this.sink.sending === undefined;
  }

  /** True if values wait to be published or sent. */
  get isPending(): boolean {
    return this.batches.length > 0 || (this.sink.sending?.pending ?? 0) > 0;
  }

  /**
   * Prints the buffered values. If the sink is `putMetricData`, queues the values for sending instead.
   *
   * Omits values that are too old or too far in the future, because one of them would make CloudWatch refuse
   * a whole request. `MetricsDropped` counts the omitted values.
   */
  publish(): void {
    const batches = this.takeBatches();
    if (batches.length === 0 || metricsAreOff()) return;
    for (const batch of batches) if (isInMetricWindow(batch.timestamp)) this.sink.publish(batch);
    const outside = batches.filter(({ timestamp }) => !isInMetricWindow(timestamp));
    if (outside.length === 0) return;
    warnOnce(
      'metrics:window',
      'CloudWatch accepts no metric values older than two weeks or more than two hours ahead. They are ' +
        'omitted, and counted by MetricsDropped.',
    );
    this.emitTotal(
      'metricsDropped',
      outside.flatMap(({ values }) => [...values.values()]).reduce((sum, { length }) => sum + length, 0),
    );
    for (const batch of this.takeBatches()) this.sink.publish(batch);
  }

  /**
   * Prints the buffered values. If the sink is `putMetricData`, sends the values to CloudWatch instead.
   *
   * @param deadlineMs time limit in milliseconds (default: 1000). At this limit, values that CloudWatch did
   * not accept are printed. Requests that CloudWatch may have accepted are written to the log as
   * `MetricSpill` lines
   * @param ownOnly true if this call does not wait for requests of earlier flushes (default: false)
   */
  async flush({
    deadlineMs = DEFAULT_SEND_MS,
    ownOnly = false,
  }: { readonly deadlineMs?: number; readonly ownOnly?: boolean } = {}): Promise<void> {
    this.publish();
    await this.sink.sending?.send(deadlineMs, ownOnly);
  }

  /**
   * Writes all values to the log before it returns. Prints buffered values as metrics. Writes requests that
   * CloudWatch may have accepted as `MetricSpill` lines.
   */
  spill(): void {
    this.publish();
    this.sink.sending?.spill();
    // `sending.spill()` adds a value to the metric `metricsSpilled`. This call publishes the added value.
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

  /**
   * Flushes the buffers if they are full. Safe only between invocations, because `flush()` replaces the
   * buffers.
   */
  private flushIfFull(): void {
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

/** Keys of metrics that have no dimensions, e.g. `tracesSpilled`. */
export type DimensionlessMetric = {
  [Key in MetricKey]: (typeof METRICS)[Key]['scope'] extends 'total' ? Key : never;
}[MetricKey];

const RATIO_DIGITS = 6;
const RATIO_SCALE = 1e6;

/** Metrics that are emitted at each detail level. */
const SENT: Readonly<Record<DetailLevel, ReadonlySet<MetricKey>>> = {
  core: keysAt('core'),
  standard: keysAt('standard'),
};

/**
 * Calls `take` with each metric of an invocation and its value. Omits metrics that do not belong to the
 * detail level. Omits values that are not finite numbers.
 */
function eachMetricValue(
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
  // A call without a model, e.g. ApplyGuardrail, is not an invocation of a model.
  const hasModel = !SERVICE_NAMES.has(invocation.model);
  if (hasModel) send(failed ? 'invocationErrors' : 'invocationCount', 1);
  // A failed call without usage used no tokens, so it has neither token metrics nor a cost.
  if (failed && !usage) return;
  if (cost) send('totalCost', cost.usd);
  else send('unpricedInvocations', 1);
  if (latencyMs !== undefined && !failed && hasModel) send('responseLatency', latencyMs);
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

/**
 * Rounds a ratio to six decimal places, or to six significant digits if it is below 0.001. More digits would
 * only make each log line longer.
 */
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
 * Returns true if `POWERTOOLS_METRICS_DISABLED` is true. If it is not set, returns true if `POWERTOOLS_DEV`
 * is true. Powertools itself applies these variables only to printed metrics.
 */
function metricsAreOff(
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
