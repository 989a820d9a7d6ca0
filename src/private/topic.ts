import { Resource, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as sns from 'aws-cdk-lib/aws-sns';
import type { IConstruct, IDependable } from 'constructs';
import { atSynth, warn } from './notice';
import { isKnownToDiffer, requireSamePlace } from './place';
import { isAwsManaged, keyTextOf, letUseKey, ownKeyOf } from './topic-key';
import {
  alarmsOf,
  budgetsOf,
  givePolicy,
  isOfApp,
  KEY_ACTIONS,
  keyStatement,
  letPublish,
  PUBLISH,
  roleOf,
  type Topic,
  warnOfImported,
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
function keyError(where: Where, prop: string, topic: Topic): Error | undefined {
  if (!isAwsManaged(keyTextOf(topic))) return undefined;
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
export function letAlarmsPublish(scope: IConstruct, prop: string, topic: sns.ITopic): void {
  requireAlarmTopic(scope, prop, topic);
  const alarms = alarmsOf(scope);
  if (isForeignTo(scope, topic) && isOfApp(topic)) givePolicy(scope, topic, alarms);
  warnOfImported(scope, topic, alarms);
  letUseKey(scope, topic, alarms);
}

/** Makes a topic reachable with what its policy and its key are at synthesis. Nothing can be created then. */
export function letAlarmsPublishNow(scope: IConstruct, prop: string, topic: Topic): void {
  requireAlarmTopic(scope, prop, topic);
  const alarms = alarmsOf(scope);
  warnOfImported(scope, topic, alarms);
  letUseKey(scope, topic, alarms);
  letPublish(scope, topic, alarms, isForeignTo(scope, topic));
}

function requireAlarmTopic(scope: IConstruct, prop: string, topic: Topic): void {
  requireSamePlace(scope, prop, topic, 'CloudWatch alarms tell topics of their own region: give one of it.', [
    'region',
  ]);
  // The topic can have other publishers, so that an app may keep it.
  const error = keyError(scope, prop, topic);
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
export function letBudgetsPublish(scope: IConstruct, prop: string, topic: sns.ITopic): IDependable[] {
  const error = keyError(scope, prop, topic);
  if (error) throw error;
  const budgets = budgetsOf(scope);
  // Alarms are in the region of the topic, which can be another one than that of the budget's stack.
  const alarms = alarmsOf(scope, topic.env.region);
  const isOwn = isOfApp(topic);
  const policies = isOwn ? givePolicy(scope, topic, budgets) : [];
  warnOfImported(scope, topic, budgets);
  letUseKey(scope, topic, budgets);
  topic.masterKey?.addToResourcePolicy(keyStatement(alarms), true);
  atSynth(scope, () => {
    const late = keyError(scope, prop, topic);
    if (late) warn(scope, 'topicKey', late.message);
    letUseKey(scope, topic, budgets);
    letPublish(scope, topic, budgets, true);
    if (isOwn) letPublish(scope, topic, alarms, false);
  });
  return policies;
}

/**
 * Lets a role of the scope publish to a topic: by the policy of the role, which is enough in the same
 * account, and by those of the topic and its key if they are of another one. What cannot be added from here
 * stands in a warning.
 */
export function letRolePublish(scope: IConstruct, topic: sns.ITopic, role: iam.IRole): void {
  const publisher = roleOf(scope, role);
  const isForeign = isForeignTo(scope, topic);
  if (isForeign && isOfApp(topic)) {
    givePolicy(scope, topic, publisher);
    iam.Grant.addToPrincipal({ grantee: role, actions: [PUBLISH], resourceArns: [topic.topicArn] });
    if (topic.masterKey) grantKeysOf(topic, role);
  } else {
    topic.grantPublish(role);
  }
  // Tokens of two stacks are compared, too: the same one stands for the same account.
  if (topic.env.account !== Stack.of(scope).account) {
    warnOfImported(scope, topic, publisher);
    atSynth(scope, () => letPublish(scope, topic, publisher, true));
  }
  const { masterKey } = topic;
  // An import of a topic of the app does not know the key, nor does a topic whose resource was given one.
  if (!masterKey && !isForeign) ownKeyOf(topic)?.grant(role, ...KEY_ACTIONS);
  if (!masterKey || isAwsManaged(masterKey.keyArn)) return;
  if (isForeign || !Resource.isOwnedResource(masterKey)) letUseKey(scope, topic, publisher);
}

/**
 * Grants the keys of the topic's account for calls of SNS. Another account's key has no ARN that is known
 * here.
 */
function grantKeysOf({ env }: sns.ITopic, role: iam.IRole): void {
  iam.Grant.addToPrincipal({
    grantee: role,
    actions: [...KEY_ACTIONS],
    resourceArns: [`arn:${Stack.of(role).partition}:kms:${env.region}:${env.account}:key/*`],
    conditions: { StringEquals: { 'kms:ViaService': `sns.${env.region}.amazonaws.com` } },
  });
}

function isForeignTo(scope: IConstruct, { env }: Topic): boolean {
  return isKnownToDiffer(env.account, Stack.of(scope).account);
}
