import { Lazy, Stack, Token } from 'aws-cdk-lib';
import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnLogGroup, type ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { IConstruct } from 'constructs';
import { toLiteral, referenceText } from '../private/reference-text';

/** Dimension of the metrics that CloudWatch Logs publishes for a log group. */
export const LOG_GROUP_DIMENSION = 'LogGroupName';
/** Prefix of the name of a function's default log group. */
const FUNCTION_PREFIX = '/aws/lambda/';
/** Pattern of a name that consists only of a reference to a resource that CloudFormation names. */
const REFERENCE = new RegExp(`^(?:${FUNCTION_PREFIX})?<(\\w+)>$`);
/** Maximum characters of a function's name (Lambda API Reference, CreateFunction). */
const MAX_FUNCTION_NAME = 64;
/** Length of two hyphens and the random part of a name that CloudFormation creates. */
const RANDOM_LENGTH = 15;
/** Characters of a logical id that CloudFormation keeps when it shortens a name. */
const KEPT_OF_LOGICAL_ID = 24;
/** Maximum words of a stack name in a search. It keeps the search below 1,024 characters. */
const MAX_STACK_WORDS = 16;
const WORDS = /[A-Za-z0-9]+/g;
/** Last token of a camel-case word (CloudWatch User Guide, "CloudWatch search expression syntax"). */
const LAST_TOKEN = /(?:[A-Z]+|[A-Z]?[a-z]+|[0-9]+)$/;

/** Name of a log group, or terms of a search that finds it in the account. */
export type NameOrTerms = { readonly name: string } | { readonly terms: string };

/** Resource whose generated name is part of the name of a log group. */
type NamingResource = CfnLogGroup | CfnFunction;

/**
 * Returns the name of a log group, or search terms if the name is a reference to another stack. Such a
 * reference would complete a dependency cycle as soon as a function of the other stack is instrumented.
 */
export function nameOrTerms(scope: IConstruct, logGroup: ILogGroup): NameOrTerms {
  const name = literalName(logGroup);
  if (name !== undefined) return { name };
  const source = namingResource(logGroup);
  return source && source.stack !== Stack.of(scope)
    ? { terms: searchTerms(source) }
    : { name: logGroup.logGroupName };
}

/** Returns the name of a log group if it is known at synthesis. */
export function literalName(logGroup: ILogGroup): string | undefined {
  return toLiteral(logGroup, nameOf(logGroup));
}

/**
 * Returns the resource that determines the name of a log group: its own resource, or the function whose
 * default log group it is. Returns undefined if the name contains other values that are known only at
 * deployment.
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
 * Returns the name of a log group. For a function's default log group, the name is derived from the function,
 * because `logGroupName` can be the output of a custom resource.
 */
function nameOf({ node, logGroupName }: ILogGroup): string {
  // `Function.logGroup` returns an imported log group that is a child of the function.
  const owner = node.defaultChild ? undefined : node.scope?.node.defaultChild;
  return owner instanceof CfnFunction ? FUNCTION_PREFIX + owner.ref : logGroupName;
}

/**
 * Returns search terms for a name that CloudFormation creates: `<stack>-<logical id>-<random>`. A series
 * matches if it contains all terms. A term without quotes matches if its tokens follow each other in the
 * name.
 */
function searchTerms(resource: NamingResource): string {
  const { stack } = resource;
  const { stackName } = stack;
  const hasName = !Token.isUnresolved(stackName);
  const words = hasName ? (stackName.match(WORDS) ?? []).slice(0, MAX_STACK_WORDS) : [];
  // Resolved at synthesis, because a logical id can change until then.
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
 * Returns the part of a logical id that a shortened name keeps, without a last token that may be incomplete.
 */
function keptPart(logicalId: string): string {
  const kept = logicalId.slice(0, KEPT_OF_LOGICAL_ID);
  return kept.length === logicalId.length ? kept : kept.replace(LAST_TOKEN, '') || kept;
}
