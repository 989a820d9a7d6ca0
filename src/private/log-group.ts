import { CfnResource, type IResource, Stack, Stage, Token } from 'aws-cdk-lib';
import { CfnLogGroup, CfnSubscriptionFilter, type ILogGroup, LogGroupClass } from 'aws-cdk-lib/aws-logs';
import type { IConstruct } from 'constructs';
import { toNameText, referenceText } from './reference-text';
import { isKnownToBeSamePlace, isKnownToDiffer } from './region-account';
import { refuseAtSynth } from './synth-messages';
import { propError, type Where } from './validate';

/** Pattern of a valid log group name (CloudWatch Logs API Reference, CreateLogGroup). */
const LOG_GROUP_NAME = /^[\w./#-]{1,512}$/;

/**
 * Returns a text that identifies a log group within an account and region. A log group that is imported by
 * name or by ARN has the same text as the original log group.
 */
export function logGroupKey(scope: IConstruct, group: ILogGroup): string {
  return resourceKey(scope, group.logGroupName);
}

/**
 * Returns a text that identifies a resource by its name or ARN. Two resources of different stacks never have
 * the same text, even if their logical ids are equal.
 */
export function resourceKey(scope: IConstruct, nameOrArn: string): string {
  return referenceText(scope, nameOrArn).text;
}

/** Name of a resource, with a construct of the stack in which the name is used. */
export interface NamedResource {
  readonly scope: IConstruct;
  readonly name: string;
}

/**
 * Returns true if two names are known to be of one resource. Equal texts in two stacks are the names of
 * different resources if the stacks can be in different regions or accounts.
 */
export function isSameResource(one: NamedResource, other: NamedResource): boolean {
  const [mine, others] = [one, other].map(({ scope, name }) => referenceText(scope, name));
  return (
    mine.text === others.text &&
    (mine.targets.some(target => others.targets.includes(target)) ||
      isKnownToBeSamePlace(one.scope, other.scope))
  );
}

/**
 * Requires a valid log group name. A name with `*` is invalid, because IAM policies would read the `*` as a
 * wildcard.
 *
 * @throws if the name is known at synth and is invalid
 */
export function requireLogGroupName(where: Where, prop: string, group: ILogGroup): void {
  // For an ARN that ends in `log-group:*`, aws-cdk-lib returns an undefined name.
  const name = (group.logGroupName as string | undefined) ?? '';
  if (Token.isUnresolved(name) || LOG_GROUP_NAME.test(name)) return;
  throw propError(
    where,
    prop,
    'a log group whose name has 1 to 512 letters, digits and . _ / # -',
    name,
    'Import the log group by its full name, without a wildcard.',
  );
}

/**
 * Returns the class of a log group, such as STANDARD. Returns undefined if the class is not known at synth.
 * For an imported log group, searches this app for the log group with the same name.
 */
export function findLogGroupClass(group: ILogGroup): string | undefined {
  return findLogGroupClassByName(group, group.logGroupName);
}

/**
 * Returns the class of the log group with the given name, such as STANDARD. Returns undefined if the class is
 * not known at synth.
 *
 * @param resource construct that refers to the log group, such as a function
 */
export function findLogGroupClassByName(resource: IResource, name: string): string | undefined {
  const key = referenceText(resource, name).text;
  const { defaultChild: own } = resource.node;
  const made = (own && isCfnLogGroup(own) ? [own] : resource.node.root.node.findAll())
    .filter(isCfnLogGroup)
    .filter(each => toNameText(each) === key && canBeInSamePlace(each, resource));
  const classes = new Set(made.map(each => each.logGroupClass ?? LogGroupClass.STANDARD));
  const [known] = classes;
  return classes.size === 1 && !Token.isUnresolved(known) ? known : undefined;
}

/**
 * Requires a log group of class STANDARD. Checks the class now, and again at synth. Accepts a log group if
 * its class is not known.
 *
 * @param fix last sentences of the error message, with the reason and the fix
 * @throws if the log group is of another class
 */
export function requireStandardClass(where: IConstruct, prop: string, group: ILogGroup, fix: string): void {
  const check = () => {
    const logGroupClass = findLogGroupClass(group);
    return logGroupClass === undefined || logGroupClass === LogGroupClass.STANDARD
      ? undefined
      : propError(
          where,
          prop,
          'a log group of class STANDARD',
          `${group.node.path} of class ${logGroupClass}`,
          fix,
        );
  };
  const error = check();
  if (error) throw error;
  // The check runs again at synth, because the app can still create the log group or set its class.
  refuseAtSynth(where, check);
}

/**
 * Maximum number of subscription filters of a log group (CloudWatch Logs API Reference,
 * PutSubscriptionFilter).
 */
const MAX_FILTERS = 2;

/**
 * Requires at synth that the app has at most two subscription filters for a log group. Filters from outside
 * the app are not known at synth. A filter of another stack counts only if the log group is known to be the
 * same.
 */
export function requireFilterRoom(where: IConstruct, prop: string, group: ILogGroup): void {
  const read = { scope: where, name: group.logGroupName };
  refuseAtSynth(where, () => {
    const filters = where.node.root.node
      .findAll()
      .filter(isCfnSubscriptionFilter)
      .filter(each => isSameResource({ scope: each, name: each.logGroupName }, read));
    return filters.length <= MAX_FILTERS
      ? undefined
      : propError(
          where,
          prop,
          `a log group with at most ${MAX_FILTERS} subscription filters`,
          `${filters.length} of ${logGroupKey(where, group)}: ${filters.map(({ node }) => node.path).join(', ')}`,
          'CloudWatch Logs refuses more: remove one of them, or use one ingest for all programs of the account ' +
            'and region. If the stacks have different regions or accounts, set their `env`.',
        );
  });
}

function isCfnSubscriptionFilter(node: IConstruct): node is CfnSubscriptionFilter {
  return (
    CfnResource.isCfnResource(node) && node.cfnResourceType === CfnSubscriptionFilter.CFN_RESOURCE_TYPE_NAME
  );
}

function isCfnLogGroup(node: IConstruct): node is CfnLogGroup {
  return CfnResource.isCfnResource(node) && node.cfnResourceType === CfnLogGroup.CFN_RESOURCE_TYPE_NAME;
}

/**
 * Returns true if both constructs are in the same stage, and their regions and accounts are not known to
 * differ.
 */
function canBeInSamePlace(made: CfnResource, group: IResource): boolean {
  const { region, account } = Stack.of(made);
  return (
    Stage.of(made) === Stage.of(group) &&
    !isKnownToDiffer(region, group.env.region) &&
    !isKnownToDiffer(account, group.env.account)
  );
}
