import { CfnParameter, Duration } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as logs from 'aws-cdk-lib/aws-logs';
import { newStack, templateOf } from './support';
import { BudgetAlertLambda, type BudgetAlertLambdaProps } from '../../src';

describe('BudgetAlertLambda', () => {
  test.each([undefined, { dailyBudget: 10 }, { enabled: false, dailyBudget: 10, monthlyBudget: 250 }])('creates nothing unless it is enabled: %j', (props) => {
    const stack = newStack();
    const alert = new BudgetAlertLambda(stack, 'BudgetAlert', props);

    expect(Template.fromStack(stack).toJSON()).not.toHaveProperty('Resources');
    expect(alert).toMatchObject({ enabled: false, namespace: 'OPX/Analytics' });
    expect(alert.function).toBeUndefined();
    expect(alert.logGroup).toBeUndefined();
  });

  test('is a scheduled function with its own role and log group', () => {
    const stack = newStack();
    new BudgetAlertLambda(stack, 'BudgetAlert', { enabled: true });

    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::Lambda::Function', {
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      Environment: { Variables: { TOKEN_ANALYTICS_NAMESPACE: 'OPX/Analytics', TOKEN_ANALYTICS_TIME_ZONE: 'UTC' } },
      LoggingConfig: { LogFormat: 'JSON', ApplicationLogLevel: 'INFO', LogGroup: { Ref: Match.stringLikeRegexp('^BudgetAlertLogs') } },
    });
    template.hasResource('AWS::Logs::LogGroup', { Properties: { RetentionInDays: 30 }, DeletionPolicy: 'Delete' });
    template.hasResourceProperties('AWS::Events::Rule', { ScheduleExpression: 'rate(1 hour)' });
    template.resourceCountIs('AWS::IAM::Role', 1);
    expect(templateOf(stack)).toMatchSnapshot();
  });

  test('may write its own log and read metrics, and nothing else', () => {
    const stack = newStack();
    new BudgetAlertLambda(stack, 'BudgetAlert', { enabled: true });

    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::IAM::Policy', 1);
    template.hasResourceProperties('AWS::IAM::Role', { ManagedPolicyArns: Match.absent(), Policies: Match.absent() });
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Resource: { 'Fn::GetAtt': [Match.stringLikeRegexp('^BudgetAlertLogs'), 'Arn'] } },
          { Effect: 'Allow', Action: 'cloudwatch:GetMetricData', Resource: '*' },
        ],
      },
    });
  });

  test('takes every prop', () => {
    const stack = newStack();
    new BudgetAlertLambda(stack, 'BudgetAlert', {
      enabled: true,
      namespace: 'Shop/dev',
      dailyBudget: 12.5,
      monthlyBudget: 0.0000001,
      schedule: Duration.minutes(15),
      timeZone: 'Europe/Berlin',
      logRetention: logs.RetentionDays.ONE_WEEK,
    });

    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: {
          TOKEN_ANALYTICS_NAMESPACE: 'Shop/dev',
          TOKEN_ANALYTICS_TIME_ZONE: 'Europe/Berlin',
          TOKEN_ANALYTICS_DAILY_BUDGET: '12.5',
          TOKEN_ANALYTICS_MONTHLY_BUDGET: '0.0000001',
        },
      },
    });
    template.hasResourceProperties('AWS::Events::Rule', { ScheduleExpression: 'rate(15 minutes)' });
    template.hasResourceProperties('AWS::Logs::LogGroup', { RetentionInDays: 7 });
  });

  test.each<[string, BudgetAlertLambdaProps]>([
    ['dailyBudget', { dailyBudget: 0 }],
    ['dailyBudget', { dailyBudget: NaN }],
    ['monthlyBudget', { monthlyBudget: -3 }],
    ['monthlyBudget', { monthlyBudget: Infinity }],
    ['namespace', { namespace: '' }],
    ['schedule', { schedule: Duration.seconds(30) }],
    ['schedule', { schedule: Duration.seconds(90) }],
    ['timeZone', { timeZone: 'Mars/Olympus' }],
  ])('refuses a bad %s, also where it is not enabled', (prop, props) => {
    expect(() => new BudgetAlertLambda(newStack(), 'BudgetAlert', props)).toThrow(`[Stack/BudgetAlert] \`${prop}\` must be `);
  });

  test('lets tokens pass', () => {
    const stack = newStack();
    const dailyBudget = new CfnParameter(stack, 'Budget', { type: 'Number' }).valueAsNumber;
    new BudgetAlertLambda(stack, 'BudgetAlert', { enabled: true, dailyBudget });

    Template.fromStack(stack).hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: Match.objectLike({ TOKEN_ANALYTICS_DAILY_BUDGET: { Ref: 'Budget' } }) },
    });
  });
});
