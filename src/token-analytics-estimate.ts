import { Duration, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { METRICS } from './contract';
import { MonthlyCostEstimate } from './cost-estimate/monthly-cost-estimate';
import type { FunctionRuns } from './cost-estimate/monthly-usage';
import type { TokenAnalyticsProps } from './token-analytics-options';

/** Names of the metrics that the budget alert function publishes. */
const GAUGES = [METRICS.dayToDateCost.name, METRICS.monthToDateCost.name];

/**
 * Assumed runs of the nightly rollup in a month of 30 days. The duration is for a few hundred thousand
 * invocations a day.
 */
const ROLLUP_RUNS: FunctionRuns = {
  name: 'nightly rollup',
  runsPerMonth: 30,
  memorySize: 512,
  duration: Duration.seconds(60),
};
const ALERT_RUNS: FunctionRuns = {
  name: 'budget alert',
  runsPerMonth: 720,
  memorySize: 256,
  duration: Duration.seconds(2),
  metricsRead: 1,
};
/** Number of times that the nightly rollup reads each day. The second read includes late traces. */
const ROLLUP_READS = 2;
/** Number of agents for the example sum in the assumptions, if `agents` is not given. */
const EXAMPLE_AGENTS = 10;
/** Number of models for the example sum in the assumptions, if `models` is not given. */
const EXAMPLE_MODELS = 3;

/**
 * Parts of TokenAnalytics, such as `traces`. Each member is true if the estimate includes the cost of the
 * part.
 */
export interface EstimatedParts {
  readonly traces: boolean;
  readonly nightlyRollup: boolean;
  readonly budgetAlert: boolean;
}

/** Estimates the monthly cost of a TokenAnalytics. The result also lists the assumptions. */
export function estimateMonthlyCost(
  scope: IConstruct,
  props: TokenAnalyticsProps,
  parts: EstimatedParts,
): MonthlyCostEstimate {
  const agents = knownList(props.agents)?.length;
  const models = knownList(props.models)?.length;
  const more = estimateCost(scope, props, parts, agents ?? EXAMPLE_AGENTS, models ?? EXAMPLE_MODELS);
  return estimateCost(scope, props, parts, agents ?? 1, models ?? 1, [
    ...pairAssumption(agents, models, more.usd),
    ...(knownCalls(props) === undefined
      ? ['`callsPerMonth` is not given: the sum omits everything that is billed per invocation.']
      : []),
  ]);
}

function estimateCost(
  scope: IConstruct,
  props: TokenAnalyticsProps,
  { traces, nightlyRollup, budgetAlert }: EstimatedParts,
  agents: number,
  models: number,
  assumptions?: string[],
): MonthlyCostEstimate {
  const { detailLevel, metricSink, traceTableOptions } = props;
  const traceTtl = traceTableOptions?.traceTtl;
  return MonthlyCostEstimate.ofTree(scope, {
    agents,
    models,
    assumptions,
    detailLevel,
    metricSink,
    optionalMetrics: budgetAlert ? GAUGES : [],
    callsPerMonth: knownCalls(props),
    traces,
    // If the retention is known only at deployment, the estimate uses the default retention.
    traceTtl: traceTtl?.isUnresolved() ? undefined : traceTtl,
    pointInTimeRecovery: traceTableOptions?.pointInTimeRecovery,
    traceReads: nightlyRollup ? ROLLUP_READS : 0,
    functions: [...(nightlyRollup ? [ROLLUP_RUNS] : []), ...(budgetAlert ? [ALERT_RUNS] : [])],
  });
}

function pairAssumption(agents: number | undefined, models: number | undefined, more: number): string[] {
  const missing = [
    ...(agents === undefined ? [['agents', 'one agent']] : []),
    ...(models === undefined ? [['models', 'one model']] : []),
  ];
  if (missing.length === 0) return [];
  return [
    `${missing.map(([prop]) => `\`${prop}\``).join(' and ')} not given: ` +
      `${missing.map(([, one]) => one).join(' and ')} assumed. Each agent and model has its own metrics: ` +
      `for ${agents ?? EXAMPLE_AGENTS} agents and ${models ?? EXAMPLE_MODELS} models the sum is ${more.toFixed(2)} USD.`,
  ];
}

function knownCalls({ callsPerMonth }: TokenAnalyticsProps): number | undefined {
  return Token.isUnresolved(callsPerMonth) ? undefined : callsPerMonth;
}

/**
 * Returns a copy of a list. Returns undefined if there is no list, or if the list is known only at
 * deployment.
 */
export function knownList(list: readonly string[] | undefined): string[] | undefined {
  return list === undefined || Token.isUnresolved(list) ? undefined : [...list];
}
