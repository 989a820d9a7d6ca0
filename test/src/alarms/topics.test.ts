import {
  Annotations as AppAnnotations,
  App,
  AspectPriority,
  Aspects,
  CfnParameter,
  NestedStack,
  Stack,
} from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import type { IConstruct } from 'constructs';
import {
  MonthlyBudget,
  TokenAnalytics,
  TokenAnalyticsAlarms,
  type TokenAnalyticsAlarmsProps,
} from '../../../src';

const ACCOUNT = '111111111111';
const OTHER_ACCOUNT = '222222222222';
const REGION = 'eu-central-1';
const CLOUDWATCH = 'cloudwatch.amazonaws.com';
const EVENTS = 'events.amazonaws.com';
const PARTITION = { Ref: 'AWS::Partition' };
const KEY_ARN = `arn:aws:kms:${REGION}:${ACCOUNT}:key/12345678-1234-1234-1234-123456789012`;
const TOPIC_ARN = `arn:aws:sns:${REGION}:${ACCOUNT}:told`;
const TOLD = { Ref: expect.stringMatching(/^Topic/) as string };

/** Conditions by which CloudWatch publishes for alarms of the account and region. */
const OF_ALARMS = {
  StringEquals: { 'aws:SourceAccount': ACCOUNT },
  ArnLike: {
    'aws:SourceArn': { 'Fn::Join': ['', ['arn:', PARTITION, `:cloudwatch:${REGION}:${ACCOUNT}:alarm:*`]] },
  },
};
const FOR_ALARMS = {
  Effect: 'Allow',
  Principal: { Service: 'cloudwatch.amazonaws.com' },
  Action: 'sns:Publish',
  Resource: TOLD,
  Condition: OF_ALARMS,
};
const FOR_BUDGETS = {
  Effect: 'Allow',
  Principal: { Service: 'budgets.amazonaws.com' },
  Action: 'sns:Publish',
  Resource: TOLD,
  Condition: {
    StringEquals: { 'aws:SourceAccount': ACCOUNT },
    ArnLike: { 'aws:SourceArn': { 'Fn::Join': ['', ['arn:', PARTITION, `:budgets::${ACCOUNT}:*`]] } },
  },
};
const KEY_FOR_ALARMS = {
  Effect: 'Allow',
  Principal: { Service: 'cloudwatch.amazonaws.com' },
  Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
  Resource: '*',
  Condition: OF_ALARMS,
};
/** Policy of SNS for a new topic. */
const defaultFor = (account: string) => ({
  Sid: '__default_statement_ID',
  Effect: 'Allow',
  Principal: { AWS: '*' },
  Action: [
    'sns:GetTopicAttributes',
    'sns:SetTopicAttributes',
    'sns:AddPermission',
    'sns:RemovePermission',
    'sns:DeleteTopic',
    'sns:Subscribe',
    'sns:ListSubscriptionsByTopic',
    'sns:Publish',
  ],
  Resource: TOLD,
  Condition: { StringEquals: { 'AWS:SourceOwner': account } },
});

type Statement = Readonly<Record<string, unknown>>;

function newStack({ account = ACCOUNT, region = REGION, app = new App(), id = 'Stack' } = {}): Stack {
  return new Stack(app, id, { env: { account, region } });
}

function alarmsIn(stack: Stack, props: Partial<TokenAnalyticsAlarmsProps>, id = 'Alarms') {
  return new TokenAnalyticsAlarms(stack, id, { dailyBudget: 10, ...props });
}

function documentsOf(stack: Stack, type: string, property: string): Statement[][] {
  return Object.values(Template.fromStack(stack).findResources(type)).map(
    ({ Properties }) =>
      (Properties as Record<string, { Statement: Statement[] }>)[property].Statement as Statement[],
  );
}

/** Statements of the one policy of the topic, without the numbers that aws-cdk-lib gives them. */
function statementsOf(stack: Stack, type = 'AWS::SNS::TopicPolicy'): Statement[] {
  const [statements, ...others] = documentsOf(stack, type, 'PolicyDocument');
  expect(others).toEqual([]);
  return statements.map(({ Sid, ...rest }) => (/^\d+$/.test(String(Sid)) ? rest : { Sid, ...rest }));
}

function keyStatementsOf(stack: Stack): Statement[] {
  const [statements] = documentsOf(stack, 'AWS::KMS::Key', 'KeyPolicy');
  return statements.filter(({ Principal }) => 'Service' in (Principal as object));
}

function messagesOf(stack: Stack, kind: 'findWarning' | 'findInfo' = 'findWarning'): string[] {
  return Annotations.fromStack(stack)
    [kind]('*', Match.anyValue())
    .map(({ id, entry }) => `${id}: ${String(entry.data)}`);
}

/** JSON at the end of a warning. */
function statementIn(message: string): unknown {
  return JSON.parse(message.slice(message.indexOf('{'), message.lastIndexOf('}') + 1));
}

