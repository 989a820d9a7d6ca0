import { Metrics } from '@aws-lambda-powertools/metrics';
import type { EmfOutput } from '@aws-lambda-powertools/metrics/types';
import { type MetricBatch, type MetricSink, type Pair, parts } from './metric-batch';
import { DIMENSIONS, DIMENSION_SETS, METRICS, type MetricScope } from '../../src/contract';
import { levelMark } from '../process/log-line';

/** Values of one metric in one document (Embedded metric format specification). */
const MAX_VALUES_A_LINE = 100;

const TOTAL = '';
const silent = () => undefined;

/**
 * Powertools with whole lists of values. It takes one value at a time, looks each one over at the price of a
 * line, and at the hundredth publishes by itself and forgets the dimension sets: of what follows, nothing
 * would be found under its agent and model. So it is given the first value of each list, and the document
 * that it makes of those is given the lists.
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
 * Prints metric lines through Powertools: one instance for each pair, so that two pairs never share a line.
 */
export class EmfPublisher implements MetricSink {
  private readonly instances = new Map<string, ListMetrics>();

  constructor(private readonly namespace: string) {}

  publish(batch: MetricBatch): void {
    for (const part of parts(batch, MAX_VALUES_A_LINE)) this.print(part);
  }

  private print({ pair, timestamp, values }: MetricBatch): void {
    const metrics = this.instanceOf(pair);
    const scope: MetricScope = pair ? 'pair-and-total' : 'total';
    const dimensionValues: Record<string, string> = pair
      ? { [DIMENSIONS.agentId]: pair.agentId, [DIMENSIONS.model]: pair.model }
      : {};
    // A publish clears the dimension sets, so each line is given them anew.
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
      // Its warnings are of time stamps and of names shared by two dimension sets; both are meant here.
      logger: { trace: silent, debug: silent, info: silent, warn: silent, error: silent },
    });
    // Else every set would carry the dimension `service`.
    metrics.clearDefaultDimensions();
    this.instances.set(key, metrics);
    return metrics;
  }
}
