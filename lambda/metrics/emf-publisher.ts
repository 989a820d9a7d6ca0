import { Metrics } from '@aws-lambda-powertools/metrics';
import type { EmfOutput } from '@aws-lambda-powertools/metrics/types';
import { type MetricBatch, type MetricSink, type Pair, parts } from './metric-batch';
import { DIMENSIONS, DIMENSION_SETS, METRICS, type MetricScope } from '../../src/contract';
import { levelMark } from '../process/log-line';

/** Maximum values of one metric in one document (Embedded metric format specification). */
const MAX_VALUES_PER_LINE = 100;

const TOTAL = '';
const silent = () => undefined;

/**
 * Powertools metrics that accept lists of values. Powertools itself accepts one value at a time, which is
 * slow. At the hundredth value it publishes on its own and clears the dimension sets, so later values would
 * lose their agent and model. This class passes Powertools only the first value of each list, and replaces it
 * by the list in the document.
 */
class ListMetrics extends Metrics {
  private lists: Readonly<Record<string, readonly number[]>> = {};

  publishLists(values: MetricBatch['values']): void {
    for (const [metric, [first]] of values) this.addMetric(METRICS[metric].name, METRICS[metric].unit, first);
    this.lists = Object.fromEntries(
      [...values]
        .filter(([, points]) => points.length > 1)
        .map(([metric, points]) => [METRICS[metric].name, points]),
    );
    this.publishStoredMetrics();
  }

  override serializeMetrics(): EmfOutput {
    return { ...super.serializeMetrics(), ...this.lists };
  }
}

/**
 * Prints metric lines through Powertools. Each agent and model has its own instance, so that two of them
 * never share a line.
 */
export class EmfPublisher implements MetricSink {
  private readonly instances = new Map<string, ListMetrics>();

  constructor(private readonly namespace: string) {}

  publish(batch: MetricBatch): void {
    for (const part of parts(batch, MAX_VALUES_PER_LINE)) this.print(part);
  }

  private print({ pair, timestamp, values }: MetricBatch): void {
    const metrics = this.instanceOf(pair);
    const scope: MetricScope = pair ? 'pair-and-total' : 'total';
    const dimensionValues: Record<string, string> = pair
      ? { [DIMENSIONS.agentId]: pair.agentId, [DIMENSIONS.model]: pair.model }
      : {};
    // Publishing clears the dimension sets, so each line sets them again.
    for (const names of DIMENSION_SETS[scope]) {
      metrics.addDimensions(Object.fromEntries(names.map(name => [name, dimensionValues[name]])));
    }
    metrics.setTimestamp(timestamp);
    for (const [member, value] of Object.entries(levelMark())) metrics.addMetadata(member, value as string);
    metrics.publishLists(values);
  }

  private instanceOf(pair: Pair | undefined): ListMetrics {
    const key = pair ? `${pair.agentId}\n${pair.model}` : TOTAL;
    const known = this.instances.get(key);
    if (known) return known;
    const metrics = new ListMetrics({
      namespace: this.namespace,
      // Powertools would warn about time stamps and about names in two dimension sets. Both are intended.
      logger: { trace: silent, debug: silent, info: silent, warn: silent, error: silent },
    });
    // Otherwise each dimension set would contain `service`.
    metrics.clearDefaultDimensions();
    this.instances.set(key, metrics);
    return metrics;
  }
}
