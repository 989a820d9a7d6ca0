import { DEFAULT_DETAIL_LEVEL, DEFAULT_NAMESPACE, type DetailLevel, type MetricKey, METRICS } from '../../src/contract';
import type { Invocation } from '../invocation';
import { CardinalityRule } from './cardinality';
import { EmfPublisher, MAX_VALUES_A_LINE, type Pair } from './emf-publisher';
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
}

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
 * Turns invocations into CloudWatch metrics: embedded-metric-format lines on standard output, under `[AgentId, Model]` and
 * under no dimension, and never under another. Values are kept until {@link flush}; what a line says stands in it as a
 * whole, so calls that run at the same time cannot mix.
 */
export class AnalyticsEmitter {
  private readonly detailLevel: DetailLevel;
  private readonly enabled: boolean;
  private readonly rule: CardinalityRule;
  private readonly publisher: EmfPublisher;
  private buffers = new Map<string, Buffer>();
  private buffered = 0;

  constructor(options: AnalyticsEmitterOptions = {}) {
    this.detailLevel = options.detailLevel ?? DEFAULT_DETAIL_LEVEL;
    this.enabled = options.enabled ?? true;
    this.rule = new CardinalityRule(options.agents);
    this.publisher = new EmfPublisher(options.namespace ?? DEFAULT_NAMESPACE);
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

  /** Prints what was taken in; nothing where nothing was. */
  flush(): void {
    const { buffers } = this;
    this.buffers = new Map();
    this.buffered = 0;
    for (const { pair, timestamp, values } of buffers.values()) {
      const longest = Math.max(...[...values.values()].map(points => points.length));
      for (let from = 0; from < longest; from += MAX_VALUES_A_LINE) {
        const line = [...values]
          .map(([metric, points]) => [metric, points.slice(from, from + MAX_VALUES_A_LINE)] as const)
          .filter(([, points]) => points.length > 0);
        this.publisher.publish(pair, timestamp, new Map(line));
      }
    }
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
    if (this.buffered >= MAX_BUFFERED_VALUES) this.flush();
  }
}

/** The metrics that have no dimensions. */
export type DimensionlessMetric = { [Key in MetricKey]: (typeof METRICS)[Key]['scope'] extends 'total' ? Key : never }[MetricKey];
