import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { warn } from '../private/synth-messages';

/** Fields of an IAM policy statement that determine the allowed actions. */
interface Statement {
  readonly Effect?: string;
  readonly Action?: string | readonly string[];
  readonly NotAction?: unknown;
}

/** IAM action to write log lines. A function that is not allowed to write logs publishes no metrics. */
const PUT_LOGS = 'logs:PutLogEvents';

/**
 * Adds a warning if a function is not allowed to write logs. Skips imported roles and roles with a managed
 * policy, because their permissions are unknown. Must be called at synthesis, when the role has all its
 * statements.
 */
export function warnOfMissingLogRights(fn: lambda.IFunction): void {
  const { role } = fn;
  const resource = role?.node.defaultChild;
  if (!role || !(resource instanceof iam.CfnRole)) return;
  const stack = Stack.of(resource);
  // Skips a role with a managed policy. The policy may allow writing logs, but its content is unknown here.
  if (((stack.resolve(resource.managedPolicyArns) as unknown[] | undefined) ?? []).length > 0) return;
  if (findStatements(resource).some(allowsLogs)) return;
  warn(
    fn,
    'logRights',
    `Its role (${role.node.path}) cannot write logs. Metrics are log lines, so none would reach ` +
      'CloudWatch. Add the managed policy service-role/AWSLambdaBasicExecutionRole, or logs:CreateLogStream and ' +
      `${PUT_LOGS} on its log group. Or send metrics by \`putMetricData\`.`,
  );
}

function findStatements(role: iam.CfnRole): Statement[] {
  const stack = Stack.of(role);
  const ref = JSON.stringify(stack.resolve(role.ref));
  const inline = (stack.resolve(role.policies) as { policyDocument?: unknown }[] | undefined) ?? [];
  const attached = role.node.root.node.findAll().flatMap(construct => {
    if (!(construct instanceof iam.CfnPolicy || construct instanceof iam.CfnManagedPolicy)) return [];
    const resolve = (value: unknown): unknown => Stack.of(construct).resolve(value);
    const roles = (resolve(construct.roles) as unknown[] | undefined) ?? [];
    return roles.some(one => JSON.stringify(one) === ref) ? [resolve(construct.policyDocument)] : [];
  });
  return [...inline.map(({ policyDocument }) => policyDocument), ...attached].flatMap(
    document => (document as { readonly Statement?: Statement | Statement[] } | undefined)?.Statement ?? [],
  );
}

function allowsLogs({ Effect, Action, NotAction }: Statement): boolean {
  if (Effect !== 'Allow') return false;
  if (NotAction !== undefined) return true;
  return [Action ?? []].flat().some(action => {
    const [begin, ...more] = action.toLowerCase().split('*');
    return more.length === 0
      ? begin === PUT_LOGS.toLowerCase()
      : PUT_LOGS.toLowerCase().startsWith(begin.split('?')[0]);
  });
}
