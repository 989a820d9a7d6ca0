import { Duration, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sns from 'aws-cdk-lib/aws-sns';
import {
  BudgetAlertLambda,
  type BudgetAlertLambdaProps,
  BudgetWindow,
  CountedBy,
  DashboardSection,
  MonthlyBudget,
  type MonthlyBudgetProps,
  SpanMaker,
  TokenAnalytics,
  TokenAnalyticsAlarms,
  type TokenAnalyticsAlarmsProps,
  TokenAnalyticsDashboard,
  type TokenAnalyticsDashboardProps,
  TokenAnalyticsLayer,
  type TokenAnalyticsProps,
  TokenMetrics,
  TokenPricing,
  type TokenPricingProps,
  TokenTraceTable,
  type TokenTraceTableProps,
  TokenUsageIngest,
  type TokenUsageIngestProps,
} from '../../src';

/**
 * Expected error for an invalid prop. The message must start with `where`, the path of the construct, and
 * must contain `prop` and `text`.
 */
interface PropError {
  readonly where: string;
  readonly prop: string;
  readonly text: string;
}

/** Expected error, or expected ids of warnings and infos. The ids have no `cdk-token-analytics:` prefix. */
export type Outcome =
  | { readonly error: PropError }
  | { readonly errorAtSynth: PropError }
  | { readonly warnings: readonly string[]; readonly infos: readonly string[] };

/** Test case: `make` creates a construct in a stack `S`, and must lead to `outcome`. */
export interface Input {
  readonly make: (stack: Stack) => unknown;
  readonly outcome: Outcome;
}

/** Props that accept a value of any type, as in plain JavaScript. */
type Loose<Props> = { readonly [Prop in keyof Props]?: unknown };

/** Casts a value to type `T` without a check, so that a test can pass invalid props. */
function unchecked<T>(value: unknown): T {
  return value as T;
}

const analytics = (props: Loose<TokenAnalyticsProps> & { readonly dailyBugdet?: number }) => (stack: Stack) =>
  new TokenAnalytics(stack, 'A', unchecked({ dailyBudget: 10, ...props }));
const alarms = (props: Loose<TokenAnalyticsAlarmsProps>) => (stack: Stack) =>
  new TokenAnalyticsAlarms(stack, 'AL', unchecked({ dailyBudget: 10, ...props }));
const dashboard = (props: Loose<TokenAnalyticsDashboardProps>) => (stack: Stack) =>
  new TokenAnalyticsDashboard(stack, 'D', unchecked(props));
const alert = (props: Loose<BudgetAlertLambdaProps>) => (stack: Stack) =>
  new BudgetAlertLambda(stack, 'B', unchecked({ enabled: true, ...props }));
const table = (props: Loose<TokenTraceTableProps>) => (stack: Stack) =>
  new TokenTraceTable(stack, 'TT', unchecked(props));
const ingest = (props: Loose<TokenUsageIngestProps>) => (stack: Stack) =>
  new TokenUsageIngest(stack, 'I', unchecked({ traceTable: new TokenTraceTable(stack, 'TT'), ...props }));
const budget = (props: Loose<MonthlyBudgetProps>) => (stack: Stack) =>
  new MonthlyBudget(stack, 'M', unchecked({ limit: 1, ...props }));
const pricing = (props: Loose<TokenPricingProps>) => () => new TokenPricing(unchecked(props));
const price = (model: string, rates: unknown) => pricing({ customPrices: { [model]: rates } });
const metric = (options: unknown) => () => new TokenMetrics({}).metricTotalCost(unchecked(options));

/** Returns a function that creates a TokenUsageIngest and its log group in a stack. */
const withLog = (props: Loose<TokenUsageIngestProps>) => (stack: Stack) =>
  ingest({ logGroup: new logs.LogGroup(stack, 'L'), ...props })(stack);
const functionIn = (stack: Stack) =>
  new lambda.Function(stack, 'F', {
    runtime: lambda.Runtime.NODEJS_22_X,
    handler: 'index.handler',
    code: lambda.Code.fromInline('exports.handler = async () => {};'),
  });
const list = <T>(length: number, item: (index: number) => T) =>
  Array.from({ length }, (_, index) => item(index));
const text = () => new cloudwatch.TextWidget({ markdown: 'x' });

const UUID = '0f8fad5b-d9cb-469f-a165-70867728950e';

const refused =
  (where: string) =>
  (prop: string, part: string): Outcome => ({ error: { where, prop, text: part } });
const byAnalytics = refused('S/A');
const byItsAlarms = refused('S/A/Alarms');
const byAlarms = refused('S/AL');
const byDashboard = refused('S/D');
const byAlert = refused('S/B');
const byTable = refused('S/TT');
const byIngest = refused('S/I');
const byBudget = refused('S/M');
const byPricing = refused('TokenPricing');
const byMetrics = refused('TokenMetrics');
const atSynth = (where: string, prop: string, part: string): Outcome => ({
  errorAtSynth: { where, prop, text: part },
});
const accepted = (...warnings: readonly string[]): Outcome => ({ warnings, infos: [] });
const acceptedWithInfo = (...infos: readonly string[]): Outcome => ({ warnings: [], infos });

const USD = 'a finite number of US dollars above 0';
const SWITCH = 'true or false';
const OPTIONS = 'an object of options';

/** Test cases with props that are invalid or look invalid. */
const ROWS: readonly (readonly [name: string, make: Input['make'], outcome: Outcome])[] = [
  // Cases with props of TokenAnalytics.
  [
    'no props',
    stack => new TokenAnalytics(stack, 'A', unchecked(undefined)),
    byAnalytics('props', 'an object'),
  ],
  ['dailyBudget undefined', analytics({ dailyBudget: undefined }), byAnalytics('dailyBudget', 'given')],
  ['dailyBudget null', analytics({ dailyBudget: null }), byAnalytics('dailyBudget', 'a number, got: null')],
  ['dailyBudget "10"', analytics({ dailyBudget: '10' }), byAnalytics('dailyBudget', "a number, got: '10'")],
  ['dailyBudget NaN', analytics({ dailyBudget: NaN }), byAnalytics('dailyBudget', USD)],
  ['dailyBudget 0', analytics({ dailyBudget: 0 }), byAnalytics('dailyBudget', USD)],
  ['dailyBudget -1', analytics({ dailyBudget: -1 }), byAnalytics('dailyBudget', USD)],
  ['dailyBudget Infinity', analytics({ dailyBudget: Infinity }), byAnalytics('dailyBudget', USD)],
  ['dailyBudget 1e-12', analytics({ dailyBudget: 1e-12 }), byAnalytics('dailyBudget', 'US dollars')],
  ['dailyBudget 1e300', analytics({ dailyBudget: 1e300 }), byAnalytics('dailyBudget', 'US dollars')],
  ['monthlyBudget below dailyBudget', analytics({ monthlyBudget: 5 }), accepted('monthlyBudget')],
  ['monthlyBudget "x"', analytics({ monthlyBudget: 'x' }), byAnalytics('monthlyBudget', 'a number')],

  ['namespace empty', analytics({ namespace: '' }), byAnalytics('namespace', 'a name')],
  ['namespace of AWS', analytics({ namespace: 'AWS/x' }), byAnalytics('namespace', 'a custom namespace')],
  [
    'namespace of 300 characters',
    analytics({ namespace: 'x'.repeat(300) }),
    byAnalytics('namespace', 'at most 255'),
  ],
  ['namespace with an umlaut', analytics({ namespace: 'Ü' }), byAnalytics('namespace', 'letters, digits')],
  ['namespace 5', analytics({ namespace: 5 }), byAnalytics('namespace', 'a string, got: 5')],
  ['namespace null', analytics({ namespace: null }), byAnalytics('namespace', 'a string, got: null')],
  ['namespace with a quote', analytics({ namespace: 'a"b' }), byAnalytics('namespace', 'letters, digits')],
  [
    'namespace with a trailing space',
    analytics({ namespace: 'abc ' }),
    byAnalytics('namespace', 'leading or trailing spaces'),
  ],

  ['agents []', analytics({ agents: [] }), byAnalytics('agents', 'at least one name')],
  ['agents twice', analytics({ agents: ['a', 'a'] }), byAnalytics('agents', 'without duplicates')],
  ['agents as a string', analytics({ agents: 'abc' }), byAnalytics('agents', "a list, got: 'abc'")],
  ['agents [5]', analytics({ agents: [5] }), byAnalytics('agents[0]', 'a string, got: 5')],
  ['agents [undefined]', analytics({ agents: [undefined] }), byAnalytics('agents[0]', 'a string')],
  [
    'agents with a name of 65 characters',
    analytics({ agents: ['x'.repeat(65)] }),
    byAnalytics('agents[0]', '1 to 64 characters'),
  ],
  ['agents with an id that is listed', analytics({ agents: [UUID] }), accepted()],
  ['agents with a comma', analytics({ agents: ['a,b'] }), accepted()],
  [
    'agents with leading and trailing spaces',
    analytics({ agents: [' a '] }),
    byAnalytics('agents[0]', 'leading or trailing spaces'),
  ],
  [
    '60 agents',
    analytics({ agents: list(60, index => `agent-${index}`) }),
    byAnalytics('agents', 'at most 50'),
  ],
  ['agents Other', analytics({ agents: ['Other'] }), byAnalytics('agents', 'without Other')],

  ['models []', analytics({ models: [] }), byAnalytics('models', 'at least one name')],
  [
    'models as an ARN',
    analytics({ models: ['arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0'] }),
    acceptedWithInfo('modelName'),
  ],
  [
    'models as an inference profile',
    analytics({ models: ['us.amazon.nova-lite-v1:0'] }),
    acceptedWithInfo('modelName'),
  ],

  ['detailLevel "full"', analytics({ detailLevel: 'full' }), byAnalytics('detailLevel', 'one of')],
  ['detailLevel "STANDARD"', analytics({ detailLevel: 'STANDARD' }), byAnalytics('detailLevel', 'one of')],
  ['metricSink "EMF"', analytics({ metricSink: 'EMF' }), byAnalytics('metricSink', 'one of')],

  [
    'traces false with a table',
    stack => analytics({ traces: false, traceTable: new TokenTraceTable(stack, 'X') })(stack),
    byAnalytics('traceTable', 'omitted'),
  ],
  [
    'dashboard false with its props',
    analytics({ dashboard: false, dashboardOptions: {} }),
    byAnalytics('dashboardOptions', 'omitted'),
  ],
  [
    'alarms false with their options',
    analytics({ alarms: false, alarmsOptions: {} }),
    byAnalytics('alarmsOptions', 'omitted'),
  ],
  ['traces "false"', analytics({ traces: 'false' }), byAnalytics('traces', SWITCH)],
  ['traces null', analytics({ traces: null }), byAnalytics('traces', SWITCH)],
  [
    'nightlyRollup true with traces false',
    analytics({ traces: false, nightlyRollup: true }),
    byAnalytics('nightlyRollup', 'omitted'),
  ],
  ['ingest without a source', analytics({ ingest: {} }), atSynth('S/A/Ingest', 'logGroup', 'given')],
  ['an unknown prop', analytics({ dailyBugdet: 5 }), accepted('unknownProp')],
  [
    'traceTableOptions with a table',
    stack => analytics({ traceTable: new TokenTraceTable(stack, 'X'), traceTableOptions: {} })(stack),
    byAnalytics('traceTableOptions', 'omitted'),
  ],
  ['callsPerMonth -1', analytics({ callsPerMonth: -1 }), byAnalytics('callsPerMonth', 'number')],
  ['callsPerMonth NaN', analytics({ callsPerMonth: NaN }), byAnalytics('callsPerMonth', 'number')],
  [
    'a FIFO topic',
    stack => analytics({ notificationTopic: new sns.Topic(stack, 'T', { fifo: true }) })(stack),
    accepted('fifoTopic'),
  ],
  [
    'a topic as a string',
    analytics({ notificationTopic: 'arn:aws:sns:us-east-1:111122223333:t' }),
    byAnalytics('notificationTopic', 'an SNS topic'),
  ],
  [
    'a topic of another region',
    stack =>
      analytics({
        notificationTopic: sns.Topic.fromTopicArn(stack, 'T', 'arn:aws:sns:eu-west-1:111122223333:t'),
      })(stack),
    refused('S/A/Alarms')('topic', 'in the region of the stack (us-east-1)'),
  ],

  // Cases with props of dashboards.
  [
    '200 agents and 10 models on a dashboard',
    dashboard({ agents: list(200, index => `ag${index}`), models: list(10, index => `m${index}`) }),
    byDashboard('agents', 'at most 500 metrics'),
  ],
  [
    '25 agents and 9 models on a dashboard',
    dashboard({ agents: list(25, index => `ag${index}`), models: list(9, index => `m${index}`) }),
    accepted(),
  ],
  [
    '60 agents and no models on a dashboard',
    dashboard({ agents: list(60, index => `ag${index}`) }),
    byDashboard('agents', 'at most 50'),
  ],
  [
    '600 widgets',
    dashboard({ additionalWidgets: list(200, () => list(3, text)) }),
    byDashboard('additionalWidgets', 'at most 500 widgets'),
  ],
  [
    'dashboardName with a space',
    dashboard({ dashboardName: 'a b' }),
    byDashboard('dashboardName', '1 to 255'),
  ],
  ['dashboardName empty', dashboard({ dashboardName: '' }), byDashboard('dashboardName', '1 to 255')],
  [
    'dashboardName with an existing dashboard',
    stack =>
      dashboard({ dashboardName: 'x', existingDashboard: new cloudwatch.Dashboard(stack, 'X') })(stack),
    byDashboard('dashboardName', 'omitted'),
  ],
  [
    'sections by name',
    dashboard({ sections: ['gateway'] }),
    byDashboard('sections[0]', 'a DashboardSection'),
  ],
  [
    'a section twice',
    dashboard({ sections: [DashboardSection.gateway(), DashboardSection.gateway()] }),
    accepted(),
  ],
  [
    'incidents without a log group',
    dashboard({ sections: [DashboardSection.incidents({ logGroups: [] })] }),
    byDashboard('logGroups', '1 to 50'),
  ],
  [
    'incidents limit -1',
    stack =>
      dashboard({
        sections: [DashboardSection.incidents({ logGroups: [new logs.LogGroup(stack, 'L')], limit: -1 })],
      })(stack),
    byDashboard('limit', 'a whole number from 1'),
  ],
  [
    'additionalWidgets without rows',
    dashboard({ additionalWidgets: [text()] }),
    byDashboard('additionalWidgets[0]', 'a list'),
  ],

  // Cases with props of alarms.
  [
    'dayToDate without the budget alert function',
    analytics({ alarmsOptions: { window: BudgetWindow.dayToDate() } }),
    byAnalytics('alarmsOptions.window', 'budget alert function'),
  ],
  [
    'calendarDay of a time zone on Mars',
    analytics({ alarmsOptions: { window: BudgetWindow.calendarDay('Mars/Olympus') } }),
    byItsAlarms('window.timeZone', 'an IANA time zone'),
  ],
  ['window "day"', analytics({ alarmsOptions: { window: 'day' } }), byItsAlarms('window', 'a BudgetWindow')],
  [
    'warningPercent as criticalPercent',
    analytics({ alarmsOptions: { warningPercent: 95 } }),
    byItsAlarms('warningPercent', 'below `criticalPercent` (95)'),
  ],
  [
    'percentages above 100',
    analytics({ alarmsOptions: { warningPercent: 150, criticalPercent: 200 } }),
    accepted(),
  ],
  [
    'warningPercent NaN',
    analytics({ alarmsOptions: { warningPercent: NaN } }),
    byItsAlarms('warningPercent', 'a finite percentage above 0'),
  ],
  [
    'warningPercent "80"',
    analytics({ alarmsOptions: { warningPercent: '80' } }),
    byItsAlarms('warningPercent', 'a number'),
  ],
  [
    'agentBudgets with 11 models',
    alarms({ agentBudgets: [{ agentId: 'a', dailyBudget: 1, models: list(11, index => `m${index}`) }] }),
    byAlarms('agentBudgets[0].models', 'at most 10 models'),
  ],
  [
    'agentBudgets with no model',
    alarms({ agentBudgets: [{ agentId: 'a', dailyBudget: 1, models: [] }] }),
    byAlarms('agentBudgets[0].models', 'at least one model'),
  ],
  [
    'agentBudgets without models',
    alarms({ agentBudgets: [{ agentId: 'a', dailyBudget: 1 }] }),
    byAlarms('agentBudgets[0].models', 'at least one model'),
  ],
  [
    'agentBudgets of one agent twice',
    alarms({
      agentBudgets: list(2, index => ({ agentId: 'a', dailyBudget: index + 1, models: ['m'] })),
    }),
    byAlarms('agentBudgets[1].agentId', 'no budget yet'),
  ],
  [
    'agentBudgets of an agent that is not in agents',
    analytics({
      agents: ['b'],
      alarmsOptions: { agentBudgets: [{ agentId: 'a', dailyBudget: 1, models: ['m'] }] },
    }),
    byAnalytics('alarmsOptions.agentBudgets[0].agentId', 'one of `agents` (b)'),
  ],
  [
    '120 agentBudgets in a composite',
    alarms({
      composite: {},
      agentBudgets: list(120, index => ({ agentId: `a${index}`, dailyBudget: 1, models: ['m'] })),
    }),
    byAlarms('composite', 'over at most 100 alarms'),
  ],
  [
    '120 agentBudgets on a dashboard',
    analytics({
      alarmsOptions: {
        agentBudgets: list(120, index => ({ agentId: `a${index}`, dailyBudget: 1, models: ['m'] })),
      },
    }),
    accepted('unpricedModel'),
  ],
  [
    'an agentBudget above dailyBudget',
    alarms({ agentBudgets: [{ agentId: 'a', dailyBudget: 100, models: ['m'] }] }),
    accepted('agentBudget'),
  ],
  ['threshold -1', alarms({ costPerHour: { threshold: -1 } }), byAlarms('costPerHour.threshold', 'above 0')],
  [
    'threshold NaN',
    alarms({ errorRate: { threshold: NaN } }),
    byAlarms('errorRate.threshold', 'a percentage'),
  ],
  [
    'errorRate of 500',
    alarms({ errorRate: { threshold: 500 } }),
    byAlarms('errorRate.threshold', 'below 100'),
  ],
  [
    'period of 90 seconds',
    alarms({ errorRate: { period: Duration.seconds(90) } }),
    byAlarms('errorRate.period', 'a whole number of minutes'),
  ],
  [
    'period of 0',
    alarms({ errorRate: { period: Duration.minutes(0) } }),
    byAlarms('errorRate.period', 'at least 1'),
  ],
  [
    'period of 10 days',
    alarms({ errorRate: { period: Duration.days(10) } }),
    byAlarms('errorRate.period', 'at most 168 hours'),
  ],
  [
    'evaluationPeriods 0',
    alarms({ errorRate: { evaluationPeriods: 0 } }),
    byAlarms('errorRate.evaluationPeriods', 'a whole number from 1'),
  ],
  [
    'evaluationPeriods 1.5',
    alarms({ errorRate: { evaluationPeriods: 1.5 } }),
    byAlarms('errorRate.evaluationPeriods', 'a whole number from 1'),
  ],
  ['errorRate true', alarms({ errorRate: true }), byAlarms('errorRate', OPTIONS)],
  ['errorRate false', alarms({ errorRate: false }), byAlarms('errorRate', OPTIONS)],
  ['latency at core', analytics({ alarmsOptions: { latencyP90: {} } }), accepted('latencyAtCore')],
  ['period as a number', alarms({ errorRate: { period: 300 } }), byAlarms('errorRate.period', 'a Duration')],
  [
    'emfErrors without a log group',
    alarms({ emfErrors: { logGroups: [] } }),
    byAlarms('emfErrors.logGroups', 'at least one'),
  ],
  [
    'deadLetters without a queue',
    alarms({ deadLetters: { queues: [] } }),
    byAlarms('deadLetters.queues', 'at least one'),
  ],
  [
    'emfErrors of one log group twice',
    stack => {
      const logGroup = new logs.LogGroup(stack, 'L');
      return alarms({ emfErrors: { logGroups: [logGroup, logGroup] } })(stack);
    },
    byAlarms('emfErrors.logGroups', 'without duplicates'),
  ],

  // Cases with props of the budget alert function.
  [
    'schedule of 90 seconds',
    alert({ schedule: Duration.seconds(90) }),
    byAlert('schedule', 'whole number of minutes'),
  ],
  ['schedule of 0', alert({ schedule: Duration.minutes(0) }), byAlert('schedule', 'at least 1')],
  ['schedule of 30 days', alert({ schedule: Duration.days(30) }), byAlert('schedule', 'at most')],
  ['time zone x', alert({ timeZone: 'x' }), byAlert('timeZone', 'an IANA time zone')],
  ['time zone empty', alert({ timeZone: '' }), byAlert('timeZone', 'an IANA time zone')],
  // The construct must reject `+02:00` in every version of Node.js. Node.js 20 rejects this time zone, but
  // later versions accept it.
  ['time zone +02:00', alert({ timeZone: '+02:00' }), byAlert('timeZone', 'an IANA time zone')],
  [
    'a topic without a table',
    stack => alert({ dailyBudget: 1, notificationTopic: new sns.Topic(stack, 'T') })(stack),
    byAlert('traceTable', 'given'),
  ],
  [
    'a topic without a budget',
    stack =>
      alert({ traceTable: new TokenTraceTable(stack, 'X'), notificationTopic: new sns.Topic(stack, 'T') })(
        stack,
      ),
    byAlert('dailyBudget', 'given'),
  ],
  ['enabled "true"', alert({ enabled: 'true' }), byAlert('enabled', SWITCH)],
  ['enabled "false"', alert({ enabled: 'false' }), byAlert('enabled', SWITCH)],

  // Cases with props of trace tables.
  ['writeShards 0', table({ writeShards: 0 }), byTable('writeShards', 'from 1 to 100')],
  ['writeShards 101', table({ writeShards: 101 }), byTable('writeShards', 'from 1 to 100')],
  ['writeShards 1.5', table({ writeShards: 1.5 }), byTable('writeShards', 'a whole number')],
  [
    'traceTtl of 36 hours',
    table({ traceTtl: Duration.hours(36) }),
    byTable('traceTtl', 'a whole number of days'),
  ],
  ['traceTtl of 0', table({ traceTtl: Duration.days(0) }), accepted()],
  ['traceTtl as a number', table({ traceTtl: 90 }), byTable('traceTtl', 'a Duration')],
  ['traceTtl of 547 years', table({ traceTtl: Duration.days(200_000) }), byTable('traceTtl', 'at most')],
  ['tableName with a space', table({ tableName: 'a b' }), byTable('tableName', 'letters, digits')],
  ['tableName empty', table({ tableName: '' }), byTable('tableName', 'letters, digits')],

  // Cases with custom prices.
  [
    'a negative price',
    price('m', { input: -1, output: 1 }),
    byPricing("customPrices['m'].input", '0 or more'),
  ],
  [
    'a price of NaN',
    price('m', { input: NaN, output: 1 }),
    byPricing("customPrices['m'].input", '0 or more'),
  ],
  ['a price without output', price('m', { input: 1 }), byPricing("customPrices['m'].output", '0 or more')],
  [
    'a price as a string',
    price('m', { input: '1', output: '2' }),
    byPricing("customPrices['m'].input", 'a number'),
  ],
  [
    'a price with an unknown bucket',
    price('m', { input: 1, output: 2, cachedRead: 5 }),
    byPricing("customPrices['m'].cachedRead", 'cacheRead'),
  ],
  [
    'a price per thousand tokens',
    analytics({ pricing: new TokenPricing({ customPrices: { m: { input: 0.00006, output: 0.00024 } } }) }),
    accepted('lowPrice'),
  ],
  ['a price without a model', price('', { input: 1, output: 1 }), byPricing('customPrices', 'model')],
  ['a price of all models', price('*', { input: 1, output: 1 }), accepted()],
  [
    'a profile that is not an ARN',
    pricing({ resolvableProfiles: ['x'] }),
    byPricing('resolvableProfiles', 'ARNs of application inference profiles'),
  ],
  [
    'prices of more than 3 KB',
    pricing({
      customPrices: Object.fromEntries(
        list(80, index => [`amazon.model-number-${index}`, { input: 1, output: 2 }]),
      ),
    }),
    byPricing('customPrices', 'bytes'),
  ],
  [
    'pricing as an object',
    analytics({ pricing: { customPrices: {} } }),
    byAnalytics('pricing', 'a TokenPricing'),
  ],

  // Cases with arguments of methods, such as `instrument`.
  [
    'instrument without options',
    stack => analytics({})(stack).instrument(functionIn(stack), unchecked(undefined)),
    byAnalytics('options', 'given'),
  ],
  [
    'instrument without a function',
    stack => analytics({})(stack).instrument(unchecked(undefined), { agentId: 'a' }),
    byAnalytics('fn', 'given'),
  ],
  [
    'agentId empty',
    stack => analytics({})(stack).environment({ agentId: '' }),
    byAnalytics('agentId', '1 to 64 characters'),
  ],
  [
    'agentId that is an id',
    stack => analytics({})(stack).environment({ agentId: UUID }),
    accepted('agentId'),
  ],
  [
    'agentId of 65 characters',
    stack => analytics({})(stack).environment({ agentId: 'x'.repeat(65) }),
    byAnalytics('agentId', '1 to 64 characters'),
  ],
  ['an invalid statistic', metric({ statistic: 'bogus' }), byMetrics('statistic', 'a CloudWatch statistic')],
  ['an agent without a model', metric({ agentId: 'a' }), byMetrics('model', 'given')],
  ['dimensions of a metric', metric({ dimensionsMap: { Foo: 'x' } }), byMetrics('dimensionsMap', 'omitted')],
  [
    'layerVersionName with a space',
    stack => new TokenAnalyticsLayer(stack, 'L', { layerVersionName: 'a b' }),
    refused('S/L')('layerVersionName', 'letters, digits'),
  ],

  // Cases with props of TokenUsageIngest.
  ['an ingest without a source', ingest({}), atSynth('S/I', 'logGroup', 'given')],
  [
    'agentsByRole by ARN',
    withLog({ agentsByRole: { 'arn:aws:iam::1:role/x': 'a' } }),
    byIngest('agentsByRole', 'names of roles'),
  ],
  [
    'countedBy of an unknown operation',
    withLog({ countedBy: { converse: CountedBy.INGEST } }),
    byIngest('countedBy', 'Converse'),
  ],
  [
    'countedBy an unknown value',
    withLog({ countedBy: { Converse: 'nobody' } }),
    byIngest("countedBy['Converse']", 'one of'),
  ],
  [
    'reservedConcurrentExecutions 0',
    withLog({ reservedConcurrentExecutions: 0 }),
    byIngest('reservedConcurrentExecutions', 'from 1 to 1000'),
  ],
  [
    'a log group of another region',
    stack =>
      ingest({
        logGroup: logs.LogGroup.fromLogGroupArn(
          stack,
          'L',
          'arn:aws:logs:eu-west-1:111122223333:log-group:x',
        ),
      })(stack),
    byIngest('logGroup', 'in the region of the stack (us-east-1)'),
  ],
  [
    'spans of a list of names',
    ingest({ spans: { logGroups: ['aws/spans'] } }),
    byIngest('spans.logGroups[0]', 'a log group'),
  ],
  [
    'an incident attribute with prompts',
    ingest({ spans: { incidentAttribute: 'gen_ai.prompt.0.content' } }),
    byIngest('spans.incidentAttribute', 'without prompts'),
  ],
  ['an unknown maker of spans', ingest({ spans: { prefer: 'both' } }), byIngest('spans.prefer', 'one of')],
  [
    'services whose roles are not ignored in the log',
    withLog({ spans: { unloggedServices: ['orders'] } }),
    atSynth('S/I', 'spans.unloggedServices', '`ignoredRoles`'),
  ],
  [
    'an ignored service with an agent',
    ingest({ spans: { ignoredServices: ['orders'], agentsByService: { orders: 'orders' } } }),
    byIngest('spans.ignoredServices', 'not in `spans.agentsByService`'),
  ],
  [
    'the log group of X-Ray with a slash',
    stack =>
      ingest({ spans: { logGroups: [logs.LogGroup.fromLogGroupName(stack, 'L', '/aws/spans')] } })(stack),
    byIngest('spans.logGroups[0]', 'without a slash'),
  ],
  ['an unknown identity of callers', withLog({ callers: 'user' }), byIngest('callers', 'one of')],
  [
    'spans of frameworks and a log',
    withLog({ spans: { prefer: SpanMaker.FRAMEWORK } }),
    atSynth('S/I', 'spans.prefer', 'SpanMaker.CLIENT'),
  ],

  // Cases with props of MonthlyBudget, which creates a budget in AWS Budgets.
  ['a limit of 0', budget({ limit: 0 }), byBudget('limit', USD)],
  [
    '11 percentages',
    budget({ actualPercents: list(11, index => index + 1) }),
    byBudget('actualPercents', '1 to 10'),
  ],
  ['no percentages', budget({ actualPercents: [] }), byBudget('actualPercents', '1 to 10')],
  [
    'percentages twice',
    budget({ actualPercents: [80, 80] }),
    byBudget('actualPercents', 'without duplicates'),
  ],
  ['percentage -5', budget({ actualPercents: [-5] }), byBudget('actualPercents[0]', 'above 0')],
];

export const BAD_INPUTS: ReadonlyMap<string, Input> = new Map(
  ROWS.map(([name, make, outcome]) => [name, { make, outcome }]),
);
