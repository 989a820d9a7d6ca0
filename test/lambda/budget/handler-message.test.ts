import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { startCloudWatch } from '../../../local/emulators/cloudwatch/server';
import { DEFAULT_NAMESPACE, ENV, METRICS } from '../../../src/contract';
import { startSns } from '../../fakes/sns/server';
import { runHandler } from '../../support/handler-process';
import { startTraceEngine } from '../../support/trace-engine';

const TOPIC = 'arn:aws:sns:us-east-1:123456789012:alerts';
const HOUR_MS = 3_600_000;
/** Time in the handler: yesterday, 10:20 UTC. CloudWatch accepts metric values only of recent days. */
const NOW = new Date(Math.floor(Date.now() / (24 * HOUR_MS)) * 24 * HOUR_MS - 14 * HOUR_MS + HOUR_MS / 3);
const ago = (hours: number) => new Date(NOW.getTime() - hours * HOUR_MS);

describe('the built budget alert handler with a topic', () => {
  let cloudWatch: Awaited<ReturnType<typeof startCloudWatch>>;
  let sns: Awaited<ReturnType<typeof startSns>>;
  let table: Awaited<ReturnType<typeof startTraceEngine>>;
  beforeEach(async () => {
    [cloudWatch, sns, table] = await Promise.all([startCloudWatch(), startSns(), startTraceEngine()]);
  });
  afterEach(() => Promise.all([cloudWatch.close(), sns.close(), table.close()]));

  /** Runs the handler with a fixed clock, so that the budget day starts at a known time. */
  async function invoke(environment: Record<string, string> = {}, now = NOW) {
    const { outcomes, stdout, stderr } = await runHandler('budget-alert', [{}], {
      now,
      env: {
        AWS_MAX_ATTEMPTS: '1',
        AWS_ENDPOINT_URL_CLOUDWATCH: cloudWatch.endpoint,
        AWS_ENDPOINT_URL_SNS: sns.endpoint,
        AWS_ENDPOINT_URL_DYNAMODB: table.endpoint,
        [ENV.alertTopic]: TOPIC,
        [ENV.tableName]: table.tableName,
        [ENV.dailyBudget]: '10',
        ...environment,
      },
    });
    // `outcomes` is empty if the handler could not be loaded. `stderr` then contains the error.
    return { stdout, stderr, failure: outcomes.length === 0 ? stderr : outcomes[0].message };
  }

  async function spend(usd: number, at = ago(0.5)) {
    const client = new CloudWatchClient({ endpoint: cloudWatch.endpoint, region: 'us-east-1' });
    await client.send(
      new PutMetricDataCommand({
        Namespace: DEFAULT_NAMESPACE,
        MetricData: [{ MetricName: METRICS.totalCost.name, Value: usd, Unit: 'None', Timestamp: at }],
      }),
    );
    client.destroy();
  }

  const warningsOf = (stderr: string) =>
    stderr
      .split('\n')
      .filter(line => line.includes('"level":"WARN"'))
      .map(line => JSON.parse(line) as { message: string; reason: string });

  test('calls neither the table nor the topic below the thresholds', async () => {
    await spend(7.999);

    const { failure } = await invoke();

    expect(failure).toBeUndefined();
    expect(sns.requests).toBe(0);
    expect(table.operations).toEqual([]);
  });

  test('sends a warning with the cost, the top agents, the cost per hour and a link to the dashboard', async () => {
    await spend(8);
    await spend(2, ago(24.5));
    await spend(4, ago(48.5));
    await table.put([
      { at: ago(0.5), usd: 5, agentId: 'triage', incidentId: 'INC-1' },
      {
        at: ago(1),
        usd: 2,
        agentId: 'triage',
        incidentId: 'INC-2',
        model: 'anthropic.claude-haiku-4-5-20251001-v1:0',
      },
      { at: ago(2), usd: 1, agentId: 'writer' },
      { at: ago(2), agentId: 'writer', model: 'new.model-v1' },
      { at: ago(11), usd: 50, agentId: 'yesterday' },
    ]);

    const { failure, stderr } = await invoke({
      [ENV.dashboardName]: 'OPX-Token-Analytics',
      [ENV.monthlyBudget]: '1000',
    });

    expect({ failure, stderr }).toEqual({ failure: undefined, stderr: '' });
    expect(sns.published).toHaveLength(1);
    const [{ topicArn, subject, message }] = sns.published;
    expect({ topicArn, subject }).toEqual({
      topicArn: TOPIC,
      subject: `Token cost, warning: 80.0 % of the daily budget (${DEFAULT_NAMESPACE})`,
    });
    expect(message).toContain('80.0 % of the daily budget is used. 80 % or more is a warning.');
    expect(message).toMatch(/Today +≥ \$8\.00 +of \$10\.00 +80\.0 %/);
    expect(message).toMatch(/This month +≥ \$\d+\.00 +of \$1,000\.00/);
    // The message shows the cost per hour: $8 in 65 minutes are $7.38 per hour.
    expect(message).toMatch(/In the last hour +\$7\.38/);
    expect(message).toMatch(/Usual at this hour +\$3\.00\n +\(mean of the 2 days before\)/);
    expect(message).toContain('Invocations today: 4 answered, 0 failed, ≥ $8.00');
    expect(message).toMatch(
      /Top agents today\n +triage +\$7\.00 +87\.5 % +2 answered\n +writer +≥ \$1\.00 +12\.5 % +2 answered\n/,
    );
    expect(message).toMatch(
      /Top models today\n +amazon\.nova-micro-v1:0 +\$6\.00 .*\n +anthropic\.claude-haiku-4-5-20251001-v1:0 +\$2\.00 .*\n +new\.model-v1 +≥ \$0\.00 +0\.0 % +1 answered\n/,
    );
    expect(message).toMatch(/Top incidents today\n +INC-1 +\$5\.00 .*\n +INC-2 +\$2\.00 /);
    expect(message).toContain('1 of the invocations has no known price');
    expect(message).toContain(
      'https://console.aws.amazon.com/cloudwatch/home?region=us-east-1#dashboards/dashboard/OPX-Token-Analytics',
    );
    expect(message).not.toContain('yesterday');
    expect(new Set(table.operations)).toEqual(new Set(['PutItem', 'Query', 'BatchWriteItem']));
  });

  test('sends each threshold once a day, and again on the next day', async () => {
    await spend(8);
    await invoke();
    await invoke();
    await spend(2);
    await invoke();
    await invoke();
    const subjects = sns.published.map(({ subject }) => subject?.split(' ').slice(2, 5).join(' '));
    expect(subjects).toEqual(['warning: 80.0 %', 'critical: 100.0 %']);

    const tomorrow = new Date(NOW.getTime() + 13.9 * HOUR_MS);
    await spend(9, new Date(tomorrow.getTime() - HOUR_MS / 10));
    await invoke({}, tomorrow);

    expect(sns.published.map(({ subject }) => subject)).toHaveLength(3);
  });

  test('sends only the highest of two thresholds that are reached between two runs', async () => {
    await spend(9.6);

    await invoke();
    await invoke({ [ENV.criticalPercent]: '99' });

    expect(sns.published.map(({ subject }) => subject)).toEqual([
      `Token cost, critical: 96.0 % of the daily budget (${DEFAULT_NAMESPACE})`,
    ]);
  });

  test('sends again after the budget was changed', async () => {
    await spend(9.6);
    await invoke();

    await invoke({ [ENV.dailyBudget]: '9' });

    expect(sns.published).toHaveLength(2);
  });

  test('sends one message for two budgets, and the monthly one once a month', async () => {
    await spend(30, ago(0.5));

    await invoke({ [ENV.monthlyBudget]: '35' });
    await invoke({ [ENV.monthlyBudget]: '35' });

    expect(sns.published).toHaveLength(1);
    expect(sns.published[0].subject).toContain('300.0 % of the daily budget, 8');
    expect(sns.published[0].message).toContain(' of the monthly budget is used.');
  });

  test('sends one message if three runs overlap', async () => {
    await spend(9);

    const runs = await Promise.all([invoke(), invoke(), invoke()]);

    expect(runs.map(({ failure }) => failure)).toEqual([undefined, undefined, undefined]);
    expect(sns.published).toHaveLength(1);
  });

  test('fails if the message cannot be sent, and the next run sends it once', async () => {
    await spend(9);
    sns.fault = request => (request === 1 ? { status: 500, code: 'InternalError' } : undefined);

    const first = await invoke();
    const second = await invoke();
    const third = await invoke();

    expect([first, second, third].map(({ failure }) => failure)).toEqual(['refused', undefined, undefined]);
    expect(first.stdout).toContain('Budget status');
    expect(sns.published).toHaveLength(1);
    expect(sns.requests).toBe(2);
  });

  test('sends the message without the invocations of the day if they cannot be read', async () => {
    await spend(9);
    await table.put([{ at: ago(1), usd: 9 }]);
    table.refuses = operation => operation === 'Query';

    const { failure, stderr } = await invoke();
    await invoke();

    expect(failure).toBeUndefined();
    expect(warningsOf(stderr)).toEqual([
      expect.objectContaining({
        message: expect.stringContaining('could not all be read') as string,
        reason: 'AccessDeniedException',
      }),
    ]);
    expect(sns.published).toHaveLength(1);
    expect(sns.published[0].message).toContain(
      'The traces of the day could not be read, so agents, models and incidents are missing here.',
    );
    expect(sns.published[0].message).toMatch(/Today +\$9\.00/);
  });

  test('sends an alert that it cannot claim, and states that it may be sent again', async () => {
    await spend(9);
    table.refuses = () => true;

    const { failure, stderr } = await invoke();

    expect(failure).toBeUndefined();
    expect(warningsOf(stderr).map(({ reason }) => reason)).toEqual([
      'AccessDeniedException',
      'AccessDeniedException',
      'AccessDeniedException',
    ]);
    expect(sns.published[0].message).toContain('it may be sent again');
  });

  test('reads a local day from its two UTC days, in every shard', async () => {
    await spend(9);
    const start = new Date(`${NOW.toISOString().slice(0, 10)}T00:00:00Z`).getTime();
    await table.put(
      [
        { at: new Date(start - 5.5 * HOUR_MS - 1), usd: 100, agentId: 'before' },
        { at: new Date(start - 5.5 * HOUR_MS), usd: 2, agentId: 'late' },
        { at: new Date(start + HOUR_MS), usd: 3, agentId: 'early' },
      ],
      4,
    );

    await invoke({ [ENV.timeZone]: 'Asia/Kolkata' });

    const [{ message }] = sns.published;
    expect(message).toContain('Invocations today: 2 answered, 0 failed, $5.00');
    expect(message).toMatch(/Top agents today\n +early +\$3\.00 .*\n +late +\$2\.00 /);
    expect(message).toContain('(Asia/Kolkata)');
  });

  test("publishes in the topic's region and links to the console of its partition", async () => {
    await spend(9);

    await invoke({
      [ENV.alertTopic]: 'arn:aws-cn:sns:cn-north-1:123456789012:alerts',
      [ENV.dashboardName]: 'Mine',
      AWS_REGION: 'cn-northwest-1',
    });

    expect(sns.published[0].region).toBe('cn-north-1');
    expect(sns.published[0].message).toContain(
      'https://console.amazonaws.cn/cloudwatch/home?region=cn-northwest-1#dashboards/dashboard/Mine',
    );
  });

  test('keeps names with control characters on one line', async () => {
    await spend(9);
    await table.put([
      {
        at: ago(1),
        usd: 9,
        agentId: 'triage\n\nhttp://evil.example\u202e',
        incidentId: `\u0007${'x'.repeat(60)}`,
      },
    ]);

    await invoke();

    const [{ message }] = sns.published;
    expect(message).toMatch(/^ {2}triage\?\?http:\/\/evil\.example\? +\$9\.00 /m);
    expect(message).toMatch(/^ {2}\?x{46}… +\$9\.00 /m);
    expect(message).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
  });

  test.each([
    [{ [ENV.tableName]: '' }, `${ENV.tableName} must be set if ${ENV.alertTopic} is set`],
    [{ [ENV.warningPercent]: 'much' }, `${ENV.warningPercent} must be a percentage above 0, got: much`],
  ])('refuses the invalid environment %j', async (environment, message) => {
    const { failure } = await invoke(environment);

    expect(failure).toContain(message);
  });
});
