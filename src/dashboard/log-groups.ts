import { Lazy, Stack, Token } from 'aws-cdk-lib';
import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnLogGroup, type ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { IConstruct } from 'constructs';
import { toLiteral, referenceText } from '../private/reference-text';

/** Dimension of the CloudWatch Logs metrics. Its value is the name of a log group. */
export const LOG_GROUP_DIMENSION = 'LogGroupName';
/** Beginning of the name that Lambda gives to the log group of a function. */
const FUNCTION_PREFIX = '/aws/lambda/';
/**
 * Pattern of the text for a generated log group name: `<address>`, or `/aws/lambda/<address>` for a function.
 * The group is the construct address.
 */
const REFERENCE = new RegExp(`^(?:${FUNCTION_PREFIX})?<(\\w+)>$`);
/** Maximum number of characters in a function name (Lambda API Reference, CreateFunction). */
const MAX_FUNCTION_NAME = 64;
/**
 * Maximum number of characters that CloudFormation adds to a generated name: two hyphens and 13 random
 * characters.
 */
const RANDOM_LENGTH = 15;
/** Number of characters of the logical id that remain when CloudFormation shortens a generated name. */
const KEPT_OF_LOGICAL_ID = 24;
/**
 * Maximum number of words of the stack name in a search, because a search can have at most 1,024 characters.
 */
const MAX_STACK_WORDS = 16;
const WORDS = /[A-Za-z0-9]+/g;
/**
 * Pattern of the last part of a camel-case word, e.g. `Group` in `MyLogGroup`. A search compares such parts
 * (CloudWatch User Guide, "CloudWatch search expression syntax").
 */
const LAST_TOKEN = /(?:[A-Z]+|[A-Z]?[a-z]+|[0-9]+)$/;

/** Exact name of a log group, or words with which a search finds its metrics. */
export type NameOrTerms = { readonly name: string } | { readonly terms: string };

/** Resource whose name CloudFormation generates. The log group name contains this name. */
type NamingResource = CfnLogGroup | CfnFunction;

/**
 * Returns the name of a log group for a widget. If the log group is in another stack and has a generated
 * name, returns search terms instead of a reference. With a reference, the dashboard would depend on the
 * other stack. If the other stack contains an instrumented function, the two stacks would depend on each
 * other.
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
 * Returns the resource with the generated name in a log group name. The resource is a log group, or the
 * function of a default log group. Returns undefined if the log group name is not generated.
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
 * Returns the name of a log group, as text or as a reference. For the default log group of a function, builds
 * the name from the function name, because `logGroupName` can be the output of a custom resource.
 */
function nameOf({ node, logGroupName }: ILogGroup): string {
  // If `logGroup` comes from `Function.logGroup`, it is imported, and its scope is the function.
  const owner = node.defaultChild ? undefined : node.scope?.node.defaultChild;
  return owner instanceof CfnFunction ? FUNCTION_PREFIX + owner.ref : logGroupName;
}

/**
 * Returns the search terms for a generated name such as `Shop-OrdersLogGroup5A3B-Xy12`: the words of the
 * stack name, and the logical id. If CloudFormation may shorten the name, returns only the start of the
 * logical id.
 */
function searchTerms(resource: NamingResource): string {
  const { stack } = resource;
  const { stackName } = stack;
  const hasName = !Token.isUnresolved(stackName);
  const words = hasName ? (stackName.match(WORDS) ?? []).slice(0, MAX_STACK_WORDS) : [];
  // Waits until synthesis to read the logical id, because the app can change it until then.
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
 * Returns the start of a logical id that a shortened name contains. Removes the last word of the start,
 * because the word may be incomplete.
 */
function keptPart(logicalId: string): string {
  const kept = logicalId.slice(0, KEPT_OF_LOGICAL_ID);
  return kept.length === logicalId.length ? kept : kept.replace(LAST_TOKEN, '') || kept;
}
