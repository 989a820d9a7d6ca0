package main

import (
	"maps"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"
	analytics "github.com/cdk-token-analytics/cdk-token-analytics-go/cdktokenanalytics"
)

var (
	dailyBudget = jsii.Number(10)
	agent       = jsii.String("signal-intelligence")
	model       = jsii.String("amazon.nova-lite-v1:0")
)

func main() {
	defer jsii.Close()
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, jsii.String("TokenAnalytics"), nil)

	traces := analytics.NewTokenTraceTable(stack, jsii.String("Traces"), &analytics.TokenTraceTableProps{
		WriteShards:   jsii.Number(2),
		RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
	})
	budgetAlert := analytics.NewBudgetAlertLambda(stack, jsii.String("BudgetAlert"), &analytics.BudgetAlertLambdaProps{
		Enabled:     jsii.Bool(true),
		DailyBudget: dailyBudget,
	})
	analytics.NewTokenAnalyticsDashboard(stack, jsii.String("Dashboard"), &analytics.TokenAnalyticsDashboardProps{
		DailyBudget: dailyBudget,
		Agents:      &[]*string{agent, jsii.String("classifier")},
		Models:      &[]*string{model},
		BudgetAlert: budgetAlert,
	})
	analytics.NewTokenAnalyticsAlarms(stack, jsii.String("Alarms"), &analytics.TokenAnalyticsAlarmsProps{DailyBudget: dailyBudget})

	pricing := analytics.NewTokenPricing(&analytics.TokenPricingProps{
		CustomPrices: &map[string]*analytics.CustomModelPrice{
			"amazon.nova-*": {Input: jsii.Number(0.05), Output: jsii.Number(0.2)},
		},
		BareIdPrice: analytics.BareIdPrice_IN_REGION,
	})

	role := awsiam.NewRole(stack, jsii.String("AgentRole"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil),
	})
	traces.GrantWriteTraces(role)
	environment := maps.Clone(*traces.Environment())
	maps.Copy(environment, *pricing.Environment())
	awslambda.NewFunction(stack, jsii.String("Agent"), &awslambda.FunctionProps{
		Runtime:     awslambda.Runtime_NODEJS_24_X(),
		Handler:     jsii.String("index.handler"),
		Code:        awslambda.Code_FromInline(jsii.String("exports.handler = async () => {};")),
		Role:        role,
		Environment: &environment,
	})

	analytics.NewTokenMetrics(nil).MetricInvocationErrors(&analytics.TokenMetricOptions{
		AgentId: agent,
		Model:   model,
		Period:  awscdk.Duration_Minutes(jsii.Number(10)),
	}).CreateAlarm(stack, jsii.String("Errors"), &awscloudwatch.CreateAlarmOptions{
		Threshold:         jsii.Number(5),
		EvaluationPeriods: jsii.Number(1),
	})

	whole := awscdk.NewStack(app, jsii.String("Whole"), nil)
	all := analytics.NewTokenAnalytics(whole, jsii.String("Analytics"), &analytics.TokenAnalyticsProps{
		Namespace:        jsii.String("Whole"),
		DailyBudget:      dailyBudget,
		Agents:           &[]*string{agent},
		Models:           &[]*string{model},
		BudgetAlertOptions: &analytics.BudgetAlertLambdaProps{Enabled: jsii.Bool(true)},
	})
	instrumented := awslambda.NewFunction(whole, jsii.String("Agent"), &awslambda.FunctionProps{
		Runtime: awslambda.Runtime_NODEJS_24_X(),
		Handler: jsii.String("index.handler"),
		Code:    awslambda.Code_FromInline(jsii.String("exports.handler = async () => {};")),
	})
	all.Instrument(instrumented, &analytics.InstrumentFunctionOptions{AgentId: agent})

	app.Synth(nil)
}
