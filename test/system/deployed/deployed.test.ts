// Deploys apps to MiniStack with the command `cdk`, and uses them as their users do. The tests run in the
// order of this file. Each test needs the state that the earlier tests left.
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { PutSubscriptionFilterCommand } from '@aws-sdk/client-cloudwatch-logs';
import { SubscribeCommand } from '@aws-sdk/client-sns';
import type { App } from 'aws-cdk-lib';
import { Account, type Resource, waitFor } from './account';
import { bootstrap, deploy, destroy, type Outputs } from './deploy';
import { everything, quickStart } from './deployed-apps';
import {
  answer,
  callAgent,
  FIRST,
  HAIKU,
  NOVA,
  SECOND,
  SECRET,
  skipMidnight,
  SPILLED,
  STREAM,
  LAST_DAY,
  traceOf,
  YESTERDAY,
} from './deployed-calls';
import { isInstalled, type MiniStack, startMiniStack } from './ministack';
import { readerApp } from './reader-app';
import { metricsIn, publicLines, type Trace, tracesIn } from './recorded';
import { type Output, runCommand } from './run-command';
import { testDeployed } from './test-deployed';
import { startBedrock } from '../../../local/emulators/bedrock/server';
import type { LoopbackServer } from '../../../local/emulators/http-server';
import { ENV, METRICS, STACK_OUTPUTS } from '../../../src/contract';
import { logRecord } from '../../lambda/ingest/support';

const MINUTE_MS = 60_000;
jest.setTimeout(2 * MINUTE_MS);

const RANGE = ['--since', YESTERDAY, '--until', LAST_DAY];
/** Options with which the command uses the stack `Everything`. */
const EVERYTHING = ['--stack', 'Everything'];

const NAMESPACE = 'OPX/Analytics/prod';
/** Address at which no server listens. */
const NOWHERE = 'http://127.0.0.1:1';

let ministack: MiniStack;
let bedrock: LoopbackServer;
let account: Account;
let resources: readonly Resource[];
/** Name of the trace table of the app `everything`. */
let tableName: string;
/** URLs of the queues that receive the alerts and the records that were not ingested. */
let [alerts, deadLetters]: string[] = [];

const physicalId = (type: string, logicalId: string): string => {
  const found = resources.filter(each => each.type === type && each.logicalId.startsWith(logicalId));
  expect(found).toHaveLength(1);
  return found[0].physicalId;
};
const functionName = (logicalId: string) => physicalId('AWS::Lambda::Function', logicalId);
/** Returns the function that a rule of the stack invokes on a schedule. */
const scheduledFunction = (logicalId: string) => account.targetOf(physicalId('AWS::Events::Rule', logicalId));
const logGroupOf = (name: string) => `/aws/lambda/${name}`;

const everythingApp = (app: App) => everything(app, bedrock.endpoint);

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
});

testDeployed('the quick start is deployed, and the command reports the cost of a call', async () => {
  await deploy(ministack, app => quickStart(app, bedrock.endpoint));
  resources = await account.resources('QuickStart');
  const agent = functionName('Agent');

  await callAgent(account, agent, [FIRST]);

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
  const outputs = await deploy(ministack, everythingApp);
  resources = await account.resources('Everything');
  tableName = tableIn(outputs);

  expect(resources.length).toBeGreaterThan(65);
});

testDeployed('calls of the agents are metric lines in their logs', async () => {
  const [triage, scribe] = ['triage', 'scribe'].map(functionName);

  await callAgent(account, triage, [FIRST, SECOND]);
  await callAgent(account, scribe, [STREAM]);

  expect(metricsIn(await account.logLines(logGroupOf(triage)))).toEqual([
    { namespace: NAMESPACE, agent: 'triage', model: NOVA, calls: 1, usd: FIRST.usd },
    { namespace: NAMESPACE, agent: 'triage', model: HAIKU, calls: 1, usd: SECOND.usd },
  ]);
  expect(metricsIn(await account.logLines(logGroupOf(scribe)))).toEqual([
    { namespace: NAMESPACE, agent: 'scribe', model: HAIKU, calls: 1, usd: STREAM.usd },
  ]);
});

