import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { DIMENSIONS, MAX_AGENT_ID_LENGTH, type MetricContract, type MetricUnit } from '../contract';
import { countedModel, hiddenModelText } from './model-names';
import { BOOLEAN, DURATION, OBJECT, requireShape, type Shape, TEXT } from '../private/shape';
import { propError, requireDimensionValue, requirePeriod, requireStatistic } from '../private/validate';

/**
 * Maximum number of characters that aws-cdk-lib allows in a dimension value. CloudWatch itself allows 1,024.
 */
export const MAX_MODEL_LENGTH = 255;

/**
 * Name of the class in validation errors. Other errors show a construct path, but a metric is not a
 * construct.
 */
export const WHERE = 'TokenMetrics';
/**
 * Id of the CDK warning for a model id that does not show the model, such as the id of an inference profile.
 */
const HIDDEN_MODEL = 'cdk-token-analytics:hiddenModel';

const UNITS: { readonly [unit in MetricUnit]: cloudwatch.Unit } = {
  Count: cloudwatch.Unit.COUNT,
  None: cloudwatch.Unit.NONE,
  Milliseconds: cloudwatch.Unit.MILLISECONDS,
};

/** Agent and model of a metric. Both are undefined for the total of all invocations. */
export interface Pair {
  readonly agentId?: string;
  readonly model?: string;
}

export const PAIR_SHAPE: Shape<Pair> = { agentId: TEXT, model: TEXT };
const METRIC_SHAPE: Shape<cloudwatch.MetricOptions> = {
  period: DURATION,
  statistic: TEXT,
  dimensionsMap: OBJECT,
  unit: TEXT,
  label: TEXT,
  color: TEXT,
  id: TEXT,
  visible: BOOLEAN,
  account: TEXT,
  region: TEXT,
  stackAccount: TEXT,
  stackRegion: TEXT,
};

/**
 * Creates the metric of an (agent, model) pair. If both are undefined, creates the total of all invocations.
 */
export function pairMetric(
  namespace: string,
  metric: MetricContract,
  pairOptions: Pair & cloudwatch.MetricOptions,
): cloudwatch.Metric {
  requireShape(WHERE, pairOptions, { ...PAIR_SHAPE, ...METRIC_SHAPE });
  const { agentId, model, ...options } = pairOptions;
  const dimensionsMap = pairDimensions({ agentId, model });
  const result = contractMetric(namespace, metric, dimensionsMap, {
    ...options,
    label:
      options.label ??
      (dimensionsMap === undefined
        ? metricLabel(metric)
        : `${metricLabel(metric)} ${agentId} ${dimensionsMap[DIMENSIONS.model]}`),
  });
  if (model === undefined || !countedModel(model).isHidden) return result;
  // aws-cdk-lib shows the texts in `warningsV2` at the alarm or dashboard that uses the metric.
  return Object.assign(result, { warningsV2: { [HIDDEN_MODEL]: hiddenModelText('model', model) } });
}

/** Creates a metric that exists only as a total of all invocations. */
export function totalMetric(
  namespace: string,
  metric: MetricContract,
  options: cloudwatch.MetricOptions,
): cloudwatch.Metric {
  requireShape(WHERE, options, METRIC_SHAPE);
  return contractMetric(namespace, metric, undefined, {
    ...options,
    label: options.label ?? metricLabel(metric),
  });
}

/**
 * Creates a metric of the runtime, without a default label. With a label, aws-cdk-lib would turn an alarm on
 * the metric into an alarm on metric math.
 */
export function contractMetric(
  namespace: string,
  metric: MetricContract,
  dimensionsMap: cloudwatch.DimensionsMap | undefined,
  options: cloudwatch.MetricOptions,
): cloudwatch.Metric {
  if (options.dimensionsMap !== undefined) {
    throw propError(
      WHERE,
      'dimensionsMap',
      'omitted',
      Object.keys(options.dimensionsMap).join(', '),
      `The only dimensions are ${Object.values(DIMENSIONS).join(' and ')}: use \`agentId\` and ` +
        `\`model\`, if ${metric.name} supports them.`,
    );
  }
  requirePeriod(WHERE, 'period', options.period);
  requireStatistic(WHERE, 'statistic', options.statistic);
  const unit = UNITS[metric.unit];
  if (options.unit !== undefined && options.unit !== unit) {
    throw propError(
      WHERE,
      'unit',
      `${unit}, the unit in which ${metric.name} is published`,
      options.unit,
      'CloudWatch finds no values with another unit: omit it.',
    );
  }
  return new cloudwatch.Metric({
    ...options,
    statistic: options.statistic ?? metric.statistic,
    unit,
    namespace,
    metricName: metric.name,
    dimensionsMap,
  });
}

/**
 * Returns the dimensions of an (agent, model) pair. If both `agentId` and `model` are omitted, returns
 * undefined, for the total of all invocations.
 *
 * @throws if only one of `agentId` and `model` is given, because no metric exists for an agent or a model
 * alone
 */
export function pairDimensions({ agentId, model }: Pair): cloudwatch.DimensionsMap | undefined {
  if (agentId === undefined && model === undefined) return undefined;
  if (agentId === undefined || model === undefined) {
    const [missing, given, value] =
      agentId === undefined ? ['agentId', 'model', model] : ['model', 'agentId', agentId];
    throw propError(
      WHERE,
      missing,
      `given together with \`${given}\``,
      `undefined, with \`${given}\` = ${value}`,
      'CloudWatch does not add up metrics over dimensions, so there is no series for only one of them: give both, ' +
        'or neither for the total of all invocations.',
    );
  }
  requireDimensionValue(WHERE, 'agentId', agentId, MAX_AGENT_ID_LENGTH);
  requireDimensionValue(WHERE, 'model', model, MAX_MODEL_LENGTH);
  return { [DIMENSIONS.agentId]: agentId, [DIMENSIONS.model]: countedModel(model).model };
}

/**
 * Returns the label of a metric, such as "Input tokens" for `InputTokens`. The label of a cost metric ends
 * with the currency.
 */
function metricLabel(metric: MetricContract): string {
  const words = metric.name.replaceAll(/(?<=[a-z])[A-Z]/g, letter => ` ${letter.toLowerCase()}`);
  return metric.name.endsWith('Cost') ? `${words} (USD)` : words;
}
