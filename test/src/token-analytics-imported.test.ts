import { App, Aws, CfnParameter, Duration, Fn, Stack, Token } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import {
  CountedBy,
  DetailLevel,
  type ITokenAnalytics,
  MetricSink,
  TokenAnalytics,
  TokenAnalyticsAlarms,
  type TokenAnalyticsAttributes,
  TokenAnalyticsDashboard,
  type TokenAnalyticsProps,
  TokenPricing,
} from '../../src';

const HERE = { account: '111122223333', region: 'us-east-1' };
const TABLE = 'traces';
const ARN = `arn:aws:dynamodb:us-east-1:111122223333:table/${TABLE}`;
const ELSEWHERE = `arn:aws:dynamodb:eu-central-1:999999999999:table/${TABLE}`;
const PROFILE = 'arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abcdefghijkl';

const stackIn = (app: App, id: string, env: object | undefined = HERE) => new Stack(app, id, { env });
const ownerIn = (stack: Stack, props: Partial<TokenAnalyticsProps> = {}) =>
  new TokenAnalytics(stack, 'Owner', { dailyBudget: 10, ...props });
const importIn = (stack: Stack, attributes: TokenAnalyticsAttributes) =>
  TokenAnalytics.fromTokenAnalyticsAttributes(stack, 'Shared', attributes);
const functionIn = (stack: Stack, props: Partial<lambda.FunctionProps> = {}) =>
  new lambda.Function(stack, 'Agent', {
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: lambda.Code.fromInline('exports.handler = async () => {};'),
    ...props,
  });
const roleIn = (stack: Stack) =>
  new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') });
const pricing = () =>
  new TokenPricing({
    customPrices: { 'amazon.nova-*': { input: 0.05, output: 0.2 } },
    resolvableProfiles: [PROFILE],
  });

function statements(stack: Stack): Record<string, unknown>[] {
  return Object.values(Template.fromStack(stack).findResources('AWS::IAM::Policy')).flatMap(
    ({ Properties }) =>
      (Properties as { PolicyDocument: { Statement: Record<string, unknown>[] } }).PolicyDocument.Statement,
  );
}

