import { App, CfnParameter, Duration, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sns from 'aws-cdk-lib/aws-sns';
import { AwsSolutionsChecks } from 'cdk-nag';
import { BudgetAlertLambda, type BudgetAlertLambdaProps, TokenTraceTable } from '../../../src';
import { testWithNag } from '../../support/nag';
import { newStack, templateOf } from '../support';

const ACCOUNT = '123456789012';
const PLACE = { env: { account: ACCOUNT, region: 'eu-central-1' } };

describe('BudgetAlertLambda', () => {
  test.each([undefined, { dailyBudget: 10 }, { enabled: false, dailyBudget: 10, monthlyBudget: 250 }])(
    'creates nothing unless it is enabled: %j',
    props => {
      const stack = newStack();
      const alert = new BudgetAlertLambda(stack, 'BudgetAlert', props);

      expect(Template.fromStack(stack).toJSON()).not.toHaveProperty('Resources');
      expect(alert).toMatchObject({ enabled: false, namespace: 'OPX/Analytics' });
      expect(alert.function).toBeUndefined();
      expect(alert.logGroup).toBeUndefined();
    },
  );

  test('creates a scheduled function with its own role and log group', () => {
    const stack = newStack();
    new BudgetAlertLambda(stack, 'BudgetAlert', { enabled: true });

    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::Lambda::Function', {
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'budget-alert.handler',
      Environment: {
        Variables: { TOKEN_ANALYTICS_NAMESPACE: 'OPX/Analytics', TOKEN_ANALYTICS_TIME_ZONE: 'UTC' },
      },
      LoggingConfig: {
        LogFormat: 'JSON',
        ApplicationLogLevel: 'INFO',
        LogGroup: { Ref: Match.stringLikeRegexp('^BudgetAlertLogs') },
      },
    });
    template.hasResource('AWS::Logs::LogGroup', {
      Properties: { RetentionInDays: 30 },
      DeletionPolicy: 'Delete',
    });
    template.hasResourceProperties('AWS::Events::Rule', { ScheduleExpression: 'rate(1 hour)' });
    template.resourceCountIs('AWS::IAM::Role', 1);
    expect(templateOf(stack)).toMatchSnapshot();
  });

  test('the budget alert function may write its own log and read metrics, and nothing else', () => {
    const stack = newStack();
    new BudgetAlertLambda(stack, 'BudgetAlert', { enabled: true });

    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::IAM::Policy', 2);
    template.hasResourceProperties('AWS::IAM::Role', {
      ManagedPolicyArns: Match.absent(),
      Policies: Match.absent(),
    });
    for (const statement of [
      {
        Effect: 'Allow',
        Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: { 'Fn::GetAtt': [Match.stringLikeRegexp('^BudgetAlertLogs'), 'Arn'] },
      },
      { Effect: 'Allow', Action: 'cloudwatch:GetMetricData', Resource: '*' },
    ]) {
      template.hasResourceProperties('AWS::IAM::Policy', {
        PolicyDocument: { Version: '2012-10-17', Statement: [statement] },
        Roles: [{ Ref: Match.stringLikeRegexp('^BudgetAlertRole') }],
      });
    }
  });

  testWithNag('does not acknowledge wildcard rights that an app adds to its role', () => {
    const stack = newStack();
    const alert = new BudgetAlertLambda(stack, 'BudgetAlert', { enabled: true });
    const findings = () =>
      new AwsSolutionsChecks(stack.node.root)
        .validateScope(stack.node.root)
        .violations.map(({ ruleName }) => ruleName);
    expect(findings()).toEqual([]);

    alert.function?.addToRolePolicy(new iam.PolicyStatement({ actions: ['s3:GetObject'], resources: ['*'] }));
    expect(findings()).toEqual(['AwsSolutions-IAM5[Resource::*]']);
  });

  test('encrypts its environment and its log with a key, and allows Lambda and CloudWatch Logs to use the key', () => {
    const stack = newStack(PLACE);
    new BudgetAlertLambda(stack, 'BudgetAlert', { enabled: true, encryptionKey: new kms.Key(stack, 'Key') });

    const template = Template.fromStack(stack);
    const keyArn = { 'Fn::GetAtt': [Match.stringLikeRegexp('^Key'), 'Arn'] };
    template.hasResourceProperties('AWS::Lambda::Function', { KmsKeyArn: keyArn });
    template.hasResourceProperties('AWS::Logs::LogGroup', { KmsKeyId: keyArn });
    template.hasResourceProperties('AWS::KMS::Key', {
      KeyPolicy: {
        Statement: Match.arrayWith([
          Match.objectLike({ Principal: { Service: 'logs.eu-central-1.amazonaws.com' } }),
        ]),
      },
    });
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          {
            Effect: 'Allow',
            Action: 'kms:Decrypt',
            Resource: keyArn,
            Condition: { StringEquals: { 'kms:ViaService': 'lambda.eu-central-1.amazonaws.com' } },
          },
        ]),
      },
    });
  });

  test('refuses an encryption key of another region', () => {
    const stack = newStack(PLACE);
    const encryptionKey = kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:us-east-1:123456789012:key/abc');

    expect(() => new BudgetAlertLambda(stack, 'BudgetAlert', { enabled: true, encryptionKey })).toThrow(
      '[Stack/BudgetAlert] `encryptionKey` must be in the region of the stack (eu-central-1)',
    );
  });

  test('the budget alert function runs at least once a day, also with the longest schedule', () => {
    const stack = newStack();
    new BudgetAlertLambda(stack, 'BudgetAlert', { enabled: true, schedule: Duration.days(1) });

    Template.fromStack(stack).hasResourceProperties('AWS::Events::Rule', {
      ScheduleExpression: 'rate(1 day)',
    });
    expect(() => new BudgetAlertLambda(stack, 'Seldom', { schedule: Duration.minutes(1441) })).toThrow(
      '[Stack/Seldom] `schedule` must be at most one day, got: 1 day 1 minute.',
    );
  });

  test('applies every prop', () => {
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
  ])('refuses an invalid %s, even if it is not enabled', (prop, props) => {
    expect(() => new BudgetAlertLambda(newStack(), 'BudgetAlert', props)).toThrow(
      `[Stack/BudgetAlert] \`${prop}\` must be `,
    );
  });

  test('accepts tokens', () => {
    const stack = newStack();
    const dailyBudget = new CfnParameter(stack, 'Budget', { type: 'Number' }).valueAsNumber;
    new BudgetAlertLambda(stack, 'BudgetAlert', { enabled: true, dailyBudget });

    Template.fromStack(stack).hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: Match.objectLike({ TOKEN_ANALYTICS_DAILY_BUDGET: { Ref: 'Budget' } }) },
    });
  });
});

