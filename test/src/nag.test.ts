import { App, Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sns from 'aws-cdk-lib/aws-sns';
import { AwsSolutionsChecks, NIST80053R4Checks, NIST80053R5Checks, ServerlessChecks } from 'cdk-nag';
import {
  BedrockInvocationLogging,
  DashboardSection,
  MonthlyBudget,
  TokenAnalytics,
  TokenTraceTable,
} from '../../src';
import * as reasons from '../../src/private/acknowledged-rules';
import { testWithNag } from '../support/nag';

const PACKS = { AwsSolutionsChecks, NIST80053R4Checks, NIST80053R5Checks, ServerlessChecks };

function findings(app: App, pack: keyof typeof PACKS): string[] {
  return new PACKS[pack](app)
    .validateScope(app)
    .violations.flatMap(({ ruleName, violatingResources }) =>
      violatingResources.map(
        ({ constructPath, resourceLogicalId }) => `${ruleName} ${constructPath ?? resourceLogicalId}`,
      ),
    );
}

/** Creates an app that uses most constructs of the library, so that cdk-nag checks all of them. */
function everything(): App {
  const app = new App();
  const stack = new Stack(app, 'Stack');
  new TokenAnalytics(stack, 'TokenAnalytics', {
    dailyBudget: 10,
    notificationTopic: sns.Topic.fromTopicArn(stack, 'Topic', 'arn:aws:sns:us-east-1:123456789012:alerts'),
    budgetAlertOptions: { enabled: true },
    alarmsOptions: { errorRate: {}, costAnomaly: {}, composite: {} },
    dashboardOptions: { sections: [DashboardSection.gateway(), DashboardSection.reliability()] },
    ingest: {
      logGroup: new BedrockInvocationLogging(stack, 'InvocationLogging').logGroup,
      eventBus: events.EventBus.fromEventBusName(stack, 'Bus', 'usage'),
      spans: {},
    },
  });
  new MonthlyBudget(stack, 'MonthlyBudget', { limit: 100 });
  return app;
}

testWithNag.each(Object.keys(PACKS) as (keyof typeof PACKS)[])(
  '%s has no finding for an app with every part, apart from acknowledged rules',
  pack => {
    expect(findings(everything(), pack)).toEqual([]);
  },
);

test('acknowledges AwsSolutions rules only for actions without a resource level', () => {
  const rules = Object.values(reasons)
    .filter(value => typeof value === 'object')
    .flatMap(value => Object.keys(value))
    .filter(rule => rule.startsWith('AwsSolutions'));

  expect(new Set(rules)).toEqual(new Set(['AwsSolutions-IAM5[Resource::*]']));
});

testWithNag('the grants of a trace table have no finding of AwsSolutions', () => {
  const app = new App();
  const stack = new Stack(app, 'Stack');
  const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
  const traces = new TokenTraceTable(stack, 'Traces');
  traces.grantWriteTraces(role);
  traces.grantReadTraces(role);

  expect(findings(app, 'AwsSolutionsChecks')).toEqual([]);
});

testWithNag.each(Object.keys(PACKS) as (keyof typeof PACKS)[])(
  '%s has findings for a function with a wildcard policy',
  pack => {
    const app = new App();
    const fn = new lambda.Function(new Stack(app, 'Stack'), 'Function', {
      runtime: lambda.Runtime.NODEJS_24_X,
      handler: 'index.handler',
      code: lambda.Code.fromInline('0'),
    });
    fn.addToRolePolicy(new iam.PolicyStatement({ actions: ['*'], resources: ['*'] }));

    expect(findings(app, pack).length).toBeGreaterThan(0);
  },
);
