import { Lazy, Reference, Stack, Token, Tokenization } from 'aws-cdk-lib';
import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnLogGroup, type ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { IConstruct, Node } from 'constructs';

/** Dimension of the metrics that CloudWatch Logs publishes of a log group. */
export const LOG_GROUP_DIMENSION = 'LogGroupName';
/** First part of the name of a function's log group, unless the function names another one. */
const FUNCTION_PREFIX = '/aws/lambda/';
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
  const source = Stack.of(logGroup) === Stack.of(scope) ? undefined : sourceOf(logGroup);
  return source ? { terms: termsOf(source) } : { name: logGroup.logGroupName };
}

/** Returns the name of a log group if it is known at synth. */
export function literalName(logGroup: ILogGroup): string | undefined {
  if (!Token.isUnresolved(logGroup.logGroupName)) return logGroup.logGroupName;
  const source = sourceOf(logGroup);
  const given = source && givenName(source);
  return typeof given === 'string' ? given : undefined;
}

/**
 * Returns the resource that a log group's name comes from: its own, or the function whose default log group
 * it is. Undefined for imported ones, and for names with other values that are known only at deployment.
 */
function sourceOf({ node }: ILogGroup): Source | undefined {
  const own = node.defaultChild;
  // What `logGroup` of a function returns is an import inside of the function.
  const source = own instanceof CfnLogGroup ? (functionIn(own.logGroupName) ?? own) : ownerOf(node);
  return source && typeof givenName(source) !== 'object' ? source : undefined;
}

function ownerOf({ scope }: Node): CfnFunction | undefined {
  const owner = scope?.node.defaultChild;
  return owner instanceof CfnFunction ? owner : undefined;
}

/** Returns the name that an app gives: an object if it has a token in it, undefined if there is none. */
function givenName(source: Source): string | object | undefined {
  const given = source.stack.resolve(
    source instanceof CfnLogGroup ? source.logGroupName : source.functionName,
  ) as string | object | undefined;
  return typeof given === 'string' && source instanceof CfnFunction ? FUNCTION_PREFIX + given : given;
}

/** Returns the function of a name such as `/aws/lambda/${fn.functionName}`. */
function functionIn(name = ''): CfnFunction | undefined {
  if (!name.startsWith(FUNCTION_PREFIX)) return undefined;
  const { length, firstToken } = Tokenization.reverseString(name.slice(FUNCTION_PREFIX.length));
  return length === 1 && Reference.isReference(firstToken) && firstToken.target instanceof CfnFunction
    ? firstToken.target
    : undefined;
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
