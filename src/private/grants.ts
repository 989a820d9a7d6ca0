import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct, type IConstruct } from 'constructs';
import { GRANTEE } from './kinds';
import { isKnownToDiffer } from './region-account';
import { requireValue } from './shape';
import { warnWithStatement } from './synth-messages';
import { propError, type Where } from './validate';

/** Permission to give to a grantee. */
export interface Right {
  /** Purpose in messages, e.g. "publish metrics" in "cannot be allowed to publish metrics". */
  readonly purpose: string;
  readonly actions: readonly string[];
  readonly resourceArns: readonly string[];
  readonly conditions?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/**
 * Pattern of the class names of principals whose policies cannot be changed, such as `ImmutableRole`.
 * aws-cdk-lib ignores a grant to such a principal, but reports success. The build of aws-cdk-lib appends a
 * digit to some class names.
 *
 * Examples of such principals are a role that was imported with `mutable: false`, a role in another account,
 * and a function that was imported without its role.
 */
const UNCHANGEABLE = /^(?:ImmutableRole|UnknownPrincipal)\d*$/;

/** Returns the reason why a grant would have no effect, or undefined if the grant would work. */
function findObstacle(scope: IConstruct | undefined, { grantPrincipal }: iam.IGrantable): string | undefined {
  const { principalAccount } = grantPrincipal;
  if (scope && principalAccount !== undefined && isKnownToDiffer(principalAccount, Stack.of(scope).account)) {
    return `It belongs to another account (${principalAccount}).`;
  }
  return UNCHANGEABLE.test(unwrapPrincipal(grantPrincipal).constructor.name)
    ? 'Its policies cannot be changed from this app.'
    : undefined;
}

/** Removes the wrappers that add conditions or session tags to a principal. */
function unwrapPrincipal(principal: iam.IPrincipal): iam.IPrincipal {
  const { wrapped } = principal as { readonly wrapped?: iam.IPrincipal };
  return wrapped ? unwrapPrincipal(wrapped) : principal;
}

/**
 * Adds a permission to the policy of a grantee. If this app cannot change the policy, adds a warning that
 * shows the statement, and returns a grant whose `success` is false.
 *
 * @param where construct that shows the warning. If `where` is a class name, the grantee shows the warning
 * @throws if `grantee` is not a grantee, or if no construct can show the warning
 */
export function grantRight(where: Where, grantee: iam.IGrantable, right: Right): iam.Grant {
  requireGrantee(where, grantee);
  const { purpose, actions, resourceArns, conditions } = right;
  const scope = typeof where === 'string' ? undefined : where;
  const obstacle = findObstacle(scope, grantee);
  if (obstacle === undefined) {
    const grant = iam.Grant.addToPrincipal({
      grantee,
      actions: [...actions],
      resourceArns: [...resourceArns],
      conditions,
    });
    if (grant.success) return grant;
  }
  const shownAt = scope ?? (Construct.isConstruct(grantee) ? grantee : undefined);
  // If there is no construct to show a warning, throws an error.
  if (!shownAt) {
    throw propError(
      where,
      'grantee',
      'a role, a user, or a construct that has one',
      nameOf(grantee),
      `It has no policy, so it cannot be allowed to ${purpose}: pass the role of the program.`,
    );
  }
  warnWithStatement(
    shownAt,
    'grant',
    `${nameOf(grantee)} cannot be allowed to ${purpose} from here. ` +
      `${obstacle ?? 'It has no policy.'} Add this statement to its policy:`,
    new iam.PolicyStatement({ actions: [...actions], resources: [...resourceArns], conditions }),
  );
  return iam.Grant.drop(grantee, purpose);
}

/**
 * Requires a value that can receive permissions, such as a role or a function.
 *
 * @throws if the value has no `grantPrincipal`
 */
export function requireGrantee(where: Where, grantee: unknown): void {
  requireValue(where, 'grantee', grantee, GRANTEE);
}

function nameOf(grantee: iam.IGrantable): string {
  const { node } = grantee as Partial<IConstruct>;
  return node?.path ?? String(grantee.grantPrincipal);
}
