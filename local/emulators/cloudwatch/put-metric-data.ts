import type { MetricStore } from './metrics/metric-store';

/** Error that the emulator returns to the client. `type` is the error code of CloudWatch. */
export class RefusedRequest extends Error {
  constructor(
    readonly type: string,
    message: string,
  ) {
    super(message);
  }
}

export interface PutMetricDataInput {
  readonly Namespace: string;
  readonly MetricData?: readonly {
    readonly MetricName: string;
    readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[];
    /** Time of the values in epoch seconds. Default: now. */
    readonly Timestamp?: number;
    readonly Value?: number;
    readonly Values?: readonly number[];
    readonly Counts?: readonly number[];
  }[];
}

/** Maximum number of metrics in one PutMetricData request (API reference). */
const MAX_METRICS = 1000;
/** Maximum number of values of one metric in a PutMetricData request (API reference). */
const MAX_VALUES = 150;
/** Maximum number of dimensions of one metric in a PutMetricData request (API reference). */
const MAX_DIMENSIONS = 30;

/**
 * Stores the metric data of a PutMetricData request. If a part of the data is invalid, stores nothing and
 * returns an error to the client, as CloudWatch does.
 */
export function putMetricData(input: PutMetricDataInput, store: MetricStore): Record<string, never> {
  const data = input.MetricData ?? [];
  refuseIf(
    !input.Namespace || input.Namespace.startsWith('AWS/'),
    'The value for parameter Namespace is invalid.',
  );
  refuseIf(
    data.length > MAX_METRICS,
    `The collection MetricData must not have a size greater than ${MAX_METRICS}.`,
  );
  const parsed = data.map(datum => {
    const values = datum.Values ?? (datum.Value === undefined ? [] : [datum.Value]);
    const dimensions = datum.Dimensions ?? [];
    refuseIf(
      values.length === 0 || values.length > MAX_VALUES,
      `The collection MetricData.member.Values must have 1 to ${MAX_VALUES} members.`,
    );
    refuseIf(
      !values.every(value => typeof value === 'number' && Number.isFinite(value)),
      'The values must be finite numbers.',
    );
    refuseIf(
      datum.Counts !== undefined && datum.Counts.length !== values.length,
      'The parameters Values and Counts must have the same size.',
    );
    refuseIf(
      dimensions.length > MAX_DIMENSIONS,
      `The collection Dimensions must not have a size greater than ${MAX_DIMENSIONS}.`,
    );
    refuseIf(
      dimensions.some(({ Value }) => Value === ''),
      'The parameter Dimensions.member.Value must not be empty.',
    );
    return {
      namespace: input.Namespace,
      name: datum.MetricName,
      dimensions: Object.fromEntries(dimensions.map(({ Name, Value }) => [Name, Value])),
      timestamp: datum.Timestamp === undefined ? new Date() : new Date(datum.Timestamp * 1000),
      values,
      counts: datum.Counts,
    };
  });
  for (const datum of parsed) store.putDatum(datum);
  return {};
}

function refuseIf(wrong: boolean, message: string): void {
  if (wrong) throw new RefusedRequest('InvalidParameterValueException', message);
}
