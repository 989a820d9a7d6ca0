import { Duration, type Stack, Token } from 'aws-cdk-lib';
import * as logs from 'aws-cdk-lib/aws-logs';
import { newStack } from './support';
import {
  BedrockInvocationLogging,
  BudgetAlertLambda,
  BudgetFilter,
  BudgetWindow,
  DashboardSection,
  MonthlyCostEstimate,
  NightlyRollup,
  TokenAnalytics,
  TokenAnalyticsAlarms,
  TokenAnalyticsDashboard,
  TokenMetrics,
  TokenPricing,
  TokenTraceTable,
  TokenUsageIngest,
} from '../../src';

/** Returns the value with a type that every parameter accepts, so that a test can pass invalid values. */
const given = (value: unknown) => value as never;
const PROFILE = 'arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abc';

const TOKEN = Token.asNumber({ Ref: 'Number' });
const metrics = new TokenMetrics();
const pricing = new TokenPricing({ resolvableProfiles: [PROFILE] });
const table = (stack: Stack) => new TokenTraceTable(stack, 'T');
const analytics = (stack: Stack) =>
  new TokenAnalytics(stack, 'A', { dailyBudget: 1, traces: false, dashboard: false });
const alert = (stack: Stack) => new BudgetAlertLambda(stack, 'B', { enabled: true });
const ingest = (stack: Stack) => new TokenUsageIngest(stack, 'I', { traceTable: table(stack) });
const dashboard = (stack: Stack) => new TokenAnalyticsDashboard(stack, 'D');
const incidents = (options: unknown) => () => DashboardSection.incidents(given(options));
const priced = (props: unknown) => () => new TokenPricing(given(props));

