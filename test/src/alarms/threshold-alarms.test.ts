import { CfnParameter, Duration } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { alarmsWith, propertiesOf, stateAfter, type Value } from './support';
import { TokenAnalyticsAlarms, type TokenAnalyticsAlarmsProps, TokenMetrics } from '../../../src';
import { newStack } from '../support';

type Prop =
  | 'tokensPerHour'
  | 'costPerHour'
  | 'latencyP90'
  | 'latencyP99'
  | 'cacheHitRate'
  | 'tokensPerItem'
  | 'errorRate'
  | 'unpricedCalls'
  | 'tracesDropped';

interface Row {
  readonly alarm: (alarms: TokenAnalyticsAlarms) => Alarm | undefined;
  readonly template: Readonly<Record<string, unknown>>;
  readonly fires: readonly Value[];
  readonly quiet: readonly Value[];
}

const REACHED = 'GreaterThanOrEqualToThreshold';
const ABOVE = 'GreaterThanThreshold';

function valuesOf(count: number, name = 'InvocationCount'): Value[] {
  return [{ name, value: count }];
}

function latencies(...perPeriod: number[]): Value[] {
  return perPeriod.map((value, index) => ({ name: 'ResponseLatency', value, minutesAgo: 1 + 5 * index }));
}

function mathOf(expression: string, period: number, ...names: string[]) {
  return [
    Match.objectLike({ Expression: Match.stringLikeRegexp(`^${expression}$`), ReturnData: true }),
    ...names.map(MetricName => ({
      Id: Match.anyValue(),
      Label: Match.anyValue(),
      MetricStat: {
        Metric: { Namespace: 'OPX/Analytics', MetricName },
        Period: period,
        Stat: 'Sum',
        Unit: 'Count',
      },
      ReturnData: false,
    })),
  ];
}

