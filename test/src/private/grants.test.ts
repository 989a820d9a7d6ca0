import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { MetricSink, TokenAnalytics, TokenMetrics, TokenPricing, TokenTraceTable } from '../../../src';

const env = { account: '111122223333', region: 'us-east-1' };
const ROLE = 'arn:aws:iam::111122223333:role/program';
const FOREIGN = 'arn:aws:iam::999922223333:role/program';
const ECS = new iam.ServicePrincipal('ecs-tasks.amazonaws.com');
const newStack = () => new Stack(new App(), 'Stack', { env });

/**
 * Functions that create grantees. aws-cdk-lib reports that a grant to them succeeded, but adds no statement.
 */
const UNREACHABLE: Readonly<Record<string, (stack: Stack) => iam.IGrantable>> = {
  'an imported role that is not mutable': stack =>
    iam.Role.fromRoleArn(stack, 'Role', ROLE, { mutable: false }),
  'an imported role of another account': stack => iam.Role.fromRoleArn(stack, 'Role', FOREIGN),
  'a role without policy updates': stack =>
    new iam.Role(stack, 'Role', { assumedBy: ECS }).withoutPolicyUpdates(),
  'a role of another account of the app': stack =>
    new iam.Role(
      new Stack(stack.node.root as App, 'Far', { env: { ...env, account: '999922223333' } }),
      'Role',
      { assumedBy: ECS, roleName: 'program' },
    ),
  'an imported function without its role': stack => lambda.Function.fromFunctionName(stack, 'Role', 'agent'),
  'a function with an imported role that is not mutable': stack =>
    new lambda.Function(stack, 'Fn', {
      runtime: lambda.Runtime.NODEJS_24_X,
      handler: 'index.handler',
      code: lambda.Code.fromInline('0'),
      role: iam.Role.fromRoleArn(stack, 'Role', ROLE, { mutable: false }),
    }),
  'a principal without a policy': () => new iam.ArnPrincipal(ROLE),
  'an imported role that is not mutable, with conditions': stack =>
    new iam.PrincipalWithConditions(iam.Role.fromRoleArn(stack, 'Role', ROLE, { mutable: false }), {
      Bool: { 'aws:SecureTransport': 'true' },
    }),
};
const REACHABLE: Readonly<Record<string, (stack: Stack) => iam.IGrantable>> = {
  'a role': stack => new iam.Role(stack, 'Role', { assumedBy: ECS }),
  'an imported role': stack => iam.Role.fromRoleArn(stack, 'Role', ROLE),
  'a role that is made when it is used': stack => {
    const role = new iam.LazyRole(stack, 'Role', { assumedBy: ECS });
    new CfnOutput(stack, 'Used', { value: role.roleArn });
    return role;
  },
  'a user': stack => new iam.User(stack, 'Role'),
  'an imported user': stack => iam.User.fromUserName(stack, 'Role', 'ada'),
};

function tableWithKey(stack: Stack): TokenTraceTable {
  return new TokenTraceTable(stack, 'Traces', {
    encryption: dynamodb.TableEncryptionV2.customerManagedKey(new kms.Key(stack, 'Key')),
  });
}

/** Returns the number of occurrences of an action in a stack's template, including key policies. */
function statementsWith(stack: Stack, action: string): number {
  return JSON.stringify(Template.fromStack(stack).toJSON()).split(`"${action}"`).length - 1;
}

describe.each(Object.entries(UNREACHABLE))('a grant of traces to %s', (_, make) => {
  test('a grant without effect warns with the statement to add, grants no key, and reports that it did not succeed', () => {
    const stack = newStack();
    const table = tableWithKey(stack);

    const grant = table.grantWriteTraces(make(stack));

    expect(grant.success).toBe(false);
    const [warning, ...more] = Annotations.fromStack(stack).findWarning(
      '*',
      Match.stringLikeRegexp('cannot be allowed to write traces'),
    );
    expect(more).toEqual([]);
    expect(warning.entry.data).toMatch(/\{"Action":"dynamodb:BatchWriteItem","Effect":"Allow","Resource":/);
    expect(warning.entry.data).toMatch(/\[ack: cdk-token-analytics:grant\]/);
    expect(statementsWith(stack, 'kms:GenerateDataKey')).toBe(0);
    expect(statementsWith(stack, 'dynamodb:BatchWriteItem')).toBe(0);
  });
});

describe.each(Object.entries(REACHABLE))('a grant of traces to %s', (_, make) => {
  test('a grant with effect adds the statement for the table and that for the key, without a warning', () => {
    const stack = newStack();
    const table = tableWithKey(stack);

    const grant = table.grantWriteTraces(make(stack));

    expect(grant.success).toBe(true);
    expect(Annotations.fromStack(stack).findWarning('*', Match.anyValue())).toEqual([]);
    expect(statementsWith(stack, 'dynamodb:BatchWriteItem')).toBe(1);
    expect(statementsWith(stack, 'kms:GenerateDataKey')).toBe(1);
  });
});

test('returns each grant of TokenAnalytics, or undefined if no right is needed', () => {
  const stack = newStack();
  const role = new iam.Role(stack, 'Role', { assumedBy: ECS });
  const all = new TokenAnalytics(stack, 'All', { dailyBudget: 10 });
  const none = new TokenAnalytics(stack, 'None', {
    dailyBudget: 10,
    namespace: 'None',
    traces: false,
    metricSink: MetricSink.EMF,
  });

  expect(all.grant(role)?.success).toBe(true);
  expect(all.grantWriteTraces(role)?.success).toBe(true);
  expect(all.grantPutMetricData(role).success).toBe(true);
  expect(none.grant(role)).toBeUndefined();
  expect(none.grantWriteTraces(role)).toBeUndefined();
});

test('shows the warnings of metrics and pricing at the grantee, because they are not constructs', () => {
  const stack = newStack();
  const role = iam.Role.fromRoleArn(stack, 'Role', ROLE, { mutable: false });

  new TokenMetrics({ namespace: 'Shop' }).grantPutMetricData(role);
  new TokenPricing({
    resolvableProfiles: ['arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abc'],
  }).grantResolveProfiles(role);

  const warnings = Annotations.fromStack(stack).findWarning('/Stack/Role', Match.anyValue());
  expect(warnings.map(({ entry }) => entry.data)).toEqual([
    expect.stringMatching(
      /publish metrics of the namespace Shop .*"Condition":\{"StringEquals":\{"cloudwatch:namespace":"Shop"\}\}/,
    ),
    expect.stringMatching(/models of inference profiles .*"bedrock:GetInferenceProfile"/),
  ]);
});

test('warns at TokenAnalytics of a principal without a policy, and refuses it without a construct', () => {
  const stack = newStack();
  const analytics = new TokenAnalytics(stack, 'All', { dailyBudget: 10, traces: false });

  expect(analytics.grant(new iam.ArnPrincipal(ROLE))?.success).toBe(false);
  expect(
    Annotations.fromStack(stack).findWarning(
      '/Stack/All',
      Match.stringLikeRegexp('cannot be allowed to publish'),
    ),
  ).toHaveLength(1);
  expect(() => new TokenMetrics().grantPutMetricData(new iam.ArnPrincipal(ROLE))).toThrow(
    /`grantee` must be a role, a user, or a construct that has one/,
  );
});
