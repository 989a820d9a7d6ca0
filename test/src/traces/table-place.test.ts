import { App, CfnParameter, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import {
  BudgetAlertLambda,
  type ITokenTraceTable,
  NightlyRollup,
  TokenAnalytics,
  TokenTraceTable,
  TokenUsageIngest,
} from '../../../src';
import { ENV } from '../../../src/contract';

const HERE = { account: '111122223333', region: 'eu-west-1' };
const ARN = 'arn:aws:dynamodb:us-east-1:111122223333:table/traces';
const OF_OTHER_ACCOUNT = 'arn:aws:dynamodb:eu-west-1:999999999999:table/traces';

const stackIn = (app: App, id: string, env?: object) => new Stack(app, id, { env });
const importIn = (stack: Stack, tableArn: string, encryptionKey?: kms.IKey) =>
  TokenTraceTable.fromTraceTableAttributes(stack, 'Table', { tableArn, encryptionKey });
const warningsOf = (stack: Stack) =>
  Annotations.fromStack(stack)
    .findWarning('*', Match.stringLikeRegexp('belongs to another account'))
    .map(({ entry }) => String(entry.data));

/** Constructs whose functions use a trace table. */
const READERS: [string, (stack: Stack, traceTable: ITokenTraceTable) => unknown][] = [
  ['a nightly rollup', (stack, traceTable) => new NightlyRollup(stack, 'Reader', { traceTable })],
  [
    'an ingest',
    (stack, traceTable) =>
      new TokenUsageIngest(stack, 'Reader', {
        traceTable,
        eventBus: events.EventBus.fromEventBusName(stack, 'Bus', 'default'),
      }),
  ],
  [
    'a budget alert function',
    (stack, traceTable) =>
      new BudgetAlertLambda(stack, 'Reader', {
        enabled: true,
        dailyBudget: 10,
        notificationTopic: new sns.Topic(stack, 'Alerts'),
        traceTable,
      }),
  ],
];

/** Returns the values of the variable with the trace table, in all functions of a stack. */
function tableVariables(stack: Stack): unknown[] {
  return Object.values(Template.fromStack(stack).findResources('AWS::Lambda::Function')).flatMap(
    ({ Properties }) => {
      const { Environment } = Properties as { Environment?: { Variables: Record<string, unknown> } };
      return Environment?.Variables[ENV.tableName] ?? [];
    },
  );
}

describe.each(READERS)('%s', (_what, build) => {
  test.each([
    ['region', { ...HERE, region: 'us-east-1' }, 'us-east-1'],
    ['account', { ...HERE, account: '999999999999' }, '999999999999'],
  ])('refuses the ARN of a table that the app creates in another %s', (place, env, found) => {
    const app = new App();
    const owner = new TokenTraceTable(stackIn(app, 'Owner', env), 'Traces');
    const stack = stackIn(app, 'S', HERE);

    expect(() => build(stack, importIn(stack, owner.tableArn))).toThrow(
      new RegExp(
        `\\[S/Reader\\] \`traceTable\` must be in the ${place} of the stack .*got: S/Table in ${found}`,
      ),
    );
  });

  test('accepts the ARN of a table that the app creates in the same region and account', () => {
    const app = new App();
    const owner = new TokenTraceTable(stackIn(app, 'Owner', HERE), 'Traces');
    const stack = stackIn(app, 'S', HERE);
    build(stack, importIn(stack, owner.tableArn));

    const name = {
      'Fn::Select': [1, { 'Fn::Split': ['/', { 'Fn::ImportValue': expect.any(String) as string }] }],
    };
    expect(new Set(tableVariables(stack).map(each => JSON.stringify(each))).size).toBe(1);
    expect(tableVariables(stack)[0]).toEqual(name);
  });

  test('gets the ARN of a table if the region of its stack is not known at synth', () => {
    const stack = stackIn(new App(), 'S');
    build(stack, importIn(stack, ARN));

    expect([...new Set(tableVariables(stack))]).toEqual([ARN]);
  });

  test('gets the ARN of a table that is known only at deployment', () => {
    const stack = stackIn(new App(), 'S', HERE);
    build(stack, importIn(stack, new CfnParameter(stack, 'Arn').valueAsString));

    const variables = tableVariables(stack);
    expect(variables).not.toEqual([]);
    expect(variables).toEqual(variables.map(() => ({ Ref: 'Arn' })));
  });
});

test('an ingest may use the key of a table in the region of the table', () => {
  const stack = stackIn(new App(), 'S');
  const key = kms.Key.fromKeyArn(
    stack,
    'Key',
    'arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555',
  );
  new TokenUsageIngest(stack, 'Ingest', {
    traceTable: importIn(stack, ARN, key),
    eventBus: events.EventBus.fromEventBusName(stack, 'Bus', 'default'),
  });

  Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', {
    PolicyDocument: {
      Statement: Match.arrayWith([
        Match.objectLike({
          Resource: key.keyArn,
          Condition: { StringEquals: { 'kms:ViaService': 'dynamodb.us-east-1.amazonaws.com' } },
        }),
      ]),
    },
  });
});

