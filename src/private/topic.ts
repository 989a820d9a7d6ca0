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
  'CloudWatch and AWS Budgets cannot use a key that AWS manages, and nothing would arrive: use a customer ' +
  'managed key, or none.';

/** A topic that reaches people: a FIFO topic delivers to queues only, and AWS Budgets refuses it. */
export function requireStandardTopic(where: Where, prop: string, topic: sns.ITopic | undefined): void {
  if (topic?.fifo) {
    throw propError(
      where,
      prop,
      'a standard topic',
      'a FIFO topic',
      'FIFO topics deliver to queues only: give a standard one.',
    );
  }
}

/**
 * Requires a key that a service can be let use. The key that AWS manages for SNS lets principals
 * of the account in, and no service (SNS Developer Guide, "Key management").
 */
export function requireCustomerKey(where: Where, prop: string, key: kms.IKey): void {
  if (isAwsManaged(key.keyArn)) {
    throw propError(where, prop, 'a customer managed key', key.node.path, KEY_FIX);
  }
}

/** Returns the error of a topic with a key that no service can be let use, or undefined if it has none. */
function topicKeyError(where: Where, prop: string, topic: Topic): Error | undefined {
  if (!isAwsManaged(findTopicKeyText(topic))) return undefined;
  return propError(
    where,
    prop,
    'a topic with a customer managed key, or without a key',
    `${topic.node.path} with the key of SNS (alias/aws/sns)`,
    KEY_FIX,
  );
}

/**
 * Makes a topic reachable for CloudWatch alarms of a scope, as far as it is known before the app is
 * synthesised.
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

/** Makes a topic reachable with what its policy and its key are at synthesis. Nothing can be created then. */
export function allowAlarmsToPublishAtSynth(scope: IConstruct, prop: string, topic: Topic): void {
  requireAlarmTopic(scope, prop, topic);
  const alarms = alarmPublisher(scope);
  warnOfImportedTopic(scope, topic, alarms);
  allowKeyUse(scope, topic, alarms);
  allowPublish(scope, topic, alarms, isInOtherAccount(scope, topic));
}

function requireAlarmTopic(scope: IConstruct, prop: string, topic: Topic): void {
  requireSamePlace(scope, prop, topic, 'CloudWatch alarms tell topics of their own region: give one of it.', [
    'region',
  ]);
  // The topic can have other publishers, so that an app may keep it.
  const error = topicKeyError(scope, prop, topic);
  if (error) warn(scope, 'topicKey', error.message);
  if (topic.fifo) {
    warn(
      scope,
      'fifoTopic',
      `\`${prop}\` must be a standard topic to reach a person, got: the FIFO topic ${topic.node.path}. FIFO ` +
        'topics deliver to SQS queues only: give a standard one.',
    );
  }
}

/**
 * Makes a topic reachable for budgets of a scope. Alarms of the account can go on publishing to it.
 *
 * @returns the policies, which must be there before the budget
 * @throws if the topic has a key that AWS Budgets cannot use
 */
export function allowBudgetsToPublish(scope: IConstruct, prop: string, topic: sns.ITopic): IDependable[] {
  const error = topicKeyError(scope, prop, topic);
  if (error) throw error;
  const budgets = budgetPublisher(scope);
  // Alarms are in the region of the topic, which can be another one than that of the budget's stack.
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
 * Lets a role of the scope publish to a topic: by the policy of the role, which is enough in the same
 * account, and by those of the topic and its key if they are of another one. What cannot be added from here
 * stands in a warning.
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
  // Tokens of two stacks are compared, too: the same one stands for the same account.
  if (topic.env.account !== Stack.of(scope).account) {
    warnOfImportedTopic(scope, topic, publisher);
    atSynth(scope, () => allowPublish(scope, topic, publisher, true));
  }
  const { masterKey } = topic;
  // An import of a topic of the app does not know the key, nor does a topic whose resource was given one.
  if (!masterKey && !isForeign) findAppKey(topic)?.grant(role, ...KEY_ACTIONS);
  if (!masterKey || isAwsManaged(masterKey.keyArn)) return;
  if (isForeign || !Resource.isOwnedResource(masterKey)) allowKeyUse(scope, topic, publisher);
}

/**
 * Grants the keys of the topic's account for calls of SNS. Another account's key has no ARN that is known
 * here.
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
