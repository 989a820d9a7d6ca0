import type * as budgets from 'aws-cdk-lib/aws-budgets';
import { OBJECT, requireValue, TEXTS } from '../private/shape';
import { propError } from '../private/validate';

const NAME = 'BudgetFilter';
/** Names of the members of a filter expression (AWS Budgets API Reference, Expression). */
const OPERATORS = ['and', 'or', 'not', 'dimensions', 'tags', 'costCategories'];
/**
 * Filter for costs that the bill shows under the service `Amazon Bedrock`, such as Amazon's own models and
 * open-weight models.
 */
const BEDROCK = dimension('SERVICE', ['Amazon Bedrock']);
/**
 * Filter for costs that the bill shows as AWS Marketplace purchases. Models of other vendors are such
 * purchases, with a service name such as `Claude Sonnet 4.6 (Amazon Bedrock Edition)`.
 */
const MARKETPLACE = dimension('BILLING_ENTITY', ['AWS Marketplace']);

/**
 * Part of the AWS bill that a monthly budget counts.
 *
 * The bill shows models of Anthropic, Cohere, OpenAI and others as AWS Marketplace purchases, each with its
 * own service name. A budget for the service `Amazon Bedrock` alone does not count these models, which are
 * most of the cost for most users.
 */
export class BudgetFilter {
  /**
   * Counts Amazon Bedrock and all AWS Marketplace purchases of the account. Future models are included.
   * Marketplace purchases that are not models are also included.
   */
  public static bedrockAndMarketplace(): BudgetFilter {
    return new BudgetFilter({ or: [BEDROCK, MARKETPLACE] });
  }

  /**
   * Counts Amazon Bedrock, and only the AWS Marketplace purchases from the given sellers. Use this filter if
   * the account has Marketplace purchases that are not models.
   *
   * @param sellers legal entities as on the bill, such as `Anthropic, PBC`
   * @throws if no seller is given, or a name is empty
   */
  public static bedrockAndSellers(...sellers: string[]): BudgetFilter {
    requireSome('sellers', sellers, 'Pass names as on the bill, such as Anthropic, PBC.');
    return new BudgetFilter({
      or: [BEDROCK, { and: [MARKETPLACE, dimension('LEGAL_ENTITY_NAME', sellers)] }],
    });
  }

  /**
   * Counts only services with one of the given names on the bill. Other models, also future models, are not
   * counted.
   *
   * @param services service names as on the bill, such as `Amazon Bedrock` or
   * `Claude Sonnet 4.6 (Amazon Bedrock Edition)`
   * @throws if no service is given, or a name is empty
   */
  public static services(...services: string[]): BudgetFilter {
    requireSome('services', services, 'Pass names as on the bill, such as Amazon Bedrock.');
    return new BudgetFilter(dimension('SERVICE', services));
  }

  /**
   * Counts costs that have a cost allocation tag with one of the given values. Tag the application inference
   * profiles, or the roles that invoke models. Then activate the tag in Billing. Costs before the activation
   * are not counted.
   *
   * @param key key of the tag as Billing shows it
   * @param values values of the tag to count
   * @throws if the key is empty, no value is given, or a value is empty
   */
  public static tag(key: string, ...values: string[]): BudgetFilter {
    requireSome('key', [key], 'Pass the key of the tag as Billing shows it.');
    requireSome('values', values, 'Pass the values of the tag to count.');
    return new BudgetFilter({ tags: { key, values, matchOptions: ['EQUALS'] } });
  }

  /**
   * Counts the entire bill of the account.
   */
  public static everything(): BudgetFilter {
    return new BudgetFilter();
  }

  /**
   * Counts the costs that match a custom filter expression of AWS Budgets.
   *
   * @param expression filter expression
   * @throws if the expression is empty, or has a member that AWS Budgets does not support
   */
  public static expression(expression: budgets.CfnBudget.ExpressionProperty): BudgetFilter {
    requireValue(NAME, 'expression', expression, OBJECT);
    const operators = Object.keys(expression);
    if (operators.length === 0 || operators.some(operator => !OPERATORS.includes(operator))) {
      throw propError(
        NAME,
        'expression',
        `an object with only the members ${OPERATORS.join(', ')}`,
        operators.join(', ') || '{}',
        "Pass, for example, { dimensions: { key: 'SERVICE', values: ['Amazon Bedrock'] } }.",
      );
    }
    return new BudgetFilter(expression);
  }

  /**
   * Filter expression of AWS Budgets. Undefined if the filter counts the entire bill.
   */
  public readonly filterExpression?: budgets.CfnBudget.ExpressionProperty;

  private constructor(filterExpression?: budgets.CfnBudget.ExpressionProperty) {
    this.filterExpression = filterExpression;
  }
}

/** Returns a filter expression for costs with one of the given values of a dimension, such as `SERVICE`. */
function dimension(key: string, values: string[]): budgets.CfnBudget.ExpressionProperty {
  return { dimensions: { key, values, matchOptions: ['EQUALS'] } };
}

function requireSome(prop: string, values: readonly string[], fix: string): void {
  requireValue(NAME, prop, values, TEXTS);
  if (values.length === 0) throw propError(NAME, prop, 'at least one name', '[]', fix);
  const blank = values.find(value => value.trim() === '');
  if (blank !== undefined) throw propError(NAME, prop, 'without empty names', blank, fix);
}
