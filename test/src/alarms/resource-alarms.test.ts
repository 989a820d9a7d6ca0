import { type App, CfnParameter, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as events from 'aws-cdk-lib/aws-events';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { propertiesOf, stateAfter, type Value } from './support';
import {
  TokenAnalytics,
  TokenAnalyticsAlarms,
  type TokenAnalyticsAlarmsProps,
  type TokenAnalyticsProps,
} from '../../../src';
import { DELIVERY } from '../../support/cdk-features';
import { newStack } from '../support';

const LOG_GROUP = '/aws/lambda/triage';
const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:123456789012:function:failures';
const QUEUE_ARN = 'arn:aws:sqs:us-east-1:123456789012:ingest-dead';

function alarmsOn(stack: Stack, props: Partial<TokenAnalyticsAlarmsProps>): TokenAnalyticsAlarms {
  return new TokenAnalyticsAlarms(stack, 'Alarms', { dailyBudget: 10, ...props });
}

function functionIn(stack: Stack, id: string): lambda.Function {
  return new lambda.Function(stack, id, {
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: lambda.Code.fromInline('0'),
  });
}

function emfError(name: string, logGroup = LOG_GROUP): Value {
  return { name, value: 1, namespace: 'AWS/Logs', dimensions: { LogGroupName: logGroup } };
}

describe('alarms on unread metric lines', () => {
  test('creates one alarm on unread metric lines for each log group, named after it', () => {
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
        Label: 'Metric lines that could not be read',
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
    expect(JSON.stringify(AlarmDescription)).toMatch(/nothing was blocked/);
  });

  test.each(['EMFParsingErrors', 'EMFValidationErrors', 'EMFDisabledErrors'])(
    'fires on %s of the watched log group and ignores other log groups',
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

  test.each([logs.LogGroupClass.INFREQUENT_ACCESS, DELIVERY])(
    'rejects a log group of class %s, created or imported, because CloudWatch reads no metrics from it',
    logGroupClass => {
      const stack = newStack();
      const own = new logs.LogGroup(stack, 'Triage', { logGroupClass, logGroupName: LOG_GROUP });
      const imported = logs.LogGroup.fromLogGroupName(stack, 'Imported', LOG_GROUP);

      [own, imported].forEach((logGroup, index) => {
        const scope = new Construct(stack, `Scope${index}`);
        expect(
          () =>
            new TokenAnalyticsAlarms(scope, 'Alarms', {
              dailyBudget: 10,
              emfErrors: { logGroups: [logGroup] },
            }),
        ).toThrow(
          `[Stack/Scope${index}/Alarms] \`emfErrors.logGroups\` must be a log group of class STANDARD, got: ` +
            `${logGroup.node.path} of class ${logGroupClass}. CloudWatch reads no metrics from log groups of other classes`,
        );
      });
    },
  );

  test('rejects at synthesis a log group whose class is changed later', () => {
    const stack = newStack();
    const logGroup = new logs.LogGroup(stack, 'Triage');
    alarmsOn(stack, { emfErrors: { logGroups: [logGroup] } });
    (logGroup.node.defaultChild as logs.CfnLogGroup).logGroupClass = 'INFREQUENT_ACCESS';

    expect(() => (stack.node.root as App).synth()).toThrow(
      '[Stack/Alarms] `emfErrors.logGroups` must be a log group of class STANDARD, got: Stack/Triage of class ' +
        'INFREQUENT_ACCESS. ',
    );
  });
});

describe('alarms on dead letters', () => {
  test('creates one alarm for each dead-letter queue, named after it', () => {
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
      // The alarm keeps its state without data. A queue that is idle for six hours publishes no metrics, even
      // if it contains messages.
      TreatMissingData: 'ignore',
    });
    expect(JSON.stringify(AlarmDescription)).toMatch(/nothing was blocked/);
  });

  test('fires on a dead letter and stays OK for an empty queue', () => {
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

  test('accepts another threshold and window for dead letters', () => {
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

describe('alarms on failed functions', () => {
  const error = (value: number, minutesAgo?: number): Value => ({
    name: 'Errors',
    value,
    minutesAgo,
    namespace: 'AWS/Lambda',
    dimensions: { FunctionName: 'failures' },
  });
  const failures = (stack: Stack) => lambda.Function.fromFunctionArn(stack, 'Failures', FUNCTION_ARN);

  test('creates one error alarm for each function, named after it', () => {
    const stack = newStack();
    const functions = [functionIn(stack, 'Failures'), functionIn(stack, 'Records')];
    const { functionErrorAlarms, alarms } = alarmsOn(stack, { functionErrors: { functions } });

    expect(functionErrorAlarms.map(alarm => alarm.node.path)).toEqual([
      'Stack/Alarms/FunctionErrors/Failures',
      'Stack/Alarms/FunctionErrors/Records',
    ]);
    expect(alarms).toEqual(expect.arrayContaining(functionErrorAlarms));
    const { AlarmDescription, ...properties } = propertiesOf(functionErrorAlarms[1]);
    expect(properties).toEqual({
      Namespace: 'AWS/Lambda',
      MetricName: 'Errors',
      Dimensions: [{ Name: 'FunctionName', Value: stack.resolve(functions[1].functionName) as unknown }],
      Statistic: 'Sum',
      Period: 300,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'notBreaching',
    });
    const description = JSON.stringify(AlarmDescription);
    expect(description).toContain('failed 1 or more times in 5 minutes');
    expect(description).toContain(
      'After the last retry an event is lost, unless the function has a failure destination',
    );
    expect(description).toContain('Look at the log of the function');
    expect(description).toMatch(/nothing was blocked/);
  });

  test('fires on a function error and returns to OK when the function stops running, to notify of the next error', () => {
    const stack = newStack();
    const {
      functionErrorAlarms: [alarm],
    } = alarmsOn(stack, { functionErrors: { functions: [failures(stack)] } });

    expect(stateAfter(alarm, [error(1)])).toBe('ALARM');
    expect(stateAfter(alarm, [error(0)])).toBe('OK');
    expect(stateAfter(alarm, [error(1, 60)])).toBe('OK');
    expect(stateAfter(alarm, [])).toBe('OK');
  });

  test('accepts another threshold and window for function errors', () => {
    const stack = newStack();
    const {
      functionErrorAlarms: [alarm],
    } = alarmsOn(stack, {
      functionErrors: {
        functions: [failures(stack)],
        threshold: 3,
        period: Duration.minutes(15),
        evaluationPeriods: 2,
      },
    });

    expect(propertiesOf(alarm)).toMatchObject({ Threshold: 3, Period: 900, EvaluationPeriods: 2 });
    expect(stateAfter(alarm, [error(3), error(3, 16)])).toBe('ALARM');
    expect(stateAfter(alarm, [error(3), error(2, 16)])).toBe('OK');
  });

  test('watches every function of the ingest of TokenAnalytics, unless functions are listed', () => {
    const functions = (options: Partial<TokenAnalyticsProps>) => {
      const stack = newStack();
      const { ingest, alarms } = new TokenAnalytics(stack, 'Analytics', {
        dailyBudget: 10,
        ingest: { logGroup: new logs.LogGroup(stack, 'Calls'), eventBus: new events.EventBus(stack, 'Bus') },
        ...options,
      });
      return [ingest?.functions.length, alarms?.functionErrorAlarms.map(alarm => alarm.node.id)];
    };

    expect(functions({})).toEqual([
      3,
      [
        'Analytics--Ingest--Failures--Function',
        'Analytics--Ingest--Records--Function',
        'Analytics--Ingest--Events--Function',
      ],
    ]);
    expect(functions({ ingest: undefined })).toEqual([undefined, []]);
    expect(functions({ alarmsOptions: { functionErrors: { functions: [failures(newStack())] } } })).toEqual([
      3,
      ['Stack--Failures'],
    ]);
  });
});

describe('a resource of another region or account', () => {
  const HOME = { region: 'us-east-1', account: '111111111111' };

  test.each([
    ['region', 'eu-west-1', '111111111111'],
    ['account', 'us-east-1', '222222222222'],
  ] as const)('rejects a resource of another %s', (place, region, account) => {
    const stack = newStack({ env: HOME });
    const other = new Stack(stack.node.root as App, 'Other', { env: { region, account } });
    const props: Readonly<Record<string, Partial<TokenAnalyticsAlarmsProps>[]>> = {
      'emfErrors.logGroups': [
        logs.LogGroup.fromLogGroupArn(
          stack,
          'Logs',
          `arn:aws:logs:${region}:${account}:log-group:${LOG_GROUP}`,
        ),
        new logs.LogGroup(other, 'Logs', { logGroupName: LOG_GROUP }),
      ].map(logGroup => ({ emfErrors: { logGroups: [logGroup] } })),
      'deadLetters.queues': [
        sqs.Queue.fromQueueArn(stack, 'Queue', `arn:aws:sqs:${region}:${account}:dead`),
        new sqs.Queue(other, 'Queue', { queueName: 'dead' }),
      ].map(queue => ({ deadLetters: { queues: [queue] } })),
      'functionErrors.functions': [
        lambda.Function.fromFunctionArn(
          stack,
          'Function',
          `arn:aws:lambda:${region}:${account}:function:failures`,
        ),
        functionIn(other, 'Function'),
      ].map(fn => ({ functionErrors: { functions: [fn] } })),
    };

    for (const [prop, refused] of Object.entries(props)) {
      refused.forEach((each, index) => {
        const scope = new Construct(stack, `${prop}${index}`);
        expect(() => new TokenAnalyticsAlarms(scope, 'Alarms', { dailyBudget: 10, ...each })).toThrow(
          `[${scope.node.path}/Alarms] \`${prop}\` must be in the ${place} of the stack (${HOME[place]}), got: `,
        );
      });
    }
  });

  test('accepts a resource if its region or that of the alarms is a token', () => {
    const stack = newStack({ env: HOME });
    const arn = (id: string) => new CfnParameter(stack, id).valueAsString;

    expect(() =>
      alarmsOn(stack, {
        emfErrors: { logGroups: [logs.LogGroup.fromLogGroupArn(stack, 'Logs', arn('LogsArn'))] },
        deadLetters: { queues: [sqs.Queue.fromQueueArn(stack, 'Queue', arn('QueueArn'))] },
        functionErrors: {
          functions: [lambda.Function.fromFunctionArn(stack, 'Function', arn('FunctionArn'))],
        },
      }),
    ).not.toThrow();
    const agnostic = newStack();
    expect(() =>
      alarmsOn(agnostic, { deadLetters: { queues: [sqs.Queue.fromQueueArn(agnostic, 'Queue', QUEUE_ARN)] } }),
    ).not.toThrow();
  });
});

describe('watched resources', () => {
  const stack = newStack();
  const queue = new sqs.Queue(stack, 'Queue');
  const logGroup = new logs.LogGroup(stack, 'Logs');
  const imported = logs.LogGroup.fromLogGroupArn(stack, 'Imported', logGroup.logGroupArn);
  const fn = functionIn(stack, 'Function');
  let count = 0;

  test.each<[string, Partial<TokenAnalyticsAlarmsProps>]>([
    [
      'two imports of one queue',
      {
        deadLetters: { queues: ['One', 'Two'].map(id => sqs.Queue.fromQueueArn(stack, `Q${id}`, QUEUE_ARN)) },
      },
    ],
    [
      'a queue and its import',
      { deadLetters: { queues: [queue, sqs.Queue.fromQueueArn(stack, 'Again', queue.queueArn)] } },
    ],
    [
      'two imports of one function',
      {
        functionErrors: {
          functions: ['One', 'Two'].map(id => lambda.Function.fromFunctionName(stack, `F${id}`, 'failures')),
        },
      },
    ],
  ])('rejects duplicate resources: %s', (_, props) => {
    expect(() => new TokenAnalyticsAlarms(stack, `Alarms${++count}`, { dailyBudget: 1, ...props })).toThrow(
      /` must be a list without duplicates, got: Stack\/\w+\. List it once\.$/,
    );
  });

  test('treats resources with the same id in two stacks as different resources', () => {
    const ours = newStack();
    const theirs = new Stack(ours.node.root, 'Theirs');
    const queues = [new sqs.Queue(ours, 'Queue'), new sqs.Queue(theirs, 'Queue')];

    expect(alarmsOn(ours, { deadLetters: { queues } }).deadLetterAlarms).toHaveLength(2);
  });

  test('keeps the alarms unchanged when the list of resources is reordered', () => {
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
      'emfErrors.logGroups',
      { emfErrors: { logGroups: [logGroup, imported] } },
      'Stack/Imported',
      'a list without duplicates',
    ],
    [
      'emfErrors.logGroups',
      { emfErrors: { logGroups: [logs.LogGroup.fromLogGroupName(stack, 'Wildcard', '/aws/lambda/*')] } },
      '/aws/lambda/*',
      'a log group whose name has 1 to 512 letters, digits and . _ / # -',
    ],
    [
      'functionErrors.functions',
      { functionErrors: { functions: [] } },
      '[]',
      'a list of at least one function',
    ],
    [
      'functionErrors.functions',
      { functionErrors: { functions: [fn, fn] } },
      'Stack/Function',
      'a list without duplicates',
    ],
    [
      'functionErrors.threshold',
      { functionErrors: { functions: [fn], threshold: 0 } },
      '0',
      'a finite number above 0',
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
  ])('rejects %s in case %#', (prop, props, got, must) => {
    const scope = new Stack(stack.node.scope as Stack, `Refused${stack.node.root.node.children.length}`);

    expect(() => alarmsOn(scope, props)).toThrow(
      `[${scope.node.path}/Alarms] \`${prop}\` must be ${must}, got: ${got}. `,
    );
  });
});
