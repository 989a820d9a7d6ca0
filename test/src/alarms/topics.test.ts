import { Annotations as AppAnnotations, App, Aspects, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import {
  MonthlyBudget,
  TokenAnalytics,
  TokenAnalyticsAlarms,
  type TokenAnalyticsAlarmsProps,
} from '../../../src';

const ACCOUNT = '111111111111';
const OTHER_ACCOUNT = '222222222222';
const REGION = 'eu-central-1';
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

  test('is reached by TokenAnalytics, too', () => {
    const stack = newStack();
    const notificationTopic = new sns.Topic(stack, 'Topic', { enforceSSL: true });
    new TokenAnalytics(stack, 'TA', { dailyBudget: 10, notificationTopic, nightlySeal: false });

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

  test('with a policy of plain JSON that names CloudWatch has no warning', () => {
    const stack = newStack();
    const topic = new sns.Topic(stack, 'Topic');
    new sns.CfnTopicPolicy(stack, 'Policy', {
      topics: [topic.topicArn],
      policyDocument: { Statement: [{ ...FOR_ALARMS, Resource: '*' }] },
    });
    alarmsIn(stack, { topic });

    expect(messagesOf(stack)).toEqual([]);
  });
});

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

describe('a key of the topic', () => {
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
        /^\/Stack\/Alarms: .*`topic` must be a topic with a customer managed key, or without a key, got: Stack\/Topic with the key of SNS \(alias\/aws\/sns\)\. CloudWatch and AWS Budgets cannot use a key that AWS manages.* \[ack: cdk-token-analytics:topicKey\]$/,
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
        'us-east-1. CloudWatch alarms tell topics of their own region: give one of it.',
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
        'FIFO topics deliver to SQS queues only: give a standard one. [ack: cdk-token-analytics:fifoTopic]',
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