/** A policy of a topic, and the number of statements in it that are not for alarms. */
const POLICIES: readonly (readonly [string, (stack: Stack) => sns.ITopic, number])[] = [
  ['enforceSSL', stack => new sns.Topic(stack, 'Topic', { enforceSSL: true }), 1],
  [
    'a right for a service',
    stack => {
      const topic = new sns.Topic(stack, 'Topic');
      topic.grantPublish(new iam.ServicePrincipal('events.amazonaws.com'));
      return topic;
    },
    1,
  ],
  [
    'a TopicPolicy of the user with enforceSSL',
    stack => {
      const topic = new sns.Topic(stack, 'Topic');
      new sns.TopicPolicy(stack, 'Policy', { topics: [topic], enforceSSL: true });
      return topic;
    },
    1,
  ],
  [
    'a CfnTopicPolicy of the user that names the resource and has a PolicyDocument',
    stack => {
      const topic = new sns.Topic(stack, 'Topic');
      new sns.CfnTopicPolicy(stack, 'Policy', {
        topics: [(topic.node.defaultChild as sns.CfnTopic).ref],
        policyDocument: new iam.PolicyDocument({ statements: [eventsRight(topic)] }),
      });
      return topic;
    },
    1,
  ],
  [
    'a policy, made as plain resources and imported by reference',
    stack => {
      const resource = new sns.CfnTopic(stack, 'Topic');
      const topic = sns.Topic.fromTopicArn(stack, 'Imported', resource.ref);
      new sns.CfnTopicPolicy(stack, 'Policy', {
        topics: [resource.ref],
        policyDocument: new iam.PolicyDocument({ statements: [eventsRight(topic)] }),
      });
      return topic;
    },
    1,
  ],
];

/** Gives a topic a policy that is no document of aws-cdk-lib. */
function addJsonPolicy(topic: sns.Topic, statements: readonly Statement[]): void {
  new sns.CfnTopicPolicy(topic, 'JsonPolicy', {
    topics: [topic.topicArn],
    policyDocument: { Version: '2012-10-17', Statement: statements },
  });
}

function eventsRight(topic: sns.ITopic): iam.PolicyStatement {
  return new iam.PolicyStatement({
    principals: [new iam.ServicePrincipal('events.amazonaws.com')],
    actions: ['sns:Publish'],
    resources: [topic.topicArn],
  });
}

