import { CfnParameter, CfnResource, Duration, NestedStack, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import fc from 'fast-check';
import { traceItem } from '../../../lambda/traces/trace-item';
import {
  BudgetAlertLambda,
  MonthlyCostEstimate,
  type MonthlyCostEstimateProps,
  TokenAnalyticsDashboard,
  TokenMetrics,
  TokenTraceTable,
} from '../../../src';
import { DETAIL_LEVELS, METRICS } from '../../../src/contract';
import { fuzz } from '../../support/fuzz';
import { emfOf, stdoutOf } from '../../support/stdout';
import { newStack } from '../support';
import { AnalyticsEmitter, type Invocation } from 'cdk-token-analytics/runtime';

const TEN_PAIRS = { agents: 5, models: 2 };
const MILLION = 1_000_000;
type DetailLevel = MonthlyCostEstimateProps['detailLevel'];
type MetricSink = MonthlyCostEstimateProps['metricSink'];

function usdByLine(props: MonthlyCostEstimateProps): Record<string, number> {
  return Object.fromEntries(new MonthlyCostEstimate(props).lines.map(({ name, usd }) => [name, usd]));
}

function typicalInvocation(): Invocation {
  return {
    requestId: '1f8e6c1e-6a5f-4c4c-9d0e-7f3f4f1d2a3b',
    agentId: 'signal-intelligence',
    model: 'anthropic.claude-sonnet-4-5-20250929-v1:0',
    modelId: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
    scope: 'geo',
    operation: 'Converse',
    timestamp: new Date(),
    usage: {
      uncachedInputTokens: 3702,
      cacheReadTokens: 1200,
      cacheWrite5mTokens: 800,
      cacheWrite1hTokens: 0,
      outputTokens: 1701,
      source: 'usage',
      partial: false,
    },
    cost: {
      usd: 0.012345,
      picoUsd: 12_345_000_000n,
      breakdown: { input: 0n, output: 0n, cacheRead: 0n, cacheWrite5m: 0n, cacheWrite1h: 0n },
      price: { input: 3, output: 15, asOf: '2026-11-01', source: 'test' },
    },
    incidentId: 'INC-2026-11-0042',
    latencyMs: 2345,
    stopReason: 'end_turn',
  };
}

describe('numbers in the README, "What it costs a month"', () => {
  test('estimates $16.50 for 5 core names × (10 pairs + 1 total) × $0.30', () => {
    expect(new MonthlyCostEstimate(TEN_PAIRS).lines).toEqual([
      { name: 'Custom metrics', quantity: 55, unit: 'metric', unitPrice: 0.3, usd: 16.5 },
    ]);
  });

  test('estimates $0.40 for 4 alarm metrics, $3 for a dashboard, $0.625 for a million traces and for their incident index', () => {
    const lines = usdByLine({ ...TEN_PAIRS, alarmMetrics: 4, dashboards: 1, callsPerMonth: MILLION });

    expect(lines).toMatchObject({
      'Alarms': 0.4,
      'Dashboards': 3,
      'Traces written': 0.625,
      'Traces written to the incident index': 0.625,
    });
    expect(lines['Metric lines in the log']).toBeCloseTo(0.28, 1);
  });

  test('estimates one cent for 1,000 metrics that are read, such as 50 daily comparisons of 10 model ids', () => {
    expect(usdByLine({ ...TEN_PAIRS, metricsRead: 50 * 2 * 10 })).toMatchObject({ 'Metrics read': 0.01 });
  });

  test('estimates less than $0.02 for 720 runs of the budget alert function', () => {
    const estimate = new MonthlyCostEstimate({
      agents: 0,
      models: 0,
      functions: [
        {
          name: 'Budget alert',
          runsPerMonth: 720,
          memorySize: 256,
          duration: Duration.seconds(2),
          metricsRead: 1,
        },
      ],
    });

    expect(estimate.lines).toEqual([
      { name: 'Custom metrics', quantity: 5, unit: 'metric', unitPrice: 0.3, usd: 1.5 },
      { name: 'Budget alert: runs', quantity: 0.00072, unit: 'million runs', unitPrice: 0.2, usd: 0.000144 },
      {
        name: 'Budget alert: duration',
        quantity: 360,
        unit: 'GB-second',
        unitPrice: 0.0000133334,
        usd: 0.004800024,
      },
      {
        name: 'Budget alert: metrics read',
        quantity: 0.72,
        unit: '1,000 metrics',
        unitPrice: 0.01,
        usd: 0.0072,
      },
    ]);
    expect(estimate.usd - 1.5).toBeLessThan(0.02);
  });
});

describe('custom metrics', () => {
  test.each(DETAIL_LEVELS)(
    'counts the metrics that the runtime publishes for an answered invocation at detail level %s',
    async detailLevel => {
      const emitter = new AnalyticsEmitter({ detailLevel });
      const [line] = emfOf(
        await stdoutOf(() => {
          emitter.emit(typicalInvocation());
          void emitter.flush();
        }),
      );

      const {
        lines: [metrics, logged],
      } = new MonthlyCostEstimate({
        agents: 1,
        models: 1,
        detailLevel: detailLevel as DetailLevel,
        callsPerMonth: MILLION,
        traces: false,
      });

      expect(metrics.quantity).toBe(2 * line._aws.CloudWatchMetrics[0].Metrics.length);
      const lineBytes = JSON.stringify(line).length + 26;
      expect(logged).toMatchObject({ name: 'Metric lines in the log', unit: 'GB', unitPrice: 0.5 });
      expect(Math.abs((logged.quantity * 2 ** 30) / MILLION / lineBytes - 1)).toBeLessThan(0.05);
    },
  );

  test('counts a metric for each pair and the total, and once if it has no dimensions', () => {
    const quantityOf = (props: Partial<MonthlyCostEstimateProps>) =>
      new MonthlyCostEstimate({ ...TEN_PAIRS, ...props }).lines[0].quantity;

    expect(quantityOf({ pairs: 6 })).toBe(5 * 7);
    expect(quantityOf({ optionalMetrics: ['InvocationErrors', 'TokensPerItem'] })).toBe(7 * 11);
    expect(quantityOf({ optionalMetrics: ['TracesSpilled', 'DayToDateCost'] })).toBe(5 * 11 + 2);
    expect(quantityOf({ optionalMetrics: ['InputTokens', 'InvocationErrors', 'InvocationErrors'] })).toBe(
      6 * 11,
    );
    expect(
      quantityOf({
        detailLevel: 'standard' as DetailLevel,
        optionalMetrics: Object.values(METRICS).map(({ name }) => name),
      }),
    ).toBe(Object.values(METRICS).reduce((sum, { scope }) => sum + (scope === 'total' ? 1 : 11), 0));
  });

  test.each([
    [1999, [3000]],
    [2000, [3000, 0.5]],
    [200_000, [3000, 24_000, 37_500, 0.1]],
  ])('applies the price steps to the custom metrics of %d pairs: %j', (agents, expected) => {
    expect(new MonthlyCostEstimate({ agents, models: 1 }).lines.map(({ usd }) => usd)).toEqual(expected);
  });
});

describe('invocations', () => {
  test('counts stored traces in the table and the index, of about the size that the runtime writes', () => {
    const bytes = Object.entries(traceItem(typicalInvocation(), { writeShards: 1, ttlDays: 90 })).reduce(
      (sum, [name, value]) =>
        sum +
        name.length +
        ('S' in value ? value.S.length : 'N' in value ? Math.ceil(value.N.length / 2) + 1 : 1),
      100,
    );
    const { lines } = new MonthlyCostEstimate({
      agents: 1,
      models: 1,
      callsPerMonth: MILLION,
      incidentShare: 0.5,
      traceTtl: Duration.days(73),
    });
    const [kept, backup] = ['Traces kept', 'Point-in-time recovery'].map(name =>
      lines.find(line => line.name === name),
    );

    // `kept` is the cost of stored traces. They are deleted after 73 days (2.4 months).
    expect(kept).toMatchObject({ unit: 'GB', unitPrice: 0.25 });
    expect(Math.abs(((kept?.quantity ?? 0) * 2 ** 30) / MILLION / 2.4 / 1.5 / bytes - 1)).toBeLessThan(0.05);
    expect(backup).toMatchObject({ unit: 'GB', unitPrice: 0.2 });
    expect((kept?.quantity ?? 0) / (backup?.quantity ?? 0)).toBeCloseTo(1.5, 6);
  });

  test('counts one year for traces that are stored forever', () => {
    const keptFor = (days: number) =>
      usdByLine({ agents: 1, models: 1, callsPerMonth: MILLION, traceTtl: Duration.days(days) })[
        'Traces kept'
      ];

    expect(keptFor(0)).toBe(keptFor(365));
    expect(keptFor(365)).toBeGreaterThan(4 * keptFor(90));
  });

  test('omits the lines of traces, incidents, backup or log lines that do not exist', () => {
    const names = (props: Partial<MonthlyCostEstimateProps>) =>
      Object.keys(usdByLine({ agents: 1, models: 1, callsPerMonth: 1000, ...props }));

    expect(names({ traces: false })).toEqual(['Custom metrics', 'Metric lines in the log']);
    expect(names({ incidentShare: 0, pointInTimeRecovery: false })).toEqual([
      'Custom metrics',
      'Metric lines in the log',
      'Traces written',
      'Traces kept',
    ]);
    expect(names({ metricSink: 'putMetricData' as MetricSink, traces: false })).toEqual([
      'Custom metrics',
      'PutMetricData',
    ]);
    expect(names({ traceReads: 2 })).toContain('Traces read');
    expect(names({ callsPerMonth: undefined })).toEqual(['Custom metrics']);
  });
});

describe('ofTree', () => {
  test('counts alarms by their metrics and dashboards in a tree, including nested stacks', () => {
    const stack = newStack();
    const metrics = new TokenMetrics();
    const alarm = { threshold: 1, evaluationPeriods: 1 };
    new BudgetAlertLambda(stack, 'BudgetAlert', { enabled: true });
    new TokenTraceTable(stack, 'Traces');
    new TokenAnalyticsDashboard(new NestedStack(stack, 'Nested'), 'Dashboard');
    new TokenAnalyticsDashboard(stack, 'Dashboard', { dashboardName: 'second' });
    const one = metrics.metricTotalCost({ label: '' }).createAlarm(stack, 'One', alarm);
    metrics.metricErrorRate().createAlarm(stack, 'Two', alarm);
    new CfnResource(stack, 'Raw', { type: 'AWS::CloudWatch::Alarm' });
    metrics.metricTotalCost({ period: Duration.seconds(10) }).createAlarm(stack, 'Fast', alarm);
    new cloudwatch.AnomalyDetectionAlarm(stack, 'Anomaly', {
      metric: metrics.metricTotalCost(),
      evaluationPeriods: 1,
      stdDevs: 2,
    });
    new cloudwatch.CfnAlarm(stack, 'Query', {
      comparisonOperator: 'GreaterThanThreshold',
      evaluationPeriods: 1,
      metrics: [
        { id: 'q', expression: 'SELECT SUM(TotalCost) FROM SCHEMA("OPX/Analytics", AgentId, Model)' },
      ],
    });
    new cloudwatch.CompositeAlarm(stack, 'Composite', {
      alarmRule: cloudwatch.AlarmRule.fromAlarm(one, cloudwatch.AlarmState.ALARM),
    });

    const estimate = MonthlyCostEstimate.ofTree(stack, TEN_PAIRS);

    expect(estimate.lines.slice(1).map(({ name, quantity, usd }) => [name, quantity, usd])).toEqual([
      ['Alarms', 1 + 2 + 1 + 3, 0.7],
      ['High-resolution alarms', 1, 0.3],
      ['Alarms on queries', 10, 1],
      ['Composite alarms', 1, 0.5],
      ['Dashboards', 2, 6],
    ]);
  });

  test('estimates only the usage for a tree without alarms and dashboards', () => {
    expect(MonthlyCostEstimate.ofTree(newStack(), TEN_PAIRS).lines).toEqual(
      new MonthlyCostEstimate(TEN_PAIRS).lines,
    );
  });
});

test('returns the estimate as text, with the region and the date of its prices', () => {
  const estimate = new MonthlyCostEstimate({
    ...TEN_PAIRS,
    dashboards: 1,
    callsPerMonth: 1000,
    traces: false,
  });

  expect(estimate).toMatchObject({
    pricesRegion: 'us-east-1',
    pricesAsOf: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) as string,
  });
  expect(estimate.toString().replaceAll(/0\.000\d+ × /g, '… × ')).toBe(
    [
      `About 19.50 USD a month for 5 agents and 2 models, by list prices of us-east-1, ${estimate.pricesAsOf}; free tiers are ` +
        'not deducted.',
      '  Custom metrics: 55 × 0.3 USD / metric = 16.50 USD',
      '  Dashboards: 1 × 3 USD / dashboard = 3.00 USD',
      '  Metric lines in the log: … × 0.5 USD / GB = less than 0.01 USD',
    ].join('\n'),
  );
});

