import { CfnResource } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as sns from 'aws-cdk-lib/aws-sns';
import type { IConstruct } from 'constructs';
import { referenceText, readTemplateTexts, toText } from '../private/reference-text';
import { atSynth, inform } from '../private/synth-messages';
import { allowAlarmsToPublish, allowAlarmsToPublishAtSynth } from '../private/topic';
import { isTopicResource, toTopicKey, type Topic, parseTopicKey } from '../private/topic-policy';

/** Type for access to `alarmActionArns` of an alarm. In aws-cdk-lib, this field is `protected`. */
interface AlarmWithActions {
  readonly alarmActionArns?: readonly string[];
}

const ACTION_PROPERTIES = ['AlarmActions', 'OKActions', 'InsufficientDataActions'];

/**
 * Allows the alarms to publish to `topic`, and to each topic of the app in an alarm action. Checks the
 * actions again at synthesis, because the app may add actions later. If the alarms have no action at
 * synthesis, adds an info message.
 *
 * @throws if a topic of an action is in another region
 */
export function letAlarmsNotifyTopics(
  scope: IConstruct,
  alarms: readonly cloudwatch.AlarmBase[],
  topic: sns.ITopic | undefined,
): void {
  const actionArns = alarms.flatMap(alarm => (alarm as unknown as AlarmWithActions).alarmActionArns ?? []);
  const texts = actionArns.map(arn => referenceText(scope, arn).text);
  const knownTopics = topicsAmong(scope, texts, topic);
  const propWith = ({ node }: Topic) => {
    if (node === topic?.node) return 'topic';
    return knownTopics.some(each => each.node === node) ? 'alarmActions' : 'addAlarmAction';
  };
  for (const notified of knownTopics.filter(isTopic)) {
    allowAlarmsToPublish(scope, propWith(notified), notified);
  }
  atSynth(scope, () => {
    const actions = alarms.flatMap(renderedActions);
    if (actions.length === 0) {
      inform(
        scope,
        'noAlarmActions',
        'The alarms have no action, so nobody is notified when one fires. Their states are shown only in ' +
          'CloudWatch and on the dashboard. Set `topic` (`notificationTopic` of TokenAnalytics) or `alarmActions`, ' +
          'or call `addAlarmAction` on an alarm.',
      );
    }
    for (const notified of topicsAmong(scope, actions, topic)) {
      allowAlarmsToPublishAtSynth(scope, propWith(notified), notified);
    }
  });
}

/** Returns `topic` and each topic of the app whose ARN is in `actions`, without duplicates. */
function topicsAmong(scope: IConstruct, actions: readonly string[], topic: sns.ITopic | undefined): Topic[] {
  const topics = new Map<string, Topic>(topic ? [[toTopicKey(topic), topic]] : []);
  const others = new Set(actions.map(parseTopicKey).filter(key => !topics.has(key)));
  if (others.size === 0) return [...topics.values()];
  for (const construct of scope.node.root.node.findAll()) {
    const candidate = asTopic(construct);
    const key = candidate && toTopicKey(candidate);
    if (key !== undefined && others.has(key) && !topics.has(key)) topics.set(key, candidate as Topic);
  }
  return [...topics.values()];
}

/**
 * Returns the ARNs of all actions of an alarm as text, from the properties of its CloudFormation resource.
 */
function renderedActions({ node: { defaultChild } }: cloudwatch.AlarmBase): string[] {
  if (!CfnResource.isCfnResource(defaultChild)) return [];
  const properties = readTemplateTexts(defaultChild);
  return ACTION_PROPERTIES.flatMap(name => [properties[name] ?? []].flat().map(toText));
}

/**
 * Converts an SNS topic construct or an `AWS::SNS::Topic` resource to a `Topic`. Returns undefined for every
 * other construct.
 */
function asTopic(construct: IConstruct): Topic | undefined {
  if (isTopic(construct)) return construct;
  if (!isTopicResource(construct)) return undefined;
  const { node, env, ref, fifoTopic } = construct;
  return { node, env, topicArn: ref, fifo: fifoTopic === true };
}

/**
 * Returns true for an SNS topic. Checks members instead of `instanceof`, because an app can contain two
 * copies of aws-cdk-lib.
 */
function isTopic(construct: object): construct is sns.ITopic {
  return ['topicArn', 'fifo', 'addToResourcePolicy'].every(member => member in construct);
}