describe('a topic of the app', () => {
  test.each(POLICIES)('with %s lets alarms of the account publish', (_name, make, others) => {
    const stack = newStack();
    alarmsIn(stack, { topic: make(stack) });

    expect(statementsOf(stack).slice(others)).toEqual([FOR_ALARMS]);
    expect(messagesOf(stack)).toEqual([]);
  });

  test('with an inline policy lets alarms of the account publish', () => {
    const stack = newStack();
    const topic = new sns.Topic(stack, 'Topic');
    new sns.CfnTopicInlinePolicy(stack, 'Policy', {
      topicArn: topic.topicArn,
      policyDocument: new iam.PolicyDocument({ statements: [eventsRight(topic)] }),
    });
    alarmsIn(stack, { topic });

    expect(statementsOf(stack, 'AWS::SNS::TopicInlinePolicy').slice(1)).toEqual([FOR_ALARMS]);
  });

  test('lets alarms publish by a policy that comes after them', () => {
    const stack = newStack();
    const topic = new sns.Topic(stack, 'Topic');
    alarmsIn(stack, { topic });
    topic.addToResourcePolicy(eventsRight(topic));

    expect(statementsOf(stack).slice(1)).toEqual([FOR_ALARMS]);
  });

  test('lets alarms publish by a policy that an aspect adds to topics that stand after the alarms', () => {
    const app = new App();
    const alarmStack = newStack({ app });
    const topicStack = newStack({ app, id: 'Topics' });
    const topic = new sns.Topic(topicStack, 'Topic');
    alarmsIn(alarmStack, { topic });
    Aspects.of(app).add({
      visit: node => {
        if (node instanceof sns.Topic) node.addToResourcePolicy(eventsRight(node));
      },
    });

    expect(statementsOf(topicStack).slice(1)).toEqual([FOR_ALARMS]);
  });

  test('without a policy stays as it is: the default policy lets alarms of the account publish', () => {
    const stack = newStack();
    alarmsIn(stack, { topic: new sns.Topic(stack, 'Topic') });

    Template.fromStack(stack).resourceCountIs('AWS::SNS::TopicPolicy', 0);
    expect(messagesOf(stack)).toEqual([]);
  });

  test('takes the same statement of several constructs once', () => {
    const stack = newStack();
    const topic = new sns.Topic(stack, 'Topic', { enforceSSL: true });
    alarmsIn(stack, { topic }, 'One');
    alarmsIn(stack, { topic }, 'Two');

    expect(statementsOf(stack).slice(1)).toEqual([FOR_ALARMS]);
  });

  test.each<[string, (topic: sns.Topic) => void, number]>([
    [
      'the resource of the topic',
      topic => topic.addToResourcePolicy(eventsRight(topic)),
      AspectPriority.DEFAULT,
    ],
    [
      'the resource of the topic, by a policy of its own',
      topic => {
        new sns.TopicPolicy(topic, 'Added', { topics: [topic] }).document.addStatements(eventsRight(topic));
      },
      AspectPriority.DEFAULT,
    ],
    [
      'topics after other aspects',
      topic => topic.addToResourcePolicy(eventsRight(topic)),
      AspectPriority.READONLY,
    ],
  ])('lets alarms publish by a policy that an aspect adds at %s', (_at, add, priority) => {
    const stack = newStack();
    const topic = new sns.Topic(stack, 'Topic');
    alarmsIn(stack, { topic });
    const visit = (node: IConstruct) => {
      if (node === topic.node.defaultChild) add(topic);
    };
    Aspects.of(stack.node.root).add({ visit }, { priority });

    expect(statementsOf(stack).slice(1)).toEqual([FOR_ALARMS]);
  });

  test('has a warning if an aspect adds a policy of plain JSON', () => {
    const stack = newStack();
    const topic = new sns.Topic(stack, 'Topic');
    alarmsIn(stack, { topic });
    Aspects.of(stack.node.root).add({
      visit: node => {
        if (node === topic.node.defaultChild) addJsonPolicy(topic, []);
      },
    });

    expect(messagesOf(stack)).toEqual([expect.stringContaining('cdk-token-analytics:topicPolicy')]);
  });

  test('has a warning if an aspect adds a second policy beside that for a budget', () => {
    const stack = newStack();
    const topic = new sns.Topic(stack, 'Topic');
    new MonthlyBudget(stack, 'Budget', { limit: 10, topic });
    Aspects.of(stack.node.root).add({
      visit: node => {
        if (node === topic.node.defaultChild) addJsonPolicy(topic, []);
      },
    });

    expect(messagesOf(stack)).toContainEqual(expect.stringContaining('cdk-token-analytics:topicPolicies'));
  });

  test('in a nested stack lets alarms publish by a policy that an aspect adds', () => {
    const parent = newStack();
    const nested = new NestedStack(parent, 'Nested');
    const topic = new sns.Topic(nested, 'Topic');
    alarmsIn(nested, { topic });
    Aspects.of(parent).add({
      visit: node => {
        if (node === topic.node.defaultChild) topic.addToResourcePolicy(eventsRight(topic));
      },
    });

    expect(statementsOf(nested)).toHaveLength(2);
  });

  test('is reached by TokenAnalytics, too', () => {
    const stack = newStack();
    const notificationTopic = new sns.Topic(stack, 'Topic', { enforceSSL: true });
    new TokenAnalytics(stack, 'TA', { dailyBudget: 10, notificationTopic, nightlyRollup: false });

    expect(statementsOf(stack).slice(1)).toEqual([FOR_ALARMS]);
  });

  test('with a policy of plain JSON cannot be added to: a warning has the statement', () => {
    const stack = newStack();
    const topic = new sns.Topic(stack, 'Topic');
    const statement = { Effect: 'Deny', Principal: '*', Action: 'sns:Publish', Resource: topic.topicArn };
    new sns.CfnTopicPolicy(stack, 'Policy', {
      topics: [topic.topicArn],
      policyDocument: { Version: '2012-10-17', Statement: [statement] },
    });
    alarmsIn(stack, { topic });

    const [warning, ...others] = messagesOf(stack);
    expect(others).toEqual([]);
    expect(warning).toMatch(/^\/Stack\/Alarms: Stack\/Policy, the policy of Stack\/Topic, .*topicPolicy\]$/);
    expect(statementIn(warning)).toEqual(FOR_ALARMS);
  });

  const everybody = { Principal: { AWS: '*' }, Resource: '*' };

  test.each<[string, Statement]>([
    ['CloudWatch publish', { ...FOR_ALARMS, Resource: '*' }],
    [
      'several services do all of SNS',
      { ...FOR_ALARMS, Principal: { Service: [EVENTS, CLOUDWATCH] }, Action: 'SNS:*' },
    ],
    ['everybody do everything', { ...everybody, Effect: 'Allow', Action: '*' }],
    ['the account do what AWS does by default', { ...defaultFor(ACCOUNT), Resource: '*' }],
    [
      'everybody publish for the account',
      {
        ...everybody,
        Effect: 'Allow',
        Action: ['sns:Subscribe', 'sns:Publish'],
        Condition: { StringEquals: { 'aws:SourceAccount': [ACCOUNT] } },
      },
    ],
  ])('with a policy of plain JSON that lets %s has no warning', (_what, statement) => {
    const stack = newStack();
    const topic = new sns.Topic(stack, 'Topic');
    addJsonPolicy(topic, [statement]);
    alarmsIn(stack, { topic });

    expect(messagesOf(stack)).toEqual([]);
  });

  test.each<[string, Statement]>([
    ['denies CloudWatch something', { ...FOR_ALARMS, Effect: 'Deny' }],
    ['lets CloudWatch do something else', { ...FOR_ALARMS, Action: 'sns:GetTopicAttributes' }],
    ['lets another service publish', { ...FOR_ALARMS, Principal: { Service: EVENTS } }],
    ['lets another account publish', { ...defaultFor(OTHER_ACCOUNT) }],
    [
      'lets everybody publish from one address',
      {
        ...everybody,
        Effect: 'Allow',
        Action: 'sns:Publish',
        Condition: { IpAddress: { 'aws:SourceIp': '192.0.2.1' } },
      },
    ],
  ])('with a policy of plain JSON that %s has a warning', (_what, statement) => {
    const stack = newStack();
    const topic = new sns.Topic(stack, 'Topic');
    addJsonPolicy(topic, [{ ...statement, Resource: '*' }]);
    alarmsIn(stack, { topic });

    expect(messagesOf(stack)).toEqual([expect.stringContaining('cdk-token-analytics:topicPolicy')]);
  });

  test('with the default policy in plain JSON has a warning for a budget, which that keeps out', () => {
    const stack = newStack();
    const topic = new sns.Topic(stack, 'Topic');
    addJsonPolicy(topic, [{ ...defaultFor(ACCOUNT), Resource: '*' }]);
    new MonthlyBudget(stack, 'Budget', { limit: 10, topic });

    expect(messagesOf(stack)).toEqual([expect.stringContaining('cdk-token-analytics:topicPolicy')]);
  });
});

