import { type Datum, emfData, isEmf, type MetricIdentity, validateEmf } from './emf';
import { type Sample, statisticOf } from './statistics';

export interface Point {
  readonly time: Date;
  readonly value: number;
}

/** Time range, period and statistic for {@link MetricStore.points}. */
export interface PointQuery {
  /** Start of the time range, inclusive. */
  readonly start: Date;
  /** End of the time range, exclusive. */
  readonly end: Date;
  readonly periodSeconds: number;
  readonly statistic: string;
  /**
   * Start of one period, for example midnight in a time zone. The start times of all other periods are
   * calculated from this time. Default: the epoch, or `start` if a period is longer than a day.
   */
  readonly alignTo?: Date;
}

const DAY_SECONDS = 86_400;

/**
 * In-memory store of metrics. It keeps every single value, so that any statistic can be calculated for any
 * period.
 */
export class MetricStore {
  /**
   * Errors of refused log lines in the embedded metric format (EMF). CloudWatch counts such errors in the
   * metrics `EMFParsingErrors` and `EMFValidationErrors`.
   */
  readonly emfErrors: string[] = [];
  private readonly series = new Map<string, { identity: MetricIdentity; samples: Sample[] }>();
  private latestMs = -Infinity;

  /** Time of the latest stored value. Undefined if the store is empty. */
  get latest(): Date | undefined {
    return this.latestMs === -Infinity ? undefined : new Date(this.latestMs);
  }

  putDatum(datum: Datum): void {
    const { namespace, name, dimensions } = datum;
    const key = keyOf(datum);
    const series = this.series.get(key) ?? {
      identity: { namespace, name, dimensions: { ...dimensions } },
      samples: [],
    };
    if (datum.values.length > 0) this.latestMs = Math.max(this.latestMs, datum.timestamp.getTime());
    datum.values.forEach((value, index) => {
      series.samples.push({ time: datum.timestamp.getTime(), value, count: datum.counts?.[index] ?? 1 });
    });
    this.series.set(key, series);
  }

  /**
   * Stores the metrics of a log line in the embedded metric format (EMF). Ignores any other line.
   *
   * @returns the number of stored metrics, or 0 if the line is refused
   */
  ingestEmf(line: string): number {
    const document = parse(line);
    if (!isEmf(document)) return 0;
    const errors = validateEmf(document);
    if (errors.length > 0) {
      this.emfErrors.push(`${errors.join('; ')}: ${line.slice(0, 300)}`);
      return 0;
    }
    const data = emfData(document);
    for (const datum of data) this.putDatum(datum);
    return data.length;
  }

  /** Lists the stored metrics of a namespace. Without `namespace`, lists all stored metrics. */
  list(namespace?: string): MetricIdentity[] {
    return [...this.series.values()]
      .map(({ identity }) => identity)
      .filter(identity => namespace === undefined || identity.namespace === namespace);
  }

  /** Returns all stored values, one `Datum` for each value. */
  *data(): Generator<Datum> {
    for (const { identity, samples } of this.series.values()) {
      for (const { time, value, count } of samples) {
        yield { ...identity, timestamp: new Date(time), values: [value], counts: [count] };
      }
    }
  }

  /** Returns one point for each period in which the metric has values, in order of time. */
  points(identity: MetricIdentity, query: PointQuery): Point[] {
    return this.pointsOfAll([identity], query);
  }

  /**
   * Returns one point for each period in which any of the metrics has values, in order of time. The statistic
   * is calculated from the values of all metrics together.
   */
  pointsOfAll(identities: readonly MetricIdentity[], query: PointQuery): Point[] {
    const periodMs = query.periodSeconds * 1000;
    const start = query.start.getTime();
    const end = query.end.getTime();
    const origin = periodOrigin(query);
    const periods = new Map<number, Sample[]>();
    for (const identity of identities) {
      for (const sample of this.series.get(keyOf(identity))?.samples ?? []) {
        if (sample.time < start || sample.time >= end) continue;
        const period = origin + Math.floor((sample.time - origin) / periodMs) * periodMs;
        const samples = periods.get(period);
        if (samples) samples.push(sample);
        else periods.set(period, [sample]);
      }
    }
    return [...periods]
      .sort(([a], [b]) => a - b)
      .map(([time, samples]) => ({
        time: new Date(time),
        value: statisticOf(samples, query.statistic) ?? NaN,
      }));
  }
}

/**
 * Returns the start of one period in epoch milliseconds. The start times of all other periods are calculated
 * from this time.
 */
export function periodOrigin({
  start,
  periodSeconds,
  alignTo,
}: Pick<PointQuery, 'start' | 'periodSeconds' | 'alignTo'>): number {
  return alignTo?.getTime() ?? (periodSeconds > DAY_SECONDS ? start.getTime() : 0);
}

function keyOf({ namespace, name, dimensions }: MetricIdentity): string {
  return JSON.stringify([namespace, name, Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1))]);
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