testDeployed('each call is a trace in the table', async () => {
  expect(await tracesIn(account, tableName)).toEqual([FIRST, SECOND, STREAM].map(traceOf));
});

testDeployed('the nightly rollup adds up the day before', async () => {
  const event = { 'source': 'aws.events', 'detail-type': 'Scheduled Event', 'detail': {} };

  const { days, failed } = (await account.invoke(
    await scheduledFunction('TokenAnalyticsNightlyRollup'),
    event,
  )) as {
    readonly days: readonly { readonly day: string; readonly traces: number }[];
    readonly failed: readonly string[];
  };

  expect(failed).toEqual([]);
  expect(days.find(({ day }) => day === YESTERDAY)).toMatchObject({ traces: 2 });
  const costs = (await account.items(tableName, 'ROLLUP')).flatMap(({ costUsd }) => costUsd?.N ?? []);
  expect(costs.sort()).toEqual(['0.07', '0.1']);
  const { total, reads } = await report('daily', ...EVERYTHING, '--since', YESTERDAY, '--until', YESTERDAY);
  expect(reads).toMatchObject({ rollupDays: 1, tracedDays: 0 });
  expect(total).toMatchObject({ answered: 2, cost: { usd: '0.17' } });
});

testDeployed('the budget alert sends one message to a subscriber of the topic', async () => {
  const queue = await account.createQueue('alerts');
  alerts = queue.url;
  await account.sns.send(
    new SubscribeCommand({
      TopicArn: physicalId('AWS::SNS::Topic', 'Alerts'),
      Protocol: 'sqs',
      Endpoint: queue.arn,
    }),
  );
  await skipMidnight('Europe/Berlin', 30);
  // MiniStack does not read metrics from log lines.
  await account.cloudWatch.send(
    new PutMetricDataCommand({
      Namespace: NAMESPACE,
      MetricData: [{ MetricName: METRICS.totalCost.name, Value: 48, Timestamp: new Date() }],
    }),
  );
  const alert = await scheduledFunction('TokenAnalyticsBudgetAlert');

  const status = await account.invoke(alert);
  await account.invoke(alert);

  expect(status).toMatchObject({ dayToDateUsd: 48 });
  const messages = await waitFor(receiveAlerts);
  expect(messages).toHaveLength(1);
  expect(messages[0].Subject).toBe(`Token cost, critical: 96.0 % of the daily budget (${NAMESPACE})`);
  expect(messages[0].Message).toContain('$48.00     of $50.00');
});

testDeployed('an event on the bus becomes a trace, and a bad event a message with its reason', async () => {
  deadLetters = physicalId('AWS::SQS::Queue', 'TokenAnalyticsIngestQueue');
  const usage = { inputTokens: 100_000, outputTokens: 50_000, totalTokens: 150_000 };
  const good = { agentId: 'orders', modelId: NOVA, operation: 'Converse', incidentId: 'INC-3', usage };

  await sendEvent(good);
  // The answer of the model must not be in an event.
  await sendEvent({ ...good, agentId: 'unreadable', response: { output: SECRET } });

  await waitFor(() => tracesIn(account, tableName), 4);
  expect(await tracesOf('orders')).toEqual([
    { agentId: 'orders', incidentId: 'INC-3', model: NOVA, input: 100_000, output: 50_000, usd: 0.015 },
  ]);
  const letters = await waitFor(() => account.receive(deadLetters));
  expect(letters.map(letter => JSON.parse(letter) as unknown)).toEqual([
    expect.objectContaining({
      source: 'events',
      reason: expect.stringContaining('response') as string,
      event: expect.objectContaining({ agentId: 'unreadable' }) as object,
    }),
  ]);
  expect(letters[0]).not.toContain(SECRET);
  expect(await tracesOf('unreadable')).toEqual([]);
});

