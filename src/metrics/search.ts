import { Token } from 'aws-cdk-lib';
import { DIMENSIONS, type MetricContract } from '../contract';
import { propError, type Where } from '../private/validate';

/**
 * Maximum number of characters in a search (CloudWatch User Guide, "CloudWatch search expression syntax").
 */
const MAX_SEARCH_LENGTH = 1024;
/**
 * Characters that need a backslash in an exact match (CloudWatch User Guide, "CloudWatch search expression
 * syntax"). The names of agents and models contain no other characters that need a backslash.
 */
const ESCAPED = /[()]/g;

/** Label of a series that a search finds. CloudWatch replaces it with the agent of the series. */
export const FOUND_AGENT = foundLabel(DIMENSIONS.agentId);
/** Label of a series that a search finds. CloudWatch replaces it with the model of the series. */
export const FOUND_MODEL = foundLabel(DIMENSIONS.model);

/** Search criteria. If `agents` or `models` is omitted, the search finds all agents or all models. */
export interface SearchProps {
  readonly namespace: string;
  readonly agents?: readonly string[];
  readonly models?: readonly string[];
  readonly metric: MetricContract;
  /**
   * CloudWatch statistic, such as `Sum`.
   *
   * @default - the statistic of `metric`
   */
  readonly statistic?: string;
  /**
   * Additional search terms. A series must contain every term in its metric name, a dimension name or a
   * dimension value.
   */
  readonly chosen?: readonly string[];
}

/**
 * Returns a CloudWatch search expression that finds a metric for each (agent, model) pair.
 *
 * The search does not find the total of all invocations, because the total has no dimensions. The period is
 * the period of the widget that shows the search.
 */
export function pairSearch(where: Where, props: SearchProps): string {
  const { agents = [], models = [] } = props;
  const [longer, shorter] =
    models.join('').length >= agents.join('').length ? ['models', 'agents'] : ['agents', 'models'];
  const fix = props.chosen
    ? `Give fewer \`${longer}\`.`
    : `Give \`${shorter}\` too, so that no search is needed, or fewer \`${longer}\`.`;
  return search(where, longer, fix, {
    namespace: props.namespace,
    dimensions: Object.values(DIMENSIONS),
    metricNames: [props.metric.name],
    terms: [
      ...(agents.length > 0 ? [term(DIMENSIONS.agentId, agents)] : []),
      ...(models.length > 0 ? [term(DIMENSIONS.model, models)] : []),
      ...(props.chosen ?? []).map(text => `"${text}"`),
    ],
    statistic: props.statistic ?? props.metric.statistic,
  });
}

/**
 * Returns a CloudWatch search expression for metrics that an AWS service publishes with exactly one
 * dimension.
 *
 * @param terms additional search terms, such as a part of the names of log groups
 */
export function serviceSearch(
  where: Where,
  namespace: string,
  dimension: string,
  metricNames: readonly string[],
  statistic: string,
  terms: readonly string[] = [],
): string {
  return search(where, 'sections', 'Give fewer entries to the section.', {
    namespace,
    dimensions: [dimension],
    metricNames,
    terms,
    statistic,
  });
}

interface SearchParts {
  readonly namespace: string;
  readonly dimensions: readonly string[];
  readonly metricNames: readonly string[];
  readonly terms: readonly string[];
  readonly statistic: string;
}

/**
 * Renders a search expression.
 *
 * @throws if the expression is longer than CloudWatch allows
 */
function search(
  where: Where,
  prop: string,
  fix: string,
  { namespace, dimensions, metricNames, terms, statistic }: SearchParts,
): string {
  const query =
    `{${[quoted(namespace), ...dimensions].join(',')}} ` +
    `${[term('MetricName', metricNames), ...terms].join(' ')}`;
  if (!Token.isUnresolved(query) && query.length > MAX_SEARCH_LENGTH) {
    throw propError(
      where,
      prop,
      `short enough for a search of ${MAX_SEARCH_LENGTH} characters`,
      `${query.length} characters`,
      fix,
    );
  }
  return `SEARCH('${query}', '${statistic}')`;
}

/** Renders a search term such as `Model=("a" OR "b")`, which finds metrics with one of the given values. */
function term(property: string, values: readonly string[]): string {
  const exact = values.map(
    value => `"${Token.isUnresolved(value) ? value : value.replaceAll(ESCAPED, '\\$&')}"`,
  );
  return `${property}=${exact.length === 1 ? exact[0] : `(${exact.join(' OR ')})`}`;
}

function quoted(namespace: string): string {
  return /^[A-Za-z0-9]+$/.test(namespace) ? namespace : `"${namespace}"`;
}

function foundLabel(dimension: string): string {
  return `\${PROP('Dim.${dimension}')}`;
}
