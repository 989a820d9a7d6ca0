import { createHash } from 'node:crypto';
import { Stack, Token } from 'aws-cdk-lib';
import * as budgets from 'aws-cdk-lib/aws-budgets';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { BudgetFilter } from './budget-filter';
import { acknowledge, TOPIC_REASONS } from '../private/acknowledged-rules';
import { BUDGET_FILTER, KEY_OR_ALIAS, TOPIC } from '../private/kinds';
import { requireSamePlace, sharesAccount } from '../private/region-account';
import { BOOLEAN, listOf, NUMBER, requireShape, type Shape, TEXT } from '../private/shape';
import { warn } from '../private/synth-messages';
import { allowBudgetsToPublish, requireCustomerKey, requireStandardTopic } from '../private/topic';
import { propError, requireGiven, requireUsd } from '../private/validate';

/**
 * Properties of a monthly budget.
 */
export interface MonthlyBudgetProps {
  /**
   * Budget for a calendar month (UTC) in US dollars, above 0. The budget blocks no calls.
   */
  readonly limit: number;

  /**
   * Topic for the notifications. The topic must be in the account of the budget, but can be in any region.
   * The construct creates no subscriptions.
   *
   * The construct allows AWS Budgets and the CloudWatch alarms of the account to publish to the topic. It
   * also allows them to use the customer managed key of the topic. If the topic or the key is imported, a
   * warning contains the policy statement that you must add.
   *
   * @default - a new topic
   */
  readonly topic?: sns.ITopic;

  /**
   * Customer managed key for the new topic. The construct allows AWS Budgets and CloudWatch alarms to use the
   * key. If the key is imported, a warning contains the statement to add to the key policy.
   *
   * If you pass `topic`, omit `encryptionKey` and set the key on the topic.
   *
   * @default - the new topic has no key
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * Thresholds for the billed cost, in per cent of `limit`. Each threshold sends one notification a month.
   * `actualPercents` and `forecastPercents` together must contain 1 to 10 thresholds.
   *
   * @default [80, 100]
   */
  readonly actualPercents?: number[];

  /**
   * Thresholds for the forecast of the monthly cost, in per cent of `limit`. AWS makes a forecast only after
   * about five weeks of bills. A threshold may send more than one notification a month.
   *
   * @default - no notifications on the forecast
   */
  readonly forecastPercents?: number[];

  /**
   * Part of the bill that the budget counts.
   *
   * @default BudgetFilter.bedrockAndMarketplace()
   */
  readonly filter?: BudgetFilter;

  /**
   * True to subtract credits and refunds from the cost. If false, the budget counts the full cost of all
   * usage, even if a credit pays for it.
   *
   * @default false
   */
  readonly includeCredits?: boolean;

  /**
   * First part of the budget name, at most 91 characters. The construct appends a hyphen and a hash of the
   * thresholds and the topic. A changed threshold changes the name, so CloudFormation can create the new
   * budget before it deletes the old one.
   *
   * @default - CloudFormation generates the name
   */
  readonly budgetName?: string;
}

const SHAPE: Shape<MonthlyBudgetProps> = {
  limit: NUMBER,
  topic: TOPIC,
  actualPercents: listOf(NUMBER),
  forecastPercents: listOf(NUMBER),
  filter: BUDGET_FILTER,
  includeCredits: BOOLEAN,
  budgetName: TEXT,
  encryptionKey: KEY_OR_ALIAS,
};

const DEFAULT_ACTUAL_PERCENTS = [80, 100];
/** Maximum number of notifications of one budget (AWS Budgets quotas). */
const MAX_NOTIFICATIONS = 10;
/** Maximum length of the name of a budget (AWS Budgets quotas). */
const MAX_NAME_LENGTH = 100;
const HASH_LENGTH = 8;
/**
 * Pattern of a valid `budgetName`: 1 to 91 characters. AWS Budgets rejects `:` and `\` (API reference,
 * Budget). The limit is below `MAX_NAME_LENGTH`, because the construct appends a hyphen and a hash.
 */
