import { Token } from 'aws-cdk-lib';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { IConstruct } from 'constructs';
import { DEFAULT_NAMESPACE, LOGGED_OPERATIONS, SPANS_LOG_GROUP } from '../contract';
import { CallerIdentity, CountedBy, type TokenUsageIngestProps } from './token-usage-ingest-options';
import { requireAgent, requireSpanOptions, SPANS_SHAPE } from './validate-spans';
import { environmentBytes, MAX_ENVIRONMENT_BYTES } from '../instrument/instrumented-function';
import { DetailLevel } from '../metrics/detail-level';
import { EVENT_BUS, KEY, LOG_GROUP, PRICING, RETENTION, TRACE_TABLE } from '../private/kinds';
import { logGroupKey, requireLogGroupName, requireStandardClass } from '../private/log-group';
import { requireSamePlace } from '../private/region-account';
import {
  DURATION,
  NUMBER,
  OBJECT,
  oneOf,
  options,
  requireKind,
  type Shape,
  TEXT,
  TEXTS,
} from '../private/shape';
import { propError, requireNamespace, requireUnit, requireWholeNumber } from '../private/validate';
import { requireAgents } from '../private/validate-agents';

export const INGEST_SHAPE: Shape<TokenUsageIngestProps> = {
  traceTable: TRACE_TABLE,
  logGroup: LOG_GROUP,
  eventBus: EVENT_BUS,
  spans: options(SPANS_SHAPE),
  callers: oneOf('CallerIdentity', CallerIdentity),
  namespace: TEXT,
  detailLevel: oneOf('DetailLevel', DetailLevel),
  agents: TEXTS,
  agentsByRole: OBJECT,
  ignoredRoles: TEXTS,
  countedBy: OBJECT,
  pricing: PRICING,
  reservedConcurrentExecutions: NUMBER,
  retryAttempts: NUMBER,
  maxEventAge: DURATION,
  logRetention: RETENTION,
  encryptionKey: KEY,
};
const COUNTED_BY = oneOf('CountedBy', CountedBy);

export const DEFAULT_CONCURRENCY = 5;
export const DEFAULT_RETRIES = 2;
const MAX_CONCURRENCY = 1000;
/** Minimum of `maxEventAge` in seconds (Lambda API reference, PutFunctionEventInvokeConfig). */
const MIN_AGE_SECONDS = 60;
/** Maximum of `maxEventAge` in seconds (Lambda API reference, PutFunctionEventInvokeConfig). */
const MAX_AGE_SECONDS = 21_600;

/** Pattern of a valid role name without a path (IAM API reference, CreateRole). */
const ROLE_NAME = /^[\w+=,.@-]{1,64}$/;

/**
 * Throws an error if a prop of the ingest is invalid. The log groups are checked when they are added.
 */
export function requireIngestProps(
  where: IConstruct,
  {
    agents,
    agentsByRole = {},
    ignoredRoles = [],
    countedBy = {},
    namespace,
    maxEventAge,
    eventBus,
    encryptionKey,
    spans = {},
    ...props
  }: TokenUsageIngestProps,
): void {
  requireNamespace(where, namespace ?? DEFAULT_NAMESPACE);
  requireAgents(where, 'agents', agents);
  requireAgentsByRole(where, agentsByRole, agents);
  for (const role of ignoredRoles) requireRoleName(where, 'ignoredRoles', role);
  requireSpanOptions(where, spans, agents);
  requireCountedBy(where, 'countedBy', countedBy);
  requireWholeNumber(
    where,
    'reservedConcurrentExecutions',
    props.reservedConcurrentExecutions ?? DEFAULT_CONCURRENCY,
    1,
    MAX_CONCURRENCY,
  );
  requireWholeNumber(where, 'retryAttempts', props.retryAttempts ?? DEFAULT_RETRIES, 0, 2);
  if (maxEventAge) requireUnit(where, 'maxEventAge', maxEventAge, 'seconds');
  const seconds = maxEventAge?.isUnresolved() ? undefined : maxEventAge?.toSeconds();
  if (seconds !== undefined && (seconds < MIN_AGE_SECONDS || seconds > MAX_AGE_SECONDS)) {
    throw propError(
      where,
      'maxEventAge',
      'from one minute to six hours',
      maxEventAge?.toHumanString(),
      'Lambda keeps events for at most six hours.',
    );
  }
  if (eventBus) {
    requireSamePlace(
      where,
      'eventBus',
      eventBus,
      'Pass a bus in the region and account of the stack, and forward the events to it by a rule on the other ' +
        'bus, see docs/ingest.md.',
    );
  }
  if (encryptionKey) {
    requireSamePlace(
      where,
      'encryptionKey',
      encryptionKey,
      'Queues, log groups and functions need a key of their own region: pass one, such as a replica.',
      ['region'],
    );
  }
}

