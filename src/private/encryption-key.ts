import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { IConstruct } from 'constructs';
import { isKnownToDiffer } from './region-account';
import { warnWithStatement } from './synth-messages';

/**
 * Actions on a customer managed key that DynamoDB needs to read an encrypted table for the caller (Developer
 * Guide, "DynamoDB encryption at rest: usage notes").
 */
export const TABLE_KEY_READ_ACTIONS = ['kms:Decrypt', 'kms:DescribeKey'];
/**
 * Actions that DynamoDB needs to write for the caller, from the same page. Each action is listed, because
 * `kms:ReEncrypt*` and `kms:GenerateDataKey*` would be wildcards.
 */
export const TABLE_KEY_WRITE_ACTIONS = [
  ...TABLE_KEY_READ_ACTIONS,
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'kms:GenerateDataKeyWithoutPlaintext',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
];

/** Key, or another object that holds a key policy. */
export interface PolicyHolder {
  readonly node: { readonly path: string };
  addToResourcePolicy(
    statement: iam.PolicyStatement,
    allowNoOp?: boolean,
  ): { readonly statementAdded: boolean };
}

/**
 * Statements in earlier warnings, by key. Several functions with one key need the same statements, and each
 * statement is shown once.
 */
const WARNED = new WeakMap<PolicyHolder, Set<string>>();

/**
 * Adds a statement to the policy of a key. If the key is imported or managed by AWS, its policy cannot be
 * changed from here, and a warning contains the statement.
 *
 * @param consequence sentence of the warning that states the failure without the statement
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
 * Allows CloudWatch Logs to use a key for the log groups of the stack. aws-cdk-lib adds no statement for
 * this, and a log group cannot be created without one (CloudWatch Logs User Guide, "Encrypt log data").
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
      // The log group refers to the key, so the key cannot refer to a single log group without a cycle.
      conditions: {
        ArnLike: {
          'kms:EncryptionContext:aws:logs:arn': `arn:${partition}:logs:${region}:${account}:log-group:*`,
        },
      },
    }),
    'CloudWatch Logs cannot encrypt the log group, and its creation fails.',
  );
}

/** Services that use a key on behalf of the functions made here, or of the principal that deploys them. */
const CALLED_SERVICES = ['dynamodb', 'lambda', 'sqs'];

/**
 * Warns of a key in another account. The warning contains the statement that allows principals of this
 * account to use the key through DynamoDB, Lambda and SQS. The policies of the roles limit this further.
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
 * Grants the right to use a key through one service only.
 *
 * @param scope construct in the region of the service
 * @param service name of the service in `kms:ViaService`, such as `dynamodb`
 */
export function grantKeyThrough(
  scope: IConstruct,
  key: kms.IKey,
  grantee: iam.IGrantable,
  service: string,
  actions: readonly string[],
): void {
  const target = findTargetKey(key);
  // The key of an imported alias is unknown. aws-cdk-lib then grants by a condition on the alias.
  if (!target) {
    key.grant(grantee, ...actions);
    return;
  }
  iam.Grant.addToPrincipal({
    grantee,
    actions: [...actions],
    resourceArns: [target.keyArn],
    conditions: { StringEquals: { 'kms:ViaService': serviceName(service, Stack.of(scope).region) } },
  });
}

/** Returns the name of a service for `kms:ViaService`, which ends in `.amazonaws.com` in every partition. */
function serviceName(service: string, region: string): string {
  return `${service}.${region}.amazonaws.com`;
}

/**
 * Returns the key itself, or the target key of an alias that is made in the app. IAM policies cannot refer to
 * an alias.
 */
function findTargetKey(key: kms.IKey): kms.IKey | undefined {
  if (!('aliasName' in key)) return key;
  return key.node.defaultChild ? (key as kms.Alias).aliasTargetKey : undefined;
}
