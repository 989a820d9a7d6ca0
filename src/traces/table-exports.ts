import { Reference, Tokenization } from 'aws-cdk-lib';
import * as cxapi from 'aws-cdk-lib/cx-api';
import type { IConstruct } from 'constructs';
import { outermostStack } from '../private/outermost-stack';
import { atSynth } from '../private/synth-messages';

/** Context key for the kind of references between stacks. Its default is `strong`. */
const REFERENCES_CONTEXT = '@aws-cdk/core:defaultCrossStackReferences';

/** True if aws-cdk-lib has weak references (2.254 or later). Older versions ignore the context key. */
const HAS_WEAK_REFERENCES = 'DEFAULT_CROSS_STACK_REFERENCES' in cxapi;

/**
 * Exports values of a table from its stack, whether or not another stack uses them. Without this, the exports
 * of aws-cdk-lib disappear with the last function that is instrumented in another stack. CloudFormation then
 * refuses to update the stack of the table, because the other stack is updated later and still imports them.
 *
 * The names are those of the exports that aws-cdk-lib makes, so each value is exported once. Skips a value
 * that is not a resource of the stack. Does nothing if references between stacks are weak, because these need
 * no exports.
 */
export function exportForOtherStacks(scope: IConstruct, values: readonly (string | undefined)[]): void {
  // An export fixes the logical id of its resource. Until synth, the app can still change the id.
  atSynth(scope, () => {
    const stack = outermostStack(scope);
    if (HAS_WEAK_REFERENCES && scope.node.tryGetContext(REFERENCES_CONTEXT) === 'weak') return;
    for (const value of values) {
      const token = Tokenization.reverse(value);
      if (!Reference.isReference(token) || outermostStack(token.target) !== stack) continue;
      stack.exportValue(value);
    }
  });
}
