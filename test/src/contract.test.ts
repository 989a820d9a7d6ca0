import { Template } from 'aws-cdk-lib/assertions';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { dashboardBodies, fieldsOf, newStack, searchesOf } from './support';
import { BudgetAlertLambda, TokenAnalyticsAlarms, TokenAnalyticsDashboard, TokenMetrics } from '../../src';
import { DIMENSION_SETS, DIMENSIONS, METRICS } from '../../src/contract';

const pair = { agentId: 'triage', model: 'amazon.nova-lite-v1:0' };
const known: string[] = Object.values(DIMENSIONS);

type MetricMethod = (options?: cloudwatch.MetricOptions & typeof pair) => cloudwatch.Metric;

function methodOf(name: string): MetricMethod {
  const metrics = new TokenMetrics();
  const method = (metrics as unknown as Record<string, MetricMethod>)[`metric${name}`];
  if (!method) throw new Error(`TokenMetrics has no metric${name}`);
  return method.bind(metrics);
}

test.each(Object.values(METRICS))(
  'TokenMetrics reads $name with the unit, statistic and dimension sets of the contract',
  ({ name, unit, statistic, scope }) => {
    const method = methodOf(name);
    const read = scope === 'total' ? [method()] : [method(), method(pair)];

    for (const metric of read) expect(metric).toMatchObject({ metricName: name, unit, statistic });
    expect(read.map(metric => Object.keys(metric.dimensions ?? {}))).toEqual(DIMENSION_SETS[scope]);
  },
);

test('TokenMetrics has no method for a metric that is not published', () => {
  const methods = Object.getOwnPropertyNames(TokenMetrics.prototype)
    .filter(name => name.startsWith('metric'))
    .sort();

  expect(methods).toEqual(
    [
      ...Object.values(METRICS).map(({ name }) => `metric${name}`),
      'metricCacheHitRate',
      'metricCostPerInvocation',
      'metricErrorRate',
    ].sort(),
  );
});

test('dashboards and alarms use only dimensions, metrics and namespaces of the contract', () => {
  const stack = newStack();
  const budgetAlert = new BudgetAlertLambda(stack, 'BudgetAlert', { enabled: true });
  const bySearch = new TokenAnalyticsDashboard(stack, 'Search', { budgetAlert });
  bySearch.addWidgets(
    new cloudwatch.GraphWidget({ left: Object.values(METRICS).map(({ name }) => methodOf(name)()) }),
  );
  new TokenAnalyticsDashboard(stack, 'Explicit', {
    agents: ['triage', 'scribe'],
    models: ['a', 'b'],
    dashboardName: 'explicit',
  });
  new TokenAnalyticsDashboard(stack, 'Agents', { agents: ['triage', 'scribe'], dashboardName: 'agents' });
  new TokenAnalyticsAlarms(stack, 'Alarms', { dailyBudget: 10 });

  const bodies = dashboardBodies(stack);
  const widgetMetrics = bodies
    .flatMap(body => body.widgets)
    .flatMap(widget => widget.properties.metrics)
    .map(fieldsOf)
    .filter(fields => fields.length > 0);
  const alarmMetrics = namedMetrics(
    Object.values(Template.fromStack(stack).findResources('AWS::CloudWatch::Alarm')),
  );

  expect(bodies).toHaveLength(3);
  expect(widgetMetrics.length).toBeGreaterThan(20);
  expect(alarmMetrics).toHaveLength(4);
  for (const [namespace, name, ...pairs] of [...widgetMetrics, ...alarmMetrics]) {
    expect(namespace).toBe('OPX/Analytics');
    expect(Object.values(METRICS).map(metric => metric.name)).toContain(name);
    const dimensions = pairs.filter((_, index) => index % 2 === 0);
    expect([[], known]).toContainEqual(dimensions);
  }
  for (const search of bodies.flatMap(searchesOf)) {
    expect(search).toMatch(new RegExp(`^\\{"OPX/Analytics",${known.join(',')}\\} `));
  }
});

interface NamedMetric {
  readonly Namespace?: string;
  readonly MetricName?: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[];
}

/**
 * Returns all metrics in a resource of a template. Each metric is a list of namespace, name and dimensions.
 */
function namedMetrics(value: unknown): string[][] {
  if (Array.isArray(value)) return value.flatMap(namedMetrics);
  if (typeof value !== 'object' || value === null) return [];
  const { Namespace: namespace, MetricName: name, Dimensions: dimensions = [] } = value as NamedMetric;
  if (namespace === undefined || name === undefined) return Object.values(value).flatMap(namedMetrics);
  return [[namespace, name, ...dimensions.flatMap(dimension => [dimension.Name, dimension.Value])]];
}