/** Changes alarms by an aspect on the app. */
function tellByAspect<T extends IConstruct>(
  { node }: TokenAnalyticsAlarms,
  kind: abstract new (...args: never[]) => T,
  change: (alarm: T) => void,
): void {
  Aspects.of(node.root).add({
    visit: each => {
      if (each instanceof kind) change(each);
    },
  });
}

describe('a topic of an action', () => {
  test('is reached if the action is given', () => {
    const stack = newStack();
    const topic = new sns.Topic(stack, 'Topic', { enforceSSL: true });
    alarmsIn(stack, { alarmActions: [new actions.SnsAction(topic)] });

    expect(statementsOf(stack).slice(1)).toEqual([FOR_ALARMS]);
  });

  test.each<[string, (alarms: TokenAnalyticsAlarms, action: cloudwatch.IAlarmAction) => void]>([
    ['when one alarm fires', ({ criticalAlarm }, action) => criticalAlarm.addAlarmAction(action)],
    ['when one alarm is over', ({ warningAlarm }, action) => warningAlarm.addOkAction(action)],
    [
      'when the composite alarm fires',
      ({ compositeAlarm }, action) => compositeAlarm?.addAlarmAction(action),
    ],
  ])('is reached if the action is added later, %s', (_when, add) => {
    const stack = newStack();
    const topic = new sns.Topic(stack, 'Topic', { enforceSSL: true, masterKey: new kms.Key(stack, 'Key') });
    add(alarmsIn(stack, { composite: { replacesActions: true } }), new actions.SnsAction(topic));

    expect(statementsOf(stack).slice(1)).toEqual([FOR_ALARMS]);
    expect(keyStatementsOf(stack)).toEqual([KEY_FOR_ALARMS]);
    expect(messagesOf(stack, 'findInfo')).toEqual([]);
  });

  const setActions = (alarm: cloudwatch.CfnAlarm, topic: sns.ITopic) => {
    alarm.alarmActions = [topic.topicArn];
  };

  test.each<[string, (alarms: TokenAnalyticsAlarms, topic: sns.ITopic) => void]>([
    [
      'to alarms by an aspect',
      (alarms, topic) =>
        tellByAspect(alarms, cloudwatch.Alarm, alarm => alarm.addAlarmAction(new actions.SnsAction(topic))),
    ],
    [
      'to resources by an aspect',
      (alarms, topic) => tellByAspect(alarms, cloudwatch.CfnAlarm, alarm => setActions(alarm, topic)),
    ],
    [
      'to one resource',
      ({ warningAlarm }, topic) => setActions(warningAlarm.node.defaultChild as cloudwatch.CfnAlarm, topic),
    ],
    [
      'to one resource by an override',
      ({ warningAlarm }, { topicArn }) =>
        (warningAlarm.node.defaultChild as cloudwatch.CfnAlarm).addPropertyOverride('OKActions', [topicArn]),
    ],
  ])('is reached if the action is added %s', (_how, add) => {
    const stack = newStack();
    const topic = new sns.Topic(stack, 'Topic', { enforceSSL: true, masterKey: new kms.Key(stack, 'Key') });
    add(alarmsIn(stack, {}), topic);

    expect(statementsOf(stack).slice(1)).toEqual([FOR_ALARMS]);
    expect(keyStatementsOf(stack)).toEqual([KEY_FOR_ALARMS]);
    expect(messagesOf(stack, 'findInfo')).toEqual([]);
  });

  test('is reached if it is a resource alone', () => {
    const stack = newStack();
    const { ref } = new sns.CfnTopic(stack, 'Topic', { kmsMasterKeyId: new kms.Key(stack, 'Key').keyId });
    const statement = new iam.PolicyStatement({
      principals: [new iam.ServicePrincipal(EVENTS)],
      actions: ['sns:Publish'],
      resources: [ref],
    });
    new sns.CfnTopicPolicy(stack, 'Policy', {
      topics: [ref],
      policyDocument: new iam.PolicyDocument({ statements: [statement] }),
    });
    alarmsIn(stack, { alarmActions: [{ bind: () => ({ alarmActionArn: ref }) }] });

    expect(statementsOf(stack).slice(1)).toEqual([FOR_ALARMS]);
    expect(keyStatementsOf(stack)).toEqual([KEY_FOR_ALARMS]);
  });

  test('is found among alarms with numbers that are known at deployment only', () => {
    const stack = newStack();
    const topic = new sns.Topic(stack, 'Topic', { enforceSSL: true });
    const threshold = new CfnParameter(stack, 'Threshold', { type: 'Number' }).valueAsNumber;
    alarmsIn(stack, { topic, unpricedCalls: { threshold } });

    expect(statementsOf(stack).slice(1)).toEqual([FOR_ALARMS]);
  });

  test('must be in the region of the alarms, also if the action is added later', () => {
    const stack = newStack();
    const topic = sns.Topic.fromTopicArn(stack, 'Topic', `arn:aws:sns:us-east-1:${ACCOUNT}:told`);
    expect(() => alarmsIn(stack, { alarmActions: [new actions.SnsAction(topic)] }, 'One')).toThrow(
      '[Stack/One] `alarmActions` must be in the region of the stack (eu-central-1), got: Stack/Topic in us-east-1.',
    );

    alarmsIn(stack, {}, 'Two').criticalAlarm.addAlarmAction(new actions.SnsAction(topic));
    expect(() => Template.fromStack(stack)).toThrow('[Stack/Two] `addAlarmAction` must be in the region');
  });
});

