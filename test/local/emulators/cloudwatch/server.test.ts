import {
  CloudWatchClient,
  GetMetricDataCommand,
  ListMetricsCommand,
  PutMetricDataCommand,
} from '@aws-sdk/client-cloudwatch';
import { type CloudWatchEmulator, startCloudWatch } from '../../../../local/emulators/cloudwatch/server';

const NOON = new Date('2026-11-21T12:00:00Z');
const RANGE = { StartTime: new Date('2026-11-21T00:00:00Z'), EndTime: new Date('2026-11-22T00:00:00Z') };

describe('CloudWatch emulator with the unmodified client', () => {
  let emulator: CloudWatchEmulator;
  let client: CloudWatchClient;
  beforeEach(async () => {
    emulator = await startCloudWatch();
    client = new CloudWatchClient({ endpoint: emulator.endpoint, region: 'us-east-1', maxAttempts: 1 });
  });
  afterEach(async () => {
    client.destroy();
    await emulator.close();
  });

  const costQuery = (period: number) => ({
    Id: 'cost',
    MetricStat: {
      Metric: { Namespace: 'N/S', MetricName: 'Cost', Dimensions: [] },
      Period: period,
      Stat: 'Sum',
    },
  });

  test('adds up ten thousand values without rounding, including values with counts in a gzipped request', async () => {
    const MetricData = Array.from({ length: 1000 }, () => ({
      MetricName: 'Cost',
      Timestamp: NOON,
      Values: [0.00036771],
      Counts: [10],
    }));
    await client.send(new PutMetricDataCommand({ Namespace: 'N/S', MetricData }));

    const { MetricDataResults } = await client.send(
      new GetMetricDataCommand({ ...RANGE, MetricDataQueries: [costQuery(3600)] }),
    );

    expect(MetricDataResults?.[0].Values).toEqual([3.6771]);
    expect(MetricDataResults?.[0].Timestamps).toEqual([NOON]);
  });

  test('distinguishes metrics of the same name by their exact dimensions', async () => {
    const Dimensions = [
      { Name: 'AgentId', Value: 'a' },
      { Name: 'Model', Value: 'm' },
    ];
    await client.send(
      new PutMetricDataCommand({
        Namespace: 'N/S',
        MetricData: [
          { MetricName: 'Cost', Timestamp: NOON, Value: 1 },
          { MetricName: 'Cost', Timestamp: NOON, Value: 2, Dimensions },
        ],
      }),
    );

    const { MetricDataResults } = await client.send(
      new GetMetricDataCommand({ ...RANGE, MetricDataQueries: [costQuery(86_400)] }),
    );
    const { Metrics } = await client.send(new ListMetricsCommand({ Namespace: 'N/S' }));

    expect(MetricDataResults?.[0].Values).toEqual([1]);
    expect(Metrics).toEqual([
      { Namespace: 'N/S', MetricName: 'Cost', Dimensions: [] },
      { Namespace: 'N/S', MetricName: 'Cost', Dimensions },
    ]);
  });

  test('evaluates metric math, with the newest point first by default', async () => {
    for (const [hours, value] of [
      [0, 4],
      [1, 6],
    ]) {
      await client.send(
        new PutMetricDataCommand({
          Namespace: 'N/S',
          MetricData: [
            { MetricName: 'Cost', Timestamp: new Date(NOON.getTime() + hours * 3_600_000), Value: value },
            { MetricName: 'Calls', Timestamp: new Date(NOON.getTime() + hours * 3_600_000), Value: 2 },
          ],
        }),
      );
    }
    const MetricDataQueries = [
      { ...costQuery(3600), ReturnData: false },
      {
        Id: 'calls',
        MetricStat: { Metric: { Namespace: 'N/S', MetricName: 'Calls' }, Period: 3600, Stat: 'Sum' },
        ReturnData: false,
      },
      { Id: 'each', Expression: 'cost / calls' },
    ];

    const newestFirst = await client.send(new GetMetricDataCommand({ ...RANGE, MetricDataQueries }));
    const oldestFirst = await client.send(
      new GetMetricDataCommand({ ...RANGE, MetricDataQueries, ScanBy: 'TimestampAscending' }),
    );

    expect(newestFirst.MetricDataResults?.map(result => [result.Id, result.Values])).toEqual([
      ['each', [3, 2]],
    ]);
    expect(oldestFirst.MetricDataResults?.[0].Values).toEqual([2, 3]);
  });

  test.each([
    ['a namespace of AWS', { Namespace: 'AWS/X', MetricData: [{ MetricName: 'Cost', Value: 1 }] }],
    [
      'more than 1,000 metrics',
      {
        Namespace: 'N/S',
        MetricData: Array.from({ length: 1001 }, () => ({ MetricName: 'Cost', Value: 1 })),
      },
    ],
    [
      'more than 150 values',
      {
        Namespace: 'N/S',
        MetricData: [{ MetricName: 'Cost', Values: Array.from({ length: 151 }, () => 1) }],
      },
    ],
    [
      'counts of another length',
      { Namespace: 'N/S', MetricData: [{ MetricName: 'Cost', Values: [1, 2], Counts: [1] }] },
    ],
    ['no value', { Namespace: 'N/S', MetricData: [{ MetricName: 'Cost' }] }],
    [
      'an empty dimension value',
      {
        Namespace: 'N/S',
        MetricData: [{ MetricName: 'Cost', Value: 1, Dimensions: [{ Name: 'AgentId', Value: '' }] }],
      },
    ],
  ])('refuses PutMetricData with %s and stores nothing', async (_name, input) => {
    await expect(client.send(new PutMetricDataCommand(input))).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
    });

    expect(emulator.store.list()).toEqual([]);
  });

  describe('with a Metrics Insights query', () => {
    const SUM_BY_AGENT =
      'SELECT SUM(Cost) FROM SCHEMA("N/S", AgentId, Model) GROUP BY AgentId ORDER BY SUM() DESC LIMIT 2';
    const datum = (agent: string, model: string, values: number[]) => ({
      MetricName: 'Cost',
      Timestamp: NOON,
      Values: values,
      Dimensions: [
        { Name: 'AgentId', Value: agent },
        { Name: 'Model', Value: model },
      ],
    });
    beforeEach(async () => {
      await client.send(
        new PutMetricDataCommand({
          Namespace: 'N/S',
          MetricData: [
            datum('triage', 'nova', [0.1]),
            datum('triage', 'haiku', [0.2]),
            datum('report', 'nova', [4, 5]),
            datum('rare', 'nova', [0.01]),
            { MetricName: 'Cost', Timestamp: NOON, Value: 100 },
          ],
        }),
      );
    });
    const query = (Expression: string, others = {}) => ({ Id: 'q1', Expression, Period: 3600, ...others });

    test('returns one result for each group, with the group as its label', async () => {
      const { MetricDataResults, Messages } = await client.send(
        new GetMetricDataCommand({ ...RANGE, MetricDataQueries: [query(SUM_BY_AGENT)] }),
      );

      expect(MetricDataResults?.map(({ Id, Label, Values }) => [Id, Label, Values])).toEqual([
        ['q1', 'report', [9]],
        ['q1', 'triage', [0.3]],
      ]);
      expect(MetricDataResults?.[0].Timestamps).toEqual([NOON]);
      expect(Messages).toEqual([]);
    });

    test('answers it beside other metrics and math, with a label of the request', async () => {
      const { MetricDataResults } = await client.send(
        new GetMetricDataCommand({
          ...RANGE,
          MetricDataQueries: [
            costQuery(3600),
            query(SUM_BY_AGENT, { Label: "${PROP('Dim.AgentId')} costs", ReturnData: false }),
            { Id: 'twice', Expression: 'q1 * 2', Period: 3600 },
          ],
        }),
      );

      expect(MetricDataResults?.map(({ Id, Label, Values }) => [Id, Label, Values])).toEqual([
        ['cost', 'Cost', [100]],
        ['twice', 'report', [18]],
        ['twice', 'triage', [0.6]],
      ]);
    });

    test('says in a message that it reads only two weeks', async () => {
      const { Messages } = await client.send(
        new GetMetricDataCommand({
          StartTime: new Date('2026-10-01T00:00:00Z'),
          EndTime: RANGE.EndTime,
          MetricDataQueries: [query(SUM_BY_AGENT)],
        }),
      );

      expect(Messages?.map(({ Value }) => Value)).toEqual([
        'Metrics Insights reads two weeks: the series of the query begin at 2026-11-08 00:00 UTC.',
      ]);
    });

    test.each([
      [
        'two queries',
        [query(SUM_BY_AGENT), query(SUM_BY_AGENT, { Id: 'q2', ReturnData: false })],
        /at most one/,
      ],
      [
        'a percentile',
        [query('SELECT P90(Cost) FROM "N/S"')],
        /must be AVG, COUNT, MAX, MIN or SUM, got: P90/,
      ],
    ])('refuses a request with %s', async (_name, MetricDataQueries, reason) => {
      await expect(
        client.send(new GetMetricDataCommand({ ...RANGE, MetricDataQueries })),
      ).rejects.toMatchObject({
        name: 'ValidationException',
        message: expect.stringMatching(reason) as string,
      });
    });
  });

  test('refuses an unsupported expression, and includes it in the error', async () => {
    const command = new GetMetricDataCommand({
      ...RANGE,
      MetricDataQueries: [{ Id: 'a', Expression: 'ANOMALY_DETECTION_BAND(m1, 2)' }],
    });

    await expect(client.send(command)).rejects.toThrow('ANOMALY_DETECTION_BAND(m1, 2)');
  });
});
