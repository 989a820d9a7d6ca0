import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { QuickStartStack } from '../../examples/quick-start/stack';
import { resolveTemplate } from '../../local/emulators/template';
import { testWithNag } from '../support/nag';

function quickStart(): { app: App; stack: QuickStartStack } {
  const agentCode = mkdtempSync(path.join(tmpdir(), 'token-analytics-agent-code-'));
  writeFileSync(path.join(agentCode, 'index.js'), 'exports.handler = async () => {};');
  const app = new App();
  return { app, stack: new QuickStartStack(app, 'QuickStart', { agentCode }) };
}

function widgetsOf(template: Template): unknown[] {
  const { resolve } = resolveTemplate(template.toJSON() as Parameters<typeof resolveTemplate>[0], {
    region: 'us-east-1',
    accountId: '123456789012',
    partition: 'aws',
  });
  const [dashboard] = Object.values(template.findResources('AWS::CloudWatch::Dashboard')) as {
    Properties: { DashboardBody: unknown };
  }[];
  return (JSON.parse(String(resolve(dashboard.Properties.DashboardBody))) as { widgets: unknown[] }).widgets;
}

/** Checks an app with the AwsSolutions rules of cdk-nag. Returns each violation with its resources. */
function findings(app: App): string[] {
  const report = new AwsSolutionsChecks(app).validateScope(app);
  return report.violations.map(
    violation =>
      `${violation.ruleName} ` +
      `${violation.violatingResources.map(resource => resource.resourceLogicalId).join()}`,
  );
}

describe('examples/quick-start', () => {
  test('the quick start has one dashboard of six widgets, three alarms, one table, and nothing of the disabled budget alert', () => {
    const { stack } = quickStart();

    const template = Template.fromStack(stack);

    template.resourceCountIs('AWS::CloudWatch::Dashboard', 1);
    expect(widgetsOf(template)).toHaveLength(6);
    template.resourceCountIs('AWS::CloudWatch::Alarm', 3);
    template.resourceCountIs('AWS::DynamoDB::GlobalTable', 1);
    expect(
      Object.keys(template.toJSON().Resources as object).filter(id => id.startsWith('BudgetAlert')),
    ).toEqual([]);
  });

  testWithNag('the quick start has no finding of cdk-nag AwsSolutions, without suppressions', () => {
    const { app, stack } = quickStart();

    expect(findings(app)).toEqual([]);
    expect(JSON.stringify(Template.fromStack(stack).toJSON())).not.toContain('cdk_nag');
  });
});
