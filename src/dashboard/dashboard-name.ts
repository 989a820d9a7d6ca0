import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { sharesAccount } from '../private/region-account';
import { propError, requireDashboardName } from '../private/validate';

const NAME_SUFFIX = 'Token-Analytics';
/** Part of a namespace that is omitted in the name, because the suffix says it already. */
const OMITTED_PART = 'Analytics';
/** Maximum length of the name of a dashboard (CloudWatch API Reference, PutDashboard). */
const MAX_NAME_LENGTH = 255;

/** Dashboard of the app whose name is known at synth. */
export interface NamedDashboard {
  readonly where: IConstruct;
  readonly name: string;
}

/**
 * Returns the name of a new dashboard: `given`, or a name that depends only on the namespace. So another
 * stack or another dashboard never changes the name, which would replace the dashboard.
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
  const name = given ?? defaultName(where, namespace);
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
 * Returns the default name: the parts of the namespace and `Token-Analytics`. Omits parts that are
 * `Analytics`, and replaces characters that a name must not contain. If the namespace is known only at
 * deployment, the name is `Token-Analytics`.
 */
function defaultName(where: IConstruct, namespace: string): string {
  if (Token.isUnresolved(namespace)) return NAME_SUFFIX;
  const parts = namespace
    .split('/')
    .filter(part => part !== OMITTED_PART)
    .map(part => part.replace(/[^A-Za-z0-9_-]+/g, '-').replace(/^-+|-+$/g, ''))
    .filter(part => part !== '');
  const name = [...parts, NAME_SUFFIX].join('-');
  if (name.length <= MAX_NAME_LENGTH) return name;
  throw propError(
    where,
    'namespace',
    `short enough for the default name of the dashboard, which has at most ${MAX_NAME_LENGTH} characters`,
    name,
    'Shorten the namespace, or set `dashboardName`.',
  );
}
