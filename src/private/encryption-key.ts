import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { IConstruct } from 'constructs';
import { warnOfStatement } from './notice';

/** Statements that were warned of, of each key: every function that uses it needs the same ones. */
const WARNED = new WeakMap<kms.IKey, Set<string>>();

/**
 * Adds a statement to the policy of a key. If the key is imported or belongs to AWS, its policy cannot be
 * changed from here, and a warning has the statement.
 *
 * @param what what fails without the statement, as the warning says it
 */
export function addToKeyPolicy(
  scope: IConstruct,
  key: kms.IKey,
  statement: iam.PolicyStatement,
  what: string,
): void {
  const { statementAdded } = key.addToResourcePolicy(statement, true);
  if (statementAdded) return;
  const warned = WARNED.get(key) ?? new Set();
  WARNED.set(key, warned);
  const text = JSON.stringify(Stack.of(scope).resolve(statement.toStatementJson()));
  if (warned.has(text)) return;
  warned.add(text);
  warnOfStatement(
    scope,
    'keyPolicy',
    `The policy of ${key.node.path} cannot be changed from here. ${what} Add this statement to it:`,
    statement,
  );
}

/**
 * Lets CloudWatch Logs use a key for log groups of the stack. aws-cdk-lib adds no statement for it, and
 * without one the log group is not created (CloudWatch Logs User Guide, "Encrypt log data").
 */
export function letLogsUse(scope: IConstruct, key: kms.IKey): void {
  const { account, partition, region } = Stack.of(scope);
  addToKeyPolicy(
    scope,
    key,
    new iam.PolicyStatement({
      principals: [new iam.ServicePrincipal(`logs.${region}.amazonaws.com`)],
      actions: ['kms:Encrypt*', 'kms:Decrypt*', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'],
      resources: ['*'],
      // A log group of the stack names the key, so that the key cannot name the log group.
      conditions: {
        ArnLike: {
          'kms:EncryptionContext:aws:logs:arn': `arn:${partition}:logs:${region}:${account}:log-group:*`,
        },
      },
    }),
    'CloudWatch Logs cannot encrypt the log group, and its creation fails.',
  );
}

/**
 * Lets a role use a key for calls of one service, such as `dynamodb` or `sqs`, and for nothing else.
 *
 * @param service as in the value of `kms:ViaService`, which ends in `.amazonaws.com` in every partition
 */
export function grantKeyThrough(
  key: kms.IKey,
  role: iam.IRole,
  service: string,
  actions: readonly string[],
): void {
  iam.Grant.addToPrincipal({
    grantee: role,
    actions: [...actions],
    resourceArns: [key.keyArn],
    conditions: { StringEquals: { 'kms:ViaService': `${service}.${Stack.of(role).region}.amazonaws.com` } },
  });
}
