using System.Collections.Generic;
using System.Linq;
using Amazon.CDK;
using Amazon.CDK.AWS.CloudWatch;
using Amazon.CDK.AWS.IAM;
using Amazon.CDK.AWS.Lambda;
using CdkTokenAnalytics;

const double dailyBudget = 10;
const string agent = "signal-intelligence";
const string model = "amazon.nova-lite-v1:0";

var app = new App();
var stack = new Stack(app, "TokenAnalytics");

var traces = new TokenTraceTable(stack, "Traces", new TokenTraceTableProps { WriteShards = 2, RemovalPolicy = RemovalPolicy.DESTROY });
var budgetAlert = new BudgetAlertLambda(stack, "BudgetAlert", new BudgetAlertLambdaProps { Enabled = true, DailyBudget = dailyBudget });
new TokenAnalyticsDashboard(stack, "Dashboard", new TokenAnalyticsDashboardProps
{
    DailyBudget = dailyBudget,
    Agents = new[] { agent, "classifier" },
    Models = new[] { model },
    BudgetAlert = budgetAlert,
});
new TokenAnalyticsAlarms(stack, "Alarms", new TokenAnalyticsAlarmsProps { DailyBudget = dailyBudget });

var pricing = new TokenPricing(new TokenPricingProps
{
    CustomPrices = new Dictionary<string, ICustomModelPrice> { ["amazon.nova-*"] = new CustomModelPrice { Input = 0.05, Output = 0.2 } },
    BareIdPrice = BareIdPrice.IN_REGION,
});

var role = new Role(stack, "AgentRole", new RoleProps { AssumedBy = new ServicePrincipal("lambda.amazonaws.com") });
traces.GrantWriteTraces(role);
new Function(stack, "Agent", new FunctionProps
{
    Runtime = Runtime.NODEJS_24_X,
    Handler = "index.handler",
    Code = Code.FromInline("exports.handler = async () => {};"),
    Role = role,
    Environment = traces.Environment.Concat(pricing.Environment).ToDictionary(pair => pair.Key, pair => pair.Value),
});

new TokenMetrics()
    .MetricInvocationErrors(new TokenMetricOptions { AgentId = agent, Model = model, Period = Duration.Minutes(10) })
    .CreateAlarm(stack, "Errors", new CreateAlarmOptions { Threshold = 5, EvaluationPeriods = 1 });

var whole = new Stack(app, "Whole");
var analytics = new TokenAnalytics(whole, "Analytics", new TokenAnalyticsProps
{
    Namespace = "Whole",
    DailyBudget = dailyBudget,
    Agents = new[] { agent },
    Models = new[] { model },
    BudgetAlertOptions = new BudgetAlertLambdaProps { Enabled = true },
});
var instrumented = new Function(whole, "Agent", new FunctionProps
{
    Runtime = Runtime.NODEJS_24_X,
    Handler = "index.handler",
    Code = Code.FromInline("exports.handler = async () => {};"),
});
analytics.Instrument(instrumented, new InstrumentFunctionOptions { AgentId = agent });

app.Synth();
