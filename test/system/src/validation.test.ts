// Turns on the CDK's template validation, which is off in other tests. This must happen before aws-cdk-lib is
// loaded.
delete process.env.CDK_VALIDATION;

import { App, Stack } from 'aws-cdk-lib';
import {
  BudgetAlertLambda,
  TokenAnalyticsAlarms,
  TokenAnalyticsDashboard,
  TokenTraceTable,
} from '../../../src';

test('all constructs pass the template validation of aws-cdk-lib', () => {
  const app = new App();
  const stack = new Stack(app, 'Stack');
  new TokenTraceTable(stack, 'Traces');
  const budgetAlert = new BudgetAlertLambda(stack, 'BudgetAlert', {
    enabled: true,
    dailyBudget: 10,
    monthlyBudget: 250,
  });
  new TokenAnalyticsDashboard(stack, 'Dashboard', { budgetAlert, dailyBudget: 10, monthlyBudget: 250 });
  new TokenAnalyticsAlarms(stack, 'Alarms', { dailyBudget: 10 });
  const exitCode = process.exitCode;

  const assembly = app.synth();

  expect(
    Object.keys((assembly.getStackArtifact(stack.artifactId).template as { Resources: object }).Resources)
      .length,
  ).toBeGreaterThan(5);
  expect(process.exitCode).toBe(exitCode);
});
