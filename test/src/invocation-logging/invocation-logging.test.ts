import { App, NestedStack, RemovalPolicy, Stack, Stage } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks, NIST80053R5Checks } from 'cdk-nag';
import type { Construct } from 'constructs';
import {
  BedrockInvocationLogging,
  type BedrockInvocationLoggingProps,
  LoggingOnDelete,
  TokenTraceTable,
  TokenUsageIngest,
} from '../../../src';
import { LOGGING_ENV, INVOCATION_LOGGING_ON_DELETE } from '../../../src/contract';
import { testWithNag } from '../../support/nag';
import { newStack, templateOf } from '../support';

const KEY_ARN = 'arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555';
const IN_US = { env: { region: 'us-east-1', account: '123456789012' } };
const BEDROCK_OF_ACCOUNT = {
  Principal: { Service: 'bedrock.amazonaws.com' },
  Condition: {
    StringEquals: { 'aws:SourceAccount': '123456789012' },
    ArnLike: {
      'aws:SourceArn': {
        'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':bedrock:us-east-1:123456789012:*']],
      },
    },
  },
};

function logging(props?: BedrockInvocationLoggingProps, stack = newStack()): Template {
  new BedrockInvocationLogging(stack, 'Logging', props);
  return Template.fromStack(stack);
}

/** Returns the environment variables of the function that configures Bedrock's invocation logging. */
function environmentOf(template: Template): Readonly<Record<string, unknown>> {
  const [fn] = Object.values(template.findResources('AWS::Lambda::Function')) as {
    Properties: { Environment: { Variables: Readonly<Record<string, unknown>> } };
  }[];
  return fn.Properties.Environment.Variables;
}

/** Returns the logical ids (without hash) of resources with the given type and DeletionPolicy. */
function withPolicy(template: Template, type: string, DeletionPolicy: unknown): string[] {
  return Object.keys(template.findResources(type, { DeletionPolicy })).map(id => id.slice(0, -8));
}

