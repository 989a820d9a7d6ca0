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

/** Dynamic label for a series that a search finds. CloudWatch fills in the agent, and then the model. */
export const FOUND_AGENT_AND_MODEL = foundLabel(Object.values(DIMENSIONS));
/** Dynamic label for a series that a search finds. CloudWatch fills in the model, and then the agent. */
export const FOUND_MODEL_AND_AGENT = foundLabel([DIMENSIONS.model, DIMENSIONS.agentId]);

/** Search criteria. If `agents` or `models` is omitted, the search finds all agents or all models. */
export interface SearchProps {
  readonly namespace: string;
  readonly agents?: readonly string[];
  readonly models?: readonly string[];
  readonly metric: MetricContract;
  /** @default - the statistic in the definition of the metric */
  readonly statistic?: string;
  /** Further search terms. A series matches if each term occurs in one of its names or values. */
  readonly chosen?: readonly string[];
}

/**
 * Returns a search for the series of a metric, one for each (agent, model) pair.
 *
 * The search does not find the total of all invocations, because the total has no dimensions. The search uses
 * the period of the widget.
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
 * Returns a search for metrics that an AWS service publishes with exactly one dimension.
 *
 * @param terms further search terms
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

/** Renders a search term that matches if a property is equal to one of the values. */
function term(property: string, values: readonly string[]): string {
  const exact = values.map(
    value => `"${Token.isUnresolved(value) ? value : value.replaceAll(ESCAPED, '\\$&')}"`,
  );
  return `${property}=${exact.length === 1 ? exact[0] : `(${exact.join(' OR ')})`}`;
}

function quoted(namespace: string): string {
  return /^[A-Za-z0-9]+$/.test(namespace) ? namespace : `"${namespace}"`;
}

function foundLabel(dimensions: readonly string[]): string {
  return dimensions.map(name => `\${PROP('Dim.${name}')}`).join(' ');
}
