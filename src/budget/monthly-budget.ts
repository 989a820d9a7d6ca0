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
import { propError, requireUsd } from '../private/validate';

/**
 * Properties of a monthly budget.
 */
export interface MonthlyBudgetProps {
  /**
   * What the calendar month (UTC) may cost, in US dollars, above 0. Nothing is enforced.
   */
  readonly limit: number;

  /**
   * A topic that is told, in the account of the budget. Subscribe to it beside this construct.
   *
   * AWS Budgets is let publish to it, and use its customer managed key; alarms of the account can, too. If
   * the topic has no policy, it gets one, which keeps what the default policy allows. An imported topic, or
   * the key of one, cannot be changed from here: a warning has the statement. The topic may be in another
   * region.
   *
   * @default - a topic of its own
   */
  readonly topic?: sns.ITopic;

  /**
   * A customer managed key for the topic that is made here. AWS Budgets and CloudWatch alarms are let use
   * it; if the key is imported, a warning has the statement. It cannot be given with `topic`, which has a
   * key of its own.
   *
   * @default - the topic is not encrypted with a key
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * At which shares of the limit, in per cent of what was billed, the
   * topic is told: once a month each. With `forecastPercents` one to ten.
   *
   * @default [80, 100]
   */
  readonly actualPercents?: number[];

  /**
   * At which shares of the limit, in per cent of what AWS forecasts for the month, the topic is
   * told. AWS needs some five weeks of bills before it forecasts, and may tell more than once.
   *
   * @default - none
   */
  readonly forecastPercents?: number[];

  /**
   * What of the bill is counted.
   *
   * @default BudgetFilter.bedrockAndMarketplace()
   */
  readonly filter?: BudgetFilter;

  /**
   * Whether credits and refunds lower what is counted. By default the
   * budget shows what the usage costs, also while a credit pays for it.
   *
   * @default false
   */
  readonly includeCredits?: boolean;

  /**
   * The first part of the budget's name, at most 91 characters. The rest follows from the notifications: when
   * they change, CloudFormation makes a new budget before it deletes the old one, and a name can be there
   * once.
   *
   * @default - named by CloudFormation
   */
  readonly budgetName?: string;
}

/** Kinds of the properties. */
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
/** AWS Budgets: notifications of one budget, and characters of its name. */
const MAX_NOTIFICATIONS = 10;
const MAX_NAME_LENGTH = 100;
const HASH_LENGTH = 8;
/**
 * `:` and `\` are refused (AWS Budgets API reference, Budget),
 * and the rest of the name takes a hyphen and a hash.
 */
const NAME_START = new RegExp(`^[^:\\\\]{1,${MAX_NAME_LENGTH - HASH_LENGTH - 1}}$`);
const CREDITS: budgets.CfnBudget.ExpressionProperty = {
  not: { dimensions: { key: 'RECORD_TYPE', values: ['Credit', 'Refund'], matchOptions: ['EQUALS'] } },
};

/**
 * A monthly budget on the real bill, by AWS Budgets: the backstop of estimates, which know no discount, no
 * tax and no call that was not measured. It tells a topic, and enforces nothing. It is slow: the bill is read
 * some three times a day, and is up to a day late. Budgets are of the account, not of a region: two stacks
 * make two.
 */
export class MonthlyBudget extends Construct {
  /**
   * The topic that is told.
   */
  public readonly topic: sns.ITopic;

  /**
   * The budget's name.
   */
  public readonly budgetName: string;

  private readonly nameAtSynth: string | undefined;

  /**
   * @throws where the limit or a percentage is none, there are no notifications or more than ten, the
   * name has characters that AWS Budgets refuses or is that of another budget of the account, the topic is a
   * FIFO topic or of another account, a key is managed by AWS, or `encryptionKey` is given with `topic`
   */
  constructor(scope: Construct, id: string, props: MonthlyBudgetProps) {
    super(scope, id);
    requireShape(this, props, SHAPE);
    // Callers of other languages, and of plain JavaScript, can leave it out.
    if (props.limit === undefined) {
      throw propError(this, 'limit', 'given', undefined, 'Give the amount in US dollars, such as 250.');
    }
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
        'AWS Budgets takes no more in one budget: tell at fewer shares.',
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
    // AWS Budgets tries the topic when the budget is made: the policy must be there.
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
    const told = JSON.stringify(Stack.of(this).resolve(notifications));
    return `${start}-${createHash('sha256').update(told).digest('hex').slice(0, HASH_LENGTH)}`;
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
          'Give per cent of the limit, such as 80.',
        );
      }
      if (percents.indexOf(percent) !== index) {
        throw propError(this, prop, 'a list without duplicates', percent, 'Name it once.');
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

  /** Requires that no other budget of the account has the name: CloudFormation could not make the second. */
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
      `one of a kind in the account: [${other.node.path}] has the same, and the same notifications`,
      start,
      'Give each its own `budgetName`.',
    );
  }

  private requireTopic({ topic, encryptionKey }: MonthlyBudgetProps): void {
    if (!topic) return;
    if (encryptionKey) {
      throw propError(
        this,
        'encryptionKey',
        'left out with `topic`',
        encryptionKey.node.path,
        'Give the key to the topic, where that is made.',
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
          'The account of the stack is not known at synth, and AWS Budgets refuses a topic of another one: ' +
          'give the stack an `env`.',
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
