import { CfnParameter, Duration } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import { AwsSolutionsChecks } from 'cdk-nag';
import { NightlyRollup, type NightlyRollupProps, TokenTraceTable } from '../../../src';
import { testWithNag } from '../../support/nag';
import { newStack } from '../support';

type Others = Omit<NightlyRollupProps, 'traceTable'>;

function nightlyRollup(props: Others = {}) {
  const stack = newStack();
  const traceTable = new TokenTraceTable(stack, 'Traces');
  const rollup = new NightlyRollup(stack, 'Rollup', { traceTable, ...props });
  return { stack, rollup, template: Template.fromStack(stack) };
}

describe('NightlyRollup', () => {
  test('the nightly rollup runs at 01:30 UTC with 512 MB for up to 15 minutes, and has the table and its retention as variables', () => {
    const { template } = nightlyRollup();

    template.hasResourceProperties('AWS::Events::Rule', {
      ScheduleExpression: 'cron(30 1 * * ? *)',
      Targets: [
        Match.objectLike({ RetryPolicy: { MaximumRetryAttempts: 8, MaximumEventAgeInSeconds: 21_600 } }),
      ],
    });
    template.hasResourceProperties('AWS::Lambda::Function', {
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      MemorySize: 512,
      Timeout: 900,
      Environment: {
        Variables: {
          TOKEN_ANALYTICS_TABLE: { Ref: Match.stringLikeRegexp('^Traces') },
          TOKEN_ANALYTICS_TTL_DAYS: '90',
        },
      },
      ReservedConcurrentExecutions: Match.absent(),
    });
    template.hasResource('AWS::Logs::LogGroup', {
      Properties: { RetentionInDays: 30 },
      DeletionPolicy: 'Delete',
    });
  });

  test('encrypts its environment and its log with a key, and allows Lambda and CloudWatch Logs to use the key', () => {
    const stack = newStack({ env: { account: '123456789012', region: 'eu-central-1' } });
    const traceTable = new TokenTraceTable(stack, 'Traces');
    new NightlyRollup(stack, 'Rollup', { traceTable, encryptionKey: new kms.Key(stack, 'Key') });

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

  test('the nightly rollup may only query and write the table, without its index', () => {
    const { template } = nightlyRollup();

    template.resourceCountIs('AWS::IAM::Policy', 1);
    const tableArn = { 'Fn::GetAtt': [Match.stringLikeRegexp('^Traces'), 'Arn'] };
    template.hasResourceProperties('AWS::IAM::Role', {
      ManagedPolicyArns: Match.absent(),
      Policies: Match.absent(),
    });
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
            Resource: { 'Fn::GetAtt': [Match.stringLikeRegexp('^RollupLogs'), 'Arn'] },
          },
          { Effect: 'Allow', Action: 'dynamodb:BatchWriteItem', Resource: tableArn },
          { Effect: 'Allow', Action: 'dynamodb:Query', Resource: tableArn },
        ],
      },
    });
  });

  test('the nightly rollup may use the customer managed key of the table', () => {
    const stack = newStack({ env: { account: '123456789012', region: 'eu-central-1' } });
    const key = new kms.Key(stack, 'Key');
    const traceTable = new TokenTraceTable(stack, 'Traces', {
      encryption: dynamodb.TableEncryptionV2.customerManagedKey(key),
    });
    new NightlyRollup(stack, 'Rollup', { traceTable });

    Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Action: Match.arrayWith(['kms:Decrypt', 'kms:Encrypt']),
            Resource: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Key'), 'Arn'] },
          }),
        ]),
      },
    });
  });

  test('applies every prop', () => {
    const { template } = nightlyRollup({
      hour: 0,
      minute: 5,
      memorySize: 1769,
      timeout: Duration.minutes(5),
      logRetention: logs.RetentionDays.ONE_WEEK,
    });

    template.hasResourceProperties('AWS::Events::Rule', { ScheduleExpression: 'cron(5 0 * * ? *)' });
    template.hasResourceProperties('AWS::Lambda::Function', { MemorySize: 1769, Timeout: 300 });
    template.hasResourceProperties('AWS::Logs::LogGroup', { RetentionInDays: 7 });
  });

  test('the nightly rollup has a metric of failed runs', () => {
    const { stack, rollup } = nightlyRollup();

    expect(
      stack.resolve(rollup.metricErrors({ period: Duration.hours(1) }).toMetricConfig().metricStat),
    ).toMatchObject({
      namespace: 'AWS/Lambda',
      metricName: 'Errors',
      statistic: 'Sum',
      dimensions: [{ name: 'FunctionName', value: { Ref: expect.stringMatching(/^RollupFunction/) } }],
    });
  });

  test('accepts an imported table with unknown retention', () => {
    const stack = newStack();
    new NightlyRollup(stack, 'Rollup', {
      traceTable: TokenTraceTable.fromTableName(stack, 'Traces', 'traces'),
    });

    Template.fromStack(stack).hasResourceProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: { TOKEN_ANALYTICS_TABLE: 'traces', TOKEN_ANALYTICS_TTL_DAYS: Match.absent() },
      },
    });
  });

  test.each<[string, Others]>([
    ['hour', { hour: 24 }],
    ['hour', { hour: -1 }],
    ['minute', { minute: 60 }],
    ['minute', { minute: 1.5 }],
    ['memorySize', { memorySize: 128 }],
    ['memorySize', { memorySize: 20_000 }],
    ['timeout', { timeout: Duration.seconds(90) }],
    ['timeout', { timeout: Duration.minutes(16) }],
  ])('refuses an invalid %s: %j', (prop, props) => {
    expect(() => nightlyRollup(props)).toThrow(`[Stack/Rollup] \`${prop}\` must be `);
  });

  test.each([1, 2])(
    'refuses a table that keeps traces for %d days, because no day would be complete',
    days => {
      const stack = newStack();
      const traceTable = new TokenTraceTable(stack, 'Traces', { traceTtl: Duration.days(days) });

      expect(() => new NightlyRollup(stack, 'Rollup', { traceTable })).toThrow(
        `[Stack/Rollup] \`traceTable\` must be a table that keeps traces for 3 days or more, got: ${days} days.`,
      );
    },
  );

  test.each([0, 3])('accepts a table that keeps traces for %d days', days => {
    const stack = newStack();
    const traceTable = new TokenTraceTable(stack, 'Traces', { traceTtl: Duration.days(days) });
    new NightlyRollup(stack, 'Rollup', { traceTable });

    Template.fromStack(stack).hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: Match.objectLike({ TOKEN_ANALYTICS_TTL_DAYS: String(days) }) },
    });
  });

  test('accepts tokens', () => {
    const stack = newStack();
    const hour = new CfnParameter(stack, 'Hour', { type: 'Number' }).valueAsNumber;
    new NightlyRollup(stack, 'Rollup', {
      traceTable: new TokenTraceTable(stack, 'Traces'),
      memorySize: new CfnParameter(stack, 'Memory', { type: 'Number' }).valueAsNumber,
      hour,
    });

    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::Lambda::Function', { MemorySize: { Ref: 'Memory' } });
    template.hasResourceProperties('AWS::Events::Rule', {
      ScheduleExpression: { 'Fn::Join': ['', ['cron(30 ', { Ref: 'Hour' }, ' * * ? *)']] },
    });
  });

  testWithNag('the nightly rollup has no finding in cdk-nag AwsSolutions, without suppressions', () => {
    const { stack } = nightlyRollup();

    expect(new AwsSolutionsChecks(stack.node.root as never).validateScope(stack).violations).toEqual([]);
  });
});
