import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as logs from 'aws-cdk-lib/aws-logs';
import { AwsSolutionsChecks } from 'cdk-nag';
import { BedrockInvocationLogging, TokenTraceTable, TokenUsageIngest } from '../../../src';
import { newStack, templateOf } from '../support';

describe('BedrockInvocationLogging', () => {
  test('sets a log group of its own, without images and the like', () => {
    const stack = newStack();
    new BedrockInvocationLogging(stack, 'Logging');

    const template = Template.fromStack(stack);
    template.hasResource('Custom::BedrockInvocationLogging', {
      Properties: {
        ServiceToken: { 'Fn::GetAtt': [Match.stringLikeRegexp('^LoggingHandlerFunction'), 'Arn'] },
        ServiceTimeout: '180',
        logGroupName: { Ref: Match.stringLikeRegexp('^LoggingLogGroup') },
        roleArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^LoggingRole'), 'Arn'] },
        imageData: 'false',
        embeddingData: 'false',
        videoData: 'false',
        audioData: 'false',
      },
      DependsOn: [Match.stringLikeRegexp('^LoggingLogGroup'), Match.stringLikeRegexp('^LoggingPolicy')],
    });
    expect(templateOf(stack)).toMatchSnapshot();
  });

  test('leaves what the setting needs when the stack is deleted', () => {
    const stack = newStack();
    new BedrockInvocationLogging(stack, 'Logging', { retention: logs.RetentionDays.ONE_DAY });

    const template = Template.fromStack(stack);
    template.hasResource('AWS::Logs::LogGroup', {
      DeletionPolicy: 'Retain',
      Properties: { RetentionInDays: 1 },
    });
    for (const type of ['AWS::IAM::Role', 'AWS::IAM::Policy']) {
      expect(Object.keys(template.findResources(type, { DeletionPolicy: 'Retain' }))).toEqual([
        expect.stringMatching(/^Logging(?:Role|Policy)[0-9A-F]{8}$/),
      ]);
    }
  });

  test('lets Bedrock of the account write its one stream, and the handler read and put the setting and pass the role', () => {
    const stack = newStack();
    new BedrockInvocationLogging(stack, 'Logging', {
      logGroup: logs.LogGroup.fromLogGroupName(stack, 'Imported', '/bedrock/invocations'),
    });

    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::IAM::Role', {
      AssumeRolePolicyDocument: {
        Statement: [
          Match.objectLike({
            Principal: { Service: 'bedrock.amazonaws.com' },
            Condition: {
              StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
              ArnLike: {
                'aws:SourceArn': {
                  'Fn::Join': [
                    '',
                    [
                      'arn:',
                      { Ref: 'AWS::Partition' },
                      ':bedrock:',
                      { Ref: 'AWS::Region' },
                      ':',
                      { Ref: 'AWS::AccountId' },
                      ':*',
                    ],
                  ],
                },
              },
            },
          }),
        ],
      },
    });
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: [
          {
            Effect: 'Allow',
            Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
            Resource: {
              'Fn::Join': [
                '',
                Match.arrayWith([
                  Match.stringLikeRegexp(
                    ':log-group:/bedrock/invocations:log-stream:aws/bedrock/modelinvocations$',
                  ),
                ]),
              ],
            },
          },
        ],
      },
    });
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: [
          Match.objectLike({ Action: ['logs:CreateLogStream', 'logs:PutLogEvents'] }),
          {
            Effect: 'Allow',
            Action: [
              'bedrock:GetModelInvocationLoggingConfiguration',
              'bedrock:PutModelInvocationLoggingConfiguration',
            ],
            Resource: '*',
          },
          {
            Effect: 'Allow',
            Action: 'iam:PassRole',
            Resource: { 'Fn::GetAtt': [Match.stringLikeRegexp('^LoggingRole'), 'Arn'] },
            Condition: { StringEquals: { 'iam:PassedToService': 'bedrock.amazonaws.com' } },
          },
        ],
      },
    });
    template.resourceCountIs('AWS::Logs::LogGroup', 1);
  });

  test('is read by the ingest, and both are clean under cdk-nag AwsSolutions', () => {
    const app = new App();
    const stack = new Stack(app, 'Stack');
    const logging = new BedrockInvocationLogging(stack, 'Logging', {
      imageData: true,
      embeddingData: true,
      videoData: true,
      audioData: true,
    });
    new TokenUsageIngest(stack, 'Ingest', {
      traceTable: new TokenTraceTable(stack, 'Traces'),
      logGroup: logging.logGroup,
    });

    const findings = new AwsSolutionsChecks(app)
      .validateScope(app)
      .violations.flatMap(({ ruleName, violatingResources }) =>
        violatingResources.map(({ constructPath }) => `${ruleName} ${constructPath}`),
      );
    expect(findings).toEqual([]);
    Template.fromStack(stack).hasResourceProperties('Custom::BedrockInvocationLogging', {
      imageData: 'true',
      embeddingData: 'true',
      videoData: 'true',
      audioData: 'true',
    });
  });
});
