import { Annotations, Aspects, Stack } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';

/** First part of the id of each warning and info, by which an app acknowledges it. */
const PREFIX = 'cdk-token-analytics:';

/**
 * Adds a warning that `Annotations.of(stack).acknowledgeWarning('cdk-token-analytics:<id>')` takes away. On
 * the construct itself, aws-cdk-lib takes away only those that are there already.
 */
export function warn(scope: IConstruct, id: string, text: string): void {
  Annotations.of(scope).addWarningV2(PREFIX + id, text);
}

/** Adds an info, which `cdk synth` shows and `--strict` does not refuse. */
export function inform(scope: IConstruct, id: string, text: string): void {
  Annotations.of(scope).addInfoV2(PREFIX + id, text);
}

/** Adds a warning that ends in a statement, which somebody must add to a policy outside of the app. */
export function warnOfStatement(
  scope: IConstruct,
  id: string,
  text: string,
  statement: iam.PolicyStatement,
): void {
  const json: unknown = Stack.of(scope).resolve(statement.toStatementJson());
  warn(scope, id, `${text} ${JSON.stringify(json)}`);
}

/** Runs a check once when the app is synthesised, after all that the app's own code sets. */
export function atSynth(scope: IConstruct, check: () => void): void {
  let isDone = false;
  Aspects.of(scope).add({
    visit: node => {
      if (node !== scope || isDone) return;
      isDone = true;
      check();
    },
  });
}

/** Refuses the app when it is synthesised, if a check then returns an error of a prop of the construct. */
export function refuseAtSynth(scope: IConstruct, check: () => Error | undefined): void {
  // aws-cdk-lib puts the path in front of the message.
  const path = `[${scope.node.path}] `;
  scope.node.addValidation({
    validate: () => {
      const error = check();
      return error ? [error.message.replace(path, '')] : [];
    },
  });
}