test('adds up lines of quantity × unit price, and grows with the usage', () => {
  const props = fc.record({
    agents: fc.integer({ min: 0, max: 300 }),
    models: fc.integer({ min: 0, max: 300 }),
    callsPerMonth: fc.integer({ min: 0, max: 10 ** 10 }),
    alarmMetrics: fc.nat(500),
    dashboards: fc.nat(50),
    traceReads: fc.nat(3),
    metricsRead: fc.nat(100_000),
  });

  fuzz(
    fc.property(props, usage => {
      const { lines, usd } = new MonthlyCostEstimate(usage);
      for (const line of lines) {
        expect(Math.abs(line.usd - line.quantity * line.unitPrice)).toBeLessThan(
          1e-9 * Math.max(1, line.usd),
        );
      }
      expect(Math.abs(lines.reduce((sum, line) => sum + line.usd, 0) - usd)).toBeLessThan(
        1e-9 * Math.max(1, usd),
      );
      expect(
        new MonthlyCostEstimate({
          ...usage,
          callsPerMonth: usage.callsPerMonth + MILLION,
          alarmMetrics: usage.alarmMetrics + 1,
        }).usd,
      ).toBeGreaterThan(usd);
    }),
  );
});

describe('invalid usage', () => {
  test.each<[string, Partial<MonthlyCostEstimateProps>]>([
    ['agents', { agents: -1 }],
    ['models', { models: 1.5 }],
    ['pairs', { pairs: 11 }],
    ['pairs', { pairs: NaN }],
    ['optionalMetrics', { optionalMetrics: ['CostUSD'] }],
    ['callsPerMonth', { callsPerMonth: Infinity }],
    ['incidentShare', { incidentShare: 1.01 }],
    ['incidentShare', { incidentShare: NaN }],
    ['dashboards', { dashboards: -2 }],
    ['metricsRead', { metricsRead: 0.5 }],
    [
      "functions['Rollup'].runsPerMonth",
      { functions: [{ name: 'Rollup', runsPerMonth: 0.5, memorySize: 128, duration: Duration.seconds(1) }] },
    ],
  ])('rejects an invalid %s', (prop, props) => {
    expect(() => new MonthlyCostEstimate({ ...TEN_PAIRS, ...props })).toThrow(
      `[MonthlyCostEstimate] \`${prop}\` must be `,
    );
  });

  test('rejects values that are known only at deployment', () => {
    const number = new CfnParameter(newStack(), 'Number', { type: 'Number' }).valueAsNumber;
    const given: Partial<MonthlyCostEstimateProps>[] = [
      { agents: number },
      { callsPerMonth: number },
      { incidentShare: Token.asNumber({ Ref: 'Share' }) },
      { callsPerMonth: 1, traceTtl: Duration.days(number) },
      {
        functions: [{ name: 'Rollup', runsPerMonth: 1, memorySize: 128, duration: Duration.seconds(number) }],
      },
    ];

    for (const props of given) {
      expect(() => new MonthlyCostEstimate({ ...TEN_PAIRS, ...props })).toThrow(
        'must be known at synthesis, got: a value that is known only at deployment',
      );
    }
  });
});
