import { AGENT_MODEL, type AnswerUsage, type ModelAnswer, type ModelRequest } from './wire-shapes';
import { BEDROCK_METRICS } from '../../../src/contract';
import type { MetricStore } from '../cloudwatch/metrics/metric-store';

/** Destination and time of the metrics that Bedrock publishes about calls. */
export interface AccountMetrics {
  readonly store: MetricStore;
  /**
   * Returns the time of a call.
   *
   * @default - the current time
   */
  readonly timeOf?: (request: ModelRequest) => Date;
}

/** HTTP status of a throttled call. Throttled calls have a metric of their own. */
const THROTTLED_STATUS = 429;
/** Lowest HTTP status of a server error. */
const SERVER_ERROR_STATUS = 500;

/**
 * Publishes the metrics of one call, as Bedrock does for each call in the account. If a recorded response is
 * replayed, its tokens are not published, because the emulator does not read them.
 */
export function publishCall(
  { store, timeOf = () => new Date() }: AccountMetrics,
  request: ModelRequest,
  answer: ModelAnswer,
): void {
  const { operation, modelId } = request;
  const isAgent = operation === 'InvokeAgent' || operation === 'InvokeInlineAgent';
  putCallMetrics(store, isAgent ? AGENT_MODEL : modelId, timeOf(request), metricsOf(answer));
}

/**
 * Puts metrics of the namespace `AWS/Bedrock` for one model id into a store.
 *
 * @param modelId id or ARN in the request. The dimension has the part of an ARN after the last `/`
 * @param values value of each metric, by metric name
 */
export function putCallMetrics(
  store: MetricStore,
  modelId: string,
  timestamp: Date,
  values: Readonly<Record<string, number>>,
): void {
  const dimension = modelId.slice(modelId.lastIndexOf('/') + 1);
  for (const [name, value] of Object.entries(values)) {
    store.putDatum({
      namespace: BEDROCK_METRICS.namespace,
      name,
      dimensions: { [BEDROCK_METRICS.modelDimension]: dimension },
      timestamp,
      values: [value],
    });
  }
}

/** Returns the values of an answered call, by metric name. */
export function answeredCall(usage: AnswerUsage): Readonly<Record<string, number>> {
  return {
    [BEDROCK_METRICS.invocations]: 1,
    [BEDROCK_METRICS.inputTokens]: usage.inputTokens,
    [BEDROCK_METRICS.outputTokens]: usage.outputTokens,
    [BEDROCK_METRICS.cacheReadTokens]: usage.cacheReadTokens ?? 0,
    [BEDROCK_METRICS.cacheWriteTokens]: (usage.cacheWrite5mTokens ?? 0) + (usage.cacheWrite1hTokens ?? 0),
  };
}

function metricsOf(answer: ModelAnswer): Readonly<Record<string, number>> {
  if ('error' in answer) return { [failureMetric(answer.error.status)]: 1 };
  return 'usage' in answer ? answeredCall(answer.usage) : { [BEDROCK_METRICS.invocations]: 1 };
}

function failureMetric(status: number): string {
  if (status === THROTTLED_STATUS) return 'InvocationThrottles';
  return status < SERVER_ERROR_STATUS ? 'InvocationClientErrors' : 'InvocationServerErrors';
}
