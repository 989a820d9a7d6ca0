import { Metrics } from '@aws-lambda-powertools/metrics';
import type { EmfOutput } from '@aws-lambda-powertools/metrics/types';
import { type MetricBatch, type MetricSink, type Pair, parts } from './metric-batch';
import { DIMENSIONS, DIMENSION_SETS, METRICS, type MetricScope } from '../../src/contract';
import { levelMark } from '../process/log-line';

/** Maximum number of values of one metric in one log line (Embedded metric format specification). */
const MAX_VALUES_PER_LINE = 100;

const TOTAL = '';
const silent = () => undefined;

/**
 * Powertools `Metrics` that prints a list of values for each metric. Only the first value goes through
 * Powertools. `serializeMetrics` adds the other values to the printed JSON.
 *
 * When a metric has 100 values, Powertools publishes by itself and then forgets the dimensions. This class
 * therefore passes only one value to Powertools.
 */
class ListMetrics extends Metrics {
  private lists: Readonly<Record<string, readonly number[]>> = {};

  /** @param isSilent true to make the line without printing it */
  publishLists(values: MetricBatch['values'], isSilent: boolean): void {
    for (const [metric, [first]] of values) this.addMetric(METRICS[metric].name, METRICS[metric].unit, first);
    this.lists = Object.fromEntries(
      [...values]
        .filter(([, points]) => points.length > 1)
        .map(([metric, points]) => [METRICS[metric].name, points]),
    );
    if (isSilent) this.serializeMetrics();
    else this.publishStoredMetrics();
  }

  override serializeMetrics(): EmfOutput {
    return { ...super.serializeMetrics(), ...this.lists };
  }
}

/**
 * Prints metrics through Powertools. Each pair of agent and model has its own Powertools instance, so that
 * two pairs never share a log line.
 */
export class EmfPublisher implements MetricSink {
  private readonly instances = new Map<string, ListMetrics>();

  /** @param isSilent true to make the lines without printing them. Default: false */
  constructor(
    private readonly namespace: string,
    private readonly isSilent = false,
  ) {}

  publish(batch: MetricBatch): void {
    for (const part of parts(batch, MAX_VALUES_PER_LINE)) this.print(part);
  }

  private print({ pair, timestamp, values }: MetricBatch): void {
    const metrics = this.instanceOf(pair);
    const scope: MetricScope = pair ? 'pair-and-total' : 'total';
    const dimensionValues: Record<string, string> = pair
      ? { [DIMENSIONS.agentId]: pair.agentId, [DIMENSIONS.model]: pair.model }
      : {};
    // Powertools forgets the dimension sets after each published line, so they are set again here.
    for (const names of DIMENSION_SETS[scope]) {
      metrics.addDimensions(Object.fromEntries(names.map(name => [name, dimensionValues[name]])));
    }
    metrics.setTimestamp(timestamp);
    for (const [member, value] of Object.entries(levelMark())) metrics.addMetadata(member, value as string);
    metrics.publishLists(values, this.isSilent);
  }

  private instanceOf(pair: Pair | undefined): ListMetrics {
    const key = pair ? `${pair.agentId}\n${pair.model}` : TOTAL;
    const known = this.instances.get(key);
    if (known) return known;
    const metrics = newMetrics(this.namespace);
    this.instances.set(key, metrics);
    return metrics;
  }
}

function newMetrics(namespace: string): ListMetrics {
  const metrics = new ListMetrics({
    namespace,
    // Silences the warnings about old timestamps and repeated dimension names, because this library uses both
    // intentionally.
    logger: { trace: silent, debug: silent, info: silent, warn: silent, error: silent },
  });
  // By default, Powertools would add the dimension `service` to each dimension set.
  metrics.clearDefaultDimensions();
  return metrics;
}
