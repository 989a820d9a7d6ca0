import { DEFAULT_DETAIL_LEVEL, DEFAULT_NAMESPACE, type DetailLevel, type MetricKey, METRICS, type MetricSinkName } from '../../src/contract';
import type { Invocation } from '../invocation';
import { CardinalityRule } from './cardinality';
import { EmfPublisher } from './emf-publisher';
import { MetricDataPublisher } from './metric-data-publisher';
import type { MetricSink, Pair } from './metric-sink';
import { metricValuesOf } from './metric-values';

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
   * How metrics reach CloudWatch: printed in the embedded metric format, which Lambda's log and the CloudWatch agent read, or
   * sent with PutMetricData.
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
interface Buffer {
  readonly pair: Pair | undefined;
  readonly timestamp: Date;
  readonly values: Map<MetricKey, number[]>;
}

const MINUTE_MS = 60_000;
/** So many values are flushed without being asked: some 10,000 invocations, some MB. */
const MAX_BUFFERED_VALUES = 50_000;

/**
 * Turns invocations into CloudWatch metrics, under `[AgentId, Model]` and under no dimension, and never under another. Values
 * are kept until {@link flush}, those of each pair apart, so calls that run at the same time cannot mix.
 */
export class AnalyticsEmitter {
  private readonly detailLevel: DetailLevel;
  private readonly enabled: boolean;
  private readonly rule: CardinalityRule;
  private readonly sink: MetricSink;
  private buffers = new Map<string, Buffer>();
  private buffered = 0;

  constructor(options: AnalyticsEmitterOptions = {}) {
    this.detailLevel = options.detailLevel ?? DEFAULT_DETAIL_LEVEL;
    this.enabled = options.enabled ?? true;
    this.rule = new CardinalityRule(options.agents);
    const namespace = options.namespace ?? DEFAULT_NAMESPACE;
    this.sink = options.sink !== 'putMetricData'
      ? new EmfPublisher(namespace)
      : new MetricDataPublisher(namespace, { region: options.region, endpoint: options.cloudWatchEndpoint });
  }

  /** Takes the metrics of an invocation in. */
  emit(invocation: Invocation): void {
    if (!this.enabled) return;
    const pair = { agentId: this.rule.agentOf(invocation), model: this.rule.modelOf(invocation) };
    const buffer = this.bufferOf(pair, invocation.timestamp);
    for (const [metric, value] of metricValuesOf(invocation, this.detailLevel)) this.add(buffer, metric, value);
    this.flushWhereFull();
  }

  /** Takes a value of a metric in that has no dimensions, such as `tracesSpilled`. What is no finite number is left out. */
  emitTotal(metric: DimensionlessMetric, value: number): void {
    if (!this.enabled || !Number.isFinite(value)) return;
    this.add(this.bufferOf(undefined, new Date()), metric, value);
    this.flushWhereFull();
  }

  /** Whether values leave with {@link publish}: there is nothing to send afterwards. */
  get isImmediate(): boolean {
    return this.sink.sending === undefined;
  }

  /** Whether something waits to be published or sent. */
  get isPending(): boolean {
    return this.buffers.size > 0 || (this.sink.sending?.pending ?? 0) > 0;
  }

  /** Prints what was taken in; with `putMetricData`, has it ready to be sent. Nothing where nothing was. */
  publish(): void {
    const { buffers } = this;
    this.buffers = new Map();
    this.buffered = 0;
    for (const buffer of buffers.values()) this.sink.publish(buffer);
  }

  /**
   * Publishes what was taken in, and sends it where it is to be sent. What is printed is so before the promise is given.
   *
   * @param deadlineMs how long sending may take; what is left is then printed (default: 1000)
   */
  async flush({ deadlineMs = DEFAULT_SEND_MS }: { readonly deadlineMs?: number } = {}): Promise<void> {
    this.publish();
    await this.sink.sending?.send(deadlineMs);
  }

  /** Prints all that was taken in and not sent. */
  spill(): void {
    this.publish();
    this.sink.sending?.spill();
  }

  private bufferOf(pair: Pair | undefined, timestamp: Date): Buffer {
    const minute = Math.floor(timestamp.getTime() / MINUTE_MS);
    const key = pair ? `${minute}\n${pair.agentId}\n${pair.model}` : `${minute}`;
    const known = this.buffers.get(key);
    if (known) return known;
    const buffer: Buffer = { pair, timestamp, values: new Map() };
    this.buffers.set(key, buffer);
    return buffer;
  }

  private add({ values }: Buffer, metric: MetricKey, value: number): void {
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

/** The metrics that have no dimensions. */
export type DimensionlessMetric = { [Key in MetricKey]: (typeof METRICS)[Key]['scope'] extends 'total' ? Key : never }[MetricKey];
