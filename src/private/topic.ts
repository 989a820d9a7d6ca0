import type * as sns from 'aws-cdk-lib/aws-sns';
import { propError, type Where } from './validate';

/** A topic that reaches people: a FIFO topic delivers to queues only, and AWS Budgets refuses it. */
export function requireStandardTopic(where: Where, prop: string, topic: sns.ITopic | undefined): void {
  if (topic?.fifo) {
    throw propError(
      where,
      prop,
      'a standard topic',
      'a FIFO topic',
      'FIFO topics deliver to queues only: give a standard one.',
    );
  }
}
