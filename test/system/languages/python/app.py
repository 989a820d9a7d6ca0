from aws_cdk import App, Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from cdk_token_analytics import (
    BareIdPrice,
    BudgetAlertLambda,
    CustomModelPrice,
    BudgetAlertLambdaProps,
    TokenAnalytics,
    TokenAnalyticsAlarms,
    TokenAnalyticsDashboard,
    TokenMetrics,
    TokenPricing,
    TokenTraceTable,
)

DAILY_BUDGET = 10
AGENT = "signal-intelligence"
MODEL = "amazon.nova-lite-v1:0"

app = App()
stack = Stack(app, "TokenAnalytics")

traces = TokenTraceTable(stack, "Traces", write_shards=2, removal_policy=RemovalPolicy.DESTROY)
budget_alert = BudgetAlertLambda(stack, "BudgetAlert", enabled=True, daily_budget=DAILY_BUDGET)
TokenAnalyticsDashboard(
    stack,
    "Dashboard",
    daily_budget=DAILY_BUDGET,
    agents=[AGENT, "classifier"],
    models=[MODEL],
    budget_alert=budget_alert,
)
TokenAnalyticsAlarms(stack, "Alarms", daily_budget=DAILY_BUDGET)

pricing = TokenPricing(
    custom_prices={"amazon.nova-*": CustomModelPrice(input=0.05, output=0.2)},
    bare_id_price=BareIdPrice.IN_REGION,
)

role = iam.Role(stack, "AgentRole", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
traces.grant_write_traces(role)
lambda_.Function(
    stack,
    "Agent",
    runtime=lambda_.Runtime.NODEJS_24_X,
    handler="index.handler",
    code=lambda_.Code.from_inline("exports.handler = async () => {};"),
    role=role,
    environment={**traces.environment, **pricing.environment},
)

TokenMetrics().metric_invocation_errors(
    agent_id=AGENT, model=MODEL, period=Duration.minutes(10)
).create_alarm(stack, "Errors", threshold=5, evaluation_periods=1)

whole = Stack(app, "Whole")
analytics = TokenAnalytics(
    whole,
    "Analytics",
    daily_budget=DAILY_BUDGET,
    agents=[AGENT],
    models=[MODEL],
    namespace="Whole",
    budget_alert_options=BudgetAlertLambdaProps(enabled=True),
)
instrumented = lambda_.Function(
    whole,
    "Agent",
    runtime=lambda_.Runtime.NODEJS_24_X,
    handler="index.handler",
    code=lambda_.Code.from_inline("exports.handler = async () => {};"),
)
analytics.instrument(instrumented, agent_id=AGENT)

app.synth()
