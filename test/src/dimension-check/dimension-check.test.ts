import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import {
  App,
  Aspects,
  Aws,
  CfnCondition,
  CfnParameter,
  CfnResource,
  Fn,
  NestedStack,
  Stack,
  Stage,
  Token,
  Validations,
} from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as logs from 'aws-cdk-lib/aws-logs';
import { CfnInclude } from 'aws-cdk-lib/cloudformation-include';
import { Construct } from 'constructs';
import fc from 'fast-check';
import {
  BudgetAlertLambda,
  TokenAnalyticsAlarms,
  TokenAnalyticsDashboard,
  TokenDimensionCheck,
  TokenTraceTable,
} from '../../../src';
import { findViolations, futureResources, writtenResources } from '../../../src/dimension-check/violations';
import { PLUGINS_THROW } from '../../support/cdk-features';
import { fuzz } from '../../support/fuzz';

const OURS = 'OPX/Analytics';

/** Returns the message of the error that a function throws. Returns an empty text if it throws none. */
function messageOf(action: () => unknown): string {
  try {
    action();
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

/**
 * Adds the check to an app and synthesises it. Returns each violation as `rule: description`. Also checks
 * that the error of the synthesis contains each violation once, and that the written templates have the same
 * violations as the constructs.
 */
function findings(app: App, namespaces: string[] = [OURS]): string[] {
  TokenDimensionCheck.applyTo(app, { namespaces });
  const message = messageOf(() => app.synth());
  // As a validation, the check fails before the templates are written.
  if (!PLUGINS_THROW) app.synth({ skipValidation: true, force: true });
  const written = new Set(
    app.node
      .findAll()
      .filter(Stack.isStack)
      .map(stack => path.resolve(Stage.of(stack)?.outdir ?? '', stack.templateFile)),
  );
  const violations = findViolations(app, new Set(namespaces), stack => writtenResources(stack, written));
  expect(findViolations(app, new Set(namespaces), futureResources)).toEqual(violations);
  expect(message.match(/names dimension/g) ?? []).toHaveLength(violations.length);
  for (const { description, fix } of violations) {
    expect(message).toContain(description);
    expect(message).toContain(`Suggested fix: ${fix}`);
  }
  return violations.map(({ rule, description }) => `${rule}: ${description}`);
}

function findingsIn(build: (stack: Stack) => void): string[] {
  const app = new App();
  build(new Stack(app, 'Stack'));
  return findings(app);
}

function other(where: string, location: string, dimension = 'Tenant', metric = "metric 'TotalCost'"): string {
  return (
    `other-dimension: [${where}] \`${location}\` names dimension '${dimension}' of ${metric} in ` +
    `namespace '${OURS}'. The only dimensions in this namespace are AgentId and Model.`
  );
}

function metricOf(dimensionsMap?: Record<string, string>, namespace = OURS): cloudwatch.Metric {
  return new cloudwatch.Metric({ namespace, metricName: 'TotalCost', dimensionsMap });
}

function search(query: string): string {
  return `SUM(SEARCH('${query}', 'Sum'))`;
}

function expressionOn(stack: Stack, expression: string): void {
  new cloudwatch.CfnAlarm(stack, 'Alarm', {
    comparisonOperator: 'GreaterThanThreshold',
    evaluationPeriods: 1,
    metrics: [{ id: 'e1', expression, period: 300 }],
  });
}

function dashboardOn(stack: Stack, body: object): void {
  new cloudwatch.CfnDashboard(stack, 'Dashboard', { dashboardBody: stack.toJsonString(body) });
}

function widget(...metrics: unknown[][]): object {
  return { widgets: [{ type: 'metric', properties: { title: 'Cost', metrics } }] };
}

const alarmProps = { threshold: 1, evaluationPeriods: 1 };
const tenant = { AgentId: 'triage', Model: 'nova', Tenant: 'acme' };
const pair = { AgentId: 'triage', Model: 'nova' };
const AT_ALARM = 'Properties.Metrics[0].Expression';
const AT_WIDGET = 'Properties.DashboardBody.widgets[0] ("Cost")';

describe('accepted dimensions', () => {
  test('accepts everything that the library creates', () => {
    expect(
      findingsIn(stack => {
        new TokenTraceTable(stack, 'Traces');
        const budgetAlert = new BudgetAlertLambda(stack, 'BudgetAlert', { enabled: true, dailyBudget: 10 });
        new TokenAnalyticsDashboard(stack, 'Search', { budgetAlert });
        new TokenAnalyticsDashboard(stack, 'Agents', { agents: ['triage'], dashboardName: 'agents' });
        new TokenAnalyticsDashboard(stack, 'Named', {
          agents: ['triage', 'scribe'],
          models: ['a', 'b'],
          dashboardName: 'named',
        });
        new TokenAnalyticsAlarms(stack, 'Alarms', { dailyBudget: 10 });
      }),
    ).toEqual([]);
  });

  test('accepts any dimension in another namespace, even if its name begins with ours', () => {
    expect(
      findingsIn(stack => {
        metricOf(tenant, 'OPX/Analytics/dev').createAlarm(stack, 'Stage', alarmProps);
        metricOf(tenant, 'Shop').createAlarm(stack, 'Shop', alarmProps);
        dashboardOn(
          stack,
          widget(
            [{ expression: search('{Shop,Tenant} MetricName="TotalCost"') }],
            ['OPX/Analytics/dev', 'TotalCost', 'Tenant', 'acme'],
          ),
        );
      }),
    ).toEqual([]);
  });

  test.each([
    'SUM(SEARCH(\'{"OPX/Analytics",Model,AgentId} MetricName="TotalCost" AgentId=("Tenant=1" OR ' +
      "\"b\")', 'Sum'))",
    "SEARCH('{\"OPX/Analytics\",AgentId,Model} :aws.AccountId='LOCAL' MetricName=\"TotalCost\"', 'Sum')",
    'SEARCH(\'Namespace="OPX/Analytics" Model="nova"\', \'Sum\')',
    'SEARCH(\'{"OPX/Analytics",AgentId,Model} OR {Shop,Tenant} Tenant="x"\', \'Sum\')',
    "SEARCH('{Shop,Tenant} x', 'Sum') + SEARCH('{\"OPX/Analytics\"} TotalCost', 'Sum')",
    'SELECT SUM(TotalCost) FROM SCHEMA("OPX/Analytics", AgentId, Model) WHERE Model = \'Tenant = 1\' ' +
      "AND tag.env = 'x' AND tag.\"my-tag\" != 'y' GROUP BY AgentId ORDER BY SUM() DESC LIMIT 5",
    'SELECT SUM(TotalCost) FROM SCHEMA("OPX/Analytics") WHERE AWS.AccountId = \'123456789012\'',
    'SELECT SUM(TotalCost) FROM "OPX/Analytics" GROUP BY AgentId',
    "SELECT SUM(Tenant) FROM Shop WHERE Tenant = 'x' GROUP BY Tenant",
    'm1 / SELECTED',
  ])('accepts the expression %s', expression => {
    expect(findingsIn(stack => expressionOn(stack, expression))).toEqual([]);
  });

  test('accepts values that are known only at deployment', () => {
    expect(
      findingsIn(stack => {
        const name = new CfnParameter(stack, 'Name').valueAsString;
        const list = (dimensions: unknown) => dimensions as cloudwatch.CfnAlarm.DimensionProperty[];
        const alarm = (id: string, dimensions: unknown, namespace = OURS) =>
          new cloudwatch.CfnAlarm(stack, id, {
            namespace,
            metricName: 'TotalCost',
            dimensions: list(dimensions),
            comparisonOperator: 'GreaterThanThreshold',
            evaluationPeriods: 1,
          });
        alarm('Dimension', [
          { name: 'AgentId', value: 'triage' },
          { name, value: 'x' },
        ]);
        alarm('Namespace', [{ name: 'Tenant', value: 'acme' }], name);
        const production = new CfnCondition(stack, 'Production', {
          expression: Fn.conditionEquals(name, 'prod'),
        });
        alarm('Choice', [
          { name: 'AgentId', value: 'triage' },
          Fn.conditionIf(production.logicalId, { Name: 'Model', Value: 'nova' }, Aws.NO_VALUE),
        ]);
        alarm('Perhaps', [
          Fn.conditionIf(production.logicalId, { Name: 'AgentId', Value: 'triage' }, Aws.NO_VALUE),
        ]);
        dashboardOn(
          stack,
          widget(
            [{ expression: search(`{"OPX/Analytics",AgentId,${name}}`) }],
            [OURS, 'TotalCost', name, 'x', { period: Token.asNumber({ Ref: 'Name' }) }],
          ),
        );
      }),
    ).toEqual([]);
  });

  test('accepts a dashboard body that is not JSON, because CloudWatch rejects it', () => {
    expect(
      findingsIn(stack => new cloudwatch.CfnDashboard(stack, 'Dashboard', { dashboardBody: '{"widgets":' })),
    ).toEqual([]);
  });
});

describe('other dimensions', () => {
  test('finds another dimension in an alarm on a metric', () => {
    expect(findingsIn(stack => metricOf(tenant).createAlarm(stack, 'Alarm', alarmProps))).toEqual([
      other('Stack/Alarm/Resource', 'Properties.Dimensions'),
    ]);
  });

  test('finds another dimension in an alarm on metric math', () => {
    expect(
      findingsIn(stack =>
        new cloudwatch.MathExpression({
          expression: 'a / b',
          usingMetrics: { a: metricOf(tenant), b: metricOf() },
        }).createAlarm(stack, 'Alarm', alarmProps),
      ),
    ).toEqual([other('Stack/Alarm/Resource', 'Properties.Metrics[1].MetricStat.Metric.Dimensions')]);
  });

  test.each([
    [
      "a search's schema",
      search('{"OPX/Analytics", AgentId, Model, Tenant} MetricName="TotalCost"'),
      ['Tenant'],
    ],
    [
      "a search's quoted schema",
      search('{"OPX/Analytics",AgentId,Model,"My Tenant"} MetricName=TotalCost'),
      ['My Tenant'],
    ],
    [
      "a search's terms",
      search('{"OPX/Analytics",AgentId,Model} MetricName="TotalCost" Tenant=("a" OR "b")'),
      ['Tenant'],
    ],
    [
      "a search's terms after an account",
      search('{"OPX/Analytics",AgentId,Model} :aws.AccountId=\'LOCAL\' MetricName="TotalCost" Tenant="a"'),
      ['Tenant'],
    ],
    [
      'a search without schema',
      search('Namespace="OPX/Analytics" MetricName="TotalCost" Tenant="a"'),
      ['Tenant'],
    ],
    [
      'the second of two searches',
      `${search('{"OPX/Analytics",AgentId,Model} MetricName="TotalCost"')} + ` +
        `${search('{"OPX/Analytics",Tenant} MetricName="TotalCost"')}`,
      ['Tenant'],
    ],
    [
      "a query's schema",
      'SELECT SUM(TotalCost) FROM SCHEMA("OPX/Analytics", AgentId, Model, Tenant)',
      ['Tenant'],
    ],
    [
      "a query's groups",
      'select sum(TotalCost) from "OPX/Analytics" group by AgentId, Tenant order by sum() desc',
      ['Tenant'],
    ],
    [
      "a query's conditions",
      'SELECT SUM(TotalCost) FROM "OPX/Analytics" WHERE Tenant != \'a\' AND "Sub Tenant" = \'b\' LIMIT 3',
      ['Tenant', 'Sub Tenant'],
    ],
  ])('finds another dimension in %s', (_where, expression, dimensions) => {
    expect(findingsIn(stack => expressionOn(stack, expression))).toEqual(
      dimensions.map(dimension => other('Stack/Alarm', AT_ALARM, dimension)),
    );
  });

  test("finds another dimension in a dashboard's metrics, including abbreviated entries", () => {
    expect(
      findingsIn(stack =>
        dashboardOn(
          stack,
          widget(
            [OURS, 'TotalCost', 'AgentId', 'triage', 'Model', 'nova', 'Tenant', 'acme'],
            ['...', 'umbrella', { stat: 'Sum' }],
            [{ expression: 'm1 * 2' }],
            ['.', '.', '.', 'scribe', '.', '.'],
            ['.', 'InputTokens', 'Team', 'red'],
          ),
        ),
      ),
    ).toEqual([
      other('Stack/Dashboard', `${AT_WIDGET}.metrics[0]`),
      other('Stack/Dashboard', `${AT_WIDGET}.metrics[1]`),
      other('Stack/Dashboard', `${AT_WIDGET}.metrics[4]`, 'Team', "metric 'InputTokens'"),
    ]);
  });

  test("finds another dimension in a dashboard's searches and variables, beside values known only at deployment", () => {
    expect(
      findingsIn(stack =>
        dashboardOn(stack, {
          start: Aws.REGION,
          variables: [
            {
              type: 'property',
              property: 'AgentId',
              search: '{"OPX/Analytics",Tenant} MetricName="TotalCost"',
              populateFrom: 'Tenant',
            },
          ],
          ...widget([
            {
              expression: search('{"OPX/Analytics",AgentId,Model,Tenant}'),
              region: Aws.REGION,
              period: Token.asNumber({ Ref: 'AWS::AccountId' }),
            },
          ]),
        }),
      ),
    ).toEqual([
      other('Stack/Dashboard', `${AT_WIDGET}.metrics[0]`, 'Tenant', 'metrics'),
      other('Stack/Dashboard', 'Properties.DashboardBody.variables[0].search'),
    ]);
  });

  test('finds another dimension in widgets of the high-level constructs', () => {
    expect(
      findingsIn(stack => {
        const { dashboard } = new TokenAnalyticsDashboard(stack, 'Tokens');
        dashboard.addWidgets(new cloudwatch.GraphWidget({ title: 'Tenants', left: [metricOf(tenant)] }));
      }),
    ).toEqual([
      other('Stack/Tokens/Resource/Resource', 'Properties.DashboardBody.widgets[6] ("Tenants").metrics[0]'),
    ]);
  });

  test('finds another dimension in a metric filter', () => {
    expect(
      findingsIn(
        stack =>
          new logs.MetricFilter(stack, 'Filter', {
            logGroup: new logs.LogGroup(stack, 'Logs'),
            filterPattern: logs.FilterPattern.exists('$.tenant'),
            metricNamespace: OURS,
            metricName: 'TotalCost',
            dimensions: { Tenant: '$.tenant' },
          }),
      ),
    ).toEqual([other('Stack/Filter/Resource', 'Properties.MetricTransformations[0].Dimensions')]);
  });

  test('finds another dimension in an anomaly detector and other resources with a metric', () => {
    const Dimensions = [{ Name: 'Tenant', Value: 'acme' }];
    const metric = { Namespace: OURS, MetricName: 'TotalCost', Dimensions };
    expect(
      findingsIn(stack => {
        new CfnResource(stack, 'Detector', {
          type: 'AWS::CloudWatch::AnomalyDetector',
          properties: { SingleMetricAnomalyDetector: { ...metric, Stat: 'Sum' } },
        });
        new CfnResource(stack, 'Scaling', {
          type: 'AWS::ApplicationAutoScaling::ScalingPolicy',
          properties: { TargetTrackingScalingPolicyConfiguration: { CustomizedMetricSpecification: metric } },
        });
      }),
    ).toEqual([
      other('Stack/Detector', 'Properties.SingleMetricAnomalyDetector.Dimensions'),
      other(
        'Stack/Scaling',
        'Properties.TargetTrackingScalingPolicyConfiguration.CustomizedMetricSpecification.Dimensions',
      ),
    ]);
  });

  test('finds another dimension that an escape hatch or a condition adds', () => {
    expect(
      findingsIn(stack => {
        const alarm = metricOf(pair).createAlarm(stack, 'Alarm', alarmProps);
        (alarm.node.defaultChild as CfnResource).addPropertyOverride('Dimensions.0.Name', 'Tenant');
        const choice = metricOf().createAlarm(stack, 'Choice', alarmProps);
        (choice.node.defaultChild as CfnResource).addPropertyOverride('Dimensions', {
          'Fn::If': ['Any', [{ Name: 'Tenant', Value: 'a' }], { Ref: 'AWS::NoValue' }],
        });
        const text = metricOf(pair).createAlarm(stack, 'Text', alarmProps);
        (text.node.defaultChild as CfnResource).addPropertyOverride('Dimensions.0.Name', {
          'Fn::Sub': 'of ${!Tenant}',
        });
      }),
    ).toEqual([
      other('Stack/Alarm/Resource', 'Properties.Dimensions'),
      other('Stack/Choice/Resource', 'Properties.Dimensions'),
      other('Stack/Text/Resource', 'Properties.Dimensions', 'of ${Tenant}'),
    ]);
  });

  test('finds another dimension in nested stacks, stages, other stacks and included templates', () => {
    const templateFile = path.join(
      mkdtempSync(path.join(tmpdir(), 'token-analytics-included-')),
      'template.yaml',
    );
    writeFileSync(
      templateFile,
      `
Resources:
  Board:
    Type: AWS::CloudWatch::Dashboard
    Properties:
      DashboardBody: !Sub '{"widgets":[{"type":"metric","properties":{"title":"Cost","region":"\${AWS::Region}","metrics":[["${OURS}","TotalCost","Tenant","\${AWS::StackName}"]]}}]}'
`,
    );
    const app = new App();
    new CfnInclude(new Stack(app, 'Including'), 'Included', { templateFile });
    metricOf(tenant).createAlarm(
      new NestedStack(new NestedStack(new Stack(app, 'Outer'), 'Middle'), 'Inner'),
      'Alarm',
      alarmProps,
    );
    metricOf(tenant).createAlarm(new Stack(new Stage(app, 'Production'), 'Stack'), 'Alarm', alarmProps);

    expect(findings(app).sort()).toEqual([
      other('Including/Included/Board', `${AT_WIDGET}.metrics[0]`),
      other('Outer/Middle/Inner/Alarm/Resource', 'Properties.Dimensions'),
      other('Production/Stack/Alarm/Resource', 'Properties.Dimensions'),
    ]);
  });
});

test.each([
  [
    'an alarm',
    'Properties.Dimensions',
    (stack: Stack) => metricOf({ AgentId: 'triage' }).createAlarm(stack, 'Alarm', alarmProps),
    'Stack/Alarm/Resource',
    'AgentId',
  ],
  [
    'a search',
    AT_ALARM,
    (stack: Stack) => expressionOn(stack, search('{"OPX/Analytics",Model} MetricName="TotalCost"')),
    'Stack/Alarm',
    'Model',
  ],
  [
    'a query',
    AT_ALARM,
    (stack: Stack) => expressionOn(stack, 'SELECT SUM(TotalCost) FROM SCHEMA("OPX/Analytics", AgentId)'),
    'Stack/Alarm',
    'AgentId',
  ],
])('finds one of the two dimensions without the other in %s', (_kind, location, build, where, dimension) => {
  expect(findingsIn(build)).toEqual([
    `lone-dimension: [${where}] \`${location}\` names dimension '${dimension}' of metric ` +
      `'TotalCost' in namespace '${OURS}' without the other one. Such a series does not exist.`,
  ]);
});

describe('synthesis with the check', () => {
  function appWithFault(namespace = OURS): App {
    const app = new App();
    metricOf(tenant, namespace).createAlarm(new Stack(app, 'Stack'), 'Alarm', alarmProps);
    return app;
  }

  test('fails synthesis, and names the place, the dimension and the fix', () => {
    const app = appWithFault();
    TokenDimensionCheck.applyTo(app);

    expect(() => app.synth()).toThrow(
      /\[Stack\/Alarm\/Resource\] `Properties\.Dimensions` names dimension 'Tenant' of metric 'TotalCost'[^]*Suggested fix: Remove the dimension, or use another namespace/,
    );
  });

  test('fails synthesis if applied by a nested construct of another stack, and in a test of one stack', () => {
    const app = appWithFault();
    TokenDimensionCheck.applyTo(new NestedStack(new Stack(app, 'Other'), 'Nested'));

    expect(() => Template.fromStack(app.node.findChild('Stack') as Stack)).toThrow('Stack/Alarm/Resource');
  });

  test('fails synthesis once for each namespace that the check was applied with', () => {
    const app = appWithFault('Shop/prod');
    TokenDimensionCheck.applyTo(app);
    TokenDimensionCheck.applyTo(app.node.findChild('Stack'), { namespaces: ['Shop/prod', 'Shop/dev'] });

    expect(messageOf(() => app.synth()).match(/names dimension/g)).toHaveLength(1);
  });

  test('allows synthesis if the namespace is known only at deployment or nothing is wrong', () => {
    const app = appWithFault('Shop/prod');
    TokenDimensionCheck.applyTo(app, { namespaces: [Token.asString({ Ref: 'Namespace' })] });
    TokenDimensionCheck.applyTo(app);

    expect(() => app.synth()).not.toThrow();
  });

  // Before aws-cdk-lib 2.262, plugins throw no error.
  (PLUGINS_THROW ? test : test.skip)(
    "fails synthesis only for a stage's own stacks if added to the stage",
    () => {
      const app = new App();
      const [checked, unchecked] = ['Checked', 'Unchecked'].map(id => new Stage(app, id));
      for (const stage of [checked, unchecked]) {
        metricOf(tenant).createAlarm(new Stack(stage, 'Stack'), 'Alarm', alarmProps);
      }
      Validations.of(checked).addPlugins(new TokenDimensionCheck());

      expect(() => app.synth()).toThrow(/^(?![^]*Unchecked\/Stack\/Alarm)[^]*Checked\/Stack\/Alarm/);
    },
  );

  test('reports all violations of several stacks and stages in one error', () => {
    const app = appWithFault();
    metricOf({ Model: 'nova' }).createAlarm(new Stack(new Stage(app, 'Stage'), 'Stack'), 'Alarm', alarmProps);
    TokenDimensionCheck.applyTo(app);

    const message = messageOf(() => app.synth());

    expect(message).toContain("[Stack/Alarm/Resource] `Properties.Dimensions` names dimension 'Tenant'");
    expect(message).toContain("[Stage/Stack/Alarm/Resource] `Properties.Dimensions` names dimension 'Model'");
  });

  test('finds a dimension that an aspect adds', () => {
    const app = new App();
    const stack = new Stack(app, 'Stack');
    metricOf(pair).createAlarm(stack, 'Alarm', alarmProps);
    Aspects.of(app).add({
      visit: node => {
        if (node instanceof cloudwatch.CfnAlarm) node.addPropertyOverride('Dimensions.0.Name', 'Tenant');
      },
    });
    TokenDimensionCheck.applyTo(app);

    expect(() => app.synth()).toThrow("names dimension 'Tenant'");
  });

  test('is rejected outside of an app', () => {
    expect(() => TokenDimensionCheck.applyTo(new Construct(undefined as never, ''))).toThrow(
      '[TokenDimensionCheck] `scope` must be a construct of an app, got: Construct',
    );
  });
});

test.each([
  [[], 'namespaces'],
  [[''], 'namespace'],
  [['AWS/Lambda'], 'namespace'],
])('rejects the namespaces %j', (namespaces, prop) => {
  expect(() => TokenDimensionCheck.applyTo(new App(), { namespaces })).toThrow(
    `[TokenDimensionCheck] \`${prop}\` must be `,
  );
});

test('accepts only both dimensions or none in its namespaces, for every notation of a metric', () => {
  const dimension = fc.oneof(
    fc.constantFrom('AgentId', 'Model'),
    fc.constantFrom('agentId', 'Tenant', 'Agent Id', 'Model2', 'MODEL', 'MetricNames'),
  );
  const use = fc.record({
    namespace: fc.constantFrom(OURS, 'Shop/prod', 'OPX/Analytics/dev', 'OPX', 'Shop/prod2'),
    names: fc.uniqueArray(dimension, { maxLength: 4 }),
    form: fc.constantFrom('alarm', 'math', 'filter', 'widget', 'search', 'query'),
  });
  fuzz(
    fc.property(fc.array(use, { minLength: 1, maxLength: 12 }), uses => {
      const app = new App();
      const stack = new Stack(app, 'Stack');
      const expected = uses.flatMap(({ namespace, names, form }, index) => {
        writeUse(stack, `Use${index}x`, form, namespace, names);
        if (![OURS, 'Shop/prod'].includes(namespace)) return [];
        const others = names.filter(name => !['AgentId', 'Model'].includes(name));
        if (others.length > 0) return others.map(name => `other-dimension Use${index}x ${name}`);
        return names.length === 1 ? [`lone-dimension Use${index}x ${names[0]}`] : [];
      });

      const found = findings(app, [OURS, 'Shop/prod']).map(text =>
        text.replace(/^([\w-]+): \[Stack\/(Use\d+x)[^\]]*\] `.*` names dimension '([^']+)'.*$/, '$1 $2 $3'),
      );

      expect(found.sort()).toEqual(expected.sort());
    }),
    { numRuns: 60 },
  );
});

