import { Metrics } from '@aws-lambda-powertools/metrics';
import { DIMENSION_SETS, DIMENSIONS, METRICS, type MetricScope } from '../../src/contract';
import { levelMark } from '../log-line';
import { type MetricBatch, type MetricSink, type Pair, parts } from './metric-sink';

/**
 * At 100 values of one metric, Powertools publishes by itself and forgets the dimension sets: of what follows, nothing
 * would be found under its agent and model. One value less is never published by itself.
 */
export const MAX_VALUES_A_LINE = 99;

const TOTAL = '';
const silent = () => undefined;

/** Prints metric lines through Powertools: one instance for each pair, so that two pairs never share a line. */
export class EmfPublisher implements MetricSink {
  private readonly instances = new Map<string, Metrics>();

  constructor(private readonly namespace: string) {}

  publish(batch: MetricBatch): void {
    for (const part of parts(batch, MAX_VALUES_A_LINE)) this.print(part);
  }

  private print({ pair, timestamp, values }: MetricBatch): void {
    const metrics = this.instanceOf(pair);
    const scope: MetricScope = pair ? 'pair-and-total' : 'total';
    const dimensionValues: Record<string, string> = pair ? { [DIMENSIONS.agentId]: pair.agentId, [DIMENSIONS.model]: pair.model } : {};
    // A publish clears the dimension sets, so each line is given them anew.
    for (const names of DIMENSION_SETS[scope]) metrics.addDimensions(Object.fromEntries(names.map(name => [name, dimensionValues[name]])));
    metrics.setTimestamp(timestamp);
    for (const [member, value] of Object.entries(levelMark())) metrics.addMetadata(member, value as string);
    for (const [metric, points] of values) {
      const { name, unit } = METRICS[metric];
      for (const value of points) metrics.addMetric(name, unit, value);
    }
    metrics.publishStoredMetrics();
  }

  private instanceOf(pair: Pair | undefined): Metrics {
    const key = pair ? `${pair.agentId}\n${pair.model}` : TOTAL;
    const known = this.instances.get(key);
    if (known) return known;
    const metrics = new Metrics({
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
