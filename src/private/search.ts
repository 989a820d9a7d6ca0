import { Token } from 'aws-cdk-lib';
import { propError, type Where } from './validate';
import { DIMENSIONS, type MetricContract } from '../contract';

/** CloudWatch User Guide, "CloudWatch search expression syntax". */
const MAX_SEARCH_LENGTH = 1024;

/** CloudWatch's dynamic labels that name a found series by its agent and model. */
export const FOUND_AGENT_AND_MODEL = Object.values(DIMENSIONS).map(name => `\${PROP('Dim.${name}')}`).join(' ');

/** What is searched for; names that are left out match any. */
export interface SearchProps {
  readonly namespace: string;
  readonly agentId?: string;
  readonly models?: readonly string[];
  readonly metric: MetricContract;
}

/**
 * A search for the (agent, model) series of a metric. It names the exact dimension set, so that the dimensionless total is never
 * among them, and holds no period of its own: the widget's counts, also where that is its whole time range.
 */
export function pairSearch(where: Where, props: SearchProps): string {
  const terms = [
    term('MetricName', [props.metric.name]),
    ...props.agentId === undefined ? [] : [term(DIMENSIONS.agentId, [props.agentId])],
    ...props.models ? [term(DIMENSIONS.model, props.models)] : [],
  ];
  const schema = [quoted(props.namespace), ...Object.values(DIMENSIONS)].join(',');
  const query = `{${schema}} ${terms.join(' ')}`;
  if (!Token.isUnresolved(query) && query.length > MAX_SEARCH_LENGTH) {
    throw propError(where, 'models', `short enough for a search of ${MAX_SEARCH_LENGTH} characters`, `${query.length} characters`, 'Give `agents` too, so that metrics are named, or fewer models.');
  }
  return `SEARCH('${query}', '${props.metric.statistic}')`;
}

function term(property: string, values: readonly string[]): string {
  const exact = values.map(value => `"${value}"`);
  return `${property}=${exact.length === 1 ? exact[0] : `(${exact.join(' OR ')})`}`;
}

function quoted(namespace: string): string {
  return /^[A-Za-z0-9]+$/.test(namespace) ? namespace : `"${namespace}"`;
}
