import { createHash } from 'crypto';
import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { sharesAccount } from '../private/region-account';
import { propError, requireDashboardName } from '../private/validate';

const NAME_SUFFIX = 'Token-Analytics';
/** Part of a namespace that is omitted in the name, because the suffix says it already. */
const OMITTED_PART = 'Analytics';
/** Maximum length of the name of a dashboard (CloudWatch API Reference, PutDashboard). */
const MAX_NAME_LENGTH = 255;
/** Number of characters of the hash in a shortened name. */
const HASH_LENGTH = 8;

/** Dashboard of the app whose name is known at synth. */
export interface NamedDashboard {
  readonly where: IConstruct;
  readonly name: string;
}

/**
 * Returns the name of a new dashboard: `given`, or a name that depends only on the namespace. Another stack
 * or dashboard must not change the name, because CloudFormation would then replace the dashboard.
 *
 * @param others other new dashboards of the app
 * @throws if the name is invalid, or if another dashboard in the same account has it. Dashboards of all
 * regions of an account share their names
 */
export function dashboardName(
  where: IConstruct,
  given: string | undefined,
  namespace: string,
  others: readonly NamedDashboard[],
): string {
  if (given !== undefined) requireDashboardName(where, given);
  const name = given ?? defaultName(namespace);
  const other = Token.isUnresolved(name)
    ? undefined
    : others.find(each => each.name === name && sharesAccount(where, each.where));
  if (!other) return name;
  // The error names the two constructs in the order of their paths, and not in the order of their creation.
  const [first, second] = [where, other.where].sort((one, two) => (one.node.path < two.node.path ? -1 : 1));
  throw propError(
    second,
    'dashboardName',
    `unique in the account: [${first.node.path}] has the same name`,
    name,
    'Give one of the two another `dashboardName`, or another `namespace`, from which the default name is made. ' +
      'Dashboards of all regions of an account share their names.',
  );
}

/**
 * Returns the default name: the parts of the namespace except `Analytics`, and `Token-Analytics`. Replaces
 * characters that are invalid in a name, and shortens a long name. Omits parts that are known only at
 * deployment.
 */
function defaultName(namespace: string): string {
  const parts = namespace
    .split('/')
    .filter(part => part !== OMITTED_PART && !Token.isUnresolved(part))
    .map(part => part.replace(/[^A-Za-z0-9_-]+/g, '-').replace(/^-+|-+$/g, ''))
    .filter(part => part !== '');
  const name = parts.join('-');
  if (name === '') return NAME_SUFFIX;
  const maxLength = MAX_NAME_LENGTH - NAME_SUFFIX.length - 1;
  return `${name.length <= maxLength ? name : shortened(name, namespace, maxLength)}-${NAME_SUFFIX}`;
}

/** Returns the start of a name and a hash of the namespace. The hash keeps the shortened names different. */
function shortened(name: string, namespace: string, length: number): string {
  const hash = createHash('sha256').update(namespace).digest('hex').slice(0, HASH_LENGTH);
  return `${name.slice(0, length - HASH_LENGTH - 1)}-${hash}`;
}