const ROWS: Record<Prop, Row> = {
  tokensPerHour: {
    alarm: alarms => alarms.tokensPerHourAlarm,
    template: {
      Metrics: mathOf('inputTokens \\+ outputTokens', 3600, 'InputTokens', 'OutputTokens'),
      EvaluationPeriods: 1,
      Threshold: 1_000_000,
      ComparisonOperator: REACHED,
    },
    fires: [
      { name: 'InputTokens', value: 600_000, minutesAgo: 59 },
      { name: 'OutputTokens', value: 400_000 },
    ],
    quiet: [
      { name: 'InputTokens', value: 900_000, minutesAgo: 61 },
      { name: 'InputTokens', value: 600_000 },
      { name: 'OutputTokens', value: 399_999 },
    ],
  },
  costPerHour: {
    alarm: alarms => alarms.costPerHourAlarm,
    template: {
      MetricName: 'TotalCost',
      Statistic: 'Sum',
      Period: 3600,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: REACHED,
    },
    fires: [
      { name: 'TotalCost', value: 0.4, minutesAgo: 59 },
      { name: 'TotalCost', value: 0.6 },
    ],
    quiet: [
      { name: 'TotalCost', value: 5, minutesAgo: 61 },
      { name: 'TotalCost', value: 0.99 },
    ],
  },
  latencyP90: {
    alarm: alarms => alarms.latencyP90Alarm,
    template: {
      MetricName: 'ResponseLatency',
      ExtendedStatistic: 'p90',
      Statistic: Match.absent(),
      Period: 300,
      EvaluationPeriods: 3,
      Threshold: 30_000,
      ComparisonOperator: ABOVE,
    },
    fires: latencies(30_001, 40_000, 50_000),
    quiet: latencies(30_001, 30_000, 50_000),
  },
  latencyP99: {
    alarm: alarms => alarms.latencyP99Alarm,
    template: {
      MetricName: 'ResponseLatency',
      ExtendedStatistic: 'p99',
      Statistic: Match.absent(),
      Period: 300,
      EvaluationPeriods: 3,
      Threshold: 60_000,
      ComparisonOperator: ABOVE,
    },
    fires: latencies(60_001, 70_000, 80_000),
    quiet: latencies(60_001, 70_000),
  },
  cacheHitRate: {
    alarm: alarms => alarms.cacheHitRateAlarm,
    template: {
      Metrics: mathOf(
        'IF\\(\\((\\w+) \\+ (\\w+)\\) >= 20, 100 \\* \\1 / \\(\\1 \\+ \\2\\)\\)',
        3600,
        'CachedResponses',
        'InvocationCount',
      ),
      EvaluationPeriods: 1,
      Threshold: 20,
      ComparisonOperator: 'LessThanThreshold',
    },
    fires: [...valuesOf(90), ...valuesOf(10, 'CachedResponses')],
    quiet: [...valuesOf(80), ...valuesOf(20, 'CachedResponses')],
  },
  tokensPerItem: {
    alarm: alarms => alarms.tokensPerItemAlarm,
    template: {
      MetricName: 'TokensPerItem',
      Statistic: 'Average',
      Period: 3600,
      EvaluationPeriods: 1,
      Threshold: 200,
      ComparisonOperator: ABOVE,
    },
    fires: [
      { name: 'TokensPerItem', value: 301, minutesAgo: 30 },
      { name: 'TokensPerItem', value: 100 },
    ],
    quiet: [
      { name: 'TokensPerItem', value: 300, minutesAgo: 30 },
      { name: 'TokensPerItem', value: 100 },
    ],
  },
  errorRate: {
    alarm: alarms => alarms.errorRateAlarm,
    template: {
      Metrics: mathOf(
        'IF\\(\\((\\w+) \\+ (\\w+)\\) >= 20, 100 \\* \\1 / \\(\\1 \\+ \\2\\)\\)',
        900,
        'InvocationErrors',
        'InvocationCount',
      ),
      EvaluationPeriods: 1,
      Threshold: 5,
      ComparisonOperator: ABOVE,
    },
    fires: [...valuesOf(94), ...valuesOf(6, 'InvocationErrors')],
    quiet: [...valuesOf(95), ...valuesOf(5, 'InvocationErrors')],
  },
  unpricedCalls: {
    alarm: alarms => alarms.unpricedCallsAlarm,
    template: {
      MetricName: 'UnpricedInvocations',
      Statistic: 'Sum',
      Period: 3600,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: REACHED,
    },
    fires: valuesOf(1, 'UnpricedInvocations'),
    quiet: valuesOf(1000),
  },
  tracesDropped: {
    alarm: alarms => alarms.tracesDroppedAlarm,
    template: {
      MetricName: 'TracesDropped',
      Statistic: 'Sum',
      Period: 3600,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: REACHED,
    },
    fires: valuesOf(1, 'TracesDropped'),
    quiet: valuesOf(1, 'TracesSpilled'),
  },
};

const rows = Object.entries(ROWS) as [Prop, Row][];

