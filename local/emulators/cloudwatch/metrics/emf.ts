import Ajv from 'ajv';

/** Identity of a metric. Two metrics are the same if namespace, name and all dimensions are equal. */
export interface MetricIdentity {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

export interface Datum extends MetricIdentity {
  readonly timestamp: Date;
  readonly values: readonly number[];
  /** Number of times that each value was observed, in the order of `values`. Default: 1 for each value. */
  readonly counts?: readonly number[];
}

interface EmfDocument {
  readonly _aws: {
    readonly Timestamp: number;
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly {
        readonly Name: string;
        readonly Unit?: string;
        readonly StorageResolution?: number;
      }[];
    }[];
  };
  readonly [target: string]: unknown;
}

const UNITS = [
  'Seconds',
  'Microseconds',
  'Milliseconds',
  'Bytes',
  'Kilobytes',
  'Megabytes',
  'Gigabytes',
  'Terabytes',
  'Bits',
  'Kilobits',
  'Megabits',
  'Gigabits',
  'Terabits',
  'Percent',
  'Count',
  'Bytes/Second',
  'Kilobytes/Second',
  'Megabytes/Second',
  'Gigabytes/Second',
  'Terabytes/Second',
  'Bits/Second',
  'Kilobits/Second',
  'Megabits/Second',
  'Gigabits/Second',
  'Terabits/Second',
  'Count/Second',
  'None',
];

/**
 * JSON schema of a document in the embedded metric format (EMF). If PutMetricData has a stricter limit than
 * the EMF specification, the schema uses the stricter limit.
 */
const SCHEMA = {
  type: 'object',
  required: ['_aws'],
  properties: {
    _aws: {
      type: 'object',
      required: ['Timestamp', 'CloudWatchMetrics'],
      properties: {
        Timestamp: { type: 'integer', minimum: 0 },
        CloudWatchMetrics: {
          type: 'array',
          minItems: 1,
          items: {
            type: 'object',
            required: ['Namespace', 'Dimensions', 'Metrics'],
            properties: {
              Namespace: {
                type: 'string',
                minLength: 1,
                maxLength: 255,
                pattern: '^(?!AWS/)[a-zA-Z0-9 ._#:/-]+$',
              },
              Dimensions: {
                type: 'array',
                minItems: 1,
                items: {
                  type: 'array',
                  maxItems: 30,
                  uniqueItems: true,
                  items: {
                    type: 'string',
                    minLength: 1,
                    maxLength: 250,
                    pattern: '^[^:\\x00-\\x1f][\\x20-\\x7e]*$',
                  },
                },
              },
              Metrics: {
                type: 'array',
                minItems: 1,
                maxItems: 100,
                items: {
                  type: 'object',
                  required: ['Name'],
                  properties: {
                    Name: { type: 'string', minLength: 1, maxLength: 255 },
                    Unit: { enum: UNITS },
                    StorageResolution: { enum: [1, 60] },
                  },
                },
              },
            },
          },
        },
      },
    },
  },
} as const;

/** Maximum number of values of one metric in an EMF document (EMF specification). */
const MAX_VALUES = 100;
const MAX_MAGNITUDE = 2 ** 360;
const DIMENSION_VALUE = /^(?=.*[\x21-\x7e])[\x20-\x7e]{1,1024}$/;

const matchesSchema = new Ajv({ allErrors: true }).compile<EmfDocument>(SCHEMA);

/**
 * Returns true if a JSON log line is an EMF document. Such a document has the field `_aws.CloudWatchMetrics`.
 */
export function isEmf(
  document: unknown,
): document is { readonly _aws: { readonly CloudWatchMetrics: unknown } } {
  const aws = (document as { _aws?: { CloudWatchMetrics?: unknown } } | null | undefined)?._aws;
  return typeof aws === 'object' && aws !== null && 'CloudWatchMetrics' in aws;
}

/**
 * Returns an error text for each EMF rule that a document violates, or an empty array if the document is
 * valid. If the document matches the schema, also checks the values of its dimensions and metrics.
 */
export function validateEmf(document: unknown): string[] {
  if (!matchesSchema(document)) {
    return (matchesSchema.errors ?? []).map(error => `${error.instancePath || '/'} ${error.message}`);
  }
  const errors: string[] = [];
  for (const directive of document._aws.CloudWatchMetrics) {
    for (const dimension of directive.Dimensions.flat()) {
      const value = document[dimension];
      if (typeof value !== 'string' || !DIMENSION_VALUE.test(value)) {
        errors.push(`dimension ${dimension} must have a value of 1 to 1,024 ASCII characters at the root`);
      }
    }
    for (const { Name } of directive.Metrics) {
      const target = document[Name];
      const values: unknown[] = Array.isArray(target) ? target : [target];
      if (values.length === 0 || values.length > MAX_VALUES) {
        errors.push(`metric ${Name} must have 1 to ${MAX_VALUES} values, got: ${values.length}`);
      }
      if (
        !values.every(
          value => typeof value === 'number' && Number.isFinite(value) && Math.abs(value) <= MAX_MAGNITUDE,
        )
      ) {
        errors.push(`metric ${Name} must have a finite number at the root`);
      }
    }
  }
  return errors;
}

/**
 * Converts a valid EMF document to metric data. Creates one `Datum` for each combination of a metric and a
 * dimension set.
 */
export function emfData(document: unknown): Datum[] {
  const emf = document as EmfDocument;
  const timestamp = new Date(emf._aws.Timestamp);
  return emf._aws.CloudWatchMetrics.flatMap(directive =>
    directive.Dimensions.flatMap(names =>
      directive.Metrics.map(({ Name }) => ({
        namespace: directive.Namespace,
        name: Name,
        dimensions: Object.fromEntries(names.map(name => [name, emf[name] as string])),
        timestamp,
        values: [emf[Name]].flat() as number[],
      })),
    ),
  );
}
