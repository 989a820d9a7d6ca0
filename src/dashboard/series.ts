import type { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { IConstruct } from 'constructs';
import { CHOSEN } from './variables';
import type { MetricContract } from '../contract';
import { type Ratio, ratioMetric } from '../metrics/ratio';
import { FOUND_AGENT_AND_MODEL, FOUND_MODEL_AND_AGENT, pairSearch } from '../metrics/search';
import { type Pair, pairMetric } from '../metrics/token-metric';
import type { TokenMetrics } from '../metrics/token-metrics';

/** What a dashboard's series are made from. */
export interface SeriesSource {
  /** Dashboard, which errors name. */
  readonly scope: IConstruct;
  readonly metrics: TokenMetrics;
  readonly agents?: readonly string[];
  readonly models?: readonly string[];
  /**
   * Whether the dashboard has variables: all series are then
   * searched for, as only a search can leave out what is not chosen.
   */
  readonly variables: boolean;
}

/** How a metric is drawn. */
export interface Drawn {
  readonly period: Duration;
  /** Begins the ids of added up metrics: one of a kind in its widget. */
  readonly id: string;
  /** Ends the label, after the names. */
  readonly suffix: string;
  /** @default - the metric's own */
  readonly statistic?: string;
}

/** The (agent, model) pairs where both are given and metrics can be named; else a search must find them. */
export function namedPairs({ agents, models, variables }: SeriesSource): Required<Pair>[] | undefined {
  return agents && models && !variables
    ? agents.flatMap(agentId => models.map(model => ({ agentId, model })))
    : undefined;
}

/**
 * A summed metric of all calls: the dimensionless total, which is exact
 * and has no limit of series; with variables, what is chosen, added up.
 */
export function total(
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
  return summed(
    `SUM(${pairSearch(scope, { namespace, metric, chosen: CHOSEN })})`,
    options.period,
    options.label ?? metric.name,
  );
}

/** A ratio of all calls; with variables, of the chosen ones. */
export function totalRatio(source: SeriesSource, ratio: Ratio, period: Duration): cloudwatch.IMetric {
  if (!source.variables) return ratioMetric(source.metrics.namespace, ratio, { period });
  const idOf = ({ name }: MetricContract) => `${name[0].toLowerCase()}${name.slice(1)}`;
  return new cloudwatch.MathExpression({
    expression:
      `${ratio.scale === 1 ? '' : `${ratio.scale} * `}${idOf(ratio.dividend)} / ` +
      `(${ratio.divisors.map(idOf).join(' + ')})`,
    usingMetrics: Object.fromEntries(
      [ratio.dividend, ...ratio.divisors].map(metric => [idOf(metric), total(source, metric, { period })]),
    ),
    period,
    label: ratio.label,
  });
}

/**
 * A summed metric by agent. With agents and models, the agent's models added up, from named metrics; with
 * agents alone, what a search for each finds, added up; else one series for each (agent, model) pair that a
 * search finds.
 */
export function byAgent(source: SeriesSource, metric: MetricContract, drawn: Drawn): cloudwatch.IMetric[] {
  const {
    scope,
    metrics: { namespace },
    agents,
    models,
    variables,
  } = source;
  if (!agents) return foundPairs(source, metric, drawn, FOUND_AGENT_AND_MODEL);
  return agents.map((agentId, agent) => {
    const label = [agentId, drawn.suffix].join(' ').trim();
    if (models && !variables) {
      return added(
        namespace,
        metric,
        models.map(model => ({ agentId, model })),
        { ...drawn, id: `${drawn.id}_${agent}`, label },
      );
    }
    return summed(
      `SUM(${pairSearch(scope, { namespace, metric, agents: [agentId], models, ...chosen(source) })})`,
      drawn.period,
      label,
    );
  });
}

/**
 * A summed metric by model. With agents and models, the model's agents added up, from named metrics; with
 * models alone, what a search for each finds, added up; else one series for each (agent, model) pair that a
 * search finds.
 */
export function byModel(source: SeriesSource, metric: MetricContract, drawn: Drawn): cloudwatch.IMetric[] {
  const {
    scope,
    metrics: { namespace },
    agents,
    models,
    variables,
  } = source;
  if (!models) return foundPairs(source, metric, drawn, FOUND_MODEL_AND_AGENT);
  return models.map((model, index) => {
    const label = [model, drawn.suffix].join(' ').trim();
    if (agents && !variables) {
      return added(
        namespace,
        metric,
        agents.map(agentId => ({ agentId, model })),
        { ...drawn, id: `${drawn.id}_${index}`, label },
      );
    }
    return summed(
      `SUM(${pairSearch(scope, { namespace, metric, agents, models: [model], ...chosen(source) })})`,
      drawn.period,
      label,
    );
  });
}

/** A metric of each pair: averages and percentiles cannot be added up, so each stays a line of its own. */
export function eachPair(source: SeriesSource, metric: MetricContract, drawn: Drawn): cloudwatch.IMetric[] {
  const { period, statistic, suffix } = drawn;
  const pairs = namedPairs(source);
  if (!pairs) return foundPairs(source, metric, drawn, FOUND_AGENT_AND_MODEL);
  return pairs.map(pair =>
    pairMetric(source.metrics.namespace, metric, {
      ...pair,
      period,
      statistic,
      label: `${pair.agentId} ${pair.model} ${suffix}`.trim(),
    }),
  );
}

/**
 * The series of each pair: one search for each agent, as a
 * search is too short for many names, or one for all.
 */
function foundPairs(
  source: SeriesSource,
  metric: MetricContract,
  { period, statistic, suffix }: Drawn,
  label: string,
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
          statistic,
          ...chosen(source),
        }),
        period,
        label: `${label} ${suffix}`.trim(),
      }),
  );
}

/** Named metrics added up; one alone needs no sum. */
function added(
  namespace: string,
  metric: MetricContract,
  pairs: readonly Required<Pair>[],
  { id, period, label }: Drawn & { readonly label: string },
): cloudwatch.IMetric {
  if (pairs.length === 1) return pairMetric(namespace, metric, { ...pairs[0], period, label });
  const usingMetrics = Object.fromEntries(
    pairs.map((pair, index) => [`${id}_${index}`, pairMetric(namespace, metric, { ...pair, period })]),
  );
  return summed(`SUM([${Object.keys(usingMetrics).join(', ')}])`, period, label, usingMetrics);
}

function summed(
  expression: string,
  period: Duration,
  label: string,
  usingMetrics: { [id: string]: cloudwatch.IMetric } = {},
): cloudwatch.IMetric {
  return new cloudwatch.MathExpression({ expression, usingMetrics, period, label });
}

function chosen({ variables }: SeriesSource): { readonly chosen?: readonly string[] } {
  return variables ? { chosen: CHOSEN } : {};
}
