import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sns from 'aws-cdk-lib/aws-sns';
import { newStack } from './support';
import {
  BedrockInvocationLogging,
  BudgetAlertLambda,
  MonthlyBudget,
  NightlyRollup,
  TokenAnalytics,
  TokenAnalyticsAlarms,
  TokenAnalyticsDashboard,
  TokenMetrics,
  TokenPricing,
  TokenTraceTable,
  TokenUsageIngest,
} from '../../src';

/** IAM policy statement in a short form, which tests compare. */
interface Statement {
  readonly effect?: 'Deny';
  /** Logical id (without hash) of the resource that contains the statement, e.g. `RoleDefaultPolicy`. */
  readonly in: string;
  /** Principal that the statement allows, e.g. `lambda.amazonaws.com`. Undefined if it is the role itself. */
  readonly principal?: string;
  readonly actions: readonly string[];
  /** ARNs on which the actions are allowed. `Traces.Arn` means the resource `Traces` in the template. */
  readonly on: readonly string[];
  readonly when?: unknown;
}

/** Actions that IAM can allow only on all resources (`*`). Each value names an AWS page as the source. */
const NO_RESOURCE_LEVEL: Readonly<Record<string, string>> = {
  'cloudwatch:GetMetricData':
    'Service Authorization Reference, "Actions, resources, and condition keys for Amazon ' +
    'CloudWatch": no resource type',
  'cloudwatch:PutMetricData': 'the same; a condition names the namespace',
  'bedrock:DeleteModelInvocationLoggingConfiguration':
    "the same for Amazon Bedrock: the setting is the account's",
  'bedrock:GetModelInvocationLoggingConfiguration': 'the same',
  'bedrock:PutModelInvocationLoggingConfiguration': 'the same',
};

const THROUGH_DYNAMODB = { StringEquals: { 'kms:ViaService': 'dynamodb.eu-central-1.amazonaws.com' } };
const REGION_STACK = { env: { region: 'eu-central-1' } };
const PROFILE = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123';
const LAMBDA = 'lambda.amazonaws.com';
const ACCOUNT = { Ref: 'AWS::AccountId' };
const PARTITION = { Ref: 'AWS::Partition' };

/**
 * Returns the IAM statements that every function of this library has: Lambda may assume its role, and the
 * role may write to the function's log group. `name` is the start of the role's logical id.
 */
function handlerStatements(name: string): Statement[] {
  return [
    { in: `${name}Role`, principal: LAMBDA, actions: ['sts:AssumeRole'], on: [] },
    {
      in: `${name}RoleDefaultPolicy`,
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      on: [`${name}Logs.Arn`],
    },
  ];
}

/** Returns the statement that denies requests without TLS to a queue of an ingest. */
function denyPlainHttp(name: string): Statement {
  return {
    effect: 'Deny',
    in: `Ingest${name}Policy`,
    principal: '*',
    actions: ['sqs:*'],
    on: [`Ingest${name}.Arn`],
    when: { Bool: { 'aws:SecureTransport': 'false' } },
  };
}

/** Returns the IAM statements that every function of an ingest has, besides the trust policy. */
function ingestStatements(name: string): Statement[] {
  return [
    handlerStatements(`Ingest${name}`)[1],
    { in: `Ingest${name}RoleDefaultPolicy`, actions: ['dynamodb:PutItem'], on: ['Traces.Arn'] },
    { in: `Ingest${name}RoleDefaultPolicy`, actions: ['sqs:SendMessage'], on: ['IngestQueue.Arn'] },
  ];
}

/** Statement in the trust policy of the role `Role`. It allows Lambda to assume the role. */
const ROLE: Statement = { in: 'Role', principal: LAMBDA, actions: ['sts:AssumeRole'], on: [] };
const inRole = (...statements: Omit<Statement, 'in'>[]): Statement[] => [
  ROLE,
  ...statements.map(statement => ({ in: 'RoleDefaultPolicy', ...statement })),
];

