import { Stack, Token } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';

/** Statement of a policy in the CloudFormation template. */
export interface Statement {
  readonly Sid?: string;
  readonly Effect?: unknown;
  readonly Action?: unknown;
  readonly Principal?: string | { readonly Service?: unknown; readonly AWS?: unknown };
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** AWS service or IAM role to which a policy can allow actions. */
interface Caller {
  /** Name of the service, or construct path of the role. */
  readonly name: string;
  readonly account: string;
  /**
   * Condition keys that contain the account id of this caller in its requests, such as `aws:sourceaccount`.
   * The keys are in lower case.
   */
  readonly accountKeys: readonly string[];
}

/**
 * Returns true for a `PolicyDocument`, even from another copy of aws-cdk-lib. Returns false for plain JSON,
 * and for a CDK token that is known only at deployment.
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
 * Returns true if a single statement allows all `actions` to the caller. The principal of the statement must
 * be the service of the caller, or `*`. If the principal is `*`, every condition must be on the account of
 * the caller. Ignores Deny statements, because they can apply to other callers.
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
          // If `account` or `value` is known only at deployment, they count as equal. An unknown `value` is
          // an object, for example `{ Ref: 'AWS::AccountId' }`.
          (Token.isUnresolved(account) || toList(value).some(each => each === account || isObject(each))),
      ),
  );
}

/** Returns true if a pattern from a policy, such as `sns:*`, matches an action. */
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