describe('BedrockInvocationLogging', () => {
  test('sets a new log group, without binary data', () => {
    const stack = newStack();
    const template = logging({}, stack);

    template.hasResource('Custom::BedrockInvocationLogging', {
      Properties: {
        ServiceToken: { 'Fn::GetAtt': [Match.stringLikeRegexp('^LoggingHandlerFunction'), 'Arn'] },
        ServiceTimeout: '600',
        logGroupName: { Ref: Match.stringLikeRegexp('^LoggingLogGroup') },
        roleArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^LoggingRole'), 'Arn'] },
        textData: 'true',
        imageData: 'false',
        embeddingData: 'false',
        videoData: 'false',
        audioData: 'false',
      },
    });
    expect(templateOf(stack)).toMatchSnapshot();
  });

  test('passes the complete setting to the function in its environment', () => {
    const stack = newStack();
    const template = logging(
      {
        imageData: true,
        audioData: true,
        onDelete: LoggingOnDelete.LEAVE,
        largeDataDelivery: {
          bucket: s3.Bucket.fromBucketName(stack, 'Bucket', 'large'),
          keyPrefix: 'bodies',
        },
      },
      stack,
    );

    expect(environmentOf(template)).toEqual({
      [LOGGING_ENV.logGroup]: { Ref: expect.stringMatching(/^LoggingLogGroup/) as string },
      [LOGGING_ENV.role]: { 'Fn::GetAtt': [expect.stringMatching(/^LoggingRole/), 'Arn'] },
      [LOGGING_ENV.data]: 'text,image,audio',
      [LOGGING_ENV.largeDataBucket]: 'large',
      [LOGGING_ENV.largeDataPrefix]: 'bodies',
      [LOGGING_ENV.onDelete]: 'leave',
      [LOGGING_ENV.stack]: { Ref: 'AWS::StackId' },
      [LOGGING_ENV.urlSuffix]: { Ref: 'AWS::URLSuffix' },
    });
  });

  test('updates the custom resource if any part of the setting changes', () => {
    const stack = newStack();
    const bucket = s3.Bucket.fromBucketName(stack, 'Bucket', 'large');
    const template = logging(
      { embeddingData: true, videoData: true, largeDataDelivery: { bucket, keyPrefix: 'bodies' } },
      stack,
    );

    template.hasResourceProperties('Custom::BedrockInvocationLogging', {
      imageData: 'false',
      embeddingData: 'true',
      videoData: 'true',
      audioData: 'false',
      largeDataBucket: 'large',
      largeDataPrefix: 'bodies',
    });
  });

  test('runs one event at a time, and does not retry events', () => {
    const template = logging();

    template.hasResourceProperties('AWS::Lambda::Function', {
      ReservedConcurrentExecutions: 1,
      Timeout: 180,
    });
    template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      MaximumRetryAttempts: 0,
      MaximumEventAgeInSeconds: 600,
    });
  });

  test('creates the setting after all resources that it needs, and deletes it before them', () => {
    const stack = newStack();
    const bucket = new s3.Bucket(stack, 'Bucket');
    const template = logging({ largeDataDelivery: { bucket } }, stack);

    const [{ DependsOn }] = Object.values(template.findResources('Custom::BedrockInvocationLogging')) as {
      DependsOn: string[];
    }[];
    expect(DependsOn.map(id => id.slice(0, -8)).sort()).toEqual([
      'BucketPolicy',
      'LoggingHandlerFunction',
      'LoggingHandlerFunctionEventInvokeConfig',
      'LoggingHandlerRole',
      'LoggingHandlerRoleDefaultPolicy',
      'LoggingLogGroup',
      'LoggingPolicy',
      'LoggingSettingPolicy',
    ]);
  });

  test('keeps only the records when the stack is deleted', () => {
    const template = logging({ retention: logs.RetentionDays.ONE_DAY });

    template.hasResource('AWS::Logs::LogGroup', {
      DeletionPolicy: 'RetainExceptOnCreate',
      Properties: { RetentionInDays: 1 },
    });
    for (const type of ['AWS::IAM::Role', 'AWS::IAM::Policy']) {
      expect(withPolicy(template, type, Match.anyValue())).toEqual([]);
    }
  });

  test('retains role and policy if the setting is kept, unless their creation is rolled back', () => {
    const template = logging({ onDelete: LoggingOnDelete.LEAVE });

    expect(
      ['AWS::Logs::LogGroup', 'AWS::IAM::Role', 'AWS::IAM::Policy'].flatMap(type =>
        withPolicy(template, type, 'RetainExceptOnCreate'),
      ),
    ).toEqual(['LoggingLogGroup', 'LoggingRole', 'LoggingPolicy']);
    template.resourcePropertiesCountIs('AWS::IAM::Role', Match.anyValue(), 2);
  });

  test('allows the function to read the status of its stack and of the outermost stack, because either can roll back', () => {
    const parent = newStack();
    const nested = new NestedStack(new NestedStack(parent, 'Middle'), 'Nested');
    const template = logging({}, nested);

    const [parameter] = Object.keys(template.findParameters('*'));
    expect(environmentOf(template)[LOGGING_ENV.stack]).toEqual({
      'Fn::Join': ['', [{ Ref: 'AWS::StackId' }, ',', { Ref: parameter }]],
    });
    Template.fromStack(parent).hasResourceProperties('AWS::CloudFormation::Stack', {
      Parameters: Match.objectLike({ [parameter]: { Ref: 'AWS::StackId' } }),
    });
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Action: 'cloudformation:DescribeStacks',
            Resource: [{ Ref: 'AWS::StackId' }, { Ref: parameter }],
          }),
        ]),
      },
    });
  });

  test('allows Bedrock of the account to write its one stream in a given log group', () => {
    const stack = newStack(IN_US);
    const template = logging(
      { logGroup: logs.LogGroup.fromLogGroupName(stack, 'Imported', '/bedrock/invocations') },
      stack,
    );

    template.hasResourceProperties('AWS::IAM::Role', {
      AssumeRolePolicyDocument: { Statement: [Match.objectLike(BEDROCK_OF_ACCOUNT)] },
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
    template.resourceCountIs('AWS::Logs::LogGroup', 1);
  });

  testWithNag(
    'creates a log group that the ingest can read, and both have no finding of cdk-nag AwsSolutions',
    () => {
      const app = new App();
      const stack = new Stack(app, 'Stack');
      new TokenUsageIngest(stack, 'Ingest', {
        traceTable: new TokenTraceTable(stack, 'Traces'),
        logGroup: new BedrockInvocationLogging(stack, 'Logging').logGroup,
      });

      expect(findingsOf(new AwsSolutionsChecks(app), app)).toEqual([]);
    },
  );

  testWithNag('does not acknowledge rights that an app adds to its roles', () => {
    const app = new App();
    const stack = new Stack(app, 'Stack');
    const { role, node } = new BedrockInvocationLogging(stack, 'Logging');
    for (const each of [role, node.findChild('Handler').node.findChild('Role') as iam.Role]) {
      each.addToPolicy(new iam.PolicyStatement({ actions: ['sns:Publish'], resources: ['*'] }));
    }

    expect(findingsOf(new AwsSolutionsChecks(app), app)).toEqual([
      'AwsSolutions-IAM5[Resource::*] Stack/Logging/Role/DefaultPolicy/Resource',
      'AwsSolutions-IAM5[Resource::*] Stack/Logging/Handler/Role/DefaultPolicy/Resource',
    ]);
  });

  test('LoggingOnDelete has the values that the function reads', () => {
    expect(Object.values(LoggingOnDelete)).toEqual(Object.values(INVOCATION_LOGGING_ON_DELETE));
  });
});

