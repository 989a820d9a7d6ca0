import { App, CfnParameter, Fn, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as events from 'aws-cdk-lib/aws-events';
import * as logs from 'aws-cdk-lib/aws-logs';
import { busIn, ingestIn, logGroupIn } from './support';
import { TokenAnalytics, type TokenUsageIngest, type TokenUsageIngestProps } from '../../../src';
import { DELIVERY } from '../../support/cdk-features';
import { newStack } from '../support';

const HOME = { account: '111111111111', region: 'us-east-1' };
const ELSEWHERE = [
  ['region', 'eu-west-1', '111111111111'],
  ['account', 'us-east-1', '222222222222'],
] as const;

const byName = (stack: Stack, name: string) =>
  logs.LogGroup.fromLogGroupName(stack, `Name${stack.node.children.length}`, name);
const byArn = (stack: Stack, arn: string) =>
  logs.LogGroup.fromLogGroupArn(stack, `Arn${stack.node.children.length}`, arn);

const subscriptions = (stack: Stack) =>
  Object.keys(Template.fromStack(stack).findResources('AWS::Logs::SubscriptionFilter'));

describe('an ingest without a source', () => {
  const ERROR =
    /\[Stack\/Ingest\] `logGroup` must be given, or `eventBus`, or `spans`, or a log group by `addLogGroup` or `addSpansLogGroup`, got: none of them\. Pass a source for the ingest, or remove the ingest\./;

  test('an ingest without a source is refused at synth', () => {
    const stack = newStack();
    ingestIn(stack);

    expect(() => (stack.node.root as App).synth()).toThrow(ERROR);
  });

  test('an ingest without a source is refused in TokenAnalytics, too', () => {
    const stack = newStack();
    new TokenAnalytics(stack, 'Analytics', { dailyBudget: 10, ingest: {} });

    expect(() => (stack.node.root as App).synth()).toThrow(
      '[Stack/Analytics/Ingest] `logGroup` must be given, or `eventBus`, or `spans`, or a log group by `addLogGroup` or `addSpansLogGroup`, got: ',
    );
  });

  test.each<[string, (ingest: TokenUsageIngest, stack: Stack) => void, (stack: Stack) => object]>([
    ['logGroup', () => undefined, stack => ({ logGroup: logGroupIn(stack) })],
    ['eventBus', () => undefined, stack => ({ eventBus: busIn(stack) })],
    ['a later addLogGroup', (ingest, stack) => ingest.addLogGroup(logGroupIn(stack)), () => ({})],
  ])('an ingest has a source if it has %s', (_, after, props) => {
    const stack = newStack();
    after(ingestIn(stack, props(stack)), stack);

    expect(() => (stack.node.root as App).synth()).not.toThrow();
  });
});

describe('a source in another region or account', () => {
  test.each(ELSEWHERE)('a bus of another %s is refused', (place, region, account) => {
    const stack = newStack({ env: HOME });
    const arn = `arn:aws:events:${region}:${account}:event-bus/usage`;

    expect(() => ingestIn(stack, { eventBus: events.EventBus.fromEventBusArn(stack, 'Bus', arn) })).toThrow(
      `[Stack/Ingest] \`eventBus\` must be in the ${place} of the stack (${HOME[place]}), got: Stack/Bus in ` +
        `${place === 'region' ? region : account}. Pass a bus in the region and account of the stack`,
    );
  });

  test.each(ELSEWHERE)('a log group of another %s is refused', (place, region, account) => {
    const stack = newStack({ env: HOME });
    const logGroup = byArn(stack, `arn:aws:logs:${region}:${account}:log-group:/calls`);
    const own = new logs.LogGroup(
      new Stack(stack.node.root as App, 'Other', { env: { region, account } }),
      'L',
      {
        logGroupName: '/calls',
      },
    );
    const ingest = ingestIn(stack, { eventBus: busIn(stack) });

    for (const foreign of [logGroup, own]) {
      expect(() => ingest.addLogGroup(foreign)).toThrow(
        `[Stack/Ingest] \`logGroup\` must be in the ${place} of the stack (${HOME[place]}), got: ` +
          `${foreign.node.path} in ${place === 'region' ? region : account}. `,
      );
    }
    expect(ingest.logsFunction).toBeUndefined();
  });

  test('a source is accepted if it is in the same region and account, or if one of them is a token', () => {
    const stack = newStack({ env: HOME });
    ingestIn(stack, {
      eventBus: events.EventBus.fromEventBusArn(
        stack,
        'Bus',
        'arn:aws:events:us-east-1:111111111111:event-bus/a',
      ),
      logGroup: byArn(stack, 'arn:aws:logs:us-east-1:111111111111:log-group:/calls'),
    });
    const late = newStack();
    const arn = (id: string) => new CfnParameter(late, id).valueAsString;
    ingestIn(late, {
      eventBus: events.EventBus.fromEventBusArn(late, 'Bus', arn('BusArn')),
      logGroup: byArn(late, arn('LogGroupArn')),
    }).addLogGroup(byArn(late, 'arn:aws:logs:eu-west-1:222222222222:log-group:/calls'));

    expect(subscriptions(stack)).toHaveLength(1);
    expect(subscriptions(late)).toHaveLength(2);
  });
});

describe('a log group', () => {
  test('a log group is refused if a function of the ingest writes to it, also through an import', () => {
    const stack = newStack();
    const ingest = ingestIn(stack, { logGroup: logGroupIn(stack), eventBus: busIn(stack) });

    for (const id of ['Records', 'Events', 'Failures']) {
      const own = ingest.node.findChild(id).node.findChild('Logs') as logs.LogGroup;
      for (const logGroup of [
        own,
        byName(stack, own.logGroupName),
        byArn(stack, own.logGroupArn),
        byArn(stack, `${own.logGroupArn}:*`),
      ]) {
        expect(() => ingest.addLogGroup(logGroup)).toThrow(
          "[Stack/Ingest] `logGroup` must be the log group of Bedrock's invocation log, got: " +
            `${logGroup.node.path}. A function of the ingest writes to ${own.node.path}`,
        );
      }
    }
    expect(subscriptions(stack)).toHaveLength(1);
  });

  test('a log group is refused if it is added again, by the same construct or another import', () => {
    const stack = newStack();
    const own = logGroupIn(stack);
    const ingest = ingestIn(stack, { logGroup: own });
    ingest.addLogGroup(byName(stack, '/calls'));

    for (const again of [
      own,
      byName(stack, own.logGroupName),
      byArn(stack, own.logGroupArn),
      byName(stack, '/calls'),
      byArn(stack, 'arn:aws:logs:us-east-1:111111111111:log-group:/calls'),
      byArn(stack, 'arn:aws:logs:us-east-1:111111111111:log-group:/calls:*'),
      new logs.LogGroup(stack, 'Named', { logGroupName: '/calls' }),
    ]) {
      expect(() => ingest.addLogGroup(again)).toThrow(
        `[Stack/Ingest] \`logGroup\` must be added once, got: ${again.node.path}. `,
      );
    }
    expect(subscriptions(stack)).toHaveLength(2);
  });

  test('a log group is not confused with one of the same logical id in another stack', () => {
    const stack = newStack();
    const ingest = ingestIn(stack, { logGroup: logGroupIn(stack, 'Calls') });

    expect(() =>
      ingest.addLogGroup(logGroupIn(new Stack(stack.node.root as App, 'Other'), 'Calls')),
    ).not.toThrow();
  });

  test.each(['*', '/bedrock/*'])('a log group is refused if its name is invalid: %s', name => {
    const stack = newStack();

    expect(() => ingestIn(stack, { logGroup: byName(stack, name) })).toThrow(
      '[Stack/Ingest] `logGroup` must be a log group whose name has 1 to 512 letters, digits and . _ / # -, ' +
        `got: ${name}. `,
    );
  });

  const CLASSES = [logs.LogGroupClass.INFREQUENT_ACCESS, DELIVERY];
  const refused = (logGroup: logs.ILogGroup, logGroupClass: string) =>
    `[Stack/Ingest] \`logGroup\` must be a log group of class STANDARD, got: ${logGroup.node.path} of class ` +
    `${logGroupClass}. Log groups of other classes cannot have a subscription filter`;

  test.each(CLASSES)('a log group is refused if it is of class %s, also by import', logGroupClass => {
    const stack = newStack();
    const own = new logs.LogGroup(stack, 'Calls', { logGroupClass, logGroupName: '/calls' });
    const ingest = ingestIn(stack, { eventBus: busIn(stack) });

    for (const logGroup of [own, byArn(stack, own.logGroupArn), byName(stack, '/calls')]) {
      expect(() => ingest.addLogGroup(logGroup)).toThrow(refused(logGroup, logGroupClass));
    }
  });

  test.each(CLASSES)('a log group is refused at synth if its class %s is set later', logGroupClass => {
    const stack = newStack();
    const logGroup = byName(stack, '/calls');
    ingestIn(stack, { logGroup });
    new logs.LogGroup(stack, 'Calls', { logGroupClass, logGroupName: '/calls' });

    expect(() => (stack.node.root as App).synth()).toThrow(refused(logGroup, logGroupClass));
  });

  test.each<[string, (stack: Stack) => TokenUsageIngestProps['logGroup']]>([
    [
      'of class STANDARD',
      stack => new logs.LogGroup(stack, 'L', { logGroupClass: logs.LogGroupClass.STANDARD }),
    ],
    ['of a class that is not known', stack => byName(stack, '/calls')],
    ['whose name is a token', stack => byName(stack, Fn.importValue('calls'))],
  ])('a log group is accepted if it is one %s', (_, logGroup) => {
    const stack = newStack();
    ingestIn(stack, { logGroup: logGroup(stack) });

    expect(subscriptions(stack)).toHaveLength(1);
  });
});
