import { DIMENSIONS, type MetricContract } from '../contract';

/** Maximum number of agents that a query returns. */
const MAX_FOUND_AGENTS = 10;

/**
 * Returns a Metrics Insights query for the sum of a metric by agent. CloudWatch adds up the models of each
 * agent, and returns the agents with the highest sums. Returns undefined if the metric cannot be added up.
 *
 * The query does not find the total of all invocations, because the total has no dimensions. A query reads
 * only the last two weeks, and each widget can have only one query (CloudWatch User Guide, "Metrics Insights
 * quotas").
 *
 * @param namespace namespace of the metric. A valid namespace contains no quotes
 */
export function agentQuery(namespace: string, metric: MetricContract): string | undefined {
  if (metric.statistic !== 'Sum') return undefined;
  const { agentId, model } = DIMENSIONS;
  return (
    `SELECT SUM(${metric.name}) FROM SCHEMA("${namespace}", ${agentId}, ${model}) ` +
    `GROUP BY ${agentId} ORDER BY SUM() DESC LIMIT ${MAX_FOUND_AGENTS}`
  );
}