describe('largeDataDelivery', () => {
  test('allows Bedrock to write to a bucket of the app, with its key', () => {
    const stack = newStack(IN_US);
    const bucket = new s3.Bucket(stack, 'Bucket', { encryption: s3.BucketEncryption.KMS });
    const template = logging({ largeDataDelivery: { bucket, keyPrefix: 'bedrock/bodies' } }, stack);

    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: [
          {
            Effect: 'Allow',
            Action: 's3:PutObject',
            Resource: {
              'Fn::Join': [
                '',
                [
                  { 'Fn::GetAtt': [Match.stringLikeRegexp('^Bucket'), 'Arn'] },
                  '/bedrock/bodies/AWSLogs/123456789012/BedrockModelInvocationLogs/*',
                ],
              ],
            },
            ...BEDROCK_OF_ACCOUNT,
          },
        ],
      },
    });
    template.hasResourceProperties('AWS::KMS::Key', {
      KeyPolicy: {
        Statement: Match.arrayWith([
          { Effect: 'Allow', Action: 'kms:GenerateDataKey', Resource: '*', ...BEDROCK_OF_ACCOUNT },
        ]),
      },
    });
    Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
  });

  test('largeDataDelivery needs no key prefix', () => {
    const stack = newStack(IN_US);
    const template = logging({ largeDataDelivery: { bucket: new s3.Bucket(stack, 'Bucket') } }, stack);

    expect(JSON.stringify(template.findResources('AWS::S3::BucketPolicy'))).toContain(
      '"/AWSLogs/123456789012/BedrockModelInvocationLogs/*"',
    );
    expect(environmentOf(template)).not.toHaveProperty(LOGGING_ENV.largeDataPrefix);
  });

  test('warns with the statements for an imported bucket and its key', () => {
    const stack = newStack(IN_US);
    const bucket = s3.Bucket.fromBucketAttributes(stack, 'Bucket', {
      bucketName: 'large',
      encryptionKey: kms.Key.fromKeyArn(stack, 'Key', KEY_ARN),
    });
    logging({ largeDataDelivery: { bucket } }, stack);

    const annotations = Annotations.fromStack(stack);
    for (const parts of [
      [
        'The policy of Stack/Bucket cannot be changed from here.',
        '"Action":"s3:PutObject"',
        '"aws:SourceAccount":"123456789012"',
        '/AWSLogs/123456789012/BedrockModelInvocationLogs/\\*',
        'cdk-token-analytics:bucketPolicy',
      ],
      [
        'The policy of Stack/Key cannot be changed from here.',
        '"Action":"kms:GenerateDataKey"',
        '"Service":"bedrock.amazonaws.com"',
        'cdk-token-analytics:keyPolicy',
      ],
    ]) {
      annotations.hasWarning('/Stack/Logging', Match.stringLikeRegexp(parts.join('.*')));
    }
  });

  test.each([
    [
      'region',
      { region: 'eu-west-1' },
      'in the region of the stack (us-east-1), got: Stack/Bucket in eu-west-1',
    ],
    [
      'account',
      { account: '999999999999' },
      'in the account of the stack (123456789012), got: Stack/Bucket in 999999999999',
    ],
  ])('refuses a bucket of another %s', (_, place, message) => {
    const stack = newStack(IN_US);
    const bucket = s3.Bucket.fromBucketAttributes(stack, 'Bucket', { bucketName: 'large', ...place });

    expect(() => logging({ largeDataDelivery: { bucket } }, stack)).toThrow(
      `[Stack/Logging] \`largeDataDelivery.bucket\` must be ${message}. Bedrock logs only to the account`,
    );
  });

  test.each(['bodies/*', '/bodies', 'bodies/', '', 'bo dies', '${aws:username}', 'a'.repeat(1025)])(
    'refuses the key prefix %j',
    keyPrefix => {
      const stack = newStack();
      const bucket = new s3.Bucket(stack, 'Bucket');

      expect(() => logging({ largeDataDelivery: { bucket, keyPrefix } }, stack)).toThrow(
        '[Stack/Logging] `largeDataDelivery.keyPrefix` must be 1 to 1024 letters',
      );
    },
  );

  test('accepts a key prefix that is known only at deployment', () => {
    const stack = newStack();
    const bucket = new s3.Bucket(stack, 'Bucket');
    const template = logging({ largeDataDelivery: { bucket, keyPrefix: stack.stackId } }, stack);

    expect(environmentOf(template)[LOGGING_ENV.largeDataPrefix]).toEqual({ Ref: 'AWS::StackId' });
  });
});

