import { Resource, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as sns from 'aws-cdk-lib/aws-sns';
import type { IConstruct, IDependable } from 'constructs';
import { isKnownToDiffer, requireSamePlace } from './region-account';
import { atSynth, warn } from './synth-messages';
import { isAwsManaged, findTopicKeyText, allowKeyUse, findAppKey } from './topic-key';
import {
  alarmPublisher,
  budgetPublisher,
  createTopicPolicy,
  isMadeInApp,
  KEY_ACTIONS,
  keyStatement,
  allowPublish,
  PUBLISH,
  rolePublisher,
  type Topic,
  warnOfImportedTopic,
} from './topic-policy';
import { propError, type Where } from './validate';

const KEY_FIX =
  'CloudWatch and AWS Budgets cannot use an AWS managed key, and notifications would be lost: use a customer ' +
  'managed key, or no key.';

/** Requires a standard topic. AWS Budgets rejects FIFO topics, which deliver only to queues. */
export function requireStandardTopic(where: Where, prop: string, topic: sns.ITopic | undefined): void {
  if (topic?.fifo) {
    throw propError(
      where,
      prop,
      'a standard topic',
      'a FIFO topic',
      'FIFO topics deliver to queues only: pass a standard topic.',
    );
  }
}

/**
 * Requires a key that AWS does not manage. The policy of the AWS managed key of SNS allows only principals of
 * the account (SNS Developer Guide, "Key management"). CloudWatch and AWS Budgets cannot use that key.
 */
export function requireCustomerKey(where: Where, prop: string, key: kms.IKey): void {
  if (isAwsManaged(key.keyArn)) {
    throw propError(where, prop, 'a customer managed key', key.node.path, KEY_FIX);
  }
}

/** Returns an error if a topic is encrypted with an AWS managed key. Returns undefined for other topics. */
function topicKeyError(where: Where, prop: string, topic: Topic): Error | undefined {
  if (!isAwsManaged(findTopicKeyText(topic))) return undefined;
  return propError(
    where,
    prop,
    'a topic with a customer managed key, or without a key',
    `${topic.node.path} with the AWS managed key of SNS (alias/aws/sns)`,
    KEY_FIX,
  );
}

/**
 * Allows the CloudWatch alarms of a scope to publish to a topic. Runs before synth. For policies and keys
 * that the app adds later, use {@link allowAlarmsToPublishAtSynth}.
 *
 * @throws if the topic is in another region
 */
export function allowAlarmsToPublish(scope: IConstruct, prop: string, topic: sns.ITopic): void {
  requireAlarmTopic(scope, prop, topic);
  const alarms = alarmPublisher(scope);
  if (isInOtherAccount(scope, topic) && isMadeInApp(topic)) createTopicPolicy(scope, topic, alarms);
  warnOfImportedTopic(scope, topic, alarms);
  allowKeyUse(scope, topic, alarms);
}

/**
 * Allows the CloudWatch alarms of a scope to publish to a topic. Runs at synth, when the policy and the key
 * of the topic are final. Cannot create a policy, because it is too late to add constructs.
 */
export function allowAlarmsToPublishAtSynth(scope: IConstruct, prop: string, topic: Topic): void {
  requireAlarmTopic(scope, prop, topic);
  const alarms = alarmPublisher(scope);
  warnOfImportedTopic(scope, topic, alarms);
  allowKeyUse(scope, topic, alarms);
  allowPublish(scope, topic, alarms, isInOtherAccount(scope, topic));
}

function requireAlarmTopic(scope: IConstruct, prop: string, topic: Topic): void {
  requireSamePlace(
    scope,
    prop,
    topic,
    'CloudWatch alarms publish only to topics of their own region: pass a topic of that region.',
    ['region'],
  );
  // An unsuitable key causes only a warning, because the topic may also have other publishers.
  const error = topicKeyError(scope, prop, topic);
  if (error) warn(scope, 'topicKey', error.message);
  if (topic.fifo) {
    warn(
      scope,
      'fifoTopic',
      `\`${prop}\` must be a standard topic to reach a person, got: the FIFO topic ${topic.node.path}. FIFO ` +
        'topics deliver to SQS queues only: pass a standard topic.',
    );
  }
}

/**
 * Allows the budgets of a scope to publish to a topic. For a topic of this app, also adds statements for
 * CloudWatch alarms, because a new policy replaces the default policy.
 *
 * @returns the policies of the topic. Deploy these policies before the budget
 * @throws if the topic has a key that AWS Budgets cannot use
 */
export function allowBudgetsToPublish(scope: IConstruct, prop: string, topic: sns.ITopic): IDependable[] {
  const error = topicKeyError(scope, prop, topic);
  if (error) throw error;
  const budgets = budgetPublisher(scope);
  // The alarms use the region of the topic. The stack with the budget can be in another region.
  const alarms = alarmPublisher(scope, topic.env.region);
  const isOwn = isMadeInApp(topic);
  const policies = isOwn ? createTopicPolicy(scope, topic, budgets) : [];
  warnOfImportedTopic(scope, topic, budgets);
  allowKeyUse(scope, topic, budgets);
  topic.masterKey?.addToResourcePolicy(keyStatement(alarms), true);
  atSynth(scope, () => {
    const late = topicKeyError(scope, prop, topic);
    if (late) warn(scope, 'topicKey', late.message);
    allowKeyUse(scope, topic, budgets);
    allowPublish(scope, topic, budgets, true);
    if (isOwn) allowPublish(scope, topic, alarms, false);
  });
  return policies;
}

/**
 * Allows a role in the account of the scope to publish to a topic. For a topic in the same account, a
 * permission of the role is enough. For a topic in another account, the topic policy and the key policy need
 * statements for the role. A warning shows each statement that this app cannot add.
 */
export function allowRoleToPublish(scope: IConstruct, topic: sns.ITopic, role: iam.IRole): void {
  const publisher = rolePublisher(scope, role);
  const isForeign = isInOtherAccount(scope, topic);
  if (isForeign && isMadeInApp(topic)) {
    createTopicPolicy(scope, topic, publisher);
    iam.Grant.addToPrincipal({ grantee: role, actions: [PUBLISH], resourceArns: [topic.topicArn] });
    if (topic.masterKey) grantKeysOfTopicAccount(topic, role);
  } else {
    topic.grantPublish(role);
  }
  // If the accounts differ, the topic policy needs a statement for the role. Equal CDK tokens mean the same
  // account.
  if (topic.env.account !== Stack.of(scope).account) {
    warnOfImportedTopic(scope, topic, publisher);
    atSynth(scope, () => allowPublish(scope, topic, publisher, true));
  }
  const { masterKey } = topic;
  // If the topic is imported, or has its key only on the CloudFormation resource, `masterKey` is undefined.
  // In this case, `findAppKey` searches the app for the key.
  if (!masterKey && !isForeign) findAppKey(topic)?.grant(role, ...KEY_ACTIONS);
  if (!masterKey || isAwsManaged(masterKey.keyArn)) return;
  if (isForeign || !Resource.isOwnedResource(masterKey)) allowKeyUse(scope, topic, publisher);
}

/**
 * Allows a role to use all keys in the account and region of a topic, but only through SNS. The resource is
 * `key/*`, because the ARN of a key in another account is not known here.
 */
function grantKeysOfTopicAccount({ env }: sns.ITopic, role: iam.IRole): void {
  iam.Grant.addToPrincipal({
    grantee: role,
    actions: [...KEY_ACTIONS],
    resourceArns: [`arn:${Stack.of(role).partition}:kms:${env.region}:${env.account}:key/*`],
    conditions: { StringEquals: { 'kms:ViaService': `sns.${env.region}.amazonaws.com` } },
  });
}

function isInOtherAccount(scope: IConstruct, { env }: Topic): boolean {
  return isKnownToDiffer(env.account, Stack.of(scope).account);
}
