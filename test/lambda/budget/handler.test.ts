import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { validateEmf } from '../../../local/emulators/cloudwatch/metrics/emf';
import { startCloudWatch } from '../../../local/emulators/cloudwatch/server';
import { DEFAULT_NAMESPACE, ENV, METRICS } from '../../../src/contract';
import { runHandler } from '../../support/handler-process';

const invoke = (environment: Record<string, string>) =>
  runHandler('budget-alert', [{}], { env: { AWS_MAX_ATTEMPTS: '1', ...environment } });

describe('the built budget alert handler', () => {
  let cloudWatch: Awaited<ReturnType<typeof startCloudWatch>>;
  beforeEach(async () => {
    cloudWatch = await startCloudWatch();
  });
  afterEach(() => cloudWatch.close());

  async function spend(usd: number, minutesAgo: number, dimensions: { Name: string; Value: string }[] = []) {
    const client = new CloudWatchClient({ endpoint: cloudWatch.endpoint, region: 'us-east-1' });
    await client.send(
      new PutMetricDataCommand({
        Namespace: DEFAULT_NAMESPACE,
        MetricData: [
          {
            MetricName: METRICS.totalCost.name,
            Value: usd,
            Unit: 'None',
            Dimensions: dimensions,
            Timestamp: new Date(Date.now() - minutesAgo * 60_000),
          },
        ],
      }),
    );
    client.destroy();
  }

  test('logs one line of budget status and publishes two metrics without dimensions', async () => {
    await spend(0.25, 1);
    await spend(0.5, 1);
    await spend(99, 1, [
      { Name: 'AgentId', Value: 'a' },
      { Name: 'Model', Value: 'm' },
    ]);
    await spend(3, 20 * 24 * 60);

    const { outcomes, stdout, stderr } = await invoke({
      AWS_ENDPOINT_URL_CLOUDWATCH: cloudWatch.endpoint,
      [ENV.dailyBudget]: '10',
      // Selects a time zone in which the current day started at least an hour ago.
      [ENV.timeZone]: new Date().getUTCHours() > 0 ? 'UTC' : 'Etc/GMT+6',
    });

    expect({ failure: outcomes[0].message, stderr }).toEqual({ failure: undefined, stderr: '' });
    const lines = stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as Record<string, unknown>);
    const [status, ...others] = lines.filter(line => !('_aws' in line));
    expect(others).toEqual([]);
    expect(status).toEqual(
      expect.objectContaining({
        level: 'INFO',
        message: 'Budget status',
        namespace: DEFAULT_NAMESPACE,
        dayToDateUsd: 0.75,
        last30DaysUsd: 3.75,
        dailyBudgetUsd: 10,
        dailyBudgetUsedPercent: 7.5,
      }),
    );

    const documents = lines.filter(line => '_aws' in line);
    for (const document of documents) expect(validateEmf(document)).toEqual([]);
    for (const line of stdout.trim().split('\n')) cloudWatch.store.ingestEmf(line);
    const directives = documents.flatMap(
      document => (document._aws as { CloudWatchMetrics: { Dimensions: string[][] }[] }).CloudWatchMetrics,
    );
    expect(directives.map(directive => directive.Dimensions)).toEqual(directives.map(() => [[]]));
    const merged = Object.assign({}, ...documents) as Record<string, unknown>;
    expect(merged[METRICS.dayToDateCost.name]).toEqual(0.75);
    expect(merged[METRICS.monthToDateCost.name]).toEqual(expect.any(Number));
  });

  test('fails without publishing metrics if the cost cannot be read', async () => {
    const { endpoint } = cloudWatch;
    await cloudWatch.close();

    const { outcomes, stdout } = await invoke({ AWS_ENDPOINT_URL_CLOUDWATCH: endpoint });

    expect(outcomes).toEqual([{ error: 'Error', message: expect.stringContaining('ECONNREFUSED') }]);
    expect(stdout).not.toContain('_aws');
  });

  test('names the variable of a budget that is not a number', async () => {
    const { code, stderr } = await invoke({
      AWS_ENDPOINT_URL_CLOUDWATCH: cloudWatch.endpoint,
      [ENV.dailyBudget]: 'ten',
    });

    expect(code).not.toBe(0);
    expect(stderr).toContain(`${ENV.dailyBudget} must be a number of US dollars above 0, got: ten`);
  });
});
