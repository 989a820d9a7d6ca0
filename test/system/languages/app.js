// App in JavaScript. The same app in other languages, e.g. Python, must lead to the same template.
const { App, Duration, RemovalPolicy, Stack } = require('aws-cdk-lib');
const iam = require('aws-cdk-lib/aws-iam');
const lambda = require('aws-cdk-lib/aws-lambda');
const {
  BareIdPrice,
  BudgetAlertLambda,
  TokenAnalytics,
  TokenAnalyticsAlarms,
  TokenAnalyticsDashboard,
  TokenMetrics,
  TokenPricing,
  TokenTraceTable,
} = require('cdk-token-analytics');

const DAILY_BUDGET = 10;
const AGENT = 'signal-intelligence';
const MODEL = 'amazon.nova-lite-v1:0';

const app = new App();
const stack = new Stack(app, 'TokenAnalytics');

const traces = new TokenTraceTable(stack, 'Traces', { writeShards: 2, removalPolicy: RemovalPolicy.DESTROY });
const budgetAlert = new BudgetAlertLambda(stack, 'BudgetAlert', { enabled: true, dailyBudget: DAILY_BUDGET });
new TokenAnalyticsDashboard(stack, 'Dashboard', {
  dailyBudget: DAILY_BUDGET,
  agents: [AGENT, 'classifier'],
  models: [MODEL],
  budgetAlert,
});
new TokenAnalyticsAlarms(stack, 'Alarms', { dailyBudget: DAILY_BUDGET });

const pricing = new TokenPricing({
  customPrices: { 'amazon.nova-*': { input: 0.05, output: 0.2 } },
  bareIdPrice: BareIdPrice.IN_REGION,
});

const role = new iam.Role(stack, 'AgentRole', {
  assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
});
traces.grantWriteTraces(role);
new lambda.Function(stack, 'Agent', {
  runtime: lambda.Runtime.NODEJS_24_X,
  handler: 'index.handler',
  code: lambda.Code.fromInline('exports.handler = async () => {};'),
  role,
  environment: { ...traces.environment, ...pricing.environment },
});

new TokenMetrics()
  .metricInvocationErrors({ agentId: AGENT, model: MODEL, period: Duration.minutes(10) })
  .createAlarm(stack, 'Errors', { threshold: 5, evaluationPeriods: 1 });

const whole = new Stack(app, 'Whole');
const analytics = new TokenAnalytics(whole, 'Analytics', {
  namespace: 'Whole',
  dailyBudget: DAILY_BUDGET,
  agents: [AGENT],
  models: [MODEL],
  budgetAlertOptions: { enabled: true },
});
const instrumented = new lambda.Function(whole, 'Agent', {
  runtime: lambda.Runtime.NODEJS_24_X,
  handler: 'index.handler',
  code: lambda.Code.fromInline('exports.handler = async () => {};'),
});
analytics.instrument(instrumented, { agentId: AGENT });

app.synth();