describe('the environment of an imported TokenAnalytics', () => {
  test.each<[string, Partial<TokenAnalyticsProps>, TokenAnalyticsAttributes]>([
    ['with the defaults', {}, {}],
    [
      'with a namespace, agents, models, prices and a detail level',
      {
        namespace: 'Shop/prod',
        agents: ['triage', 'scribe'],
        models: ['amazon.nova-lite-v1:0'],
        detailLevel: DetailLevel.STANDARD,
        metricSink: MetricSink.PUT_METRIC_DATA,
        pricing: pricing(),
      },
      {
        namespace: 'Shop/prod',
        agents: ['triage', 'scribe'],
        models: ['amazon.nova-lite-v1:0'],
        detailLevel: DetailLevel.STANDARD,
        metricSink: MetricSink.PUT_METRIC_DATA,
        pricing: pricing(),
      },
    ],
    [
      'with the settings of the table',
      { traceTableOptions: { writeShards: 4, traceTtl: Duration.days(30) } },
      { writeShards: 4, traceTtl: Duration.days(30) },
    ],
    ['without traces', { traces: false }, { traces: false, tableName: undefined }],
  ])('equals that of the original %s', (_what, props, attributes) => {
    const stack = stackIn(new App(), 'S');
    const owner = ownerIn(stack, props);
    const tableName = owner.traceTable?.tableName;

    expect(importIn(stack, { tableName, ...attributes }).environment({ agentId: 'triage' })).toEqual(
      owner.environment({ agentId: 'triage' }),
    );
  });

  test.each<[string, TokenAnalyticsProps['ingest'] | 'log' | 'both', TokenAnalyticsAttributes['ingest']]>([
    ['spans', { spans: {} }, { readsSpans: true }],
    [
      'the invocation log',
      'log',
      { readsInvocationLog: true, countedBy: { Converse: CountedBy.INGEST, InvokeModel: CountedBy.TRACKER } },
    ],
    [
      'both',
      'both',
      {
        readsInvocationLog: true,
        readsSpans: true,
        countedBy: { Converse: CountedBy.INGEST, InvokeModel: CountedBy.TRACKER },
      },
    ],
  ])('equals that of the original with an ingest that reads %s', (_what, given, ingest) => {
    const stack = stackIn(new App(), 'S');
    const logGroup = new logs.LogGroup(stack, 'Calls');
    const owner = ownerIn(stack, {
      ingest:
        typeof given === 'string'
          ? {
              logGroup,
              countedBy: { Converse: CountedBy.INGEST, InvokeModel: CountedBy.TRACKER },
              ...(given === 'both' ? { spans: {} } : {}),
            }
          : given,
    });
    const shared = importIn(stack, { tableName: owner.traceTable?.tableName, ingest });
    const variables = owner.environment({ agentId: 'triage' });

    expect(shared.environment({ agentId: 'triage' })).toEqual(variables);
    expect(Object.keys(variables)).toContain(
      ingest?.readsSpans ? 'TOKEN_ANALYTICS_CLAIM_CALLS' : 'TOKEN_ANALYTICS_REQUEST_METADATA',
    );
  });

  test('names a table by its name in the same region and account, and otherwise by its ARN', () => {
    const tableOf = (tableArn: string, env?: object) =>
      importIn(stackIn(new App(), 'S', env), { tableArn }).environment({ agentId: 'a' })
        .TOKEN_ANALYTICS_TABLE;

    expect(tableOf(ARN)).toBe(TABLE);
    expect(tableOf(ELSEWHERE)).toBe(ELSEWHERE);
    expect(tableOf(ARN, { ...HERE, account: '222222222222' })).toBe(ARN);
    // A stack without a region can be deployed anywhere. The ARN is right everywhere.
    expect(tableOf(ARN, {})).toBe(ARN);
  });
});