const NAME_START = new RegExp(`^[^:\\\\]{1,${MAX_NAME_LENGTH - HASH_LENGTH - 1}}$`);
const CREDITS: budgets.CfnBudget.ExpressionProperty = {
  not: { dimensions: { key: 'RECORD_TYPE', values: ['Credit', 'Refund'], matchOptions: ['EQUALS'] } },
};

/**
 * Monthly budget on the AWS bill, in AWS Budgets. The budget sends notifications to a topic, and blocks no
 * calls. It counts the billed cost, which includes taxes and discounts. The cost in the metrics is an
 * estimate without taxes, and only for recorded invocations.
 *
 * AWS Budgets reads the bill about three times a day, and the bill is up to one day late. A budget belongs to
 * an account, not to a region. If you create this construct in two stacks, the account has two budgets.
 */
export class MonthlyBudget extends Construct {
  /**
   * Topic for the notifications.
   */
  public readonly topic: sns.ITopic;

  /**
   * Name of the budget.
   */
  public readonly budgetName: string;

  private readonly nameAtSynth: string | undefined;

  /**
   * Creates the budget. Creates a topic if `topic` is omitted.
   *
   * @throws if the limit, a percentage or the name is invalid
   * @throws if there are no thresholds or more than ten
   * @throws if another budget of the account has the same name
   * @throws if the topic is a FIFO topic or is in another account
   * @throws if the key of the topic is an AWS managed key
   * @throws if both `topic` and `encryptionKey` are given
   */
  constructor(scope: Construct, id: string, props: MonthlyBudgetProps) {
    super(scope, id);
    requireShape(this, props, SHAPE);
    requireGiven(this, 'limit', props.limit, 'Pass the amount in US dollars, such as 250.');
    requireUsd(this, 'limit', props.limit);
    const {
      filter = BudgetFilter.bedrockAndMarketplace(),
      actualPercents = DEFAULT_ACTUAL_PERCENTS,
      forecastPercents = [],
    } = props;
    this.requirePercents('actualPercents', actualPercents);
    this.requirePercents('forecastPercents', forecastPercents);
    const count = actualPercents.length + forecastPercents.length;
    if (count < 1 || count > MAX_NOTIFICATIONS) {
      throw propError(
        this,
        'actualPercents',
        `1 to ${MAX_NOTIFICATIONS} together with \`forecastPercents\``,
        count,
        'One budget of AWS Budgets has at most ten notifications: pass fewer percentages.',
      );
    }
    this.requireName(props.budgetName);
    this.requireTopic(props);

    this.topic = props.topic ?? this.newTopic(props.encryptionKey);
    const notifications = [
      ...actualPercents.map(percent => this.notification('ACTUAL', percent)),
      ...forecastPercents.map(percent => this.notification('FORECASTED', percent)),
    ];
    this.nameAtSynth = this.toBudgetName(props.budgetName, notifications);
    this.requireUniqueName(props.budgetName);
    const budget = new budgets.CfnBudget(this, 'Resource', {
      budget: {
        budgetName: this.nameAtSynth,
        budgetType: 'COST',
        timeUnit: 'MONTHLY',
        budgetLimit: { amount: props.limit, unit: 'USD' },
        metrics: ['UnblendedCost'],
        filterExpression: toExpression(filter, props.includeCredits ?? false),
      },
      notificationsWithSubscribers: notifications,
    });
    this.budgetName = budget.ref;
    // The topic policy must exist before the budget, because AWS Budgets sends a message when it creates a
    // budget.
    budget.node.addDependency(...allowBudgetsToPublish(this, 'topic', this.topic));
  }

