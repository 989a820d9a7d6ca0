import type { MetricSource } from './metric-source';
import type { Filters } from './views';
import { DIMENSIONS } from '../../src/contract';
import { evaluateAlarm } from '../emulators/cloudwatch/alarm';
import type { Datum } from '../emulators/cloudwatch/metrics/emf';
import { MetricStore } from '../emulators/cloudwatch/metrics/metric-store';
import { evaluateWidget } from '../emulators/cloudwatch/widget';

const MINUTE_MS = 60_000;

/** Metric source that evaluates widgets with metrics from a {@link MetricStore}, e.g. from log files. */
export class RecordedMetrics implements MetricSource {
  readonly live = false;
  private readonly narrowed = new Map<string, MetricStore>();

  /**
   * @param generatedFrom origin of the data, as the header of the page shows it
   * @param lastMoment end of the data. Default: the end of the minute that contains the last value
   */
  constructor(
    private readonly store: MetricStore,
    readonly generatedFrom: string,
    private readonly lastMoment?: Date,
  ) {}

  end(): Date {
    if (this.lastMoment) return this.lastMoment;
    const { latest } = this.store;
    if (!latest) return new Date();
    return new Date((Math.floor(latest.getTime() / MINUTE_MS) + 1) * MINUTE_MS);
  }

  names(namespaces: readonly string[]) {
    const found = this.store.list().filter(({ namespace }) => namespaces.includes(namespace));
    const valuesOf = (dimension: string) =>
      [...new Set(found.flatMap(({ dimensions }) => dimensions[dimension] ?? []))].sort();
    return Promise.resolve({ agents: valuesOf(DIMENSIONS.agentId), models: valuesOf(DIMENSIONS.model) });
  }

  evaluate(
    properties: Readonly<Record<string, unknown>>,
    range: { start: Date; end: Date },
    filters: Filters,
  ) {
    return Promise.resolve(evaluateWidget(properties, this.storeFor(filters), range));
  }

  alarm(properties: Readonly<Record<string, unknown>>) {
    return evaluateAlarm(properties, this.store, this.end());
  }

  private storeFor(filters: Filters): MetricStore {
    if (filters.agent === undefined && filters.model === undefined) return this.store;
    const key = JSON.stringify([filters.agent, filters.model]);
    const store = this.narrowed.get(key) ?? narrowStore(this.store, filters);
    this.narrowed.set(key, store);
    return store;
  }
}

/**
 * Returns a store with the values of the given agent and model only. Calculates new totals from these values.
 * Metrics without the dimensions agent and model are omitted.
 */
function narrowStore(store: MetricStore, { agent, model }: Filters): MetricStore {
  const narrowed = new MetricStore();
  for (const datum of store.data()) {
    if (!isPair(datum)) continue;
    if (agent !== undefined && datum.dimensions[DIMENSIONS.agentId] !== agent) continue;
    if (model !== undefined && datum.dimensions[DIMENSIONS.model] !== model) continue;
    narrowed.putDatum(datum);
    narrowed.putDatum({ ...datum, dimensions: {} });
  }
  return narrowed;
}

function isPair({ dimensions }: Datum): boolean {
  const names = Object.keys(dimensions);
  return names.length === 2 && names.every(name => Object.values<string>(DIMENSIONS).includes(name));
}