testDeployed('a record of the invocation log becomes a trace', async () => {
  const logGroupName = physicalId('AWS::Logs::LogGroup', 'InvocationLog');
  const [[filterName, destinationArn]] = Object.entries(await account.subscriptions(logGroupName));
  // MiniStack does not understand the JSON pattern of the filter. A plain word takes its place.
  await account.logs.send(
    new PutSubscriptionFilterCommand({
      logGroupName,
      filterName,
      filterPattern: 'ModelInvocationLog',
      destinationArn,
    }),
  );
  const record = logRecord({
    requestId: randomUUID(),
    modelId: NOVA,
    requestMetadata: { agentId: 'payments', incidentId: 'INC-4' },
    accountId: '000000000000',
  });

  await account.putLogEvents(logGroupName, [JSON.stringify(record)]);

  await waitFor(() => tracesOf('payments'));
  expect(await tracesOf('payments')).toEqual([
    { agentId: 'payments', incidentId: 'INC-4', model: NOVA, input: 1000, output: 200, usd: 0.00009 },
  ]);
});

testDeployed('a trace that the table refused is spilled, and `replay` writes it', async () => {
  const scribe = functionName('scribe');
  await account.setEnvironment(scribe, { AWS_ENDPOINT_URL_DYNAMODB: NOWHERE });
  await callAgent(account, scribe, [SPILLED]);
  expect(await tracesOf('scribe')).toEqual([traceOf(STREAM)]);

  await account.setEnvironment(scribe, { AWS_ENDPOINT_URL_DYNAMODB: ministack.endpoint });
  const log = path.join(ministack.folder, 'scribe.log');
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
    const [byAgent, byModel] = [await top('agent'), await top('model')];
    const incident = await report('incident', 'INC-1', ...EVERYTHING);
    const csv = await runCommand(ministack, ['export', ...EVERYTHING, ...RANGE]);

    expect(daily.total).toMatchObject({ answered: 6, cost: { usd } });
    expect(byModel).toEqual([`${HAIKU} 0.300021`, `${NOVA} 0.08509`]);
    expect(byAgent).toEqual(['scribe 0.200021', 'triage 0.17', 'orders 0.015', 'payments 0.00009']);
    expect(incident.total).toMatchObject({ answered: 2, cost: { usd: '0.17' } });
    const [head, ...rows] = csv
      .trim()
      .split('\n')
      .map(line => line.split(','));
    const columns = ['agentId', 'model', 'inputTokens', 'outputTokens', 'picoUsd'];
    const cells = rows.map(row => columns.map(name => row[head.indexOf(name)]).join(' '));
    expect(cells.sort()).toEqual([
      `orders ${NOVA} 100000 50000 15000000000`,
      `payments ${NOVA} 1000 200 90000000`,
      `scribe ${HAIKU} 40 8 20000000`,
      `scribe ${HAIKU} 400004 80000 200001000000`,
      `triage ${NOVA} 1000000 100000 70000000000`,
      `triage ${HAIKU} 200000 40000 100000000000`,
    ]);
  },
);

testDeployed('`doctor` finds only what MiniStack lacks', async () => {
  const { checks } = JSON.parse(
    await runCommand(ministack, ['doctor', ...EVERYTHING, '--json'], 1),
  ) as Output;

  const ids = (wanted: string) => checks.filter(({ status }) => status === wanted).map(({ id }) => id);
  expect(checks).toHaveLength(18);
  // CloudFormation does not turn on the expiry of traces.
  expect(ids('warn')).toEqual(['ttl']);
  // The metrics of the functions are not read from their logs.
  expect(ids('fail')).toEqual(['metrics']);
  // MiniStack has no metrics of Amazon Bedrock.
  expect(ids('skipped')).toEqual(['covered-share']);
});