describe('a bucket with access control lists', () => {
  const message =
    '`largeDataDelivery.bucket` must be a bucket without access control lists, got: Stack/Bucket with the object ownership ';

  test.each([s3.ObjectOwnership.OBJECT_WRITER, s3.ObjectOwnership.BUCKET_OWNER_PREFERRED])(
    'a bucket with access control lists is refused with the object ownership %s',
    objectOwnership => {
      const stack = newStack(IN_US);
      const bucket = new s3.Bucket(stack, 'Bucket', { objectOwnership });

      expect(() => logging({ largeDataDelivery: { bucket } }, stack)).toThrow(
        `[Stack/Logging] ${message}${objectOwnership}. Bedrock cannot write to such a bucket.`,
      );
    },
  );

  test('a bucket with access control lists is refused at synth if they are enabled later', () => {
    const stack = newStack(IN_US);
    const bucket = new s3.Bucket(stack, 'Bucket');
    new BedrockInvocationLogging(stack, 'Logging', { largeDataDelivery: { bucket } });
    (bucket.node.defaultChild as s3.CfnBucket).ownershipControls = {
      rules: [{ objectOwnership: 'ObjectWriter' }],
    };

    expect(() => Template.fromStack(stack)).toThrow(`${message}ObjectWriter`);
  });

  test('a bucket is accepted if access control lists are disabled, or its ownership is not known', () => {
    const stack = newStack(IN_US);
    const objectOwnership = s3.ObjectOwnership.BUCKET_OWNER_ENFORCED;
    const bucket = new s3.Bucket(stack, 'Bucket', { objectOwnership });
    new s3.CfnBucket(stack, 'Other');

    expect(() => logging({ largeDataDelivery: { bucket } }, stack)).not.toThrow();
  });
});

