import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct, type IConstruct } from 'constructs';
import { GRANTEE } from './kinds';
import { isKnownToDiffer } from './region-account';
import { requireValue } from './shape';
import { warnWithStatement } from './synth-messages';
import { propError, type Where } from './validate';

/** Right of a grantee. */
export interface Right {
  /** Completes "cannot be allowed to". */
  readonly purpose: string;
  readonly actions: readonly string[];
  readonly resourceArns: readonly string[];
  readonly conditions?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/**
 * Classes of principals that aws-cdk-lib drops every statement for, and reports success: roles that were
 * imported with `mutable: false`, made `withoutPolicyUpdates()`, or belong to another account, and functions
 * that were imported without their role. They have no public mark. The library's build ends some names in a
 * digit.
 */
const UNCHANGEABLE = /^(?:ImmutableRole|UnknownPrincipal)\d*$/;

/** Returns why a statement for the grantee would go nowhere, or undefined if it would not. */
function findObstacle(scope: IConstruct | undefined, { grantPrincipal }: iam.IGrantable): string | undefined {
  const { principalAccount } = grantPrincipal;
  if (scope && principalAccount !== undefined && isKnownToDiffer(principalAccount, Stack.of(scope).account)) {
    return `It belongs to another account (${principalAccount}).`;
  }
  return UNCHANGEABLE.test(unwrapPrincipal(grantPrincipal).constructor.name)
    ? 'Its policies cannot be changed from this app.'
    : undefined;
}

/** Returns the principal inside of those that add conditions or tags of a session. */
function unwrapPrincipal(principal: iam.IPrincipal): iam.IPrincipal {
  const { wrapped } = principal as { readonly wrapped?: iam.IPrincipal };
  return wrapped ? unwrapPrincipal(wrapped) : principal;
}

/**
 * Adds a right to the policy of a grantee. If that policy cannot be changed from here, nothing is added, a
 * warning has the statement, and `success` of the result is false.
 *
 * @param where shows the warning. If it is no construct, the grantee does
 * @throws if the grantee is none
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
  // Nobody would see a warning.
  if (!shownAt) {
    throw propError(
      where,
      'grantee',
      'a role, a user, or a construct that has one',
      nameOf(grantee),
      `It has no policy of its own, so that it cannot be allowed to ${purpose}.`,
    );
  }
  warnWithStatement(
    shownAt,
    'grant',
    `${nameOf(grantee)} cannot be allowed to ${purpose} from here. ` +
      `${obstacle ?? 'It has no policy of its own.'} Add this statement to its policy:`,
    new iam.PolicyStatement({ actions: [...actions], resources: [...resourceArns], conditions }),
  );
  return iam.Grant.drop(grantee, purpose);
}

/**
 * Requires somebody who can be granted a right.
 *
 * @throws if it is something else
 */
export function requireGrantee(where: Where, grantee: unknown): void {
  requireValue(where, 'grantee', grantee, GRANTEE);
}

function nameOf(grantee: iam.IGrantable): string {
  const { node } = grantee as Partial<IConstruct>;
  return node?.path ?? String(grantee.grantPrincipal);
}
