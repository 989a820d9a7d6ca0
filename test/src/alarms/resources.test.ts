import { Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { propertiesOf, stateAfter, type Value } from './support';
import { TokenAnalyticsAlarms, type TokenAnalyticsAlarmsProps } from '../../../src';
import { newStack } from '../support';

const LOG_GROUP = '/aws/lambda/triage';
const QUEUE_ARN = 'arn:aws:sqs:us-east-1:123456789012:ingest-dead';

function alarmsOn(stack: Stack, props: Partial<TokenAnalyticsAlarmsProps>): TokenAnalyticsAlarms {
  return new TokenAnalyticsAlarms(stack, 'Alarms', { dailyBudget: 10, ...props });
}

function emfError(name: string, logGroup = LOG_GROUP): Value {
  return { name, value: 1, namespace: 'AWS/Logs', dimensions: { LogGroupName: logGroup } };
}

describe('alarms on metric lines that were not read', () => {
  test('have one for each log group, named after it', () => {
    const stack = newStack();
    const logGroups = [new logs.LogGroup(stack, 'Triage'), new logs.LogGroup(stack, 'Scribe')];
    const { emfErrorAlarms, alarms } = alarmsOn(stack, { emfErrors: { logGroups } });

    expect(emfErrorAlarms.map(alarm => alarm.node.path)).toEqual([
      'Stack/Alarms/EmfErrors/Triage',
      'Stack/Alarms/EmfErrors/Scribe',
    ]);
    expect(alarms).toEqual(expect.arrayContaining(emfErrorAlarms));
    const { Metrics, AlarmDescription, ...properties } = propertiesOf(emfErrorAlarms[0]);
    expect(properties).toEqual({
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'notBreaching',
    });
    expect(Metrics).toEqual([
      {
        Id: 'expr_1',
        Expression: 'parsing + validation + disabled',
        Label: 'Metric lines not read',
        ReturnData: true,
      },
      ...[
        ['parsing', 'EMFParsingErrors'],
        ['validation', 'EMFValidationErrors'],
        ['disabled', 'EMFDisabledErrors'],
      ].map(([Id, MetricName]) => ({
        Id,
        ReturnData: false,
        MetricStat: {
          Metric: {
            Namespace: 'AWS/Logs',
            MetricName,
            Dimensions: [
              { Name: 'LogGroupName', Value: stack.resolve(logGroups[0].logGroupName) as unknown },
            ],
          },
          Period: 3600,
          Stat: 'Sum',
        },
      })),
    ]);
    expect(JSON.stringify(AlarmDescription)).toMatch(/nothing is blocked or enforced/);
  });

  test.each(['EMFParsingErrors', 'EMFValidationErrors', 'EMFDisabledErrors'])(
    'fire on %s of their log group, and not of another',
    name => {
      const stack = newStack();
      const {
        emfErrorAlarms: [alarm],
      } = alarmsOn(stack, {
        emfErrors: { logGroups: [logs.LogGroup.fromLogGroupName(stack, 'Imported', LOG_GROUP)] },
      });

      expect(stateAfter(alarm, [emfError(name)])).toBe('ALARM');
      expect(stateAfter(alarm, [emfError(name, '/aws/lambda/other')])).toBe('OK');
      expect(stateAfter(alarm, [])).toBe('OK');
    },
  );

  test('watch log groups of another stack of the same environment', () => {
    const stack = newStack();
    const other = new Stack(stack.node.scope as Stack, 'Other');
    const { emfErrorAlarms } = alarmsOn(stack, {
      emfErrors: { logGroups: [new logs.LogGroup(stack, 'Logs'), new logs.LogGroup(other, 'Logs')] },
    });

    expect(new Set(emfErrorAlarms.map(alarm => alarm.node.path)).size).toBe(2);
    expect(JSON.stringify(propertiesOf(emfErrorAlarms[1]))).toContain('Fn::ImportValue');
  });

  test('refuse a log group of another Region, which CloudWatch would not find', () => {
    const stack = newStack({ env: { region: 'us-east-1', account: '123456789012' } });
    const other = new Stack(stack.node.scope as Stack, 'Other', {
      env: { region: 'eu-west-1', account: '123456789012' },
    });
    const logGroup = new logs.LogGroup(other, 'Logs', { logGroupName: LOG_GROUP });

    expect(() => alarmsOn(stack, { emfErrors: { logGroups: [logGroup] } })).toThrow(
      /Cannot create an Alarm in region 'us-east-1' based on metric .* in 'eu-west-1'/,
    );
  });
});

describe('alarms on dead letters', () => {
  test('have one for each queue, named after it', () => {
    const stack = newStack();
    const queues = [new sqs.Queue(stack, 'Invalid'), new sqs.Queue(stack, 'Failed')];
    const { deadLetterAlarms, alarms } = alarmsOn(stack, { deadLetters: { queues } });

    expect(deadLetterAlarms.map(alarm => alarm.node.path)).toEqual([
      'Stack/Alarms/DeadLetters/Invalid',
      'Stack/Alarms/DeadLetters/Failed',
    ]);
    expect(alarms).toEqual(expect.arrayContaining(deadLetterAlarms));
    const { AlarmDescription, ...properties } = propertiesOf(deadLetterAlarms[1]);
    expect(properties).toEqual({
      Namespace: 'AWS/SQS',
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Dimensions: [{ Name: 'QueueName', Value: stack.resolve(queues[1].queueName) as unknown }],
      Statistic: 'Maximum',
      Period: 300,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      // A queue that nobody calls has no metrics after six hours, while its messages still lie there.
      TreatMissingData: 'ignore',
    });
    expect(JSON.stringify(AlarmDescription)).toMatch(/nothing is blocked or enforced/);
  });

  test('fire on a message, and stay quiet on an empty queue', () => {
    const stack = newStack();
    const {
      deadLetterAlarms: [alarm],
    } = alarmsOn(stack, { deadLetters: { queues: [sqs.Queue.fromQueueArn(stack, 'Imported', QUEUE_ARN)] } });
    const visible = (value: number): Value => ({
      name: 'ApproximateNumberOfMessagesVisible',
      value,
      namespace: 'AWS/SQS',
      dimensions: { QueueName: 'ingest-dead' },
    });

    expect(stateAfter(alarm, [visible(1)])).toBe('ALARM');
    expect(stateAfter(alarm, [visible(0)])).toBe('OK');
  });

  test('take another threshold and window', () => {
    const stack = newStack();
    const {
      deadLetterAlarms: [alarm],
    } = alarmsOn(stack, {
      deadLetters: {
        queues: [new sqs.Queue(stack, 'Failed')],
        threshold: 10,
        period: Duration.minutes(15),
        evaluationPeriods: 4,
      },
    });

    expect(propertiesOf(alarm)).toMatchObject({ Threshold: 10, Period: 900, EvaluationPeriods: 4 });
    expect(JSON.stringify(propertiesOf(alarm).AlarmDescription)).toContain(
      'in each of 4 periods of 15 minutes',
    );
  });
});

describe('resources to be watched', () => {
  const stack = newStack();
  const queue = new sqs.Queue(stack, 'Queue');
  const logGroup = new logs.LogGroup(stack, 'Logs');

  test('keep their alarm when the list is put in another order', () => {
    const [one, other] = [
      ['A', 'B'],
      ['B', 'A'],
    ].map(ids => {
      const ordered = newStack();
      const made = new Map(['A', 'B'].map(id => [id, new sqs.Queue(ordered, id)] as const));
      alarmsOn(ordered, { deadLetters: { queues: ids.flatMap(id => made.get(id) ?? []) } });
      return Template.fromStack(ordered).findResources('AWS::CloudWatch::Alarm');
    });

    expect(one).toEqual(other);
  });

  test.each<[string, Partial<TokenAnalyticsAlarmsProps>, string, string]>([
    ['deadLetters.queues', { deadLetters: { queues: [] } }, '[]', 'a list of at least one queue'],
    [
      'deadLetters.queues',
      { deadLetters: { queues: undefined } as unknown as { queues: sqs.IQueue[] } },
      'undefined',
      'a list of at least one queue',
    ],
    [
      'deadLetters.queues',
      { deadLetters: { queues: [queue, queue] } },
      'Stack/Queue',
      'a list without duplicates',
    ],
    ['emfErrors.logGroups', { emfErrors: { logGroups: [] } }, '[]', 'a list of at least one log group'],
    [
      'emfErrors.logGroups',
      { emfErrors: { logGroups: [logGroup, logGroup] } },
      'Stack/Logs',
      'a list without duplicates',
    ],
    [
      'emfErrors.threshold',
      { emfErrors: { logGroups: [logGroup], threshold: 0 } },
      '0',
      'a finite number above 0',
    ],
    [
      'deadLetters.period',
      { deadLetters: { queues: [queue], period: Duration.seconds(30) } },
      '30 seconds',
      'a whole number of minutes, at least 1',
    ],
    [
      'emfErrors.evaluationPeriods',
      { emfErrors: { logGroups: [logGroup], evaluationPeriods: 0 } },
      '0',
      'a whole number from 1 to 1440',
    ],
  ])('are refused: %s where %#', (prop, props, got, must) => {
    const scope = new Stack(stack.node.scope as Stack, `Refused${stack.node.root.node.children.length}`);

    expect(() => alarmsOn(scope, props)).toThrow(
      `[${scope.node.path}/Alarms] \`${prop}\` must be ${must}, got: ${got}. `,
    );
  });
});