testDeployed('each call has one metric line, and no message was sent a second time', async () => {
  const metricLines = async () =>
    metricsIn(await publicLines(account)).filter(each => each.namespace === NAMESPACE);
  const found = await waitFor(metricLines, 6);
  // The app does not list the agents of the event and of the record.
  expect(found.map(({ agent, model, calls, usd }) => `${agent} ${model} ${calls} ${usd}`).sort()).toEqual([
    `Other ${NOVA} 1 0.00009`,
    `Other ${NOVA} 1 0.015`,
    `scribe ${HAIKU} 1 0.00002`,
    `scribe ${HAIKU} 1 0.200001`,
    `triage ${NOVA} 1 0.07`,
    `triage ${HAIKU} 1 0.1`,
  ]);
  expect(await receiveAlerts()).toEqual([]);
  expect(await account.receive(deadLetters)).toEqual([]);
});

testDeployed('no prompt and no answer is in the table or in the logs', async () => {
  const lines = await publicLines(account);

  expect(lines.length).toBeGreaterThan(20);
  expect(lines.filter(line => line.includes(SECRET))).toEqual([]);
  expect(JSON.stringify(await account.items(tableName, ''))).not.toContain(SECRET);
});

testDeployed('an update that changes a prop replaces no resource and loses no trace', async () => {
  const before = await tracesIn(account, tableName);
  const alert = functionName('TokenAnalyticsBudgetAlert');
  expect(await account.environmentOf(alert)).toMatchObject({ [ENV.dailyBudget]: '50' });

  await deploy(ministack, app => everything(app, bedrock.endpoint, 60));

  expect(await account.environmentOf(alert)).toMatchObject({ [ENV.dailyBudget]: '60' });
  expect(await account.resources('Everything')).toEqual(resources);
  expect(await tracesIn(account, tableName)).toEqual(before);
});

testDeployed('the table outlives its stack, and an app that imports it reads its traces', async () => {
  await destroy(ministack, everythingApp);
  expect(await account.stackNames()).not.toContain('Everything');
  const left = [...(await account.functionNames()), ...(await account.logGroupNames())];
  expect(resources.filter(each => left.includes(each.physicalId))).toEqual([]);

  await deploy(ministack, app => readerApp(app, tableName));
  resources = await account.resources('Reader');

  const days = { from: YESTERDAY, to: LAST_DAY };
  expect(await account.invoke(functionName('Reader'), days)).toEqual({ answered: 6, usd: '0.385111' });
});

testDeployed('the app is deployed again after it was destroyed', async () => {
  // MiniStack gives each table of this stack the same name, so it empties the table of the first deployment.
  // On AWS, the name is a new one.
  tableName = tableIn(await deploy(ministack, everythingApp));
  resources = await account.resources('Everything');

  await callAgent(account, functionName('triage'), [FIRST, SECOND]);

  expect(await tracesIn(account, tableName)).toEqual([FIRST, SECOND].map(traceOf));
});

/** Runs the command with nothing but the environment of MiniStack. Returns its JSON output. */
async function report(...args: readonly string[]): Promise<Output> {
  return JSON.parse(await runCommand(ministack, [...args, '--json'])) as Output;
}

/** Returns the entries of the command `top` with their costs in US dollars. */
async function top(by: string): Promise<string[]> {
  const { entries } = await report('top', ...EVERYTHING, ...RANGE, '--by', by);
  return entries.map(({ name, cost }) => `${name} ${cost.usd}`);
}

async function tracesOf(agent: string): Promise<Trace[]> {
  return (await tracesIn(account, tableName)).filter(({ agentId }) => agentId === agent);
}

/** Receives the budget alerts that the queue has. Other messages of the topic are deleted. */
async function receiveAlerts() {
  return (await account.receive(alerts))
    .map(body => JSON.parse(body) as Readonly<Record<'Subject' | 'Message', string>>)
    .filter(({ Subject }) => Subject.startsWith('Token cost'));
}

function tableIn(outputs: Outputs): string {
  const [[, name]] = Object.entries(outputs.Everything).filter(([key]) =>
    key.startsWith(STACK_OUTPUTS.traceTable),
  );
  return name;
}

function sendEvent(detail: object): Promise<void> {
  return account.putEvent({
    EventBusName: physicalId('AWS::Events::EventBus', 'Usage'),
    Source: 'orders',
    DetailType: 'TokenUsage',
    Detail: JSON.stringify(detail),
  });
}
