import { App, CfnParameter, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import { AwsSolutionsChecks } from 'cdk-nag';
import { BudgetFilter, MonthlyBudget, type MonthlyBudgetProps } from '../../../src';
import { testWithNag } from '../../support/nag';
import { newStack } from '../support';

const ACCOUNT = { env: { account: '123456789012', region: 'eu-central-1' } };
const OTHER_ACCOUNT = '0'.repeat(12);
const CREDITS = {
  Not: { Dimensions: { Key: 'RECORD_TYPE', Values: ['Credit', 'Refund'], MatchOptions: ['EQUALS'] } },
};
const equals = (Key: string, ...Values: string[]) => ({
  Dimensions: { Key, Values, MatchOptions: ['EQUALS'] },
});

const join = (...parts: unknown[]) => ({
  'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ...parts]],
});
const OWN = { Ref: 'AWS::AccountId' };
const OF_ACCOUNT = { StringEquals: { 'aws:SourceAccount': OWN } };
const FOR_BUDGETS = {
  Effect: 'Allow',
  Principal: { Service: 'budgets.amazonaws.com' },
  Action: 'sns:Publish',
  Resource: { Ref: expect.stringMatching(/^Topic/) as string },
  Condition: { ...OF_ACCOUNT, ArnLike: { 'aws:SourceArn': join(':budgets::', OWN, ':*') } },
};
const FOR_ALARMS = {
  ...FOR_BUDGETS,
  Principal: { Service: 'cloudwatch.amazonaws.com' },
  Condition: {
    ...OF_ACCOUNT,
    ArnLike: { 'aws:SourceArn': join(':cloudwatch:', { Ref: 'AWS::Region' }, ':', OWN, ':alarm:*') },
  },
};
const BY_DEFAULT = {
  ...FOR_BUDGETS,
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
  Condition: { StringEquals: { 'AWS:SourceOwner': OWN } },
};
const KEY_RIGHT = { Effect: 'Allow', Action: ['kms:Decrypt', 'kms:GenerateDataKey*'], Resource: '*' };

/** Returns a list of statements, without `Sid`, for each topic policy of a stack. */
function policiesOf(stack: Stack): unknown[][] {
  const policies = Object.values(Template.fromStack(stack).findResources('AWS::SNS::TopicPolicy')) as {
    Properties: { PolicyDocument: { Statement: { Sid?: string }[] } };
  }[];
  return policies.map(({ Properties }) =>
    Properties.PolicyDocument.Statement.map(({ Sid, ...rest }) => rest),
  );
}

function statementsOf(stack: Stack): unknown[] {
  const [statements, ...others] = policiesOf(stack);
  expect(others).toEqual([]);
  return statements;
}

interface BudgetResource {
  readonly Properties: {
    readonly Budget: { readonly BudgetName?: string; readonly FilterExpression?: unknown };
    readonly NotificationsWithSubscribers: unknown[];
  };
  readonly DependsOn?: string[];
}

function budgetOf(stack: Stack): BudgetResource {
  const [budget] = Object.values(Template.fromStack(stack).findResources('AWS::Budgets::Budget'));
  return budget as BudgetResource;
}

function nameWith(props: Partial<MonthlyBudgetProps>): string | undefined {
  const stack = newStack();
  new MonthlyBudget(stack, 'Budget', { limit: 100, budgetName: 'models', ...props });
  return budgetOf(stack).Properties.Budget.BudgetName;
}

describe('MonthlyBudget', () => {
  test('compares the bill with the limit, and notifies a new topic at 80 and 100 %', () => {
    const stack = newStack();
    const budget = new MonthlyBudget(stack, 'Budget', { limit: 250 });

    const template = Template.fromStack(stack);
    const address = { Ref: Match.stringLikeRegexp('^BudgetTopic') };
    template.hasResourceProperties('AWS::Budgets::Budget', {
      Budget: {
        BudgetName: Match.absent(),
        BudgetType: 'COST',
        TimeUnit: 'MONTHLY',
        BudgetLimit: { Amount: 250, Unit: 'USD' },
        Metrics: ['UnblendedCost'],
      },
      NotificationsWithSubscribers: [80, 100].map(Threshold => ({
        Notification: {
          NotificationType: 'ACTUAL',
          ComparisonOperator: 'GREATER_THAN',
          Threshold,
          ThresholdType: 'PERCENTAGE',
        },
        Subscribers: [{ SubscriptionType: 'SNS', Address: address }],
      })),
    });
    expect(stack.resolve(budget.budgetName)).toEqual({ Ref: expect.stringMatching(/^Budget/) as string });
    expect(stack.resolve(budget.topic.topicArn)).toEqual({
      Ref: expect.stringMatching(/^BudgetTopic/) as string,
    });
  });

  test('counts Bedrock and Marketplace purchases without credits by default', () => {
    const stack = newStack();
    new MonthlyBudget(stack, 'Budget', { limit: 250 });

    expect(budgetOf(stack).Properties.Budget.FilterExpression).toEqual({
      And: [
        { Or: [equals('SERVICE', 'Amazon Bedrock'), equals('BILLING_ENTITY', 'AWS Marketplace')] },
        CREDITS,
      ],
    });
  });

  test.each<[string, MonthlyBudgetProps, unknown]>([
    [
      'sellers',
      { limit: 1, includeCredits: true, filter: BudgetFilter.bedrockAndSellers('Anthropic, PBC') },
      {
        Or: [
          equals('SERVICE', 'Amazon Bedrock'),
          {
            And: [equals('BILLING_ENTITY', 'AWS Marketplace'), equals('LEGAL_ENTITY_NAME', 'Anthropic, PBC')],
          },
        ],
      },
    ],
    [
      'services',
      {
        limit: 1,
        includeCredits: true,
        filter: BudgetFilter.services('Amazon Bedrock', 'M (Amazon Bedrock Edition)'),
      },
      equals('SERVICE', 'Amazon Bedrock', 'M (Amazon Bedrock Edition)'),
    ],
    [
      'a tag',
      { limit: 1, includeCredits: true, filter: BudgetFilter.tag('team', 'a', 'b') },
      { Tags: { Key: 'team', Values: ['a', 'b'], MatchOptions: ['EQUALS'] } },
    ],
    ['everything', { limit: 1, includeCredits: true, filter: BudgetFilter.everything() }, undefined],
    ['everything without credits', { limit: 1, filter: BudgetFilter.everything() }, CREDITS],
    [
      'an expression',
      {
        limit: 1,
        includeCredits: true,
        filter: BudgetFilter.expression({ dimensions: { key: 'REGION', values: ['eu-central-1'] } }),
      },
      { Dimensions: { Key: 'REGION', Values: ['eu-central-1'] } },
    ],
  ])('counts %s', (_, props, expected) => {
    const stack = newStack();
    new MonthlyBudget(stack, 'Budget', props);

    expect(budgetOf(stack).Properties.Budget.FilterExpression).toEqual(expected);
  });

  test('notifies on forecasts if forecastPercents are given', () => {
    const stack = newStack();
    new MonthlyBudget(stack, 'Budget', { limit: 250, actualPercents: [50], forecastPercents: [100] });

    expect(budgetOf(stack).Properties.NotificationsWithSubscribers).toEqual([
      expect.objectContaining({
        Notification: expect.objectContaining({ NotificationType: 'ACTUAL', Threshold: 50 }) as unknown,
      }),
      expect.objectContaining({
        Notification: expect.objectContaining({ NotificationType: 'FORECASTED', Threshold: 100 }) as unknown,
      }),
    ]);
  });

  describe('with a topic that has no policy', () => {
    test('allows AWS Budgets to publish to a topic without a policy before the budget is created, and keeps the rights of the account', () => {
      const stack = newStack();
      new MonthlyBudget(stack, 'Budget', { limit: 250, topic: new sns.Topic(stack, 'Topic') });

      expect(statementsOf(stack)).toEqual([FOR_BUDGETS, BY_DEFAULT, FOR_ALARMS]);
      expect(budgetOf(stack).DependsOn).toEqual([expect.stringMatching(/^TopicPolicy/)]);
      Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
    });

    test('omits the default statement of a topic if the app adds its own statement, before or after', () => {
      for (const when of ['before', 'after']) {
        const stack = newStack();
        const topic = new sns.Topic(stack, 'Topic');
        const add = () => topic.grantPublish(new iam.ServicePrincipal('events.amazonaws.com'));
        if (when === 'before') add();
        new MonthlyBudget(stack, 'Budget', { limit: 250, topic });
        if (when === 'after') add();

        const statements = statementsOf(stack);
        expect(statements).toHaveLength(3);
        expect(statements).toEqual(expect.arrayContaining([FOR_BUDGETS, FOR_ALARMS]) as unknown);
        expect(JSON.stringify(statements)).not.toContain('SourceOwner');
      }
    });

    test('warns of a second policy that is created later, and allows AWS Budgets in both', () => {
      const stack = newStack();
      const topic = new sns.Topic(stack, 'Topic');
      new MonthlyBudget(stack, 'Budget', { limit: 250, topic });
      new sns.TopicPolicy(stack, 'Late', { topics: [topic], enforceSSL: true });

      expect(policiesOf(stack)).toHaveLength(2);
      for (const statements of policiesOf(stack)) expect(statements).toContainEqual(FOR_BUDGETS);
      Annotations.fromStack(stack).hasWarning(
        '/Stack/Budget',
        Match.stringLikeRegexp(
          'Stack/Topic has more than one policy: .*Stack/Late/Resource.*cdk-token-analytics:topicPolicies',
        ),
      );
    });
  });

  test.each<[string, (stack: Stack) => sns.ITopic]>([
    ['enforceSSL', stack => new sns.Topic(stack, 'Topic', { enforceSSL: true })],
    [
      'a policy of the user',
      stack => {
        const topic = new sns.Topic(stack, 'Topic');
        new sns.TopicPolicy(stack, 'Policy', { topics: [topic], enforceSSL: true });
        return topic;
      },
    ],
  ])('adds to the one policy of a topic with %s', (_name, make) => {
    const stack = newStack();
    new MonthlyBudget(stack, 'Budget', { limit: 250, topic: make(stack) });

    expect(statementsOf(stack).slice(1)).toEqual([FOR_BUDGETS, FOR_ALARMS]);
    expect(budgetOf(stack).DependsOn).toEqual([expect.stringMatching(/Policy/)]);
    Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
  });

  test('accepts a topic in another region, and allows alarms of that region to publish', () => {
    const app = new App();
    const topics = new Stack(app, 'Topics', { env: { ...ACCOUNT.env, region: 'us-east-1' } });
    const topic = new sns.Topic(topics, 'Topic', { topicName: 'told', enforceSSL: true });
    new MonthlyBudget(new Stack(app, 'Stack', ACCOUNT), 'Budget', { limit: 250, topic });

    expect(JSON.stringify(statementsOf(topics)[2])).toContain(':cloudwatch:us-east-1:123456789012:alarm:*');
  });

  test.each<[string, (stack: Stack, key: kms.Key) => MonthlyBudgetProps]>([
    ['a topic', (stack, masterKey) => ({ limit: 250, topic: new sns.Topic(stack, 'Topic', { masterKey }) })],
    ['the topic that it makes', (_, encryptionKey) => ({ limit: 250, encryptionKey })],
  ])('allows AWS Budgets and alarms to use the customer managed key of %s', (_name, propsOf) => {
    const stack = newStack();
    new MonthlyBudget(stack, 'Budget', propsOf(stack, new kms.Key(stack, 'Key')));

    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::SNS::Topic', {
      KmsMasterKeyId: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Key'), 'Arn'] },
    });
    const [{ Properties }] = Object.values(template.findResources('AWS::KMS::Key'));
    const { KeyPolicy: policy } = Properties as { KeyPolicy: { Statement: unknown[] } };
    expect(policy.Statement.slice(1)).toEqual([
      { ...KEY_RIGHT, Principal: FOR_BUDGETS.Principal, Condition: OF_ACCOUNT },
      { ...KEY_RIGHT, Principal: FOR_ALARMS.Principal, Condition: FOR_ALARMS.Condition },
    ]);
    Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
  });

  test('warns of an imported topic and an imported key with the statement to add', () => {
    const stack = new Stack(new App(), 'Stack', ACCOUNT);
    const imported = sns.Topic.fromTopicArn(stack, 'Imported', 'arn:aws:sns:eu-central-1:123456789012:told');
    new MonthlyBudget(stack, 'Budget', { limit: 250, topic: imported });
    const key = (id: string) =>
      kms.Key.fromKeyArn(stack, id, 'arn:aws:kms:eu-central-1:123456789012:key/12345678-1234-1234-1234-1234');
    const topic = new sns.Topic(stack, 'Topic', { masterKey: key('One') });
    new MonthlyBudget(stack, 'Keyed', { limit: 250, topic });
    new MonthlyBudget(stack, 'Own', { limit: 250, encryptionKey: key('Two') });

    const warnings = Annotations.fromStack(stack)
      .findWarning('*', Match.anyValue())
      .map(({ id, entry }) => [id, String(entry.data)]);
    expect(warnings).toEqual([
      ['/Stack/Budget', expect.stringContaining('[ack: cdk-token-analytics:topicPolicy]')],
      ['/Stack/Keyed', expect.stringContaining('[ack: cdk-token-analytics:keyPolicy]')],
      ['/Stack/Own', expect.stringContaining('[ack: cdk-token-analytics:keyPolicy]')],
    ]);
    for (const [, text] of warnings) {
      const json = text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1);
      expect(JSON.parse(json)).toMatchObject({
        Principal: FOR_BUDGETS.Principal,
        Condition: { StringEquals: { 'aws:SourceAccount': '123456789012' } },
      });
    }
  });

  test('warns if the account of the topic is known and that of the budget is not', () => {
    const stack = newStack();
    const topic = sns.Topic.fromTopicArn(stack, 'Topic', 'arn:aws:sns:eu-central-1:123456789012:told');
    new MonthlyBudget(stack, 'Budget', { limit: 250, topic });

    Annotations.fromStack(stack).hasWarning(
      '/Stack/Budget',
      Match.stringLikeRegexp(
        '`topic` must be in the account of the budget, got: Stack/Topic in 123456789012\\..*topicAccount\\]$',
      ),
    );
  });

  test('refuses AWS managed keys, and a key together with a topic', () => {
    const stack = newStack();
    const masterKey = kms.Alias.fromAliasName(stack, 'Key', 'alias/aws/sns');
    const topic = new sns.Topic(stack, 'Topic', { masterKey });
    const make = (id: string, props: Partial<MonthlyBudgetProps>) => () =>
      new MonthlyBudget(stack, id, { limit: 1, ...props });

    expect(make('One', { topic })).toThrow(
      '[Stack/One] `topic` must be a topic with a customer managed key, or without a key, got: Stack/Topic with',
    );
    expect(make('Two', { encryptionKey: masterKey })).toThrow(
      '[Stack/Two] `encryptionKey` must be a customer managed key, got: Stack/Key.',
    );
    expect(make('Three', { topic, encryptionKey: new kms.Key(stack, 'Own') })).toThrow(
      '[Stack/Three] `encryptionKey` must be omitted if `topic` is given, got: Stack/Own. Set the key on the topic',
    );
  });

  test('changes the name of the budget if its notifications change, so that the new budget can coexist with the old one', () => {
    const name = nameWith({});

    expect(name).toMatch(/^models-[0-9a-f]{8}$/);
    expect(nameWith({ limit: 500, filter: BudgetFilter.everything() })).toBe(name);
    expect(nameWith({ actualPercents: [80, 90] })).not.toBe(name);
    expect(nameWith({ forecastPercents: [100] })).not.toBe(name);
  });

  test.each<[string, unknown]>([
    ['limit', { limit: undefined }],
    ['limit', { limit: 0 }],
    ['limit', { limit: NaN }],
    ['actualPercents[1]', { actualPercents: [80, -1] }],
    ['actualPercents', { actualPercents: [80, 80] }],
    ['forecastPercents[0]', { forecastPercents: [Infinity] }],
    ['actualPercents', { actualPercents: [] }],
    ['actualPercents', { actualPercents: [1, 2, 3, 4, 5, 6], forecastPercents: [1, 2, 3, 4, 5] }],
    ['budgetName', { budgetName: '' }],
    ['budgetName', { budgetName: 'a:b' }],
    ['budgetName', { budgetName: 'x'.repeat(92) }],
  ])('refuses an invalid %s: %j', (prop, props) => {
    expect(() => new MonthlyBudget(newStack(), 'Budget', { limit: 1, ...(props as object) })).toThrow(
      `[Stack/Budget] \`${prop}\` must be `,
    );
  });

  test('refuses a FIFO topic and a topic of another account', () => {
    const stack = new Stack(new App(), 'Stack', ACCOUNT);
    const fifo = new sns.Topic(stack, 'Fifo', { fifo: true });
    const foreign = sns.Topic.fromTopicArn(
      stack,
      'Foreign',
      `arn:aws:sns:eu-central-1:${OTHER_ACCOUNT}:told`,
    );

    expect(() => new MonthlyBudget(stack, 'One', { limit: 1, topic: fifo })).toThrow(
      '`topic` must be a standard topic',
    );
    expect(() => new MonthlyBudget(stack, 'Two', { limit: 1, topic: foreign })).toThrow(
      '`topic` must be in the account of the stack (123456789012), got: Stack/Foreign in 000000000000',
    );
  });

  test.each([
    () => BudgetFilter.services(),
    () => BudgetFilter.bedrockAndSellers(),
    () => BudgetFilter.tag('team'),
  ])('refuses an empty filter', make => {
    expect(make).toThrow('must be at least one name');
  });

  test('refuses a second budget with the same name in an account, unless its notifications differ', () => {
    const app = new App();
    const home = new Stack(app, 'Home', ACCOUNT);
    const budgetIn = (stack: Stack, id: string, props: Partial<MonthlyBudgetProps> = {}) =>
      new MonthlyBudget(stack, id, {
        limit: 1,
        budgetName: 'models',
        topic: sns.Topic.fromTopicArn(stack, `${id}Topic`, `arn:aws:sns:eu-central-1:${stack.account}:told`),
        ...props,
      });
    budgetIn(home, 'One');

    expect(() => budgetIn(home, 'Two')).toThrow(
      '[Home/Two] `budgetName` must be unique in the account: [Home/One] has the same name and the same ' +
        'notifications, got: models. ',
    );
    expect(() => budgetIn(new Stack(app, 'Beside', ACCOUNT), 'Two')).toThrow('[Home/One] has the same');
    expect(() => {
      budgetIn(home, 'Other', { budgetName: 'all' });
      budgetIn(home, 'Later', { actualPercents: [50] });
      budgetIn(new Stack(app, 'Away', { env: { ...ACCOUNT.env, account: OTHER_ACCOUNT } }), 'Two');
    }).not.toThrow();
  });

  test('accepts tokens', () => {
    const stack = newStack();
    const number = (id: string) => new CfnParameter(stack, id, { type: 'Number' }).valueAsNumber;
    new MonthlyBudget(stack, 'Budget', { limit: number('Limit'), actualPercents: [number('Percent')] });

    Template.fromStack(stack).hasResourceProperties('AWS::Budgets::Budget', {
      Budget: { BudgetLimit: { Amount: { Ref: 'Limit' } } },
    });
  });

  testWithNag('a monthly budget has no finding of cdk-nag AwsSolutions', () => {
    const app = new App();
    new MonthlyBudget(new Stack(app, 'Stack'), 'Budget', { limit: 250 });

    expect(new AwsSolutionsChecks(app).validateScope(app).violations.map(({ ruleName }) => ruleName)).toEqual(
      [],
    );
  });
});
