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
const NOTIFIED_TOPIC = { Ref: expect.stringMatching(/^Topic/) as string };

/**
 * Condition of a policy statement that allows CloudWatch to publish for alarms of this account and region.
 */
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
  Resource: NOTIFIED_TOPIC,
  Condition: OF_ALARMS,
};
const FOR_BUDGETS = {
  Effect: 'Allow',
  Principal: { Service: 'budgets.amazonaws.com' },
  Action: 'sns:Publish',
  Resource: NOTIFIED_TOPIC,
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
/** Returns the default policy statement of a new SNS topic in the account. */
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
  Resource: NOTIFIED_TOPIC,
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

/** Returns the statements of the only topic policy in a stack, without ids that aws-cdk-lib has added. */
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

function statementIn(message: string): unknown {
  return JSON.parse(message.slice(message.indexOf('{'), message.lastIndexOf('}') + 1));
}

/** Rows with a name, a function that creates a topic, and the number of statements in the topic's policy. */
const POLICIES: readonly (readonly [string, (stack: Stack) => sns.ITopic, number])[] = [
  ['enforceSSL', stack => new sns.Topic(stack, 'Topic', { enforceSSL: true }), 1],
  [
    'a permission for a service',
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

/** Adds a policy to a topic. The policy is a plain object, not a `PolicyDocument` of aws-cdk-lib. */
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
  test.each(POLICIES)('allows alarms of the account to publish to a topic with %s', (_name, make, others) => {
    const stack = newStack();
    alarmsIn(stack, { topic: make(stack) });

    expect(statementsOf(stack).slice(others)).toEqual([FOR_ALARMS]);
    expect(messagesOf(stack)).toEqual([]);
  });

  test('allows alarms of the account to publish to a topic with an inline policy', () => {
    const stack = newStack();
    const topic = new sns.Topic(stack, 'Topic');
    new sns.CfnTopicInlinePolicy(stack, 'Policy', {
      topicArn: topic.topicArn,
      policyDocument: new iam.PolicyDocument({ statements: [eventsRight(topic)] }),
    });
    alarmsIn(stack, { topic });

    expect(statementsOf(stack, 'AWS::SNS::TopicInlinePolicy').slice(1)).toEqual([FOR_ALARMS]);
  });

  test('allows alarms to publish through a policy that is created after them', () => {
    const stack = newStack();
    const topic = new sns.Topic(stack, 'Topic');
    alarmsIn(stack, { topic });
    topic.addToResourcePolicy(eventsRight(topic));

    expect(statementsOf(stack).slice(1)).toEqual([FOR_ALARMS]);
  });

  test('allows alarms to publish through a policy that an aspect adds to a topic created after them', () => {
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

  test('adds no policy to a topic without one, because the default policy already allows alarms to publish', () => {
    const stack = newStack();
    alarmsIn(stack, { topic: new sns.Topic(stack, 'Topic') });

    Template.fromStack(stack).resourceCountIs('AWS::SNS::TopicPolicy', 0);
    expect(messagesOf(stack)).toEqual([]);
  });

  test('adds the statement for several constructs only once', () => {
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
  ])('allows alarms to publish through a policy that an aspect adds at %s', (_at, add, priority) => {
    const stack = newStack();
    const topic = new sns.Topic(stack, 'Topic');
    alarmsIn(stack, { topic });
    const visit = (node: IConstruct) => {
      if (node === topic.node.defaultChild) add(topic);
    };
    Aspects.of(stack.node.root).add({ visit }, { priority });

    expect(statementsOf(stack).slice(1)).toEqual([FOR_ALARMS]);
  });

  test('warns about a topic if an aspect adds a policy of plain JSON', () => {
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

  test('warns about a topic if an aspect adds a second policy beside the one for a budget', () => {
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

  test('allows alarms to publish to a topic of a nested stack through a policy that an aspect adds', () => {
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

  test('allows the alarms of TokenAnalytics to publish to the topic', () => {
    const stack = newStack();
    const notificationTopic = new sns.Topic(stack, 'Topic', { enforceSSL: true });
    new TokenAnalytics(stack, 'TA', { dailyBudget: 10, notificationTopic, nightlyRollup: false });

    expect(statementsOf(stack).slice(1)).toEqual([FOR_ALARMS]);
  });

  test('shows the missing statement in a warning for a topic with a policy of plain JSON', () => {
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
  ])('does not warn about a policy of plain JSON that lets %s', (_what, statement) => {
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
  ])('warns about a policy of plain JSON that %s', (_what, statement) => {
    const stack = newStack();
    const topic = new sns.Topic(stack, 'Topic');
    addJsonPolicy(topic, [{ ...statement, Resource: '*' }]);
    alarmsIn(stack, { topic });

    expect(messagesOf(stack)).toEqual([expect.stringContaining('cdk-token-analytics:topicPolicy')]);
  });

  test('warns that the default policy in plain JSON does not allow a budget to publish', () => {
    const stack = newStack();
    const topic = new sns.Topic(stack, 'Topic');
    addJsonPolicy(topic, [{ ...defaultFor(ACCOUNT), Resource: '*' }]);
    new MonthlyBudget(stack, 'Budget', { limit: 10, topic });

    expect(messagesOf(stack)).toEqual([expect.stringContaining('cdk-token-analytics:topicPolicy')]);
  });
});

/** Adds a CDK aspect to the app. It calls `change` for every construct of the class `kind`. */
function changeByAspect<T extends IConstruct>(
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
  test('allows alarms to publish to the topic of a given action', () => {
    const stack = newStack();
    const topic = new sns.Topic(stack, 'Topic', { enforceSSL: true });
    alarmsIn(stack, { alarmActions: [new actions.SnsAction(topic)] });

    expect(statementsOf(stack).slice(1)).toEqual([FOR_ALARMS]);
  });

  test.each<[string, (alarms: TokenAnalyticsAlarms, action: cloudwatch.IAlarmAction) => void]>([
    ['when one alarm fires', ({ criticalAlarm }, action) => criticalAlarm.addAlarmAction(action)],
    ['when one alarm returns to OK', ({ warningAlarm }, action) => warningAlarm.addOkAction(action)],
    [
      'when the composite alarm fires',
      ({ compositeAlarm }, action) => compositeAlarm?.addAlarmAction(action),
    ],
  ])('allows alarms to publish to a topic whose action is added later, %s', (_when, add) => {
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
        changeByAspect(alarms, cloudwatch.Alarm, alarm => alarm.addAlarmAction(new actions.SnsAction(topic))),
    ],
    [
      'to resources by an aspect',
      (alarms, topic) => changeByAspect(alarms, cloudwatch.CfnAlarm, alarm => setActions(alarm, topic)),
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
  ])('allows alarms to publish to a topic whose action is added %s', (_how, add) => {
    const stack = newStack();
    const topic = new sns.Topic(stack, 'Topic', { enforceSSL: true, masterKey: new kms.Key(stack, 'Key') });
    add(alarmsIn(stack, {}), topic);

    expect(statementsOf(stack).slice(1)).toEqual([FOR_ALARMS]);
    expect(keyStatementsOf(stack)).toEqual([KEY_FOR_ALARMS]);
    expect(messagesOf(stack, 'findInfo')).toEqual([]);
  });

  test('allows alarms to publish to a topic that is only a CloudFormation resource', () => {
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

  test('finds the topics of alarms with numbers that are known only at deployment', () => {
    const stack = newStack();
    const topic = new sns.Topic(stack, 'Topic', { enforceSSL: true });
    const threshold = new CfnParameter(stack, 'Threshold', { type: 'Number' }).valueAsNumber;
    alarmsIn(stack, { topic, unpricedCalls: { threshold } });

    expect(statementsOf(stack).slice(1)).toEqual([FOR_ALARMS]);
  });

  test('rejects a topic of another region, even if its action is added later', () => {
    const stack = newStack();
    const topic = sns.Topic.fromTopicArn(stack, 'Topic', `arn:aws:sns:us-east-1:${ACCOUNT}:told`);
    expect(() => alarmsIn(stack, { alarmActions: [new actions.SnsAction(topic)] }, 'One')).toThrow(
      '[Stack/One] `alarmActions` must be in the region of the stack (eu-central-1), got: Stack/Topic in us-east-1.',
    );

    alarmsIn(stack, {}, 'Two').criticalAlarm.addAlarmAction(new actions.SnsAction(topic));
    expect(() => Template.fromStack(stack)).toThrow('[Stack/Two] `addAlarmAction` must be in the region');
  });
});

/** Sets the encryption key of a topic directly in its CloudFormation resource. Returns the topic. */
function setKey(topic: sns.Topic, keyId: string): sns.Topic {
  (topic.node.defaultChild as sns.CfnTopic).kmsMasterKeyId = keyId;
  return topic;
}

describe('a key of the topic', () => {
  test.each<[string, (stack: Stack, key: kms.Key) => sns.ITopic]>([
    [
      'set on the topic that an import refers to',
      (stack, masterKey) =>
        sns.Topic.fromTopicArn(stack, 'Imported', new sns.Topic(stack, 'Topic', { masterKey }).topicArn),
    ],
    [
      'set on a topic that is only a CloudFormation resource',
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
  ])('allows CloudWatch to use a key of the app, %s', (_how, make) => {
    const stack = newStack();
    alarmsIn(stack, { topic: make(stack, new kms.Key(stack, 'Key')) });

    expect(keyStatementsOf(stack)).toEqual([KEY_FOR_ALARMS]);
    expect(messagesOf(stack)).toEqual([]);
  });

  test('allows a budget and the budget alert function to use the key of an imported topic of the app', () => {
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
  ])(
    'extends the policy of a key that is only a CloudFormation resource, or warns about it: %s',
    (_what, keyPolicy, isWarned) => {
      const stack = newStack();
      const key = new kms.CfnKey(stack, 'Key', { keyPolicy });
      alarmsIn(stack, { topic: setKey(new sns.Topic(stack, 'Topic'), key.ref) });

      const warning = expect.stringContaining('The policy of Stack/Key cannot be changed') as string;
      expect(messagesOf(stack)).toEqual(isWarned ? [warning] : []);
      expect(keyStatementsOf(stack)).toHaveLength(isWarned ? 0 : 1);
    },
  );

  test('shows the missing statement in a warning for a key that is known only by its ARN', () => {
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
  ])('warns about an AWS managed key that is set after the alarms and a budget %s', (_how, set) => {
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
  ])('allows CloudWatch to use %s of the app for alarms of the account', (_name, make) => {
    const stack = newStack();
    alarmsIn(stack, { topic: new sns.Topic(stack, 'Topic', { masterKey: make(stack) }) });

    expect(keyStatementsOf(stack)).toEqual([KEY_FOR_ALARMS]);
    expect(messagesOf(stack)).toEqual([]);
  });

  test('shows the missing statement in a warning for an imported key', () => {
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
  ])('warns about the AWS managed key of SNS, set %s', (_name, make) => {
    const stack = newStack();
    const topic = make(stack);

    alarmsIn(stack, { topic });

    expect(messagesOf(stack)).toEqual([
      expect.stringMatching(
        /^\/Stack\/Alarms: .*`topic` must be a topic with a customer managed key, or without a key, got: Stack\/Topic with the AWS managed key of SNS \(alias\/aws\/sns\)\. CloudWatch and AWS Budgets cannot use an AWS managed key.* \[ack: cdk-token-analytics:topicKey\]$/,
      ),
    ]);
  });

  test('warns at synthesis about an AWS managed key of a topic whose action is added later', () => {
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
  test('shows the missing statement once in a warning for an imported topic', () => {
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

  test('warns about the key of an imported topic if the key is known', () => {
    const stack = newStack();
    const topic = sns.Topic.fromTopicAttributes(stack, 'Topic', { topicArn: TOPIC_ARN, keyArn: KEY_ARN });
    alarmsIn(stack, { topic });

    expect(messagesOf(stack).map(statementIn)).toEqual([
      { ...FOR_ALARMS, Resource: TOPIC_ARN },
      KEY_FOR_ALARMS,
    ]);
  });

  test('does not warn about an imported topic if the app creates a policy that allows alarms to publish', () => {
    const stack = newStack();
    const topic = sns.Topic.fromTopicArn(stack, 'Topic', TOPIC_ARN);
    new sns.TopicPolicy(stack, 'Policy', { topics: [topic], enforceSSL: true });
    alarmsIn(stack, { topic });

    expect(statementsOf(stack).slice(1)).toEqual([{ ...FOR_ALARMS, Resource: TOPIC_ARN }]);
    expect(messagesOf(stack)).toEqual([]);
  });

  test('shows no warning about an imported topic if the warning is acknowledged', () => {
    const stack = newStack();
    const alarms = alarmsIn(stack, { topic: sns.Topic.fromTopicArn(stack, 'Topic', TOPIC_ARN) });
    AppAnnotations.of(alarms).acknowledgeWarning('cdk-token-analytics:topicPolicy');

    expect(messagesOf(stack)).toEqual([]);
  });
});

describe('a topic of another region or account', () => {
  test('rejects a topic of another region', () => {
    const app = new App();
    const topic = new sns.Topic(newStack({ app, id: 'Topics', region: 'us-east-1' }), 'Topic');

    expect(() => alarmsIn(newStack({ app }), { topic })).toThrow(
      '[Stack/Alarms] `topic` must be in the region of the stack (eu-central-1), got: Topics/Topic in ' +
        'us-east-1. CloudWatch alarms publish only to topics of their own region: pass a topic of that region.',
    );
  });

  test('shows the missing statement in a warning for a topic that is imported from another account', () => {
    const stack = newStack();
    const topicArn = `arn:aws:sns:${REGION}:${OTHER_ACCOUNT}:told`;
    alarmsIn(stack, { topic: sns.Topic.fromTopicArn(stack, 'Topic', topicArn) });

    expect(messagesOf(stack).map(statementIn)).toEqual([{ ...FOR_ALARMS, Resource: topicArn }]);
  });

  test('allows alarms to publish to a topic in another account of the app', () => {
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

  test('warns about a topic without a policy in another account of the app if its action is added later', () => {
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
  ] as const)('allows both and other principals of the account to publish: first %s, then %s', (...order) => {
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
  test('warns that a FIFO topic notifies no person', () => {
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
    ['without a composite alarm', {}],
    ['with a composite alarm that replaces their actions', { composite: { replacesActions: true } }],
  ])('shows an info and no warning about alarms without an action: %s', (_name, props) => {
    const stack = newStack();
    alarmsIn(stack, props);

    expect(messagesOf(stack, 'findInfo')).toEqual([
      expect.stringMatching(
        /^\/Stack\/Alarms: The alarms have no action.*cdk-token-analytics:noAlarmActions\]$/,
      ),
    ]);
    expect(messagesOf(stack)).toEqual([]);
  });

  test('shows no info about missing actions if an action is added later', () => {
    const stack = newStack();
    const action = { bind: () => ({ alarmActionArn: 'arn:aws:ssm:us-east-1:123456789012:opsitem:2' }) };
    alarmsIn(stack, {}).criticalAlarm.addAlarmAction(action);

    expect(messagesOf(stack, 'findInfo')).toEqual([]);
  });
});

test('creates no topic policy, no key and no warning for the one-property setup', () => {
  const stack = newStack();
  new TokenAnalytics(stack, 'TA', { dailyBudget: 10 });

  const template = Template.fromStack(stack);
  for (const type of ['AWS::SNS::Topic', 'AWS::SNS::TopicPolicy', 'AWS::KMS::Key']) {
    template.resourceCountIs(type, 0);
  }
  expect(messagesOf(stack)).toEqual([]);
});