describe('alarms with a threshold', () => {
  test('creates no optional alarm unless its property is set', () => {
    const alarms = alarmsWith({});

    expect(rows.flatMap(([, { alarm }]) => alarm(alarms) ?? [])).toEqual([]);
    expect(alarms.alarms).toEqual([alarms.warningAlarm, alarms.criticalAlarm, alarms.costSpikeAlarm]);
  });

  describe.each(rows)('%s', (prop, { alarm, template, fires, quiet }) => {
    const id = `${prop[0].toUpperCase()}${prop.slice(1)}`;

    test('enables the alarm on the total of all invocations with its defaults for empty options', () => {
      const alarms = alarmsWith({ [prop]: {} });

      expect(alarm(alarms)?.node.path).toBe(`Stack/Alarms/${id}`);
      expect(alarms.alarms).toContain(alarm(alarms));
      const created = Template.fromStack(alarms.warningAlarm.stack);
      created.resourceCountIs('AWS::CloudWatch::Alarm', 4);
      const single = template.Metrics
        ? {}
        : { Namespace: 'OPX/Analytics', Dimensions: Match.absent(), Metrics: Match.absent() };
      created.hasResourceProperties('AWS::CloudWatch::Alarm', {
        ...single,
        ...template,
        TreatMissingData: 'notBreaching',
        EvaluationWindow: Match.absent(),
      });
    });

    test('fires beyond the threshold, and is OK within it and without data', () => {
      const alarms = alarmsWith({ [prop]: {} });

      expect(stateAfter(alarm(alarms), fires)).toBe('ALARM');
      expect(stateAfter(alarm(alarms), quiet)).toBe('OK');
      expect(stateAfter(alarm(alarms), [])).toBe('OK');
    });

    test('accepts another threshold and namespace, and shows the threshold in the description', () => {
      const properties = propertiesOf(
        alarm(alarmsWith({ [prop]: { threshold: 42 }, namespace: 'Shop/dev' })),
      );

      expect(properties.Threshold).toBe(42);
      expect(properties.AlarmDescription).toMatch(
        /\b42\b.*\. This alarm only notifies: nothing was blocked\.$/,
      );
      expect(JSON.stringify(properties)).toContain('Shop/dev');
      expect(JSON.stringify(properties)).not.toContain('OPX/Analytics');
    });

    test('accepts a threshold that is a token', () => {
      const stack = newStack();
      const threshold = new CfnParameter(stack, 'Threshold', { type: 'Number' }).valueAsNumber;
      const properties = propertiesOf(
        alarm(new TokenAnalyticsAlarms(stack, 'Alarms', { dailyBudget: 10, [prop]: { threshold } })),
      );

      expect(properties.Threshold).toEqual({ Ref: 'Threshold' });
      expect(JSON.stringify(properties.AlarmDescription)).toContain('{"Ref":"Threshold"}');
    });

    test.each([-1, NaN, Infinity])(
      'rejects a threshold of %s with the path, the value and the fix',
      threshold => {
        expect(() => alarmsWith({ [prop]: { threshold } })).toThrow(
          new RegExp(
            `^\\[Stack/Alarms\\] \`${prop}.threshold\` must be a .*, got: ${threshold}\\. Give .*, ` +
              'such as \\d+\\.$',
          ),
        );
      },
    );
  });

  test('accepts another window for an alarm and shows it in the description', () => {
    const { latencyP90Alarm, errorRateAlarm } = alarmsWith({
      latencyP90: { period: Duration.minutes(10), evaluationPeriods: 2 },
      errorRate: { period: Duration.hours(1), evaluationPeriods: 24, minimumSamples: 1 },
    });

    expect(propertiesOf(latencyP90Alarm)).toMatchObject({ Period: 600, EvaluationPeriods: 2 });
    expect(propertiesOf(latencyP90Alarm).AlarmDescription).toContain(
      'above 30000 ms in each of 2 periods of 10 minutes: 10 % of the invocations took longer.',
    );
    expect(propertiesOf(errorRateAlarm)).toMatchObject({
      EvaluationPeriods: 24,
      Metrics: [
        { Expression: expect.not.stringContaining('IF') as string },
        { MetricStat: { Period: 3600 } },
        {},
      ],
    });
  });

  test.each(['tokensPerHour', 'costPerHour'] as const)(
    'always evaluates %s over one hour and warns about other options',
    prop => {
      const more = { period: Duration.minutes(30), evaluationPeriods: 3 };
      const alarms = alarmsWith({ [prop]: { threshold: 5, ...more } });
      const alarm = ROWS[prop].alarm(alarms);

      expect(propertiesOf(alarm)).toMatchObject({ EvaluationPeriods: 1, Threshold: 5 });
      expect(JSON.stringify(propertiesOf(alarm))).toContain('"Period":3600');
      Annotations.fromStack(alarms.warningAlarm.stack).hasWarning(
        '/Stack/Alarms',
        Match.stringLikeRegexp(`\`${prop}\\.period\` is not a property`),
      );
      expect(() => alarmsWith(JSON.parse(`{"${prop}":{"period":300}}`) as object)).not.toThrow();
    },
  );

  test('evaluates no share of fewer invocations than a minimum that is a token', () => {
    const stack = newStack();
    const floor = new CfnParameter(stack, 'Floor', { type: 'Number' });
    const { errorRateAlarm } = new TokenAnalyticsAlarms(stack, 'Alarms', {
      dailyBudget: 1,
      errorRate: { minimumSamples: floor.valueAsNumber },
    });

    const [{ Expression }] = propertiesOf(errorRateAlarm).Metrics ?? [];
    expect(JSON.stringify(Expression)).toContain('>= ",{"Ref":"Floor"},"');
  });

  test.each(['minutes', 'seconds'] as const)('rejects a period of %s that is a token', unit => {
    const stack = newStack();
    const period = Duration[unit](new CfnParameter(stack, 'Period', { type: 'Number' }).valueAsNumber);
    const alarms: Partial<TokenAnalyticsAlarmsProps>[] = [
      { costSpikePeriod: period },
      { unpricedCalls: { period } },
      { errorRate: { period } },
      { costAnomaly: { period } },
    ];

    for (const props of alarms) {
      expect(() => alarmsWith(props)).toThrow(
        /^\[Stack\/Alarms\] `\w+(?:\.period)?` must be known at synth, got: a token\. /,
      );
    }
    expect(() => new TokenMetrics().metricTotalCost({ period })).toThrow(
      '[TokenMetrics] `period` must be known at synth, got: a token. ',
    );
  });

  test('evaluates no share of fewer invocations than the minimum', () => {
    const { errorRateAlarm, cacheHitRateAlarm } = alarmsWith({
      errorRate: {},
      cacheHitRate: { minimumSamples: 5 },
    });

    expect(stateAfter(errorRateAlarm, valuesOf(19, 'InvocationErrors'))).toBe('OK');
    expect(stateAfter(errorRateAlarm, valuesOf(20, 'InvocationErrors'))).toBe('ALARM');
    expect(stateAfter(cacheHitRateAlarm, valuesOf(4))).toBe('OK');
    expect(stateAfter(cacheHitRateAlarm, valuesOf(5))).toBe('ALARM');
  });

  test('does not add the values of single pairs to the total', () => {
    const dimensions = { AgentId: 'triage', Model: 'm' };
    const { costPerHourAlarm } = alarmsWith({ costPerHour: {} });

    expect(
      stateAfter(costPerHourAlarm, [
        { name: 'TotalCost', value: 0.6 },
        { name: 'TotalCost', value: 0.6, dimensions },
      ]),
    ).toBe('OK');
  });

  test.each<[string, Partial<TokenAnalyticsAlarmsProps>, string]>([
    ['tokensPerHour.threshold', { tokensPerHour: { threshold: 0 } }, '0'],
    ['errorRate.threshold', { errorRate: { threshold: 100 } }, '100'],
    ['cacheHitRate.threshold', { cacheHitRate: { threshold: 0 } }, '0'],
    ['cacheHitRate.threshold', { cacheHitRate: { threshold: 101 } }, '101'],
    ['errorRate.minimumSamples', { errorRate: { minimumSamples: 0 } }, '0'],
    ['cacheHitRate.minimumSamples', { cacheHitRate: { minimumSamples: 1.5 } }, '1.5'],
    ['latencyP99.evaluationPeriods', { latencyP99: { evaluationPeriods: 0 } }, '0'],
    ['latencyP90.evaluationPeriods', { latencyP90: { evaluationPeriods: 2.5 } }, '2.5'],
    ['unpricedCalls.evaluationPeriods', { unpricedCalls: { evaluationPeriods: 1441 } }, '1441'],
    ['latencyP90.period', { latencyP90: { period: Duration.seconds(30) } }, '30 seconds'],
    ['tracesDropped.period', { tracesDropped: { period: Duration.seconds(90) } }, '1 minute 30 seconds'],
    ['latencyP90.period', { latencyP90: { evaluationPeriods: 289 } }, '5 minutes'],
    ['tokensPerItem.period', { tokensPerItem: { period: Duration.days(1), evaluationPeriods: 8 } }, '1 day'],
  ])('rejects %s in %j', (prop, props, got) => {
    expect(() => alarmsWith(props)).toThrow(
      new RegExp(`^\\[Stack/Alarms\\] \`${prop}\` must be .*, got: ${got}\\. [A-Z].*\\.$`),
    );
  });

  test.each<[string, Partial<TokenAnalyticsAlarmsProps>]>([
    ['any failed invocation', { errorRate: { threshold: 0, minimumSamples: 1 } }],
    ['any answer that was not cached', { cacheHitRate: { threshold: 100 } }],
    ['a whole day of short periods', { latencyP90: { evaluationPeriods: 288 } }],
    ['a week of long periods', { tokensPerItem: { period: Duration.hours(1), evaluationPeriods: 168 } }],
  ])('accepts an alarm on %s', (_what, props) => {
    expect(alarmsWith(props).alarms).toHaveLength(4);
  });
});