/** Sets the key of a topic's resource. */
function setKey(topic: sns.Topic, keyId: string): sns.Topic {
  (topic.node.defaultChild as sns.CfnTopic).kmsMasterKeyId = keyId;
  return topic;
}

describe('a key of the topic', () => {
  test.each<[string, (stack: Stack, key: kms.Key) => sns.ITopic]>([
    [
      'of which the topic is an import',
      (stack, masterKey) =>
        sns.Topic.fromTopicArn(stack, 'Imported', new sns.Topic(stack, 'Topic', { masterKey }).topicArn),
    ],
    [
      'that a resource alone has',
      (stack, { keyArn }) =>
        sns.Topic.fromTopicArn(
          stack,
          'Imported',
          new sns.CfnTopic(stack, 'Topic', { kmsMasterKeyId: keyArn }).ref,
        ),
    ],
    ['by the property of the resource', (stack, { keyId }) => setKey(new sns.Topic(stack, 'Topic'), keyId)],
    [
      'by an override',
      (stack, { keyId }) => {
        const topic = new sns.Topic(stack, 'Topic');
        (topic.node.defaultChild as sns.CfnTopic).addPropertyOverride('KmsMasterKeyId', keyId);
        return topic;
      },
    ],
    [
      'by an alias that is a resource alone',
      (stack, { keyId }) =>
        setKey(
          new sns.Topic(stack, 'Topic'),
          new kms.CfnAlias(stack, 'Alias', { aliasName: 'alias/told', targetKeyId: keyId }).ref,
        ),
    ],
    [
      'of which the key is an import',
      (stack, { keyArn }) =>
        new sns.Topic(stack, 'Topic', { masterKey: kms.Key.fromKeyArn(stack, 'Imported', keyArn) }),
    ],
  ])('of the app lets CloudWatch use it, %s', (_how, make) => {
    const stack = newStack();
    alarmsIn(stack, { topic: make(stack, new kms.Key(stack, 'Key')) });

    expect(keyStatementsOf(stack)).toEqual([KEY_FOR_ALARMS]);
    expect(messagesOf(stack)).toEqual([]);
  });

  test('lets a budget and the budget alert function use it if the topic is an import of one of the app', () => {
    const stack = newStack();
    const { topicArn } = new sns.Topic(stack, 'Topic', { masterKey: new kms.Key(stack, 'Key') });
    const topic = sns.Topic.fromTopicArn(stack, 'Imported', topicArn);
    new MonthlyBudget(stack, 'Budget', { limit: 10, topic });
    const budgetAlertOptions = { enabled: true };
    new TokenAnalytics(stack, 'TA', {
      dailyBudget: 10,
      alarms: false,
      notificationTopic: topic,
      budgetAlertOptions,
    });

    expect(keyStatementsOf(stack)).toContainEqual(
      expect.objectContaining({ Principal: { Service: 'budgets.amazonaws.com' } }),
    );
    Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
            Resource: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Key'), 'Arn'] },
          }),
        ]),
      },
    });
  });

  test.each<[string, object, boolean]>([
    ['a document of aws-cdk-lib', new iam.PolicyDocument(), false],
    [
      'plain JSON that lets CloudWatch use it',
      {
        Statement: [{ Effect: 'Allow', Principal: { Service: CLOUDWATCH }, Action: 'kms:*', Resource: '*' }],
      },
      false,
    ],
    [
      'plain JSON for the account only',
      { Statement: [{ Effect: 'Allow', Principal: { AWS: ACCOUNT }, Action: 'kms:*', Resource: '*' }] },
      true,
    ],
  ])('that is a resource alone is changed or warned of: %s', (_what, keyPolicy, isWarned) => {
    const stack = newStack();
    const key = new kms.CfnKey(stack, 'Key', { keyPolicy });
    alarmsIn(stack, { topic: setKey(new sns.Topic(stack, 'Topic'), key.ref) });

    const warning = expect.stringContaining('The policy of Stack/Key cannot be changed') as string;
    expect(messagesOf(stack)).toEqual(isWarned ? [warning] : []);
    expect(keyStatementsOf(stack)).toHaveLength(isWarned ? 0 : 1);
  });

  test('that is known by its ARN only is named in a warning with the statement', () => {
    const stack = newStack();
    alarmsIn(stack, { topic: setKey(new sns.Topic(stack, 'Topic'), KEY_ARN) });

    const [warning, ...others] = messagesOf(stack);
    expect(others).toEqual([]);
    expect(warning).toContain(`The policy of ${KEY_ARN} cannot be changed`);
    expect(statementIn(warning)).toEqual(KEY_FOR_ALARMS);
  });

  test.each<[string, (topic: sns.Topic) => void]>([
    ['by the property of the resource', topic => setKey(topic, 'alias/aws/sns')],
    [
      'by an override',
      ({ node }) =>
        (node.defaultChild as sns.CfnTopic).addPropertyOverride('KmsMasterKeyId', 'alias/aws/sns'),
    ],
    [
      'by an aspect',
      topic =>
        Aspects.of(topic.node.root).add({
          visit: node => {
            if (node === topic.node.defaultChild) setKey(topic, 'alias/aws/sns');
          },
        }),
    ],
  ])('has a warning if AWS manages it, and it is set after the alarms and a budget %s', (_how, set) => {
    const stack = newStack();
    const topic = new sns.Topic(stack, 'Topic');
    alarmsIn(stack, { topic });
    new MonthlyBudget(stack, 'Budget', { limit: 10, topic });
    set(topic);

    expect(messagesOf(stack)).toEqual([
      expect.stringMatching(/^\/Stack\/Alarms: .*topicKey\]$/),
      expect.stringMatching(/^\/Stack\/Budget: .*topicKey\]$/),
    ]);
  });

  test.each<[string, (stack: Stack) => kms.IKey]>([
    ['a key', stack => new kms.Key(stack, 'Key')],
    [
      'an alias of a key',
      stack =>
        new kms.Alias(stack, 'Alias', { aliasName: 'alias/told', targetKey: new kms.Key(stack, 'Key') }),
    ],
  ])('lets CloudWatch use it for alarms of the account, if it is %s of the app', (_name, make) => {
    const stack = newStack();
    alarmsIn(stack, { topic: new sns.Topic(stack, 'Topic', { masterKey: make(stack) }) });

    expect(keyStatementsOf(stack)).toEqual([KEY_FOR_ALARMS]);
    expect(messagesOf(stack)).toEqual([]);
  });

  test('is named in a warning with the statement if it is imported', () => {
    const stack = newStack();
    const masterKey = kms.Key.fromKeyArn(stack, 'Key', KEY_ARN);
    alarmsIn(stack, { topic: new sns.Topic(stack, 'Topic', { masterKey }) });

    const [warning, ...others] = messagesOf(stack);
    expect(others).toEqual([]);
    expect(warning).toMatch(/^\/Stack\/Alarms: The policy of Stack\/Key cannot be changed .*keyPolicy\]$/);
    expect(statementIn(warning)).toEqual(KEY_FOR_ALARMS);
  });

  test.each<[string, (stack: Stack) => sns.Topic]>([
    [
      'by its alias',
      stack => {
        const masterKey = kms.Alias.fromAliasName(stack, 'Key', 'alias/aws/sns');
        return new sns.Topic(stack, 'Topic', { masterKey });
      },
    ],
    [
      'by the property of the resource',
      stack => {
        const topic = new sns.Topic(stack, 'Topic');
        (topic.node.defaultChild as sns.CfnTopic).kmsMasterKeyId = 'alias/aws/sns';
        return topic;
      },
    ],
  ])('has a warning if it is the one that AWS manages, %s', (_name, make) => {
    const stack = newStack();
    const topic = make(stack);

    alarmsIn(stack, { topic });

    expect(messagesOf(stack)).toEqual([
      expect.stringMatching(
        /^\/Stack\/Alarms: .*`topic` must be a topic with a customer managed key, or without a key, got: Stack\/Topic with the AWS managed key of SNS \(alias\/aws\/sns\)\. CloudWatch and AWS Budgets cannot use an AWS managed key.* \[ack: cdk-token-analytics:topicKey\]$/,
      ),
    ]);
  });

  test('has a warning at synth if AWS manages it, and the topic is told by an action that is added later', () => {
    const stack = newStack();
    const masterKey = kms.Alias.fromAliasName(stack, 'Key', 'alias/aws/sns');
    const topic = new sns.Topic(stack, 'Topic', { masterKey });
    alarmsIn(stack, {}).criticalAlarm.addAlarmAction(new actions.SnsAction(topic));

    expect(messagesOf(stack)).toEqual([
      expect.stringContaining('`addAlarmAction` must be a topic with a customer managed key'),
    ]);
  });
});

