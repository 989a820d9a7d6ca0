import { asObject } from '../usage/counts';

/**
 * The ARN of a role's session, which leaves the role's path out,
 * or of the role itself (IAM User Guide, "IAM identifiers").
 */
const SESSION = /^arn:[^:]*:sts::\d*:assumed-role\/([^/]+)\//;
const ROLE = /^arn:[^:]*:iam::\d*:role\/(?:.*\/)?([^/]+)$/;

/** Maximum characters of an ARN (IAM API reference). What is longer names no role. */
const MAX_ARN_LENGTH = 2048;

/** The names of the roles in a record's `identity`, which some records have as a list. */
export function callerRoles(identity: unknown): readonly string[] {
  const identities: readonly unknown[] = Array.isArray(identity) ? identity : [identity];
  return identities.flatMap(each => {
    const arn = typeof each === 'string' ? each : asObject(each)?.arn;
    if (typeof arn !== 'string' || arn.length > MAX_ARN_LENGTH) return [];
    const name = (SESSION.exec(arn) ?? ROLE.exec(arn))?.[1];
    return name === undefined ? [] : [name];
  });
}