/** Rows with a name, code that creates constructs or grants, and all IAM statements of the template. */
const ROWS: readonly (readonly [string, (stack: Stack) => void, readonly Statement[]])[] = [
  [
    'TokenAnalyticsDashboard and TokenAnalyticsAlarms: none',
    stack => {
      new TokenAnalyticsDashboard(stack, 'Dashboard');
      new TokenAnalyticsAlarms(stack, 'Alarms', { dailyBudget: 10 });
    },
    [],
  ],
  ['TokenTraceTable: none by itself', stack => new TokenTraceTable(stack, 'Traces'), []],
  [
    'TokenTraceTable.grantWriteTraces',
    stack => new TokenTraceTable(stack, 'Traces').grantWriteTraces(roleIn(stack)),
    inRole({ actions: ['dynamodb:BatchWriteItem'], on: ['Traces.Arn'] }),
  ],
  [
    'TokenTraceTable.grantReadTraces',
    stack => new TokenTraceTable(stack, 'Traces').grantReadTraces(roleIn(stack)),
    inRole({
      actions: ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:Query'],
      on: ['Traces.Arn', 'Traces.Arn/index/IncidentIndex'],
    }),
  ],
  [
    'TokenTraceTable with a key of the account: grantWriteTraces',
    stack => {
      encryptedTable(stack).grantWriteTraces(roleIn(stack));
    },
    inRole(
      { actions: ['dynamodb:BatchWriteItem'], on: ['Traces.Arn'] },
      {
        actions: [
          'kms:Decrypt',
          'kms:DescribeKey',
          'kms:Encrypt',
          'kms:GenerateDataKey',
          'kms:GenerateDataKeyWithoutPlaintext',
          'kms:ReEncryptFrom',
          'kms:ReEncryptTo',
        ],
        on: ['arn:aws:kms:eu-central-1:123456789012:key/abc'],
        when: THROUGH_DYNAMODB,
      },
    ),
  ],
  [
    'TokenTraceTable with a key of the account: grantReadTraces',
    stack => {
      encryptedTable(stack).grantReadTraces(roleIn(stack));
    },
    inRole(
      {
        actions: ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:Query'],
        on: ['Traces.Arn', 'Traces.Arn/index/IncidentIndex'],
      },
      {
        actions: ['kms:Decrypt', 'kms:DescribeKey'],
        on: ['arn:aws:kms:eu-central-1:123456789012:key/abc'],
        when: THROUGH_DYNAMODB,
      },
    ),
  ],
  [
    'TokenPricing.grantResolveProfiles',
    stack => new TokenPricing({ resolvableProfiles: [PROFILE] }).grantResolveProfiles(roleIn(stack)),
    inRole({ actions: ['bedrock:GetInferenceProfile'], on: [PROFILE] }),
  ],
  [
    'BudgetAlertLambda: none unless it is enabled',
    stack => new BudgetAlertLambda(stack, 'Alert', { dailyBudget: 10 }),
    [],
  ],
  [
    'BudgetAlertLambda, enabled',
    stack => new BudgetAlertLambda(stack, 'Alert', { enabled: true, dailyBudget: 10 }),
    [
      ...handlerStatements('Alert'),
      { in: 'AlertReadMetrics', actions: ['cloudwatch:GetMetricData'], on: ['*'] },
    ],
  ],
  [
    'BudgetAlertLambda that tells a topic',
    stack =>
      new BudgetAlertLambda(stack, 'Alert', {
        enabled: true,
        dailyBudget: 10,
        notificationTopic: new sns.Topic(stack, 'Topic'),
        traceTable: new TokenTraceTable(stack, 'Traces'),
      }),
    [
      ...handlerStatements('Alert'),
      { in: 'AlertRoleDefaultPolicy', actions: ['sns:Publish'], on: ['Topic'] },
      { in: 'AlertRoleDefaultPolicy', actions: ['dynamodb:BatchWriteItem'], on: ['Traces.Arn'] },
      { in: 'AlertRoleDefaultPolicy', actions: ['dynamodb:PutItem', 'dynamodb:Query'], on: ['Traces.Arn'] },
      { in: 'AlertReadMetrics', actions: ['cloudwatch:GetMetricData'], on: ['*'] },
    ],
  ],
  [
    'NightlyRollup',
    stack => new NightlyRollup(stack, 'Rollup', { traceTable: new TokenTraceTable(stack, 'Traces') }),
    [
      ...handlerStatements('Rollup'),
      { in: 'RollupRoleDefaultPolicy', actions: ['dynamodb:BatchWriteItem'], on: ['Traces.Arn'] },
      { in: 'RollupRoleDefaultPolicy', actions: ['dynamodb:Query'], on: ['Traces.Arn'] },
    ],
  ],
  [
    'TokenUsageIngest of a log and a bus',
    stack => {
      const [logGroup, eventBus] = [
        logs.LogGroup.fromLogGroupName(stack, 'Log', 'bedrock'),
        events.EventBus.fromEventBusName(stack, 'Bus', 'usage'),
      ];
      new TokenUsageIngest(stack, 'Ingest', {
        traceTable: new TokenTraceTable(stack, 'Traces'),
        logGroup,
        eventBus,
      });
    },
    [
      ...['Failures', 'Records', 'Events'].map(name => handlerStatements(`Ingest${name}`)[0]),
      ...['Unhandled', 'Queue'].map(denyPlainHttp),
      ...['Failures', 'Records', 'Events'].flatMap(name => [
        ...ingestStatements(name),
        ...(name === 'Failures'
          ? []
          : [
              {
                in: `Ingest${name}RoleDefaultPolicy`,
                actions: ['lambda:InvokeFunction'],
                on: ['IngestFailuresFunction.Arn'],
              },
            ]),
      ]),
    ],
  ],
  [
    'TokenUsageIngest of spans',
    stack =>
      new TokenUsageIngest(stack, 'Ingest', { traceTable: new TokenTraceTable(stack, 'Traces'), spans: {} }),
    [
      ...['Failures', 'Spans'].map(name => handlerStatements(`Ingest${name}`)[0]),
      ...['Unhandled', 'Queue'].map(denyPlainHttp),
      ...ingestStatements('Failures'),
      { in: 'IngestFailuresRoleDefaultPolicy', actions: ['sqs:SendMessage'], on: ['IngestWaiting.Arn'] },
      denyPlainHttp('Waiting'),
      ...ingestStatements('Spans'),
      {
        in: 'IngestSpansRoleDefaultPolicy',
        actions: ['lambda:InvokeFunction'],
        on: ['IngestFailuresFunction.Arn'],
      },
      {
        in: 'IngestSpansRoleDefaultPolicy',
        actions: ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'],
        on: ['IngestWaiting.Arn'],
      },
      { in: 'IngestSpansRoleDefaultPolicy', actions: ['dynamodb:Query'], on: ['Traces.Arn'] },
      { in: 'IngestSpansRoleDefaultPolicy', actions: ['sqs:SendMessage'], on: ['IngestWaiting.Arn'] },
    ],
  ],
  [
    'BedrockInvocationLogging',
    stack => new BedrockInvocationLogging(stack, 'Logging'),
    [
      {
        in: 'LoggingRole',
        principal: 'bedrock.amazonaws.com',
        actions: ['sts:AssumeRole'],
        on: [],
        when: {
          StringEquals: { 'aws:SourceAccount': ACCOUNT },
          ArnLike: {
            'aws:SourceArn': {
              'Fn::Join': ['', ['arn:', PARTITION, ':bedrock:eu-central-1:', ACCOUNT, ':*']],
            },
          },
        },
      },
      handlerStatements('LoggingHandler')[0],
      {
        in: 'LoggingPolicy',
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        on: [
          'arn:<AWS::Partition>:logs:eu-central-1:<AWS::AccountId>:log-group:LoggingLogGroup:log-stream:aws/bedrock/modelinvocations',
        ],
      },
      handlerStatements('LoggingHandler')[1],
      {
        in: 'LoggingHandlerRoleDefaultPolicy',
        actions: ['iam:PassRole'],
        on: ['LoggingRole.Arn'],
        when: { StringEquals: { 'iam:PassedToService': 'bedrock.amazonaws.com' } },
      },
      {
        in: 'LoggingHandlerRoleDefaultPolicy',
        actions: ['cloudformation:DescribeStacks'],
        on: ['<AWS::StackId>'],
      },
      {
        in: 'LoggingSettingPolicy',
        actions: [
          'bedrock:DeleteModelInvocationLoggingConfiguration',
          'bedrock:GetModelInvocationLoggingConfiguration',
          'bedrock:PutModelInvocationLoggingConfiguration',
        ],
        on: ['*'],
      },
    ],
  ],
  [
    'MonthlyBudget',
    stack => new MonthlyBudget(stack, 'Budget', { limit: 10 }),
    [
      {
        effect: 'Deny',
        in: 'BudgetTopicPolicy',
        principal: '*',
        actions: ['sns:Publish'],
        on: ['BudgetTopic'],
        when: { Bool: { 'aws:SecureTransport': 'false' } },
      },
      {
        in: 'BudgetTopicPolicy',
        principal: 'budgets.amazonaws.com',
        actions: ['sns:Publish'],
        on: ['BudgetTopic'],
        when: {
          StringEquals: { 'aws:SourceAccount': ACCOUNT },
          ArnLike: {
            'aws:SourceArn': { 'Fn::Join': ['', ['arn:', PARTITION, ':budgets::', ACCOUNT, ':*']] },
          },
        },
      },
      {
        in: 'BudgetTopicPolicy',
        principal: 'cloudwatch.amazonaws.com',
        actions: ['sns:Publish'],
        on: ['BudgetTopic'],
        when: {
          StringEquals: { 'aws:SourceAccount': ACCOUNT },
          ArnLike: {
            'aws:SourceArn': {
              'Fn::Join': ['', ['arn:', PARTITION, ':cloudwatch:eu-central-1:', ACCOUNT, ':alarm:*']],
            },
          },
        },
      },
    ],
  ],
  [
    'TokenMetrics.grantPutMetricData',
    stack => new TokenMetrics().grantPutMetricData(roleIn(stack)),
    inRole({
      actions: ['cloudwatch:PutMetricData'],
      on: ['*'],
      when: { StringEquals: { 'cloudwatch:namespace': 'OPX/Analytics' } },
    }),
  ],
  [
    'TokenAnalytics: what its nightly rollup has',
    stack => new TokenAnalytics(stack, 'All', { dailyBudget: 10 }),
    [
      ...handlerStatements('AllNightlyRollup'),
      {
        in: 'AllNightlyRollupRoleDefaultPolicy',
        actions: ['dynamodb:BatchWriteItem'],
        on: ['AllTraces.Arn'],
      },
      { in: 'AllNightlyRollupRoleDefaultPolicy', actions: ['dynamodb:Query'], on: ['AllTraces.Arn'] },
    ],
  ],
  [
    'TokenAnalytics.grant',
    stack => {
      new TokenAnalytics(stack, 'All', { dailyBudget: 10, nightlyRollup: false }).grant(roleIn(stack));
    },
    inRole(
      { actions: ['dynamodb:BatchWriteItem'], on: ['AllTraces.Arn'] },
      {
        actions: ['cloudwatch:PutMetricData'],
        on: ['*'],
        when: { StringEquals: { 'cloudwatch:namespace': 'OPX/Analytics' } },
      },
    ),
  ],
];

