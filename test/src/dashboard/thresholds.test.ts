import { CfnParameter, type Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import {
  DashboardSection,
  DetailLevel,
  TokenAnalytics,
  TokenAnalyticsAlarms,
  TokenAnalyticsDashboard,
  type TokenAnalyticsProps,
} from '../../../src';
import { dashboardBodies, newStack } from '../support';

/** Returns the horizontal lines of each widget that has some, by its title. */
function linesOf(stack: Stack): Record<string, unknown> {
  return Object.fromEntries(
    dashboardBodies(stack)[0]
      .widgets.filter(({ properties }) => properties.annotations !== undefined)
      .map(({ properties: { title, annotations } }) => [
        title,
        (annotations as { horizontal: { value: unknown; label: string }[] }).horizontal.map(
          ({ value, label }) => [value, label],
        ),
      ]),
  );
}

function linesIn(props: Partial<TokenAnalyticsProps>): Record<string, unknown> {
  const stack = newStack();
  new TokenAnalytics(stack, 'Analytics', { dailyBudget: 12, ...props });
  return linesOf(stack);
}

const BUDGET_LINE = {
  'Cost trend: cost per hour, last 24 hours': [[0.5, 'Daily budget of 12 USD ÷ 24 hours']],
};

describe('lines at the thresholds of alarms', () => {
  test('shows the default threshold of the cost spike alarm', () => {
    expect(linesIn({})).toEqual({
      ...BUDGET_LINE,
      'Cost per invocation': [[0.01, 'Cost spike alarm above 0.01 USD']],
    });
  });

  test('shows the given thresholds, without rounding errors', () => {
    expect(
      linesIn({
        detailLevel: DetailLevel.STANDARD,
        alarmsOptions: {
          costPerInvocationThreshold: 0.1 + 0.2,
          errorRate: { threshold: 2 },
          latencyP90: { threshold: 1500 },
          latencyP99: {},
        },
        dashboardOptions: { sections: [DashboardSection.gateway(), DashboardSection.reliability()] },
      }),
    ).toEqual({
      ...BUDGET_LINE,
      'Cost per invocation': [[0.3, 'Cost spike alarm above 0.3 USD']],
      'Response latency per 5 minutes: average, p90 and p99': [
        [1500, 'Latency p90 alarm above 1500 ms'],
        [60000, 'Latency p99 alarm above 60000 ms'],
      ],
      'Error rate, per 5 minutes': [[2, 'Error rate alarm above 2 %']],
    });
  });

  test.each<[string, Partial<TokenAnalyticsProps>]>([
    ['without alarms', { alarms: false }],
    ['with other alarms on the dashboard', { dashboardOptions: { alarms: [] } }],
  ])('shows only the budget %s', (_what, props) => {
    expect(linesIn(props)).toEqual(BUDGET_LINE);
  });

  test('shows a threshold that is known only at deployment', () => {
    const stack = newStack();
    const threshold = new CfnParameter(stack, 'Threshold', { type: 'Number' }).valueAsNumber;
    const { alarms } = new TokenAnalyticsAlarms(stack, 'Alarms', {
      dailyBudget: 1,
      costPerInvocationThreshold: threshold,
    });
    new TokenAnalyticsDashboard(stack, 'Dashboard', { alarms });

    expect(JSON.stringify(stack.resolve(bodyOf(stack)))).toContain('Cost spike alarm above ');
    expect(JSON.stringify(stack.resolve(bodyOf(stack)))).toMatch(/\\"value\\":",\{"Ref":"Threshold"\}/);
  });

  test('shows no threshold of alarms in another namespace, or of other alarms', () => {
    const stack = newStack();
    const { alarms } = new TokenAnalyticsAlarms(stack, 'Alarms', { dailyBudget: 1, namespace: 'Other' });
    const imported = cloudwatch.Alarm.fromAlarmName(stack, 'Imported', 'mine');
    new TokenAnalyticsDashboard(stack, 'Dashboard', { alarms: [...alarms, imported] });

    expect(linesOf(stack)).toEqual({});
  });
});

function bodyOf(stack: Stack): unknown {
  const dashboards = stack.node
    .findAll()
    .filter(
      (construct): construct is cloudwatch.CfnDashboard => construct instanceof cloudwatch.CfnDashboard,
    );
  return dashboards[0].dashboardBody;
}