test('an ARN from a StringParameter gives programs the ARN, and the permission for the table', () => {
  const app = new App();
  const owner = new TokenAnalytics(stackIn(app, 'Owner', HERE), 'Analytics', { dailyBudget: 10 });
  new ssm.StringParameter(Stack.of(owner), 'TableArn', {
    parameterName: '/orders/token-traces/arn',
    stringValue: owner.traceTable?.tableArn ?? '',
  });
  // The other team has an app of its own, so it knows only the name of the parameter.
  const stack = stackIn(new App(), 'Support', HERE);
  const shared = TokenAnalytics.fromTokenAnalyticsAttributes(stack, 'Shared', {
    tableArn: ssm.StringParameter.valueForStringParameter(stack, '/orders/token-traces/arn'),
  });
  const role = new iam.Role(stack, 'Role', {
    assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com'),
  });
  shared.grantWriteTraces(role);

  Template.fromStack(Stack.of(owner)).hasResourceProperties('AWS::SSM::Parameter', {
    Name: '/orders/token-traces/arn',
    Value: { 'Fn::GetAtt': [Match.stringLikeRegexp('Traces'), 'Arn'] },
  });
  const template = Template.fromStack(stack);
  const [[parameter]] = Object.entries(
    template.findParameters('*', {
      Type: 'AWS::SSM::Parameter::Value<String>',
      Default: '/orders/token-traces/arn',
    }),
  );
  const { [ENV.tableName]: variable } = stack.resolve(shared.environment({ agentId: 'triage' })) as Record<
    string,
    unknown
  >;
  expect(variable).toEqual({ Ref: parameter });
  template.hasResourceProperties('AWS::IAM::Policy', {
    PolicyDocument: {
      Statement: [{ Action: 'dynamodb:BatchWriteItem', Effect: 'Allow', Resource: { Ref: parameter } }],
    },
  });
});

describe('the environment of a program', () => {
  test('shows the statements for a table and a key of another account, once', () => {
    const stack = stackIn(new App(), 'S', HERE);
    const encryptionKey = kms.Key.fromKeyArn(
      stack,
      'Key',
      'arn:aws:kms:eu-west-1:999999999999:key/11111111-2222-3333-4444-555555555555',
    );
    const shared = TokenAnalytics.fromTokenAnalyticsAttributes(stack, 'Shared', {
      tableArn: OF_OTHER_ACCOUNT,
      encryptionKey,
    });
    shared.environment({ agentId: 'triage' });
    const warnings = warningsOf(stack);
    shared.environment({ agentId: 'scribe' });
    shared.grantWriteTraces(
      new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') }),
    );

    expect(warnings).toEqual([
      expect.stringContaining('The table belongs to another account (999999999999)'),
      expect.stringContaining('S/Key belongs to another account (999999999999)'),
    ]);
    expect(warningsOf(stack)).toEqual(warnings);
  });

  test('shows nothing for a table of the same account in another region', () => {
    const stack = stackIn(new App(), 'S', HERE);
    TokenAnalytics.fromTokenAnalyticsAttributes(stack, 'Shared', { tableArn: ARN }).environment({
      agentId: 'triage',
    });

    expect(warningsOf(stack)).toEqual([]);
  });
});
