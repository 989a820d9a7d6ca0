import { App, Aws, CfnParameter, Fn, PhysicalName, Stack, Stage } from 'aws-cdk-lib';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { findLogGroupClass, logGroupKey, requireLogGroupName } from '../../../src/private/log-group';
import { DELIVERY } from '../../support/cdk-features';
import { newStack } from '../support';

const ARN = 'arn:aws:logs:us-east-1:111111111111:log-group:/bedrock/calls';
const byName = (scope: Construct, name: string) =>
  logs.LogGroup.fromLogGroupName(scope, `Name${scope.node.children.length}`, name);
const byArn = (scope: Construct, arn: string) =>
  logs.LogGroup.fromLogGroupArn(scope, `Arn${scope.node.children.length}`, arn);

/** Returns the set of `logGroupKey` results. It has one element if all groups are the same log group. */
const keysOf = (stack: Stack, groups: readonly logs.ILogGroup[]) =>
  new Set(groups.map(group => logGroupKey(stack, group)));

describe('the key of a log group', () => {
  test('the key of a log group is the same for imports by name, by ARN and by ARN with a wildcard', () => {
    const stack = newStack();

    expect(
      keysOf(stack, [
        byName(stack, '/bedrock/calls'),
        byName(stack, '/bedrock/calls:*'),
        byArn(stack, ARN),
        byArn(stack, `${ARN}:*`),
        byArn(stack, byName(stack, '/bedrock/calls').logGroupArn),
        byArn(stack, `arn:${Aws.PARTITION}:logs:${Aws.REGION}:${Aws.ACCOUNT_ID}:log-group:/bedrock/calls`),
      ]),
    ).toEqual(new Set(['/bedrock/calls']));
  });

  test.each([
    ['whose name CloudFormation chooses', undefined],
    ['with a name', '/bedrock/calls'],
    ['whose name is generated if another environment needs it', PhysicalName.GENERATE_IF_NEEDED],
  ])(
    'the key of a log group is the same for a log group of the app %s, and for each import of it',
    (_, logGroupName) => {
      const stack = newStack();
      const other = new Stack(stack.node.root as App, 'Other');
      const own = new logs.LogGroup(stack, 'Own', { logGroupName });
      const arn = own.logGroupArn;

      const keys = keysOf(stack, [
        own,
        byName(stack, own.logGroupName),
        byArn(stack, arn),
        byArn(stack, `${arn}:*`),
        byArn(stack, Fn.join(':', [arn, '*'])),
        byArn(stack, byArn(stack, arn).logGroupArn),
        byArn(stack, byName(stack, own.logGroupName).logGroupArn),
        byArn(other, arn),
        byName(other, own.logGroupName),
      ]);

      expect(keys.size).toBe(1);
      expect(keys.has('/bedrock/calls')).toBe(logGroupName === '/bedrock/calls');
    },
  );

  test('the key of a log group is the same for imports by one parameter, and for a log group that has its name by it', () => {
    const stack = newStack();
    const name = new CfnParameter(stack, 'Name').valueAsString;
    const arn = new CfnParameter(stack, 'Arn').valueAsString;

    expect(
      keysOf(stack, [
        byName(stack, `/calls/${name}`),
        byArn(stack, `arn:aws:logs:us-east-1:111111111111:log-group:/calls/${name}`),
        new logs.LogGroup(stack, 'Own', { logGroupName: `/calls/${name}` }),
      ]).size,
    ).toBe(1);
    expect(keysOf(stack, [byArn(stack, arn), byArn(stack, `${arn}`)]).size).toBe(1);
  });

  test('the key of a log group differs for two log groups, also if they have one logical id in two stacks', () => {
    const stack = newStack();
    const other = new Stack(stack.node.root as App, 'Other');
    const groups = [
      new logs.LogGroup(stack, 'Own'),
      new logs.LogGroup(stack, 'Second'),
      new logs.LogGroup(other, 'Own'),
      byName(stack, '/bedrock/calls'),
      byName(stack, '/bedrock/call'),
      byArn(stack, new CfnParameter(stack, 'Arn').valueAsString),
      byArn(stack, new CfnParameter(stack, 'SecondArn').valueAsString),
      byName(stack, new CfnParameter(stack, 'Name').valueAsString),
      byName(
        stack,
        Fn.join('/', new CfnParameter(stack, 'Parts', { type: 'CommaDelimitedList' }).valueAsList),
      ),
      byName(
        stack,
        Fn.select(1, new CfnParameter(stack, 'Names', { type: 'CommaDelimitedList' }).valueAsList),
      ),
      byName(stack, Fn.importValue('calls')),
    ];

    expect(keysOf(stack, groups).size).toBe(groups.length);
  });
});

