import { CfnResource } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as sns from 'aws-cdk-lib/aws-sns';
import type { IConstruct } from 'constructs';
import { referenceText, readTemplateTexts, toText } from '../private/reference-text';
import { atSynth, inform } from '../private/synth-messages';
import { allowAlarmsToPublish, allowAlarmsToPublishAtSynth } from '../private/topic';
import { isTopicResource, toTopicKey, type Topic, parseTopicKey } from '../private/topic-policy';

/** ARNs of an alarm's actions, which aws-cdk-lib shows to subclasses of the alarm only. */
interface Acting {
  readonly alarmActionArns?: readonly string[];
}

const ACTIONS = ['AlarmActions', 'OKActions', 'InsufficientDataActions'];

/**
 * Makes every topic that the alarms tell reachable for them, also topics of actions that are added to the
 * alarms or their resources before the app is synthesised. An info says so if there is no action then.
 *
 * @throws if an alarm cannot reach a topic
 */
export function letAlarmsNotifyTopics(
  scope: IConstruct,
  alarms: readonly cloudwatch.AlarmBase[],
  topic: sns.ITopic | undefined,
): void {
  const given = alarms.flatMap(alarm => (alarm as unknown as Acting).alarmActionArns ?? []);
  const texts = given.map(arn => referenceText(scope, arn).text);
  const known = notifyingAlarms(scope, texts, topic);
  const propOf = ({ node }: Topic) => {
    if (node === topic?.node) return 'topic';
    return known.some(each => each.node === node) ? 'alarmActions' : 'addAlarmAction';
  };
  for (const told of known.filter(isTopic)) allowAlarmsToPublish(scope, propOf(told), told);
  atSynth(scope, () => {
    const actions = alarms.flatMap(actionsOf);
    if (actions.length === 0) {
      inform(
        scope,
        'noAlarmActions',
        'The alarms have no action, so that they tell nobody: their states are in CloudWatch and on the ' +
          'dashboard only. Give `topic` or `alarmActions`, or call `addAlarmAction` of an alarm.',
      );
    }
    for (const told of notifyingAlarms(scope, actions, topic))
      {allowAlarmsToPublishAtSynth(scope, propOf(told), told);}
  });
}

/** Returns the topics of the app among actions, each once: the given one, the construct, or the resource. */
function notifyingAlarms(
  scope: IConstruct,
  actions: readonly string[],
  topic: sns.ITopic | undefined,
): Topic[] {
  const topics = new Map<string, Topic>(topic ? [[toTopicKey(topic), topic]] : []);
  const others = new Set(actions.map(parseTopicKey).filter(key => !topics.has(key)));
  if (others.size === 0) return [...topics.values()];
  for (const construct of scope.node.root.node.findAll()) {
    const told = asTopic(construct);
    const key = told && toTopicKey(told);
    if (key !== undefined && others.has(key) && !topics.has(key)) topics.set(key, told as Topic);
  }
  return [...topics.values()];
}

/** Returns the actions of an alarm as its template has them. */
function actionsOf({ node: { defaultChild } }: cloudwatch.AlarmBase): string[] {
  if (!CfnResource.isCfnResource(defaultChild)) return [];
  const properties = readTemplateTexts(defaultChild);
  return ACTIONS.flatMap(name => [properties[name] ?? []].flat().map(toText));
}

function asTopic(construct: IConstruct): Topic | undefined {
  if (isTopic(construct)) return construct;
  if (!isTopicResource(construct)) return undefined;
  const { node, env, ref, fifoTopic } = construct;
  return { node, env, topicArn: ref, fifo: fifoTopic === true };
}

/** True of topics of any copy of aws-cdk-lib. */
function isTopic(construct: object): construct is sns.ITopic {
  return ['topicArn', 'fifo', 'addToResourcePolicy'].every(member => member in construct);
}
