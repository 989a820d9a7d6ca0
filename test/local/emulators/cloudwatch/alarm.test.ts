import { evaluateAlarm } from '../../../../local/emulators/cloudwatch/alarm';
import { MetricStore } from '../../../../local/emulators/cloudwatch/metrics/metric-store';

const NOW = new Date('2026-11-22T00:00:00Z');

function storeWith(
  ...data: readonly (readonly [name: string, minutesAgo: number, value: number])[]
): MetricStore {
  const store = new MetricStore();
  for (const [name, minutesAgo, value] of data) {
    store.putDatum({
      namespace: 'N/S',
      name,
      dimensions: {},
      timestamp: new Date(NOW.getTime() - minutesAgo * 60_000),
      values: [value],
    });
  }
  return store;
}

const BUDGET = {
  Namespace: 'N/S',
  MetricName: 'Cost',
  Statistic: 'Sum',
  Period: 86_400,
  EvaluationPeriods: 1,
  Threshold: 8,
  ComparisonOperator: 'GreaterThanOrEqualToThreshold',
  TreatMissingData: 'notBreaching',
};
const SPIKE = {
  Metrics: [
    { Id: 'expr_1', Expression: 'cost / calls', ReturnData: true },
    {
      Id: 'cost',
      MetricStat: { Metric: { Namespace: 'N/S', MetricName: 'Cost' }, Period: 300, Stat: 'Sum' },
      ReturnData: false,
    },
    {
      Id: 'calls',
      MetricStat: {
        Metric: { Namespace: 'N/S', MetricName: 'Calls', Dimensions: [] },
        Period: 300,
        Stat: 'Sum',
      },
      ReturnData: false,
    },
  ],
  EvaluationPeriods: 2,
  Threshold: 0.01,
  ComparisonOperator: 'GreaterThanThreshold',
  TreatMissingData: 'notBreaching',
};

