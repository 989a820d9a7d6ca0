import { CfnParameter, Duration } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as sns from 'aws-cdk-lib/aws-sns';
import { TokenAnalyticsAlarms, type TokenAnalyticsAlarmsProps } from '../../../src';
import { newStack, templateOf } from '../support';

describe('TokenAnalyticsAlarms', () => {
  test('creates alarms at 80 % and 95 % of the daily budget and on cost spikes', () => {
    const stack = newStack();
    const alarms = new TokenAnalyticsAlarms(stack, 'Alarms', { dailyBudget: 10 });

    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::CloudWatch::Alarm', 3);
    for (const threshold of [8, 9.5]) {
      template.hasResourceProperties('AWS::CloudWatch::Alarm', {
        Namespace: 'OPX/Analytics',
        MetricName: 'TotalCost',
        Dimensions: Match.absent(),
        Statistic: 'Sum',
        Period: 86_400,
        EvaluationPeriods: 1,
        Threshold: threshold,
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
        TreatMissingData: 'notBreaching',
        AlarmActions: Match.absent(),
      });
    }
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      EvaluationPeriods: 2,
      Threshold: 0.01,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
      Metrics: [
        Match.objectLike({ Expression: 'totalCost / invocationCount' }),
        Match.objectLike({
          MetricStat: Match.objectLike({
            Period: 300,
            Stat: 'Sum',
            Metric: { Namespace: 'OPX/Analytics', MetricName: 'TotalCost' },
          }),
          ReturnData: false,
        }),
        Match.objectLike({
          MetricStat: Match.objectLike({
            Period: 300,
            Stat: 'Sum',
            Metric: { Namespace: 'OPX/Analytics', MetricName: 'InvocationCount' },
          }),
          ReturnData: false,
        }),
      ],
    });
    expect(
      [alarms.warningAlarm, alarms.criticalAlarm, alarms.costSpikeAlarm].map(alarm => alarm.node.path),
    ).toEqual(['Stack/Alarms/Warning', 'Stack/Alarms/Critical', 'Stack/Alarms/CostSpike']);
    expect(templateOf(stack)).toMatchSnapshot();
  });

  test('says in each description that nothing was blocked, and uses no search', () => {
    const stack = newStack();
    new TokenAnalyticsAlarms(stack, 'Alarms', { dailyBudget: 10 });

    const alarms = Object.values(Template.fromStack(stack).findResources('AWS::CloudWatch::Alarm'));

    expect(alarms).toHaveLength(3);
    for (const alarm of alarms) {
      expect((alarm.Properties as { AlarmDescription: string }).AlarmDescription).toMatch(
        /nothing was blocked/,
      );
    }
    expect(JSON.stringify(alarms)).not.toContain('SEARCH');
  });

  test('accepts every property and notifies a topic and other actions', () => {
    const stack = newStack();
    new TokenAnalyticsAlarms(stack, 'Alarms', {
      namespace: 'Shop/dev',
      dailyBudget: 200,
      warningPercent: 50,
      criticalPercent: 120,
      costPerInvocationThreshold: 0.5,
      costSpikePeriod: Duration.hours(1),
      topic: new sns.Topic(stack, 'Topic'),
      alarmActions: [{ bind: () => ({ alarmActionArn: 'arn:aws:ssm:us-east-1:123456789012:opsitem:2' }) }],
    });

    const template = Template.fromStack(stack);
    const alarmActions = {
      AlarmActions: [
        { Ref: Match.stringLikeRegexp('^Topic') },
        'arn:aws:ssm:us-east-1:123456789012:opsitem:2',
      ],
    };
    template.allResourcesProperties('AWS::CloudWatch::Alarm', alarmActions);
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { Namespace: 'Shop/dev', Threshold: 100 });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { Namespace: 'Shop/dev', Threshold: 240 });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      Threshold: 0.5,
      Metrics: Match.arrayWith([Match.objectLike({ MetricStat: Match.objectLike({ Period: 3600 }) })]),
    });
    // A topic policy would replace the topic's default policy. The default policy already allows alarms to
    // publish.
    template.resourceCountIs('AWS::SNS::TopicPolicy', 0);
  });

  test.each<[string, Partial<TokenAnalyticsAlarmsProps>, unknown]>([
    ['dailyBudget', { dailyBudget: 0 }, 0],
    ['dailyBudget', { dailyBudget: -1 }, -1],
    ['dailyBudget', { dailyBudget: NaN }, NaN],
    ['dailyBudget', { dailyBudget: Infinity }, Infinity],
    ['dailyBudget', { dailyBudget: undefined }, undefined],
    ['costPerInvocationThreshold', { costPerInvocationThreshold: 0 }, 0],
    ['warningPercent', { warningPercent: 95 }, 95],
    ['warningPercent', { warningPercent: 0 }, 0],
    ['criticalPercent', { criticalPercent: NaN }, NaN],
    ['criticalPercent', { criticalPercent: -5 }, -5],
    ['namespace', { namespace: 'AWS/Bedrock' }, 'AWS/Bedrock'],
    ['costSpikePeriod', { costSpikePeriod: Duration.seconds(90) }, '1 minute 30 seconds'],
    ['costSpikePeriod', { costSpikePeriod: Duration.seconds(30) }, '30 seconds'],
    ['costSpikePeriod', { costSpikePeriod: Duration.days(4) }, '4 days'],
  ])('rejects %s in %j with the path, the value and the fix', (prop, props, got) => {
    const create = () => new TokenAnalyticsAlarms(newStack(), 'Alarms', { dailyBudget: 10, ...props });

    expect(create).toThrow(`[Stack/Alarms] \`${prop}\` must be `);
    expect(create).toThrow(new RegExp(`, got: ${String(got)}\\. [A-Z].*\\.$`));
  });

  test('computes the used share in CloudWatch if the daily budget is a token', () => {
    const stack = newStack();
    const dailyBudget = new CfnParameter(stack, 'Budget', { type: 'Number' }).valueAsNumber;
    new TokenAnalyticsAlarms(stack, 'Alarms', { dailyBudget });

    Template.fromStack(stack).hasResourceProperties('AWS::CloudWatch::Alarm', {
      Threshold: 80,
      Metrics: [
        Match.objectLike({ Expression: { 'Fn::Join': ['', ['100 * cost / ', { Ref: 'Budget' }]] } }),
        Match.objectLike({
          MetricStat: Match.objectLike({ Period: 86_400, Stat: 'Sum' }),
          ReturnData: false,
        }),
      ],
    });
  });

  test('accepts percentages that are tokens', () => {
    const stack = newStack();
    const criticalPercent = new CfnParameter(stack, 'Critical', { type: 'Number' }).valueAsNumber;
    new TokenAnalyticsAlarms(stack, 'Alarms', { dailyBudget: 10, criticalPercent });

    Template.fromStack(stack).hasResourceProperties('AWS::CloudWatch::Alarm', {
      Threshold: { Ref: 'Critical' },
      Metrics: Match.anyValue(),
    });
    Template.fromStack(stack).hasResourceProperties('AWS::CloudWatch::Alarm', { Threshold: 8 });
  });
});