describe.each(ROWS)('%s', (_name, build, expected) => {
  test('the construct has exactly the listed policy statements', () => {
    expect(statementsOf(build)).toEqual(expected);
  });

  test('the construct has no wildcard, except for actions without a resource level', () => {
    for (const { actions, on } of statementsOf(build).filter(({ effect }) => effect !== 'Deny')) {
      expect(actions.filter(action => action.includes('*'))).toEqual([]);
      if (on.some(resource => resource.includes('*'))) {
        expect(actions.filter(action => !(action in NO_RESOURCE_LEVEL))).toEqual([]);
      }
    }
  });

  test('the construct has no managed policy of AWS, no inline policy and no access key of a user', () => {
    const stack = newStack(REGION_STACK);
    build(stack);

    expect(JSON.stringify(Template.fromStack(stack).toJSON())).not.toMatch(
      /ManagedPolicyArns|"Policies"|AWS::IAM::(?:User|AccessKey|ManagedPolicy)/,
    );
  });
});

test('lists policies of roles and resources and inline ones in every form', () => {
  const statements = statementsOf(stack => {
    new iam.Role(stack, 'Role', {
      assumedBy: new iam.AccountRootPrincipal(),
      inlinePolicies: {
        all: new iam.PolicyDocument({
          statements: [
            new iam.PolicyStatement({
              actions: ['s3:*'],
              resources: ['*'],
              conditions: { Bool: { 'aws:SecureTransport': true } },
            }),
          ],
        }),
      },
    });
    new sns.Topic(stack, 'Topic').addToResourcePolicy(
      new iam.PolicyStatement({
        effect: iam.Effect.DENY,
        principals: [new iam.AnyPrincipal()],
        actions: ['sns:Publish'],
        resources: ['*'],
      }),
    );
  });

  expect(statements).toEqual([
    {
      in: 'Role',
      principal: 'arn:<AWS::Partition>:iam::<AWS::AccountId>:root',
      actions: ['sts:AssumeRole'],
      on: [],
    },
    { in: 'Role', actions: ['s3:*'], on: ['*'], when: { Bool: { 'aws:SecureTransport': true } } },
    { effect: 'Deny', in: 'TopicPolicy', principal: '*', actions: ['sns:Publish'], on: ['*'] },
  ]);
});

