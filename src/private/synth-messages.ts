import { Annotations, Stack, Token } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import { Dependable, type IConstruct, type IDependable } from 'constructs';

/** Prefix of all message ids. An app acknowledges a warning by its id. */
const PREFIX = 'cdk-token-analytics:';
/**
 * Id and text of all warnings added so far, for each construct. An acknowledged warning stays in this list,
 * so it is not added again.
 */
const WARNED = new WeakMap<IConstruct, Set<string>>();

/**
 * Adds a warning to a construct. Skips a warning with the same id and text as an earlier warning.
 *
 * An app removes the warning with `Annotations.of(stack).acknowledgeWarning('cdk-token-analytics:<id>')`.
 * `Annotations.of(construct)` removes only warnings that the construct already has.
 */
export function warn(scope: IConstruct, id: string, text: string): void {
  const warned = WARNED.get(scope) ?? new Set();
  WARNED.set(scope, warned);
  if (warned.has(id + text)) return;
  warned.add(id + text);
  Annotations.of(scope).addWarningV2(PREFIX + id, text);
}

/**
 * Adds an info message, which `cdk synth` shows. Unlike a warning, an info does not make `cdk synth --strict`
 * fail.
 */
export function inform(scope: IConstruct, id: string, text: string): void {
  Annotations.of(scope).addInfoV2(PREFIX + id, text);
}

/**
 * Removes a false warning of a construct with metric math, if one of the numbers in its expressions is a CDK
 * token. Older versions of aws-cdk-lib take the token for the id of a missing metric.
 */
export function acceptTokensInMath(scope: IConstruct, numbers: readonly (number | undefined)[]): void {
  if (!numbers.some(number => Token.isUnresolved(number))) return;
  Annotations.of(scope).acknowledgeWarning('CloudWatch:Math:UnknownIdentifier');
}

/**
 * Adds a warning whose text ends with a policy statement in JSON. The user must add this statement to a
 * policy that the app cannot change.
 */
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
 * Runs a check once at synth, after all aspects and before references are resolved. The check can still add
 * statements to policy documents. The check runs in the getter of a dependency, because aws-cdk-lib calls the
 * getter after the aspects.
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

/** Runs a check at synth. Fails the synthesis if the check returns an error. */
export function refuseAtSynth(scope: IConstruct, check: () => Error | undefined): void {
  // Construct path at the start of the error message. `validate` removes this path, because aws-cdk-lib adds
  // the path again.
  const path = `[${scope.node.path}] `;
  scope.node.addValidation({
    validate: () => {
      const error = check();
      return error ? [error.message.replace(path, '')] : [];
    },
  });
}