function requireRoleName(where: IConstruct, prop: string, name: string): void {
  if (Token.isUnresolved(name)) return;
  if (!ROLE_NAME.test(name)) {
    throw propError(
      where,
      prop,
      'names of roles',
      name,
      'Pass only the name, without ARN and path, because the log contains no path.',
    );
  }
  if (name.includes(',')) {
    throw propError(where, prop, 'names of roles without a comma', name, 'Rename the role.');
  }
}

function requireAgentsByRole(
  where: IConstruct,
  agentsByRole: { readonly [role: string]: string },
  agents: readonly string[] | undefined,
): void {
  for (const [role, agent] of Object.entries(agentsByRole)) {
    requireRoleName(where, 'agentsByRole', role);
    requireAgent(where, `agentsByRole['${role}']`, agent, agents);
  }
}

/** Requires that the keys of `countedBy` are operations of the invocation log, with a valid value. */
export function requireCountedBy(
  where: IConstruct,
  prop: string,
  countedBy: { readonly [operation: string]: CountedBy },
): void {
  requireOperations(where, prop, Object.keys(countedBy));
  for (const [operation, counter] of Object.entries(countedBy)) {
    requireKind(where, `${prop}['${operation}']`, counter, COUNTED_BY);
  }
}

function requireOperations(where: IConstruct, prop: string, operations: readonly string[]): void {
  const unknown = operations.find(operation => !(LOGGED_OPERATIONS as readonly string[]).includes(operation));
  if (unknown !== undefined) {
    throw propError(
      where,
      prop,
      `an object whose keys are operations of the invocation log (${LOGGED_OPERATIONS.join(', ')})`,
      unknown,
      'Remove it: the log contains no other operations.',
    );
  }
}

/** Kind of log group that an ingest reads, for error messages. */
export interface LogGroupKind {
  /** Noun for the log group, such as "the log group of Bedrock's invocation log". */
  readonly noun: string;
  /** Writer of the log group, such as "Bedrock". */
  readonly writer: string;
  /** Content of the log group, such as "the invocation log". */
  readonly content: string;
}
export const INVOCATION_LOG: LogGroupKind = {
  noun: "the log group of Bedrock's invocation log",
  writer: 'Bedrock',
  content: 'the invocation log',
};
export const SPANS_LOG: LogGroupKind = {
  noun: 'a log group of OpenTelemetry spans',
  writer: 'the agents or X-Ray',
  content: 'the spans',
};

/**
 * Throws an error if a function of the stack cannot subscribe to the log group.
 *
 * @throws if the log group is in another account or region
 * @throws if its class is not STANDARD, or its name is invalid
 */
export function requireSubscribable(
  where: IConstruct,
  prop: string,
  logGroup: ILogGroup,
  { content }: LogGroupKind,
): void {
  requireSamePlace(
    where,
    prop,
    logGroup,
    'A subscription filter reaches only functions of its own account and region: create an ingest there.',
  );
  requireLogGroupName(where, prop, logGroup);
  requireStandardClass(
    where,
    prop,
    logGroup,
    'Log groups of other classes cannot have a subscription filter, and a class cannot be changed: create ' +
      `another log group for ${content}.`,
  );
}