describe('an imported topic', () => {
  test('is named once in a warning with the statement', () => {
    const stack = newStack();
    const topic = sns.Topic.fromTopicArn(stack, 'Topic', TOPIC_ARN);
    alarmsIn(stack, { topic, alarmActions: [new actions.SnsAction(topic)] });

    const [warning, ...others] = messagesOf(stack);
    expect(others).toEqual([]);
    expect(warning).toMatch(
      /^\/Stack\/Alarms: The policy of Stack\/Topic cannot be changed .* \[ack: cdk-token-analytics:topicPolicy\]$/,
    );
    expect(statementIn(warning)).toEqual({ ...FOR_ALARMS, Resource: TOPIC_ARN });
    Template.fromStack(stack).resourceCountIs('AWS::SNS::TopicPolicy', 0);
  });

  test('has a warning for its key, too, if that is known', () => {
    const stack = newStack();
    const topic = sns.Topic.fromTopicAttributes(stack, 'Topic', { topicArn: TOPIC_ARN, keyArn: KEY_ARN });
    alarmsIn(stack, { topic });

    expect(messagesOf(stack).map(statementIn)).toEqual([
      { ...FOR_ALARMS, Resource: TOPIC_ARN },
      KEY_FOR_ALARMS,
    ]);
  });

  test('has no warning if its policy is made in the app, by which alarms can publish', () => {
    const stack = newStack();
    const topic = sns.Topic.fromTopicArn(stack, 'Topic', TOPIC_ARN);
    new sns.TopicPolicy(stack, 'Policy', { topics: [topic], enforceSSL: true });
    alarmsIn(stack, { topic });

    expect(statementsOf(stack).slice(1)).toEqual([{ ...FOR_ALARMS, Resource: TOPIC_ARN }]);
    expect(messagesOf(stack)).toEqual([]);
  });

  test('has no warning where the warning is acknowledged', () => {
    const stack = newStack();
    const alarms = alarmsIn(stack, { topic: sns.Topic.fromTopicArn(stack, 'Topic', TOPIC_ARN) });
    AppAnnotations.of(alarms).acknowledgeWarning('cdk-token-analytics:topicPolicy');

    expect(messagesOf(stack)).toEqual([]);
  });
});