describe('LoggingOnDelete.LEAVE', () => {
  const DESTROY = { removalPolicy: RemovalPolicy.DESTROY };
  const leaving = (stack: Stack, props: BedrockInvocationLoggingProps) => {
    const template = logging({ onDelete: LoggingOnDelete.LEAVE, ...props }, stack);
    return {
      template,
      warnings: Annotations.fromStack(stack).findWarning('/Stack/Logging', Match.anyValue()),
    };
  };

  test('retains a bucket policy that was created for the setting, without a warning', () => {
    const stack = newStack(IN_US);
    const { template, warnings } = leaving(stack, {
      largeDataDelivery: { bucket: new s3.Bucket(stack, 'Bucket') },
    });

    expect(withPolicy(template, 'AWS::S3::BucketPolicy', 'RetainExceptOnCreate')).toEqual(['BucketPolicy']);
    expect(warnings).toEqual([]);
  });

  test('does not retain that policy if the setting is restored', () => {
    const stack = newStack(IN_US);
    const template = logging({ largeDataDelivery: { bucket: new s3.Bucket(stack, 'Bucket') } }, stack);

    expect(withPolicy(template, 'AWS::S3::BucketPolicy', 'RetainExceptOnCreate')).toEqual([]);
  });

  test('warns of a bucket policy that existed before, unless it is retained', () => {
    const stack = newStack(IN_US);
    const bucket = new s3.Bucket(stack, 'Bucket', { enforceSSL: true });
    const { template, warnings } = leaving(stack, { largeDataDelivery: { bucket } });
    expect(withPolicy(template, 'AWS::S3::BucketPolicy', 'RetainExceptOnCreate')).toEqual([]);
    expect(warnings.map(({ id, entry }) => `${id} ${String(entry.data)}`)).toEqual([
      expect.stringMatching(
        /^\/Stack\/Logging `onDelete` keeps .* deleted with the stack: Stack\/Bucket\/Policy\. .*cdk-token-analytics:leftLogging/,
      ),
    ]);

    const other = newStack(IN_US);
    const kept = new s3.Bucket(other, 'Bucket', { enforceSSL: true });
    kept.policy?.applyRemovalPolicy(RemovalPolicy.RETAIN);
    expect(leaving(other, { largeDataDelivery: { bucket: kept } }).warnings).toEqual([]);
  });

  test('warns of a log group and a bucket that are deleted with the stack', () => {
    const stack = newStack(IN_US);
    const { warnings } = leaving(stack, {
      logGroup: new logs.LogGroup(stack, 'Group', DESTROY),
      largeDataDelivery: { bucket: new s3.Bucket(stack, 'Bucket', DESTROY) },
    });

    expect(warnings.map(({ entry }) => String(entry.data))).toEqual([
      expect.stringContaining(
        'deleted with the stack: Stack/Group, Stack/Bucket. Later records would be lost.',
      ),
    ]);
  });

  test('warns of an imported log group of the app whose removal policy is set later', () => {
    const stack = newStack(IN_US);
    const group = new logs.LogGroup(stack, 'Group');
    new BedrockInvocationLogging(stack, 'Logging', {
      onDelete: LoggingOnDelete.LEAVE,
      logGroup: logs.LogGroup.fromLogGroupName(stack, 'Imported', group.logGroupName),
    });
    group.applyRemovalPolicy(RemovalPolicy.DESTROY);

    Annotations.fromStack(stack).hasWarning('/Stack/Logging', Match.stringLikeRegexp(': Stack/Group\\. '));
  });

  test('does not warn of resources of another stack or outside of the app', () => {
    const stack = newStack(IN_US);
    const other = new Stack(stack.node.root, 'Other', IN_US);
    const { warnings } = leaving(stack, {
      logGroup: logs.LogGroup.fromLogGroupName(stack, 'Group', 'imported'),
      largeDataDelivery: { bucket: new s3.Bucket(other, 'Bucket', DESTROY) },
    });

    expect(warnings).toEqual([]);
  });

  test('does not warn of deleted resources if the setting is restored', () => {
    const stack = newStack(IN_US);
    logging({ logGroup: new logs.LogGroup(stack, 'Group', DESTROY) }, stack);

    Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
  });
});

describe('a second construct for the same account and region', () => {
  const EU = { env: { region: 'eu-west-1', account: '123456789012' } };
  const OTHER = { env: { region: 'us-east-1', account: '999999999999' } };
  const both = (one: Construct, other: Construct) => () => {
    new BedrockInvocationLogging(one, 'Logging');
    new BedrockInvocationLogging(other, 'Second');
  };
  const inApp = (make: (app: App) => readonly [Construct, Construct]) => both(...make(new App()));
  const stages = (app: App, env: object): readonly [Construct, Construct] => [
    new Stack(new Stage(app, 'A'), 'Stack', env),
    new Stack(new Stage(app, 'B'), 'Stack', env),
  ];

  test.each<[string, () => void, string]>([
    ['one stack', both(...(Array(2).fill(newStack()) as [Stack, Stack])), 'Stack/Logging'],
    ['two stacks', inApp(app => [new Stack(app, 'A', IN_US), new Stack(app, 'B', IN_US)]), 'A/Logging'],
    ['two stages', inApp(app => stages(app, IN_US)), 'A/Stack/Logging'],
    ['stacks without an env', inApp(app => [new Stack(app, 'A'), new Stack(app, 'B')]), 'A/Logging'],
    [
      'stacks of which one has an env',
      inApp(app => [new Stack(app, 'A'), new Stack(app, 'B', IN_US)]),
      'A/Logging',
    ],
  ])('a second construct for the same account and region is refused in %s', (_, attempt, other) => {
    expect(attempt).toThrow(
      `\`BedrockInvocationLogging\` must be the only one for its account and region, because Bedrock has one logging setting for each, got: another one at ${other}.`,
    );
  });

  test.each<[string, () => void]>([
    ['of another region', inApp(app => [new Stack(app, 'A', IN_US), new Stack(app, 'B', EU)])],
    ['of another account', inApp(app => [new Stack(app, 'A', IN_US), new Stack(app, 'B', OTHER)])],
    ['of another stage, without an env', inApp(app => stages(app, {}))],
  ])('a second construct is accepted in a stack %s', (_, attempt) => {
    expect(attempt).not.toThrow();
  });
});

