import { CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import {
  BudgetAlertLambda,
  TokenAnalyticsAlarms,
  TokenAnalyticsDashboard,
  TokenTraceTable,
} from 'cdk-token-analytics';

/** Models that the agent may call. The value of each model lists the Regions that may process its calls. */
const FOUNDATION_MODELS: Record<string, readonly string[]> = {
  'anthropic.claude-sonnet-4-5-20250929-v1:0': ['us-east-1', 'us-east-2', 'us-west-2'],
  'anthropic.claude-3-haiku-20240307-v1:0': ['us-east-1'],
  'amazon.nova-lite-v1:0': ['us-east-1'],
};
/** Agents on the dashboard. With agents and models, each agent has one color in all widgets. */
const AGENTS = ['triage', 'root-cause', 'remediation', 'signal-intelligence', 'postmortem', 'knowledge'];
const INFERENCE_PROFILES = ['us.anthropic.claude-sonnet-4-5-20250929-v1:0'];

export interface QuickStartStackProps extends StackProps {
  /** Folder with the built handler of the agent, `index.mjs`. */
  readonly agentCode: string;
}

/**
 * Stack with an agent function, a trace table, a dashboard and alarms. The dashboard and the alarms show
 * token usage and cost.
 */
export class QuickStartStack extends Stack {
  constructor(scope: Construct, id: string, props: QuickStartStackProps) {
    super(scope, id, props);

    const traces = new TokenTraceTable(this, 'Traces');
    new TokenAnalyticsDashboard(this, 'Dashboard', {
      dailyBudget: 10,
      monthlyBudget: 250,
      agents: AGENTS,
      models: Object.keys(FOUNDATION_MODELS),
    });
    new TokenAnalyticsAlarms(this, 'Alarms', { dailyBudget: 10 });
    // This construct creates nothing, because its prop `enabled` is not true.
    new BudgetAlertLambda(this, 'BudgetAlert', { dailyBudget: 10 });

    const logGroup = new logs.LogGroup(this, 'AgentLogs', {
      retention: logs.RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new iam.Role(this, 'AgentRole', {
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
    });
    logGroup.grantWrite(role);
    role.addToPolicy(
      new iam.PolicyStatement({
        actions: ['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream'],
        resources: [
          ...Object.entries(FOUNDATION_MODELS).flatMap(([model, regions]) =>
            regions.map(region =>
              this.formatArn({
                service: 'bedrock',
                region,
                account: '',
                resource: 'foundation-model',
                resourceName: model,
              }),
            ),
          ),
          ...INFERENCE_PROFILES.map(profile =>
            this.formatArn({ service: 'bedrock', resource: 'inference-profile', resourceName: profile }),
          ),
        ],
      }),
    );
    const agent = new lambda.Function(this, 'Agent', {
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      code: lambda.Code.fromAsset(props.agentCode),
      handler: 'index.handler',
      timeout: Duration.minutes(5),
      memorySize: 256,
      role,
      logGroup,
      environment: traces.environment,
    });
    traces.grantWriteTraces(agent);
    // The command finds the table by the name of this output.
    new CfnOutput(this, 'TokenAnalyticsTraceTable', { value: traces.tableName });
  }
}
