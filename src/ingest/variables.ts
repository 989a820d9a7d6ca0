import { ENV, DEFAULT_NAMESPACE, LOGGED_OPERATIONS } from '../contract';
import { CountedBy, type TokenUsageIngestProps } from './token-usage-ingest-options';
import type { HandlerFunction } from '../private/handler-function';
import { jsonList } from '../private/token-text';

/** Environment variables of a function. */
export interface Variables {
  readonly [name: string]: string;
}

/** Returns the environment variables for all functions of an ingest. */
export function ingestVariables(
  {
    traceTable,
    pricing,
    namespace = DEFAULT_NAMESPACE,
    detailLevel,
    agents,
    agentsByRole,
    ignoredRoles,
    callers,
    countedBy,
  }: TokenUsageIngestProps,
  queueUrl: string,
): Variables {
  return {
    ...traceTable.environment,
    ...pricing?.environment,
    [ENV.namespace]: namespace,
    [ENV.ingestQueue]: queueUrl,
    ...(agents ? { [ENV.agents]: jsonList(agents) } : {}),
    ...(detailLevel === undefined ? {} : { [ENV.detailLevel]: detailLevel }),
    ...(agentsByRole === undefined ? {} : { [ENV.ingestRoles]: JSON.stringify(agentsByRole) }),
    ...listVariable(ENV.ingestIgnoredRoles, ignoredRoles),
    ...listVariable(ENV.leftToTracker, operationsCountedBy(CountedBy.TRACKER, countedBy)),
    ...(callers === undefined ? {} : { [ENV.ingestCallers]: callers }),
  };
}

/**
 * Returns the environment variables for functions that record spans.
 *
 * @param waitingQueueUrl URL of the queue in which spans wait
 * @param readsLog true if the ingest also reads an invocation log
 */
export function spanVariables(
  { spans = {} }: TokenUsageIngestProps,
  { waitingQueueUrl, readsLog }: { readonly waitingQueueUrl: string; readonly readsLog: boolean },
): Variables {
  const { agentsByService, ignoredServices, unloggedServices, incidentAttribute, prefer } = spans;
  return {
    [ENV.ingestWaitingQueue]: waitingQueueUrl,
    ...(agentsByService === undefined ? {} : { [ENV.ingestServices]: JSON.stringify(agentsByService) }),
    ...(ignoredServices === undefined ? {} : { [ENV.ingestIgnoredServices]: jsonList(ignoredServices) }),
    ...(unloggedServices === undefined ? {} : { [ENV.ingestUnloggedServices]: jsonList(unloggedServices) }),
    ...(incidentAttribute === undefined ? {} : { [ENV.ingestIncidentAttribute]: incidentAttribute }),
    ...(prefer === undefined ? {} : { [ENV.ingestPreferredSpan]: prefer }),
    ...(readsLog ? { [ENV.ingestSpansLeftToLog]: 'true' } : {}),
  };
}

/** Returns the environment variables for an instrumented function if the ingest reads an invocation log. */
export function stampVariables(countedBy: TokenUsageIngestProps['countedBy']): Variables {
  return {
    [ENV.requestMetadata]: 'true',
    ...listVariable(ENV.leftToIngest, operationsCountedBy(CountedBy.INGEST, countedBy)),
  };
}

function operationsCountedBy(
  counter: CountedBy,
  countedBy: TokenUsageIngestProps['countedBy'] = {},
): readonly string[] {
  return LOGGED_OPERATIONS.filter(operation => countedBy[operation] === counter);
}

function listVariable(variable: string, values: readonly string[] = []): Variables {
  return values.length === 0 ? {} : { [variable]: values.join(',') };
}

export function setVariables({ function: fn }: HandlerFunction, variables: Variables): void {
  for (const [name, value] of Object.entries(variables)) fn.addEnvironment(name, value);
}