describe('a topic of another place', () => {
  test('must be in the region of the alarms', () => {
    const app = new App();
    const topic = new sns.Topic(newStack({ app, id: 'Topics', region: 'us-east-1' }), 'Topic');

    expect(() => alarmsIn(newStack({ app }), { topic })).toThrow(
      '[Stack/Alarms] `topic` must be in the region of the stack (eu-central-1), got: Topics/Topic in ' +
        'us-east-1. CloudWatch alarms publish only to topics of their own region: pass a topic of that region.',
    );
  });

  test('has a warning with the statement if it is imported from another account', () => {
    const stack = newStack();
    const topicArn = `arn:aws:sns:${REGION}:${OTHER_ACCOUNT}:told`;
    alarmsIn(stack, { topic: sns.Topic.fromTopicArn(stack, 'Topic', topicArn) });

    expect(messagesOf(stack).map(statementIn)).toEqual([{ ...FOR_ALARMS, Resource: topicArn }]);
  });

  test('lets alarms of their account publish if it is of another account of the app', () => {
    const app = new App();
    const topicStack = newStack({ app, id: 'Topics', account: OTHER_ACCOUNT });
    const masterKey = new kms.Key(topicStack, 'Key');
    const topic = new sns.Topic(topicStack, 'Topic', { topicName: 'told', masterKey });
    const stack = newStack({ app });
    alarmsIn(stack, { topic });

    expect(statementsOf(topicStack)).toEqual([FOR_ALARMS, defaultFor(OTHER_ACCOUNT)]);
    expect(keyStatementsOf(topicStack)).toEqual([KEY_FOR_ALARMS]);
    expect(messagesOf(stack)).toEqual([]);
  });

  test('has a warning if it is of another account of the app, has no policy, and is told by a later action', () => {
    const app = new App();
    const topicStack = newStack({ app, id: 'Topics', account: OTHER_ACCOUNT });
    const topic = new sns.Topic(topicStack, 'Topic', { topicName: 'told' });
    const stack = newStack({ app });
    alarmsIn(stack, {}).criticalAlarm.addAlarmAction(new actions.SnsAction(topic));

    expect(messagesOf(stack)).toEqual([expect.stringContaining('cdk-token-analytics:topicPolicy')]);
  });
});

