import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { DIMENSIONS, MAX_AGENT_ID_LENGTH, type MetricContract, type MetricUnit } from '../contract';
import { countedModel, hiddenModelText } from './model-names';
import { BOOLEAN, DURATION, OBJECT, requireShape, type Shape, TEXT } from '../private/shape';
import { propError, requireDimensionValue, requirePeriod, requireStatistic } from '../private/validate';

/** aws-cdk-lib refuses longer dimension values, although CloudWatch takes 1,024 characters. */
export const MAX_MODEL_LENGTH = 255;

/** Metrics are no constructs, so their errors name the class. */
export const WHERE = 'TokenMetrics';
/** Id of the warning of a metric whose model is not told by the id. */
const HIDDEN_MODEL = 'cdk-token-analytics:hiddenModel';

const UNITS: { readonly [unit in MetricUnit]: cloudwatch.Unit } = {
  Count: cloudwatch.Unit.COUNT,
  None: cloudwatch.Unit.NONE,
  Milliseconds: cloudwatch.Unit.MILLISECONDS,
};

/** The one agent and model that a metric is of; neither for the total. */
export interface Pair {
  readonly agentId?: string;
  readonly model?: string;
}

/** Kinds of what names a pair. */
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

/** A metric of one agent and model, or the total where neither is given. */
export function pairMetric(
  namespace: string,
  metric: MetricContract,
  pairOptions: Pair & cloudwatch.MetricOptions,
): cloudwatch.Metric {
  requireShape(WHERE, pairOptions, { ...PAIR_SHAPE, ...METRIC_SHAPE });
  const { agentId, model, ...options } = pairOptions;
  const dimensionsMap = pairDimensions({ agentId, model });
  const made = contractMetric(namespace, metric, dimensionsMap, {
    ...options,
    label:
      options.label ??
      (dimensionsMap === undefined
        ? metricLabel(metric)
        : `${metricLabel(metric)} ${agentId} ${dimensionsMap[DIMENSIONS.model]}`),
  });
  if (model === undefined || !countedModel(model).isHidden) return made;
  // The construct that uses the metric shows the warning.
  return Object.assign(made, { warningsV2: { [HIDDEN_MODEL]: hiddenModelText('model', model) } });
}

/** A metric of all calls. */
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

/** A metric without a label: a label would turn an alarm on one metric into one on metric math. */
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
      'left out',
      Object.keys(options.dimensionsMap).join(', '),
      `The only dimensions are ${Object.values(DIMENSIONS).join(' and ')}: use \`agentId\` and ` +
        `\`model\` where ${metric.name} takes them.`,
    );
  }
  requirePeriod(WHERE, 'period', options.period);
  requireStatistic(WHERE, 'statistic', options.statistic);
  const unit = UNITS[metric.unit];
  if (options.unit !== undefined && options.unit !== unit) {
    throw propError(
      WHERE,
      'unit',
      `${unit}, in which ${metric.name} is published`,
      options.unit,
      'CloudWatch finds no values of another unit: leave it out.',
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
 * The dimensions of a pair, none for the total.
 *
 * @throws where one of the two is given alone: CloudWatch
 * adds nothing up over dimensions, so there is no such series
 */
export function pairDimensions({ agentId, model }: Pair): cloudwatch.DimensionsMap | undefined {
  if (agentId === undefined && model === undefined) return undefined;
  if (agentId === undefined || model === undefined) {
    const [missing, given] = agentId === undefined ? ['agentId', model] : ['model', agentId];
    throw propError(
      WHERE,
      missing,
      'given together with the other of `agentId` and `model`',
      `undefined beside ${given}`,
      'CloudWatch does not add up over dimensions, so there is no series of one of them: give both, ' +
        'or neither for the total of all calls.',
    );
  }
  requireDimensionValue(WHERE, 'agentId', agentId, MAX_AGENT_ID_LENGTH);
  requireDimensionValue(WHERE, 'model', model, MAX_MODEL_LENGTH);
  return { [DIMENSIONS.agentId]: agentId, [DIMENSIONS.model]: countedModel(model).model };
}

/** `InputTokens` reads "Input tokens"; what has no unit and is money says so. */
function metricLabel(metric: MetricContract): string {
  const words = metric.name.replaceAll(/(?<=[a-z])[A-Z]/g, letter => ` ${letter.toLowerCase()}`);
  return metric.name.endsWith('Cost') ? `${words} (USD)` : words;
}