function roleIn(stack: Stack): iam.Role {
  return new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal(LAMBDA) });
}

/** Creates a table with an imported key. A new key would add statements to the template. */
function encryptedTable(stack: Stack): TokenTraceTable {
  const key = kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:eu-central-1:123456789012:key/abc');
  return new TokenTraceTable(stack, 'Traces', {
    encryption: dynamodb.TableEncryptionV2.customerManagedKey(key),
  });
}

function statementsOf(build: (stack: Stack) => void): Statement[] {
  const stack = newStack(REGION_STACK);
  build(stack);
  const resources = Object.entries(
    (Template.fromStack(stack).toJSON() as { Resources?: Record<string, unknown> }).Resources ?? {},
  );
  return resources
    .flatMap(([logicalId, resource]) =>
      rawStatements(resource).map(statement => readStatement(withoutHash(logicalId), statement)),
    )
    .sort((one, other) => order(one) - order(other));
}

/** Returns the sort order of a statement: 0 for trust policies, 1 for all others. */
function order({ actions }: Statement): number {
  return actions.includes('sts:AssumeRole') ? 0 : 1;
}

/** Returns all policy statements in a resource of a template, also in nested objects. */
function rawStatements(value: unknown): Record<string, unknown>[] {
  if (Array.isArray(value)) return value.flatMap(rawStatements);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) =>
    name === 'Statement' ? [member as Record<string, unknown>].flat() : rawStatements(member),
  );
}

