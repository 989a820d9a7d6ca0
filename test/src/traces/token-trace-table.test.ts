import {
  App,
  CfnOutput,
  CfnParameter,
  Duration,
  type Environment,
  RemovalPolicies,
  RemovalPolicy,
  Stack,
} from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { TokenTraceTable } from '../../../src';
import { newStack, templateOf } from '../support';

function roleIn(stack: ReturnType<typeof newStack>) {
  return new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
}

function statements(stack: ReturnType<typeof newStack>): unknown[] {
  return Object.values(Template.fromStack(stack).findResources('AWS::IAM::Policy')).flatMap(
    ({ Properties }) => (Properties as { PolicyDocument: { Statement: unknown[] } }).PolicyDocument.Statement,
  );
}

describe('a table to which a stack with another environment refers', () => {
  const REGION_A = { account: '111122223333', region: 'us-east-1' };
  const synth = (tableName: string | undefined, env: Environment | undefined) => {
    const app = new App();
    const owner = new Stack(app, 'Owner', { env: REGION_A });
    const traces = new TokenTraceTable(owner, 'Traces', { tableName });
    const other = new Stack(app, 'Other', { env });
    new CfnOutput(other, 'Name', { value: traces.tableName });
    return app.synth();
  };

  test.each<[string, Environment | undefined]>([
    ['in another region', { ...REGION_A, region: 'eu-west-1' }],
    ['in another account', { ...REGION_A, account: '444455556666' }],
    ['in a stack without env', undefined],
  ])('is refused without a name, because aws-cdk-lib would name and so replace it: %s', (_where, env) => {
    expect(() => synth(undefined, env)).toThrow(
      /`tableName` must be given if a stack with another environment .*got: the generated name .*pass its ARN as text/,
    );
  });

  test('is accepted with a name, and in the same environment', () => {
    expect(() => synth('token-traces', { ...REGION_A, region: 'eu-west-1' })).not.toThrow();
    expect(() => synth(undefined, REGION_A)).not.toThrow();
  });
});

