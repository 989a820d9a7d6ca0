import { Annotations, Stack } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import { Dependable, type IConstruct, type IDependable } from 'constructs';

/** Prefix of the id of each warning and info. An app acknowledges a message by its id. */
const PREFIX = 'cdk-token-analytics:';
/** Earlier warnings of each construct, so that an acknowledged one is not added again. */
const WARNED = new WeakMap<IConstruct, Set<string>>();

/**
 * Adds a warning. `Annotations.of(stack).acknowledgeWarning('cdk-token-analytics:<id>')` removes it. If
 * called for the construct itself, aws-cdk-lib removes only warnings that were added before.
 */
export function warn(scope: IConstruct, id: string, text: string): void {
  const warned = WARNED.get(scope) ?? new Set();
  WARNED.set(scope, warned);
  if (warned.has(id + text)) return;
  warned.add(id + text);
  Annotations.of(scope).addWarningV2(PREFIX + id, text);
}

/** Adds an info message, which `cdk synth` shows. It does not fail with `--strict`. */
export function inform(scope: IConstruct, id: string, text: string): void {
  Annotations.of(scope).addInfoV2(PREFIX + id, text);
}

/** Adds a warning that ends in a policy statement to add outside of the app. */
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
 * Runs a check once at synth, after all aspects and before references are resolved. It uses the time when
 * aws-cdk-lib reads the dependencies of each construct. The check can add statements to policy documents.
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

/** Runs a check once at synth. Fails the synthesis if the check returns an error. */
export function refuseAtSynth(scope: IConstruct, check: () => Error | undefined): void {
  // aws-cdk-lib adds the path to the message.
  const path = `[${scope.node.path}] `;
  scope.node.addValidation({
    validate: () => {
      const error = check();
      return error ? [error.message.replace(path, '')] : [];
    },
  });
}
