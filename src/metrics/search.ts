import { Token } from 'aws-cdk-lib';
import { DIMENSIONS, type MetricContract } from '../contract';
import { propError, type Where } from '../private/validate';

/** Maximum characters of a search (CloudWatch User Guide, "CloudWatch search expression syntax"). */
const MAX_SEARCH_LENGTH = 1024;
/** Characters to escape in exact matches (same page). Names contain no others that need it. */
const ESCAPED = /[()]/g;

/** Dynamic label of CloudWatch that shows the agent and the model of a found series. */
export const FOUND_AGENT_AND_MODEL = foundLabel(Object.values(DIMENSIONS));
/** Dynamic label of CloudWatch that shows the model and the agent of a found series. */
export const FOUND_MODEL_AND_AGENT = foundLabel([DIMENSIONS.model, DIMENSIONS.agentId]);

/** Search criteria. Omitted names match any value. */
export interface SearchProps {
  readonly namespace: string;
  readonly agents?: readonly string[];
  readonly models?: readonly string[];
  readonly metric: MetricContract;
  /** @default - the statistic in the definition of the metric */
  readonly statistic?: string;
  /** Further texts that the names or values of a series must contain. */
  readonly chosen?: readonly string[];
}

/**
 * Returns a search for the (agent, model) series of a metric.
 *
 * It names the exact dimension set, so it never finds the total without dimensions. It sets no period, so the
 * period of the widget applies, even if that is the whole time range.
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

/** Returns a search for metrics that AWS publishes under one dimension, with further terms if given. */
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

/** Parts of a search expression. */
interface SearchParts {
  readonly namespace: string;
  readonly dimensions: readonly string[];
  readonly metricNames: readonly string[];
  readonly terms: readonly string[];
  readonly statistic: string;
}

/** Renders a search expression, and requires that it is short enough. */
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

/** Renders an exact match of a property with one of several values. */
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
