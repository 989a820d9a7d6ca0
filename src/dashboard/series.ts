import type { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { IConstruct } from 'constructs';
import { agentColor, TOTAL_COLORS } from './colors';
import { modelLabels } from './model-labels';
import type { Thresholds } from './thresholds';
import { CHOSEN } from './variables';
import type { MetricContract } from '../contract';
import { agentQuery } from '../metrics/metrics-insights';
import { type Ratio, ratioMetric } from '../metrics/ratio';
import { FOUND_AGENT, FOUND_MODEL, pairSearch } from '../metrics/search';
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
  readonly thresholds: Thresholds;
}

/** Label of a line for the invocations of all agents and models. */
export const ALL_INVOCATIONS = 'All invocations';
/**
 * Label of each series that a Metrics Insights query returns. CloudWatch replaces it with the default label:
 * the value of the dimension in `GROUP BY`. Without a label, aws-cdk-lib would use the text of the query.
 */
const FOUND_GROUP = '${LABEL}';

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
 * Returns a line with the sum of a metric over all agents and models. If the dashboard has variables, it is
 * only the sum for the chosen agent and model.
 */
export function sumOfAll(
  source: SeriesSource,
  metric: MetricContract,
  options: { readonly period: Duration; readonly label?: string; readonly color?: string },
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
    { label: options.label ?? metric.name, color: options.color },
  );
}

/**
 * Returns a line with a ratio of metrics over all agents and models, such as the error rate. If the dashboard
 * has variables, it is only the ratio for the chosen agent and model.
 */
export function ratioOfAll(source: SeriesSource, ratio: Ratio, period: Duration): cloudwatch.IMetric {
  const line = { period, label: ALL_INVOCATIONS, color: TOTAL_COLORS[0] };
  if (!source.variables) return ratioMetric(source.metrics.namespace, ratio, line);
  const idOf = ({ name }: MetricContract) => `${name[0].toLowerCase()}${name.slice(1)}`;
  return new cloudwatch.MathExpression({
    expression:
      `${ratio.scale === 1 ? '' : `${ratio.scale} * `}${idOf(ratio.dividend)} / ` +
      `(${ratio.divisors.map(idOf).join(' + ')})`,
    usingMetrics: Object.fromEntries(
      [ratio.dividend, ...ratio.divisors].map(metric => [idOf(metric), sumOfAll(source, metric, { period })]),
    ),
    ...line,
  });
}

/**
 * Returns true if sums by agent come from a Metrics Insights query. A query finds the agents, and adds up all
 * their models, also if `models` is given, because it cannot name several models. A query cannot use the
 * choice of a reader.
 */
export function hasAgentQueries({ agents, variables }: SeriesSource): boolean {
  return !agents && !variables;
}

/**
 * Returns one line for each agent, with the sum of a metric over the models.
 *
 * - Without `agents` and `variables`: a query finds the ten agents with the highest sums over all models.
 * - With `variables`, but without `agents`: one search finds a line for each pair of agent and model, without
 *   sums.
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
  if (!agents) {
    const query = hasAgentQueries(source) ? agentQuery(namespace, metric) : undefined;
    if (query === undefined) return foundPairs(source, metric, options);
    return [expressionMetric(query, options.period, { label: labelOf(FOUND_GROUP, options) })];
  }
  return agents.map((agentId, index) => {
    const line = { label: labelOf(agentId, options), color: agentColor(agents, agentId) };
    if (models && !variables) {
      return sumOfPairs(
        namespace,
        metric,
        models.map(model => ({ agentId, model })),
        { ...options, ...line, id: `${options.id}_${index}` },
      );
    }
    return expressionMetric(
      `SUM(${pairSearch(scope, { namespace, metric, agents: [agentId], models, ...chosen(source) })})`,
      options.period,
      line,
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
  if (!models) return foundPairs(source, metric, options, modelFirst);
  const labels = modelLabels(models);
  return models.map((model, index) => {
    const line = { label: labelOf(labels.get(model) ?? model, options) };
    if (agents && !variables) {
      return sumOfPairs(
        namespace,
        metric,
        agents.map(agentId => ({ agentId, model })),
        { ...options, ...line, id: `${options.id}_${index}` },
      );
    }
    return expressionMetric(
      `SUM(${pairSearch(scope, { namespace, metric, agents, models: [model], ...chosen(source) })})`,
      options.period,
      line,
    );
  });
}

/** Agent and model of a line, with the label and the color of the line. */
export interface NamedPair extends Required<Pair> {
  readonly label: string;
  readonly color: string;
}

/**
 * Returns all pairs of an agent in `agents` and a model in `models`. Returns undefined if a list is missing,
 * or if the dashboard has variables. All pairs of an agent have its color.
 */
export function namedPairs({ agents, models, variables }: SeriesSource): NamedPair[] | undefined {
  if (!agents || !models || variables) return undefined;
  const labels = modelLabels(models);
  return agents.flatMap(agentId =>
    models.map(model => ({
      agentId,
      model,
      label: agentFirst(agentId, labels.get(model) ?? model),
      color: agentColor(agents, agentId),
    })),
  );
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
  if (!pairs) return foundPairs(source, metric, options);
  return pairs.map(({ label, ...pair }) =>
    pairMetric(source.metrics.namespace, metric, {
      ...pair,
      period,
      statistic,
      label: labelOf(label, options),
    }),
  );
}

/**
 * Returns searches that find a line for each pair of agent and model. With `agents`, each agent has its own
 * search, because the length of a search is limited. Without `agents`, one search finds all agents.
 *
 * @param nameOf returns the label of a line from the agent and the model, which can be placeholders
 */
function foundPairs(
  source: SeriesSource,
  metric: MetricContract,
  options: SeriesOptions,
  nameOf: (agent: string, model: string) => string = agentFirst,
): cloudwatch.IMetric[] {
  const {
    scope,
    metrics: { namespace },
    agents,
    models = [],
  } = source;
  const model = models.length === 1 ? modelLabels(models).get(models[0]) : undefined;
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
        label: labelOf(nameOf(agentId ?? FOUND_AGENT, model ?? FOUND_MODEL), options),
      }),
  );
}

function agentFirst(agent: string, model: string): string {
  return `${agent} ${model}`;
}

function modelFirst(agent: string, model: string): string {
  return `${model} ${agent}`;
}

/**
 * Returns one line with the sum of a metric over several pairs of agent and model. A single pair needs no
 * sum.
 */
function sumOfPairs(
  namespace: string,
  metric: MetricContract,
  pairs: readonly Required<Pair>[],
  { id, period, label, color }: SumOptions & Line,
): cloudwatch.IMetric {
  if (pairs.length === 1) return pairMetric(namespace, metric, { ...pairs[0], period, label, color });
  const usingMetrics = Object.fromEntries(
    pairs.map((pair, index) => [`${id}_${index}`, pairMetric(namespace, metric, { ...pair, period })]),
  );
  const expression = `SUM([${Object.keys(usingMetrics).join(', ')}])`;
  return expressionMetric(expression, period, { label, color }, usingMetrics);
}

/** Label and color of a line. Without a color, CloudWatch chooses one. */
interface Line {
  readonly label: string;
  readonly color?: string;
}

function expressionMetric(
  expression: string,
  period: Duration,
  line: Line,
  usingMetrics: { [id: string]: cloudwatch.IMetric } = {},
): cloudwatch.IMetric {
  return new cloudwatch.MathExpression({ expression, usingMetrics, period, ...line });
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
