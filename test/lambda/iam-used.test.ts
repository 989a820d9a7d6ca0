import { createHash } from 'node:crypto';
import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sns from 'aws-cdk-lib/aws-sns';
import { startCloudWatch } from '../../local/emulators/cloudwatch/server';
import { listenOnLoopback, type LoopbackServer, readBody, send } from '../../local/emulators/http-server';
import {
  BedrockInvocationLogging,
  BudgetAlertLambda,
  LoggingOnDelete,
  NightlyRollup,
  TokenTraceTable,
  TokenUsageIngest,
} from '../../src';
import { BOTO, spanRecord } from './ingest/spans/support';
import { logRecord, subscriptionEvent } from './ingest/support';
import { startAccount } from './invocation-logging/support';
import { DEFAULT_NAMESPACE, ENV, LOGGING_ENV, METRICS } from '../../src/contract';
import type { HandlerName } from '../../src/private/entry-points';
import { startSns } from '../fakes/sns/server';
import { newStack } from '../src/support';
import { runHandler } from '../support/handler-process';
import { startTraceEngine } from '../support/trace-engine';

/** IAM names of services by their names in request signatures, if the two names differ. */
const SERVICES: Readonly<Record<string, string>> = { monitoring: 'cloudwatch' };
const ACTIONS: Readonly<Record<string, string>> = {
  SendMessageBatch: 'SendMessage',
};
/** First word of the IAM action by HTTP method, e.g. `Put` for `PutModelInvocationLoggingConfiguration`. */
const LOGGING_ACTIONS: Readonly<Record<string, string>> = { DELETE: 'Delete', GET: 'Get', PUT: 'Put' };
/** Actions that a role grants but its function never calls. Values say which service needs the permission. */
const NOT_CALLED = {
  'logs:CreateLogStream': 'Lambda writes the log',
  'logs:PutLogEvents': 'Lambda writes the log',
  'lambda:InvokeFunction': 'Lambda hands failures on',
  'iam:PassRole': 'Bedrock is given the role',
  'sqs:DeleteMessage': 'Lambda reads the queue',
  'sqs:GetQueueAttributes': 'Lambda reads the queue',
  'sqs:ReceiveMessage': 'Lambda reads the queue',
};
const JSON_CONTENT = { 'content-type': 'application/x-amz-json-1.0' };

let engine: Awaited<ReturnType<typeof startTraceEngine>>;
let cloudWatch: Awaited<ReturnType<typeof startCloudWatch>>;
let topic: Awaited<ReturnType<typeof startSns>>;
let front: LoopbackServer;
const called = new Set<string>();

/** Starts one server for the requests to all AWS services. It adds each requested IAM action to `called`. */
beforeAll(async () => {
  [engine, cloudWatch, topic] = await Promise.all([startTraceEngine(), startCloudWatch(), startSns()]);
  const behind: Readonly<Record<string, string>> = {
    dynamodb: engine.endpoint,
    monitoring: cloudWatch.endpoint,
    sns: topic.endpoint,
  };
  front = await listenOnLoopback(async (request, response) => {
    const body = await readBody(request);
    const service =
      /Credential=[^/]+\/\d+\/[^/]+\/([^/]+)\//.exec(String(request.headers.authorization))?.[1] ?? '';
    const target = request.headers['x-amz-target'];
    const operation =
      target === undefined
        ? (new URLSearchParams(body.toString()).get('Action') ?? String(request.method))
        : (String(target).split('.').pop() ?? '');
    called.add(`${SERVICES[service] ?? service}:${ACTIONS[operation] ?? operation}`);
    if (service === 'sqs') {
      const { Entries } = JSON.parse(body.toString()) as { Entries: { Id: string; MessageBody: string }[] };
      const successful = Entries.map(({ Id, MessageBody }) => ({
        Id,
        MessageId: Id,
        MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex'),
      }));
      send(response, 200, JSON_CONTENT, JSON.stringify({ Successful: successful, Failed: [] }));
    } else if (behind[service] === undefined) {
      send(response, 200, { 'content-type': 'application/json' }, '{}');
    } else {
      const headers = Object.fromEntries(
        Object.entries(request.headers)
          .filter(([name]) => /^(x-amz|authorization|content-type)/.test(name))
          .map(([name, value]) => [name, String(value)]),
      );
      const answer = await fetch(behind[service] + String(request.url), {
        method: 'POST',
        headers,
        body: new Uint8Array(body),
      });
      send(
        response,
        answer.status,
        { 'content-type': answer.headers.get('content-type') ?? '' },
        await answer.text(),
      );
    }
  });
});
afterAll(() => Promise.all([front.close(), engine.close(), cloudWatch.close(), topic.close()]));
beforeEach(() => called.clear());

