import { CfnOutput, Duration, RemovalPolicy, type Stack, Tags, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { ELSEWHERE, HERE } from './outcome';
import {
  BedrockInvocationLogging,
  BudgetAlertLambda,
  BudgetWindow,
  CountedBy,
  DashboardSection,
  DetailLevel,
  LoggingOnDelete,
  MetricSink,
  MonthlyBudget,
  NightlyRollup,
  SpanMaker,
  TokenAnalytics,
  TokenAnalyticsAlarms,
  TokenAnalyticsDashboard,
  TokenDimensionCheck,
  TokenAnalyticsLayer,
  type TokenAnalyticsProps,
  TokenMetrics,
  TokenPricing,
  TokenTraceTable,
  TokenUsageIngest,
} from '../../../src';
import { DEFAULT_NAMESPACE } from '../../../src/contract';
import { DELIVERY } from '../../support/cdk-features';
import { newStackBeside } from '../support';

/**
 * Code for a condition in docs/checks.md. `breaks` violates the condition and leads to a message. `keeps`
 * does not.
 */
export interface CheckCase {
  readonly breaks: (stack: Stack) => unknown;
  readonly keeps: (stack: Stack) => unknown;
  /** Pattern of the error message. Undefined if the message is a warning or an info. */
  readonly says?: RegExp;
}

const MODEL = 'amazon.nova-lite-v1:0';
const PROFILE = 'arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abcdefghijkl';
const TOKEN = Token.asNumber({ Ref: 'AWS::Region' });
const PRICE = { input: 0.06, output: 0.24 };
const AGENT_BUDGET = { agentId: 'triage', dailyBudget: 1, models: [MODEL] };

const analytics = (stack: Stack, props: Partial<TokenAnalyticsProps> = {}) =>
  new TokenAnalytics(stack, 'Analytics', { dailyBudget: 10, ...props });
/** Returns a case that creates a TokenAnalytics with invalid and with valid props. */
const props = (
  breaks: Partial<TokenAnalyticsProps>,
  keeps: Partial<TokenAnalyticsProps>,
  says?: RegExp,
): CheckCase => ({
  breaks: stack => analytics(stack, breaks),
  keeps: stack => analytics(stack, keeps),
  says,
});
/** Creates a dashboard that shows 20 agents and 5 models in `count` sections on reliability. */
const largeDashboard = (stack: Stack, count: number) =>
  new TokenAnalyticsDashboard(stack, 'Dashboard', {
    agents: Array.from({ length: 20 }, (_, index) => `agent-${String.fromCharCode(97 + index)}`),
    models: Array.from({ length: 5 }, (_, index) => `amazon.nova-${index}-lite-v1:0`),
    sections: Array.from({ length: count }, () => DashboardSection.reliability()),
  });
const agentFunction = (stack: Stack, more: Partial<lambda.FunctionProps> = {}, id = 'Agent') =>
  new lambda.Function(stack, id, {
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: lambda.Code.fromInline('exports.handler = async () => {};'),
    ...more,
  });
/** Returns a case that instruments a function with invalid and with valid props. */
const instrumented = (
  breaks: Partial<lambda.FunctionProps>,
  says?: RegExp,
  keeps: Partial<lambda.FunctionProps> = {},
): CheckCase => ({
  breaks: stack => analytics(stack).instrument(agentFunction(stack, breaks), { agentId: 'triage' }),
  keeps: stack => analytics(stack).instrument(agentFunction(stack, keeps), { agentId: 'triage' }),
  says,
});
const given = (value: unknown) => value as never;
const TABLE_ARN = `arn:aws:dynamodb:${HERE.region}:${HERE.account}:table/traces`;
/** Imports a trace table by its attributes. */
const tableIn = (stack: Stack, region = HERE.region, account = HERE.account, encryptionKey?: kms.IKey) =>
  TokenTraceTable.fromTraceTableAttributes(stack, 'Table', {
    tableArn: `arn:aws:dynamodb:${region}:${account}:table/traces`,
    encryptionKey,
  });
const tableWithKeyOf = (stack: Stack, account: string) =>
  tableIn(
    stack,
    HERE.region,
    HERE.account,
    kms.Key.fromKeyArn(
      stack,
      'Key',
      `arn:aws:kms:us-east-1:${account}:key/11111111-2222-3333-4444-555555555555`,
    ),
  );

/** Cases by the id of the condition in docs/checks.md, e.g. `budget-amount`. */
export const CASES: Readonly<Record<string, CheckCase>> = {
  'budget-amount': props({ dailyBudget: 1e300 }, { dailyBudget: 1000 }, /`dailyBudget` must be from/),
  'one-namespace': props(
    { namespace: 'Shop/prod', alarmsOptions: { namespace: 'Shop/dev' } },
    { namespace: 'Shop/prod', alarmsOptions: { namespace: 'Shop/prod' } },
    /`alarmsOptions\.namespace` must be omitted, got: Shop\/dev/,
  ),
  'other-dimension': {
    breaks: stack => dimensionsOf(stack, { AgentId: 'triage', Model: 'nova', Tenant: 'acme' }),
    keeps: stack => dimensionsOf(stack, { AgentId: 'triage', Model: 'nova' }),
    says: /\[S\/Alarm\/Resource\] `Properties\.Dimensions` names dimension 'Tenant'/,
  },
  'lone-dimension': {
    breaks: stack => dimensionsOf(stack, { AgentId: 'triage' }),
    keeps: stack => dimensionsOf(stack, {}),
    says: /names dimension 'AgentId' of metric 'TotalCost' in namespace 'OPX\/Analytics' without the other/,
  },
  'dimension-check-app': {
    breaks: () => TokenDimensionCheck.applyTo(new Construct(given(undefined), '')),
    keeps: stack => TokenDimensionCheck.applyTo(stack),
    says: /\[TokenDimensionCheck\] `scope` must be a construct of an app, got: Construct/,
  },
  'namespace-blanks': props(
    { namespace: 'Shop ' },
    { namespace: 'Shop one' },
    /`namespace` must be .*spaces/,
  ),
  'day-to-date': props(
    { alarmsOptions: { window: BudgetWindow.dayToDate() } },
    { alarmsOptions: { window: BudgetWindow.dayToDate() }, budgetAlertOptions: { enabled: true } },
    /`alarmsOptions\.window` must be another window/,
  ),
  'day-to-date-alone': {
    breaks: stack =>
      new TokenAnalyticsAlarms(stack, 'Alarms', { dailyBudget: 10, window: BudgetWindow.dayToDate() }),
    keeps: stack => {
      new TokenAnalyticsAlarms(stack, 'Alarms', { dailyBudget: 10, window: BudgetWindow.dayToDate() });
      new BudgetAlertLambda(stack, 'Alert', { enabled: true });
    },
  },
  'day-to-date-place': {
    breaks: stack => dayToDateOf(stack, newStackBeside(stack, ELSEWHERE)),
    keeps: stack => dayToDateOf(stack, stack),
    says: /`window` must be in the region of the stack \(us-east-1\)/,
  },
  'agent-budget-listed': props(
    { agents: ['scribe'], alarmsOptions: { agentBudgets: [AGENT_BUDGET] } },
    { agents: ['scribe', 'triage'], alarmsOptions: { agentBudgets: [AGENT_BUDGET] } },
    /`alarmsOptions\.agentBudgets\[0\]\.agentId` must be one of `agents` \(scribe\), got: triage/,
  ),
  'agent-budget-models': props(
    { alarmsOptions: { agentBudgets: [{ ...AGENT_BUDGET, models: [`us.${MODEL}`] }] } },
    { alarmsOptions: { agentBudgets: [AGENT_BUDGET] } },
  ),
  'agent-budget-hidden-model': props(
    { alarmsOptions: { agentBudgets: [{ ...AGENT_BUDGET, models: [PROFILE] }] } },
    {
      alarmsOptions: { agentBudgets: [{ ...AGENT_BUDGET, models: [PROFILE] }] },
      pricing: new TokenPricing({ inferenceProfiles: { [PROFILE]: MODEL } }),
    },
  ),
  'agent-budget-size': props(
    { alarmsOptions: { agentBudgets: [{ ...AGENT_BUDGET, dailyBudget: 11 }] } },
    { alarmsOptions: { agentBudgets: [AGENT_BUDGET] } },
  ),
  'agent-budget-id-shape': props(
    { alarmsOptions: { agentBudgets: [{ ...AGENT_BUDGET, agentId: 'session-20261129' }] } },
    { alarmsOptions: { agentBudgets: [AGENT_BUDGET] } },
  ),
  'agent-budget-priced': props(
    { alarmsOptions: { agentBudgets: [{ ...AGENT_BUDGET, models: ['nova-lite'] }] } },
    {
      alarmsOptions: { agentBudgets: [{ ...AGENT_BUDGET, models: ['house-model-2'] }] },
      pricing: new TokenPricing({ customPrices: { 'house-*': { input: 1, output: 2 } } }),
    },
  ),
  'alone-namespace': {
    breaks: stack => alone(stack, { namespace: 'Shop/dev' }, {}),
    keeps: stack => alone(stack, { namespace: 'Shop/dev' }, { namespace: 'Shop/dev' }),
  },
  'alone-latency': {
    breaks: stack => alone(stack, {}, { latencyP99: {} }),
    keeps: stack => alone(stack, { detailLevel: DetailLevel.STANDARD }, { latencyP99: {} }),
  },
  'alone-agents': {
    breaks: stack => alone(stack, { agents: ['scribe'] }, { agentBudgets: [AGENT_BUDGET] }),
    keeps: stack => alone(stack, { agents: ['triage'] }, { agentBudgets: [AGENT_BUDGET] }),
  },
  'latency-level': props(
    { alarmsOptions: { latencyP90: {} } },
    { alarmsOptions: { latencyP90: {} }, detailLevel: DetailLevel.STANDARD },
  ),
  'traces-dropped': props(
    { traces: false, alarmsOptions: { tracesDropped: {} } },
    { alarmsOptions: { tracesDropped: {} } },
    /`alarmsOptions\.tracesDropped` must be omitted/,
  ),
  'emf-log-class': {
    breaks: stack => emfAlarms(stack, MetricSink.EMF, logs.LogGroupClass.INFREQUENT_ACCESS),
    keeps: stack => emfAlarms(stack, MetricSink.EMF, logs.LogGroupClass.STANDARD),
    says: /`emfErrors\.logGroups(?:\[0\])?` must be a log group of class STANDARD/,
  },
  'watched-place': {
    breaks: stack => queueAlarms(stack, 'eu-west-1'),
    keeps: stack => queueAlarms(stack, 'us-east-1'),
    says: /`deadLetters\.queues(?:\[0\])?` must be in the region of the stack \(us-east-1\)/,
  },
  'alert-topic-traces': {
    breaks: stack => alertOf(stack, false),
    keeps: stack => alertOf(stack, true),
  },
  'topic-used': {
    breaks: stack => analytics(stack, { alarms: false, notificationTopic: new sns.Topic(stack, 'Topic') }),
    keeps: stack => analytics(stack, { notificationTopic: new sns.Topic(stack, 'Topic') }),
  },
  'topic-region': {
    breaks: stack => alarmsOn(stack, importedTopic(stack, 'eu-west-1')),
    keeps: stack => alarmsOn(stack, importedTopic(stack, 'us-east-1')),
    says: /`topic` must be in the region of the stack \(us-east-1\)/,
  },
  'topic-key': {
    breaks: stack =>
      alarmsOn(
        stack,
        new sns.Topic(stack, 'Topic', { masterKey: kms.Alias.fromAliasName(stack, 'Key', 'alias/aws/sns') }),
      ),
    keeps: stack => alarmsOn(stack, new sns.Topic(stack, 'Topic', { masterKey: new kms.Key(stack, 'Key') })),
  },
  'topic-policy': {
    breaks: stack => alarmsOn(stack, importedTopic(stack, 'us-east-1')),
    keeps: stack => alarmsOn(stack, new sns.Topic(stack, 'Topic', { enforceSSL: true })),
  },
  'topic-key-policy': {
    breaks: stack => alarmsOn(stack, new sns.Topic(stack, 'Topic', { masterKey: importedKey(stack) })),
    keeps: stack => alarmsOn(stack, new sns.Topic(stack, 'Topic', { masterKey: new kms.Key(stack, 'Key') })),
  },
  'topic-fifo': {
    breaks: stack => alarmsOn(stack, new sns.Topic(stack, 'Topic', { fifo: true })),
    keeps: stack => alarmsOn(stack, new sns.Topic(stack, 'Topic')),
  },
  'alarm-period-known': props(
    { alarmsOptions: { errorRate: { period: Duration.seconds(TOKEN) } } },
    { alarmsOptions: { errorRate: { period: Duration.minutes(15) } } },
    /`errorRate\.period` must be known at synth, got: a token/,
  ),
  'watched-once': {
    breaks: stack => functionAlarms(stack, 'agent', 'agent'),
    keeps: stack => functionAlarms(stack, 'agent', 'scribe'),
    says: /`functionErrors\.functions` must be a list without duplicates/,
  },
  'alarm-action': {
    breaks: stack => alarmsOn(stack, undefined),
    keeps: stack => alarmsOn(stack, new sns.Topic(stack, 'Topic')),
  },
  'budget-topic': {
    breaks: stack =>
      new MonthlyBudget(stack, 'Budget', { limit: 10, topic: importedTopic(stack, 'us-east-1') }),
    keeps: stack => new MonthlyBudget(stack, 'Budget', { limit: 10, topic: new sns.Topic(stack, 'Topic') }),
  },
  'budget-name': {
    breaks: stack => budgetNames(stack, 'models', 'models'),
    keeps: stack => budgetNames(stack, 'models', 'all'),
    says: /`budgetName` must be unique in the account/,
  },
  'budget-topic-account': {
    breaks: stack => budgetTopic(newStackBeside(stack, undefined)),
    keeps: budgetTopic,
  },
  'alert-topic': {
    breaks: stack => alertTopic(stack, '999922223333'),
    keeps: stack => alertTopic(stack, '111122223333'),
  },
  'alert-schedule': props(
    { budgetAlertOptions: { enabled: true, schedule: Duration.days(30) } },
    { budgetAlertOptions: { enabled: true, schedule: Duration.days(1) } },
    /`schedule` must be/,
  ),
  'emf-sink': {
    breaks: stack => emfAlarms(stack, MetricSink.PUT_METRIC_DATA),
    keeps: stack => emfAlarms(stack, MetricSink.EMF),
  },
  'monthly-budget': props({ monthlyBudget: 5 }, { monthlyBudget: 300 }),
  'price-per-million': props(
    { pricing: new TokenPricing({ customPrices: { m: { input: 0.00006, output: 0.00024 } } }) },
    { pricing: new TokenPricing({ customPrices: { m: { input: 0.06, output: 0.24 } } }) },
  ),
  'price-profile-model': props(
    { pricing: new TokenPricing({ inferenceProfiles: { p: 'nova' } }) },
    { pricing: new TokenPricing({ inferenceProfiles: { p: 'nova' }, customPrices: { nova: PRICE } }) },
  ),
  'price-buckets': {
    breaks: () => new TokenPricing({ customPrices: { m: given({ input: 1, output: 2, cachedRead: 0.1 }) } }),
    keeps: () => new TokenPricing({ customPrices: { m: { input: 1, output: 2, cacheRead: 0.1 } } }),
    says: /`customPrices\['m'\]\.cachedRead` must be one of input, output, cacheRead/,
  },

  'metric-unit': {
    breaks: () => new TokenMetrics().metricTotalCost({ unit: cloudwatch.Unit.COUNT }),
    keeps: () => new TokenMetrics().metricTotalCost({ unit: cloudwatch.Unit.NONE }),
    says: /`unit` must be None, the unit in which TotalCost is published, got: Count/,
  },
  'widget-models': props({ models: [`eu.${MODEL}`] }, { models: [MODEL] }),
  'widget-hidden-model': props(
    { models: [PROFILE] },
    {
      models: [PROFILE],
      dashboardOptions: { models: [PROFILE] },
      pricing: new TokenPricing({ inferenceProfiles: { abcdefghijkl: MODEL } }),
    },
  ),
  'metric-hidden-model': {
    breaks: stack => costAlarm(stack, PROFILE),
    keeps: stack => costAlarm(stack, `us.${MODEL}`),
  },
  'widget-agents': props(
    { agents: ['triage'], dashboardOptions: { agents: ['scribe'] } },
    { agents: ['triage'], dashboardOptions: { agents: ['triage', 'Other'] } },
    /`dashboardOptions\.agents\[0\]` must be one of `agents`/,
  ),
  'section-level': props(
    { dashboardOptions: { sections: [DashboardSection.gateway()] } },
    { dashboardOptions: { sections: [DashboardSection.gateway()] }, detailLevel: DetailLevel.STANDARD },
  ),
  'reliability-traces': props(
    { traces: false, dashboardOptions: { sections: [DashboardSection.reliability()] } },
    { dashboardOptions: { sections: [DashboardSection.reliability()] } },
  ),
  'incidents-log-lines': {
    breaks: stack => incidentsOf(stack, {}),
    keeps: stack => incidentsOf(stack, { POWERTOOLS_LOG_LEVEL: 'DEBUG' }),
  },
  'alone-sections': {
    breaks: stack => dashboardBeside(stack, DetailLevel.CORE),
    keeps: stack => dashboardBeside(stack, DetailLevel.STANDARD),
  },
  'reliability-log-class': {
    breaks: stack => reliabilityOf(stack, logs.LogGroupClass.INFREQUENT_ACCESS),
    keeps: stack => reliabilityOf(stack, logs.LogGroupClass.STANDARD),
    says: /`logGroups` must be a log group of class STANDARD/,
  },
  'incidents-log-class': {
    breaks: stack => incidentsOfClass(stack, DELIVERY),
    keeps: stack => incidentsOfClass(stack, logs.LogGroupClass.INFREQUENT_ACCESS),
    says: /`logGroups` must be of a class that can be queried/,
  },
  'existing-dashboard-place': {
    breaks: stack => existingDashboard(stack, newStackBeside(stack, ELSEWHERE)),
    keeps: stack => existingDashboard(stack, stack),
    says: /`existingDashboard` must be in the region of the stack \(us-east-1\)/,
  },
  'dashboard-metrics': {
    breaks: stack => largeDashboard(stack, 4),
    keeps: stack => largeDashboard(stack, 3),
  },
  'runbook-url': props(
    { dashboardOptions: { runbookUrl: 'http://wiki.example.com/tokens' } },
    { dashboardOptions: { runbookUrl: 'https://wiki.example.com/tokens' } },
    /`runbookUrl` must be an HTTPS URL .*, got: http:\/\/wiki\.example\.com\/tokens/,
  ),
  'links-off': props(
    { dashboardOptions: { links: false, runbookUrl: 'https://wiki.example.com/tokens' } },
    { dashboardOptions: { links: false } },
    /`runbookUrl` must be omitted if `links` is false/,
  ),
  'dashboard-name': {
    breaks: stack => {
      analytics(stack, { namespace: 'Shop/Analytics' });
      new TokenAnalyticsDashboard(stack, 'Again', { namespace: 'Shop/Analytics' });
    },
    keeps: stack => {
      analytics(stack, { namespace: 'Shop/Analytics' });
      new TokenAnalyticsDashboard(stack, 'Again', { namespace: 'Shop/Analytics', dashboardName: 'again' });
    },
    says: /`dashboardName` must be unique in the account: \[S\/Again\] has the same name/,
  },
  'gauges-place': {
    breaks: stack => gauges(stack, newStackBeside(stack, ELSEWHERE)),
    keeps: stack => gauges(stack, stack),
    says: /`budgetAlert` must be in the region of the stack \(us-east-1\)/,
  },

  'kind-of-prop': props(
    { detailLevel: given('full') },
    { detailLevel: DetailLevel.STANDARD },
    /`detailLevel` must be one of 'core', 'standard', got: 'full'/,
  ),
  'duration-unit': props(
    { traceTableOptions: { traceTtl: Duration.hours(TOKEN) } },
    { traceTableOptions: { traceTtl: Duration.days(TOKEN) } },
    /`traceTtl` must be in days if it is known only at deployment, got: a token in hours/,
  ),
  'unknown-prop': props(given({ dailyBugdet: 5 }), {}),
  'part-switched-off': props(
    { dashboard: false, dashboardOptions: {} },
    { dashboard: false },
    /`dashboardOptions` must be omitted if `dashboard` is false/,
  ),
  'budget-alert-off': props(
    { budgetAlertOptions: { timeZone: 'Europe/Berlin' } },
    { budgetAlertOptions: { timeZone: 'Europe/Berlin', enabled: true } },
  ),
  'table-place': {
    breaks: stack =>
      analytics(stack, {
        traceTable: TokenTraceTable.fromTableArn(
          stack,
          'Table',
          'arn:aws:dynamodb:eu-west-1:111122223333:table/traces',
        ),
      }),
    keeps: stack =>
      analytics(stack, {
        traceTable: TokenTraceTable.fromTableArn(
          stack,
          'Table',
          'arn:aws:dynamodb:us-east-1:111122223333:table/traces',
        ),
      }),
    says: /`tableArn` must be in the region of the stack \(us-east-1\)/,
  },
  'table-place-function': {
    breaks: stack => analytics(stack, { traceTable: tableIn(stack, ELSEWHERE.region) }),
    keeps: stack => analytics(stack, { traceTable: tableIn(stack, ELSEWHERE.region), nightlyRollup: false }),
    says: /`traceTable` must be in the region of the stack \(us-east-1\).*`nightlyRollup: false`/,
  },
  'table-one-rollup': {
    breaks: stack => {
      const { traceTable } = analytics(stack);
      new NightlyRollup(stack, 'Second', { traceTable: given(traceTable) });
    },
    keeps: stack => {
      const { traceTable } = analytics(stack, { nightlyRollup: false });
      new NightlyRollup(stack, 'Second', { traceTable: given(traceTable) });
    },
    says: /`traceTable` must be a table with one nightly rollup/,
  },
  'table-rollup-elsewhere': {
    breaks: stack => analytics(stack, { traceTable: tableIn(stack) }),
    keeps: stack => analytics(stack, { traceTable: tableIn(stack), nightlyRollup: true }),
  },
  'table-account': {
    breaks: stack => tableIn(stack, HERE.region, '999999999999').grantWriteTraces(agentFunction(stack)),
    keeps: stack => tableIn(stack, ELSEWHERE.region).grantWriteTraces(agentFunction(stack)),
  },
  'table-key-account': {
    breaks: stack => tableWithKeyOf(stack, '999999999999').grantWriteTraces(agentFunction(stack)),
    keeps: stack => tableWithKeyOf(stack, HERE.account).grantWriteTraces(agentFunction(stack)),
  },
  'table-attributes': {
    breaks: stack => TokenTraceTable.fromTraceTableAttributes(stack, 'Table', {}),
    keeps: stack => TokenTraceTable.fromTraceTableAttributes(stack, 'Table', { tableName: 'traces' }),
    says: /`tableArn` must be given, unless `tableName` is given/,
  },
  'table-attributes-both': {
    breaks: stack =>
      TokenTraceTable.fromTraceTableAttributes(stack, 'Table', { tableArn: TABLE_ARN, tableName: 'traces' }),
    keeps: stack => TokenTraceTable.fromTraceTableAttributes(stack, 'Table', { tableArn: TABLE_ARN }),
    says: /`tableArn` must be omitted if `tableName` is given/,
  },
  'table-arn': {
    breaks: stack => TokenTraceTable.fromTableArn(stack, 'Table', `${TABLE_ARN}/index/incident`),
    keeps: stack => TokenTraceTable.fromTableArn(stack, 'Table', TABLE_ARN),
    says: /`tableArn` must be the ARN of one DynamoDB table/,
  },
  'table-name-place': {
    breaks: stack =>
      TokenTraceTable.fromTraceTableAttributes(stack, 'Table', {
        tableName: new TokenTraceTable(newStackBeside(stack, ELSEWHERE), 'Traces').tableName,
      }),
    keeps: stack =>
      TokenTraceTable.fromTraceTableAttributes(stack, 'Table', {
        tableName: new TokenTraceTable(newStackBeside(stack, HERE), 'Traces').tableName,
      }),
    says: /`tableName` must be in the region of the stack \(us-east-1\)/,
  },
  'table-ttl': props(
    { traceTableOptions: { traceTtl: Duration.days(36_501) } },
    { traceTableOptions: { traceTtl: Duration.days(36_500) } },
    /`traceTtl` must be at most 36500 days/,
  ),
  'table-shards': props(
    { traceTableOptions: { writeShards: 101 } },
    { traceTableOptions: { writeShards: 100 } },
    /`writeShards` must be a whole number from 1 to 100/,
  ),
  'analytics-attributes': {
    breaks: stack => TokenAnalytics.fromTokenAnalyticsAttributes(stack, 'Shared', {}),
    keeps: stack => TokenAnalytics.fromTokenAnalyticsAttributes(stack, 'Shared', { traces: false }),
    says: /`tableArn` must be given, unless `tableName` is given or `traces` is false/,
  },
  'analytics-table-off': {
    breaks: stack =>
      TokenAnalytics.fromTokenAnalyticsAttributes(stack, 'Shared', { traces: false, writeShards: 2 }),
    keeps: stack =>
      TokenAnalytics.fromTokenAnalyticsAttributes(stack, 'Shared', { tableArn: TABLE_ARN, writeShards: 2 }),
    says: /`writeShards` must be omitted if `traces` is false/,
  },
  'analytics-ingest-off': {
    breaks: stack =>
      TokenAnalytics.fromTokenAnalyticsAttributes(stack, 'Shared', {
        traces: false,
        ingest: { readsSpans: true },
      }),
    keeps: stack =>
      TokenAnalytics.fromTokenAnalyticsAttributes(stack, 'Shared', {
        tableArn: TABLE_ARN,
        ingest: { readsSpans: true },
      }),
    says: /`ingest` must be omitted if `traces` is false/,
  },
  'analytics-ingest': {
    breaks: stack =>
      TokenAnalytics.fromTokenAnalyticsAttributes(stack, 'Shared', {
        tableName: 'traces',
        ingest: { countedBy: { Converse: CountedBy.INGEST } },
      }),
    keeps: stack =>
      TokenAnalytics.fromTokenAnalyticsAttributes(stack, 'Shared', {
        tableName: 'traces',
        ingest: { countedBy: { Converse: CountedBy.INGEST }, readsInvocationLog: true },
      }),
    says: /`ingest.countedBy` must be omitted if the ingest does not read the invocation log/,
  },
  'table-generated-name': {
    breaks: stack => tableReadBy(stack, newStackBeside(stack, ELSEWHERE)),
    keeps: stack => tableReadBy(stack, newStackBeside(stack, HERE)),
    says: /`tableName` must be given if a stack with another environment \(`env`\) refers to the table/,
  },
  'table-name': {
    breaks: stack => TokenTraceTable.fromTableName(stack, 'Table', 'traces-*'),
    keeps: stack => TokenTraceTable.fromTableName(stack, 'Table', 'traces-1'),
    says: /`tableName` must be a table name .*got: traces-\*/,
  },
  'grant-reaches': {
    breaks: stack => analytics(stack).grant(importedRole(stack, false)),
    keeps: stack => analytics(stack).grant(importedRole(stack, true)),
  },

  'agent-names': props(
    { agents: [' spaced '] },
    { agents: ['orders,eu'] },
    /without leading or trailing spaces/,
  ),
  'agents-other': props({ agents: ['Other'] }, { agents: ['Others'] }, /`agents` must be without Other/),
  'agents-many': props(
    { agents: agents(51), models: [MODEL] },
    { agents: agents(50), models: [MODEL] },
    /`agents` must be at most 50 agents/,
  ),
  'instrument-listed': {
    breaks: stack => analytics(stack, { agents: ['scribe'] }).environment({ agentId: 'triage' }),
    keeps: stack => analytics(stack, { agents: ['triage'] }).environment({ agentId: 'triage' }),
    says: /`agentId` must be one of `agents` \(scribe\)/,
  },
  'instrument-id-shape': {
    breaks: stack => analytics(stack).environment({ agentId: 'session-20261129' }),
    keeps: stack =>
      analytics(stack).environment({ agentId: 'session-20261129', agents: ['session-20261129'] }),
  },
  'instrument-runtime': instrumented(
    { runtime: lambda.Runtime.PYTHON_3_13 },
    /`fn` must be a function with Node\.js 20 or later, got: S\/Agent with python3\.13/,
  ),
  'instrument-layer': {
    breaks: stack => withLayer(stack, lambda.Runtime.NODEJS_20_X),
    keeps: stack => withLayer(stack, lambda.Runtime.NODEJS_22_X),
    says: /`layer` must be compatible with the runtime of the function \(nodejs22\.x, nodejs24\.x\)/,
  },
  'instrument-image': {
    breaks: stack =>
      analytics(stack).instrument(
        agentFunction(stack, {
          code: lambda.Code.fromEcrImage(repositoryIn(stack)),
          runtime: lambda.Runtime.FROM_IMAGE,
          handler: lambda.Handler.FROM_IMAGE,
        }),
        { agentId: 'triage' },
      ),
    keeps: stack => analytics(stack).instrument(agentFunction(stack), { agentId: 'triage' }),
  },
  'instrument-own-variables': instrumented(
    { environment: { TOKEN_ANALYTICS_AGENT_ID: 'mine' } },
    /that does not set TOKEN_ANALYTICS_AGENT_ID itself, got: S\/Agent, which sets it in addition to S\/Analytics/,
    { environment: { TOKEN_ANALYTICS_LOG_CALLS: 'true' } },
  ),
  'instrument-late-variables': {
    breaks: stack => {
      const fn = agentFunction(stack);
      analytics(stack).instrument(fn, { agentId: 'triage' });
      fn.addEnvironment('TOKEN_ANALYTICS_NAMESPACE', 'Mine');
    },
    keeps: stack => {
      const fn = agentFunction(stack);
      analytics(stack).instrument(fn, { agentId: 'triage' });
      fn.addEnvironment('STAGE', 'prod');
    },
    says: /a function that does not set TOKEN_ANALYTICS_NAMESPACE itself/,
  },
  'instrument-unknown-variables': instrumented(
    { environment: { TOKEN_ANALYTICS_LOG_CALL: 'true' } },
    /`environment` must be without unknown variables TOKEN_ANALYTICS_…, got: TOKEN_ANALYTICS_LOG_CALL/,
  ),
  'instrument-once': {
    breaks: stack => {
      const fn = agentFunction(stack);
      analytics(stack).instrument(fn, { agentId: 'triage' });
      new TokenAnalytics(stack, 'Other', { dailyBudget: 1, namespace: 'Other/NS' }).instrument(fn, {
        agentId: 'scribe',
      });
    },
    keeps: stack => {
      analytics(stack).instrument(agentFunction(stack), { agentId: 'triage' });
      new TokenAnalytics(stack, 'Other', { dailyBudget: 1, namespace: 'Other/NS' }).instrument(
        agentFunction(stack, {}, 'Scribe'),
        { agentId: 'scribe' },
      );
    },
    says: /instrumented by one TokenAnalytics, got: S\/Agent, instrumented by S\/Analytics .* and by S\/Other/,
  },
  'instrument-place': {
    breaks: stack =>
      analytics(stack, { traces: false }).instrument(agentFunction(newStackBeside(stack, ELSEWHERE)), {
        agentId: 'triage',
      }),
    keeps: stack =>
      analytics(stack, { traces: false }).instrument(agentFunction(stack), { agentId: 'triage' }),
    says: /`fn` must be in the region of the stack \(us-east-1\)/,
  },
  'role-tag-key': props(
    { roleTagKey: 'aws:agent' },
    { roleTagKey: 'agent' },
    /`roleTagKey` must be a key of an IAM tag/,
  ),
  'role-tag-shared': {
    breaks: stack => taggedRole(stack, roleIn(stack), 'triage', 'scribe'),
    keeps: stack => taggedRole(stack, roleIn(stack), 'triage', 'triage'),
  },
  'role-tag-created': {
    breaks: stack => taggedRole(stack, importedRole(stack, true), 'triage'),
    keeps: stack => taggedRole(stack, roleIn(stack), 'triage'),
  },
  'role-tag-room': {
    breaks: stack => taggedRole(stack, roleWithTags(stack, 50), 'triage'),
    keeps: stack => taggedRole(stack, roleWithTags(stack, 49), 'triage'),
  },
  'role-tag-name': {
    breaks: stack => taggedRole(stack, roleIn(stack), 'orders,eu'),
    keeps: stack => taggedRole(stack, roleIn(stack), 'orders:eu'),
  },
  'role-tag-value': {
    breaks: stack => roleWithOwnTag(stack, 'ops'),
    keeps: stack => roleWithOwnTag(stack, 'triage'),
  },
  'metrics-on': instrumented({ environment: { POWERTOOLS_DEV: 'true' } }, undefined, {
    environment: { POWERTOOLS_DEV: 'true', POWERTOOLS_METRICS_DISABLED: 'false' },
  }),
  'log-level': instrumented(
    { loggingFormat: lambda.LoggingFormat.JSON, applicationLogLevelV2: lambda.ApplicationLogLevel.ERROR },
    undefined,
    { loggingFormat: lambda.LoggingFormat.JSON, applicationLogLevelV2: lambda.ApplicationLogLevel.INFO },
  ),
  'log-rights': {
    breaks: stack =>
      analytics(stack).instrument(agentFunction(stack, { role: roleIn(stack) }), { agentId: 'triage' }),
    keeps: stack => {
      const role = roleIn(stack);
      analytics(stack).instrument(agentFunction(stack, { role }), { agentId: 'triage' });
      new logs.LogGroup(stack, 'Log').grantWrite(role);
    },
  },
  'log-class': {
    breaks: stack => instrumentedIn(stack, logs.LogGroupClass.INFREQUENT_ACCESS),
    keeps: stack => instrumentedIn(stack, logs.LogGroupClass.STANDARD),
  },
  'environment-size': instrumented(
    { environment: { LONG: 'x'.repeat(4096) } },
    /`environment` must be at most 4096 bytes/,
    { environment: { LONG: 'x'.repeat(1024) } },
  ),

  'ingest-source': {
    breaks: stack => ingestWith(stack, {}),
    keeps: stack => ingestWith(stack, { eventBus: new events.EventBus(stack, 'Bus') }),
    says: /must have a source|`logGroup` must be/,
  },
  'ingest-place': {
    breaks: stack =>
      ingestWith(stack, {
        eventBus: events.EventBus.fromEventBusArn(
          stack,
          'Bus',
          'arn:aws:events:eu-west-1:111122223333:event-bus/usage',
        ),
      }),
    keeps: stack =>
      ingestWith(stack, {
        eventBus: events.EventBus.fromEventBusArn(
          stack,
          'Bus',
          'arn:aws:events:us-east-1:111122223333:event-bus/usage',
        ),
      }),
    says: /`eventBus` must be in the region of the stack \(us-east-1\)/,
  },
  'ingest-log-group-name': {
    breaks: stack => ingestWith(stack, { logGroup: importedLogGroup(stack, '/bedrock/*') }),
    keeps: stack => ingestWith(stack, { logGroup: importedLogGroup(stack, '/bedrock/log') }),
    says: /`logGroup` must be a log group whose name/,
  },
  'ingest-log-class': {
    breaks: stack => ingestOfClass(stack, logs.LogGroupClass.INFREQUENT_ACCESS),
    keeps: stack => ingestOfClass(stack, logs.LogGroupClass.STANDARD),
    says: /`logGroup` must be a log group of class STANDARD/,
  },
  'ingest-read-once': {
    breaks: stack =>
      ingestWith(stack, { logGroup: importedLogGroup(stack, 'a') }).addLogGroup(
        logs.LogGroup.fromLogGroupArn(stack, 'Again', 'arn:aws:logs:us-east-1:111122223333:log-group:a'),
      ),
    keeps: stack =>
      ingestWith(stack, { logGroup: importedLogGroup(stack, 'a') }).addLogGroup(
        logs.LogGroup.fromLogGroupArn(stack, 'Again', 'arn:aws:logs:us-east-1:111122223333:log-group:b'),
      ),
    says: /`logGroup` must be added once/,
  },
  'ingest-counted-by': {
    breaks: stack => countedBy(stack),
    keeps: stack => countedBy(stack, CountedBy.STAMP),
  },
  'ingest-other-log-group': {
    breaks: stack => {
      const ingest = ingestWith(stack, { eventBus: new events.EventBus(stack, 'Bus') });
      const own = ingest.node.findChild('Events').node.findChild('Logs') as logs.LogGroup;
      ingest.addLogGroup(logs.LogGroup.fromLogGroupArn(stack, 'Own', own.logGroupArn));
    },
    keeps: stack => {
      const ingest = ingestWith(stack, { eventBus: new events.EventBus(stack, 'Bus') });
      ingest.addLogGroup(new logs.LogGroup(stack, 'InvocationLog'));
    },
    says: /each line would invoke the function again/,
  },
  'logging-place': {
    breaks: stack =>
      new BedrockInvocationLogging(stack, 'Logging', {
        logGroup: logs.LogGroup.fromLogGroupArn(
          stack,
          'Far',
          'arn:aws:logs:eu-west-1:111122223333:log-group:bedrock',
        ),
      }),
    keeps: stack =>
      new BedrockInvocationLogging(stack, 'Logging', { logGroup: importedLogGroup(stack, 'bedrock') }),
    says: /`logGroup` must be in the region of the stack \(us-east-1\)/,
  },
  'logging-log-group-name': {
    breaks: stack =>
      new BedrockInvocationLogging(stack, 'Logging', { logGroup: importedLogGroup(stack, 'bedrock*') }),
    keeps: stack =>
      new BedrockInvocationLogging(stack, 'Logging', { logGroup: importedLogGroup(stack, 'bedrock') }),
    says: /`logGroup` must be/,
  },
  'logging-once': {
    breaks: stack => {
      new BedrockInvocationLogging(stack, 'Logging');
      new BedrockInvocationLogging(newStackBeside(stack, HERE), 'Logging');
    },
    keeps: stack => {
      new BedrockInvocationLogging(stack, 'Logging');
      new BedrockInvocationLogging(newStackBeside(stack, ELSEWHERE), 'Logging');
    },
    says: /must be the only one for its account and region/,
  },
  'logging-left': {
    breaks: stack => leftLogging(stack, RemovalPolicy.DESTROY),
    keeps: stack => leftLogging(stack, RemovalPolicy.RETAIN),
  },
  'logging-bucket-acl': {
    breaks: stack => largeBodies(stack, s3.ObjectOwnership.OBJECT_WRITER),
    keeps: stack => largeBodies(stack, s3.ObjectOwnership.BUCKET_OWNER_ENFORCED),
    says: /`largeDataDelivery\.bucket` must be a bucket without access control lists/,
  },
  'logging-bucket-policy': {
    breaks: stack =>
      new BedrockInvocationLogging(stack, 'Logging', {
        largeDataDelivery: { bucket: s3.Bucket.fromBucketName(stack, 'Bucket', 'bodies') },
      }),
    keeps: stack =>
      new BedrockInvocationLogging(stack, 'Logging', {
        largeDataDelivery: { bucket: new s3.Bucket(stack, 'Bucket') },
      }),
  },
  'encryption-key-policy': {
    breaks: stack => new BedrockInvocationLogging(stack, 'Logging', { encryptionKey: importedKey(stack) }),
    keeps: stack =>
      new BedrockInvocationLogging(stack, 'Logging', { encryptionKey: new kms.Key(stack, 'Key') }),
  },
  'encryption-key-account': {
    breaks: stack => keyOfRole(stack, '999922223333'),
    keeps: stack => keyOfRole(stack, '111122223333'),
  },
  'encryption-key-region': {
    breaks: stack => keyOfTable(newStackBeside(stack, undefined)),
    keeps: stack => keyOfTable(stack),
    says: /`encryption` must be a key that DynamoDB or AWS owns, in a stack without a region/,
  },
  'ingest-filter-room': {
    breaks: stack => filtersOf(stack, 2),
    keeps: stack => filtersOf(stack, 1),
    says: /`logGroup` must be a log group with at most 2 subscription filters/,
  },
  'ingest-spans-source': {
    breaks: stack => ingestWith(stack, { spans: { logGroups: [] } }),
    keeps: stack => ingestWith(stack, { spans: {} }),
    says: /`spans\.logGroups` must be a list of at least one log group/,
  },
  'ingest-spans-framework': {
    breaks: stack => frameworkSpans(stack, { spans: { prefer: SpanMaker.FRAMEWORK } }),
    keeps: stack => frameworkSpans(stack, { ignoredRoles: ['OrdersAgent'] }),
    says: /`spans\.prefer` must be SpanMaker\.CLIENT or omitted/,
  },
  'ingest-spans-unlogged': {
    breaks: stack => frameworkSpans(stack, {}),
    keeps: stack => frameworkSpans(stack, { ignoredRoles: ['OrdersAgent'] }),
    says: /`spans\.unloggedServices` must be empty if an invocation log is read and `ignoredRoles` is empty/,
  },
  'ingest-spans-agents': {
    breaks: stack =>
      frameworkSpans(stack, { ignoredRoles: ['Other'], agentsByRole: { OrdersAgent: 'orders' } }),
    keeps: stack => frameworkSpans(stack, { ignoredRoles: ['Other'], agentsByRole: { Triage: 'triage' } }),
    says: /`spans\.agentsByService\['orders-service'\]` must be an agent that is not in `agentsByRole`/,
  },
  'ingest-spans-ignored': {
    breaks: stack =>
      ingestWith(stack, { spans: { ignoredServices: ['a'], agentsByService: { a: 'orders' } } }),
    keeps: stack =>
      ingestWith(stack, { spans: { ignoredServices: ['a'], agentsByService: { b: 'orders' } } }),
    says: /`spans\.ignoredServices` must be services that are not in `spans\.agentsByService`/,
  },
  'ingest-spans-group': {
    breaks: stack => loggedSpans(stack, new BedrockInvocationLogging(stack, 'Logging').logGroup),
    keeps: stack => loggedSpans(stack, importedLogGroup(stack, 'aws/spans')),
    says: /`spans\.logGroups\[0\]` must be a log group of OpenTelemetry spans/,
  },
  'ingest-spans-group-name': {
    breaks: stack => loggedSpans(stack, importedLogGroup(stack, '/aws/spans')),
    keeps: stack => loggedSpans(stack, importedLogGroup(stack, 'aws/spans')),
    says: /`spans\.logGroups\[0\]` must be aws\/spans, without a slash/,
  },
  'ingest-spans-table': {
    breaks: stack => twoIngests(stack, { spans: {} }),
    keeps: stack => twoIngests(stack, { logGroup: importedLogGroup(stack, 'records') }),
    says: /`traceTable` must be a table with one ingest if spans are read/,
  },
  'ingest-spans-content': {
    breaks: stack => ingestWith(stack, { spans: { incidentAttribute: 'gen_ai.prompt' } }),
    keeps: stack => ingestWith(stack, { spans: { incidentAttribute: 'app.incident.id' } }),
    says: /`spans\.incidentAttribute` must be an attribute without prompts/,
  },
  'ingest-spans-late': {
    breaks: stack => addedSpans(stack, true),
    keeps: stack => addedSpans(stack, false),
    says: /`logGroup` must be added before functions are instrumented/,
  },
  'ingest-log-group-late': {
    breaks: stack => addedLogGroup(stack, true),
    keeps: stack => addedLogGroup(stack, false),
    says: /`logGroup` must be added before functions are instrumented/,
  },
  'ingest-agents-by-role': {
    breaks: stack => ingestOf(stack, 'triage'),
    keeps: stack => ingestOf(stack, 'scribe'),
    says: /`agentsByRole\['Orders'\]` must be one of `agents` \(scribe\)/,
  },
};

function tableReadBy(stack: Stack, other: Stack): void {
  new CfnOutput(other, 'Traces', { value: new TokenTraceTable(stack, 'Traces').tableName });
}

function instrumentedIn(stack: Stack, logGroupClass: logs.LogGroupClass): void {
  const logGroup = new logs.LogGroup(stack, 'Log', { logGroupClass });
  analytics(stack).instrument(agentFunction(stack, { logGroup }), { agentId: 'triage' });
}

function dayToDateOf(stack: Stack, other: Stack): void {
  const alert = new BudgetAlertLambda(other, 'Alert', { enabled: true });
  new TokenAnalyticsAlarms(stack, 'Alarms', { dailyBudget: 10, window: BudgetWindow.dayToDate(alert) });
}

function budgetTopic(stack: Stack): void {
  new MonthlyBudget(stack, 'Budget', { limit: 10, topic: importedTopic(stack, 'us-east-1') });
}

function alertTopic(stack: Stack, account: string): void {
  new BudgetAlertLambda(stack, 'Alert', {
    enabled: true,
    dailyBudget: 10,
    traceTable: new TokenTraceTable(stack, 'Traces'),
    notificationTopic: sns.Topic.fromTopicArn(stack, 'Topic', `arn:aws:sns:us-east-1:${account}:alerts`),
  });
}

function alarmsOn(stack: Stack, topic: sns.ITopic | undefined): void {
  new TokenAnalyticsAlarms(stack, 'Alarms', { dailyBudget: 10, topic });
}

function importedTopic(stack: Stack, region: string): sns.ITopic {
  return sns.Topic.fromTopicArn(stack, 'Topic', `arn:aws:sns:${region}:111122223333:alerts`);
}

function importedKey(stack: Stack): kms.IKey {
  return kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:us-east-1:111122223333:key/abc');
}

function queueAlarms(stack: Stack, region: string): void {
  const queue = sqs.Queue.fromQueueArn(stack, 'Queue', `arn:aws:sqs:${region}:111122223333:dead`);
  new TokenAnalyticsAlarms(stack, 'Alarms', { dailyBudget: 10, deadLetters: { queues: [queue] } });
}

function emfAlarms(stack: Stack, metricSink: MetricSink, logGroupClass?: logs.LogGroupClass): void {
  analytics(stack, {
    metricSink,
    alarmsOptions: { emfErrors: { logGroups: [new logs.LogGroup(stack, 'Log', { logGroupClass })] } },
  });
}

function costAlarm(stack: Stack, model: string): void {
  new TokenMetrics()
    .metricTotalCost({ agentId: 'triage', model, period: Duration.hours(1) })
    .createAlarm(stack, 'Alarm', { threshold: 1, evaluationPeriods: 1 });
}

function incidentsOf(stack: Stack, environment: { [name: string]: string }): void {
  const logGroup = new logs.LogGroup(stack, 'Log');
  analytics(stack, {
    dashboardOptions: { sections: [DashboardSection.incidents({ logGroups: [logGroup] })] },
  }).instrument(agentFunction(stack, { logGroup, environment }), { agentId: 'triage' });
}

function existingDashboard(stack: Stack, other: Stack): void {
  new TokenAnalyticsDashboard(stack, 'Widgets', {
    existingDashboard: new cloudwatch.Dashboard(other, 'Dashboard'),
  });
}

function gauges(stack: Stack, other: Stack): void {
  new TokenAnalyticsDashboard(stack, 'Widgets', {
    budgetAlert: new BudgetAlertLambda(other, 'Alert', { enabled: true }),
  });
}

function importedRole(stack: Stack, mutable: boolean): iam.IRole {
  return iam.Role.fromRoleArn(stack, 'Role', 'arn:aws:iam::111122223333:role/program', { mutable });
}

function roleIn(stack: Stack): iam.Role {
  return new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
}

function taggedRole(stack: Stack, role: iam.IRole, ...agentIds: string[]): void {
  const made = analytics(stack);
  for (const agentId of agentIds) made.tagRole(role, agentId);
}

function roleWithTags(stack: Stack, count: number): iam.Role {
  const role = roleIn(stack);
  for (let index = 0; index < count; index += 1) Tags.of(role).add(`tag-${index}`, 'x');
  return role;
}

function roleWithOwnTag(stack: Stack, value: string): void {
  Tags.of(stack).add('cdk-token-analytics:agent', value);
  taggedRole(stack, roleIn(stack), 'triage');
}

function repositoryIn(stack: Stack): ecr.IRepository {
  return ecr.Repository.fromRepositoryName(stack, 'Repository', 'agents');
}

function agents(count: number): string[] {
  return Array.from(
    { length: count },
    (_, index) => `agent-${String.fromCharCode(97 + (index % 26), 97 + Math.floor(index / 26))}`,
  );
}

function leftLogging(stack: Stack, removalPolicy: RemovalPolicy): void {
  new BedrockInvocationLogging(stack, 'Logging', {
    logGroup: new logs.LogGroup(stack, 'Records', { removalPolicy }),
    onDelete: LoggingOnDelete.LEAVE,
  });
}

function largeBodies(stack: Stack, objectOwnership: s3.ObjectOwnership): void {
  new BedrockInvocationLogging(stack, 'Logging', {
    largeDataDelivery: { bucket: new s3.Bucket(stack, 'Bodies', { objectOwnership }) },
  });
}

function keyOfRole(stack: Stack, account: string): void {
  new BudgetAlertLambda(stack, 'Alert', {
    enabled: true,
    encryptionKey: kms.Key.fromKeyArn(stack, 'Key', `arn:aws:kms:us-east-1:${account}:key/abc`),
  });
}

function keyOfTable(stack: Stack): void {
  new TokenTraceTable(stack, 'Traces', {
    encryption: dynamodb.TableEncryptionV2.customerManagedKey(new kms.Key(stack, 'Key')),
  });
}

function alertOf(stack: Stack, traces: boolean): void {
  analytics(stack, {
    traces,
    budgetAlertOptions: { enabled: true },
    notificationTopic: new sns.Topic(stack, 'Topic'),
  });
}

function alone(
  stack: Stack,
  publishes: Partial<TokenAnalyticsProps>,
  alarms: Partial<ConstructorParameters<typeof TokenAnalyticsAlarms>[2]>,
): void {
  new TokenAnalyticsAlarms(stack, 'Alarms', { dailyBudget: 10, ...alarms });
  analytics(stack, publishes);
}

function dashboardBeside(stack: Stack, detailLevel: DetailLevel): void {
  new TokenAnalyticsDashboard(stack, 'Widgets', {
    dashboardName: 'Mine',
    sections: [DashboardSection.batch()],
  });
  analytics(stack, { detailLevel });
}

function reliabilityOf(stack: Stack, logGroupClass: logs.LogGroupClass): void {
  const logGroups = [new logs.LogGroup(stack, 'Log', { logGroupClass })];
  analytics(stack, { dashboardOptions: { sections: [DashboardSection.reliability({ logGroups })] } });
}

function dimensionsOf(stack: Stack, dimensionsMap: Record<string, string>): void {
  TokenDimensionCheck.applyTo(stack);
  new cloudwatch.Metric({ namespace: DEFAULT_NAMESPACE, metricName: 'TotalCost', dimensionsMap }).createAlarm(
    stack,
    'Alarm',
    { threshold: 1, evaluationPeriods: 1 },
  );
}

function incidentsOfClass(stack: Stack, logGroupClass: logs.LogGroupClass): void {
  const logGroups = [new logs.LogGroup(stack, 'Log', { logGroupClass })];
  analytics(stack, { dashboardOptions: { sections: [DashboardSection.incidents({ logGroups })] } });
}

function addedLogGroup(stack: Stack, isLate: boolean): void {
  const made = analytics(stack, { ingest: { eventBus: new events.EventBus(stack, 'Bus') } });
  const instrument = () => made.instrument(agentFunction(stack), { agentId: 'triage' });
  if (isLate) instrument();
  made.ingest?.addLogGroup(new logs.LogGroup(stack, 'InvocationLog'));
  if (!isLate) instrument();
}

function addedSpans(stack: Stack, isLate: boolean): void {
  const made = analytics(stack, { ingest: { eventBus: new events.EventBus(stack, 'Bus') } });
  const instrument = () => made.instrument(agentFunction(stack), { agentId: 'triage' });
  if (isLate) instrument();
  made.ingest?.addSpansLogGroup(importedLogGroup(stack, 'aws/spans'));
  if (!isLate) instrument();
}

function frameworkSpans(stack: Stack, options: Parameters<typeof ingestWith>[1]): void {
  ingestWith(stack, {
    logGroup: new logs.LogGroup(stack, 'InvocationLog'),
    spans: {
      prefer: SpanMaker.FRAMEWORK,
      agentsByService: { 'orders-service': 'orders' },
      unloggedServices: ['orders-service'],
    },
    ...options,
  });
}

function loggedSpans(stack: Stack, logGroup: logs.ILogGroup): void {
  ingestWith(stack, { spans: { logGroups: [logGroup] } });
}

/** Creates two ingests with one trace table. The first has the given source, and the second reads a log. */
function twoIngests(stack: Stack, options: Parameters<typeof ingestWith>[1]): void {
  const traceTable = new TokenTraceTable(stack, 'Shared');
  ingestWith(stack, { traceTable, ...options });
  new TokenUsageIngest(stack, 'Second', { traceTable, logGroup: new logs.LogGroup(stack, 'Calls') });
}

/** Creates an ingest of a log group that has subscription filters of the app. */
function filtersOf(stack: Stack, count: number): void {
  const logGroup = new logs.LogGroup(stack, 'InvocationLog');
  ingestWith(stack, { logGroup });
  for (let filter = 0; filter < count; filter += 1) {
    new logs.CfnSubscriptionFilter(stack, `Filter${filter}`, {
      logGroupName: logGroup.logGroupName,
      filterPattern: '',
      destinationArn: 'arn:aws:lambda:us-east-1:111122223333:function:other',
    });
  }
}

function ingestWith(
  stack: Stack,
  options: Partial<ConstructorParameters<typeof TokenUsageIngest>[2]>,
): TokenUsageIngest {
  return new TokenUsageIngest(stack, 'Ingest', {
    traceTable: new TokenTraceTable(stack, 'Table'),
    ...options,
  });
}

function ingestOfClass(stack: Stack, logGroupClass: logs.LogGroupClass): void {
  ingestWith(stack, { logGroup: new logs.LogGroup(stack, 'InvocationLog', { logGroupClass }) });
}

function importedLogGroup(stack: Stack, name: string): logs.ILogGroup {
  return logs.LogGroup.fromLogGroupName(stack, 'Imported', name);
}

function ingestOf(stack: Stack, agent: string): void {
  new TokenUsageIngest(stack, 'Ingest', {
    traceTable: new TokenTraceTable(stack, 'Table'),
    logGroup: new logs.LogGroup(stack, 'InvocationLog'),
    agents: ['scribe'],
    agentsByRole: { Orders: agent },
  });
}

function functionAlarms(stack: Stack, ...names: string[]): void {
  const functions = names.map((name, index) =>
    lambda.Function.fromFunctionName(stack, `Function${index}`, name),
  );
  analytics(stack, { alarmsOptions: { functionErrors: { functions } } });
}

function budgetNames(stack: Stack, ...names: string[]): void {
  const topic = new sns.Topic(stack, 'Topic');
  names.forEach((budgetName, index) => {
    new MonthlyBudget(stack, `Budget${index}`, { limit: 10, topic, budgetName });
  });
}

function withLayer(stack: Stack, runtime: lambda.Runtime): void {
  const layer = new TokenAnalyticsLayer(stack, 'Layer');
  const code = lambda.Code.fromBucketV2(new s3.Bucket(stack, 'Code'), 'agent.zip');
  analytics(stack).instrument(agentFunction(stack, { runtime, code }), { agentId: 'triage', layer });
}

function countedBy(stack: Stack, counter?: CountedBy): void {
  const logGroup = new logs.LogGroup(stack, 'InvocationLog');
  const counted = counter && { InvokeModel: counter, InvokeModelWithResponseStream: counter };
  analytics(stack, { ingest: { logGroup, countedBy: counted } }).instrument(agentFunction(stack), {
    agentId: 'triage',
  });
}
