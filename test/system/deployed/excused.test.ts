// Lists everything that MiniStack cannot do and that the other tests in this folder omit for this reason. A
// test fails as soon as a new version of MiniStack can do it. The other tests must then include it.
import { CreateStackCommand, DescribeStackEventsCommand } from '@aws-sdk/client-cloudformation';
import { GetMetricDataCommand, ListMetricsCommand, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import {
  CreateLogGroupCommand,
  FilterLogEventsCommand,
  PutSubscriptionFilterCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import {
  DescribeContinuousBackupsCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  ListTablesCommand,
} from '@aws-sdk/client-dynamodb';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { type App, Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Account, waitFor } from './account';
import { bootstrap, deploy, destroy } from './deploy';
import { isInstalled, type MiniStack, REGION, startMiniStack } from './ministack';
import { testDeployed } from './test-deployed';
import { TokenTraceTable } from '../../../src';

const NAMESPACE = 'Excused';
/** Log group with two events, of which only the second matches the patterns of the tests. */
const LOG_GROUP = 'excused';
const LOG_EVENTS = ['{"kind":"other"}', '{"kind":"probe"}'];
const JSON_PATTERN = '{ $.kind = "probe" }';
const DAY_MS = 86_400_000;

let ministack: MiniStack;
let account: Account;
let tableName: string;

const excused = (app: App) => {
  const stack = new Stack(app, 'Excused');
  new TokenTraceTable(stack, 'Traces', { pointInTimeRecovery: true });
  for (const id of ['OfJson', 'OfWord']) {
    new lambda.Function(stack, id, {
      runtime: lambda.Runtime.NODEJS_24_X,
      handler: 'index.handler',
      code: lambda.Code.fromInline('exports.handler = async () => {};'),
    });
  }
};
const physicalId = async (type: string, logicalId: string): Promise<string> => {
  const found = (await account.resources('Excused')).filter(
    each => each.type === type && each.logicalId.startsWith(logicalId),
  );
  expect(found).toHaveLength(1);
  return found[0].physicalId;
};

beforeAll(async () => {
  if (!isInstalled) return;
  ministack = await startMiniStack();
  account = new Account(ministack);
  await bootstrap(ministack);
  await deploy(ministack, excused);
  tableName = await physicalId('AWS::DynamoDB::GlobalTable', 'Traces');
  await account.logs.send(new CreateLogGroupCommand({ logGroupName: LOG_GROUP }));
}, 120_000);

afterAll(async () => {
  account?.close();
  await ministack?.close();
});

testDeployed('CloudFormation does not turn on time to live', async () => {
  const { TimeToLiveDescription } = await account.dynamoDb.send(
    new DescribeTimeToLiveCommand({ TableName: tableName }),
  );

  expect(TimeToLiveDescription?.TimeToLiveStatus).toBe('DISABLED');
});

testDeployed('CloudFormation does not turn on point-in-time recovery', async () => {
  const { ContinuousBackupsDescription } = await account.dynamoDb.send(
    new DescribeContinuousBackupsCommand({ TableName: tableName }),
  );

  expect(ContinuousBackupsDescription?.PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus).toBe(
    'DISABLED',
  );
});

testDeployed('a metric line in a log is no metric', async () => {
  await account.cloudWatch.send(
    new PutMetricDataCommand({ Namespace: NAMESPACE, MetricData: [{ MetricName: 'Sent', Value: 1 }] }),
  );
  await account.putLogEvents(LOG_GROUP, [
    JSON.stringify({
      _aws: {
        Timestamp: Date.now(),
        CloudWatchMetrics: [{ Namespace: NAMESPACE, Dimensions: [[]], Metrics: [{ Name: 'Logged' }] }],
      },
      Logged: 1,
    }),
  ]);

  const { Metrics = [] } = await account.cloudWatch.send(new ListMetricsCommand({ Namespace: NAMESPACE }));

  expect(Metrics.map(({ MetricName }) => MetricName)).toEqual(['Sent']);
});

testDeployed('a metric math expression has no values', async () => {
  await account.cloudWatch.send(
    new PutMetricDataCommand({ Namespace: NAMESPACE, MetricData: [{ MetricName: 'Sent', Value: 1 }] }),
  );

  const { MetricDataResults = [] } = await account.cloudWatch.send(
    new GetMetricDataCommand({
      StartTime: new Date(Date.now() - DAY_MS),
      EndTime: new Date(Date.now() + DAY_MS),
      MetricDataQueries: [
        {
          Id: 'sent',
          MetricStat: { Metric: { Namespace: NAMESPACE, MetricName: 'Sent' }, Period: 60, Stat: 'Maximum' },
        },
        { Id: 'twice', Expression: 'sent * 2' },
      ],
    }),
  );

  const values = Object.fromEntries(MetricDataResults.map(({ Id, Values = [] }) => [Id, Values]));
  expect(values.sent).toContain(1);
  expect(values.twice ?? []).toEqual([]);
});

const METRIC = { Namespace: NAMESPACE, MetricName: 'Sent' };
const COMPARISON = { ComparisonOperator: 'GreaterThanThreshold', EvaluationPeriods: 1, Threshold: 1 };
testDeployed.each([
  {
    type: 'AWS::CloudWatch::Alarm',
    name: 'an alarm with metric math',
    properties: {
      ...COMPARISON,
      Metrics: [
        { Id: 'sent', MetricStat: { Metric: METRIC, Period: 60, Stat: 'Sum' }, ReturnData: false },
        { Id: 'twice', Expression: 'sent * 2' },
      ],
    },
    reason: 'metric math',
  },
  {
    type: 'AWS::CloudWatch::CompositeAlarm',
    name: 'a composite alarm',
    properties: { AlarmRule: 'FALSE' },
    reason: 'Unrecognized resource types',
  },
  {
    type: 'AWS::CloudWatch::AnomalyDetector',
    name: 'an anomaly detector',
    properties: { ...METRIC, Stat: 'Sum' },
    reason: 'Unrecognized resource types',
  },
  {
    type: 'AWS::Budgets::Budget',
    name: 'a budget',
    properties: {
      Budget: { BudgetType: 'COST', TimeUnit: 'MONTHLY', BudgetLimit: { Amount: 1, Unit: 'USD' } },
    },
    reason: 'Unrecognized resource types',
  },
])('CloudFormation refuses $name', async ({ type, properties, reason }) => {
  const StackName = type.replaceAll('::', '-');
  const template = { Resources: { Probe: { Type: type, Properties: properties } } };

  expect(await reasonsOf(StackName, template)).toContain(reason);
});

testDeployed(
  'a JSON pattern of FilterLogEvents matches all events, and alternatives match none',
  async () => {
    const logGroupName = 'patterns';
    await account.logs.send(new CreateLogGroupCommand({ logGroupName }));
    await account.putLogEvents(logGroupName, LOG_EVENTS);
    const matching = async (filterPattern: string) =>
      (await account.logs.send(new FilterLogEventsCommand({ logGroupName, filterPattern }))).events?.map(
        ({ message }) => message,
      );

    expect(await matching('probe')).toEqual([LOG_EVENTS[1]]);
    expect(await matching(JSON_PATTERN)).toEqual(LOG_EVENTS);
    expect(await matching('?probe ?missing')).toEqual([]);
  },
);

testDeployed('a subscription with a JSON pattern delivers no events', async () => {
  const functions = { OfJson: JSON_PATTERN, OfWord: 'probe' };
  for (const [id, filterPattern] of Object.entries(functions)) {
    await account.logs.send(
      new PutSubscriptionFilterCommand({
        logGroupName: LOG_GROUP,
        filterName: id,
        filterPattern,
        destinationArn: (await configurationOf(id)).FunctionArn,
      }),
    );
  }

  await account.putLogEvents(LOG_GROUP, LOG_EVENTS);

  const startsOf = async (id: string) => {
    const logGroup = `/aws/lambda/${await physicalId('AWS::Lambda::Function', id)}`;
    const exists = (await account.logGroupNames()).includes(logGroup);
    return exists ? (await account.logLines(logGroup)).filter(line => line.startsWith('START')) : [];
  };
  await waitFor(() => startsOf('OfWord'));
  expect(await startsOf('OfJson')).toEqual([]);
});

testDeployed('a role without rights may do everything', async () => {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const sts = new STSClient({ endpoint: ministack.endpoint, region: REGION, credentials });
  const { Credentials } = await sts.send(
    new AssumeRoleCommand({ RoleArn: (await configurationOf('OfWord')).Role, RoleSessionName: 'excused' }),
  );
  const client = new DynamoDBClient({
    endpoint: ministack.endpoint,
    region: REGION,
    credentials: {
      accessKeyId: Credentials?.AccessKeyId ?? '',
      secretAccessKey: Credentials?.SecretAccessKey ?? '',
      sessionToken: Credentials?.SessionToken,
    },
  });

  const { TableNames } = await client.send(new ListTablesCommand({}));

  expect(TableNames).toContain(tableName);
  client.destroy();
  sts.destroy();
});

testDeployed(
  'a retained table and the table of the next deployment have the same name',
  async () => {
    await destroy(ministack, excused);
    await deploy(ministack, excused);

    expect(await physicalId('AWS::DynamoDB::GlobalTable', 'Traces')).toBe(tableName);
  },
  60_000,
);

async function configurationOf(id: string) {
  return account.configuration(await physicalId('AWS::Lambda::Function', id));
}

/** Creates a stack. Returns the reasons of the failure, or an empty text if the stack was created. */
async function reasonsOf(StackName: string, template: object): Promise<string> {
  try {
    await account.cloudFormation.send(
      new CreateStackCommand({ StackName, TemplateBody: JSON.stringify(template) }),
    );
  } catch (error) {
    return String(error);
  }
  const ended = /(?:CREATE|ROLLBACK)_(?:COMPLETE|FAILED)$/;
  const events = async () => {
    const { StackEvents = [] } = await account.cloudFormation.send(
      new DescribeStackEventsCommand({ StackName }),
    );
    return StackEvents;
  };
  await waitFor(async () =>
    (await events()).filter(
      ({ LogicalResourceId, ResourceStatus = '' }) =>
        LogicalResourceId === StackName && ended.test(ResourceStatus),
    ),
  );
  return (await events()).map(({ ResourceStatusReason = '' }) => ResourceStatusReason).join(' ');
}
