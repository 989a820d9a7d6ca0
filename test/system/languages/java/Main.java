import io.github.cdktokenanalytics.BareIdPrice;
import io.github.cdktokenanalytics.BudgetAlertLambda;
import io.github.cdktokenanalytics.BudgetAlertLambdaProps;
import io.github.cdktokenanalytics.CustomModelPrice;
import io.github.cdktokenanalytics.InstrumentFunctionOptions;
import io.github.cdktokenanalytics.TokenAnalytics;
import io.github.cdktokenanalytics.TokenAnalyticsAlarms;
import io.github.cdktokenanalytics.TokenAnalyticsDashboard;
import io.github.cdktokenanalytics.TokenMetricOptions;
import io.github.cdktokenanalytics.TokenMetrics;
import io.github.cdktokenanalytics.TokenPricing;
import io.github.cdktokenanalytics.TokenTraceTable;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import software.amazon.awscdk.App;
import software.amazon.awscdk.Duration;
import software.amazon.awscdk.RemovalPolicy;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.services.cloudwatch.CreateAlarmOptions;
import software.amazon.awscdk.services.iam.Role;
import software.amazon.awscdk.services.iam.ServicePrincipal;
import software.amazon.awscdk.services.lambda.Code;
import software.amazon.awscdk.services.lambda.Function;
import software.amazon.awscdk.services.lambda.Runtime;

public final class Main {
    private static final Number DAILY_BUDGET = 10;
    private static final String AGENT = "signal-intelligence";
    private static final String MODEL = "amazon.nova-lite-v1:0";

    public static void main(final String[] args) {
        final App app = new App();
        final Stack stack = new Stack(app, "TokenAnalytics");

        final TokenTraceTable traces = TokenTraceTable.Builder.create(stack, "Traces")
            .writeShards(2)
            .removalPolicy(RemovalPolicy.DESTROY)
            .build();
        final BudgetAlertLambda budgetAlert = BudgetAlertLambda.Builder.create(stack, "BudgetAlert")
            .enabled(true)
            .dailyBudget(DAILY_BUDGET)
            .build();
        TokenAnalyticsDashboard.Builder.create(stack, "Dashboard")
            .dailyBudget(DAILY_BUDGET)
            .agents(List.of(AGENT, "classifier"))
            .models(List.of(MODEL))
            .budgetAlert(budgetAlert)
            .build();
        TokenAnalyticsAlarms.Builder.create(stack, "Alarms").dailyBudget(DAILY_BUDGET).build();

        final TokenPricing pricing = TokenPricing.Builder.create()
            .customPrices(Map.of("amazon.nova-*", CustomModelPrice.builder().input(0.05).output(0.2).build()))
            .bareIdPrice(BareIdPrice.IN_REGION)
            .build();

        final Role role = Role.Builder.create(stack, "AgentRole")
            .assumedBy(new ServicePrincipal("lambda.amazonaws.com"))
            .build();
        traces.grantWriteTraces(role);
        final Map<String, String> environment = new HashMap<>(traces.getEnvironment());
        environment.putAll(pricing.getEnvironment());
        Function.Builder.create(stack, "Agent")
            .runtime(Runtime.NODEJS_24_X)
            .handler("index.handler")
            .code(Code.fromInline("exports.handler = async () => {};"))
            .role(role)
            .environment(environment)
            .build();

        new TokenMetrics()
            .metricInvocationErrors(TokenMetricOptions.builder().agentId(AGENT).model(MODEL).period(Duration.minutes(10)).build())
            .createAlarm(stack, "Errors", CreateAlarmOptions.builder().threshold(5).evaluationPeriods(1).build());

        final Stack whole = new Stack(app, "Whole");
        final TokenAnalytics analytics = TokenAnalytics.Builder.create(whole, "Analytics")
            .namespace("Whole")
            .dailyBudget(DAILY_BUDGET)
            .agents(List.of(AGENT))
            .models(List.of(MODEL))
            .budgetAlertOptions(BudgetAlertLambdaProps.builder().enabled(true).build())
            .build();
        final Function instrumented = Function.Builder.create(whole, "Agent")
            .runtime(Runtime.NODEJS_24_X)
            .handler("index.handler")
            .code(Code.fromInline("exports.handler = async () => {};"))
            .build();
        analytics.instrument(instrumented, InstrumentFunctionOptions.builder().agentId(AGENT).build());

        app.synth();
    }
}
