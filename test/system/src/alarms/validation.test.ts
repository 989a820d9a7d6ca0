// Turns on the CDK's template validation, which is off in other tests. This must happen before aws-cdk-lib is
// loaded.
delete process.env.CDK_VALIDATION;

import { App, Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { AwsSolutionsChecks } from 'cdk-nag';
import { BudgetWindow, TokenAnalyticsAlarms } from '../../../../src';
import { EVERY_ALARM } from '../../../support/every-alarm';

function appWithEveryAlarm(): { app: App; stack: Stack } {
  const app = new App();
  const stack = new Stack(app, 'Stack');
  new TokenAnalyticsAlarms(stack, 'Alarms', {
    dailyBudget: 10,
    window: BudgetWindow.calendarDay('Europe/Berlin'),
    ...EVERY_ALARM,
    agentBudgets: [
      { agentId: 'triage', dailyBudget: 5, models: ['a'] },
      { agentId: 'scribe', dailyBudget: 5, models: ['a', 'b'] },
    ],
    emfErrors: { logGroups: [logs.LogGroup.fromLogGroupName(stack, 'Logs', '/aws/lambda/triage')] },
    deadLetters: {
      queues: [sqs.Queue.fromQueueArn(stack, 'Dead', 'arn:aws:sqs:us-east-1:123456789012:dead')],
    },
    functionErrors: { functions: [lambda.Function.fromFunctionName(stack, 'Failures', 'failures')] },
    composite: {},
  });
  return { app, stack };
}

test('all alarms pass the template validation of aws-cdk-lib', () => {
  const { app, stack } = appWithEveryAlarm();
  const exitCode = process.exitCode;

  const assembly = app.synth();

  expect(
    Object.keys((assembly.getStackArtifact(stack.artifactId).template as { Resources: object }).Resources),
  ).toHaveLength(19);
  expect(process.exitCode).toBe(exitCode);
});

test('the AwsSolutions rules of cdk-nag have no findings for all alarms', () => {
  const { app } = appWithEveryAlarm();

  expect(new AwsSolutionsChecks(app).validateScope(app).violations).toEqual([]);
});
