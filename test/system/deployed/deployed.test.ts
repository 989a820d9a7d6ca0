// Deploys apps to MiniStack with the command `cdk`, and uses them as their users do. The tests run in the
// order of this file. Each test needs the state that the earlier tests left.
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import {
  CreateLogStreamCommand,
  PutLogEventsCommand,
  PutSubscriptionFilterCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { GetFunctionConfigurationCommand, UpdateFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import { SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { type App, Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { buildSync } from 'esbuild';
import { Account, type Resource, waitFor } from './account';
import { AGENT_CODE, agentFunction, bootstrap, deploy, destroy, type Outputs } from './deploy';
import { isInstalled, type MiniStack, startMiniStack, testDeployed } from './ministack';
import { QuickStartStack } from '../../../examples/quick-start/stack';
import { startBedrock } from '../../../local/emulators/bedrock/server';
import type { ModelAnswer, ModelRequest } from '../../../local/emulators/bedrock/wire-shapes';
import type { LoopbackServer } from '../../../local/emulators/http-server';
import { TokenTraceTable } from '../../../src';
import { DIMENSIONS, ENV, METRICS, STACK_OUTPUTS } from '../../../src/contract';
import { APPS } from '../../integ/apps';
import { logRecord } from '../../lambda/ingest/support';
import { REPOSITORY, run } from '../../support/run';
import type { EmfLine } from '../../support/stdout';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
jest.setTimeout(2 * MINUTE_MS);

const STARTED = Date.now();
const dayOf = (time: number) => new Date(time).toISOString().slice(0, 10);
const YESTERDAY = dayOf(STARTED - DAY_MS);
/** First and last day of all reports. If the tests run over midnight, the last day is tomorrow. */
const RANGE = ['--since', YESTERDAY, '--until', dayOf(STARTED)];
/** Options with which the command uses the stack `Everything`. */
const EVERYTHING = ['--stack', 'Everything'];
const COMMAND = path.join(REPOSITORY, 'lib', 'cli', 'index.js');

const NAMESPACE = 'OPX/Analytics/prod';
const NOVA = 'amazon.nova-lite-v1:0';
const HAIKU = 'anthropic.claude-3-haiku-20240307-v1:0';
/** Text in all prompts and answers. It must not be in a trace, a log line or a message. */
const SECRET = 'Ada Lovelace';
/** Address at which no server listens. */
const NOWHERE = 'http://127.0.0.1:1';

/** Model call of an agent. The emulator answers with these token counts. */
interface Call {
  readonly agentId: string;
  readonly incidentId?: string;
  readonly api: 'Converse' | 'ConverseStream' | 'InvokeModel';
  readonly modelId: string;
  readonly input: number;
  readonly output: number;
  /** Cost in US dollars, calculated by hand. */
  readonly usd: number;
  /** Time of the call. Default: the current time. */
  readonly time?: string;
}

// For a million input and output tokens, Nova Lite costs $0.05 and $0.20 in the app `everything`, and $0.06
// and $0.24 in the quick start. Claude 3 Haiku costs $0.25 and $1.25 in both.
const FIRST: Call = {
  agentId: 'triage',
  incidentId: 'INC-1',
  api: 'Converse',
  modelId: NOVA,
  input: 1_000_000,
  output: 100_000,
  usd: 0.07,
  time: `${YESTERDAY}T10:00:00.000Z`,
};
const SECOND: Call = {
  agentId: 'triage',
  incidentId: 'INC-1',
  api: 'InvokeModel',
  modelId: HAIKU,
  input: 200_000,
  output: 40_000,
  usd: 0.1,
  time: `${YESTERDAY}T11:00:00.000Z`,
};
const STREAM: Call = {
  agentId: 'scribe',
  incidentId: 'INC-2',
  api: 'ConverseStream',
  modelId: HAIKU,
  input: 400_004,
  output: 80_000,
  usd: 0.200001,
};
const SPILLED: Call = {
  agentId: 'scribe',
  incidentId: 'INC-2',
  api: 'Converse',
  modelId: HAIKU,
  input: 40,
  output: 8,
  usd: 0.00002,
};

const scratch = mkdtempSync(path.join(tmpdir(), 'token-analytics-deployed-'));
let ministack: MiniStack;
let bedrock: LoopbackServer;
let account: Account;
let queueUrl: string;
let resources: readonly Resource[];
/** Name of the trace table of the app `everything`. */
let tableName: string;

const physicalId = (type: string, logicalId: string): string => {
  const found = resources.filter(each => each.type === type && each.logicalId.startsWith(logicalId));
  expect(found).toHaveLength(1);
  return found[0].physicalId;
};
const functionName = (logicalId: string) => physicalId('AWS::Lambda::Function', logicalId);
const logGroupOf = (name: string) => `/aws/lambda/${name}`;

const quickStart = (app: App) => {
  const stack = new QuickStartStack(app, 'QuickStart', { agentCode: AGENT_CODE });
  (stack.node.findChild('Agent') as lambda.Function).addEnvironment(...bedrockEndpoint());
};
const everything = (app: App, dailyBudget?: number) =>
  APPS.everything(app, {
    agent: (scope, id) => agentFunction(scope, id, Object.fromEntries([bedrockEndpoint()])),
    dailyBudget,
  });
const bedrockEndpoint = (): [string, string] => ['AWS_ENDPOINT_URL_BEDROCK_RUNTIME', bedrock.endpoint];

beforeAll(async () => {
  if (!isInstalled) return;
  ministack = await startMiniStack();
  bedrock = await startBedrock({ answer });
  account = new Account(ministack);
  await bootstrap(ministack);
});

afterAll(async () => {
  account?.close();
  await bedrock?.close();
  await ministack?.close();
  rmSync(scratch, { recursive: true, force: true });
});

testDeployed('the quick start is deployed, and the command reports the cost of a call', async () => {
  await deploy(ministack, quickStart);
  resources = await account.resources('QuickStart');
  const agent = functionName('Agent');

  await callAgent(agent, [FIRST]);

  expect(resources.map(({ type }) => type)).toEqual(
    expect.arrayContaining([
      'AWS::DynamoDB::GlobalTable',
      'AWS::CloudWatch::Dashboard',
      'AWS::Lambda::Function',
    ]),
  );
  expect((await report('daily', '--stack', 'QuickStart', ...RANGE)).total.cost.usd).toBe('0.084');
  const lines = await account.logLines(physicalId('AWS::Logs::LogGroup', 'AgentLogs'));
  expect(metricsIn(lines)).toEqual([
    { namespace: 'OPX/Analytics', agent: 'triage', model: NOVA, calls: 1, usd: 0.084 },
  ]);
});

testDeployed('the app with every feature is deployed', async () => {
  const outputs = await deploy(ministack, everything);
  resources = await account.resources('Everything');
  tableName = tableIn(outputs);

  expect(resources.length).toBeGreaterThan(65);
});

testDeployed('calls of the agents are metric lines in their logs', async () => {
  const [triage, scribe] = ['triage', 'scribe'].map(functionName);

  await callAgent(triage, [FIRST, SECOND]);
  await callAgent(scribe, [STREAM]);

  expect(metricsIn(await account.logLines(logGroupOf(triage)))).toEqual([
    { namespace: NAMESPACE, agent: 'triage', model: NOVA, calls: 1, usd: FIRST.usd },
    { namespace: NAMESPACE, agent: 'triage', model: HAIKU, calls: 1, usd: SECOND.usd },
  ]);
  expect(metricsIn(await account.logLines(logGroupOf(scribe)))).toEqual([
    { namespace: NAMESPACE, agent: 'scribe', model: HAIKU, calls: 1, usd: STREAM.usd },
  ]);
});

testDeployed('each call is a trace in the table', async () => {
  expect(await tracesIn(tableName)).toEqual([FIRST, SECOND, STREAM].map(traceOf));
});

testDeployed('the nightly rollup adds up the day before', async () => {
  const event = { 'source': 'aws.events', 'detail-type': 'Scheduled Event', 'detail': {} };

  const { days, failed } = (await account.invoke(functionName('TokenAnalyticsNightlyRollup'), event)) as {
    readonly days: readonly { readonly day: string; readonly traces: number }[];
    readonly failed: readonly string[];
  };

  expect(failed).toEqual([]);
  expect(days.find(({ day }) => day === YESTERDAY)).toMatchObject({ traces: 2 });
  const items = await account.items(tableName, 'ROLLUP');
  expect(JSON.stringify(items)).toContain(YESTERDAY);
  const { total } = await report('daily', ...EVERYTHING, '--since', YESTERDAY, '--until', YESTERDAY);
  expect(total.cost.usd).toBe('0.17');
});

testDeployed('the budget alert sends one message to a subscriber of the topic', async () => {
  queueUrl = await createQueue('alerts');
  await account.sns.send(
    new SubscribeCommand({
      TopicArn: physicalId('AWS::SNS::Topic', 'Alerts'),
      Protocol: 'sqs',
      Endpoint: await arnOf(queueUrl),
    }),
  );
  // MiniStack does not read metrics from log lines.
  await account.cloudWatch.send(
    new PutMetricDataCommand({
      Namespace: NAMESPACE,
      MetricData: [{ MetricName: METRICS.totalCost.name, Value: 48, Timestamp: new Date() }],
    }),
  );
  const alert = functionName('TokenAnalyticsBudgetAlert');

  const status = await account.invoke(alert);
  await account.invoke(alert);

  expect(status).toMatchObject({ dayToDateUsd: 48 });
  const messages = (await account.receive(queueUrl))
    .map(body => JSON.parse(body) as Readonly<Record<'Subject' | 'Message', string>>)
    .filter(({ Subject }) => Subject.startsWith('Token cost'));
  expect(messages).toHaveLength(1);
  expect(messages[0].Subject).toBe(`Token cost, critical: 96.0 % of the daily budget (${NAMESPACE})`);
  expect(messages[0].Message).toContain('$48.00     of $50.00');
  expect(messages[0].Message).not.toContain(SECRET);
});

testDeployed('an event on the bus becomes a trace, and a bad event a message with its reason', async () => {
  const deadLetters = physicalId('AWS::SQS::Queue', 'TokenAnalyticsIngestQueue');
  const usage = { inputTokens: 100_000, outputTokens: 50_000, totalTokens: 150_000 };
  const good = { agentId: 'orders', modelId: NOVA, operation: 'Converse', incidentId: 'INC-3', usage };

  await sendEvent(good);
  await sendEvent({ ...good, agentId: 'unreadable', usage: { ...usage, inputTokens: -1 } });

  await waitFor(() => tracesIn(tableName), 4);
  expect(await tracesOf('orders')).toEqual([
    { agentId: 'orders', incidentId: 'INC-3', model: NOVA, input: 100_000, output: 50_000, usd: 0.015 },
  ]);
  const [letter] = await waitFor(() => account.receive(deadLetters));
  expect(JSON.parse(letter)).toMatchObject({
    source: 'events',
    reason: expect.stringContaining('inputTokens') as string,
    event: { agentId: 'unreadable' },
  });
  expect(await tracesOf('unreadable')).toEqual([]);
});

testDeployed('a record of the invocation log becomes a trace', async () => {
  const logGroupName = physicalId('AWS::Logs::LogGroup', 'InvocationLog');
  // MiniStack does not understand the JSON pattern of the filter. A plain word takes its place.
  await account.logs.send(
    new PutSubscriptionFilterCommand({
      logGroupName,
      filterName: physicalId('AWS::Logs::SubscriptionFilter', 'TokenAnalyticsIngestSubscription'),
      filterPattern: 'ModelInvocationLog',
      destinationArn: await functionArn(functionName('TokenAnalyticsIngestRecords')),
    }),
  );
  const record = logRecord({
    requestId: randomUUID(),
    modelId: NOVA,
    requestMetadata: { agentId: 'payments', incidentId: 'INC-4' },
    accountId: '000000000000',
  });

  await putLogEvent(logGroupName, JSON.stringify(record));

  await waitFor(() => tracesOf('payments'));
  expect(await tracesOf('payments')).toEqual([
    { agentId: 'payments', incidentId: 'INC-4', model: NOVA, input: 1000, output: 200, usd: 0.00009 },
  ]);
});

testDeployed('a trace that the table refused is spilled, and `replay` writes it', async () => {
  const scribe = functionName('scribe');
  await setEnvironment(scribe, { AWS_ENDPOINT_URL_DYNAMODB: NOWHERE });
  await callAgent(scribe, [SPILLED]);
  expect(await tracesOf('scribe')).toEqual([traceOf(STREAM)]);

  await setEnvironment(scribe, { AWS_ENDPOINT_URL_DYNAMODB: ministack.endpoint });
  const log = path.join(scratch, 'scribe.log');
  writeFileSync(log, (await account.logLines(logGroupOf(scribe))).join('\n'));
  expect(await report('replay', ...EVERYTHING, log)).toMatchObject({ written: 1 });
  expect(await report('replay', ...EVERYTHING, log)).toMatchObject({ written: 1 });

  expect(await tracesOf('scribe')).toEqual([STREAM, SPILLED].map(traceOf));
});

testDeployed(
  'the command reports every call with nothing but the endpoint and the outputs of the stack',
  async () => {
    // Dollars of the four calls in `FIRST` to `SPILLED`, of the event and of the record of the log.
    const usd = '0.385111';

    const daily = await report('daily', ...EVERYTHING, ...RANGE);
    const top = await report('top', ...EVERYTHING, ...RANGE, '--by', 'agent');
    const incident = await report('incident', 'INC-1', ...EVERYTHING);
    const csv = await command('export', ...EVERYTHING, ...RANGE);

    expect(daily.total).toMatchObject({ answered: 6, cost: { usd } });
    expect(top.entries.map(({ name, cost }) => `${name} ${cost.usd}`)).toEqual([
      'scribe 0.200021',
      'triage 0.17',
      'orders 0.015',
      'payments 0.00009',
    ]);
    expect(incident.total).toMatchObject({ answered: 2, cost: { usd: '0.17' } });
    const [head, ...rows] = csv.stdout
      .trim()
      .split('\n')
      .map(line => line.split(','));
    const picoUsd = rows.map(row => BigInt(row[head.indexOf('picoUsd')]));
    expect(picoUsd.reduce((sum, pico) => sum + pico)).toBe(385_111_000_000n);
  },
);

testDeployed('`doctor` finds only what MiniStack lacks', async () => {
  const { checks } = await report('doctor', ...EVERYTHING);

  expect(checks.filter(({ status }) => status !== 'ok').map(({ id, status }) => `${id} ${status}`)).toEqual([
    // CloudFormation does not turn on the expiry of traces.
    'ttl warn',
    // The metrics of the functions are not read from their logs.
    'metrics fail',
    // MiniStack has no metrics of Amazon Bedrock.
    'covered-share skipped',
  ]);
});

testDeployed('no prompt and no answer is in the table, the logs, or the queues', async () => {
  const names = (await account.logGroupNames()).filter(name => !name.includes('InvocationLog'));
  const lines = (await Promise.all(names.map(name => account.logLines(name)))).flat();

  expect(lines.length).toBeGreaterThan(20);
  expect(lines.filter(line => line.includes(SECRET))).toEqual([]);
  expect(JSON.stringify(await account.items(tableName, ''))).not.toContain(SECRET);
});

testDeployed('an update that changes a prop replaces no resource and loses no trace', async () => {
  const before = await tracesIn(tableName);
  const alert = functionName('TokenAnalyticsBudgetAlert');
  expect(await environmentOf(alert)).toMatchObject({ [ENV.dailyBudget]: '50' });

  await deploy(ministack, app => everything(app, 60));

  expect(await environmentOf(alert)).toMatchObject({ [ENV.dailyBudget]: '60' });
  expect(await account.resources('Everything')).toEqual(resources);
  expect(await tracesIn(tableName)).toEqual(before);
});

testDeployed('the table outlives its stack, and an app that imports it reads its traces', async () => {
  await destroy(ministack, everything);
  expect(await account.stackNames()).not.toContain('Everything');

  await deploy(ministack, app => readerApp(app, { code: bundledReader(), tableName }));
  resources = await account.resources('Reader');

  const days = { from: YESTERDAY, to: dayOf(STARTED) };
  expect(await account.invoke(functionName('Reader'), days)).toEqual({ answered: 6, usd: '0.385111' });
});

testDeployed('the app is deployed again after it was destroyed', async () => {
  // MiniStack gives each table of this stack the same name, so it empties the table of the first deployment.
  // On AWS, the name is a new one.
  tableName = tableIn(await deploy(ministack, everything));
  resources = await account.resources('Everything');

  await callAgent(functionName('triage'), [FIRST, SECOND]);

  expect(await tracesIn(tableName)).toEqual([FIRST, SECOND].map(traceOf));
});

/** Answers a model call with the token counts in its prompt. */
function answer({ body }: ModelRequest): ModelAnswer {
  const [, input, output] = /uses (\d+) and (\d+) tokens/.exec(JSON.stringify(body)) ?? [];
  return { text: SECRET, usage: { inputTokens: Number(input), outputTokens: Number(output) } };
}

/** Invokes the function of an agent once. The function makes the model calls one after the other. */
async function callAgent(name: string, calls: readonly Call[]): Promise<void> {
  const [{ agentId, incidentId }] = calls;
  const steps = calls.map(({ api, modelId, input, output, time }) => ({
    api,
    modelId,
    time,
    prompt: `${SECRET} uses ${input} and ${output} tokens`,
  }));
  const result = await account.invoke(name, { agentId, incidentId, steps });
  expect(result).toEqual({ steps: steps.length, failed: 0 });
}

/** Returns the number and cost of the invocations in the metric lines of a log, by agent and model. */
function metricsIn(lines: readonly string[]) {
  return lines
    .filter(line => line.includes('"_aws"') && line.includes(METRICS.invocationCount.name))
    .map(line => JSON.parse(line) as EmfLine)
    .map(line => {
      const [{ Namespace, Dimensions }] = line._aws.CloudWatchMetrics;
      expect(Dimensions).toEqual([[], [DIMENSIONS.agentId, DIMENSIONS.model]]);
      return {
        namespace: Namespace,
        agent: line.AgentId,
        model: line.Model,
        calls: line[METRICS.invocationCount.name],
        usd: line[METRICS.totalCost.name],
      };
    });
}

/** Trace of a model call, with the attributes that the tests compare. */
interface Trace {
  readonly agentId?: string;
  readonly incidentId?: string;
  readonly model?: string;
  readonly input: number;
  readonly output: number;
  readonly usd: number;
}

function traceOf({ agentId, incidentId, modelId, input, output, usd }: Call): Trace {
  return { agentId, incidentId, model: modelId, input, output, usd };
}

/** Returns the traces in a table in the order of their times. */
async function tracesIn(table: string): Promise<Trace[]> {
  const items = await account.items(table, 'AGENT#');
  const inOrder = items.sort((one, other) => ((one.sk.S ?? '') < (other.sk.S ?? '') ? -1 : 1));
  return inOrder.map(item => ({
    agentId: item.agentId.S,
    incidentId: item.incidentId?.S,
    model: item.model.S,
    input: Number(item.uncachedInputTokens.N),
    output: Number(item.outputTokens.N),
    usd: Number(item.costUsd.N),
  }));
}

async function tracesOf(agent: string): Promise<Trace[]> {
  return (await tracesIn(tableName)).filter(({ agentId }) => agentId === agent);
}

/** Parts of the JSON outputs of the commands that the tests compare. */
interface Output {
  readonly total: { readonly answered: number; readonly cost: { readonly usd: string } };
  readonly entries: readonly { readonly name: string; readonly cost: { readonly usd: string } }[];
  readonly checks: readonly { readonly id: string; readonly status: string }[];
}

function command(...args: readonly string[]) {
  return run(process.execPath, [COMMAND, ...args], { env: ministack.environment });
}

/** Runs the command with `--json`. Returns its output. */
async function report(...args: readonly string[]): Promise<Output> {
  const { stdout, stderr } = await command(...args, '--json');
  if (stdout === '') throw new Error(`token-analytics ${args.join(' ')} printed: ${stderr}`);
  return JSON.parse(stdout) as Output;
}

function tableIn(outputs: Outputs): string {
  const [[, name]] = Object.entries(outputs.Everything).filter(([key]) =>
    key.startsWith(STACK_OUTPUTS.traceTable),
  );
  return name;
}

async function createQueue(name: string): Promise<string> {
  const { QueueUrl = '' } = await account.sqs.send(new CreateQueueCommand({ QueueName: name }));
  return QueueUrl;
}

async function arnOf(url: string): Promise<string | undefined> {
  const { Attributes } = await account.sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['QueueArn'] }),
  );
  return Attributes?.QueueArn;
}

async function functionArn(name: string): Promise<string | undefined> {
  const { FunctionArn } = await account.lambda.send(
    new GetFunctionConfigurationCommand({ FunctionName: name }),
  );
  return FunctionArn;
}

async function environmentOf(name: string): Promise<Readonly<Record<string, string>>> {
  const { Environment } = await account.lambda.send(
    new GetFunctionConfigurationCommand({ FunctionName: name }),
  );
  return Environment?.Variables ?? {};
}

/** Adds environment variables to a function. */
async function setEnvironment(name: string, added: Readonly<Record<string, string>>): Promise<void> {
  const Variables = { ...(await environmentOf(name)), ...added };
  await account.lambda.send(
    new UpdateFunctionConfigurationCommand({ FunctionName: name, Environment: { Variables } }),
  );
}

async function sendEvent(detail: object): Promise<void> {
  const { FailedEntryCount } = await account.eventBridge.send(
    new PutEventsCommand({
      Entries: [
        {
          EventBusName: physicalId('AWS::Events::EventBus', 'Usage'),
          Source: 'orders',
          DetailType: 'TokenUsage',
          Detail: JSON.stringify(detail),
        },
      ],
    }),
  );
  expect(FailedEntryCount).toBe(0);
}

async function putLogEvent(logGroupName: string, message: string): Promise<void> {
  const stream = { logGroupName, logStreamName: 'aws/bedrock/modelinvocations' };
  await account.logs.send(new CreateLogStreamCommand(stream));
  await account.logs.send(
    new PutLogEventsCommand({ ...stream, logEvents: [{ timestamp: Date.now(), message }] }),
  );
}

/** Bundles a function that reads the daily report of a table. Returns the folder with its code. */
function bundledReader(): string {
  const folder = path.join(scratch, 'reader');
  buildSync({
    stdin: {
      contents: `
        import { UsageReports } from 'cdk-token-analytics/reports';
        export const handler = async ({ from, to }) => {
          const reports = new UsageReports({ tableName: process.env.TABLE });
          const { total } = await reports.daily({ from, to });
          reports.close();
          return { answered: total.answered, usd: total.cost.usd };
        };`,
      resolveDir: REPOSITORY,
    },
    outfile: path.join(folder, 'index.js'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    logLevel: 'error',
  });
  return folder;
}

/** Builds an app with a function that reads the reports of an existing trace table. */
function readerApp(app: App, { code, tableName: name }: { code: string; tableName: string }): void {
  const stack = new Stack(app, 'Reader');
  const traces = TokenTraceTable.fromTableName(stack, 'Traces', name);
  const reader = new lambda.Function(stack, 'Reader', {
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: lambda.Code.fromAsset(code),
    environment: { TABLE: traces.tableName },
  });
  traces.grantReadTraces(reader);
}
