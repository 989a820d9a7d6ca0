// Synthesises one app and prints the time. The app contains TokenAnalytics, or the same resources written by
// hand with aws-cdk-lib.

const path = require('node:path');
const { App, Duration, RemovalPolicy, Stack } = require('aws-cdk-lib');
const cloudwatch = require('aws-cdk-lib/aws-cloudwatch');
const dynamodb = require('aws-cdk-lib/aws-dynamodb');
const events = require('aws-cdk-lib/aws-events');
const targets = require('aws-cdk-lib/aws-events-targets');
const iam = require('aws-cdk-lib/aws-iam');
const lambda = require('aws-cdk-lib/aws-lambda');
const logs = require('aws-cdk-lib/aws-logs');
const { TokenAnalytics } = require('../../lib');

const NAMESPACE = 'OPX/Analytics';
const SECONDS = {
  fiveMinutes: Duration.minutes(5),
  hour: Duration.hours(1),
  day: Duration.days(1),
  month: Duration.days(30),
};

function byHand(stack) {
  const table = new dynamodb.TableV2(stack, 'Traces', {
    partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING },
    sortKey: { name: 'sk', type: dynamodb.AttributeType.STRING },
    billing: dynamodb.Billing.onDemand(),
    timeToLiveAttribute: 'ttl',
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    removalPolicy: RemovalPolicy.RETAIN,
    globalSecondaryIndexes: [
      {
        indexName: 'IncidentIndex',
        partitionKey: { name: 'incidentId', type: dynamodb.AttributeType.STRING },
        sortKey: { name: 'sk', type: dynamodb.AttributeType.STRING },
      },
    ],
  });

  const logGroup = new logs.LogGroup(stack, 'Logs', {
    retention: logs.RetentionDays.ONE_MONTH,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
  logGroup.grantWrite(role);
  table.grant(role, 'dynamodb:BatchWriteItem', 'dynamodb:Query');
  const fn = new lambda.Function(stack, 'Rollup', {
    runtime: lambda.Runtime.NODEJS_24_X,
    architecture: lambda.Architecture.ARM_64,
    code: lambda.Code.fromAsset(path.join(__dirname, '..', '..', 'assets', 'aws')),
    handler: 'roll-up-day.handler',
    timeout: Duration.minutes(15),
    memorySize: 512,
    role,
    logGroup,
    loggingFormat: lambda.LoggingFormat.JSON,
    environment: { TOKEN_ANALYTICS_TABLE: table.tableName, TOKEN_ANALYTICS_TTL_DAYS: '90' },
  });
  new events.Rule(stack, 'Schedule', {
    schedule: events.Schedule.cron({ hour: '1', minute: '30' }),
    targets: [new targets.LambdaFunction(fn)],
  });

  const metric = (metricName, period, statistic = 'Sum') =>
    new cloudwatch.Metric({ namespace: NAMESPACE, metricName, period, statistic });
  const search = (name, statistic, period) =>
    new cloudwatch.SearchExpression({
      expression: `SEARCH('{"${NAMESPACE}",AgentId,Model} MetricName="${name}"', '${statistic}')`,
      period,
      label: name,
    });
  const perCall = () =>
    new cloudwatch.MathExpression({
      expression: 'cost / calls',
      usingMetrics: {
        cost: metric('TotalCost', SECONDS.fiveMinutes),
        calls: metric('InvocationCount', SECONDS.fiveMinutes),
      },
      period: SECONDS.fiveMinutes,
    });
  const alarm = (id, props) =>
    new cloudwatch.Alarm(stack, id, {
      evaluationPeriods: 1,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
      ...props,
    });
  const alarms = [
    alarm('Warning', { metric: metric('TotalCost', SECONDS.day), threshold: 8 }),
    alarm('Critical', { metric: metric('TotalCost', SECONDS.day), threshold: 9.5 }),
    alarm('Spike', { metric: perCall(), threshold: 0.01, evaluationPeriods: 2 }),
  ];
  const dashboard = new cloudwatch.Dashboard(stack, 'Dashboard', {
    dashboardName: 'OPX-Token-Analytics',
    periodOverride: cloudwatch.PeriodOverride.INHERIT,
    defaultInterval: Duration.days(1),
  });
  const graph = (title, left, more = {}) =>
    new cloudwatch.GraphWidget({ title, width: 12, height: 6, left, ...more });
  dashboard.addWidgets(
    graph('Token usage', [
      search('InputTokens', 'Sum', SECONDS.fiveMinutes),
      search('OutputTokens', 'Sum', SECONDS.fiveMinutes),
    ]),
    graph('Cost by agent', [search('TotalCost', 'Sum', SECONDS.hour)], {
      view: cloudwatch.GraphWidgetView.BAR,
      setPeriodToTimeRange: true,
      start: '-PT24H',
    }),
  );
  dashboard.addWidgets(
    graph('Efficiency', [
      metric('TokenEfficiency', Duration.minutes(15), 'Average'),
      search('TokenEfficiency', 'Average', Duration.minutes(15)),
    ]),
    graph('Cost trend', [metric('TotalCost', SECONDS.hour)], {
      start: '-PT24H',
      leftAnnotations: [{ value: 10 / 24, label: 'Daily budget / 24' }],
    }),
  );
  dashboard.addWidgets(
    new cloudwatch.SingleValueWidget({
      title: 'Budget',
      width: 12,
      height: 6,
      metrics: [metric('TotalCost', SECONDS.month)],
      setPeriodToTimeRange: true,
      start: '-P30D',
    }),
    graph('Cost per invocation', [perCall()]),
  );
  dashboard.addWidgets(new cloudwatch.AlarmStatusWidget({ width: 24, height: 3, alarms }));
}

const CASES = {
  byHand,
  whole: stack => new TokenAnalytics(stack, 'TokenAnalytics', { dailyBudget: 10 }),
  wholeWithoutCheck: stack =>
    new TokenAnalytics(stack, 'TokenAnalytics', { dailyBudget: 10, dimensionCheck: false }),
};

const start = process.hrtime.bigint();
const app = new App({ analyticsReporting: false });
CASES[process.argv[2]](new Stack(app, 'Stack'));
const { template } = app.synth().getStackByName('Stack');
const ms = Number(process.hrtime.bigint() - start) / 1e6;
console.log(
  JSON.stringify({
    ms,
    types: Object.values(template.Resources)
      .map(({ Type }) => Type)
      .sort(),
  }),
);