/** Calls with invalid values. Each must throw an error that starts with the given message. */
const CASES: readonly (readonly [message: string, code: (stack: Stack) => unknown])[] = [
  ['[DashboardSection] `logGroups` must be given, got: undefined', incidents({})],
  ['[DashboardSection] `logGroups` must be given, got: undefined', incidents({ logGroups: undefined })],
  ['[DashboardSection] `logGroups[0]` must be a log group', incidents({ logGroups: new Array(1) })],
  [
    '[Stack/L] `largeDataDelivery.bucket` must be given, got: undefined',
    stack => new BedrockInvocationLogging(stack, 'L', { largeDataDelivery: given({}) }),
  ],
  [
    '[Stack/L] `retention` must be one of logs.RetentionDays, got: 2',
    stack => new BedrockInvocationLogging(stack, 'L', { retention: given(2) }),
  ],
  ['[TokenMetrics] `props` must be an object, got: null', () => metrics.metricInputTokens(given(null))],
  ['[TokenMetrics] `props` must be an object, got: null', () => metrics.metricTracesDropped(given(null))],
  ['[TokenMetrics] `props` must be an object, got: abc', () => metrics.metricErrorRate(given('abc'))],
  [
    '[TokenMetrics] `period` must be a Duration, got: 300',
    () => metrics.metricInputTokens({ period: given(300) }),
  ],
  [
    '[TokenMetrics] `period` must be a Duration, got: 300',
    () => metrics.metricErrorRate({ period: given(300) }),
  ],
  [
    '[TokenMetrics] `agentId` must be a string, got: 5',
    () => metrics.metricInputTokens({ agentId: given(5), model: 'm' }),
  ],
  [
    '[TokenMetrics] `model` must be a string, got: null',
    () => metrics.metricErrorRate({ agentId: 'a', model: given(null) }),
  ],
  ['[TokenMetrics] `agentId` must be one of ', () => metrics.metricTracesDropped(given({ agentId: 'a' }))],
  [
    '[TokenMetrics] `unit` must be None, the unit in which TotalCost is published, got: Count',
    () => metrics.metricTotalCost({ unit: given('Count') }),
  ],
  [
    '[TokenMetrics] `grantee` must be a role, or a construct that has one, got: null',
    () => metrics.grantPutMetricData(given(null)),
  ],
  [
    '[TokenPricing] `grantee` must be a role, or a construct that has one, got: null',
    () => pricing.grantResolveProfiles(given(null)),
  ],
  [
    '[TokenPricing] `grantee` must be a role, or a construct that has one, got: an object',
    () => new TokenPricing().grantResolveProfiles(given({})),
  ],
  [
    '[Stack/T] `grantee` must be a role, or a construct that has one, got: null',
    stack => table(stack).grantWriteTraces(given(null)),
  ],
  [
    '[Stack/T] `grantee` must be a role, or a construct that has one, got: undefined',
    stack => table(stack).grantReadTraces(given(undefined)),
  ],
  [
    '[Stack/A] `grantee` must be a role, or a construct that has one, got: 5',
    stack => analytics(stack).grant(given(5)),
  ],
  [
    '[Stack/A] `grantee` must be a role, or a construct that has one, got: the construct Stack',
    stack => analytics(stack).grantPutMetricData(given(stack)),
  ],
  [
    '[Stack/A] `grantee` must be a role, or a construct that has one, got: null',
    stack => analytics(stack).grantWriteTraces(given(null)),
  ],
  ['[Stack/I] `logGroup` must be a log group, got: null', stack => ingest(stack).addLogGroup(given(null))],
  [
    '[Stack/I] `logGroup` must be a log group, got: undefined',
    stack => ingest(stack).addLogGroup(given(undefined)),
  ],
  ['[Stack/D] `widgets[0]` must be a widget, got: 5', stack => dashboard(stack).addWidgets(given(5))],
  ['[Stack/B] `dashboardName` must be a string, got: 5', stack => alert(stack).linkDashboard(given(5))],
  [
    "[Stack/B] `dashboardName` must be 1 to 255 letters, digits, `-` and `_`, got: ''",
    stack => alert(stack).linkDashboard(''),
  ],
  [
    "[Stack/B] `dashboardName` must be 1 to 255 letters, digits, `-` and `_`, got: ''",
    stack => new BudgetAlertLambda(stack, 'B', { dashboardName: '' }),
  ],
  ...[NaN, 2, -1, Infinity].flatMap((logRetention): [string, (stack: Stack) => unknown][] => [
    [
      `[Stack/B] \`logRetention\` must be one of logs.RetentionDays, got: ${logRetention}`,
      stack => new BudgetAlertLambda(stack, 'B', { logRetention }),
    ],
    [
      `[Stack/N] \`logRetention\` must be one of logs.RetentionDays, got: ${logRetention}`,
      stack => new NightlyRollup(stack, 'N', { traceTable: table(stack), logRetention }),
    ],
    [
      `[Stack/I] \`logRetention\` must be one of logs.RetentionDays, got: ${logRetention}`,
      stack => new TokenUsageIngest(stack, 'I', { traceTable: table(stack), logRetention }),
    ],
  ]),
  [
    '[BudgetWindow] `budgetAlert` must be a BudgetAlertLambda, got: null',
    () => BudgetWindow.dayToDate(given(null)),
  ],
  ['[BudgetWindow] `timeZone` must be a string, got: 5', () => BudgetWindow.calendarDay(given(5))],
  [
    '[Stack/X] `tableArn` must be a string, got: 5',
    stack => TokenTraceTable.fromTableArn(stack, 'X', given(5)),
  ],
  [
    '[Stack/X] `tableArn` must be the ARN of one DynamoDB table, got: abc',
    stack => TokenTraceTable.fromTableArn(stack, 'X', 'abc'),
  ],
  ...[null, ['abc'], true].map((name): [string, (stack: Stack) => unknown] => [
    '[Stack/X] `tableName` must be a string, got: ',
    stack => TokenTraceTable.fromTableName(stack, 'X', given(name)),
  ]),
  [
    "[Stack/X] `tableName` must be a table name of 1 to 255 letters, digits and `_ . -`, got: ''",
    stack => TokenTraceTable.fromTableName(stack, 'X', ''),
  ],
  ['[BudgetFilter] `services[0]` must be a string, got: null', () => BudgetFilter.services(given(null))],
  ["[BudgetFilter] `services` must be without empty names, got: ''", () => BudgetFilter.services('')],
  [
    '[BudgetFilter] `sellers[1]` must be a string, got: 5',
    () => BudgetFilter.bedrockAndSellers('Anthropic, PBC', given(5)),
  ],
  ["[BudgetFilter] `key` must be without empty names, got: ''", () => BudgetFilter.tag('', 'v')],
  ["[BudgetFilter] `values` must be without empty names, got: ''", () => BudgetFilter.tag('k', '')],
  ["[BudgetFilter] `expression` must be an object, got: 'x'", () => BudgetFilter.expression(given('x'))],
  [
    '[BudgetFilter] `expression` must be an object with only the members and, or, not, ',
    () => BudgetFilter.expression({}),
  ],
  [
    '[BudgetFilter] `expression` must be an object with only the members and, or, not, ',
    () => BudgetFilter.expression(given({ Dimensions: {} })),
  ],
  ...[null, true, '', [], new Date(0)].map((share): [string, () => unknown] => [
    "[TokenPricing] `discounts['amazon']` must be a number, got: ",
    priced({ discounts: { amazon: share } }),
  ]),
  [
    "[TokenPricing] `inferenceProfiles['p']` must be a model id, got: nova lite",
    priced({ inferenceProfiles: { p: 'nova lite' } }),
  ],
  [
    "[TokenPricing] `customPrices['m'].tierFactors.flex` must be a number, got: an object",
    priced({ customPrices: { m: { input: 1, output: 1, tierFactors: { flex: Object.create(null) } } } }),
  ],
  ['[Stack] `props` must be an object, got: null', stack => MonthlyCostEstimate.ofTree(stack, given(null))],
  [
    '[Stack] `agents` must be given, got: undefined',
    stack => MonthlyCostEstimate.ofTree(stack, given({ models: 1 })),
  ],
  [
    '[MonthlyCostEstimate] `functions[0]` must be an object of options, got: null',
    () => new MonthlyCostEstimate({ agents: 1, models: 1, functions: [given(null)] }),
  ],
  [
    '[Stack/N] `timeout` must be in seconds if it is known only at deployment, got: a token in minutes. ',
    stack => new NightlyRollup(stack, 'N', { traceTable: table(stack), timeout: Duration.minutes(TOKEN) }),
  ],
  [
    '[Stack/I] `maxEventAge` must be in seconds if it is known only at deployment, got: a token in hours. ',
    stack =>
      new TokenUsageIngest(stack, 'I', { traceTable: table(stack), maxEventAge: Duration.hours(TOKEN) }),
  ],
  [
    '[Stack/T] `traceTtl` must be in days if it is known only at deployment, got: a token in hours. ',
    stack => new TokenTraceTable(stack, 'T', { traceTtl: Duration.hours(TOKEN) }),
  ],
  [
    '[Stack/B] `schedule` must be in minutes or hours or days if it is known only at deployment, got: ',
    stack => new BudgetAlertLambda(stack, 'B', { schedule: Duration.seconds(TOKEN) }),
  ],
  [
    '[Stack/L] `agentBudgets[0]` must be an object of options, got: undefined',
    stack => new TokenAnalyticsAlarms(stack, 'L', { dailyBudget: 1, agentBudgets: new Array(2) }),
  ],
  [
    '[Stack/D] `models[0]` must be a string, got: undefined',
    stack => new TokenAnalyticsDashboard(stack, 'D', { models: new Array(2) }),
  ],
];

test.each(CASES)('throws for an invalid value: %s', (message, code) => {
  const stack = newStack();

  expect(() => code(stack)).toThrow(message);
});

test('accepts valid values', () => {
  const stack = newStack();

  expect(() => {
    DashboardSection.incidents({ logGroups: [new logs.LogGroup(stack, 'Logs')] });
    BudgetFilter.tag('team', 'agents');
    BudgetFilter.expression({ tags: { key: 'team', values: ['agents'] } });
    BudgetWindow.dayToDate(new BudgetAlertLambda(stack, 'B', { logRetention: logs.RetentionDays.INFINITE }));
    new NightlyRollup(stack, 'N', { traceTable: table(stack), timeout: Duration.seconds(TOKEN) });
    new BudgetAlertLambda(stack, 'C', { enabled: true, schedule: Duration.minutes(TOKEN) });
    TokenTraceTable.fromTableArn(stack, 'X', `arn:aws:dynamodb:us-east-1:111122223333:table/traces`);
  }).not.toThrow();
});