describe('TokenTraceTable', () => {
  test('creates one on-demand table that is retained and restorable, with TTL and a sparse index', () => {
    const stack = newStack();
    new TokenTraceTable(stack, 'Traces');

    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::DynamoDB::GlobalTable', 1);
    template.hasResource('AWS::DynamoDB::GlobalTable', {
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
    });
    template.hasResourceProperties('AWS::DynamoDB::GlobalTable', {
      BillingMode: 'PAY_PER_REQUEST',
      TableName: Match.absent(),
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
      GlobalSecondaryIndexes: [
        {
          IndexName: 'IncidentIndex',
          KeySchema: [
            { AttributeName: 'incidentId', KeyType: 'HASH' },
            { AttributeName: 'sk', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'ALL' },
        },
      ],
      Replicas: [
        Match.objectLike({ PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } }),
      ],
    });
    expect(templateOf(stack)).toMatchSnapshot();
  });

  test('applies every prop', () => {
    const stack = newStack();
    const traces = new TokenTraceTable(stack, 'Traces', {
      tableName: 'traces',
      traceTtl: Duration.days(30),
      writeShards: 4,
      pointInTimeRecovery: false,
      deletionProtection: true,
      removalPolicy: RemovalPolicy.DESTROY,
      encryption: dynamodb.TableEncryptionV2.awsManagedKey(),
    });

    const template = Template.fromStack(stack);
    template.hasResource('AWS::DynamoDB::GlobalTable', { DeletionPolicy: 'Delete' });
    template.hasResourceProperties('AWS::DynamoDB::GlobalTable', {
      TableName: 'traces',
      SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
      Replicas: [
        Match.objectLike({
          DeletionProtectionEnabled: true,
          PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: false },
        }),
      ],
    });
    expect(traces.environment).toMatchObject({
      TOKEN_ANALYTICS_WRITE_SHARDS: '4',
      TOKEN_ANALYTICS_TTL_DAYS: '30',
    });
  });

  test('passes the table, the shards and the days to the writer', () => {
    const stack = newStack();
    const { environment } = new TokenTraceTable(stack, 'Traces');

    expect(Object.keys(environment)).toEqual([
      'TOKEN_ANALYTICS_TABLE',
      'TOKEN_ANALYTICS_WRITE_SHARDS',
      'TOKEN_ANALYTICS_TTL_DAYS',
    ]);
    expect(stack.resolve(environment)).toMatchObject({
      TOKEN_ANALYTICS_TABLE: { Ref: expect.stringMatching(/^Traces/) as string },
      TOKEN_ANALYTICS_WRITE_SHARDS: '1',
      TOKEN_ANALYTICS_TTL_DAYS: '90',
    });
  });

  test('grants writers one action on the table and not on its index', () => {
    const stack = newStack();
    new TokenTraceTable(stack, 'Traces').grantWriteTraces(roleIn(stack));

    expect(statements(stack)).toEqual([
      {
        Effect: 'Allow',
        Action: 'dynamodb:BatchWriteItem',
        Resource: { 'Fn::GetAtt': [expect.stringMatching(/^Traces/) as string, 'Arn'] },
      },
    ]);
  });

  test('grants readers only reads by key on the table and the index', () => {
    const stack = newStack();
    new TokenTraceTable(stack, 'Traces').grantReadTraces(roleIn(stack));

    const arn = { 'Fn::GetAtt': [expect.stringMatching(/^Traces/) as string, 'Arn'] };
    expect(statements(stack)).toEqual([
      {
        Effect: 'Allow',
        Action: ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:Query'],
        Resource: [arn, { 'Fn::Join': ['', [arn, '/index/IncidentIndex']] }],
      },
    ]);
  });

  test('grants the use of a customer managed key, without wildcards', () => {
    const stack = newStack({ env: { region: 'eu-central-1' } });
    const encryption = dynamodb.TableEncryptionV2.customerManagedKey(new kms.Key(stack, 'Key'));
    const traces = new TokenTraceTable(stack, 'Traces', { encryption });
    const role = roleIn(stack);
    traces.grantReadTraces(role);
    traces.grantWriteTraces(role);

    expect(JSON.stringify(statements(stack))).not.toContain('*');
    expect(statements(stack)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ Action: ['kms:Decrypt', 'kms:DescribeKey'] }),
        expect.objectContaining({
          Action: expect.arrayContaining(['kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey']) as string[],
        }),
      ]),
    );
  });

  test.each([
    ['name', (stack: ReturnType<typeof newStack>) => TokenTraceTable.fromTableName(stack, 'Traces', 'mine')],
    [
      'ARN',
      (stack: ReturnType<typeof newStack>) =>
        TokenTraceTable.fromTableArn(stack, 'Traces', 'arn:aws:dynamodb:us-east-1:123456789012:table/mine'),
    ],
  ])('imports a table by its %s, with the same grants', (_by, importTable) => {
    const stack = newStack({ env: { account: '123456789012', region: 'us-east-1' } });
    const traces = importTable(stack);
    traces.grantWriteTraces(roleIn(stack));

    expect(traces.environment).toEqual({ TOKEN_ANALYTICS_TABLE: 'mine' });
    Template.fromStack(stack).resourceCountIs('AWS::DynamoDB::GlobalTable', 0);
    expect(statements(stack)).toHaveLength(1);
    expect(JSON.stringify(statements(stack))).toMatch(/:table\/mine"/);
  });

  test.each([0, -1, 1.5, 101, NaN, Infinity])('refuses %s write shards', writeShards => {
    expect(() => new TokenTraceTable(newStack(), 'Traces', { writeShards })).toThrow(
      `[Stack/Traces] \`writeShards\` must be a whole number from 1 to 100, got: ${writeShards}. Pass`,
    );
  });

  test('refuses a retention of a part of a day, and accepts 0 as forever', () => {
    expect(() => new TokenTraceTable(newStack(), 'Traces', { traceTtl: Duration.hours(36) })).toThrow(
      /^\[Stack\/Traces\] `traceTtl` must be a whole number of days/,
    );
    expect(
      new TokenTraceTable(newStack(), 'Traces', { traceTtl: Duration.days(0) }).environment
        .TOKEN_ANALYTICS_TTL_DAYS,
    ).toBe('0');
  });

  test('accepts tokens', () => {
    const stack = newStack();
    const number = new CfnParameter(stack, 'Number', { type: 'Number' }).valueAsNumber;
    const traces = new TokenTraceTable(stack, 'Traces', {
      writeShards: number,
      traceTtl: Duration.days(number),
    });

    expect(stack.resolve(traces.environment)).toMatchObject({
      TOKEN_ANALYTICS_WRITE_SHARDS: { Ref: 'Number' },
      TOKEN_ANALYTICS_TTL_DAYS: { Ref: 'Number' },
    });
  });
});

