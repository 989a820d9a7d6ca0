import { App, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { AwsSolutionsChecks } from 'cdk-nag';
import { BudgetAlertLambda, TokenAnalyticsAlarms, TokenAnalyticsDashboard, TokenTraceTable } from '../../src';

function findings(app: App): string[] {
  return new AwsSolutionsChecks(app).validateScope(app).violations
    .flatMap(({ ruleName, violatingResources }) => violatingResources.map(({ constructPath, resourceLogicalId }) => `${ruleName} ${constructPath ?? resourceLogicalId}`));
}

describe('cdk-nag AwsSolutions, without suppressions', () => {
  test('finds nothing in the table with its grants, the dashboard and the alarms', () => {
    const app = new App();
    const stack = new Stack(app, 'Stack');
    const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    const traces = new TokenTraceTable(stack, 'Traces');
    traces.grantWriteTraces(role);
    traces.grantReadTraces(role);
    const budgetAlert = new BudgetAlertLambda(stack, 'BudgetAlert', { dailyBudget: 10 });
    new TokenAnalyticsDashboard(stack, 'Dashboard', { budgetAlert });
    new TokenAnalyticsAlarms(stack, 'Alarms', { dailyBudget: 10 });

    expect(findings(app)).toEqual([]);
  });

  test('sees what it is run on', () => {
    const app = new App();
    new iam.Role(new Stack(app, 'Stack'), 'Role', {
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
      managedPolicies: [iam.ManagedPolicy.fromAwsManagedPolicyName('ReadOnlyAccess')],
    });

    expect(findings(app)).toHaveLength(1);
  });

  test('finds in the enabled budget alert only that GetMetricData has no resource level', () => {
    const app = new App();
    new BudgetAlertLambda(new Stack(app, 'Stack'), 'BudgetAlert', { enabled: true, dailyBudget: 10 });

    expect(findings(app)).toEqual(['AwsSolutions-IAM5[Resource::*] Stack/BudgetAlert/Role/DefaultPolicy/Resource']);
  });
});
