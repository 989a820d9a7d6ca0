import { App, CfnParameter, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import { AwsSolutionsChecks } from 'cdk-nag';
import { BudgetFilter, MonthlyBudget, type MonthlyBudgetProps } from '../../../src';
import { newStack } from '../support';

const ACCOUNT = { env: { account: '123456789012', region: 'eu-central-1' } };
const OTHER_ACCOUNT = '0'.repeat(12);
const CREDITS = {
  Not: { Dimensions: { Key: 'RECORD_TYPE', Values: ['Credit', 'Refund'], MatchOptions: ['EQUALS'] } },
};
const equals = (Key: string, ...Values: string[]) => ({
  Dimensions: { Key, Values, MatchOptions: ['EQUALS'] },
});

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
  test('compares what was billed with the limit, and tells a topic of its own at 80 and 100 %', () => {
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

  test('counts Bedrock and what is sold in the Marketplace, without credits, unless told otherwise', () => {
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

  test('tells of forecasts where that is asked for', () => {
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

  test('lets AWS Budgets publish before the budget is made, and lets alarms of the account publish still', () => {
    const stack = newStack();
    const topic = new sns.Topic(stack, 'Topic');
    new MonthlyBudget(stack, 'Budget', { limit: 250, topic });

    const template = Template.fromStack(stack);
    const account = { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } };
    const common = {
      Effect: 'Allow',
      Action: 'sns:Publish',
      Resource: { Ref: Match.stringLikeRegexp('^Topic') },
    };
    template.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: {
        Statement: [
          {
            ...common,
            Principal: { Service: 'budgets.amazonaws.com' },
            Condition: {
              ...account,
              ArnLike: {
                'aws:SourceArn': {
                  'Fn::Join': [
                    '',
                    ['arn:', { Ref: 'AWS::Partition' }, ':budgets::', { Ref: 'AWS::AccountId' }, ':*'],
                  ],
                },
              },
            },
          },
          { ...common, Principal: { Service: 'cloudwatch.amazonaws.com' }, Condition: account },
        ].map(statement => Match.objectLike(statement)),
      },
    });
    expect(budgetOf(stack).DependsOn).toEqual([expect.stringMatching(/^TopicPolicy/)]);
    Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
  });

  test('lets AWS Budgets use the customer-managed key of a topic', () => {
    const stack = newStack();
    const masterKey = new kms.Key(stack, 'Key');
    new MonthlyBudget(stack, 'Budget', { limit: 250, topic: new sns.Topic(stack, 'Topic', { masterKey }) });

    Template.fromStack(stack).hasResourceProperties('AWS::KMS::Key', {
      KeyPolicy: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Principal: { Service: 'budgets.amazonaws.com' },
            Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
          }),
        ]),
      },
    });
  });

  test('warns of an imported topic, and of an imported key, which it cannot change', () => {
    const stack = newStack();
    const imported = sns.Topic.fromTopicArn(stack, 'Imported', 'arn:aws:sns:eu-central-1:123456789012:told');
    new MonthlyBudget(stack, 'Budget', { limit: 250, topic: imported });
    const masterKey = kms.Key.fromKeyArn(
      stack,
      'Key',
      'arn:aws:kms:eu-central-1:123456789012:key/12345678-1234-1234-1234-123456789012',
    );
    new MonthlyBudget(stack, 'Keyed', { limit: 250, topic: new sns.Topic(stack, 'Topic', { masterKey }) });

    Annotations.fromStack(stack).hasWarning('/Stack/Budget', Match.stringLikeRegexp('The topic is imported'));
    Annotations.fromStack(stack).hasWarning(
      '/Stack/Keyed',
      Match.stringLikeRegexp('The key of the topic is imported'),
    );
  });

  test('has another name where its notifications are others, so that the new budget can stand beside the old', () => {
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
  ])('refuses a bad %s: %j', (prop, props) => {
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
      "`topic` must be of the budget's account (123456789012), got: 000000000000",
    );
  });

  test.each([
    () => BudgetFilter.services(),
    () => BudgetFilter.bedrockAndSellers(),
    () => BudgetFilter.tag('team'),
  ])('refuses a filter of nothing', make => {
    expect(make).toThrow('must be at least one name');
  });

  test('lets tokens pass', () => {
    const stack = newStack();
    const number = (id: string) => new CfnParameter(stack, id, { type: 'Number' }).valueAsNumber;
    new MonthlyBudget(stack, 'Budget', { limit: number('Limit'), actualPercents: [number('Percent')] });

    Template.fromStack(stack).hasResourceProperties('AWS::Budgets::Budget', {
      Budget: { BudgetLimit: { Amount: { Ref: 'Limit' } } },
    });
  });

  test('has no finding of cdk-nag AwsSolutions', () => {
    const app = new App();
    new MonthlyBudget(new Stack(app, 'Stack'), 'Budget', { limit: 250 });

    expect(new AwsSolutionsChecks(app).validateScope(app).violations.map(({ ruleName }) => ruleName)).toEqual(
      [],
    );
  });
});