describe('logGroup', () => {
  test.each(['bedrock*', '*', 'bed:rock', 'bed rock', 'a'.repeat(513)])(
    'refuses the log group name %j',
    name => {
      const stack = newStack();
      const logGroup = logs.LogGroup.fromLogGroupName(stack, 'Imported', name);

      expect(() => logging({ logGroup }, stack)).toThrow(
        '[Stack/Logging] `logGroup` must be a log group whose name has 1 to 512 letters, digits and . _ / # -, got: ',
      );
    },
  );

  test('accepts a log group name that is known only at deployment', () => {
    const stack = newStack();

    expect(() => logging({ logGroup: new logs.LogGroup(stack, 'Own') }, stack)).not.toThrow();
  });

  test.each([
    [
      'region',
      'eu-west-1:123456789012',
      'in the region of the stack (us-east-1), got: Stack/Imported in eu-west-1',
    ],
    [
      'account',
      'us-east-1:999999999999',
      'in the account of the stack (123456789012), got: Stack/Imported in 999999999999',
    ],
  ])('refuses a log group of another %s', (_, place, message) => {
    const stack = newStack(IN_US);
    const logGroup = logs.LogGroup.fromLogGroupArn(
      stack,
      'Imported',
      `arn:aws:logs:${place}:log-group:bedrock:*`,
    );

    expect(() => logging({ logGroup }, stack)).toThrow(
      `[Stack/Logging] \`logGroup\` must be ${message}. Bedrock logs only to the account and region of the invocation`,
    );
  });
});

describe('encryptionKey', () => {
  test("encrypts the log group, and the function's log and environment", () => {
    const stack = newStack();
    const template = logging({ encryptionKey: new kms.Key(stack, 'Key') }, stack);

    const key = { 'Fn::GetAtt': [Match.stringLikeRegexp('^Key'), 'Arn'] };
    template.resourcePropertiesCountIs('AWS::Logs::LogGroup', { KmsKeyId: key }, 2);
    template.hasResourceProperties('AWS::Lambda::Function', { KmsKeyArn: key });
    template.hasResourceProperties('AWS::KMS::Key', {
      KeyPolicy: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Principal: { Service: { 'Fn::Join': ['', ['logs.', { Ref: 'AWS::Region' }, '.amazonaws.com']] } },
          }),
        ]),
      },
    });
  });

  test('does not change a given log group', () => {
    const stack = newStack();
    const logGroup = new logs.LogGroup(stack, 'Own');
    const template = logging({ logGroup, encryptionKey: new kms.Key(stack, 'Key') }, stack);

    template.resourcePropertiesCountIs('AWS::Logs::LogGroup', { KmsKeyId: Match.anyValue() }, 1);
    template.hasResourceProperties('AWS::Lambda::Function', { KmsKeyArn: Match.anyValue() });
  });

  test('warns once with the statement for CloudWatch Logs if the key is imported', () => {
    const stack = newStack(IN_US);
    logging({ encryptionKey: kms.Key.fromKeyArn(stack, 'Key', KEY_ARN) }, stack);

    const warnings = Annotations.fromStack(stack).findWarning('*', Match.anyValue());
    expect(warnings.map(({ entry }) => String(entry.data))).toEqual([
      expect.stringMatching(
        /CloudWatch Logs cannot encrypt .*"Service":"logs\.us-east-1\.amazonaws\.com".*keyPolicy/,
      ),
    ]);
  });

  testWithNag('does not acknowledge rules on unencrypted log groups if a key is given', () => {
    const app = new App();
    const stack = new Stack(app, 'Stack');
    const key = new kms.Key(stack, 'Key', { enableKeyRotation: true });
    new BedrockInvocationLogging(stack, 'Logging', { encryptionKey: key });

    expect(findingsOf(new NIST80053R5Checks(app), app)).toEqual([]);
  });
});

function findingsOf(pack: AwsSolutionsChecks | NIST80053R5Checks, app: App): string[] {
  return pack
    .validateScope(app)
    .violations.flatMap(({ ruleName, violatingResources }) =>
      violatingResources.map(({ constructPath }) => `${ruleName} ${constructPath}`),
    );
}
