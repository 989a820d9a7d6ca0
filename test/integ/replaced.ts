import { fullDiff, ResourceImpact } from '@aws-cdk/cloudformation-diff';
import type { Templates } from './templates';

/** Resource types that hold data. CloudFormation loses the data when it replaces such a resource. */
const STATEFUL: ReadonlySet<string> = new Set([
  'AWS::DynamoDB::GlobalTable',
  'AWS::DynamoDB::Table',
  'AWS::Logs::LogGroup',
  'AWS::SQS::Queue',
  'AWS::SNS::Topic',
  'AWS::Events::EventBus',
]);
const LOSING: ReadonlySet<ResourceImpact> = new Set([
  ResourceImpact.WILL_REPLACE,
  ResourceImpact.WILL_DESTROY,
  ResourceImpact.MAY_REPLACE,
  ResourceImpact.WILL_ORPHAN,
]);

/** Lists the resources that lose their data in an update from template `before` to template `after`. */
export function replacedBy(before: Templates, after: Templates): string[] {
  return Object.entries(before).flatMap(([stack, template]) => {
    const replaced: string[] = [];
    fullDiff(template, after[stack] ?? {}).resources.forEachDifference((logicalId, change) => {
      const type = change.oldResourceType ?? change.newResourceType ?? '';
      if (STATEFUL.has(type) && LOSING.has(change.changeImpact)) {
        replaced.push(`${stack}/${logicalId} (${type}): ${change.changeImpact}`);
      }
    });
    return replaced;
  });
}
