import { CloudFormationValidatePlugin, type Stage, Validations } from 'aws-cdk-lib';
import { findViolations, futureResources, RULES, type Violation, writtenResources } from './violations';

/**
 * Adds the check of the stacks below `stage` to its synthesis.
 *
 * From aws-cdk-lib 2.262, the check is a validation plugin. It reads the written templates, and the
 * validation report lists the violations. Plugins exist since 2.251, but throw no error before 2.262.
 *
 * In earlier versions, the check is a validation of `stage`. The CDK runs it after all aspects, before it
 * writes the templates, and throws one error with all messages.
 *
 * @param name name of the check in the validation report
 * @param namespaces namespaces to check. The caller may add namespaces until synthesis
 */
export function addToSynthesis(stage: Stage, name: string, namespaces: ReadonlySet<string>): void {
  // At runtime, this class is undefined before aws-cdk-lib 2.262.
  if (CloudFormationValidatePlugin as unknown) {
    Validations.of(stage).addPlugins({
      name,
      ruleIds: [...RULES],
      validate: () => {
        const violations = findViolations(stage, namespaces, writtenResources);
        return { success: violations.length === 0, violations: violations.map(policyViolation) };
      },
    });
  } else {
    stage.node.addValidation({
      validate: () =>
        findViolations(stage, namespaces, futureResources).map(
          ({ description, fix }) => `${description} Suggested fix: ${fix}`,
        ),
    });
  }
}

/** Returns a violation in the form of the validation report. */
function policyViolation({ rule, description, fix, constructPath, location }: Violation) {
  return {
    ruleName: rule,
    severity: 'error',
    description,
    fix,
    violatingResources: [{ constructPath, locations: [location] }],
  };
}
