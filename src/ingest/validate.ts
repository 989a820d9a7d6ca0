import { Token } from 'aws-cdk-lib';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { IConstruct } from 'constructs';
import { LOGGED_OPERATIONS } from '../contract';
import { CallerIdentity, CountedBy, type TokenUsageIngestProps } from './token-usage-ingest-options';
import { requireAgent, SPANS_SHAPE } from './validate-spans';
import { environmentBytes, MAX_ENVIRONMENT_BYTES } from '../instrument/instrumented-function';
import { DetailLevel } from '../metrics/detail-level';
import { EVENT_BUS, KEY, LOG_GROUP, PRICING, RETENTION, TRACE_TABLE } from '../private/kinds';
import { logGroupKey, requireLogGroupName, requireStandardClass } from '../private/log-group';
import { requireSamePlace } from '../private/region-account';
import { DURATION, NUMBER, OBJECT, oneOf, options, type Shape, TEXT, TEXTS } from '../private/shape';
import { propError } from '../private/validate';

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
export const COUNTED_BY = oneOf('CountedBy', CountedBy);

/** Pattern of a valid role name without a path (IAM API reference, CreateRole). */
const ROLE_NAME = /^[\w+=,.@-]{1,64}$/;

export function requireRoleName(where: IConstruct, prop: string, name: string): void {
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

export function requireAgentsByRole(
  where: IConstruct,
  agentsByRole: { readonly [role: string]: string },
  agents: readonly string[] | undefined,
): void {
  for (const [role, agent] of Object.entries(agentsByRole)) {
    requireRoleName(where, 'agentsByRole', role);
    requireAgent(where, `agentsByRole['${role}']`, agent, agents);
  }
}

export function requireOperations(where: IConstruct, prop: string, operations: readonly string[]): void {
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
 * Throws an error if the environment variables of a function exceed the limit of Lambda.
 *
 * @param prop name of the prop with the largest value
 */
export function requireEnvironmentRoom(
  where: IConstruct,
  prop: string,
  environment: { readonly [name: string]: string },
): void {
  const bytes = environmentBytes(environment);
  if (bytes > MAX_ENVIRONMENT_BYTES) {
    throw propError(
      where,
      prop,
      `at most ${MAX_ENVIRONMENT_BYTES} bytes of environment together with prices and agents`,
      `${bytes} bytes`,
      'Shorten the values, or have callers set their agentId in requestMetadata instead.',
    );
  }
}
