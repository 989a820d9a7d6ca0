import { CfnResource } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as sns from 'aws-cdk-lib/aws-sns';
import type { IConstruct } from 'constructs';
import { referenceText, readTemplateTexts, toText } from '../private/reference-text';
import { atSynth, inform } from '../private/synth-messages';
import { allowAlarmsToPublish, allowAlarmsToPublishAtSynth } from '../private/topic';
import { isTopicResource, toTopicKey, type Topic, parseTopicKey } from '../private/topic-policy';

/**
 * Alarm with access to the ARNs of its actions. In aws-cdk-lib, only subclasses of an alarm can read these
 * ARNs.
 */
interface AlarmWithActions {
  readonly alarmActionArns?: readonly string[];
}

const ACTION_PROPERTIES = ['AlarmActions', 'OKActions', 'InsufficientDataActions'];

/**
 * Allows the alarms to publish to every topic that their actions notify. The app can add actions until
 * synthesis. If the alarms have no action at synthesis, adds an info message.
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
          'CloudWatch and on the dashboard. Set `topic` or `alarmActions`, or call `addAlarmAction` on an alarm.',
      );
    }
    for (const notified of topicsAmong(scope, actions, topic)) {
      allowAlarmsToPublishAtSynth(scope, propWith(notified), notified);
    }
  });
}

/**
 * Returns the given topic, and all topics of the app that the actions notify. Each topic occurs only once.
 */
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

/** Returns the actions of an alarm, as rendered in the CloudFormation template. */
function renderedActions({ node: { defaultChild } }: cloudwatch.AlarmBase): string[] {
  if (!CfnResource.isCfnResource(defaultChild)) return [];
  const properties = readTemplateTexts(defaultChild);
  return ACTION_PROPERTIES.flatMap(name => [properties[name] ?? []].flat().map(toText));
}

/**
 * Returns a construct as a `Topic`, if it is a topic or the CloudFormation resource of a topic. Returns
 * undefined for every other construct.
 */
function asTopic(construct: IConstruct): Topic | undefined {
  if (isTopic(construct)) return construct;
  if (!isTopicResource(construct)) return undefined;
  const { node, env, ref, fifoTopic } = construct;
  return { node, env, topicArn: ref, fifo: fifoTopic === true };
}

/** Returns true for a topic, even from another copy of aws-cdk-lib. */
function isTopic(construct: object): construct is sns.ITopic {
  return ['topicArn', 'fifo', 'addToResourcePolicy'].every(member => member in construct);
}
