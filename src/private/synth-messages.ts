import { Annotations, Stack } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import { Dependable, type IConstruct, type IDependable } from 'constructs';

/** First part of the id of each warning and info, by which an app acknowledges it. */
const PREFIX = 'cdk-token-analytics:';
/** Warnings of each construct, so that one that was acknowledged there does not come back. */
const WARNED = new WeakMap<IConstruct, Set<string>>();

/**
 * Adds a warning that `Annotations.of(stack).acknowledgeWarning('cdk-token-analytics:<id>')` takes away. On
 * the construct itself, aws-cdk-lib takes away only those that are there already.
 */
export function warn(scope: IConstruct, id: string, text: string): void {
  const warned = WARNED.get(scope) ?? new Set();
  WARNED.set(scope, warned);
  if (warned.has(id + text)) return;
  warned.add(id + text);
  Annotations.of(scope).addWarningV2(PREFIX + id, text);
}

/** Adds an info, which `cdk synth` shows and `--strict` does not refuse. */
export function inform(scope: IConstruct, id: string, text: string): void {
  Annotations.of(scope).addInfoV2(PREFIX + id, text);
}

/** Adds a warning that ends in a statement, which somebody must add to a policy outside of the app. */
export function warnWithStatement(
  scope: IConstruct,
  id: string,
  text: string,
  statement: iam.PolicyStatement,
): void {
  const json: unknown = Stack.of(scope).resolve(statement.toStatementJson());
  warn(scope, id, `${text} ${JSON.stringify(json)}`);
}

/**
 * Runs a check once when the app is synthesised, after all aspects and before references are resolved: then
 * aws-cdk-lib asks each construct for its dependencies. The check can add statements to policy documents.
 */
export function atSynth(scope: IConstruct, check: () => void): void {
  let isDone = false;
  const last: IDependable = {};
  Dependable.implement(last, {
    get dependencyRoots() {
      if (!isDone) {
        isDone = true;
        check();
      }
      return [];
    },
  });
  scope.node.addDependency(last);
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
