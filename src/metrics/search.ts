import { Token } from 'aws-cdk-lib';
import { DIMENSIONS, type MetricContract } from '../contract';
import { propError, type Where } from '../private/validate';

/** CloudWatch User Guide, "CloudWatch search expression syntax". */
const MAX_SEARCH_LENGTH = 1024;
/** Of these, exact matches take only escaped ones (same page); names hold no other character that must be. */
const ESCAPED = /[()]/g;

/** CloudWatch's dynamic labels that name a found series by its agent and model. */
export const FOUND_AGENT_AND_MODEL = foundLabel(Object.values(DIMENSIONS));
/** The same for what is shown by model. */
export const FOUND_MODEL_AND_AGENT = foundLabel([DIMENSIONS.model, DIMENSIONS.agentId]);

/** What is searched for; names that are left out match any. */
export interface SearchProps {
  readonly namespace: string;
  readonly agents?: readonly string[];
  readonly models?: readonly string[];
  readonly metric: MetricContract;
  /** @default - the metric's own */
  readonly statistic?: string;
  /** Other text that a series must have among its names and values. */
  readonly chosen?: readonly string[];
}

/**
 * A search for the (agent, model) series of a metric. It names the exact dimension set, so that the
 * dimensionless total is never among them, and holds no period of its own: the widget's counts, also where
 * that is its whole time range.
 */
export function pairSearch(where: Where, props: SearchProps): string {
  const { agents = [], models = [] } = props;
  const [longer, shorter] =
    models.join('').length >= agents.join('').length ? ['models', 'agents'] : ['agents', 'models'];
  const mend = props.chosen
    ? `Give fewer \`${longer}\`.`
    : `Give \`${shorter}\` too, so that metrics are named, or fewer ${longer}.`;
  return search(where, longer, mend, {
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

/** A search for the series of metrics that AWS publishes under one dimension, with more terms if given. */
export function serviceSearch(
  where: Where,
  namespace: string,
  dimension: string,
  metricNames: readonly string[],
  statistic: string,
  terms: readonly string[] = [],
): string {
  return search(where, 'sections', 'Give fewer.', {
    namespace,
    dimensions: [dimension],
    metricNames,
    terms,
    statistic,
  });
}

interface SearchText {
  readonly namespace: string;
  readonly dimensions: readonly string[];
  readonly metricNames: readonly string[];
  readonly terms: readonly string[];
  readonly statistic: string;
}

function search(
  where: Where,
  prop: string,
  mend: string,
  { namespace, dimensions, metricNames, terms, statistic }: SearchText,
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
      mend,
    );
  }
  return `SEARCH('${query}', '${statistic}')`;
}

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
