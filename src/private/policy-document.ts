import { Stack, Token } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';

/** Policy statement in a template. */
export interface Statement {
  readonly Sid?: string;
  readonly Effect?: unknown;
  readonly Action?: unknown;
  readonly Principal?: string | { readonly Service?: unknown; readonly AWS?: unknown };
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** Service or role to which a policy can allow actions. */
interface Caller {
  /** Name of the service, or path of the role. */
  readonly name: string;
  readonly account: string;
  /** Condition keys that are known to equal the account, in lower case. */
  readonly accountKeys: readonly string[];
}

/**
 * Returns true for a PolicyDocument of any copy of aws-cdk-lib. Other documents are plain JSON, or are known
 * only at deployment.
 */
export function isPolicyDocument(document: unknown): document is iam.PolicyDocument {
  return typeof (document as Partial<iam.PolicyDocument> | undefined)?.addStatements === 'function';
}

export function readStatements(scope: IConstruct, document: unknown): Statement[] {
  const { Statement: statements } = (Stack.of(scope).resolve(document) ?? {}) as {
    Statement?: Statement | Statement[];
  };
  return toList(statements) as Statement[];
}

/**
 * Returns true if a statement allows the actions to the caller, or to everybody with conditions on the
 * account only. Ignores Deny statements, because they can be for other callers.
 */
export function allowsCaller(
  statements: readonly Statement[],
  caller: Caller,
  actions: readonly string[],
): boolean {
  return statements.some(({ Effect, Action, Principal, Condition = {} }) => {
    if (
      Effect !== 'Allow' ||
      !actions.every(action => toList(Action).some(each => matchesAction(each, action)))
    ) {
      return false;
    }
    const { Service, AWS } = typeof Principal === 'string' ? { AWS: Principal } : { ...Principal };
    return (
      toList(Service).includes(caller.name) ||
      (toList(AWS).includes('*') && isConditionMet(caller, Condition))
    );
  });
}

function isConditionMet(
  { account, accountKeys }: Caller,
  condition: NonNullable<Statement['Condition']>,
): boolean {
  return Object.entries(condition).every(
    ([operator, values]) =>
      operator === 'StringEquals' &&
      Object.entries(values).every(
        ([key, value]) =>
          accountKeys.includes(key.toLowerCase()) &&
          // An account that is known only at deployment is assumed to be that of the caller.
          (Token.isUnresolved(account) || toList(value).some(each => each === account || isObject(each))),
      ),
  );
}

/** Returns true if an action in a policy, which can contain wildcards, matches another action. */
function matchesAction(pattern: unknown, action: string): boolean {
  if (typeof pattern !== 'string') return false;
  const [start, ...rest] = pattern.toLowerCase().split('*');
  return rest.length === 0 ? start === action.toLowerCase() : action.toLowerCase().startsWith(start);
}

function isObject(value: unknown): boolean {
  return typeof value === 'object';
}

function toList(value: unknown): unknown[] {
  return value === undefined ? [] : [value].flat();
}
