import type * as budgets from 'aws-cdk-lib/aws-budgets';
import { OBJECT, requireValue, TEXTS } from '../private/shape';
import { propError } from '../private/validate';

const NAME = 'BudgetFilter';
/** Members of an expression (AWS Budgets API Reference, Expression). */
const OPERATORS = ['and', 'or', 'not', 'dimensions', 'tags', 'costCategories'];
/** SERVICE of Amazon's and of open-weight models, and of what Bedrock charges beside models. */
const BEDROCK = dimension('SERVICE', ['Amazon Bedrock']);
/**
 * BILLING_ENTITY of models that are sold by others; each has
 * a SERVICE of its own, `<model> (Amazon Bedrock Edition)`.
 */
const MARKETPLACE = dimension('BILLING_ENTITY', ['AWS Marketplace']);

/**
 * What of the bill a monthly budget counts.
 *
 * The bill has models of Anthropic, Cohere, OpenAI and others as AWS Marketplace purchases, each under a
 * service name of its own: a budget of the service "Amazon Bedrock" alone would miss them, which is most of
 * the cost for most users.
 */
export class BudgetFilter {
  /**
   * Amazon Bedrock and everything bought in AWS Marketplace. It misses no model, also none that
   * comes later; it also counts other Marketplace purchases of the account, where there are some.
   */
  public static bedrockAndMarketplace(): BudgetFilter {
    return new BudgetFilter({ or: [BEDROCK, MARKETPLACE] });
  }

  /**
   * Amazon Bedrock and what is bought in AWS Marketplace from the sellers named. For
   * accounts with other Marketplace purchases. A seller that is not named is missed.
   *
   * @param sellers legal entities as the bill names them, such as `Anthropic, PBC`
   * @throws where none is named
   */
  public static bedrockAndSellers(...sellers: string[]): BudgetFilter {
    requireSome('sellers', sellers, 'Name them as the bill does, such as Anthropic, PBC.');
    return new BudgetFilter({
      or: [BEDROCK, { and: [MARKETPLACE, dimension('LEGAL_ENTITY_NAME', sellers)] }],
    });
  }

  /**
   * Services by their exact names on the bill, such as `Amazon Bedrock` and `Claude Sonnet
   * 4.6 (Amazon Bedrock Edition)`. A model that is not named, and each new one, is missed.
   *
   * @param services the service names
   * @throws where none is named
   */
  public static services(...services: string[]): BudgetFilter {
    requireSome('services', services, 'Name them as the bill does, such as Amazon Bedrock.');
    return new BudgetFilter(dimension('SERVICE', services));
  }

  /**
   * What carries a cost allocation tag: of application inference profiles, or of the
   * roles that call. The tag must be active in Billing, and counts from then on.
   *
   * @param key the tag's key as Billing shows it
   * @param values any of these
   * @throws where no key or no value is given
   */
  public static tag(key: string, ...values: string[]): BudgetFilter {
    requireSome('key', [key], 'Give the key of the tag as Billing shows it.');
    requireSome('values', values, 'Give the values of the tag that are counted.');
    return new BudgetFilter({ tags: { key, values, matchOptions: ['EQUALS'] } });
  }

  /**
   * The whole bill of the account.
   */
  public static everything(): BudgetFilter {
    return new BudgetFilter();
  }

  /**
   * An expression of your own, as AWS Budgets takes it.
   *
   * @param expression the filter expression
   * @throws where it is empty, or has other members than AWS Budgets takes
   */
  public static expression(expression: budgets.CfnBudget.ExpressionProperty): BudgetFilter {
    requireValue(NAME, 'expression', expression, OBJECT);
    const operators = Object.keys(expression);
    if (operators.length === 0 || operators.some(operator => !OPERATORS.includes(operator))) {
      throw propError(
        NAME,
        'expression',
        `of ${OPERATORS.join(', ')}`,
        operators.join(', ') || '{}',
        "Give, for example, { dimensions: { key: 'SERVICE', values: ['Amazon Bedrock'] } }.",
      );
    }
    return new BudgetFilter(expression);
  }

  /**
   * The expression; undefined where everything is counted.
   */
  public readonly filterExpression?: budgets.CfnBudget.ExpressionProperty;

  private constructor(filterExpression?: budgets.CfnBudget.ExpressionProperty) {
    this.filterExpression = filterExpression;
  }
}

/** One dimension that is one of some values. */
function dimension(key: string, values: string[]): budgets.CfnBudget.ExpressionProperty {
  return { dimensions: { key, values, matchOptions: ['EQUALS'] } };
}

function requireSome(prop: string, values: readonly string[], fix: string): void {
  requireValue(NAME, prop, values, TEXTS);
  if (values.length === 0) throw propError(NAME, prop, 'at least one name', '[]', fix);
  const blank = values.find(value => value.trim() === '');
  if (blank !== undefined) throw propError(NAME, prop, 'without empty names', blank, fix);
}
