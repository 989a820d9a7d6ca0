import { Duration, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { MonthlyCostEstimate } from './cost-estimate/monthly-cost-estimate';
import type { FunctionRuns } from './cost-estimate/monthly-usage';
import type { TokenAnalyticsProps } from './token-analytics-options';

/**
 * Runs of the functions in a month of 30 days, for the estimate:
 * what they take at some hundred thousand calls a day.
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
/** The nightly rollup reads each day twice, so that late traces are in. */
const ROLLUP_READS = 2;
/** Numbers of agents and models that the text compares with, if they are not given. */
const EXAMPLE_AGENTS = 10;
const EXAMPLE_MODELS = 3;

/** Parts that a TokenAnalytics has. */
export interface EstimatedParts {
  readonly traces: boolean;
  readonly nightlyRollup: boolean;
  readonly budgetAlert: boolean;
}

/** Estimates what a TokenAnalytics costs in a month, and says what is assumed. */
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
      ? ['`callsPerMonth` is not given: what each invocation costs here is not in the sum.']
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
    callsPerMonth: knownCalls(props),
    traces,
    // A time that is known only at deployment is taken for the default one.
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
      `${missing.map(([, one]) => one).join(' and ')} assumed. Each agent and model has metrics of its own: ` +
      `for ${agents ?? EXAMPLE_AGENTS} agents and ${models ?? EXAMPLE_MODELS} models it is ${more.toFixed(2)} USD.`,
  ];
}

function knownCalls({ callsPerMonth }: TokenAnalyticsProps): number | undefined {
  return Token.isUnresolved(callsPerMonth) ? undefined : callsPerMonth;
}

/** Returns a list that is known at synth, as far as its length goes. */
export function knownList(list: readonly string[] | undefined): string[] | undefined {
  return list === undefined || Token.isUnresolved(list) ? undefined : [...list];
}