describe('an imported TokenAnalytics', () => {
  test('instruments a function in another stack of the app', () => {
    const app = new App();
    const owner = ownerIn(stackIn(app, 'Owner'), { agents: ['triage'] });
    const other = stackIn(app, 'Other');
    const shared = importIn(other, { tableArn: owner.traceTable?.tableArn, agents: ['triage'] });
    shared.instrument(functionIn(other), { agentId: 'triage' });

    const imported = {
      'Fn::ImportValue': Match.stringLikeRegexp('Owner:ExportsOutputFnGetAtt.*Arn'),
    };
    Template.fromStack(other).hasResourceProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: {
          TOKEN_ANALYTICS_AGENT_ID: 'triage',
          TOKEN_ANALYTICS_TABLE: { 'Fn::Select': [1, { 'Fn::Split': ['/', imported] }] },
        },
      },
    });
    Template.fromStack(other).hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: [{ Action: 'dynamodb:BatchWriteItem', Effect: 'Allow', Resource: imported }],
      },
    });
  });

  test('allows a program of another app to write to the table and to use its key, in the region of the table', () => {
    const stack = stackIn(new App(), 'S');
    const encryptionKey = kms.Key.fromKeyArn(
      stack,
      'Key',
      'arn:aws:kms:eu-central-1:111122223333:key/11111111-2222-3333-4444-555555555555',
    );
    const tableArn = 'arn:aws:dynamodb:eu-central-1:111122223333:table/traces';
    const shared = importIn(stack, { tableArn, encryptionKey, namespace: 'Shop', pricing: pricing() });
    shared.grant(roleIn(stack));

    expect(statements(stack)).toEqual([
      { Action: 'dynamodb:BatchWriteItem', Effect: 'Allow', Resource: tableArn },
      expect.objectContaining({
        Resource: encryptionKey.keyArn,
        Condition: { StringEquals: { 'kms:ViaService': 'dynamodb.eu-central-1.amazonaws.com' } },
      }),
      { Action: 'bedrock:GetInferenceProfile', Effect: 'Allow', Resource: PROFILE },
      {
        Action: 'cloudwatch:PutMetricData',
        Effect: 'Allow',
        Resource: '*',
        Condition: { StringEquals: { 'cloudwatch:namespace': 'Shop' } },
      },
    ]);
  });

  test('shows the statement for a table of another account, only if a program gets a permission', () => {
    const stack = stackIn(new App(), 'S');
    const shared = importIn(stack, { tableArn: ELSEWHERE });
    const warnings = () => Annotations.fromStack(stack).findWarning('*', Match.anyValue());

    expect(warnings()).toEqual([]);
    shared.grantWriteTraces(roleIn(stack));
    const [{ entry }] = warnings();

    expect(String(entry.data)).toContain('The table belongs to another account (999999999999)');
    expect(JSON.parse(/\{.*\}/.exec(String(entry.data))?.[0] ?? '')).toEqual({
      Effect: 'Allow',
      Principal: { AWS: expect.objectContaining({}) as unknown },
      Action: 'dynamodb:BatchWriteItem',
      Resource: ELSEWHERE,
    });
    expect(statements(stack)).toHaveLength(1);
  });

  test('warns of a table of another account that the same app creates', () => {
    const app = new App();
    const { traceTable } = ownerIn(stackIn(app, 'O', { ...HERE, account: '999999999999' }), {
      traceTableOptions: { tableName: 'shared-traces' },
    });
    const stack = stackIn(app, 'S');
    importIn(stack, { tableArn: traceTable?.tableArn }).grantWriteTraces(roleIn(stack));

    expect(
      Annotations.fromStack(stack)
        .findWarning('*', Match.stringLikeRegexp('ack: cdk-token-analytics:foreignTable'))
        .map(({ entry }) => String(entry.data)),
    ).toEqual([expect.stringContaining('The table belongs to another account (999999999999)')]);
  });

  test('gives dashboards and alarms its namespace, agents and models', () => {
    const stack = stackIn(new App(), 'S');
    const { namespace, agents, models } = importIn(stack, {
      tableArn: ARN,
      namespace: 'Shop/prod',
      agents: ['triage'],
      models: ['amazon.nova-lite-v1:0'],
    });
    new TokenAnalyticsDashboard(stack, 'Dashboard', { namespace, agents, models });
    new TokenAnalyticsAlarms(stack, 'Alarms', { namespace, dailyBudget: 10 });

    Template.fromStack(stack).hasResourceProperties('AWS::CloudWatch::Dashboard', {
      DashboardName: 'Shop-prod-Token-Analytics',
    });
    // No other namespace is known in the app, so nothing is missing in the alarms and the dashboard.
    expect(Annotations.fromStack(stack).findWarning('*', Match.anyValue())).toEqual([]);
  });

  test.each<[string, (shared: ITokenAnalytics, stack: Stack) => void, RegExp]>([
    [
      'a function without Node.js',
      (shared, stack) =>
        shared.instrument(functionIn(stack, { runtime: lambda.Runtime.PYTHON_3_13 }), { agentId: 'triage' }),
      /^\[S\/Shared\] `fn` must be a function with Node\.js 20 or later/,
    ],
    [
      'a function that is instrumented already',
      (shared, stack) => {
        const fn = functionIn(stack);
        shared.instrument(fn, { agentId: 'triage' });
        shared.instrument(fn, { agentId: 'triage' });
      },
      /^\[S\/Shared\] `fn` must be instrumented once/,
    ],
    [
      'an agent that is not listed',
      (shared, stack) => shared.instrument(functionIn(stack), { agentId: 'scribe' }),
      /^\[S\/Shared\] `agentId` must be one of `agents` \(triage\), got: scribe/,
    ],
    [
      'a function in another region',
      (shared, stack) =>
        shared.instrument(
          functionIn(stackIn(stack.node.root as App, 'Far', { ...HERE, region: 'eu-west-1' })),
          { agentId: 'triage' },
        ),
      /^\[S\/Shared\] `fn` must be in the region of the stack/,
    ],
  ])('refuses %s', (_what, build, message) => {
    const stack = stackIn(new App(), 'S');

    expect(() => build(importIn(stack, { tableArn: ARN, agents: ['triage'] }), stack)).toThrow(message);
  });

  test.each<[string, TokenAnalyticsAttributes, RegExp]>([
    ['no table', {}, /^\[S\/Shared\] `tableArn` must be given, unless/],
    ['a table without traces', { traces: false, tableArn: ARN }, /`tableArn` must be omitted if `traces` is/],
    ['an ARN and a name', { tableArn: ARN, tableName: TABLE }, /`tableArn` must be omitted if `tableName`/],
    ['an index', { tableArn: `${ARN}/index/incident` }, /`tableArn` must be the ARN of one DynamoDB table/],
    ['an ARN of no table', { tableArn: 'arn:aws:s3:::bucket' }, /`tableArn` must be the ARN of one DynamoDB/],
    ...['*', 'us-east-1`'].map((region): [string, TokenAnalyticsAttributes, RegExp] => [
      `an ARN with the region ${region}`,
      { tableArn: `arn:aws:dynamodb:${region}:111122223333:table/t` },
      /`tableArn` must be the ARN of one DynamoDB table/,
    ]),
    [
      'a wildcard beside a token',
      { tableArn: `arn:${Aws.PARTITION}:dynamodb:us-east-1:*:table/t` },
      /one DynamoDB table/,
    ],
    ['zero write shards', { tableArn: ARN, writeShards: 0 }, /`writeShards` must be a whole number/],
    ['a namespace of AWS', { tableArn: ARN, namespace: 'AWS/Lambda' }, /`namespace` must be a custom/],
    [
      'an ingest without traces',
      { traces: false, ingest: { readsSpans: true } },
      /`ingest` must be omitted if `traces` is false/,
    ],
    [
      'counted operations without the invocation log',
      { tableArn: ARN, ingest: { countedBy: { Converse: CountedBy.INGEST } } },
      /`ingest.countedBy` must be omitted if the ingest does not read the invocation log/,
    ],
    [
      'an unknown operation',
      { tableArn: ARN, ingest: { readsInvocationLog: true, countedBy: { Rerank: CountedBy.INGEST } } },
      /`ingest.countedBy` must be an object whose keys are operations/,
    ],
  ])('refuses attributes with %s', (_what, attributes, message) => {
    expect(() => importIn(stackIn(new App(), 'S'), attributes)).toThrow(message);
  });

  test('accepts attributes that are known only at deployment', () => {
    const stack = stackIn(new App(), 'S', {});
    const text = (id: string) => new CfnParameter(stack, id).valueAsString;
    const number = new CfnParameter(stack, 'Number', { type: 'Number' }).valueAsNumber;
    const shared = importIn(stack, {
      tableArn: text('Arn'),
      namespace: text('Namespace'),
      agents: Fn.split(',', text('Agents')),
      models: Token.asList({ Ref: 'Models' }),
      writeShards: number,
      traceTtl: Duration.days(number),
      encryptionKey: kms.Key.fromKeyArn(stack, 'Key', text('KeyArn')),
    });
    shared.instrument(functionIn(stack), { agentId: 'triage' });

    Template.fromStack(stack).hasResourceProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: {
          TOKEN_ANALYTICS_TABLE: { Ref: 'Arn' },
          TOKEN_ANALYTICS_NAMESPACE: { Ref: 'Namespace' },
          TOKEN_ANALYTICS_WRITE_SHARDS: { Ref: 'Number' },
          TOKEN_ANALYTICS_TTL_DAYS: { Ref: 'Number' },
        },
      },
    });
    expect(JSON.stringify(statements(stack))).toContain(
      '"kms:ViaService":{"Fn::Join":["",["dynamodb.",{"Fn::Select":[3,{"Fn::Split":[":",{"Ref":"Arn"}]}]}',
    );
  });
});
