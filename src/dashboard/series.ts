import type { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { IConstruct } from 'constructs';
import { CHOSEN } from './variables';
import type { MetricContract } from '../contract';
import { type Ratio, ratioMetric } from '../metrics/ratio';
import { FOUND_AGENT_AND_MODEL, FOUND_MODEL_AND_AGENT, pairSearch } from '../metrics/search';
import { type Pair, pairMetric } from '../metrics/token-metric';
import type { TokenMetrics } from '../metrics/token-metrics';

/** Settings of the dashboard that all its graphs use. */
export interface SeriesSource {
  /** Dashboard construct to name in errors. */
  readonly scope: IConstruct;
  readonly metrics: TokenMetrics;
  readonly agents?: readonly string[];
  readonly models?: readonly string[];
  /**
   * True if a reader can choose an agent and a model on the dashboard. The graphs then find their metrics by
   * search, because only a search can use the choice.
   */
  readonly variables: boolean;
}

/** Label of a line for the invocations of all agents and models. */
export const ALL_INVOCATIONS = 'all invocations';

/** Options of the lines in a graph. */
export interface SeriesOptions {
  readonly period: Duration;
  /** End of the label of a line, e.g. "input" in "support input". */
  readonly labelSuffix?: string;
  /** @default - the statistic in the definition of the metric */
  readonly statistic?: string;
}

/** Options of lines that each show a sum of metrics. */
export interface SumOptions extends SeriesOptions {
  /**
   * Prefix for the ids of the metrics in the sum, e.g. "in" for `in_0`. The prefix must be unique in the
   * graph.
   */
  readonly id: string;
}

/**
 * Returns all pairs of an agent in `agents` and a model in `models`. Returns undefined if a list is missing,
 * or if the dashboard has variables.
 */
export function namedPairs({ agents, models, variables }: SeriesSource): Required<Pair>[] | undefined {
  return agents && models && !variables
    ? agents.flatMap(agentId => models.map(model => ({ agentId, model })))
    : undefined;
}

/**
 * Returns a line with the sum of a metric over all agents and models. If the dashboard has variables, it is
 * only the sum for the chosen agent and model.
 */
export function sumOfAll(
  source: SeriesSource,
  metric: MetricContract,
  options: { readonly period: Duration; readonly label?: string },
): cloudwatch.IMetric {
  const {
    scope,
    metrics: { namespace },
    variables,
  } = source;
  if (!variables) return pairMetric(namespace, metric, options);
  return expressionMetric(
    `SUM(${pairSearch(scope, { namespace, metric, chosen: CHOSEN })})`,
    options.period,
    options.label ?? metric.name,
  );
}

/**
 * Returns a line with a ratio of metrics over all agents and models, such as the error rate. If the dashboard
 * has variables, it is only the ratio for the chosen agent and model.
 */
export function ratioOfAll(source: SeriesSource, ratio: Ratio, period: Duration): cloudwatch.IMetric {
  if (!source.variables) return ratioMetric(source.metrics.namespace, ratio, { period });
  const idOf = ({ name }: MetricContract) => `${name[0].toLowerCase()}${name.slice(1)}`;
  return new cloudwatch.MathExpression({
    expression:
      `${ratio.scale === 1 ? '' : `${ratio.scale} * `}${idOf(ratio.dividend)} / ` +
      `(${ratio.divisors.map(idOf).join(' + ')})`,
    usingMetrics: Object.fromEntries(
      [ratio.dividend, ...ratio.divisors].map(metric => [idOf(metric), sumOfAll(source, metric, { period })]),
    ),
    period,
    label: ratio.label,
  });
}

/**
 * Returns one line for each agent, with the sum of a metric over the models.
 *
 * - Without `agents`: one search finds a line for each pair of agent and model, without sums.
 * - With `agents` and `models`, but without `variables`: a sum adds up the metrics of the models by name.
 * - Otherwise: a sum adds up the metrics that a search for the agent finds.
 */
export function sumByAgent(
  source: SeriesSource,
  metric: MetricContract,
  options: SumOptions,
): cloudwatch.IMetric[] {
  const {
    scope,
    metrics: { namespace },
    agents,
    models,
    variables,
  } = source;
  if (!agents) return foundPairs(source, metric, options, FOUND_AGENT_AND_MODEL);
  return agents.map((agentId, index) => {
    const label = labelOf(agentId, options);
    if (models && !variables) {
      return sumOfPairs(
        namespace,
        metric,
        models.map(model => ({ agentId, model })),
        { ...options, id: `${options.id}_${index}`, label },
      );
    }
    return expressionMetric(
      `SUM(${pairSearch(scope, { namespace, metric, agents: [agentId], models, ...chosen(source) })})`,
      options.period,
      label,
    );
  });
}

/**
 * Returns one line for each model, with the sum of a metric over the agents.
 *
 * - Without `models`: searches find a line for each pair of agent and model, without sums.
 * - With `agents` and `models`, but without `variables`: a sum adds up the metrics of the agents by name.
 * - Otherwise: a sum adds up the metrics that a search for the model finds.
 */
export function sumByModel(
  source: SeriesSource,
  metric: MetricContract,
  options: SumOptions,
): cloudwatch.IMetric[] {
  const {
    scope,
    metrics: { namespace },
    agents,
    models,
    variables,
  } = source;
  if (!models) return foundPairs(source, metric, options, FOUND_MODEL_AND_AGENT);
  return models.map((model, index) => {
    const label = labelOf(model, options);
    if (agents && !variables) {
      return sumOfPairs(
        namespace,
        metric,
        agents.map(agentId => ({ agentId, model })),
        { ...options, id: `${options.id}_${index}`, label },
      );
    }
    return expressionMetric(
      `SUM(${pairSearch(scope, { namespace, metric, agents, models: [model], ...chosen(source) })})`,
      options.period,
      label,
    );
  });
}

/**
 * Returns one line of a metric for each pair of agent and model. Averages and percentiles need separate
 * lines, because they cannot be added up.
 */
export function seriesOfPairs(
  source: SeriesSource,
  metric: MetricContract,
  options: SeriesOptions,
): cloudwatch.IMetric[] {
  const { period, statistic } = options;
  const pairs = namedPairs(source);
  if (!pairs) return foundPairs(source, metric, options, FOUND_AGENT_AND_MODEL);
  return pairs.map(pair =>
    pairMetric(source.metrics.namespace, metric, {
      ...pair,
      period,
      statistic,
      label: labelOf(`${pair.agentId} ${pair.model}`, options),
    }),
  );
}

/**
 * Returns searches that find a line for each pair of agent and model. With `agents`, each agent has its own
 * search, because the length of a search is limited. Without `agents`, one search finds all agents.
 *
 * @param name label of the lines, with placeholders for the agent and the model
 */
function foundPairs(
  source: SeriesSource,
  metric: MetricContract,
  options: SeriesOptions,
  name: string,
): cloudwatch.IMetric[] {
  const {
    scope,
    metrics: { namespace },
    agents,
    models,
  } = source;
  return (agents ?? [undefined]).map(
    agentId =>
      new cloudwatch.SearchExpression({
        expression: pairSearch(scope, {
          namespace,
          metric,
          agents: agentId === undefined ? undefined : [agentId],
          models,
          statistic: options.statistic,
          ...chosen(source),
        }),
        period: options.period,
        label: labelOf(name, options),
      }),
  );
}

/**
 * Returns one line with the sum of a metric over several pairs of agent and model. A single pair needs no
 * sum.
 */
function sumOfPairs(
  namespace: string,
  metric: MetricContract,
  pairs: readonly Required<Pair>[],
  { id, period, label }: SumOptions & { readonly label: string },
): cloudwatch.IMetric {
  if (pairs.length === 1) return pairMetric(namespace, metric, { ...pairs[0], period, label });
  const usingMetrics = Object.fromEntries(
    pairs.map((pair, index) => [`${id}_${index}`, pairMetric(namespace, metric, { ...pair, period })]),
  );
  return expressionMetric(`SUM([${Object.keys(usingMetrics).join(', ')}])`, period, label, usingMetrics);
}

function expressionMetric(
  expression: string,
  period: Duration,
  label: string,
  usingMetrics: { [id: string]: cloudwatch.IMetric } = {},
): cloudwatch.IMetric {
  return new cloudwatch.MathExpression({ expression, usingMetrics, period, label });
}

/**
 * Returns the placeholders for the chosen agent and model in a search. Empty if the dashboard has no
 * variables.
 */
function chosen({ variables }: SeriesSource): { readonly chosen?: readonly string[] } {
  return variables ? { chosen: CHOSEN } : {};
}

/** Returns the label of a line: the name and, if set, `labelSuffix`, e.g. "support input". */
function labelOf(name: string, { labelSuffix }: SeriesOptions): string {
  return labelSuffix === undefined ? name : `${name} ${labelSuffix}`;
}