describe('BudgetAlertLambda with a topic', () => {
  function telling(props: Partial<BudgetAlertLambdaProps> = {}) {
    const stack = newStack();
    const topic = new sns.Topic(stack, 'Topic', { enforceSSL: true });
    const traceTable = new TokenTraceTable(stack, 'Traces');
    const alert = new BudgetAlertLambda(stack, 'BudgetAlert', {
      enabled: true,
      dailyBudget: 10,
      notificationTopic: topic,
      traceTable,
      ...props,
    });
    return { stack, alert };
  }

  /** Returns a pair of `Action` and `Resource` for each statement in the IAM policies of a template. */
  function statementsOf(template: Template): [unknown, unknown][] {
    const policies = Object.values(template.findResources('AWS::IAM::Policy')) as {
      Properties: { PolicyDocument: { Statement: { Action: unknown; Resource: unknown }[] } };
    }[];
    return policies
      .flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
      .map(({ Action, Resource }) => [Action, Resource]);
  }

  test('the budget alert function has the topic, the table and the default percentages, and enough time to read a day', () => {
    const { stack } = telling();

    Template.fromStack(stack).hasResourceProperties('AWS::Lambda::Function', {
      Timeout: 300,
      MemorySize: 512,
      Environment: {
        Variables: {
          TOKEN_ANALYTICS_NAMESPACE: 'OPX/Analytics',
          TOKEN_ANALYTICS_TIME_ZONE: 'UTC',
          TOKEN_ANALYTICS_DAILY_BUDGET: '10',
          TOKEN_ANALYTICS_ALERT_TOPIC: { Ref: Match.stringLikeRegexp('^Topic') },
          TOKEN_ANALYTICS_TABLE: { Ref: Match.stringLikeRegexp('^Traces') },
          TOKEN_ANALYTICS_WARNING_PERCENT: '80',
          TOKEN_ANALYTICS_CRITICAL_PERCENT: '95',
        },
      },
    });
  });

  test('the budget alert function may only publish to the topic, and claim messages and read in the table', () => {
    const template = Template.fromStack(telling().stack);
    const table = { 'Fn::GetAtt': [expect.stringMatching(/^Traces/), 'Arn'] };

    expect(statementsOf(template)).toEqual([
      [
        ['logs:CreateLogStream', 'logs:PutLogEvents'],
        { 'Fn::GetAtt': [expect.stringMatching(/^BudgetAlertLogs/), 'Arn'] },
      ],
      ['sns:Publish', { Ref: expect.stringMatching(/^Topic/) as string }],
      ['dynamodb:BatchWriteItem', table],
      [['dynamodb:PutItem', 'dynamodb:Query'], table],
      ['cloudwatch:GetMetricData', '*'],
    ]);
  });

  test('the budget alert function may use the customer managed key of the table', () => {
    const stack = newStack({ env: { account: '123456789012', region: 'eu-central-1' } });
    const encryption = dynamodb.TableEncryptionV2.customerManagedKey(new kms.Key(stack, 'Key'));
    const traceTable = new TokenTraceTable(stack, 'Traces', { encryption });
    new BudgetAlertLambda(stack, 'BudgetAlert', {
      enabled: true,
      dailyBudget: 10,
      notificationTopic: new sns.Topic(stack, 'Topic'),
      traceTable,
    });

    const [keyActions] = statementsOf(Template.fromStack(stack))
      .filter(([action]) => String(action).includes('kms:'))
      .map(([action]) => action);
    expect(keyActions).toEqual(expect.arrayContaining(['kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey']));
  });

  test('links to the named dashboard, whether it is named at creation or later', () => {
    const { stack, alert } = telling({ dashboardName: 'Mine', warningPercent: 50, criticalPercent: 99.5 });
    const variables = Match.objectLike({
      TOKEN_ANALYTICS_WARNING_PERCENT: '50',
      TOKEN_ANALYTICS_CRITICAL_PERCENT: '99.5',
      TOKEN_ANALYTICS_DASHBOARD: 'Mine',
    });
    Template.fromStack(stack).hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: variables },
    });
    expect(alert.enabled).toBe(true);

    const later = telling();
    later.alert.linkDashboard(new cloudwatch.Dashboard(later.stack, 'Dashboard').dashboardName);
    Template.fromStack(later.stack).hasResourceProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: Match.objectLike({
          TOKEN_ANALYTICS_DASHBOARD: { Ref: Match.stringLikeRegexp('^Dashboard') },
        }),
      },
    });
  });

  test('does not change the template without a topic, whatever other alert props are given', () => {
    const plain = newStack();
    new BudgetAlertLambda(plain, 'BudgetAlert', { enabled: true, dailyBudget: 10 });
    const stack = newStack();
    const traceTable = TokenTraceTable.fromTableName(stack, 'Traces', 'traces');
    new BudgetAlertLambda(stack, 'BudgetAlert', {
      enabled: true,
      dailyBudget: 10,
      traceTable,
      warningPercent: 50,
      criticalPercent: 60,
      dashboardName: 'Mine',
    }).linkDashboard('Mine');

    expect(templateOf(stack)).toEqual(templateOf(plain));
  });

  test('creates nothing if it is not enabled', () => {
    const { stack, alert } = telling({ enabled: false });
    alert.linkDashboard('Mine');

    Template.fromStack(stack).resourceCountIs('AWS::Lambda::Function', 0);
    Template.fromStack(stack).resourceCountIs('AWS::IAM::Policy', 0);
  });

  test.each<[string, Partial<BudgetAlertLambdaProps>]>([
    ['traceTable', { traceTable: undefined }],
    ['dailyBudget', { dailyBudget: undefined }],
    ['warningPercent', { warningPercent: 95 }],
    ['criticalPercent', { criticalPercent: NaN }],
  ])('refuses an invalid or missing %s', (prop, props) => {
    expect(() => telling(props)).toThrow(`[Stack/BudgetAlert] \`${prop}\` must be `);
  });

  test('publishes to a TLS-only topic with only the policy of its role', () => {
    const template = Template.fromStack(telling().stack);

    const [{ Properties }] = Object.values(template.findResources('AWS::SNS::TopicPolicy'));
    expect((Properties as { PolicyDocument: unknown }).PolicyDocument).toMatchObject({
      Statement: [{ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }],
    });
    expect(statementsOf(template)).toContainEqual([
      'sns:Publish',
      { Ref: expect.stringMatching(/^Topic/) as string },
    ]);
  });

  describe('that is imported', () => {
    function tellingImported(account: string, stack = newStack(PLACE), keyArn?: string) {
      const topicArn = `arn:aws:sns:eu-central-1:${account}:told`;
      new BudgetAlertLambda(stack, 'BudgetAlert', {
        enabled: true,
        dailyBudget: 10,
        notificationTopic: sns.Topic.fromTopicAttributes(stack, 'Topic', { topicArn, keyArn }),
        traceTable: new TokenTraceTable(stack, 'Traces'),
      });
      return Annotations.fromStack(stack)
        .findWarning('*', Match.anyValue())
        .map(({ entry }) => String(entry.data));
    }
    const principal = (account: unknown) => ({
      AWS: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':iam::', account, ':root'].flat()] },
    });
    const roleArn = { 'Fn::GetAtt': [expect.stringMatching(/^BudgetAlertRole/) as string, 'Arn'] };
    const statementIn = (message: string): unknown =>
      JSON.parse(message.slice(message.indexOf('{'), message.lastIndexOf('}') + 1));

    test('adds no warning for an imported topic in the same account, because the policy of the role is enough', () => {
      expect(tellingImported(ACCOUNT)).toEqual([]);
    });

    test('warns with the statement to add if an imported topic is in another account', () => {
      const [warning, ...others] = tellingImported('210987654321');

      expect(others).toEqual([]);
      expect(warning).toContain(
        'If the topic is in another account, Stack/BudgetAlert/Role needs a statement to publish.',
      );
      expect(warning).toContain('[ack: cdk-token-analytics:topicPolicy]');
      expect(statementIn(warning)).toEqual({
        Effect: 'Allow',
        Principal: {
          AWS: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:iam::${ACCOUNT}:root`]] },
        },
        Action: 'sns:Publish',
        Resource: 'arn:aws:sns:eu-central-1:210987654321:told',
        Condition: { ArnEquals: { 'aws:PrincipalArn': roleArn } },
      });
    });

    test('warns with the statement to add for an imported topic if the account of the stack is not known', () => {
      const warnings = tellingImported(ACCOUNT, newStack());

      expect(warnings).toHaveLength(1);
      expect(statementIn(warnings[0])).toMatchObject({
        Principal: principal([{ Ref: 'AWS::AccountId' }]),
        Condition: { ArnEquals: { 'aws:PrincipalArn': roleArn } },
      });
    });

    test('warns of an imported key of the topic', () => {
      const warnings = tellingImported(
        ACCOUNT,
        newStack(PLACE),
        'arn:aws:kms:eu-central-1:123456789012:key/abc',
      );

      expect(warnings).toHaveLength(1);
      expect(warnings[0]).toContain('[ack: cdk-token-analytics:keyPolicy]');
      expect(statementIn(warnings[0])).toMatchObject({
        Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
        Resource: '*',
        Condition: { ArnEquals: { 'aws:PrincipalArn': roleArn } },
      });
    });

    test('refuses a topic in another region than the function', () => {
      const stack = newStack(PLACE);
      const notificationTopic = sns.Topic.fromTopicArn(
        stack,
        'Topic',
        `arn:aws:sns:us-east-1:${ACCOUNT}:told`,
      );

      expect(
        () => new BudgetAlertLambda(stack, 'BudgetAlert', { dailyBudget: 10, notificationTopic }),
      ).toThrow(
        '[Stack/BudgetAlert] `notificationTopic` must be in the region of the stack (eu-central-1), got: ' +
          'Stack/Topic in us-east-1. The function publishes in its own region: pass a topic of that region.',
      );
    });
  });

  test('allows the role in the policies of a topic and key in another account of the app', () => {
    const app = new App();
    const topics = new Stack(app, 'Topics', { env: { account: '210987654321', region: 'eu-central-1' } });
    const stack = new Stack(app, 'Stack', PLACE);
    const masterKey = new kms.Key(topics, 'Key');
    new BudgetAlertLambda(stack, 'BudgetAlert', {
      enabled: true,
      dailyBudget: 10,
      notificationTopic: new sns.Topic(topics, 'Topic', { topicName: 'told', masterKey }),
      traceTable: new TokenTraceTable(stack, 'Traces'),
    });

    const template = Template.fromStack(stack);
    const [{ Properties: role }] = Object.values(template.findResources('AWS::IAM::Role'));
    const { RoleName: roleName } = role as { RoleName: string };
    const arn = (rest: string) => ({ 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, rest]] });
    const ofRole = {
      Effect: 'Allow',
      Principal: { AWS: arn(`:iam::${ACCOUNT}:root`) },
      Condition: { ArnEquals: { 'aws:PrincipalArn': arn(`:iam::${ACCOUNT}:role/${roleName}`) } },
    };
    Template.fromStack(topics).hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: {
        Statement: [
          Match.objectLike({ ...ofRole, Action: 'sns:Publish' }),
          Match.objectLike({ Condition: { StringEquals: { 'AWS:SourceOwner': '210987654321' } } }),
        ],
      },
    });
    Template.fromStack(topics).hasResourceProperties('AWS::KMS::Key', {
      KeyPolicy: {
        Statement: [
          Match.anyValue(),
          { ...ofRole, Action: ['kms:Decrypt', 'kms:GenerateDataKey*'], Resource: '*' },
        ],
      },
    });
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          { Effect: 'Allow', Action: 'sns:Publish', Resource: arn(':sns:eu-central-1:210987654321:told') },
          {
            Effect: 'Allow',
            Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
            Resource: arn(':kms:eu-central-1:210987654321:key/*'),
            Condition: { StringEquals: { 'kms:ViaService': 'sns.eu-central-1.amazonaws.com' } },
          },
        ]),
      },
    });
    Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
  });

  test('refuses a FIFO topic, which reaches no person', () => {
    const stack = newStack();

    expect(() => telling({ notificationTopic: new sns.Topic(stack, 'Fifo', { fifo: true }) })).toThrow(
      '`notificationTopic` must be a standard topic',
    );
  });

  testWithNag('the budget alert function has no finding of cdk-nag AwsSolutions', () => {
    const { stack } = telling();

    expect(
      new AwsSolutionsChecks(stack.node.root)
        .validateScope(stack.node.root)
        .violations.map(({ ruleName }) => ruleName),
    ).toEqual([]);
  });
});