/** Runs a built handler with one event. All its AWS requests go to the server `front`. */
async function invoke(handler: HandlerName, event: unknown, environment: Record<string, string> = {}) {
  const { outcomes, stderr } = await runHandler(handler, [event], {
    env: { AWS_ENDPOINT_URL: front.endpoint, [ENV.tableName]: engine.tableName, ...environment },
  });
  if (outcomes.length === 0 || outcomes[0].error) {
    throw new Error(`${handler} failed: ${outcomes[0]?.message}\n${stderr}`);
  }
}

/** Returns the IAM actions that the policies of a stack grant, except those in {@link NOT_CALLED}. */
function granted(build: (stack: Stack) => void): string[] {
  const stack = newStack();
  build(stack);
  const policies = Object.values(Template.fromStack(stack).findResources('AWS::IAM::Policy')) as {
    Properties: { PolicyDocument: { Statement: { Action: string | string[] }[] } };
  }[];
  const actions = policies.flatMap(({ Properties }) =>
    Properties.PolicyDocument.Statement.flatMap(({ Action }) => Action),
  );
  return [...new Set(actions)].filter(action => !(action in NOT_CALLED)).sort();
}

const traces = (stack: Stack) => new TokenTraceTable(stack, 'Traces');

test('the budget alert uses exactly its granted actions', async () => {
  const client = new CloudWatchClient({ endpoint: cloudWatch.endpoint, region: 'us-east-1' });
  await client.send(
    new PutMetricDataCommand({
      Namespace: DEFAULT_NAMESPACE,
      MetricData: [{ MetricName: METRICS.totalCost.name, Value: 99, Unit: 'None', Timestamp: new Date() }],
    }),
  );
  client.destroy();

  await invoke(
    'budget-alert',
    {},
    { [ENV.alertTopic]: 'arn:aws:sns:us-east-1:123456789012:told', [ENV.dailyBudget]: '10' },
  );

  expect(topic.published).toHaveLength(1);
  expect([...called].sort()).toEqual(
    granted(
      stack =>
        new BudgetAlertLambda(stack, 'Alert', {
          enabled: true,
          dailyBudget: 10,
          notificationTopic: new sns.Topic(stack, 'Topic'),
          traceTable: traces(stack),
        }),
    ),
  );
});

test('the nightly rollup uses exactly its granted actions', async () => {
  await engine.put([{ at: new Date(Date.now() - 86_400_000), usd: 1 }]);

  await invoke('roll-up-day', null, { [ENV.traceTtlDays]: '90' });

  expect([...called].sort()).toEqual(
    granted(stack => new NightlyRollup(stack, 'Rollup', { traceTable: traces(stack) })),
  );
});

test('the ingest uses exactly its granted actions', async () => {
  await invoke(
    'ingest-logs',
    subscriptionEvent([logRecord(), { schemaType: 'ModelInvocationLog', schemaVersion: '1.0' }]),
    { [ENV.ingestQueue]: `${front.endpoint}/123456789012/queue` },
  );

  expect([...called].sort()).toEqual(
    granted(
      stack =>
        new TokenUsageIngest(stack, 'Ingest', {
          traceTable: traces(stack),
          logGroup: logs.LogGroup.fromLogGroupName(stack, 'Log', 'bedrock'),
        }),
    ),
  );
});

test('the ingest of spans uses exactly its granted actions, also with a span that waits', async () => {
  const startTimeUnixNano = Date.now() * 1e6;
  const record = { startTimeUnixNano, endTimeUnixNano: startTimeUnixNano + 1e9 };
  const span = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) };
  const environment = {
    [ENV.ingestQueue]: `${front.endpoint}/123456789012/queue`,
    [ENV.ingestWaitingQueue]: `${front.endpoint}/123456789012/waiting`,
    [ENV.claimCalls]: 'true',
  };
  await invoke(
    'ingest-spans',
    subscriptionEvent([
      spanRecord({ record }),
      spanRecord({
        record: { ...record, spanId: '00000000000000a2' },
        scope: { name: BOTO, version: '0.66b2' },
      }),
    ]),
    environment,
  );
  await invoke('ingest-spans', { Records: [{ body: JSON.stringify({ span }) }] }, environment);

  expect([...called].sort()).toEqual(
    granted(stack => new TokenUsageIngest(stack, 'Ingest', { traceTable: traces(stack), spans: {} })),
  );
});

test('the handler for invocation logging uses exactly its granted actions', async () => {
  const account = await startAccount();
  try {
    await account.send('Create');
    account.stackStatus = 'ROLLBACK_IN_PROGRESS';
    await account.send(
      'Delete',
      { PhysicalResourceId: account.answers[0].body.PhysicalResourceId },
      { [LOGGING_ENV.onDelete]: LoggingOnDelete.LEAVE },
    );

    expect(
      [
        ...new Set([
          ...account.logging.requests.map(
            method => `bedrock:${LOGGING_ACTIONS[method]}ModelInvocationLoggingConfiguration`,
          ),
          ...account.stackRequests.map(({ operation }) => `cloudformation:${operation}`),
        ]),
      ].sort(),
    ).toEqual(granted(stack => new BedrockInvocationLogging(stack, 'Logging')));
  } finally {
    await account.close();
  }
});
