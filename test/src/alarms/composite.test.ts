import type { CfnElement, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import type { AlarmBase, IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { alarmsWith, allProperties } from './support';
import { TokenAnalyticsAlarms, type TokenAnalyticsAlarmsProps, TokenAnalyticsDashboard } from '../../../src';
import { EVERY_ALARM } from '../../support/every-alarm';
import { dashboardBodies, newStack } from '../support';

const OPS_ITEM: IAlarmAction = {
  bind: () => ({ alarmActionArn: 'arn:aws:ssm:us-east-1:123456789012:opsitem:2' }),
};
const ACTION_ARNS = [
  { Ref: Match.stringLikeRegexp('^Topic') },
  'arn:aws:ssm:us-east-1:123456789012:opsitem:2',
];

function everything(
  props: Partial<TokenAnalyticsAlarmsProps> = {},
  stack = newStack(),
): TokenAnalyticsAlarms {
  return new TokenAnalyticsAlarms(stack, 'Alarms', {
    dailyBudget: 10,
    ...EVERY_ALARM,
    agentBudgets: [
      { agentId: 'triage', dailyBudget: 5, models: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'] },
      { agentId: 'scribe', dailyBudget: 5, models: ['a'] },
    ],
    emfErrors: { logGroups: [new logs.LogGroup(stack, 'Logs')] },
    deadLetters: { queues: [new sqs.Queue(stack, 'Dead')] },
    functionErrors: { functions: [lambda.Function.fromFunctionName(stack, 'Failures', 'failures')] },
    composite: {},
    topic: new sns.Topic(stack, 'Topic'),
    alarmActions: [OPS_ITEM],
    ...props,
  });
}

function refOf(alarm: AlarmBase): string {
  return alarm.stack.getLogicalId(alarm.node.defaultChild as CfnElement);
}

function ruleOf(stack: Stack): [string, (string | { Ref: string })[]] {
  const [composite] = Object.values(
    Template.fromStack(stack).findResources('AWS::CloudWatch::CompositeAlarm'),
  );
  return (composite.Properties as { AlarmRule: { 'Fn::Join': [string, (string | { Ref: string })[]] } })
    .AlarmRule['Fn::Join'];
}

describe('all alarms together', () => {
  test('lists every alarm once, by its name', () => {
    const alarms = everything();

    expect(alarms.alarms.map(alarm => alarm.node.path.replace('Stack/Alarms/', ''))).toEqual([
      'Warning',
      'Critical',
      'CostSpike',
      'TokensPerHour',
      'CostPerHour',
      'LatencyP90',
      'LatencyP99',
      'CacheHitRate',
      'TokensPerItem',
      'ErrorRate',
      'UnpricedCalls',
      'TracesDropped',
      'CostAnomaly',
      'AgentBudgets/triage',
      'AgentBudgets/scribe',
      'EmfErrors/Logs',
      'DeadLetters/Dead',
      'FunctionErrors/Failures',
    ]);
    Template.fromStack(alarms.warningAlarm.stack).resourceCountIs(
      'AWS::CloudWatch::Alarm',
      alarms.alarms.length,
    );
  });

  test('creates alarms that use no search, read at most ten metrics and look back at most seven days', () => {
    const alarms = allProperties(everything().warningAlarm.stack);

    expect(JSON.stringify(alarms)).not.toMatch(/SEARCH|SELECT|METRICS\(/);
    const counts = alarms.map(
      ({ Metrics }) => Metrics?.filter(metric => metric.MetricStat !== undefined).length ?? 1,
    );
    expect(Math.max(...counts)).toBe(10);
    for (const { Period, EvaluationPeriods, Metrics } of alarms) {
      const period = Number(
        Period ?? (Metrics?.find(metric => metric.MetricStat)?.MetricStat as { Period: number }).Period,
      );
      expect(period * Number(EvaluationPeriods)).toBeLessThanOrEqual(period < 3600 ? 86_400 : 7 * 86_400);
    }
  });

  test('ends each alarm description with the note that nothing was blocked, within the length limit of CloudWatch', () => {
    for (const { AlarmDescription } of allProperties(everything().warningAlarm.stack)) {
      const text = JSON.stringify(AlarmDescription);
      expect(text).toMatch(/\. This alarm only notifies: nothing was blocked\./);
      // CloudWatch allows 1,024 characters. The name of a log group in the description may take 512 of them.
      expect(text.length).toBeLessThan(512);
    }
  });

  test('names only dashboard widgets that exist in alarm descriptions', () => {
    const stack = newStack();
    new TokenAnalyticsDashboard(stack, 'Dashboard');
    const titles = dashboardBodies(stack).flatMap(({ widgets }) =>
      widgets.map(({ properties }) => String(properties.title)),
    );
    const named = allProperties(everything().warningAlarm.stack).flatMap(({ AlarmDescription }) =>
      typeof AlarmDescription === 'string'
        ? [...AlarmDescription.matchAll(/"([^"]+)"/g)].map(([, title]) => title)
        : [],
    );

    expect([...new Set(named)].sort()).toEqual(['Cost by agent', 'Token usage by agent']);
    for (const name of named) expect(titles.filter(title => title.startsWith(name))).toHaveLength(1);
  });

  test('adds the topic and the actions to every alarm and to the composite alarm', () => {
    const template = Template.fromStack(everything().warningAlarm.stack);

    template.allResourcesProperties('AWS::CloudWatch::Alarm', { AlarmActions: ACTION_ARNS });
    template.allResourcesProperties('AWS::CloudWatch::CompositeAlarm', { AlarmActions: ACTION_ARNS });
    template.resourceCountIs('AWS::SNS::TopicPolicy', 0);
  });

  test('sets no alarm names, so that two stacks of one account do not collide', () => {
    const template = JSON.stringify(Template.fromStack(everything().warningAlarm.stack).toJSON());

    expect(template).not.toContain('"AlarmName"');
  });

  test('allows two alarms constructs in one stack', () => {
    const stack = newStack();
    everything({}, stack);
    new TokenAnalyticsAlarms(stack, 'Second', {
      dailyBudget: 1,
      agentBudgets: [{ agentId: 'triage', dailyBudget: 1, models: ['a'] }],
      composite: {},
    });

    Template.fromStack(stack).resourceCountIs('AWS::CloudWatch::CompositeAlarm', 2);
  });
});

describe('the composite alarm', () => {
  test('creates no composite alarm unless `composite` is set', () => {
    const { compositeAlarm, warningAlarm } = alarmsWith({ costPerHour: {} });

    expect(compositeAlarm).toBeUndefined();
    Template.fromStack(warningAlarm.stack).resourceCountIs('AWS::CloudWatch::CompositeAlarm', 0);
  });

  test('creates a composite alarm that fires while any alarm fires, and refers to each by its name', () => {
    const { alarms, compositeAlarm } = everything();

    const [separator, parts] = ruleOf(alarms[0].stack);
    const rule = parts.map(part => (typeof part === 'string' ? part : part.Ref)).join(separator);
    expect(rule).toBe(`(${alarms.map(alarm => `ALARM("${refOf(alarm)}")`).join(' OR ')})`);
    expect(compositeAlarm?.node.path).toBe('Stack/Alarms/Composite');
    Template.fromStack(alarms[0].stack).hasResourceProperties('AWS::CloudWatch::CompositeAlarm', {
      AlarmDescription:
        `At least one of ${alarms.length} token analytics alarms is firing. The description of each firing ` +
        'alarm says what happened and where to look. This alarm only notifies: nothing was blocked.',
    });
  });

  test('includes the three default alarms in the composite alarm if no others are enabled', () => {
    const { alarms, warningAlarm } = alarmsWith({ composite: {} });

    expect(alarms).toHaveLength(3);
    expect(ruleOf(warningAlarm.stack)[1].filter(part => typeof part !== 'string')).toEqual(
      alarms.map(alarm => ({ Ref: refOf(alarm) })),
    );
  });

  test('adds the actions only to the composite alarm with `replacesActions`', () => {
    const template = Template.fromStack(
      everything({ composite: { replacesActions: true } }).warningAlarm.stack,
    );

    template.allResourcesProperties('AWS::CloudWatch::Alarm', { AlarmActions: Match.absent() });
    template.allResourcesProperties('AWS::CloudWatch::CompositeAlarm', { AlarmActions: ACTION_ARNS });
  });

  test('accepts 100 alarms in a composite alarm and rejects 101', () => {
    const agentBudgets = Array.from({ length: 98 }, (_, index) => ({
      agentId: `agent-${index}`,
      dailyBudget: 1,
      models: ['a'],
    }));

    expect(alarmsWith({ agentBudgets: agentBudgets.slice(0, 97), composite: {} }).alarms).toHaveLength(100);
    expect(() => alarmsWith({ agentBudgets, composite: {} })).toThrow(
      '[Stack/Alarms] `composite` must be over at most 100 alarms, got: 101 alarms. ',
    );
    expect(alarmsWith({ agentBudgets }).alarms).toHaveLength(101);
  });
});