describe('evaluateAlarm', () => {
  describe('with a Metrics Insights query', () => {
    const alarm = (expression: string, others = {}) => ({
      ...SPIKE,
      Metrics: [{ Id: 'q1', Expression: expression, Period: 3600, ReturnData: true }],
      EvaluationPeriods: 3,
      DatapointsToAlarm: 1,
      Threshold: 0.1 + 0.2,
      ...others,
    });
    const SUM = 'SELECT SUM(Cost) FROM SCHEMA("N/S")';

    test('evaluates up to three hours', () => {
      const store = storeWith(['Cost', 170, 5], ['Cost', 10, 0.1]);

      const { state, reason } = evaluateAlarm(alarm(SUM), store, NOW);

      expect(state).toBe('ALARM');
      expect(reason).toContain('1 of 3 datapoints [5 (2026-11-21T21:00:00.000Z), 0.1');
      expect(reason).toContain('in the last 3 hours was greater than the threshold (0.3).');
    });

    test.each([
      [alarm(SUM, { EvaluationPeriods: 4 }), 'must evaluate at most three hours, got: 4 hours'],
      [alarm(`${SUM} GROUP BY AgentId`), 'alarms on several series are not supported'],
    ])('refuses what CloudWatch or the emulator does not evaluate', (properties, reason) => {
      expect(() => evaluateAlarm(properties, storeWith(), NOW)).toThrow(reason);
    });
  });

  test('evaluates an alarm with a period of one day over the last 24 hours', () => {
    const noon = new Date('2026-11-22T12:00:00Z');
    const store = storeWith(['Cost', 60, 5], ['Cost', -60, 3]);

    expect(evaluateAlarm(BUDGET, store, noon)).toEqual({
      state: 'ALARM',
      reason:
        'Threshold crossed: 1 of 1 datapoint [8 (2026-11-21T12:00:00.000Z)] in the last 24 hours was ' +
        'greater than or equal to the threshold (8).',
    });
  });

  test('returns OK below the threshold with the value in the reason', () => {
    const { state, reason } = evaluateAlarm(BUDGET, storeWith(['Cost', 60, 7.5]), NOW);

    expect(state).toBe('OK');
    expect(reason).toContain('7.5');
  });

  test.each([
    ['notBreaching', 'OK'],
    ['breaching', 'ALARM'],
    ['missing', 'INSUFFICIENT_DATA'],
    [undefined, 'INSUFFICIENT_DATA'],
  ])('an alarm without data that treats missing data as %s has the state %s', (TreatMissingData, state) => {
    expect(evaluateAlarm({ ...BUDGET, TreatMissingData }, new MetricStore(), NOW).state).toBe(state);
  });

  test.each([
    [
      'both periods breach',
      [
        ['Cost', 1, 1],
        ['Calls', 1, 10],
        ['Cost', 6, 1],
        ['Calls', 6, 10],
      ],
      {},
      'ALARM',
    ],
    [
      'one of two breaches',
      [
        ['Cost', 1, 1],
        ['Calls', 1, 10],
        ['Cost', 6, 0.01],
        ['Calls', 6, 10],
      ],
      {},
      'OK',
    ],
    [
      'one is enough',
      [
        ['Cost', 1, 1],
        ['Calls', 1, 10],
      ],
      { DatapointsToAlarm: 1 },
      'ALARM',
    ],
    ['there were no calls', [], {}, 'OK'],
  ] as const)('evaluates an alarm on metric math if %s', (_name, data, changes, state) => {
    expect(evaluateAlarm({ ...SPIKE, ...changes }, storeWith(...data), NOW).state).toBe(state);
  });

  describe('with a wall-clock window', () => {
    const NOON = new Date('2026-11-22T12:00:00Z');
    const daily = (Timezone?: string) => ({ ...BUDGET, EvaluationWindow: { WallClockWindow: { Timezone } } });

    test('evaluates the last complete day of a wall-clock window and ignores the current day', () => {
      const [lastYesterday, firstToday] = [1, 0];

      expect(evaluateAlarm(daily('UTC'), storeWith(['Cost', lastYesterday, 8]), NOON)).toEqual({
        state: 'ALARM',
        reason:
          'Threshold crossed: 1 of 1 datapoint [8 (2026-11-21T00:00:00.000Z)] on 2026-11-21 in UTC ' +
          'was greater than or equal to the threshold (8).',
      });
      expect(
        evaluateAlarm(daily(), storeWith(['Cost', lastYesterday, 7], ['Cost', firstToday, 100]), NOON).state,
      ).toBe('OK');
    });

    test.each([
      ['Europe/Berlin', 'OK'],
      ['UTC', 'ALARM'],
    ])('uses days in the time zone of a wall-clock window: %s', (zone, state) => {
      const store = new MetricStore();
      store.putDatum({
        namespace: 'N/S',
        name: 'Cost',
        dimensions: {},
        timestamp: new Date('2026-11-21T23:30:00Z'),
        values: [8],
      });

      expect(evaluateAlarm(daily(zone), store, NOON).state).toBe(state);
    });

    test.each([
      ['of 25 hours', '2026-10-26T12:00:00Z', ['2026-10-24T22:00:00Z', '2026-10-25T22:59:00Z']],
      ['of 23 hours', '2026-03-30T12:00:00Z', ['2026-03-28T23:00:00Z', '2026-03-29T21:59:00Z']],
    ])('evaluates all hours of a day %s in a wall-clock window', (_name, now, times) => {
      const store = new MetricStore();
      for (const time of times) {
        store.putDatum({
          namespace: 'N/S',
          name: 'Cost',
          dimensions: {},
          timestamp: new Date(time),
          values: [4],
        });
      }

      expect(evaluateAlarm(daily('Europe/Berlin'), store, new Date(now)).state).toBe('ALARM');
    });

    test('refuses a wall-clock window that is not one day', () => {
      expect(() => evaluateAlarm({ ...daily('UTC'), Period: 3600 }, new MetricStore(), NOON)).toThrow(
        'a wall-clock window must be one day',
      );
    });
  });

  test('refuses an unknown comparison operator', () => {
    expect(() =>
      evaluateAlarm({ ...BUDGET, ComparisonOperator: 'LessThanLowerThreshold' }, new MetricStore(), NOW),
    ).toThrow('LessThanLowerThreshold');
  });
});
