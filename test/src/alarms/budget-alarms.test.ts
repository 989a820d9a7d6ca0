import { CfnParameter, Fn } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { alarmsWith, NOW, propertiesOf, stateAfter, type Value } from './support';
import {
  type AgentBudget,
  BudgetAlertLambda,
  BudgetWindow,
  TokenAnalyticsAlarms,
  type TokenAnalyticsAlarmsProps,
} from '../../../src';
import { newStack } from '../support';

const MODELS = ['amazon.nova-lite-v1:0', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k'];

function budget(models: number, changes: Partial<AgentBudget> = {}): AgentBudget {
  return { agentId: 'triage', dailyBudget: 20, models: MODELS.slice(0, models), ...changes };
}

function spent(value: number, minutesAgo: number, pair?: readonly [agentId: string, model: string]): Value {
  return {
    name: 'TotalCost',
    value,
    minutesAgo,
    dimensions: pair ? { AgentId: pair[0], Model: pair[1] } : {},
  };
}

describe('the window of budget alarms', () => {
  test('uses the last 24 hours as the default window', () => {
    const said = alarmsWith({ window: BudgetWindow.rolling24Hours(), agentBudgets: [budget(5)] }).warningAlarm
      .stack;
    const unsaid = alarmsWith({ agentBudgets: [budget(5)] }).warningAlarm.stack;

    expect(Template.fromStack(said).toJSON()).toEqual(Template.fromStack(unsaid).toJSON());
    expect(JSON.stringify(Template.fromStack(said).toJSON())).not.toContain('EvaluationWindow');
  });

  test('evaluates only the budget alarms by calendar day in the given time zone', () => {
    const { stack } = alarmsWith({
      window: BudgetWindow.calendarDay('Europe/Berlin'),
      agentBudgets: [budget(1), budget(5, { agentId: 'scribe' })],
      costPerHour: {},
    }).warningAlarm;

    const template = Template.fromStack(stack);
    const wallClock = { EvaluationWindow: { WallClockWindow: { Timezone: 'Europe/Berlin' } } };
    expect(
      Object.keys(template.findResources('AWS::CloudWatch::Alarm', { Properties: wallClock })),
    ).toHaveLength(4);
    for (const Threshold of [8, 9.5]) {
      template.hasResourceProperties('AWS::CloudWatch::Alarm', {
        ...wallClock,
        MetricName: 'TotalCost',
        Statistic: 'Sum',
        Period: 86_400,
        EvaluationPeriods: 1,
        Threshold,
        TreatMissingData: 'notBreaching',
        AlarmDescription: Match.stringLikeRegexp(
          '^The cost of the last completed day \\(Europe/Berlin\\) has reached',
        ),
      });
    }
  });

  test('uses UTC as the default time zone of a calendar day', () => {
    expect(propertiesOf(alarmsWith({ window: BudgetWindow.calendarDay() }).criticalAlarm)).toMatchObject({
      EvaluationWindow: { WallClockWindow: { Timezone: 'UTC' } },
    });
  });

  test('fires for the day that has ended with calendarDay, when the rolling window is already OK', () => {
    const yesterdayMorning = [spent(8, 30 * 60)];
    const today = [spent(8, 60)];
    const rolling = alarmsWith({});
    const calendar = alarmsWith({ window: BudgetWindow.calendarDay() });

    expect([
      stateAfter(rolling.warningAlarm, yesterdayMorning),
      stateAfter(calendar.warningAlarm, yesterdayMorning),
    ]).toEqual(['OK', 'ALARM']);
    expect([stateAfter(rolling.warningAlarm, today), stateAfter(calendar.warningAlarm, today)]).toEqual([
      'ALARM',
      'OK',
    ]);
  });

  describe('dayToDate', () => {
    function dayToDate(): TokenAnalyticsAlarms {
      const stack = newStack();
      const budgetAlert = new BudgetAlertLambda(stack, 'BudgetAlert', { enabled: true });
      return new TokenAnalyticsAlarms(stack, 'Alarms', {
        dailyBudget: 10,
        window: BudgetWindow.dayToDate(budgetAlert),
        agentBudgets: [budget(1)],
      });
    }

    test('reads the gauge with dayToDate and keeps the alarm state between runs of the function', () => {
      const { warningAlarm } = dayToDate();

      expect(propertiesOf(warningAlarm)).toMatchObject({
        Namespace: 'OPX/Analytics',
        MetricName: 'DayToDateCost',
        Statistic: 'Maximum',
        Period: 300,
        EvaluationPeriods: 1,
        Threshold: 8,
        TreatMissingData: 'ignore',
        AlarmDescription:
          'The cost of the day so far has reached 80 % of the daily budget of 10 USD. Look at "Cost by agent" on ' +
          'the dashboard. This alarm only notifies: nothing was blocked.',
      });
      expect(propertiesOf(warningAlarm)).not.toHaveProperty('EvaluationWindow');
    });

    test('creates the same alarm with dayToDate if no function is given', () => {
      expect(propertiesOf(alarmsWith({ window: BudgetWindow.dayToDate() }).warningAlarm)).toEqual(
        propertiesOf(dayToDate().warningAlarm),
      );
    });

    test('fires at the run that reports the share of the day, and ignores cost before the day began', () => {
      const { warningAlarm } = dayToDate();

      expect(stateAfter(warningAlarm, [{ name: 'DayToDateCost', value: 8 }, spent(8, 1)])).toBe('ALARM');
      expect(stateAfter(warningAlarm, [{ name: 'DayToDateCost', value: 0.5 }, spent(100, 14 * 60)])).toBe(
        'OK',
      );
    });

    test('keeps agent budgets at the last 24 hours with dayToDate', () => {
      expect(propertiesOf(dayToDate().agentBudgetAlarms[0])).toMatchObject({
        MetricName: 'TotalCost',
        Period: 86_400,
        TreatMissingData: 'notBreaching',
      });
    });

    test('rejects a dayToDate function that is disabled or has another namespace', () => {
      const stack = newStack();
      const create = (id: string, props: { enabled?: boolean; namespace?: string }) => () =>
        new TokenAnalyticsAlarms(stack, `Alarms${id}`, {
          dailyBudget: 10,
          window: BudgetWindow.dayToDate(new BudgetAlertLambda(stack, id, props)),
        });

      expect(create('Off', {})).toThrow(
        '[Stack/AlarmsOff] `window` must be made from an enabled `BudgetAlertLambda`, got: ' +
          'Stack/Off. Set `enabled: true`: otherwise the function does not publish the cost of the day.',
      );
      expect(create('Other', { enabled: true, namespace: 'Shop/dev' })).toThrow(
        '[Stack/AlarmsOther] `window` must be made from a `BudgetAlertLambda` of the namespace ' +
          'OPX/Analytics, got: Shop/dev.',
      );
    });
  });
});

describe('agent budgets', () => {
  test('creates an alarm at the critical share for each agent budget, without metric math for one model', () => {
    const { agentBudgetAlarms } = alarmsWith({ agentBudgets: [budget(1)] });

    expect(agentBudgetAlarms.map(alarm => alarm.node.path)).toEqual(['Stack/Alarms/AgentBudgets/triage']);
    expect(propertiesOf(agentBudgetAlarms[0])).toEqual({
      AlarmDescription:
        'The cost of agent triage in the last 24 hours has reached 95 % of its daily budget of 20 ' +
        'USD. Only the models of `agentBudgets` are included. Look at "Cost by agent" on the dashboard. This ' +
        'alarm only notifies: nothing was blocked.',
      Namespace: 'OPX/Analytics',
      MetricName: 'TotalCost',
      Dimensions: [
        { Name: 'AgentId', Value: 'triage' },
        { Name: 'Model', Value: 'amazon.nova-lite-v1:0' },
      ],
      Statistic: 'Sum',
      Unit: 'None',
      Period: 86_400,
      EvaluationPeriods: 1,
      Threshold: 19,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'notBreaching',
    });
  });

  test.each([5, 10])('adds up the cost of %s models of an agent', models => {
    const { agentBudgetAlarms } = alarmsWith({ agentBudgets: [budget(models)], criticalPercent: 100 });

    const { Metrics: [sum, ...metrics] = [], ...properties } = propertiesOf(agentBudgetAlarms[0]);
    expect(properties).toMatchObject({
      Threshold: 20,
      EvaluationPeriods: 1,
      TreatMissingData: 'notBreaching',
    });
    expect(sum.Expression).toBe(Array.from({ length: models }, (_, index) => `cost${index + 1}`).join(' + '));
    expect(metrics).toEqual(
      MODELS.slice(0, models).map((model, index) => ({
        Id: `cost${index + 1}`,
        ReturnData: false,
        MetricStat: {
          Metric: {
            Namespace: 'OPX/Analytics',
            MetricName: 'TotalCost',
            Dimensions: [
              { Name: 'AgentId', Value: 'triage' },
              { Name: 'Model', Value: model },
            ],
          },
          Period: 86_400,
          Stat: 'Sum',
          Unit: 'None',
        },
      })),
    );
  });

  test('fires on the sum of the models of an agent and ignores other agents', () => {
    const [alarm] = alarmsWith({ agentBudgets: [budget(5)] }).agentBudgetAlarms;
    const [a, b] = MODELS;

    expect(stateAfter(alarm, [spent(10, 60, ['triage', a]), spent(9, 20 * 60, ['triage', b])])).toBe('ALARM');
    expect(stateAfter(alarm, [spent(19, 60, ['triage', b])])).toBe('ALARM');
    expect(
      stateAfter(alarm, [spent(18.99, 60, ['triage', a]), spent(50, 60, ['scribe', a]), spent(70, 60)]),
    ).toBe('OK');
    expect(stateAfter(alarm, [spent(19, 25 * 60, ['triage', a])])).toBe('OK');
    expect(stateAfter(alarm, [])).toBe('OK');
  });

  test('evaluates the sum of an agent budget by calendar day', () => {
    const [alarm] = alarmsWith({
      agentBudgets: [budget(2)],
      window: BudgetWindow.calendarDay('Asia/Tokyo'),
    }).agentBudgetAlarms;
    const lastMinute = new Date('2026-11-22T14:59:00Z').getTime();
    const minutesAgo = (NOW.getTime() - lastMinute) / 60_000;
    const later = new Date('2026-11-22T15:30:00Z');

    expect(stateAfter(alarm, [spent(19, 60, ['triage', 'b'])])).toBe('OK');
    expect(
      stateAfter(
        alarm,
        [spent(19, minutesAgo + (later.getTime() - NOW.getTime()) / 60_000, ['triage', 'b'])],
        later,
      ),
    ).toBe('ALARM');
    expect(propertiesOf(alarm).AlarmDescription).toContain(
      'The cost of agent triage in the last completed day (Asia/Tokyo)',
    );
  });

  test('computes the used share in CloudWatch if the amount of an agent budget is a token', () => {
    const stack = newStack();
    const dailyBudget = new CfnParameter(stack, 'Budget', { type: 'Number' }).valueAsNumber;
    const { agentBudgetAlarms } = new TokenAnalyticsAlarms(stack, 'Alarms', {
      dailyBudget: 10,
      agentBudgets: [budget(1, { dailyBudget }), budget(2, { agentId: 'scribe', dailyBudget })],
    });

    const [one, two] = agentBudgetAlarms.map(propertiesOf);
    expect(one).toMatchObject({
      Threshold: 95,
      Metrics: [{ Expression: { 'Fn::Join': ['', ['100 * cost / ', { Ref: 'Budget' }]] } }, {}],
    });
    expect(two).toMatchObject({
      Threshold: 95,
      Metrics: [
        { Expression: { 'Fn::Join': ['', ['100 * (cost1 + cost2) / ', { Ref: 'Budget' }]] } },
        {},
        {},
      ],
    });
  });

  test('accepts an agent id that is a token', () => {
    const stack = newStack();
    const agentId = new CfnParameter(stack, 'Agent').valueAsString;
    const { agentBudgetAlarms } = new TokenAnalyticsAlarms(stack, 'Alarms', {
      dailyBudget: 10,
      agentBudgets: [budget(1, { agentId })],
    });

    expect(propertiesOf(agentBudgetAlarms[0])).toMatchObject({
      Dimensions: [{ Name: 'AgentId', Value: { Ref: 'Agent' } }, { Name: 'Model' }],
    });
  });

  test('creates no alarm for an empty list of agent budgets', () => {
    expect(Template.fromStack(alarmsWith({ agentBudgets: [] }).warningAlarm.stack).toJSON()).toEqual(
      Template.fromStack(alarmsWith({}).warningAlarm.stack).toJSON(),
    );
  });

  test.each<[string, AgentBudget[], string, string]>([
    ['models', [budget(11)], '11 models', 'at most 10 models'],
    ['models', [budget(0)], '\\[\\]', 'a list of at least one model'],
    ['models', [budget(1, { models: undefined })], 'undefined', 'a list of at least one model'],
    ['models', [budget(1, { models: ['a', 'a'] })], 'a', 'a list without duplicates'],
    [
      'models',
      [budget(1, { models: Fn.split(',', Fn.importValue('Models')) })],
      'a token',
      'a list that is known at synthesis',
    ],
    ['models\\[1\\]', [budget(1, { models: ['a', ''] })], "''", '1 to 255 characters'],
    ['dailyBudget', [budget(1, { dailyBudget: 0 })], '0', 'a finite number of US dollars above 0'],
    ['dailyBudget', [budget(1, { dailyBudget: undefined })], 'undefined', 'given'],
    ['agentId', [budget(1, { agentId: 'a"b' })], 'a"b', 'printable ASCII'],
    ['agentId', [budget(1, { agentId: undefined })], 'undefined', 'given'],
  ])('rejects %s in the agent budgets %j', (name, agentBudgets, got, must) => {
    expect(() => alarmsWith({ agentBudgets })).toThrow(
      new RegExp(
        `^\\[Stack/Alarms\\] \`agentBudgets\\[0\\]\\.${name}\` must be ${must}.*, got: ${got}\\. [A-Z].*\\.$`,
      ),
    );
  });

  test('rejects a second budget for the same agent', () => {
    expect(() => alarmsWith({ agentBudgets: [budget(1), budget(2)] })).toThrow(
      '[Stack/Alarms] `agentBudgets[1].agentId` must be an agent that has no budget yet, got: ' +
        'triage. Give each agent one budget.',
    );
  });
});

test.each<[string, Partial<TokenAnalyticsAlarmsProps>]>([
  ['Mars/Phobos', { window: BudgetWindow.calendarDay('Mars/Phobos') }],
  ["''", { window: BudgetWindow.calendarDay('') }],
])('rejects the time zone %s', (got, props) => {
  expect(() => alarmsWith(props)).toThrow(
    `[Stack/Alarms] \`window.timeZone\` must be an IANA time zone, got: ${got}.`,
  );
});

describe('construct ids of agent budgets', () => {
  const idsOf = (...agentIds: string[]) =>
    alarmsWith({ agentBudgets: agentIds.map(agentId => budget(1, { agentId })) }).agentBudgetAlarms.map(
      ({ node }) => node.id,
    );

  test('uses the agent id as the construct id of its alarm, if constructs allow it', () => {
    expect(idsOf('triage', 'Triage', 'a--b', 'a_b', 'a.b c', '7')).toEqual([
      'triage',
      'Triage',
      'a--b',
      'a_b',
      'a.b c',
      '7',
    ]);
  });

  test('creates different construct ids for agents whose ids would clash', () => {
    const token = Fn.importValue('Agent');

    const ids = idsOf(token, '0', 'a/b', 'a--b', 'constructor', '__proto__', 'Resource', 'Default');

    expect(ids).toEqual(['0', '$0', '$a$b', 'a--b', '$constructor', '$__proto__', '$Resource', '$Default']);
  });

  test('synthesizes agent budgets with clashing ids', () => {
    const { stack } = alarmsWith({
      agentBudgets: ['a/b', 'a--b', 'constructor', 'Resource', 'Default'].map(agentId =>
        budget(1, { agentId }),
      ),
    }).warningAlarm;

    // Five alarms are for the agent budgets. Three alarms are enabled by default.
    Template.fromStack(stack).resourceCountIs('AWS::CloudWatch::Alarm', 8);
  });
});