  private newTopic(masterKey: kms.IKey | undefined): sns.Topic {
    if (masterKey) requireCustomerKey(this, 'encryptionKey', masterKey);
    const topic = new sns.Topic(this, 'Topic', { enforceSSL: true, masterKey });
    if (!masterKey) acknowledge(topic, TOPIC_REASONS);
    return topic;
  }

  private notification(
    notificationType: string,
    threshold: number,
  ): budgets.CfnBudget.NotificationWithSubscribersProperty {
    return {
      notification: {
        notificationType,
        comparisonOperator: 'GREATER_THAN',
        threshold,
        thresholdType: 'PERCENTAGE',
      },
      subscribers: [{ subscriptionType: 'SNS', address: this.topic.topicArn }],
    };
  }

  private toBudgetName(
    start: string | undefined,
    notifications: readonly budgets.CfnBudget.NotificationWithSubscribersProperty[],
  ): string | undefined {
    if (start === undefined) return undefined;
    const text = JSON.stringify(Stack.of(this).resolve(notifications));
    return `${start}-${createHash('sha256').update(text).digest('hex').slice(0, HASH_LENGTH)}`;
  }

  private requirePercents(prop: string, percents: readonly number[]): void {
    percents.forEach((percent, index) => {
      if (Token.isUnresolved(percent)) return;
      if (!Number.isFinite(percent) || percent <= 0) {
        throw propError(
          this,
          `${prop}[${index}]`,
          'a finite percentage above 0',
          percent,
          'Pass a percentage of the limit, such as 80.',
        );
      }
      if (percents.indexOf(percent) !== index) {
        throw propError(this, prop, 'a list without duplicates', percent, 'Pass each percentage once.');
      }
    });
  }

  private requireName(name: string | undefined): void {
    if (name === undefined || Token.isUnresolved(name) || NAME_START.test(name)) return;
    throw propError(
      this,
      'budgetName',
      `1 to ${MAX_NAME_LENGTH - HASH_LENGTH - 1} characters without \`:\` and \`\\\``,
      name,
      'Shorten it, or remove these characters.',
    );
  }

  /**
   * Throws an error if another budget of the account has the same name. CloudFormation cannot create two
   * budgets with one name.
   */
  private requireUniqueName(start: string | undefined): void {
    if (this.nameAtSynth === undefined) return;
    const other = this.node.root.node
      .findAll()
      .find(
        construct =>
          construct instanceof MonthlyBudget &&
          construct !== this &&
          construct.nameAtSynth === this.nameAtSynth &&
          sharesAccount(this, construct),
      );
    if (!other) return;
    throw propError(
      this,
      'budgetName',
      `unique in the account: [${other.node.path}] has the same name and the same notifications`,
      start,
      'Pass a different `budgetName` to each budget.',
    );
  }

  private requireTopic({ topic, encryptionKey }: MonthlyBudgetProps): void {
    if (!topic) return;
    if (encryptionKey) {
      throw propError(
        this,
        'encryptionKey',
        'omitted if `topic` is given',
        encryptionKey.node.path,
        'Set the key on the topic instead.',
      );
    }
    requireStandardTopic(this, 'topic', topic);
    requireSamePlace(this, 'topic', topic, 'AWS Budgets publishes to topics of its own account only.', [
      'account',
    ]);
    const { account } = Stack.of(this);
    if (Token.isUnresolved(account) && !Token.isUnresolved(topic.env.account)) {
      warn(
        this,
        'topicAccount',
        `\`topic\` must be in the account of the budget, got: ${topic.node.path} in ${topic.env.account}. ` +
          'The account of the stack is not known at synth, and AWS Budgets refuses a topic of another account: ' +
          'set the `env` of the stack.',
      );
    }
  }
}

function toExpression(
  { filterExpression }: BudgetFilter,
  includeCredits: boolean,
): budgets.CfnBudget.ExpressionProperty | undefined {
  if (includeCredits) return filterExpression;
  return filterExpression ? { and: [filterExpression, CREDITS] } : CREDITS;
}