describe('alarms and a monthly budget with one topic', () => {
  const MAKERS = {
    alarms: (stack: Stack, topic: sns.ITopic) => alarmsIn(stack, { topic }),
    budget: (stack: Stack, topic: sns.ITopic) => new MonthlyBudget(stack, 'Budget', { limit: 10, topic }),
  };

  test.each([
    ['alarms', 'budget'],
    ['budget', 'alarms'],
  ] as const)('both reach it, and others of the account go on publishing: first %s, then %s', (...order) => {
    const stack = newStack();
    const topic = new sns.Topic(stack, 'Topic', { masterKey: new kms.Key(stack, 'Key') });
    for (const maker of order) MAKERS[maker](stack, topic);

    const statements = statementsOf(stack);
    expect(statements).toHaveLength(3);
    expect(statements).toEqual(
      expect.arrayContaining([FOR_BUDGETS, FOR_ALARMS, defaultFor(ACCOUNT)]) as unknown,
    );
    expect(keyStatementsOf(stack)).toHaveLength(2);
    expect(keyStatementsOf(stack)).toEqual(
      expect.arrayContaining([
        KEY_FOR_ALARMS,
        {
          ...KEY_FOR_ALARMS,
          Principal: { Service: 'budgets.amazonaws.com' },
          Condition: { StringEquals: { 'aws:SourceAccount': ACCOUNT } },
        },
      ]) as unknown,
    );
    expect(messagesOf(stack)).toEqual([]);
  });
});

describe('a FIFO topic', () => {
  test('has a warning: no person is reached', () => {
    const stack = newStack();
    alarmsIn(stack, { topic: new sns.Topic(stack, 'Topic', { fifo: true }) });

    expect(messagesOf(stack)).toEqual([
      '/Stack/Alarms: `topic` must be a standard topic to reach a person, got: the FIFO topic Stack/Topic. ' +
        'FIFO topics deliver to SQS queues only: pass a standard topic. [ack: cdk-token-analytics:fifoTopic]',
    ]);
  });
});

describe('alarms without an action', () => {
  test.each<[string, Partial<TokenAnalyticsAlarmsProps>]>([
    ['alone', {}],
    ['with a composite alarm that replaces their actions', { composite: { replacesActions: true } }],
  ])('are named in an info, and have no warning: %s', (_name, props) => {
    const stack = newStack();
    alarmsIn(stack, props);

    expect(messagesOf(stack, 'findInfo')).toEqual([
      expect.stringMatching(
        /^\/Stack\/Alarms: The alarms have no action.*cdk-token-analytics:noAlarmActions\]$/,
      ),
    ]);
    expect(messagesOf(stack)).toEqual([]);
  });

  test('are not named if an action is added later', () => {
    const stack = newStack();
    const action = { bind: () => ({ alarmActionArn: 'arn:aws:ssm:us-east-1:123456789012:opsitem:2' }) };
    alarmsIn(stack, {}).criticalAlarm.addAlarmAction(action);

    expect(messagesOf(stack, 'findInfo')).toEqual([]);
  });
});

test('the one-prop set-up has no policy of a topic, no key and no warning', () => {
  const stack = newStack();
  new TokenAnalytics(stack, 'TA', { dailyBudget: 10 });

  const template = Template.fromStack(stack);
  for (const type of ['AWS::SNS::Topic', 'AWS::SNS::TopicPolicy', 'AWS::KMS::Key']) {
    template.resourceCountIs(type, 0);
  }
  expect(messagesOf(stack)).toEqual([]);
});
