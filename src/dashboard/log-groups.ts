import { Lazy, Stack, Token } from 'aws-cdk-lib';
import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnLogGroup, type ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { IConstruct } from 'constructs';
import { toLiteral, referenceText } from '../private/reference-text';

/** Dimension of the metrics that CloudWatch Logs publishes of a log group. */
export const LOG_GROUP_DIMENSION = 'LogGroupName';
/** First part of the name of a function's log group, unless the function names another one. */
const FUNCTION_PREFIX = '/aws/lambda/';
/** Name with nothing in it but the address of a resource that CloudFormation names. */
const ADDRESS = new RegExp(`^(?:${FUNCTION_PREFIX})?<(\\w+)>$`);
/** Maximum characters of a function's name (Lambda API Reference, CreateFunction). */
const MAX_FUNCTION_NAME = 64;
/** Two hyphens and the random part of a name that CloudFormation makes. */
const RANDOM_LENGTH = 15;
/** Characters of a logical id that CloudFormation keeps in a name that would be too long. */
const KEPT_OF_LOGICAL_ID = 24;
/** Words of a stack's name in a search, which is short enough with them (1,024 characters). */
const MAX_STACK_WORDS = 16;
const WORDS = /[A-Za-z0-9]+/g;
/** Last token of a camel-case word (CloudWatch User Guide, "CloudWatch search expression syntax"). */
const LAST_TOKEN = /(?:[A-Z]+|[A-Z]?[a-z]+|[0-9]+)$/;

/** Name of a log group, or the terms of a search that finds it among the log groups of the account. */
export type NameOrTerms = { readonly name: string } | { readonly terms: string };

type Source = CfnLogGroup | CfnFunction;

/**
 * Returns how a dashboard names a log group without a reference to another stack. Such a reference is half of
 * a cycle as soon as a function of the other stack is instrumented.
 */
export function nameOrTerms(scope: IConstruct, logGroup: ILogGroup): NameOrTerms {
  const name = literalName(logGroup);
  if (name !== undefined) return { name };
  const source = sourceOf(logGroup);
  return source && source.stack !== Stack.of(scope)
    ? { terms: termsOf(source) }
    : { name: logGroup.logGroupName };
}

/** Returns the name of a log group if it is known at synth. */
export function literalName(logGroup: ILogGroup): string | undefined {
  return toLiteral(logGroup, nameOf(logGroup));
}

/**
 * Returns the resource that CloudFormation names a log group after: its own, or the function whose default
 * log group it is. Undefined for names with other values that are known only at deployment.
 */
function sourceOf(logGroup: ILogGroup): Source | undefined {
  const { text, targets } = referenceText(logGroup, nameOf(logGroup));
  const address = ADDRESS.exec(text)?.[1];
  return targets.filter(isSource).find(({ node }) => node.addr === address);
}

function isSource(element: IConstruct): element is Source {
  return element instanceof CfnLogGroup || element instanceof CfnFunction;
}

/** Returns the name of a log group. That of a function's own may be the output of a custom resource. */
function nameOf({ node, logGroupName }: ILogGroup): string {
  // What `logGroup` of a function returns is an import inside of the function.
  const owner = node.defaultChild ? undefined : node.scope?.node.defaultChild;
  return owner instanceof CfnFunction ? FUNCTION_PREFIX + owner.ref : logGroupName;
}

/**
 * Returns the terms of a search for a name that CloudFormation makes: `<stack>-<logical id>-<random>`. A term
 * without quotes is found if its tokens follow each other in the name; all of the terms must be found.
 */
function termsOf(source: Source): string {
  const { stack } = source;
  const { stackName } = stack;
  const hasName = !Token.isUnresolved(stackName);
  const words = hasName ? (stackName.match(WORDS) ?? []).slice(0, MAX_STACK_WORDS) : [];
  // A logical id can change until the app is synthesised.
  const produce = () => {
    const id = stack.resolve(source.logicalId) as string;
    const isWhole =
      source instanceof CfnLogGroup ||
      (hasName && stackName.length + id.length + RANDOM_LENGTH <= MAX_FUNCTION_NAME);
    return (isWhole ? [...words, id] : [beginningOf(id)])
      .map(word => `${LOG_GROUP_DIMENSION}=${word}`)
      .join(' ');
  };
  return Lazy.string({ produce });
}

/** Returns the part of a logical id that is in a shortened name, without a token that may be cut. */
function beginningOf(logicalId: string): string {
  const kept = logicalId.slice(0, KEPT_OF_LOGICAL_ID);
  return kept.length === logicalId.length ? kept : kept.replace(LAST_TOKEN, '') || kept;
}