describe('deletion protection', () => {
  const TYPE = 'AWS::DynamoDB::GlobalTable';
  const replica = (DeletionProtectionEnabled: unknown) => ({
    Properties: { Replicas: [Match.objectLike({ DeletionProtectionEnabled })] },
  });

  test('deletion protection is on by default, because rollups outlive the traces', () => {
    const stack = newStack();
    new TokenTraceTable(stack, 'Traces');

    Template.fromStack(stack).hasResource(TYPE, replica(true));
  });

  test.each<[string, (stack: Stack) => void]>([
    [
      'by its property',
      stack => new TokenTraceTable(stack, 'Traces', { removalPolicy: RemovalPolicy.DESTROY }),
    ],
    [
      'by the app, later',
      stack => {
        new TokenTraceTable(stack, 'Traces');
        RemovalPolicies.of(stack).destroy();
      },
    ],
  ])('deletion protection is off for a table that is deleted with its stack: %s', (_, build) => {
    const stack = newStack();
    build(stack);

    Template.fromStack(stack).hasResource(TYPE, { DeletionPolicy: 'Delete', ...replica(false) });
  });

  test('deletion protection follows its property', () => {
    const stack = newStack();
    new TokenTraceTable(stack, 'Traces', { deletionProtection: false });

    Template.fromStack(stack).hasResource(TYPE, replica(false));
  });
});

describe('a table that is refused', () => {
  test.each<[string, (stack: Stack) => void, RegExp]>([
    [
      'a pattern in place of a name',
      stack => TokenTraceTable.fromTableName(stack, 'Table', '*'),
      /\[Stack\/Table\] `tableName` must be a table name .*, got: \*/,
    ],
    [
      'a pattern in an ARN',
      stack =>
        TokenTraceTable.fromTableArn(stack, 'Table', 'arn:aws:dynamodb:us-east-1:111122223333:table/*'),
      /`tableName` must be a table name .*, got: \*/,
    ],
    [
      'a name with a space',
      stack => new TokenTraceTable(stack, 'Table', { tableName: 'a b' }),
      /`tableName` must be a table name/,
    ],
    [
      'a retention that the runtime does not support',
      stack => new TokenTraceTable(stack, 'Table', { traceTtl: Duration.days(36_501) }),
      /`traceTtl` must be at most 36500 days/,
    ],
  ])('refuses %s', (_, build, message) => {
    expect(() => build(newStack())).toThrow(message);
  });

  test('refuses an import of another account if both accounts are known, and accepts it if one is not', () => {
    const arn = 'arn:aws:dynamodb:us-east-1:999922223333:table/traces';
    const known = new Stack(new App(), 'Known', { env: { account: '111122223333', region: 'us-east-1' } });

    expect(() => TokenTraceTable.fromTableArn(known, 'Table', arn)).toThrow(
      /`tableArn` must be in the account of the stack \(111122223333\), got: Known\/Table\/Table in 999922223333/,
    );
    expect(() => TokenTraceTable.fromTableArn(newStack(), 'Table', arn)).not.toThrow();
  });
});