function readStatement(name: string, statement: Record<string, unknown>): Statement {
  const {
    Effect: effect,
    Principal: principal,
    Action: action,
    Resource: resource,
    Condition: condition,
    ...rest
  } = statement;
  // Fails for members that this function would ignore, such as `NotAction` or `NotResource`.
  expect(Object.keys(rest).filter(key => key !== 'Sid')).toEqual([]);
  return {
    ...(effect === 'Allow' ? {} : { effect: effect as 'Deny' }),
    in: name,
    ...(principal === undefined
      ? {}
      : {
          principal: (typeof principal === 'string' ? [principal] : Object.values(principal as object).flat())
            .map(arnText)
            .join(),
        }),
    actions: [action].flat().map(String),
    on: resource === undefined ? [] : [resource].flat().map(arnText),
    ...(condition === undefined ? {} : { when: condition }),
  };
}

/** Returns an ARN in a template as text, e.g. `Traces.Arn` for a `Fn::GetAtt`, or `Topic` for a `Ref`. */
function arnText(value: unknown): string {
  if (typeof value === 'string') return value;
  const {
    'Fn::Join': join,
    'Fn::GetAtt': attribute,
    'Ref': ref,
  } = value as { 'Fn::Join'?: [string, unknown[]]; 'Fn::GetAtt'?: [string, string]; 'Ref'?: string };
  if (join) return join[1].map(arnText).join(join[0]);
  if (attribute) return `${withoutHash(attribute[0])}.${attribute[1]}`;
  return ref?.includes('::') ? `<${ref}>` : withoutHash(String(ref));
}

function withoutHash(logicalId: string): string {
  return logicalId.replace(/[0-9A-F]{8}$/, '');
}
