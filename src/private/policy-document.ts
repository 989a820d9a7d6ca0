import { Stack, Token } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';

/** Statement of a policy as a template has it. */
export interface Statement {
  readonly Sid?: string;
  readonly Effect?: unknown;
  readonly Action?: unknown;
  readonly Principal?: string | { readonly Service?: unknown; readonly AWS?: unknown };
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** Service or role that a policy can let in. */
interface Caller {
  /** Name of the service. */
  readonly name: string;
  readonly account: string;
  readonly accountKeys: readonly string[];
}

/**
 * True of documents of aws-cdk-lib, of any copy of it. Others are plain JSON, or are rendered at
 * deployment.
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
 * Returns true if a statement allows the actions to a service, or to everybody with no condition but on the
 * account. Denials are not looked at: they can be about others.
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
          // An account that is known at deployment only is taken for the one of the caller.
          (Token.isUnresolved(account) || toList(value).some(each => each === account || isObject(each))),
      ),
  );
}

/** True if an action of a policy, which can have wildcards, is another one or contains it. */
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
