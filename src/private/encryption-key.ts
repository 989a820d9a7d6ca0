import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { IConstruct } from 'constructs';
import { isKnownToDiffer } from './region-account';
import { warnWithStatement } from './synth-messages';

/**
 * KMS permissions for reading a table with a customer managed key. The caller needs these permissions,
 * because DynamoDB uses the key on behalf of the caller (DynamoDB Developer Guide, "DynamoDB encryption at
 * rest: usage notes").
 */
export const TABLE_KEY_READ_ACTIONS = ['kms:Decrypt', 'kms:DescribeKey'];
/**
 * KMS permissions for writing to a table with a customer managed key (DynamoDB Developer Guide, "DynamoDB
 * encryption at rest: usage notes"). The list avoids the wildcards `kms:ReEncrypt*` and
 * `kms:GenerateDataKey*`.
 */
export const TABLE_KEY_WRITE_ACTIONS = [
  ...TABLE_KEY_READ_ACTIONS,
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'kms:GenerateDataKeyWithoutPlaintext',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
];

/** KMS key, or another object that can add statements to a key policy. */
export interface PolicyHolder {
  readonly node: { readonly path: string };
  addToResourcePolicy(
    statement: iam.PolicyStatement,
    allowNoOp?: boolean,
  ): { readonly statementAdded: boolean };
}

/**
 * Policy statements that a warning has already shown, for each key. If several functions need the same
 * statement, it is shown only once.
 */
const WARNED = new WeakMap<PolicyHolder, Set<string>>();

/**
 * Adds a statement to a key policy. If the key is imported or managed by AWS, this app cannot change the
 * policy. In this case, adds a warning with the statement.
 *
 * @param consequence sentence of the warning: the failure that occurs without the statement
 */
export function addToKeyPolicy(
  scope: IConstruct,
  key: PolicyHolder,
  statement: iam.PolicyStatement,
  consequence: string,
): void {
  const { statementAdded } = key.addToResourcePolicy(statement, true);
  if (statementAdded || isAlreadyWarned(scope, key, statement)) return;
  warnWithStatement(
    scope,
    'keyPolicy',
    `The policy of ${key.node.path} cannot be changed from here. ${consequence} Add this statement to the policy:`,
    statement,
  );
}

function isAlreadyWarned(scope: IConstruct, key: PolicyHolder, statement: iam.PolicyStatement): boolean {
  const warned = WARNED.get(key) ?? new Set();
  WARNED.set(key, warned);
  const text = JSON.stringify(Stack.of(scope).resolve(statement.toStatementJson()));
  if (warned.has(text)) return true;
  warned.add(text);
  return false;
}

/**
 * Allows CloudWatch Logs to use a key for the log groups of the stack. Without this statement in the key
 * policy, the creation of an encrypted log group fails (CloudWatch Logs User Guide, "Encrypt log data").
 * aws-cdk-lib does not add the statement.
 */
export function allowLogsToUseKey(scope: IConstruct, key: kms.IKey): void {
  const { account, partition, region } = Stack.of(scope);
  addToKeyPolicy(
    scope,
    key,
    new iam.PolicyStatement({
      principals: [new iam.ServicePrincipal(`logs.${region}.amazonaws.com`)],
      actions: ['kms:Encrypt*', 'kms:Decrypt*', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'],
      resources: ['*'],
      // `log-group:*` stands for all log groups of the account and region. The name of one log group would
      // form a cycle: the log group refers to the key, and the key would refer to the log group.
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
 * AWS services that use a KMS key on behalf of a handler function, or on behalf of the principal that deploys
 * the stack.
 */
const CALLED_SERVICES = ['dynamodb', 'lambda', 'sqs'];

/**
 * Adds a warning if a key belongs to another account. The warning shows a statement to add to the key policy.
 * The statement allows the account of the stack to use the key through DynamoDB, Lambda or SQS.
 */
export function warnOfForeignKey(scope: IConstruct, key: kms.IKey): void {
  const { account, region } = Stack.of(scope);
  if (!isKnownToDiffer(key.env.account, account)) return;
  const statement = new iam.PolicyStatement({
    principals: [new iam.AccountPrincipal(account)],
    actions: [
      'kms:CreateGrant',
      'kms:Decrypt',
      'kms:DescribeKey',
      'kms:Encrypt',
      'kms:GenerateDataKey*',
      'kms:ReEncrypt*',
    ],
    resources: ['*'],
    conditions: {
      StringEquals: {
        'kms:ViaService': CALLED_SERVICES.map(service => serviceName(service, region)),
      },
    },
  });
  if (isAlreadyWarned(scope, key, statement)) return;
  warnWithStatement(
    scope,
    'foreignKey',
    `${key.node.path} belongs to another account (${key.env.account}). Without a statement for the account of the ` +
      'stack, the deployment fails, or queues and tables refuse writes. Add this statement to the key policy:',
    statement,
  );
}

/**
 * Allows a grantee to use a key, but only through one AWS service. For an imported alias, the permission is
 * limited to the alias instead of the service.
 *
 * @param service name of the service, such as `dynamodb` for `dynamodb.<region>.amazonaws.com`
 * @param region region of the key. Default: the region of the stack of `scope`
 */
export function grantKeyThrough(
  scope: IConstruct,
  key: kms.IKey,
  grantee: iam.IGrantable,
  service: string,
  actions: readonly string[],
  region = Stack.of(scope).region,
): void {
  const target = findTargetKey(key);
  // If the key is an imported alias, its ARN is unknown. `key.grant` adds a condition on the alias.
  if (!target) {
    key.grant(grantee, ...actions);
    return;
  }
  iam.Grant.addToPrincipal({
    grantee,
    actions: [...actions],
    resourceArns: [target.keyArn],
    conditions: { StringEquals: { 'kms:ViaService': serviceName(service, region) } },
  });
}

/**
 * Returns the value of `kms:ViaService` for a service. The value ends in `.amazonaws.com` in every partition.
 */
export function serviceName(service: string, region: string): string {
  return `${service}.${region}.amazonaws.com`;
}

/**
 * Returns the KMS key whose ARN an IAM policy can contain: the key itself, or the target key of an alias.
 * Returns undefined for an imported alias, because its target key is unknown.
 */
function findTargetKey(key: kms.IKey): kms.IKey | undefined {
  if (!('aliasName' in key)) return key;
  return key.node.defaultChild ? (key as kms.Alias).aliasTargetKey : undefined;
}
