import { Lazy, Stack, Token } from 'aws-cdk-lib';
import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnLogGroup, type ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { IConstruct } from 'constructs';
import { toLiteral, referenceText } from '../private/reference-text';

/** Dimension that identifies a log group in the metrics of CloudWatch Logs. */
export const LOG_GROUP_DIMENSION = 'LogGroupName';
/** Prefix of the name of a Lambda function's default log group. */
const FUNCTION_PREFIX = '/aws/lambda/';
/**
 * Pattern of a log group name that is only a reference to one resource: `<address>`, or
 * `/aws/lambda/<address>` for a function. CloudFormation generates the name of this resource.
 */
const REFERENCE = new RegExp(`^(?:${FUNCTION_PREFIX})?<(\\w+)>$`);
/** Maximum number of characters in a function name (Lambda API Reference, CreateFunction). */
const MAX_FUNCTION_NAME = 64;
/**
 * Number of characters that CloudFormation adds to the stack name and the logical id in a generated name: two
 * hyphens and a random part.
 */
const RANDOM_LENGTH = 15;
/** Number of characters of the logical id that CloudFormation keeps when it shortens a generated name. */
const KEPT_OF_LOGICAL_ID = 24;
/**
 * Maximum number of words of a stack name in a search. This limit keeps the search below 1,024 characters.
 */
const MAX_STACK_WORDS = 16;
const WORDS = /[A-Za-z0-9]+/g;
/**
 * Pattern of the last token in a camel-case word (CloudWatch User Guide, "CloudWatch search expression
 * syntax").
 */
const LAST_TOKEN = /(?:[A-Z]+|[A-Z]?[a-z]+|[0-9]+)$/;

/** Name of a log group, or search terms that find the log group in the account. */
export type NameOrTerms = { readonly name: string } | { readonly terms: string };

/** Resource whose generated name is a part of a log group name. */
type NamingResource = CfnLogGroup | CfnFunction;

/**
 * Returns the name of a log group, or search terms that find the log group. Returns search terms only if the
 * name is known only at deployment and refers to another stack. With the name, the dashboard would depend on
 * that stack. If a function of that stack is instrumented, that stack depends on the stack of the dashboard.
 */
export function nameOrTerms(scope: IConstruct, logGroup: ILogGroup): NameOrTerms {
  const name = literalName(logGroup);
  if (name !== undefined) return { name };
  const source = namingResource(logGroup);
  return source && source.stack !== Stack.of(scope)
    ? { terms: searchTerms(source) }
    : { name: logGroup.logGroupName };
}

/** Returns the name of a log group, or undefined if the name is not known at synthesis. */
export function literalName(logGroup: ILogGroup): string | undefined {
  return toLiteral(logGroup, nameOf(logGroup));
}

/**
 * Returns the resource whose generated name is a part of a log group name. For the default log group of a
 * function, returns the function. For other log groups, returns the log group itself. Returns undefined if
 * the name has any other form.
 */
function namingResource(logGroup: ILogGroup): NamingResource | undefined {
  const { text, targets } = referenceText(logGroup, nameOf(logGroup));
  const address = REFERENCE.exec(text)?.[1];
  return targets.filter(isNamingResource).find(({ node }) => node.addr === address);
}

function isNamingResource(element: IConstruct): element is NamingResource {
  return element instanceof CfnLogGroup || element instanceof CfnFunction;
}

/**
 * Returns the name of a log group. For the default log group of a function, returns `/aws/lambda/` and the
 * function name, because `logGroupName` can be the output of a custom resource.
 */
function nameOf({ node, logGroupName }: ILogGroup): string {
  // `Function.logGroup` returns an imported log group, which is a child construct of the function.
  const owner = node.defaultChild ? undefined : node.scope?.node.defaultChild;
  return owner instanceof CfnFunction ? FUNCTION_PREFIX + owner.ref : logGroupName;
}

/**
 * Returns search terms for a name that CloudFormation generates: `<stack>-<logical id>-<random>`. The terms
 * are the words of the stack name, and the logical id. If the name may be shortened, the only term is the
 * start of the logical id. A search finds the series that match all terms.
 */
function searchTerms(resource: NamingResource): string {
  const { stack } = resource;
  const { stackName } = stack;
  const hasName = !Token.isUnresolved(stackName);
  const words = hasName ? (stackName.match(WORDS) ?? []).slice(0, MAX_STACK_WORDS) : [];
  // The terms are resolved at synthesis, because a logical id can change until then.
  const produce = () => {
    const id = stack.resolve(resource.logicalId) as string;
    const isComplete =
      resource instanceof CfnLogGroup ||
      (hasName && stackName.length + id.length + RANDOM_LENGTH <= MAX_FUNCTION_NAME);
    return (isComplete ? [...words, id] : [keptPart(id)])
      .map(word => `${LOG_GROUP_DIMENSION}=${word}`)
      .join(' ');
  };
  return Lazy.string({ produce });
}

/**
 * Returns the part of a logical id that a shortened name contains. Omits the last token of this part, because
 * the token may be incomplete.
 */
function keptPart(logicalId: string): string {
  const kept = logicalId.slice(0, KEPT_OF_LOGICAL_ID);
  return kept.length === logicalId.length ? kept : kept.replace(LAST_TOKEN, '') || kept;
}