function writeUse(stack: Stack, id: string, form: string, namespace: string, names: readonly string[]): void {
  const dimensions = names.map(name => ({ name, value: 'x' }));
  const quoted = [namespace, ...names].map(name => `"${name}"`).join(', ');
  const metric = { namespace, metricName: 'TotalCost', dimensions };
  const alarm = { comparisonOperator: 'GreaterThanThreshold', evaluationPeriods: 1 };
  const expression =
    form === 'query'
      ? `SELECT SUM(TotalCost) FROM SCHEMA(${quoted})`
      : `SEARCH('{${quoted}} MetricName="TotalCost"', 'Sum')`;
  switch (form) {
    case 'alarm':
      new cloudwatch.CfnAlarm(stack, id, { ...alarm, ...metric });
      break;
    case 'math':
      new cloudwatch.CfnAlarm(stack, id, {
        ...alarm,
        metrics: [{ id: 'm1', metricStat: { metric, period: 60, stat: 'Sum' } }],
      });
      break;
    case 'filter':
      new logs.CfnMetricFilter(stack, id, {
        logGroupName: Aws.STACK_NAME,
        filterPattern: '',
        metricTransformations: [
          {
            metricNamespace: namespace,
            metricName: 'TotalCost',
            metricValue: '1',
            dimensions: names.map(key => ({ key, value: '$.x' })),
          },
        ],
      });
      break;
    case 'widget':
      new cloudwatch.CfnDashboard(stack, id, {
        dashboardBody: stack.toJsonString(
          widget([namespace, 'TotalCost', ...names.flatMap(name => [name, Aws.REGION])]),
        ),
      });
      break;
    case 'search':
      new cloudwatch.CfnDashboard(stack, id, {
        dashboardBody: stack.toJsonString(widget([{ expression, region: Aws.REGION }])),
      });
      break;
    default:
      new cloudwatch.CfnAlarm(stack, id, { ...alarm, metrics: [{ id: 'q1', expression }] });
  }
}
