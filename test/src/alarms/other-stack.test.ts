import { App, ArnFormat, Aws, type CfnElement, CfnParameter, NestedStack, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { type Alarm, Dashboard, GraphWidget } from 'aws-cdk-lib/aws-cloudwatch';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { propertiesOf } from './support';
import { searchMetrics } from '../../../local/emulators/cloudwatch/metric-math/search';
import { MetricStore } from '../../../local/emulators/cloudwatch/metrics/metric-store';
import {
  DashboardSection,
  TokenAnalytics,
  TokenAnalyticsAlarms,
  type TokenAnalyticsProps,
} from '../../../src';
import { cyclesIn } from '../../support/template-cycles';

const ENV = { account: '111122223333', region: 'us-east-1' };

function functionIn(stack: Stack): lambda.Function {
  return new lambda.Function(stack, 'Fn', {
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: lambda.Code.fromInline('exports.handler = async () => {};'),
  });
}

/** Returns props of a TokenAnalytics whose alarms and dashboard show errors in a log group. */
function watchedLogs(logGroup: logs.ILogGroup): Partial<TokenAnalyticsProps> {
  return {
    alarmsOptions: { emfErrors: { logGroups: [logGroup] } },
    dashboardOptions: { sections: [DashboardSection.reliability({ logGroups: [logGroup] })] },
  };
}

/** Functions that return props of TokenAnalytics, e.g. for alarms on resources in the stack of `fn`. */
const WATCHED: Readonly<Record<string, (fn: lambda.Function, ours: Stack) => Partial<TokenAnalyticsProps>>> =
  {
    'alarms on unread metric lines': ({ stack }) => ({
      alarmsOptions: { emfErrors: { logGroups: [new logs.LogGroup(stack, 'Logs')] } },
    }),
    "alarms on a function's default log group": fn => ({
      alarmsOptions: { emfErrors: { logGroups: [fn.logGroup] } },
    }),
    'alarms on dead letters': ({ stack }) => ({
      alarmsOptions: { composite: {}, deadLetters: { queues: [new sqs.Queue(stack, 'Dead')] } },
    }),
    'alarms on failures of the function': fn => ({ alarmsOptions: { functionErrors: { functions: [fn] } } }),
    'the reliability section': ({ stack }) => ({
      dashboardOptions: {
        sections: [DashboardSection.reliability({ logGroups: [new logs.LogGroup(stack, 'Logs')] })],
      },
    }),
    "the reliability section on a function's default log group": fn => ({
      dashboardOptions: { sections: [DashboardSection.reliability({ logGroups: [fn.logGroup] })] },
    }),
    'a default log group that is imported by name beside the function': fn =>
      watchedLogs(logs.LogGroup.fromLogGroupName(fn.stack, 'Logs', `/aws/lambda/${fn.functionName}`)),
    'a default log group that is imported by name beside TokenAnalytics': (fn, ours) =>
      watchedLogs(logs.LogGroup.fromLogGroupName(ours, 'Logs', `/aws/lambda/${fn.functionName}`)),
    'a default log group that is imported by ARN beside TokenAnalytics': (fn, ours) =>
      watchedLogs(
        logs.LogGroup.fromLogGroupArn(
          ours,
          'Logs',
          ours.formatArn({
            service: 'logs',
            resource: 'log-group',
            resourceName: `/aws/lambda/${fn.functionName}`,
            arnFormat: ArnFormat.COLON_RESOURCE_NAME,
          }),
        ),
      ),
    'a log group that is imported by the ARN of another one beside TokenAnalytics': (fn, ours) =>
      watchedLogs(
        logs.LogGroup.fromLogGroupArn(ours, 'Logs', new logs.LogGroup(fn.stack, 'Logs').logGroupArn),
      ),
    'the incidents section on a named log group': ({ stack }) => ({
      dashboardOptions: {
        sections: [
          DashboardSection.incidents({
            logGroups: [new logs.LogGroup(stack, 'Logs', { logGroupName: '/app/triage' })],
          }),
        ],
      },
    }),
  };
/**
 * Functions that create a stack for the Lambda function and a stack for TokenAnalytics. They differ in the
 * order and the nesting of the stacks.
 */
const STACKS: Readonly<Record<string, (app: App) => readonly [Stack, Stack]>> = {
  'the stack of the function first': app => [
    new Stack(app, 'Fn', { env: ENV }),
    new Stack(app, 'An', { env: ENV }),
  ],
  'the stack of TokenAnalytics first': app => {
    const analytics = new Stack(app, 'An', { env: ENV });
    return [new Stack(app, 'Fn', { env: ENV }), analytics];
  },
  'stacks without an environment': app => [new Stack(app, 'Fn'), new Stack(app, 'An')],
  'TokenAnalytics in a nested stack': app => {
    const parent = new Stack(app, 'Fn', { env: ENV });
    return [parent, new NestedStack(parent, 'An')];
  },
  'the function in a nested stack': app => {
    const parent = new Stack(app, 'An', { env: ENV });
    return [new NestedStack(parent, 'Fn'), parent];
  },
};

describe.each(Object.entries(STACKS))('with %s', (_order, makeStacks) => {
  test.each(Object.entries(WATCHED))('creates no cycle between stacks through %s', (_what, watch) => {
    const app = new App();
    const [forFunction, forAnalytics] = makeStacks(app);
    const fn = functionIn(forFunction);
    const analytics = new TokenAnalytics(forAnalytics, 'Analytics', {
      dailyBudget: 10,
      notificationTopic: new sns.Topic(forAnalytics, 'Topic'),
      ...watch(fn, forAnalytics),
    });
    analytics.instrument(fn, { agentId: 'triage' });

    const { stacks } = app.synth();
    expect(forAnalytics.dependencies.filter(stack => stack === forFunction && !forAnalytics.nested)).toEqual(
      [],
    );
    expect(stacks.flatMap(({ template }) => cyclesIn(template as object))).toEqual([]);
  });
});

describe('an alarm on a resource of another stack', () => {
  const make = (props: Partial<TokenAnalyticsProps['alarmsOptions']> = {}, id = 'Analytics') => {
    const app = new App();
    const forFunction = new Stack(app, 'Fn', { env: ENV });
    const forAnalytics = new Stack(app, 'An', { env: ENV });
    const analytics = new TokenAnalytics(forAnalytics, id, {
      dailyBudget: 10,
      notificationTopic: new sns.Topic(forAnalytics, 'Topic'),
      alarmsOptions: { deadLetters: { queues: [new sqs.Queue(forFunction, 'Dead')] }, ...props },
    });
    const [alarm] = analytics.alarms?.deadLetterAlarms ?? [];
    return { analytics, alarm, forAnalytics, forFunction };
  };
  const nameOf = (alarm: Alarm) => propertiesOf(alarm).AlarmName as string;

  test('creates the alarm in the stack of the watched resource and notifies the topic', () => {
    const { alarm, forFunction } = make();

    expect(alarm.stack).toBe(forFunction);
    expect(propertiesOf(alarm)).toMatchObject({
      Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': [expect.any(String), 'QueueName'] } }],
      AlarmActions: [{ 'Fn::ImportValue': expect.stringMatching(/^An:/) as unknown }],
    });
  });

  test('creates no cycle with a widget on the other stack if the topic is in a third stack', () => {
    const app = new App();
    const [watched, ours, shared] = ['Fn', 'An', 'Shared'].map(id => new Stack(app, id, { env: ENV }));
    const queue = new sqs.Queue(watched, 'Dead');
    const widget = new GraphWidget({ left: [queue.metricNumberOfMessagesSent()] });
    const { alarms } = new TokenAnalytics(ours, 'Analytics', {
      dailyBudget: 10,
      notificationTopic: new sns.Topic(shared, 'Topic'),
      alarmsOptions: { deadLetters: { queues: [queue] } },
      dashboardOptions: { additionalWidgets: [[widget]] },
    });

    app.synth();
    expect(alarms?.deadLetterAlarms.map(({ stack }) => stack)).toEqual([watched]);
  });

  test('gives an alarm in another stack a name of at most 255 printable ASCII characters with both stack names', () => {
    expect(nameOf(make().alarm)).toMatch(
      /^Fn-AlarmsOfAnAnalyticsAlarms[0-9A-F]{8}-DeadLetters-Dead-[0-9A-F]{8}$/,
    );
    const long = nameOf(make({}, `Ünïcode${'x'.repeat(200)}`).alarm);
    expect(long).toMatch(/^[\x21-\x7e]+$/);
    expect(long.length).toBeLessThanOrEqual(255);
  });

  test('gives alarms of different constructs, resources and stacks different names', () => {
    const app = new App();
    const [one, other, forAnalytics] = ['One', 'Other', 'An'].map(id => new Stack(app, id));
    const queues = [one, other].flatMap(stack => ['A', 'B'].map(id => new sqs.Queue(stack, id)));
    const alarms = ['First', 'Second'].flatMap(
      id =>
        new TokenAnalytics(forAnalytics, id, {
          dailyBudget: 10,
          alarmsOptions: { deadLetters: { queues } },
          dashboardOptions: { dashboardName: id },
        }).alarms?.deadLetterAlarms ?? [],
    );

    expect(new Set(alarms.map(nameOf)).size).toBe(8);
  });

  test('shows an alarm of another stack on the dashboard by a literal ARN', () => {
    const { alarm, forAnalytics } = make();
    const body = JSON.stringify(Template.fromStack(forAnalytics).findResources('AWS::CloudWatch::Dashboard'));

    expect(body).toContain(`:cloudwatch:us-east-1:111122223333:alarm:${nameOf(alarm)}`);
    expect(body).not.toContain('ImportValue');
  });

  test('omits alarms of other stacks from the composite alarm, because they may not be deployed yet', () => {
    const { alarm, analytics, forAnalytics } = make({ composite: {} });
    const rule = JSON.stringify(
      Template.fromStack(forAnalytics).findResources('AWS::CloudWatch::CompositeAlarm'),
    );

    expect(rule).not.toContain(nameOf(alarm));
    const { warningAlarm } = analytics.alarms ?? {};
    expect(rule).toContain(forAnalytics.getLogicalId(warningAlarm?.node.defaultChild as CfnElement));
  });

  test('keeps the actions of an alarm in another stack with `replacesActions`', () => {
    const { alarm, analytics } = make({ composite: { replacesActions: true } });

    expect(propertiesOf(alarm).AlarmActions).toHaveLength(1);
    expect(propertiesOf(analytics.alarms?.warningAlarm as Alarm).AlarmActions).toBeUndefined();
  });

  test('includes alarms of other stacks in the monthly cost estimate', () => {
    const alarmsOf = ({ analytics }: ReturnType<typeof make>) =>
      analytics.estimatedMonthlyCost.lines.find(({ name }) => /alarm/i.test(name))?.quantity;

    expect(alarmsOf(make())).toBe((alarmsOf(make({ deadLetters: undefined })) ?? NaN) + 1);
  });

  test('creates the alarm beside the others if the resource is imported by name', () => {
    const { forAnalytics, alarm } = make({
      deadLetters: {
        queues: [
          sqs.Queue.fromQueueArn(
            new Stack(new App(), 'Other'),
            'Q',
            `arn:aws:sqs:us-east-1:${Aws.ACCOUNT_ID}:dead`,
          ),
        ],
      },
    });

    expect(alarm.stack).toBe(forAnalytics);
  });
});

/** Functions that create a resource named `given`, and return the options of an alarm that watches it. */
const NAMED: Readonly<Record<string, (stack: Stack) => TokenAnalyticsProps['alarmsOptions']>> = {
  'log group': stack => ({
    emfErrors: { logGroups: [new logs.LogGroup(stack, 'Watched', { logGroupName: 'given' })] },
  }),
  'queue': stack => ({ deadLetters: { queues: [new sqs.Queue(stack, 'Watched', { queueName: 'given' })] } }),
  'function': stack => {
    const fn = functionIn(stack);
    (fn.node.defaultChild as lambda.CfnFunction).functionName = 'given';
    return { functionErrors: { functions: [fn] } };
  },
};

describe.each(Object.entries(NAMED))('an alarm on a %s of another stack that has a name', (_what, watch) => {
  test('creates the alarm beside the others, without a reference to the other stack', () => {
    const app = new App();
    const [watched, ours] = ['Fn', 'An'].map(id => new Stack(app, id, { env: ENV }));
    const { alarms } = new TokenAnalytics(ours, 'Analytics', {
      dailyBudget: 10,
      notificationTopic: new sns.Topic(ours, 'Topic'),
      dashboard: false,
      alarmsOptions: watch(watched),
    });

    const alarm = alarms?.alarms.at(-1) as Alarm;
    const template = JSON.stringify(Template.fromStack(ours).toJSON());
    expect(alarm.stack).toBe(ours);
    expect(JSON.stringify(propertiesOf(alarm))).toMatch(/"Name":"\w+","Value":"given"/);
    expect(propertiesOf(alarm).AlarmDescription).toContain(' given ');
    expect(template).not.toContain('Fn::ImportValue');
    expect(Template.fromStack(watched).findResources('AWS::CloudWatch::Alarm')).toEqual({});
  });
});

describe('alarms without a TokenAnalytics', () => {
  test('creates the alarms in their own stack without a TokenAnalytics, as aws-cdk-lib does', () => {
    const app = new App();
    const [watched, monitoring] = ['App', 'Monitoring'].map(id => new Stack(app, id, { env: ENV }));
    const fn = functionIn(watched);
    const queue = new sqs.Queue(watched, 'Dead');
    const alarms = new TokenAnalyticsAlarms(monitoring, 'Tokens', {
      dailyBudget: 10,
      topic: new sns.Topic(monitoring, 'Topic'),
      composite: {},
      functionErrors: { functions: [fn] },
      deadLetters: { queues: [queue] },
      emfErrors: { logGroups: [fn.logGroup] },
    });
    const widget = new GraphWidget({ left: [fn.metricDuration(), queue.metricNumberOfMessagesSent()] });
    new Dashboard(monitoring, 'Board', { widgets: [[widget]] });

    app.synth();
    expect(new Set(alarms.alarms.map(({ stack }) => stack))).toEqual(new Set([monitoring]));
    expect(propertiesOf(alarms.functionErrorAlarms[0]).Dimensions).toEqual([
      { Name: 'FunctionName', Value: { 'Fn::ImportValue': expect.stringMatching(/^App:/) as unknown } },
    ]);
  });
});

describe('a log group of another stack on a dashboard', () => {
  /** Returns the part of a dashboard's JSON with the widget "Metric lines that CloudWatch could not read". */
  const shownOf = (make: (stack: Stack) => logs.ILogGroup, stackName = 'my-app') => {
    const app = new App();
    const other = new Stack(app, 'Fn', { env: ENV, stackName });
    const stack = new Stack(app, 'An', { env: ENV });
    new TokenAnalytics(stack, 'Analytics', {
      dailyBudget: 10,
      dashboardOptions: { sections: [DashboardSection.reliability({ logGroups: [make(other)] })] },
    });
    const [dashboard] = Object.values(Template.fromStack(stack).findResources('AWS::CloudWatch::Dashboard'));
    const body = JSON.stringify((dashboard.Properties as { DashboardBody: unknown }).DashboardBody);
    return body
      .slice(body.indexOf('Metric lines that CloudWatch could not read') - 2000)
      .replaceAll('\\', '');
  };
  const idOf = (construct: logs.LogGroup | lambda.Function) =>
    construct.stack.getLogicalId(construct.node.defaultChild as CfnElement);
  /** Returns the log group names that the CloudWatch search `query` finds in `names`. */
  const matchesOf = (query: string, names: readonly string[]) => {
    const store = new MetricStore();
    for (const LogGroupName of names) {
      store.putDatum({
        namespace: 'AWS/Logs',
        name: 'EMFParsingErrors',
        dimensions: { LogGroupName },
        timestamp: new Date(0),
        values: [1],
      });
    }
    return searchMetrics(query, store).map(({ dimensions }) => dimensions.LogGroupName);
  };
  const found = (terms: string) =>
    `SEARCH('{"AWS/Logs",LogGroupName} MetricName=("EMFParsingErrors" OR "EMFValidationErrors" OR ` +
    `"EMFDisabledErrors") ${terms}', 'Sum')`;

  test('searches for a log group of another stack by stack name and logical id', () => {
    let id = '';
    const shown = shownOf(stack => {
      const logGroup = new logs.LogGroup(stack, 'Triage');
      id = idOf(logGroup);
      return logGroup;
    });

    expect(shown).toContain(found(`LogGroupName=my LogGroupName=app LogGroupName=${id}`));
    const [, query] = /SEARCH\('(\{"AWS\/Logs".*?)', 'Sum'\)/.exec(shown) ?? [];
    expect(
      matchesOf(query, [`my-app-${id}-Ab1Cd2Ef3Gh4`, `your-app-${id}-Ab1Cd2Ef3Gh4`, 'my-app-Scribe0A-Ab1']),
    ).toEqual([`my-app-${id}-Ab1Cd2Ef3Gh4`]);
  });

  test.each<[string, (fn: lambda.Function) => logs.ILogGroup]>([
    ['that the function creates', fn => fn.logGroup],
    [
      'with the name of the function',
      fn => new logs.LogGroup(fn.stack, 'Logs', { logGroupName: `/aws/lambda/${fn.functionName}` }),
    ],
  ])('searches for a log group by the id of its function, for the log group %s', (_what, logGroupOf) => {
    let id = '';
    const make = (stack: Stack) => {
      const fn = functionIn(stack);
      id = idOf(fn);
      return logGroupOf(fn);
    };

    expect(shownOf(make)).toContain(found(`LogGroupName=my LogGroupName=app LogGroupName=${id}`));
    // If the stack name is long, CloudFormation shortens it in the function's name. The search therefore
    // omits the stack name.
    expect(shownOf(make, 'a-stack-with-a-name-of-more-than-forty-characters')).toContain(
      found(`LogGroupName=${id}`),
    );
  });

  test('searches for a log group by the whole tokens of a long logical id that the function name keeps', () => {
    const shown = shownOf(
      stack =>
        new lambda.Function(stack, 'SummariseIncidentsOfTheLastWeekAndSendThemByMail', {
          runtime: lambda.Runtime.NODEJS_24_X,
          handler: 'index.handler',
          code: lambda.Code.fromInline('exports.handler = async () => {};'),
        }).logGroup,
    );

    expect(shown).toContain(found('LogGroupName=SummariseIncidentsOfThe'));
  });

  test.each<[string, (stack: Stack) => logs.ILogGroup]>([
    ['explicit', stack => new logs.LogGroup(stack, 'Logs', { logGroupName: '/app/triage' })],
    ['imported', stack => logs.LogGroup.fromLogGroupName(stack, 'Logs', '/app/triage')],
  ])('names a log group of another stack exactly, if the name is %s', (_what, make) => {
    const shown = shownOf(make);

    expect(shown).toContain('"LogGroupName","/app/triage"');
    expect(shown).not.toContain('{"AWS/Logs",LogGroupName}');
  });

  test('names the log group of another stack exactly if the function has a name', () => {
    const shown = shownOf(stack => {
      const fn = functionIn(stack);
      (fn.node.defaultChild as lambda.CfnFunction).functionName = 'triage';
      return fn.logGroup;
    });

    expect(shown).toContain('"LogGroupName","/aws/lambda/triage"');
  });

  test.each<[string, (stack: Stack) => logs.ILogGroup]>([
    [
      'log group',
      stack => {
        const suffix = new CfnParameter(stack, 'Suffix').valueAsString;
        return new logs.LogGroup(stack, 'Logs', { logGroupName: `/app/${suffix}` });
      },
    ],
    [
      'function',
      stack => {
        const fn = functionIn(stack);
        (fn.node.defaultChild as lambda.CfnFunction).functionName = new CfnParameter(
          stack,
          'Name',
        ).valueAsString;
        return fn.logGroup;
      },
    ],
  ])(
    'keeps the reference if the name of the %s contains a parameter, because no search could find it',
    (_what, make) => {
      const shown = shownOf(make);

      expect(shown).toContain('"LogGroupName","",{"Fn::ImportValue"');
      expect(shown).not.toContain('{"AWS/Logs",LogGroupName}');
    },
  );

  test('keeps the reference to a log group of the same stack', () => {
    const stack = new Stack(new App(), 'An');
    new TokenAnalytics(stack, 'Analytics', {
      dailyBudget: 10,
      dashboardOptions: {
        sections: [DashboardSection.reliability({ logGroups: [new logs.LogGroup(stack, 'Logs')] })],
      },
    });

    Template.fromStack(stack).hasResourceProperties('AWS::CloudWatch::Dashboard', {
      DashboardBody: { 'Fn::Join': ['', Match.arrayWith([{ Ref: Match.stringLikeRegexp('^Logs') }])] },
    });
  });
});