describe('the class of a log group', () => {
  const { INFREQUENT_ACCESS, STANDARD } = logs.LogGroupClass;

  test.each([
    [INFREQUENT_ACCESS, INFREQUENT_ACCESS],
    [DELIVERY, DELIVERY],
    [STANDARD, STANDARD],
    [undefined, STANDARD],
  ])(
    'the class of a log group is known for a log group of the app of class %s, and for its imports',
    (logGroupClass, expected) => {
      const stack = newStack();
      const own = new logs.LogGroup(stack, 'Own', { logGroupClass, logGroupName: '/bedrock/calls' });
      const other = new Stack(stack.node.root as App, 'Other');

      for (const group of [
        own,
        byName(stack, own.logGroupName),
        byArn(stack, own.logGroupArn),
        byName(other, '/bedrock/calls'),
        byArn(other, ARN),
      ]) {
        expect(findLogGroupClass(group)).toBe(expected);
      }
    },
  );

  test('the class of a log group is known for an L1 log group', () => {
    const stack = newStack();
    const cfn = new logs.CfnLogGroup(stack, 'Cfn', { logGroupClass: DELIVERY });

    expect(findLogGroupClass(byName(stack, cfn.ref))).toBe(DELIVERY);
    expect(findLogGroupClass(byArn(stack, cfn.attrArn))).toBe(DELIVERY);
  });

  test('the class of a log group is unknown for a log group that is not in the app, is in another place or stage, or has a token as its class', () => {
    const app = new App();
    const stack = new Stack(app, 'Stack', { env: { account: '111111111111', region: 'us-east-1' } });
    const props = { logGroupClass: INFREQUENT_ACCESS, logGroupName: '/elsewhere' };
    new logs.LogGroup(
      new Stack(app, 'Region', { env: { account: '111111111111', region: 'eu-west-1' } }),
      'Logs',
      props,
    );
    new logs.LogGroup(
      new Stack(app, 'Account', { env: { account: '222222222222', region: 'us-east-1' } }),
      'Logs',
      props,
    );
    new logs.LogGroup(new Stack(new Stage(app, 'Stage'), 'Stack', { env: stack }), 'Logs', props);
    new logs.CfnLogGroup(stack, 'Token', {
      logGroupName: '/token',
      logGroupClass: new CfnParameter(stack, 'Class').valueAsString,
    });

    for (const name of ['/none', '/elsewhere', '/token']) {
      expect(findLogGroupClass(byName(stack, name))).toBeUndefined();
    }
  });
});

describe('the name of a log group', () => {
  const require = (group: logs.ILogGroup) => requireLogGroupName('Class', 'logGroup', group);

  test.each([
    ['a wildcard', '*'],
    ['a text with a wildcard', '/bedrock/*'],
    ['a text with a blank', '/with blank'],
    ['a text with a colon', 'a:b'],
    ['empty', ''],
    ['longer than 512 characters', 'x'.repeat(513)],
  ])('the name of a log group is not %s', (_, name) => {
    expect(() => require(byName(newStack(), name))).toThrow(
      '[Class] `logGroup` must be a log group whose name has 1 to 512 letters, digits and . _ / # -, got: ',
    );
  });

  test('the name of a log group is not a wildcard in an ARN', () => {
    const stack = newStack();

    for (const arn of [`${ARN}*`, 'arn:aws:logs:us-east-1:111111111111:log-group:*']) {
      expect(() => require(byArn(stack, arn))).toThrow('`logGroup` must be a log group whose name has');
    }
  });

  test('the name of a log group is any that CloudWatch Logs accepts, or a token', () => {
    const stack = newStack();

    for (const name of [
      '/aws/bedrock/Model_calls.v2#1-a',
      'x'.repeat(512),
      new CfnParameter(stack, 'Name').valueAsString,
    ]) {
      expect(() => require(byName(stack, name))).not.toThrow();
    }
    expect(() => require(byArn(stack, `${ARN}:*`))).not.toThrow();
  });
});