describe('the anomaly alarm', () => {
  test('fires on the cost of an hour only above the anomaly band', () => {
    const properties = propertiesOf(alarmsWith({ costAnomaly: {} }).costAnomalyAlarm);

    expect(properties).toMatchObject({
      ComparisonOperator: 'GreaterThanUpperThreshold',
      EvaluationPeriods: 1,
      TreatMissingData: 'notBreaching',
      Metrics: [
        { Expression: 'ANOMALY_DETECTION_BAND(m0, 3)', ReturnData: true },
        {
          Id: 'm0',
          MetricStat: {
            Metric: { Namespace: 'OPX/Analytics', MetricName: 'TotalCost' },
            Period: 3600,
            Stat: 'Sum',
          },
          ReturnData: true,
        },
      ],
    });
    expect(properties.Threshold).toBeUndefined();
    expect(properties.ThresholdMetricId).toBe((properties.Metrics?.[0] as { Id: string }).Id);
    expect(properties.AlarmDescription).toMatch(
      /by more than 3 standard deviations\. .* nothing was blocked\.$/,
    );
  });

  test('accepts another width and window for the anomaly alarm', () => {
    const properties = propertiesOf(
      alarmsWith({ costAnomaly: { threshold: 2.5, period: Duration.minutes(5), evaluationPeriods: 3 } })
        .costAnomalyAlarm,
    );

    expect(properties).toMatchObject({
      EvaluationPeriods: 3,
      Metrics: [{ Expression: 'ANOMALY_DETECTION_BAND(m0, 2.5)' }, { MetricStat: { Period: 300 } }],
    });
  });

  test('rejects a width of the anomaly band that is invalid or not known at synthesis', () => {
    const threshold = new CfnParameter(newStack(), 'Threshold', { type: 'Number' }).valueAsNumber;

    expect(() => alarmsWith({ costAnomaly: { threshold: 0 } })).toThrow(
      '[Stack/Alarms] `costAnomaly.threshold` must be a finite number above 0, got: 0. Give standard ' +
        'deviations, such as 3.',
    );
    expect(() => alarmsWith({ costAnomaly: { threshold } })).toThrow(
      '`costAnomaly.threshold` must be a number that is known at synthesis, got: a token.',
    );
    expect(() => alarmsWith({ costAnomaly: { period: Duration.seconds(10) } })).toThrow(
      '`costAnomaly.period` must be a whole number of minutes',
    );
  });
});
