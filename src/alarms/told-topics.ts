import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as sns from 'aws-cdk-lib/aws-sns';
import type { IConstruct } from 'constructs';
import { atSynth, inform } from '../private/notice';
import { letAlarmsPublish, letAlarmsPublishNow } from '../private/topic';

/** ARNs of an alarm's actions, which aws-cdk-lib shows to subclasses of the alarm only. */
interface Acting {
  readonly alarmActionArns?: readonly string[];
  readonly okActionArns?: readonly string[];
  readonly insufficientDataActionArns?: readonly string[];
}

/**
 * Makes every topic that the alarms tell reachable for them, also topics of actions that are added to the
 * alarms before the app is synthesised. An info says so if there is no action then.
 *
 * @throws if an alarm cannot reach a topic
 */
export function letTopicsBeTold(
  scope: IConstruct,
  alarms: readonly cloudwatch.AlarmBase[],
  topic: sns.ITopic | undefined,
): void {
  const known = toldBy(scope, alarms, topic);
  for (const told of known) letAlarmsPublish(scope, told === topic ? 'topic' : 'alarmActions', told);
  atSynth(scope, () => {
    if (actionArnsOf(alarms).length === 0) {
      inform(
        scope,
        'noAlarmActions',
        'The alarms have no action, so that they tell nobody: their states are in CloudWatch and on the ' +
          'dashboard only. Give `topic` or `alarmActions`, or call `addAlarmAction` of an alarm.',
      );
    }
    for (const told of toldBy(scope, alarms, topic)) {
      if (!known.includes(told)) letAlarmsPublishNow(scope, 'addAlarmAction', told);
    }
  });
}

/** Returns the topics of the alarms' actions that are constructs of the app, each once. */
function toldBy(
  scope: IConstruct,
  alarms: readonly cloudwatch.AlarmBase[],
  topic: sns.ITopic | undefined,
): sns.ITopic[] {
  const topics = new Map<string, sns.ITopic>(topic ? [[topic.topicArn, topic]] : []);
  const others = new Set(actionArnsOf(alarms).filter(arn => !topics.has(arn)));
  if (others.size === 0) return [...topics.values()];
  for (const construct of scope.node.root.node.findAll()) {
    if (isTopic(construct) && others.has(construct.topicArn) && !topics.has(construct.topicArn)) {
      topics.set(construct.topicArn, construct);
    }
  }
  return [...topics.values()];
}

function actionArnsOf(alarms: readonly cloudwatch.AlarmBase[]): string[] {
  return alarms.flatMap(alarm => {
    const { alarmActionArns, okActionArns, insufficientDataActionArns } = alarm as unknown as Acting;
    return [alarmActionArns, okActionArns, insufficientDataActionArns].flatMap(arns => arns ?? []);
  });
}

/** True of topics of any copy of aws-cdk-lib. */
function isTopic(construct: IConstruct): construct is sns.ITopic {
  return ['topicArn', 'fifo', 'addToResourcePolicy'].every(member => member in construct);
}
