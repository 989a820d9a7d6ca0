import { Token } from 'aws-cdk-lib';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { IConstruct } from 'constructs';
import { LOGGED_OPERATIONS, MAX_AGENT_ID_LENGTH } from '../contract';
import { CountedBy, type TokenUsageIngestProps } from './token-usage-ingest-options';
import { environmentBytes, MAX_ENVIRONMENT_BYTES } from '../instrument/instrumented-function';
import { DetailLevel } from '../metrics/detail-level';
import { EVENT_BUS, KEY, LOG_GROUP, PRICING, RETENTION, TRACE_TABLE } from '../private/kinds';
import { logGroupKey, requireLogGroupName, requireStandardClass } from '../private/log-group';
import { requireSamePlace } from '../private/region-account';
import { DURATION, NUMBER, OBJECT, oneOf, requireKind, type Shape, TEXT, TEXTS } from '../private/shape';
import { propError, requireDimensionValue, requireListed } from '../private/validate';

export const INGEST_SHAPE: Shape<TokenUsageIngestProps> = {
  traceTable: TRACE_TABLE,
  logGroup: LOG_GROUP,
  eventBus: EVENT_BUS,
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
    requireKind(where, `agentsByRole['${role}']`, agent, TEXT);
    requireDimensionValue(where, `agentsByRole['${role}']`, agent, MAX_AGENT_ID_LENGTH);
    requireListed(where, `agentsByRole['${role}']`, agent, agents);
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

/**
 * Throws an error if a function of the stack cannot subscribe to the log group.
 *
 * @throws if the log group is in another account or region
 * @throws if its class is not STANDARD, or its name is invalid
 */
export function requireSubscribable(where: IConstruct, logGroup: ILogGroup): void {
  requireSamePlace(
    where,
    'logGroup',
    logGroup,
    'A subscription filter reaches only functions of its own account and region: create an ingest there.',
  );
  requireLogGroupName(where, 'logGroup', logGroup);
  requireStandardClass(
    where,
    'logGroup',
    logGroup,
    'Log groups of other classes cannot have a subscription filter, and a class cannot be changed: create ' +
      'another log group for the invocation log.',
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
  logGroup: ILogGroup,
  own: readonly ILogGroup[],
): void {
  const key = logGroupKey(where, logGroup);
  const same = own.find(group => logGroupKey(where, group) === key);
  if (same) {
    throw propError(
      where,
      'logGroup',
      "the log group of Bedrock's invocation log",
      logGroup.node.path,
      `A function of the ingest writes to ${same.node.path}: each line would invoke the function again, in an ` +
        'endless loop. Pass the log group that Bedrock writes to.',
    );
  }
}

export function requireEnvironmentRoom(
  where: IConstruct,
  environment: { readonly [name: string]: string },
): void {
  const bytes = environmentBytes(environment);
  if (bytes > MAX_ENVIRONMENT_BYTES) {
    throw propError(
      where,
      'agentsByRole',
      `at most ${MAX_ENVIRONMENT_BYTES} bytes of environment together with prices and agents`,
      `${bytes} bytes`,
      'Shorten the values, or have callers set their agentId in requestMetadata instead.',
    );
  }
}
