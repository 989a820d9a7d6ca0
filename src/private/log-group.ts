import { CfnResource, type IResource, Stack, Stage, Token } from 'aws-cdk-lib';
import { CfnLogGroup, type ILogGroup, LogGroupClass } from 'aws-cdk-lib/aws-logs';
import type { IConstruct } from 'constructs';
import { toNameText, referenceText } from './reference-text';
import { isKnownToDiffer } from './region-account';
import { refuseAtSynth } from './synth-messages';
import { propError, type Where } from './validate';

/** CloudWatch Logs API reference, CreateLogGroup. */
const LOG_GROUP_NAME = /^[\w./#-]{1,512}$/;

/**
 * Returns a text that is the same for all constructs of one log group: for the log group that is made in the
 * app, and for imports of it by name or ARN. It tells log groups of one account and region apart.
 */
export function logGroupKey(scope: IConstruct, group: ILogGroup): string {
  return resourceKey(scope, group.logGroupName);
}

/** Returns a text that is the same for equal names or ARNs, and differs for resources of two stacks. */
export function resourceKey(scope: IConstruct, nameOrArn: string): string {
  return referenceText(scope, nameOrArn).text;
}

/**
 * Requires that the name of a log group is one. A `*` in it would end in IAM policies as a wildcard.
 *
 * @throws if the name is known at synth and holds other characters
 */
export function requireLogGroupName(where: Where, prop: string, group: ILogGroup): void {
  // aws-cdk-lib finds no name in an ARN that ends in `log-group:*`.
  const name = (group.logGroupName as string | undefined) ?? '';
  if (Token.isUnresolved(name) || LOG_GROUP_NAME.test(name)) return;
  throw propError(
    where,
    prop,
    'a log group whose name has 1 to 512 letters, digits and . _ / # -',
    name,
    'Import the log group by its whole name, without a wildcard.',
  );
}

/**
 * Returns the class of a log group that the app makes, also for an import of it, or undefined if the class is
 * not known at synth.
 */
export function findLogGroupClass(group: ILogGroup): string | undefined {
  return findLogGroupClassByName(group, group.logGroupName);
}

/** Returns the same for a name that a resource, such as a function, has of its log group. */
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
 * Requires that a log group is of the standard class, as far as its class is known when this is called or
 * when the app is synthesised.
 *
 * @param fix what the other classes lack, and what to do
 * @throws if it is known to be of another class
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
  // The log group may be made, or its class be set, after this.
  refuseAtSynth(where, check);
}

function isCfnLogGroup(node: IConstruct): node is CfnLogGroup {
  return CfnResource.isCfnResource(node) && node.cfnResourceType === CfnLogGroup.CFN_RESOURCE_TYPE_NAME;
}

/** Returns false for a log group that can only share the name with the other one. */
function canBeInSamePlace(made: CfnLogGroup, group: IResource): boolean {
  const { region, account } = Stack.of(made);
  return (
    Stage.of(made) === Stage.of(group) &&
    !isKnownToDiffer(region, group.env.region) &&
    !isKnownToDiffer(account, group.env.account)
  );
}