/**
 * Throws an error if a function of the ingest writes to the log group. A function that reads its own log
 * invokes itself with each line that it writes.
 *
 * @param own log groups to which the functions of the ingest write
 */
export function requireOtherLogGroup(
  where: IConstruct,
  prop: string,
  logGroup: ILogGroup,
  { own, kind }: { readonly own: readonly ILogGroup[]; readonly kind: LogGroupKind },
): void {
  const key = logGroupKey(where, logGroup);
  const same = own.find(group => logGroupKey(where, group) === key);
  if (same) {
    throw propError(
      where,
      prop,
      kind.noun,
      logGroup.node.path,
      `A function of the ingest writes to ${same.node.path}: each line would invoke the function again, in an ` +
        `endless loop. Pass the log group that ${kind.writer} writes to.`,
    );
  }
}

/**
 * Throws an error if the environment variables of a function exceed the limit of Lambda. The error names the
 * largest prop.
 */
export function requireEnvironmentRoom(
  where: IConstruct,
  props: TokenUsageIngestProps,
  environment: { readonly [name: string]: string },
): void {
  const bytes = environmentBytes(environment);
  if (bytes <= MAX_ENVIRONMENT_BYTES) return;
  const [{ prop, fix }] = largeProps(props).sort((one, other) => other.length - one.length);
  throw propError(
    where,
    prop,
    `at most ${MAX_ENVIRONMENT_BYTES} bytes of environment together with the other props`,
    `${bytes} bytes`,
    fix,
  );
}

/** Returns the props without a maximum size, each with its length in JSON and a way to make it shorter. */
function largeProps({
  agentsByRole,
  ignoredRoles,
  agents,
  pricing,
  spans = {},
}: TokenUsageIngestProps): { readonly prop: string; readonly length: number; readonly fix: string }[] {
  const { agentsByService, ignoredServices, unloggedServices } = spans;
  const props: readonly (readonly [prop: string, value: object | undefined, fix: string])[] = [
    [
      'agentsByRole',
      agentsByRole,
      'Shorten the values, or have callers set their agentId in requestMetadata instead.',
    ],
    ['ignoredRoles', ignoredRoles, 'Remove roles, or give several programs one role.'],
    ['agents', agents, 'Remove agents, or shorten their ids.'],
    ['pricing', pricing?.environment, 'Remove prices that equal the list prices, or use patterns with *.'],
    [
      'spans.agentsByService',
      agentsByService,
      'Remove services whose name is the agent id, or shorten the agent ids.',
    ],
    [
      'spans.ignoredServices',
      ignoredServices,
      'Remove services that send no spans of model calls, or turn off the spans of these calls in the services.',
    ],
    [
      'spans.unloggedServices',
      unloggedServices,
      'Remove services, or read their calls from the invocation log instead.',
    ],
  ];
  return props.map(([prop, value, fix]) => ({
    prop,
    length: value === undefined ? 0 : JSON.stringify(value).length,
    fix,
  }));
}

/**
 * Returns an error if an ingest has no source.
 *
 * @param functions functions of the ingest that read a source
 */
export function missingSourceError(
  where: IConstruct,
  { spans }: Pick<TokenUsageIngestProps, 'spans'>,
  functions: {
    readonly logsFunction?: lambda.IFunction;
    readonly eventsFunction?: lambda.IFunction;
    readonly spansFunction?: lambda.IFunction;
  },
): Error | undefined {
  const { logsFunction, eventsFunction, spansFunction } = functions;
  if (spans && !spansFunction) {
    return propError(
      where,
      'spans.logGroups',
      'a list of at least one log group, or one must be added by `addSpansLogGroup`',
      '[]',
      `Remove the list to read ${SPANS_LOG_GROUP}, or remove \`spans\`.`,
    );
  }
  return logsFunction || eventsFunction || spansFunction
    ? undefined
    : propError(
        where,
        'logGroup',
        'given, or `eventBus`, or `spans`, or a log group by `addLogGroup` or `addSpansLogGroup`',
        'none of them',
        'Pass a source for the ingest, or remove the ingest.',
      );
}
