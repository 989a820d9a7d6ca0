import { App, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sns from 'aws-cdk-lib/aws-sns';
import {
  BudgetAlertLambda,
  BudgetWindow,
  CallerIdentity,
  CountedBy,
  DashboardSection,
  DetailLevel,
  type ITokenAnalytics,
  MetricSink,
  MonthlyBudget,
  SpanMaker,
  TokenAnalytics,
  TokenAnalyticsAlarms,
  TokenAnalyticsDashboard,
  TokenPricing,
  TokenTraceTable,
} from '../../src';
import { EVERY_ALARM } from '../support/every-alarm';

/** Parts of an app that tests can change when they deploy it. */
interface AppOptions {
  /** Creates the Lambda function of an agent. Default: an empty function. */
  readonly agent?: (scope: Stack, id: string) => lambda.Function;
  /** Daily budget in US dollars. Default: 50. */
  readonly dailyBudget?: number;
}

function agentFunction(scope: Stack, id: string): lambda.Function {
  return new lambda.Function(scope, id, {
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: lambda.Code.fromInline('exports.handler = async () => {};'),
  });
}

/** Instruments a function with an imported TokenAnalytics, and creates a dashboard and alarms for it. */
function showShared(stack: Stack, shared: ITokenAnalytics, dashboardName: string): void {
  shared.instrument(agentFunction(stack, 'Agent'), { agentId: 'scribe' });
  const { namespace, agents, models } = shared;
  const { alarms } = new TokenAnalyticsAlarms(stack, 'Alarms', { namespace, dailyBudget: 5 });
  new TokenAnalyticsDashboard(stack, 'Dashboard', { namespace, agents, models, alarms, dashboardName });
}

/** Functions that build eight typical apps. `templates/` contains the expected CloudFormation templates. */
export const APPS: Readonly<Record<string, (app: App, options?: AppOptions) => void>> = {
  /** App with a TokenAnalytics that has only the `dailyBudget` prop, and one instrumented function. */
  'one-prop': app => {
    const stack = new Stack(app, 'OneProp');
    const analytics = new TokenAnalytics(stack, 'TokenAnalytics', { dailyBudget: 10 });
    analytics.instrument(agentFunction(stack, 'Agent'), { agentId: 'triage' });
  },

  /** App with a TokenAnalytics that has every feature enabled. */
  'everything': (app, { agent = agentFunction, dailyBudget = 50 } = {}) => {
    const stack = new Stack(app, 'Everything');
    const notificationTopic = new sns.Topic(stack, 'Alerts');
    const analytics = new TokenAnalytics(stack, 'TokenAnalytics', {
      dailyBudget,
      monthlyBudget: 1000,
      namespace: 'OPX/Analytics/prod',
      agents: ['triage', 'scribe'],
      models: ['amazon.nova-lite-v1:0', 'anthropic.claude-sonnet-4-5-20250929-v1:0'],
      detailLevel: DetailLevel.STANDARD,
      notificationTopic,
      pricing: new TokenPricing({ customPrices: { 'amazon.nova-*': { input: 0.05, output: 0.2 } } }),
      traceTableOptions: { writeShards: 4, traceTtl: Duration.days(30), deletionProtection: true },
      budgetAlertOptions: { enabled: true, timeZone: 'Europe/Berlin' },
      alarmsOptions: {
        window: BudgetWindow.dayToDate(),
        ...EVERY_ALARM,
        composite: {},
        agentBudgets: [{ agentId: 'triage', dailyBudget: 5, models: ['amazon.nova-lite-v1:0'] }],
      },
      dashboardOptions: {
        variables: true,
        sections: [
          DashboardSection.gateway(),
          DashboardSection.batch(),
          DashboardSection.reliability(),
          DashboardSection.quota(),
        ],
      },
      ingest: {
        logGroup: new logs.LogGroup(stack, 'InvocationLog', {
          retention: logs.RetentionDays.ONE_WEEK,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
        eventBus: new events.EventBus(stack, 'Usage'),
      },
      callsPerMonth: 1_000_000,
    });
    for (const agentId of ['triage', 'scribe']) {
      analytics.instrument(agent(stack, agentId), { agentId });
    }
    new MonthlyBudget(stack, 'MonthlyBudget', { limit: 1000, topic: notificationTopic });
  },

  /** App that records model calls from Bedrock's invocation log and from events on an event bus. */
  'ingest': app => {
    const stack = new Stack(app, 'Ingest');
    new TokenAnalytics(stack, 'TokenAnalytics', {
      dailyBudget: 10,
      ingest: {
        logGroup: new logs.LogGroup(stack, 'InvocationLog', {
          retention: logs.RetentionDays.ONE_WEEK,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
        eventBus: new events.EventBus(stack, 'Usage'),
        agentsByRole: { OrdersService: 'orders' },
        countedBy: { InvokeModel: CountedBy.INGEST, InvokeModelWithResponseStream: CountedBy.INGEST },
      },
    });
  },

  /** App that records model calls from OpenTelemetry spans, for agents in any language. */
  'spans': app => {
    const stack = new Stack(app, 'Spans');
    const analytics = new TokenAnalytics(stack, 'TokenAnalytics', {
      dailyBudget: 10,
      ingest: {
        spans: {
          logGroups: ['aws/spans', '/aws/bedrock-agentcore/runtimes/orders-AbCdEfGhIj-DEFAULT'].map(
            (name, index) => logs.LogGroup.fromLogGroupName(stack, `SpansLog${index}`, name),
          ),
          agentsByService: { orders: 'orders' },
          ignoredServices: ['invoices'],
          incidentAttribute: 'app.incident.id',
          prefer: SpanMaker.FRAMEWORK,
        },
        callers: CallerIdentity.SESSION,
      },
    });
    analytics.instrument(agentFunction(stack, 'Agent'), { agentId: 'triage' });
  },

  /** App with single constructs in two stacks, without TokenAnalytics. */
  'parts': app => {
    const data = new Stack(app, 'Data');
    const traces = new TokenTraceTable(data, 'Traces');
    const view = new Stack(app, 'View');
    const alarms = new TokenAnalyticsAlarms(view, 'Alarms', { dailyBudget: 10 });
    const budgetAlert = new BudgetAlertLambda(view, 'BudgetAlert', { enabled: true, dailyBudget: 10 });
    new TokenAnalyticsDashboard(view, 'Dashboard', { dailyBudget: 10, budgetAlert, alarms: alarms.alarms });
    const fn = agentFunction(view, 'Agent');
    for (const [name, value] of Object.entries(traces.environment)) fn.addEnvironment(name, value);
    traces.grantWriteTraces(fn);
  },

  /** App for a container that sends metrics by PutMetricData. The trace table already exists. */
  'container': app => {
    const stack = new Stack(app, 'Container');
    const analytics = new TokenAnalytics(stack, 'TokenAnalytics', {
      dailyBudget: 10,
      metricSink: MetricSink.PUT_METRIC_DATA,
      traceTable: TokenTraceTable.fromTableName(stack, 'Traces', 'token-traces'),
      dashboard: false,
      nightlyRollup: false,
    });
    analytics.grant(
      new iam.Role(stack, 'Task', { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') }),
    );
  },

  /** App in which a second stack shares the TokenAnalytics of the first one, with a dashboard of its own. */
  'other-stack': app => {
    const agents = ['triage', 'scribe'];
    const owner = new TokenAnalytics(new Stack(app, 'Owner'), 'TokenAnalytics', {
      dailyBudget: 10,
      namespace: 'Shop/Analytics',
      agents,
    });
    const stack = new Stack(app, 'OtherTeam');
    const shared = TokenAnalytics.fromTokenAnalyticsAttributes(stack, 'Shared', {
      tableName: owner.traceTable?.tableName,
      namespace: owner.namespace,
      agents,
    });
    showShared(stack, shared, 'other-team');
  },

  /** App of another repository, which shares a TokenAnalytics whose table is in another region. */
  'other-repository': app => {
    const stack = new Stack(app, 'OtherRepository', {
      env: { account: '111122223333', region: 'eu-central-1' },
    });
    const shared = TokenAnalytics.fromTokenAnalyticsAttributes(stack, 'Shared', {
      tableArn: 'arn:aws:dynamodb:us-east-1:111122223333:table/token-traces',
      encryptionKey: kms.Key.fromKeyArn(
        stack,
        'Key',
        'arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555',
      ),
      writeShards: 4,
      traceTtl: Duration.days(30),
      namespace: 'Shop/Analytics',
      agents: ['triage', 'scribe'],
      models: ['amazon.nova-lite-v1:0'],
      detailLevel: DetailLevel.STANDARD,
      pricing: new TokenPricing({ discounts: { amazon: 0.1 } }),
      ingest: { readsSpans: true },
    });
    showShared(stack, shared, 'other-repository');
  },
};
